#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# proof.t: the proof itself, on 64 CPUs: affected, fixed as posted, fixed as merged
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"
export O

# rows DIR: STEP AT_ONCE OPERATIONS IPIS CONTROL_IPIS CONTROL_LOCKUPS, a line each
rows()
{
	/usr/bin/python3 -c 'import json, sys
for row in json.load(open(sys.argv[1] + "/result.json"))["rows"]:
    print(*[row[name] for name in ("step", "at_once", "operations", "ipis", "control_ipis",
                                   "control_lockups")])' "$1"
}

lockups()
{
	/usr/bin/python3 -c 'import json, sys
print(len(json.load(open(sys.argv[1] + "/result.json"))["lockups"]))' "$1"
}

# expect_fixed NAME DIR: not one interrupt, not one lockup, and the counter alive
expect_fixed()
{
	is "$(rows "$2")" "membarrier 64 1 63 0 0
fault 1 2 0 0 0
split 1 2 0 0 0
fault 64 64 0 0 0
split 64 64 0 0 0" "$1: exactly 0 over the control, counter alive"
	is "$(lockups "$2")" 0 "$1: no soft lockup"
}

# expect_affected NAME DIR: 1 and 511 broadcasts to 63 CPUs, and the report's soft lockups
expect_affected()
{
	is "$(rows "$2" | head -n 3)" "membarrier 64 1 63 0 0
fault 1 2 126 0 0
split 1 2 64386 0 0" "$1: one CPU at a time, 1 + 511 broadcasts to 63 CPUs, exactly"
	for step in fault:4032 split:2060352; do
		counted=$(rows "$2" | sed -n "s/^${step%:*} 64 64 \([0-9]*\) 0 0$/\1/p")
		difference=$((${counted:-0} - ${step#*:}))
		if [ "${difference#-}" -le $((${step#*:} / 100)) ]; then
			pass "$1: ${step%:*} on 64 CPUs at once within 1 % ($counted)"
		else
			fail "$1: ${step%:*} on 64 CPUs at once" "got $counted, wanted ${step#*:}"
		fi
	done
	if [ "$(lockups "$2")" -ge 10 ]; then
		pass "$1: $(lockups "$2") CPUs report a soft lockup"
	else
		fail "$1: at least 10 CPUs report a soft lockup" "got $(lockups "$2")"
	fi
}

dir=$scratch/posted
run "$top/scripts/proof" --kernel debian-5.10 --series 5.10.y-posted --output "$dir"
is "$rc" 0 'debian-5.10, posted: exit 0'
like "$out" '^PASS  the posted fix removes ([0-9,]+) of \1 IPIs' 'debian-5.10, posted: PASS'
expect_affected 'debian-5.10+regress' "$dir/none"
expect_fixed 'debian-5.10+posted' "$dir/posted"

# A kernel that has the fix already has no affected half, and none is invented.
dir=$scratch/merged
run "$top/scripts/proof" --kernel "$(kernel_tree)" --output "$dir"
is "$rc" 2 'a fixed tree: exit 2'
like "$err" "is 'fixed as merged' already" 'a fixed tree: said so'
like "$out" 'FAIL .* should be affected: it is fixed' 'a fixed tree: the affected half fails'
expect_fixed 'debian-5.10 as shipped' "$dir/merged"

# Real trees, when there are any: KERNEL_TREE=DIR[:DIR...]
if [ -z "${KERNEL_TREE-}" ]; then
	skip 'real 4.19 trees' 'no KERNEL_TREE='
fi
for tree in $(echo "${KERNEL_TREE-}" | tr : ' '); do
	name=$(basename "$tree")
	[ "$("$top/scripts/backport" --check "$tree" || :)" = affected ] || {
		skip "$name: proof" 'not an affected tree'
		continue
	}
	dir=$scratch/$name
	run "$top/scripts/proof" --kernel "$tree" --output "$dir" \
		--series 4.19.y-posted --series 4.19.y-merged
	is "$rc" 0 "$name: PASS"
	expect_affected "$name" "$dir/none"
	expect_fixed "$name+posted" "$dir/posted"
	expect_fixed "$name+merged" "$dir/merged"
done

for wrong in --nonsense '--cpus' '--kernel'; do
	run "$top/scripts/proof" "$wrong"
	is "$rc" 64 "$wrong: usage"
done
run "$top/scripts/proof" --kernel "$scratch"
is "$rc" 3 'a folder that is no kernel: exit 3'

done_testing
