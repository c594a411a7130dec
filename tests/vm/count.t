#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# count.t: every row of the price list, measured, on kernels of all three codes
#
# The .expected files hold what was measured, not what src/lib/prices.c says: scenario, step,
# operations, broadcasts on affected, posted and merged code, maintenances on all of them; at 4K
# pages, 512 ptes a huge page. PAGES=16K or 64K in the environment measures other kernels, whose
# huge pages have 2,048 or 8,192.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"

case ${PAGES:=4K} in 4K) ptes=512 ;; 16K) ptes=2048 ;; 64K) ptes=8192 ;; esac

# count NAME OPTION... IMAGE
count()
{
	name=$1
	shift
	run "$O/icache-ipi-vm" --quiet --tier=count --output="$scratch/$name" "$@"
}

member()
{
	/usr/bin/python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$scratch/$1/result.json" "$2"
}

rows()
{
	/usr/bin/python3 "$top/tests/lib/rows.py" "$scratch/$1/result.json" scenario step operations \
		broadcasts control_broadcasts maintenances control_maintenances
}

# expected VERSION CODE: the same lines as rows() prints
expected()
{
	awk -v code="$2" -v ptes="$ptes" '
	function scaled(count) {
		return count / $3 < 511 ? count : count + (ptes - 512) * $3 * (count / $3 < 1024 ? 1 : 2)
	}
	!/^#/ {
		column = code == "affected" ? 4 : code == "posted" ? 5 : 6
		print $1, $2, $3, scaled($column), 0, scaled($7), 0
	}' "$top/tests/vm/count-$1.expected"
}

# expect_code NAME VERSION CODE IMAGE: every row costs what it must, and the answer is CODE
expect_code()
{
	count "$1" "$4"
	case $3 in
	affected) is "$rc $(member "$1" verdict) $(member "$1" code)" '2 affected affected' "$1: affected" ;;
	*) is "$rc $(member "$1" verdict) $(member "$1" code)" "0 fixed $3" "$1: fixed as $3" ;;
	esac
	is "$(member "$1" skipped)" '[]' "$1: nothing was skipped"
	# The counters' own rows: how often kernel text is maintained is nobody's price.
	is "$(rows "$1" | grep -v '^counter\|^kprobe')" "$(expected "$2" "$3")" \
		"$1: all $(expected "$2" "$3" | wc -l) rows, exactly"
	# Measured: 6.1 registers a kprobe without a broadcast; membarrier is the control that interrupts.
	case $2 in
	6.1) like "$(rows "$1")" '^kprobe register 2 0 0 ' "$1: a kprobe broadcasts on no code" ;;
	*) like "$(rows "$1")" '^kprobe register 2 2 0 ' "$1: the positive control broadcasts" ;;
	esac
	is "$(/usr/bin/python3 "$top/tests/lib/rows.py" "$scratch/$1/result.json" scenario operations \
		walked ptes | awk '$1 == "execute" && $2 != $3' | wc -l)" 0 \
		"$1: every function returned its value on every CPU"
}

affected=$(kernel_build_dir regress)/arch/arm64/boot/Image
merged=$(kernel_build_dir)/arch/arm64/boot/Image
posted=$(kernel_build_dir regress 5.10.y-posted)/arch/arm64/boot/Image
stale=$(kernel_build_dir regress-stale)/arch/arm64/boot/Image

expect_code affected 5.10 affected "$affected"
expect_code posted 5.10 posted "$posted"
expect_code merged 5.10 merged "$merged"
newer_stale=''
if [ "$PAGES" = 4K ]; then
	kernel_source=debian-6.1
	expect_code newer 6.1 affected "$(kernel_build_dir regress)/arch/arm64/boot/Image"
	if [ "${FORMS-}" = all ]; then
		expect_code newer-posted 6.1 posted "$(kernel_build_dir regress posted)/arch/arm64/boot/Image"
	else
		skip 'debian-6.1 as posted' 'a kernel from nothing: FORMS=all'
	fi
	expect_code newer-merged 6.1 merged "$(kernel_build_dir)/arch/arm64/boot/Image"
	newer_stale=$(kernel_build_dir regress-stale)/arch/arm64/boot/Image
	# shellcheck disable=SC2034 # kernel_tree reads it
	kernel_source=debian-5.10
else
	skip 'debian-6.1' 'measured with pages of 4 KiB'
fi
rc=0
/usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])' "$scratch/posted/result.json" \
	"$top/docs/schemas/result.schema.json" || rc=$?
is "$rc" 0 'result.json fits its schema'

# A "fix" that sends no interrupts because it does nothing at all. An emulator's I-cache is coherent
# whatever the kernel does, so the functions still run right; the missing maintenance tells.
for image in "$stale" $newer_stale; do
	count stale "$image"
	is "$rc $(member stale verdict)" '3 unknown' 'a kernel that lost its I-cache maintenance: unknown'
	like "$(member stale reason)" 'did not maintain the I-cache as often as it must' 'and told why'
	is "$(rows stale | awk '$1 != "counter" && $1 != "kprobe" { print $4, $6 }' | sort -u)" '0 0' \
		'neither broadcasts nor maintenances, in any row'
done

# Other machines.
if [ "$PAGES" = 16K ]; then
	skip 'cortex-a53' 'knows no pages of 16 KiB'
else
	count a53 --cpu=cortex-a53 "$affected"
	is "$rc $(member a53 verdict)" '1 dormant' 'cortex-a53: dormant'
fi
count node --nodes=1 "$affected"
is "$rc $(member node code)" '2 affected' 'one node: affected'
is "$(member node skipped | grep -o "'step': '[a-z-]*'" | xargs)" \
	'step: base step: back step: shared step: huge step: run-migrate' \
	'one node: the steps that migrate are skipped'
like "$(member node skipped)" 'nowhere to move to' 'one node: and told why'
count some "$affected" -- kprobe
is "$rc" 3 'a scenario that costs the same on all codes tells nothing'
like "$(member some reason)" 'a row that differs is missing' 'and the reason is printed'
count split "$posted" -- split
is "$rc $(member split code)" '0 fixed' 'split alone: fixed, whichever form'
count rounds "$affected" -- --rounds=5 mprotect
like "$(rows rounds)" "^mprotect add-rest 5 $((5 * (ptes - 1))) 0 $((5 * (ptes - 1))) 0" '--rounds'

# Real trees, when there are any: KERNEL_TREE=DIR[:DIR...]
if [ -z "${KERNEL_TREE-}" ]; then
	skip 'real 4.19 trees' 'no KERNEL_TREE='
fi
for tree in $(echo "${KERNEL_TREE-}" | tr : ' '); do
	name=$(basename "$tree")
	[ "$("$top/scripts/backport" --check "$tree" || :)" = affected ] || {
		skip "$name: every row" 'not an affected tree'
		continue
	}
	expect_code "$name" 4.19 affected "$("$top/scripts/kernel-build" "$tree")/arch/arm64/boot/Image"
	for form in posted merged; do
		fixed=$("$top/scripts/backport" --series "4.19.y-$form" "$tree")
		expect_code "$name+$form" 4.19 "$form" \
			"$("$top/scripts/kernel-build" "$fixed")/arch/arm64/boot/Image"
	done
done

done_testing
