#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# census.t: the stacks of all CPUs in the middle of a burst: who holds the lock, who waits for it
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"

affected=$(kernel_build_dir regress)
fixed=$(kernel_build_dir)

# boot NAME BUILD OPTION...
boot()
{
	name=$1 image=$2/arch/arm64/boot/Image
	shift 2
	run "$O/icache-ipi-vm" --output="$scratch/$name" --label="$name" --cpus=16 "$@" "$image"
}

# What a census may not change: everything but host time, and the command that was run
measured()
{
	/usr/bin/python3 -c 'import json, sys
result = json.load(open(sys.argv[1]))
del result["host"], result["label"]
print(json.dumps(result, indent=1))' "$scratch/$1/result.json"
}

# chains NAME: a line per group, "CENSUS: COUNT KIND FRAME<FRAME<..."
chains()
{
	/usr/bin/python3 -c 'import json, sys
for number, census in enumerate(json.load(open(sys.argv[1]))["censuses"]):
    assert sum(group["count"] for group in census["groups"]) == census["cpus"]
    assert sorted(sum((group["cpus"] for group in census["groups"]), [])) == list(range(census["cpus"]))
    for group in census["groups"]:
        print(f"{number}:", group["count"], group["kind"], "<".join(group["frames"]))' \
		"$scratch/$1/census.json"
}

fits_schema()
{
	rc=0
	/usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])' "$scratch/$1/census.json" \
		"$top/docs/schemas/census.schema.json" || rc=$?
	is "$rc" 0 "$1: census.json fits its schema"
}

phase='burst, 16 at once, exec, split'
boot without "$affected"
is "$rc" 2 'affected'
is "$(ls -A "$scratch/without")" "console.log
result.json" 'nothing asked for, no census'
# Four, because at one instant the holder may be between two broadcasts.
boot affected "$affected" --census-at="$phase+0.05" --census-at="$phase+0.08" \
	--census-at="$phase+0.11" --census-at="$phase+.14"
is "$rc" 2 'affected, with a census'
is "$(measured affected)" "$(measured without)" 'the census changes no count, no stall, no guest time'
fits_schema affected
chains affected >"$scratch/chains"
sed 's/^/# /' "$scratch/chains"
like "$(cat "$scratch/chains")" \
	'^[0-3]: 1 kernel .*kick_all_cpus_sync<sync_icache_aliases<__sync_icache_dcache<.*__split_huge_pmd<.*madvise' \
	'one CPU holds the lock, and broadcasts under it'
like "$(cat "$scratch/chains")" \
	'^[0-3]: ([2-9]|1[0-9]) kernel queued_spin_lock_slowpath<(_raw_spin_lock<)?__split_huge_pmd<.*madvise' \
	'others wait for it, under __split_huge_pmd'
like "$err" '^ +[0-9]+ x queued_spin_lock_slowpath < .*__split_huge_pmd < .* madvise' 'printed for people'
like "$err" "^affected: census of 16 CPUs, requested, in '$phase' at 0\.[0-9]+ s" 'with its place and time'

boot fixed "$fixed" --census-at='burst, 16 at once, exec, fault' --census-at="$phase"
is "$rc" 0 'fixed, with a census'
fits_schema fixed
chains fixed >"$scratch/chains"
sed 's/^/# /' "$scratch/chains"
if grep -q kick_all_cpus_sync "$scratch/chains"; then
	fail 'the fixed kernel broadcasts'
else
	pass 'the fixed kernel: no broadcast in any stack'
fi

# What is asked for and does not come
boot missed "$fixed" --cpus=2 --census-at=nowhere --census-at='burst, 2 at once, exec, split+5'
is "$rc" 0 'a census that cannot be taken is no reason to fail'
like "$err" "no census at 'nowhere': the run had no such phase" 'no such phase'
like "$err" "no census at 'burst, 2 at once, exec, split': the phase ended before 5 s" 'a phase that was over'

# Names
mkdir "$scratch/moved"
cp "$affected/arch/arm64/boot/Image" "$scratch/moved/Image"
run "$O/icache-ipi-vm" --output="$scratch/bare" --cpus=16 --census-at="$phase" "$scratch/moved/Image"
like "$err" 'System.map: there is none beside the Image.*--system-map' 'no System.map: said so'
like "$(chains bare)" '^0: [0-9]+ kernel 0xffff' 'no System.map: addresses'
# As if one function had another size: what lies behind it has moved.
/usr/bin/python3 -c 'import sys
for number, line in enumerate(sys.stdin):
    address, kind, name = line.split()
    moved = 4 if kind in "tTwW" and number > 9000 else 0
    print(f"{int(address, 16) + moved:016x}", kind, name)' \
	<"$affected/System.map" >"$scratch/System.map"
run "$O/icache-ipi-vm" --output="$scratch/wrong" --cpus=16 --census-at="$phase" \
	--system-map="$scratch/System.map" "$scratch/moved/Image"
like "$err" 'belongs to another kernel than the Image' "another kernel's System.map is refused"
cp "$affected/System.map" "$scratch/moved/"
run "$O/icache-ipi-vm" --output="$scratch/right" --cpus=16 --census-at="$phase" "$scratch/moved/Image"
like "$(chains right)" '^0: [0-9]+ kernel [a-z_]' 'a System.map beside the Image is found'

for wrong in '' +3 "$(printf '%070d' 0)" 'split+3x' split+. 'split+86401'; do
	run "$O/icache-ipi-vm" --census-at="$wrong" "$scratch/moved/Image"
	is "$rc" 64 "--census-at='$wrong': usage"
done

done_testing
