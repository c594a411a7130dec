#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# vm.t: icache-ipi-vm from outside, with a QEMU that misbehaves in every way it can
set -eu
. "$(dirname "$0")/../lib/tap.sh"

vm=$O/icache-ipi-vm
dir=$scratch/run
export FAKE='' FAKE_PID="$scratch/pid" FAKE_VERSION=10.0.2 FAKE_ICACHE=PIPT

# 64 bytes that say "arm64 Image, 4K pages"
make_image()
{
	{ head -c 24 /dev/zero; printf '\002'; head -c 31 /dev/zero; printf 'ARM\144\0\0\0\0'; } >"$1"
}

member()
{
	/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
		"$dir/result.json" "$1"
}

boot()
{
	run "$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" --quiet "$@" "$scratch/Image"
}

# outcome FAKE CODE OUTCOME VERDICT [OPTION...]: and nothing is left running
outcome()
{
	FAKE=$1 want="$2 $3 $4"
	shift 4
	boot "$@"
	is "$rc $(member outcome) $(member verdict)" "$want" "$FAKE: $want"
	! alive "$(cat "$FAKE_PID")" || fail "$FAKE: QEMU still runs"
}

# A process that is there and not a zombie
alive()
{
	grep -Eqs '^State:[[:space:]]+[^Z[:space:]]' "/proc/$1/status"
}

make_image "$scratch/Image"

outcome affected 2 completed affected
like "$(member lockups)" "'cpu': 41, 'stuck_s': 22" 'soft lockups come from the console'
outcome fixed 0 completed fixed
outcome half 3 completed unknown
outcome short 3 garbled unknown
FAKE_ICACHE=VIPT
outcome fixed 1 completed dormant
FAKE_ICACHE=PIPT
export FAKE_MITIGATION=mitigated
outcome fixed 1 completed mitigated
like "$(member machine) $(member code)" "'mitigation': 'mitigated'.* fixed" 'mitigated: said so in the result'
outcome affected 2 completed affected
FAKE_MITIGATION=affected
outcome fixed 0 completed fixed
FAKE_MITIGATION=
outcome fixed 0 completed fixed
FAKE_MITIGATION=$(printf '%0100d' 0)
outcome fixed 3 garbled unknown
unset FAKE_MITIGATION
outcome after 3 garbled unknown
outcome gave-up 3 completed unknown
is "$(member reason)" 'the workload gave up' "the workload's own reason is told"
outcome died 3 guest-died unknown
outcome unborn 3 boot-failure unknown
outcome portless 3 boot-failure unknown
like "$(member reason)" 'no driver for the virtio port.*virtio_mmio' 'records on the console: a driver is missing'
outcome panic 3 panic unknown
like "$(member reason)" 'Attempted to kill init' 'the panic is quoted'
outcome garbage 3 garbled unknown
outcome midline 3 guest-died unknown
outcome refuse 3 qemu-failed unknown
like "$(member reason)" 'fake: no such machine' "QEMU's own words are quoted"
outcome killed 3 qemu-failed unknown
outcome hang 3 stalled unknown --silence=1
outcome deaf 3 timeout unknown --deadline=1
outcome silent 3 boot-failure unknown --boot-deadline=1
outcome silent 3 boot-failure unknown --boot-deadline=1 --cpus=128
like "$(member reason)" 'did not start within 4 s' 'twice 64 CPUs have four times as long'
outcome late 3 timeout unknown
outcome flood 3 garbled unknown

# The census, from a monitor that answers, and from others. Six CPUs: the holder of the lock, two that
# wait, one that waits and is interrupted, one in user mode, one idle.
make_kernel()
{
	mkdir -p "$1"
	make_image "$1/Image"
	{ head -c $((0x10000 - 64)) /dev/zero; printf 'Linux version 4.19'; } >>"$1/Image"
	address=0
	printf 'ffffffc010000000 T %s\n' _text _stext >"$1/System.map"
	for function in queued_spin_lock_slowpath __split_huge_pmd __arm64_sys_madvise el0_svc \
		smp_call_function_many.constprop.0 kick_all_cpus_sync cpu_do_idle do_idle el1_irq \
		handle_IPI; do
		address=$((address + 1))
		printf 'ffffffc0100%02x000 T %s\n' $address $function >>"$1/System.map"
	done
	printf 'ffffffc010010000 %s\n' 'T _etext' 'R linux_banner' >>"$1/System.map"
}

# census MODE OPTION...: a run that stalls, and what is said
census()
{
	FAKE_MONITOR=$1
	shift
	export FAKE_MONITOR
	FAKE=monitor run "$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" --label=kernel \
		--cpus=64 --silence=2 "$@" "$scratch/kernel/Image"
	! alive "$(cat "$FAKE_PID")" || fail "monitor $FAKE_MONITOR: QEMU still runs"
}
make_kernel "$scratch/kernel"

