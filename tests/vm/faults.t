#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# faults.t: real guests that go wrong: the right answer for each, in time, with a census where there
# is something to see, and nothing left behind
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"

build=$(kernel_build_dir)
image=$build/arch/arm64/boot/Image
cross=${CROSS_COMPILE-aarch64-linux-gnu-}
[ "$(uname -m)" != aarch64 ] || cross=${CROSS_COMPILE-}

# A QEMU that says which process it is.
cat >"$scratch/qemu" <<END
#!/bin/sh
[ "\$1" = --version ] || echo \$\$ >"$scratch/pid"
exec qemu-system-aarch64 "\$@"
END
chmod +x "$scratch/qemu"

mkdir "$scratch/module"
cat >"$scratch/module/irqs_off.c" <<'END'
#include <linux/module.h>
#include <linux/smp.h>
static void never_return(void *unused)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}
static int __init stop_everything(void)
{
	on_each_cpu(never_return, NULL, 0);
	return 0;
}
module_init(stop_everything);
MODULE_LICENSE("GPL");
END
echo 'obj-m := irqs_off.o' >"$scratch/module/Makefile"
make -C "$build" M="$scratch/module" ARCH=arm64 CROSS_COMPILE="$cross" modules >"$scratch/log" 2>&1 ||
	cat "$scratch/log"
"${cross}gcc" -O2 -static -DMODULE="\"$scratch/module/irqs_off.ko\"" -o "$scratch/init" \
	"$top/tests/vm/faults.c"

member()
{
	/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
		"$scratch/run/result.json" "$1"
}

# The last census: a line per group, "REASON PHASE: COUNT KIND FRAME<FRAME<..."
census()
{
	/usr/bin/python3 -c 'import json, jsonschema, sys
census = json.load(open(sys.argv[1]))
jsonschema.validate(census, json.load(open(sys.argv[2])))
census = census["censuses"][-1]
for group in census["groups"]:
    print(census["reason"], census["phase"] + ":", group["count"], group["kind"], "<".join(group["frames"]))' \
		"$scratch/run/census.json" "$top/docs/schemas/census.schema.json"
}

# left_behind: processes of QEMU's group, and files that should not be
left_behind()
{
	ps -A -o pgid=,stat=,comm= | awk -v group="$(cat "$scratch/pid")" '$1 == group && $2 !~ /^Z/'
	find "$scratch/run" -name '.?*'
}

# fault NAME IMAGE WITHIN OUTCOME [OPTION...] [-- WORKLOAD OPTION]: the answer is OUTCOME, exit code 3,
# in WITHIN seconds of a machine that does nothing else; a busy one may take ten times as long, and that is shorter
# than what vm waits unless it is told
fault()
{
	name=$1 kernel=$2 within=$3 wanted=$4
	shift 4
	rm -rf "$scratch/run"
	options='' before=$(date +%s)
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	# shellcheck disable=SC2086 # options are words
	run "$O/icache-ipi-vm" --output="$scratch/run" --cpus=4 --label=faulty --init="$scratch/init" \
		--qemu="$scratch/qemu" --system-map="$build/System.map" $options "$kernel" "$@"
	took=$(($(date +%s) - before))
	is "$rc $(member outcome) $(member verdict)" "3 $wanted unknown" "$name: $wanted"
	if [ "$took" -le "$((within * 10))" ]; then pass "$name: in time"; else
		fail "$name: took $took s"
	fi
	is "$(left_behind)" '' "$name: nothing is left"
}

no_census()
{
	if [ -e "$scratch/run/census.json" ]; then fail "$1: a census?"; else pass "$1: no census"; fi
}

# Kernels that never boot: 64 bytes that say "arm64 Image, 4K pages", first instruction first
image_header()
{
	printf '%b' "$1"
	head -c 20 /dev/zero
	printf '\002'
	head -c 31 /dev/zero
	printf 'ARM\144\0\0\0\0'
}
image_header '\000\000\000\024' >"$scratch/loops"	# b .
{ image_header '\020\000\000\024'; head -c 1000000 /dev/urandom; } >"$scratch/garbage"	# b .+64
fault 'a kernel that loops' "$scratch/loops" 12 boot-failure --boot-deadline=5
like "$(census)" '^boot-failure boot: 1 kernel 0x40[0-9a-f]+$' 'a kernel that loops: where'
like "$(census)" '^boot-failure boot: 3 idle \(off\)$' 'a kernel that loops: the others never started'
like "$err" 'belongs to another kernel than the Image' 'a kernel that loops: it has no names'
fault 'a kernel of random bytes' "$scratch/garbage" 12 boot-failure --boot-deadline=5

