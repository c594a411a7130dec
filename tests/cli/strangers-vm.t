#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# strangers-vm.t: what a hostile guest, System.map or output folder can make icache-ipi-vm do
set -eu
. "$(dirname "$0")/../lib/tap.sh"

vm=$O/icache-ipi-vm
dir=$scratch/run
escape=$(printf '\033')
export FAKE=fixed FAKE_PID="$scratch/pid"

# An Image that is nothing but its header.
{ head -c 24 /dev/zero; printf '\002'; head -c 31 /dev/zero; printf 'ARM\144\0\0\0\0'; } >"$scratch/Image"

boot()
{
	run "$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" "$@" "$scratch/Image"
}

member()
{
	/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
		"$dir/result.json" "$1"
}

# reported PATTERN: the result is what its schema wants, and the page has PATTERN
reported()
{
	run /usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])' "$dir/result.json" \
		"$top/docs/schemas/result.schema.json"
	is "$rc$err" 0 '... as its schema has it'
	"$O/icache-ipi-report" --format=html "$dir" >"$scratch/page.html" || :
	like "$(cat "$scratch/page.html")" "$1" '... and so does the page'
}

# --- text that is no UTF-8, or is cut within a character ---
boot --quiet --label="$(printf 'a\374b')"
is "$rc $(member label)" '0 a?b' 'a label that is no UTF-8: the result is there'
long=$(printf '%062d' 0)
boot --quiet --label="$long$(printf '\303\274')"
is "$rc $(member label)" "0 $long" 'a label that is cut within a character: without that one'
FAKE='' boot --quiet --fix="$(printf '\377')"
is "$(member fix)" '?' 'a fix that is no UTF-8'
mkdir -p "$scratch/$(printf 'q\344')"
cp "$top/tests/lib/fake-qemu" "$scratch/$(printf 'q\344')/qemu"
run "$vm" --output="$dir" --quiet --qemu="$scratch/$(printf 'q\344')/qemu" "$scratch/Image"
like "$rc $(member vm)" '^0 .*/q\?/qemu' 'a command line that is no UTF-8'
FAKE=panic-bytes boot --quiet
like "$rc $(member reason)" '^3 Kernel panic - not syncing: \?\?\[2J' 'a panic that is no UTF-8'

# --- guest time that is none ---
for time in 1e300 inf nan 0x1p60 99999999999999; do
	FAKE=time FAKE_TIME=$time boot --quiet
	is "$rc $(member outcome)" '0 completed' "a console that says [$time]: the run goes on"
done

# --- terminals ---
FAKE=escapes boot
is "$rc" 3 'a guest that speaks to the terminal'
is "$(printf '%s' "$out$err" | grep -c "$escape" || :)" 0 '... is printed without escapes'
# shellcheck disable=SC2016 # the script expands
printf '#!/bin/sh\n[ "$1" != --version ] || exec "%s" --version\nprintf "\\033]0;x\\007no\\377\\n" >&2; exit 1\n' \
	"$top/tests/lib/fake-qemu" >"$scratch/loud" && chmod +x "$scratch/loud"
run "$vm" --output="$dir" --qemu="$scratch/loud" "$scratch/Image"
like "$rc $out" '^3 .*QEMU exited with 1: \?\]0;x\?no' "QEMU's own words: without escapes"

# --- a System.map with names that are no text ---
mkdir "$scratch/kernel"
cp "$scratch/Image" "$scratch/kernel/Image"
{ head -c $((0x10000 - 64)) /dev/zero; printf 'Linux version 4.19'; } >>"$scratch/kernel/Image"
{
	printf 'ffffffc010000000 T %s\n' _text _stext
	for n in 1 2 3 4 5 6 7 8 9; do
		printf 'ffffffc01000%s000 T f%s\377\033[2J\n' $n $n
	done
	printf 'ffffffc010010000 %s\n' 'T _etext' 'R linux_banner'
} >"$scratch/kernel/System.map"
FAKE=monitor FAKE_MONITOR=good run "$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" --cpus=64 \
	--silence=1 --label="$(printf 'k\374')" "$scratch/kernel/Image"