census good
is "$rc $(member outcome)" '3 stalled' 'monitor: stalled'
is "$err" "$(cat "$top/tests/cli/vm.expected")" 'monitor: the census, word for word'
run /usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])' "$dir/census.json" \
	"$top/docs/schemas/census.schema.json"
is "$rc" 0 'monitor: census.json fits its schema'
census good --silence=4 --census-at=split --census-at='split, 64+0.1'
like "$err" "census of 6 CPUs, requested, in 'split, 64 at once' at 1.50 s" 'on request'
like "$err" "requested, in 'split, 64 at once' at 1\.[6-9][0-9]* s" 'on request, some guest time later'
like "$err" 'the guest was stopped for this census: its times differ' 'on request: said that it was stopped'
is "$(/usr/bin/python3 -c 'import json, sys
print(*[census["reason"] for census in json.load(open(sys.argv[1]))["censuses"]])' "$dir/census.json")" \
	'requested requested stalled' 'all of them in one file, in order'
for mode in next ends; do
	census $mode --silence=4 --census-at=split
	like "$err" "no census at 'split': the phase ended before the guest stood still" "$mode: too late"
	is "$(printf '%s\n' "$err" | grep --count requested)" 0 "$mode: nothing is shown for that phase"
done
# The panic comes with the first command: no silence of a slow machine's start may come before it.
census panics --silence=20
is "$rc $(member outcome)" '3 panic' 'monitor: the guest panics and resets: panic'
like "$err" 'census of 6 CPUs, panic, in' 'monitor: with a census'

# no_census MODE TEXT: no census can be had: said why, and soon
no_census()
{
	before=$(date +%s)
	census "$1"
	is "$rc $(member outcome)" '3 stalled' "monitor $1: stalled all the same"
	like "$err" "$2" "monitor $1: said why there is no census"
	[ ! -e "$dir/census.json" ] || fail "monitor $1: census.json?"
	[ $(($(date +%s) - before)) -lt 200 ] || fail "monitor $1: took too long"
}
no_census mute "no census \(stalled\): QEMU's monitor has never answered"
no_census garbage 'no census \(stalled\): .*no JSON object'
no_census half 'no census \(stalled\): .*has not answered for'
no_census deaf 'no census \(stalled\): .*has not answered for'
no_census errors 'no census \(stalled\): .*monitor says: not today'
no_census no-stop 'no census \(stalled\): .*monitor says: not today'
no_census closes "no census \(stalled\): QEMU's monitor (was closed|Connection reset)"
census blind
like "$err" '^ +1 x +< \(unreadable\)|1 x \(unreadable\)' 'monitor blind: registers that say nothing'

FAKE=affected
boot --cpus=32
is "$rc $(member verdict)" '3 unknown' 'the guest has other CPUs than were asked for: unknown'

# Interrupted, killed, twice at once
start_hanging()
{
	rm -f "$FAKE_PID"
	FAKE=hang "$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" --quiet \
		"$scratch/Image" 2>/dev/null &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -s "$FAKE_PID" ] && break
		sleep 0.2
	done
	qemu=$(cat "$FAKE_PID")
}

start_hanging
FAKE=affected
boot
is "$rc" 3 'a second run in the same directory is refused'
like "$err" 'another run writes there' 'and told why'
rc=0
kill -TERM "$pid" && wait "$pid" || rc=$?
is "$rc $(member outcome)" '3 interrupted' 'SIGTERM: interrupted'
if alive "$qemu"; then fail 'SIGTERM leaves QEMU'; else pass 'SIGTERM ends QEMU'; fi

start_hanging
kill -KILL "$pid"
wait "$pid" 2>/dev/null || :
sleep 0.5
if alive "$qemu"; then fail 'SIGKILL leaves QEMU'; else pass 'SIGKILL: QEMU dies too'; fi

# No file may grow: neither ours nor the guest's
(ulimit -f 0; FAKE=affected FAKE_PID='' "$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" \
	"$scratch/Image" >/dev/null 2>"$scratch/limited") && rc=0 || rc=$?
is "$rc" 3 'a file size limit: exit 3'
is "$(find "$dir" -name '.?*')" '' 'a file size limit: no temporary file'

