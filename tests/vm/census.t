#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# census.t: the stacks of all CPUs in the middle of a burst: who holds the lock, who waits for it
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/debian-kernels.sh"

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

# Names: without a System.map, and with what Debian ships for one, those that are in the Image
mkdir "$scratch/moved"
cp "$affected/arch/arm64/boot/Image" "$scratch/moved/Image"
# Three times, because at one instant all may be in user mode; a machine with much to do is late for a short phase.
eight()
{
	phase8='burst, 8 at once, exec, split'
	name=$1
	shift
	for try in 1 2 3 4 5 6 7 8 9 10; do
		run "$O/icache-ipi-vm" --output="$scratch/$name" --cpus=8 --census-at="$phase8+0.01" \
			--census-at="$phase8+0.03" --census-at="$phase8+0.05" "$@"
		case $err in
		*'no census at '*) echo "# $name: try $try: $err" ;;
		*) break ;;
		esac
	done
}
eight bare "$scratch/moved/Image"
like "$(chains bare)" '^[0-2]: [0-9]+ kernel [a-z_].*__split_huge_pmd<.*madvise' 'no System.map: names'
if echo "$err" | grep System.map; then fail 'no System.map: why say so?'; else
	pass 'no System.map: nothing said, nothing is missing'
fi
stub='ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package'
echo "$stub" >"$scratch/moved/System.map"
eight stub "$scratch/moved/Image"
like "$(chains stub)" '^[0-2]: [0-9]+ kernel [a-z_].*__split_huge_pmd<.*madvise' 'a stub of one: names'
like "$err" 'System.map: is not a System.map: the census has the names that are in the Image' \
	'a stub of one: where the names are from'
rm "$scratch/moved/System.map"
# One letter of the table changed, by which it is found
mkdir "$scratch/nameless"
/usr/bin/python3 -c 'import sys
image, digits = sys.stdin.buffer.read(), b"".join(b"%d\0" % digit for digit in range(10))
assert digits in image
sys.stdout.buffer.write(image.replace(digits, digits.replace(b"5", b"x")))' \
	<"$affected/arch/arm64/boot/Image" >"$scratch/nameless/Image"
eight nothing "$scratch/nameless/Image"
like "$err" 'System.map: there is none beside the Image.*--system-map' 'neither map nor table: said so'
like "$(chains nothing)" '^[0-2]: [0-9]+ kernel 0xffff' 'neither map nor table: addresses'
cp "$affected/System.map" "$scratch/nameless/"
eight mapped "$scratch/nameless/Image"
like "$(chains mapped)" '^[0-2]: [0-9]+ kernel [a-z_].*__split_huge_pmd<.*madvise' 'a map and no table: names'
# As if one function had another size: what lies behind it has moved.
/usr/bin/python3 -c 'import sys
for number, line in enumerate(sys.stdin):
    address, kind, name = line.split()
    moved = 4 if kind in "tTwW" and number > 9000 else 0
    print(f"{int(address, 16) + moved:016x}", kind, name)' \
	<"$affected/System.map" >"$scratch/System.map"
eight wrong --system-map="$scratch/System.map" "$scratch/moved/Image"
like "$err" 'belongs to another kernel than the Image' "another kernel's System.map is refused"
like "$(chains wrong)" '^[0-2]: [0-9]+ kernel [a-z_].*__split_huge_pmd<.*madvise' '... and its names are not used'
eight wrong --system-map="$scratch/System.map" "$scratch/nameless/Image"
like "$err" 'belongs to another kernel than the Image' "another kernel's System.map, no table: refused"
like "$(chains wrong)" '^[0-2]: [0-9]+ kernel 0xffff' "another kernel's System.map, no table: addresses"
cp "$affected/System.map" "$scratch/moved/"
eight right "$scratch/moved/Image"
like "$(chains right)" '^[0-2]: [0-9]+ kernel [a-z_]' 'a System.map beside the Image is found'

# Debian's own kernel, relocatable, with the stub beside it
if debian_kernel_unpacked bookworm; then
	# virtio_mmio first, which finds the port that virtio_console drives
	drivers=$(find "$scratch/kernel-bookworm" '(' -name virtio_mmio.ko -o -name virtio_console.ko ')' \
		-printf '--module=%p\n' | sort --reverse)
	# shellcheck disable=SC2086 # one option a word
	run "$O/icache-ipi-vm" --output="$scratch/packaged" --cpus=4 --census-at=burst \
		--census-at=burst+0.03 --census-at=burst+0.06 \
		$drivers "$image"
	is "$rc" 0 "Debian's kernel: fixed"
	chains packaged >"$scratch/chains"
	sed 's/^/# /' "$scratch/chains"
	like "$(cat "$scratch/chains")" ' (kernel [a-z_].*<|idle do_idle)' "Debian's kernel: names"
	# A module's functions are addresses, but none is where a chain begins.
	if grep ' kernel .*0xffff[0-9a-f]*$' "$scratch/chains"; then
		fail "Debian's kernel: every chain begins with a name"
	else
		pass "Debian's kernel: every chain begins with a name"
	fi
fi

for wrong in '' +3 "$(printf '%070d' 0)" 'split+3x' split+. 'split+86401'; do
	run "$O/icache-ipi-vm" --census-at="$wrong" "$scratch/moved/Image"
	is "$rc" 64 "--census-at='$wrong': usage"
done

done_testing
