#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# proof.t: the proof itself, on 64 CPUs: affected, fixed as posted, fixed as merged
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"
export O

# rows DIR: STEP AT_ONCE OPERATIONS BROADCASTS CONTROL_BROADCASTS CONTROL_LOCKUPS, a line each
rows()
{
	/usr/bin/python3 "$top/tests/lib/rows.py" "$1/result.json" step at_once operations \
		broadcasts control_broadcasts control_lockups
}

# ipis DIR STEP AT_ONCE: what the interrupts say of the same row, less the control
ipis()
{
	/usr/bin/python3 -c 'import json, sys
for row in json.load(open(sys.argv[1] + "/result.json"))["rows"]:
    if [row["step"], str(row["at_once"])] == sys.argv[2:]:
        print(row["ipis"] - row["control_ipis"])' "$@"
}

lockups()
{
	/usr/bin/python3 -c 'import json, sys
print(len(json.load(open(sys.argv[1] + "/result.json"))["lockups"]))' "$1"
}

# expect_fixed NAME DIR: not one interrupt, not one lockup, and the counter alive
expect_fixed()
{
	is "$(rows "$2")" "membarrier 64 1 0 0 0
register 1 2 2 0 0
fault 1 2 0 0 0
split 1 2 0 0 0
fault 64 64 0 0 0
split 64 64 0 0 0" "$1: exactly 0 broadcasts, as in the control"
	is "$(ipis "$2" membarrier 64)" 63 "$1: the interrupt counter is alive"
	is "$(lockups "$2")" 0 "$1: no soft lockup"
}

# expect_affected NAME DIR: 1 and 511 broadcasts, each to 63 CPUs, and the report's soft lockups
expect_affected()
{
	is "$(rows "$2")" "membarrier 64 1 0 0 0
register 1 2 2 0 0
fault 1 2 2 0 0
split 1 2 1022 0 0
fault 64 64 64 0 0
split 64 64 32704 0 0" "$1: 1 broadcast a fault and 511 a split, exactly"
	is "$(ipis "$2" membarrier 64)" 63 "$1: the interrupt counter is alive"
	is "$(ipis "$2" split 1)" 64386 "$1: one CPU at a time, 511 x 63 interrupts a split"
	is "$(ipis "$2" split 64)" 2060352 "$1: 64 at once, 511 x 63 interrupts a split"
	is "$(ipis "$2" fault 64)" 4032 "$1: 64 at once, 63 interrupts a fault"
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
like "$out" '; all 50 prices are those of the posted code$' 'debian-5.10, posted: every row as well'
like "$out" '^5.10.223[+]posted .* fixed \(posted\)$' 'debian-5.10, posted: recognised'
like "$(cat "$dir/report.html")" '<svg' 'debian-5.10, posted: a page with pictures'
is "$(xmllint --xpath 'string(/testsuites/@failures)' "$dir/junit.xml")" 0 'and JUnit: no failure'
# At that moment the holder of the lock sends interrupts, or does a little else: triage.t looks at several moments.
like "$(cat "$dir/none/census.json")" '"(kick_all_cpus_sync|queued_spin_lock_slowpath)",' \
	'debian-5.10: the holder or those who wait, in a census'
expect_affected 'debian-5.10+regress' "$dir/none"
expect_fixed 'debian-5.10+posted' "$dir/posted"

# A kernel that has the fix already has no affected half, and none is invented.
dir=$scratch/merged
run "$top/scripts/proof" --kernel "$(kernel_tree)" --output "$dir"
is "$rc" 2 'a fixed tree: exit 2'
like "$err" "is 'fixed as merged' already" 'a fixed tree: said so'
like "$out" 'FAIL .* should be affected: it is fixed' 'a fixed tree: the affected half fails'
expect_fixed 'debian-5.10 as shipped' "$dir/merged"
like "$(xmllint --xpath 'string(/testsuites/@failures)' "$dir/junit.xml")" '^[1-9]' 'and JUnit: failures'

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