is "$rc $(member outcome)" '3 stalled' 'a System.map that is no text: the run is reported'
is "$(printf '%s' "$err" | grep -c "$escape" || :)" 0 '... and printed without escapes'
like "$(cat "$dir/census.json")" '"f[0-9]' '... and the census has its names'
run "$O/icache-ipi-report" --format=json "$dir"
is "$rc" 3 '... which the report takes'

# --- a guest that counts as it likes ---
FAKE=fixed boot --quiet --init="$O/arm64/icache-ipi-stress"
like "$rc $(member vm)" "^0 .*'own_init': True" 'an init that is not the one shipped: the result says so'
reported '<dt>Init</dt>.*not the one shipped'
FAKE=fixed boot --quiet
"$O/icache-ipi-report" --format=html "$dir" >"$scratch/page.html" || :
is "$(grep -c 'own_init' "$dir/result.json") $(grep -c '<dt>Init</dt>' "$scratch/page.html")" '0 0' \
	'the init that is shipped: nothing to say'

# A kernel that was built with an initramfs may run a program of that. Each has an empty one.
mkdir -p "$scratch/empty/dev" "$scratch/empty/root" "$scratch/full/bin" "$scratch/linked"
echo '#!/bin/sh' >"$scratch/full/bin/init" && ln -s bin/x "$scratch/linked/init"
# packed FOLDER COMMAND...: an Image with that as its own initramfs
packed()
{
	folder=$1
	shift
	{
		cat "$scratch/Image"
		head -c 1000 /dev/zero
		printf '070701, and 07070200000000, \037\213\010 and \135\0\0 are code'
		(cd "$scratch/$folder" && find . | cpio --quiet --format=newc --create) | "$@"
		head -c 1000 /dev/zero
	} >"$scratch/own"
	FAKE=fixed run "$vm" --output="$dir" --quiet --qemu="$top/tests/lib/fake-qemu" "$scratch/own"
}
for packer in cat gzip bzip2 xz 'xz --format=lzma' 'zstd --quiet' 'lz4 -l'; do
	command -v "${packer%% *}" >/dev/null || continue
	for folder in full linked empty; do
		# shellcheck disable=SC2086 # words
		packed "$folder" $packer
		wanted='True'
		[ "$folder" != empty ] || wanted=None
		is "$rc $(/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["vm"].get("own_initramfs"))' \
			"$dir/result.json")" "0 $wanted" "a kernel with an initramfs: $folder, by $packer"
	done
done
packed full gzip
reported '<dt>Own initramfs</dt>.*another init than the one shipped'

# --- bounds ---
# A guest writes without end and nobody reads: the file in memory stays small.
FAKE=flood "$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" --quiet "$scratch/Image" 2>/dev/null &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s "$FAKE_PID" ] && break
	sleep 0.05
done
kill -STOP "$pid"
most=0
for _ in 1 2 3 4 5 6 7 8 9 10; do
	size=$(stat --dereference --format=%s "/proc/$pid/fd/"* 2>/dev/null | sort -n | tail -n 1)
	[ "$size" -le "$most" ] || most=$size
	sleep 0.2
done
kill -CONT "$pid"
wait "$pid" || rc=$?
is "$rc $(member outcome)" '3 garbled' 'a guest that floods while vm is stopped: garbled'
if [ "$most" -le $((66 << 20)) ]; then pass '... and bounded'; else fail '... and bounded' "$most bytes"; fi

# --- descriptors ---
rc=0
"$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" --quiet "$scratch/Image" <&- >&- 2>"$scratch/err" || rc=$?
is "$rc $(cat "$scratch/err")" '0 ' 'stdin and stdout closed: it works'
# shellcheck disable=SC3045 # dash and bash have it
(ulimit -n 40; exec "$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" --quiet "$scratch/Image") && rc=0 || rc=$?
is "$rc $(member verdict)" '0 fixed' 'ulimit -n 40: it works'
# shellcheck disable=SC3045 # dash and bash have it
(ulimit -n 16; exec "$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" --quiet "$scratch/Image") \
	>"$scratch/out" 2>&1 && rc=0 || rc=$?