# A full disk
if unshare --mount true 2>/dev/null; then
	mkdir -p "$scratch/small"
	# shellcheck disable=SC2016 # the inner shell expands
	run env FAKE=affected unshare --mount sh -c '
		mount -t tmpfs -o size=4k tmpfs "$1" && head -c 4096 /dev/zero >"$1/fill"
		mkdir "$1/run" 2>/dev/null
		"$2" --output="$1" --qemu="$3" --quiet "$4"' sh "$scratch/small" "$vm" \
		"$top/tests/lib/fake-qemu" "$scratch/Image"
	is "$rc" 3 'no space for results: exit 3'
	like "$err" 'No space left on device' 'no space for results: said so'
	# The same for the census, and nothing half-written stays
	# shellcheck disable=SC2016 # the inner shell expands
	run env FAKE=monitor FAKE_MONITOR=good unshare --mount sh -c '
		mount -t tmpfs -o size=4k tmpfs "$1" && head -c 4096 /dev/zero >"$1/fill"
		"$2" --output="$1" --qemu="$3" --quiet --silence=1 "$4"; code=$?
		ls -A "$1"; exit $code' sh "$scratch/small" "$vm" \
		"$top/tests/lib/fake-qemu" "$scratch/kernel/Image"
	is "$rc $out" '3 console.log
fill' 'no space for results: no half-written file'
	like "$err" 'census.json: No space left on device' 'no space for the census: said so'
else
	skip 'no space for results' 'mounting needs root'
fi

# Bad input
unset FAKE
wrong()
{
	run "$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" "$2"
	is "$rc" 3 "$1: exit 3"
	like "$err" "$3" "$1: named"
}
wrong 'no such file' "$scratch/none" 'no such file'
: >"$scratch/empty"
wrong 'empty file' "$scratch/empty" 'too short'
wrong 'a directory' "$scratch" 'no such file'
printf '\177ELF%0100d' 0 >"$scratch/vmlinux"
wrong 'vmlinux' "$scratch/vmlinux" 'not vmlinux'
head -c 1000 /dev/zero | gzip >"$scratch/Image.gz"
head -c 100 /dev/zero >>"$scratch/Image.gz"
wrong 'Image.gz' "$scratch/Image.gz" 'compressed'
{ head -c 514 /dev/zero; printf HdrS; head -c 64 /dev/zero; } >"$scratch/bzImage"
wrong 'x86 kernel' "$scratch/bzImage" 'x86'
wrong 'text' "$0" 'not an arm64 Image'

run "$vm" --qemu="$scratch/none" --output="$dir" "$scratch/Image"
is "$rc" 3 'no QEMU: exit 3'
like "$err" 'not installed' 'no QEMU: named'
for version in 7.2.0 8.0.9 1.0; do
	FAKE_VERSION=$version boot
	is "$rc" 3 "QEMU $version: refused"
	like "$err" 'too old' "QEMU $version: named"
done
FAKE=fixed FAKE_VERSION=8.1.0 boot
is "$rc" 0 'QEMU 8.1.0: accepted'
boot --init=/bin/sh
like "$rc $err" '^3 .*(not an arm64 program|No such file)' 'an init for the wrong machine is refused'

# --file: what the guest is to have
FAKE=fixed boot --file="$0" --file="$0:another"
is "$rc" 0 '--file: taken, twice'
for wrong in "$scratch/none" "$scratch/empty" "$scratch" "$0:" "$0:a/b"; do
	FAKE=fixed boot --file="$wrong"
	is "$rc" 3 "--file=${wrong#"$scratch/"}: exit 3"
	like "$err" 'cannot put this into the guest' "--file=${wrong#"$scratch/"}: named"
done

# --module is a file of the guest that the workload is told of; --kaslr a seed
run "$vm" --show-command --kaslr --module="$0" --module=/lib/a.ko,x=/1,y=2 --inject "$scratch/Image"
like "$out" 'dtb-randomness=on. .*-- --watchdog-thresh=1 --lockup-tier --load-module=/vm.t --load-module=/a.ko,x=/1,y=2 --inject' \
	'--module, --kaslr: on the command lines'
run "$vm" --show-command "$scratch/Image"
like "$out" 'dtb-randomness=off' 'no seed without --kaslr'
FAKE=fixed boot --module="$scratch/none"
like "$rc $err" '^3 .*cannot put this into the guest' '--module: no such file'
run "$vm" --show-command --module=a:b "$scratch/Image"
is "$rc" 64 '--module: no second name'

# --accel: whose CPUs, and by which clock
run "$vm" --show-command --accel=icount --shift=3 "$scratch/Image"
like "$out" "gic-version=3,.* -accel .?tcg,thread=single.? -icount .?shift=3,sleep=off.? .*--watchdog-thresh=1 " '--accel=icount'
is "$("$vm" --show-command --accel=icount "$scratch/Image")" "$("$vm" --show-command "$scratch/Image")" '... is the default'
run "$vm" --show-command --accel=tcg "$scratch/Image"
like "$out" "gic-version=3,.* -cpu cortex-a72 .* -accel .?tcg,thread=multi.? -seed .*--watchdog-thresh=10 " \
	'--accel=tcg: by the clock of the host'
