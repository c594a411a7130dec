#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.t: real guests: the same numbers every time, other CPUs, and kernels that die
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"

image=$(kernel_build_dir regress)/arch/arm64/boot/Image
fixed=$(kernel_build_dir)/arch/arm64/boot/Image

boot()
{
	name=$1
	shift
	run "$O/icache-ipi-vm" --quiet --output="$scratch/$name" "$@"
}

member()
{
	/usr/bin/python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$scratch/$1/result.json" "$2"
}

# What must not change from run to run: everything but host time
without_host()
{
	/usr/bin/python3 -c 'import json, sys
result = json.load(open(sys.argv[1]))
del result["host"]
print(json.dumps(result, indent=1))' "$scratch/$1/result.json"
}

boot first --cpus=16 "$image"
is "$rc $(member first verdict)" '2 affected' '16 CPUs: affected'
boot second --cpus=16 "$image"
(while :; do :; done) &
one=$!
(while :; do :; done) &
two=$!
boot third --cpus=16 "$image"
kill "$one" "$two"
is "$(without_host second)" "$(without_host first)" 'a second run: the same bytes'
is "$(without_host third)" "$(without_host first)" 'with both host cores busy: the same bytes'
rc=0
/usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])' "$scratch/first/result.json" \
	"$top/docs/schemas/result.schema.json" || rc=$?
is "$rc" 0 'result.json fits its schema'

boot a53 --cpus=8 --cpu=cortex-a53 "$image"
is "$rc $(member a53 verdict)" '1 dormant' 'cortex-a53: its VIPT I-cache makes it dormant'
boot max --cpus=8 --cpu=max "$image"
is "$rc $(member max verdict)" '2 affected' '--cpu=max: affected'
like "$(member max vm)" "'max,lpa2=off'" '--cpu=max: without what 4.19 does not survive'
boot none --cpus=8 --cpu=cortex-a0 "$image"
is "$rc $(member none outcome)" '3 qemu-failed' 'a CPU that QEMU does not know'
like "$(member none reason)" "cortex-a0" "a CPU that QEMU does not know: QEMU's own words"
boot single --cpus=1 "$image"
is "$rc $(member single verdict)" '1 dormant' 'one CPU: dormant'
boot nodes --cpus=8 --nodes=2 "$image"
is "$rc $(member nodes verdict)" '2 affected' 'two nodes: affected'
like "$(member nodes machine)" "'nodes': 2" 'two nodes: the guest sees them'
boot sweep --cpus=32 "$fixed" -- --sweep --rounds=1
is "$rc $(member sweep verdict)" '0 fixed' 'sweep on a fixed kernel: fixed'
like "$(member sweep rows)" "'at_once': 8.*'at_once': 16.*'at_once': 32" 'sweep: 8, 16 and 32 at once'
boot thresh --cpus=2 --thresh=7 "$fixed"
like "$(member thresh machine)" "'watchdog_thresh': 7" '--thresh reaches the guest'

# Kernels that die for real, and workloads that never end
make_init()
{
	echo "$2" >"$scratch/$1.c"
	"${CROSS_COMPILE-aarch64-linux-gnu-}gcc" -static -o "$scratch/$1" "$scratch/$1.c"
}
[ "$(uname -m)" != aarch64 ] || CROSS_COMPILE=''
make_init exits 'int main(void) { return 1; }'
make_init loops 'int main(void) { for (;;); }'
make_init leaves '#include <sys/reboot.h>
int main(void) { return reboot(RB_POWER_OFF); }'
boot panic --cpus=2 --init="$scratch/exits" "$fixed"
is "$rc $(member panic outcome)" '3 panic' 'init exits: panic'
boot off --cpus=2 --init="$scratch/leaves" "$fixed"
is "$rc $(member off outcome)" '3 boot-failure' 'init powers off without a word: boot failure'
boot loop --cpus=2 --boot-deadline=8 --init="$scratch/loops" "$fixed"
is "$rc $(member loop outcome)" '3 boot-failure' 'init never speaks: boot failure'
boot deadline --cpus=64 --deadline=10 "$image"
like "$rc $(member deadline outcome)" '^3 (timeout|completed)' 'a short deadline: timeout'
boot usage --cpus=2 "$fixed" -- --nonsense
is "$rc $(member usage outcome)" '3 panic' "an option the workload does not know: exit 64 of init"

# On a real machine the workload is an ordinary program.
make -s -C "$top" O="$O" "$O/arm64/tests/ordinary"
boot isolated --cpus=2 --init="$O/arm64/tests/ordinary" "$image"
console=$(tr -d '\r' <"$scratch/isolated/console.log")
like "$console" 'not given every online CPU \(isolcpus=, taskset\): .*start it by taskset --cpu-list' \
	'ordinary: isolated CPUs are not interrupted unasked'
like "$console" '^split exited with 3' 'ordinary: isolated CPUs: exit 3'
boot ordinary --cpus=12 --append=isolcpus= --init="$O/arm64/tests/ordinary" "$image"
console=$(tr -d '\r' <"$scratch/ordinary/console.log")
like "$console" '^machine  12 CPUs, PIPT I-cache, 4 KiB pages, 2048 KiB huge pages' 'ordinary: a table'
like "$console" '^split +split +1 +2 +112[45][0-9] +[0-9]+ .* affected$' 'ordinary: 511 x 11 interrupts a split'
like "$console" '^burst +split +8 +8 +449[67][0-9] ' 'ordinary: at most 8 CPUs at once, 511 x 11 each'
like "$console" '^affected: every row' 'ordinary: a verdict'
like "$console" '^--rounds=1 exited with 2' 'ordinary: exit 2 when affected'
like "$console" '^kprobe +skipped: only in a guest' 'ordinary: no probe in a server in use'
like "$console" '^split +physical +skipped: only in a guest' 'ordinary: nothing that concerns other processes'
like "$console" '^settings unchanged, 0 processes left, after --rounds=1' 'ordinary: leaves nothing behind'
like "$console" '^settings unchanged, 0 processes left, after being killed' 'killed: leaves nothing behind'
like "$console" '^user 65534: exited with 2' 'ordinary: needs no root'
like "$console" '^uprobe +skipped: needs root' 'ordinary: and says what does'
like "$console" '^--lockup-tier exited with 2' 'ordinary: --lockup-tier'
like "$console" '^burst +split +12 +12 +674[5-9][0-9] ' 'ordinary: --lockup-tier takes all CPUs'
like "$console" '^burst exited with 3' 'ordinary: more CPUs than there are: exit 3'
like "$console" '^--at-once=512 exited with 3' 'ordinary: far more CPUs than there are: exit 3'
like "$console" '^ +control: the same without PROT_EXEC' 'ordinary: --list names the controls'
printf '%s\n' "$console" | sed -n '/^{"schema"/{p;q}' >"$scratch/ordinary.json"
rc=0
/usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])' "$scratch/ordinary.json" \
	"$top/docs/schemas/result.schema.json" || rc=$?
is "$rc" 0 'ordinary: --json fits the schema'

if pgrep -f "$scratch" >/dev/null; then fail 'processes are left'; else pass 'no process is left'; fi

done_testing