like "$rc $(member outcome) $(member reason)" "^3 qemu-failed .*too few file descriptors: raise 'ulimit -n'" \
	'ulimit -n 16: the reason'

# --- a program that starts QEMU and is none ---
# By each way to start one: it is a child, in a session of its own, or without a parent.
fake=$top/tests/lib/fake-qemu
wrapped()
{
	cat >"$scratch/wrapper" <<-END
		#!/bin/sh
		[ "\$1" != --version ] || exec '$fake' --version
		set -- '$fake' "\$@"
		$1
	END
	chmod +x "$scratch/wrapper"
	rm -f "$FAKE_PID"
}
# gone NAME: QEMU was there, and is gone within some seconds
gone()
{
	tries=0
	while [ -d "/proc/$(cat "$FAKE_PID")" ] && [ $tries -lt 60 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	if [ -s "$FAKE_PID" ] && [ ! -d "/proc/$(cat "$FAKE_PID")" ]; then pass "$1"; else fail "$1: QEMU still runs"; fi
	kill -KILL "$(cat "$FAKE_PID")" 2>/dev/null || :
}
start_wrapped()
{
	FAKE=deaf "$vm" --output="$dir" --qemu="$scratch/wrapper" --quiet --silence=60 "$scratch/Image" 2>/dev/null &
	pid=$!
	tries=0
	while [ ! -s "$FAKE_PID" ] && [ $tries -lt 100 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
}
# shellcheck disable=SC2016 # that shell expands it
for start in '"$@"; exit $?' 'setsid "$@" & wait' 'setsid sh -c '"'"'"$@" & wait'"'"' sh "$@"; exit' \
	'(setsid "$@" &); exec sleep 1000'; do
	wrapped "$start"
	start_wrapped
	kill -TERM "$pid"
	rc=0
	wait "$pid" || rc=$?
	is "$rc $(member outcome)" '3 interrupted' "QEMU by [$start]: SIGTERM"
	gone '... ends it'
	wrapped "$start"
	start_wrapped
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null || :
	gone '... so does SIGKILL'
	wrapped "$start"
	FAKE=hang run "$vm" --output="$dir" --qemu="$scratch/wrapper" --quiet --silence=1 "$scratch/Image"
	is "$rc $(member outcome)" '3 stalled' '... a guest without a word'
	gone '... is ended'
done
# What it leaves when it goes is no QEMU of ours.
# shellcheck disable=SC2016 # that shell expands it
wrapped 'setsid "$@" & sleep 0.5; exit 7'
FAKE=deaf run "$vm" --output="$dir" --qemu="$scratch/wrapper" --quiet "$scratch/Image"
is "$rc $(member reason)" '3 QEMU exited with 7: ' 'QEMU by a program that goes: that is its end'
gone '... and that of QEMU'

# --- links and pipes in the output folder ---
for name in console.log result.json .result.json census.json dump.kdump .dump.kdump; do
	echo precious >"$scratch/victim"
	rm -rf "$dir" && mkdir "$dir"
	ln -s ../victim "$dir/$name"
	boot --quiet --dump
	is "$rc $(cat "$scratch/victim")" '0 precious' "$name is a link: what it leads to stays"
	[ ! -L "$dir/$name" ] || [ "$name" = .result.json ] || fail "$name is still a link"
done
rm -rf "$dir" && mkdir "$dir"
mkfifo "$dir/console.log"
run timeout 600 "$vm" --output="$dir" --qemu="$top/tests/lib/fake-qemu" --quiet "$scratch/Image"
is "$rc" 0 'console.log is a pipe: replaced'
[ -f "$dir/console.log" ] || fail 'console.log is no file'

done_testing