run "$vm" --show-command --accel=tcg --thresh=1 "$scratch/Image"
like "$out" '--watchdog-thresh=1 ' '... with --thresh'
run "$vm" --show-command --accel=kvm --cpus=2 "$scratch/Image"
like "$out" "gic-version=host,.* -cpu host -smp 2 .* -accel kvm -seed .*--watchdog-thresh=10 " \
	'--accel=kvm: the CPUs of the host'
run "$vm" --show-command --accel=kvm --cpu=cortex-a72 "$scratch/Image"
like "$out" ' -cpu cortex-a72 ' '... or the model that is asked for'
if [ "$(uname -m)" != aarch64 ]; then
	rm -rf "$scratch/kvm"
	run "$vm" --output="$scratch/kvm" --qemu="$top/tests/lib/fake-qemu" --accel=kvm "$scratch/Image"
	is "$rc $(find "$scratch" -path "*/kvm/*")" '3 ' '--accel=kvm on another machine: unknown, and nothing is run'
	like "$err" "--accel=kvm is for arm64 hosts, and this one is $(uname -m)" '... and told so'
fi
# clock_of DIR: as its result has it
clock_of()
{
	/usr/bin/python3 -c 'import json, sys
vm = json.load(open(sys.argv[1]))["vm"]
print(vm["accel"], vm.get("icount_shift"))' "$1/result.json"
}
FAKE=fixed run "$vm" --output="$scratch/tcg" --qemu="$top/tests/lib/fake-qemu" --accel=tcg "$scratch/Image"
is "$rc $(clock_of "$scratch/tcg")" '0 tcg None' '--accel=tcg: in the result'
like "$out" 'the verdict is by counts; times and lockups are by the host.s clock' '... and told'
run "$O/icache-ipi-report" --format=html --output="$scratch/tcg.html" "$scratch/tcg/result.json"
like "$(cat "$scratch/tcg.html")" 'by the clock of the host' '... and on the page'
FAKE=fixed run "$vm" --output="$scratch/icount" --qemu="$top/tests/lib/fake-qemu" "$scratch/Image"
is "$rc $(printf '%s\n' "$out" | grep -c 'by counts') $(clock_of "$scratch/icount")" '0 0 icount 1' 'icount: in the result'

for wrong in '--accel=hvf' '--accel=' '--accel=tcg --shift=1' '--accel=kvm --realistic' '--accel=tcg --census-at=split+1' '--cpus=0' '--cpus=513' '--cpus=x' '--cpus=' '--shift=11' '--nonsense' \
	'--cpus=63 --nodes=2'; do
	# shellcheck disable=SC2086 # options are words
	run "$vm" $wrong "$scratch/Image"
	is "$rc" 64 "$wrong: usage"
done
run "$vm"
is "$rc" 64 'no Image: usage'
run "$vm" "$scratch/Image" another
is "$rc" 64 'two Images: usage'
run "$vm" --help
is "$rc" 0 '--help'
like "$out" '--guest-deadline' '--help lists options'
missing=''
for option in $(printf '%s\n' "$out" | grep -o -e '--[a-z][a-z-]*' | sort -u); do
	case $option in --help | --version) continue ;; esac
	grep -q -e " -${option#--}\( \|\$\)" "$top/man/icache-ipi-vm.1" || missing="$missing $option"
done
is "$missing" '' 'the man page has every option of --help'
is "$(mandoc -T lint -W warning "$top/man/icache-ipi-vm.1")" '' 'mandoc finds nothing to complain about'

run "$vm" --show-command --cpus=8 --nodes=2 "$scratch/Image" -- --sweep
like "$out" 'cortex-a72' '--show-command names the CPU'
like "$out" 'node,nodeid=1,memdev=node1,cpus=4-7' '--nodes shares the CPUs'
# cpu_model MODEL: what QEMU gets for it
cpu_model()
{
	"$vm" --show-command --cpu="$1" "$scratch/Image" | sed "s/.* -cpu '\{0,1\}\([^' ]*\).*/\1/"
}
is "$(cpu_model max)" 'max,lpa2=off' '--cpu=max: as 4.19 can bear it'
is "$(cpu_model max,sve=off)" 'max,sve=off,lpa2=off' '--cpu=max with options'
is "$(cpu_model max,lpa2=on)" 'max,lpa2=on' '--cpu=max as the caller says'
is "$(cpu_model maximal)" 'maximal' '--cpu=maximal is another'
like "$out" '-- --watchdog-thresh=1 --lockup-tier --sweep' "the workload's options reach init"
like "$out" ' loglevel=5 printk' 'the console has each soft lockup with its stack'
run "$vm" --show-command --cpus=65 "$scratch/Image"
like "$out" ' loglevel=2 log_buf_len=16M printk' 'but one line where more than 64 CPUs may be stuck'

done_testing