fault 'a workload that never speaks' "$image" 12 boot-failure --boot-deadline=5 -- mute
like "$(census)" '^boot-failure boot: [2-4] idle do_idle' 'a workload that never speaks: CPUs idle'
fault 'interrupts off on all CPUs' "$image" 15 stalled --silence=5 -- irqs-off
like "$(census)" '^stalled going wrong: [1-3] kernel 0xffffff[0-9a-f]+<flush_smp_call_function_queue<' \
	'interrupts off: three are in the interrupt'
like "$(census)" '^stalled going wrong: 1 kernel 0xffffff[0-9a-f]+<(smp|on_each)[a-z_]*<.*<do_one_initcall<' \
	'interrupts off: one is in the system call'
is "$(census | grep --count --invert-match kernel)" 0 'interrupts off: none is idle'
# It is in its program, or the timer has just interrupted that.
spins='^stalled going wrong: 1 (user $|kernel .*<el0_irq)'
fault 'a workload that spins' "$image" 15 stalled --silence=5 -- spins
like "$(census)" "$spins" 'a workload that spins: in user mode'
like "$err" '^ +1 x (user mode|.*el0_irq)' 'a workload that spins: printed'
fault 'a workload that spins on' "$image" 15 timeout --deadline=5 -- spins
fault 'a workload that sleeps' "$image" 30 timeout --guest-deadline=60 -- sleeps
like "$(member reason)" '^[0-9]+ s of guest time passed' 'a workload that sleeps: guest time passes'
like "$(census)" '^timeout going wrong: [2-4] idle do_idle' 'a workload that sleeps: CPUs idle'

fault 'a panic' "$image" 12 panic -- dies
like "$(member reason)" 'Attempted to kill init' 'a panic: quoted'
like "$(census)" '^panic going wrong: 1 kernel .*<panic<.*do_exit' 'a panic: who panicked'
fault 'power off in the middle' "$image" 12 guest-died -- off
no_census 'power off in the middle'
fault 'half a record, power off' "$image" 12 guest-died -- truncated
fault 'a record that is none' "$image" 12 garbled -- garbage-line
fault 'garbage without end' "$image" 30 garbled -- garbage

# The census of a guest that is to be dumped
fault 'a dump' "$image" 30 stalled --silence=10 --dump -- spins
# Kdump, in the flattened form that a pipe can take (makedumpfile -F).
is "$(head -c 12 "$scratch/run/dump.kdump")" makedumpfile 'a dump: its header'
is "$(tail -c +4113 "$scratch/run/dump.kdump" | head -c 5)" KDUMP 'a dump: and in it'
like "$(census)" "$spins" 'a dump: has its census'
fault 'a dump that is not wanted in the end' "$image" 12 guest-died --dump -- off
is "$(ls -A "$scratch/run")" "console.log
result.json" 'a dump that is not wanted in the end: no file'

# Signals, to this program and to QEMU
start()
{
	rm -rf "$scratch/run" "$scratch/pid"
	env --default-signal=INT "$O/icache-ipi-vm" --output="$scratch/run" --cpus=4 --quiet \
		--init="$scratch/init" --qemu="$scratch/qemu" "$image" -- spins 2>"$scratch/err" &
	pid=$!
	for _ in $(seq 100); do
		[ -s "$scratch/pid" ] && [ -s "$scratch/run/console.log" ] && break
		sleep 0.1
	done
}

for signal in INT TERM HUP; do
	start
	rc=0
	kill "-$signal" "$pid"
	wait "$pid" || rc=$?
	is "$rc $(member outcome)" '3 interrupted' "SIG$signal: interrupted"
	is "$(left_behind)" '' "SIG$signal: nothing is left"
	no_census "SIG$signal"
done
start
rc=0
kill -KILL "$(cat "$scratch/pid")"
wait "$pid" || rc=$?
is "$rc $(member outcome)" '3 qemu-failed' 'QEMU is killed: qemu-failed'
like "$(member reason)" 'killed by signal 9' 'QEMU is killed: said so'
is "$(left_behind)" '' 'QEMU is killed: nothing is left'
start
kill -STOP "$(cat "$scratch/pid")"
run "$O/icache-ipi-vm" --output="$scratch/run" --qemu="$scratch/qemu" --cpus=4 "$image"
is "$rc" 3 'a second run in the same directory: refused'
rc=0
kill -TERM "$pid"
wait "$pid" || rc=$?
is "$rc $(member outcome)" '3 interrupted' 'QEMU is stopped: interrupted all the same'
is "$(left_behind)" '' 'QEMU is stopped: nothing is left'

done_testing
