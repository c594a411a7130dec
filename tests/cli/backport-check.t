#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-check.t: backport --check reads the state of a tree from its code and from nothing else
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"

# check NAME TREE CODE STATE
check()
{
	run "$top/scripts/backport" "$2" --check
	is "$rc:$out" "$3:$4" "$1"
}

# edited NAME: a fresh copy of the base tree, to be edited as $tree
edited()
{
	tree=$scratch/edited
	rm -rf "$tree"
	cp -a "$scratch/$1" "$tree"
}

for number in 4.19 5.10; do
	tree_make "$scratch/$number" $number.y-posted
	for form in posted merged; do
		cp -a "$scratch/$number" "$scratch/$number-$form"
	done
	tree_patch "$scratch/$number-posted" $number.y-posted
	tree_patch "$scratch/$number-merged" 4.19.y-merged
	check "$number" "$scratch/$number" 2 affected
	check "$number posted" "$scratch/$number-posted" 0 "fixed as posted"
	check "$number merged" "$scratch/$number-merged" 0 "fixed as merged"
done
is "$err" "" "nothing on standard error when the state is known"

# What is not code does not count.
edited 4.19
sed -i 's|^void sync_icache_aliases|/* __flush_icache_range(addr, 1); */\n&|
	s|^\t\tflush_icache_range.*|& // not __flush_icache_range(addr, addr + len);|' "$tree/$flush"
check "affected, with the fix in comments" "$tree" 2 affected
edited 4.19-merged
sed -i 's|^\t\t__flush_icache_range.*|&\
#if 0\n#ifdef X\n#endif\n\t\tflush_icache_range(addr, 1);\n#endif\n|' "$tree/$flush"
check "merged, with the fault in #if 0" "$tree" 0 "fixed as merged"
edited 4.19-merged
sed -i 's|^\t\t__flush_icache_range.*|&\
		pr_debug("no \\"flush_icache_range(%d)\\" /*", 1);|' "$tree/$flush"
check "merged, with the fault in a string" "$tree" 0 "fixed as merged"
edited 4.19
sed -i 's/^VERSION.*/VERSION = 5/; s/^PATCHLEVEL.*/PATCHLEVEL = 99/' "$tree/Makefile"
check "affected, with the version of a fixed kernel" "$tree" 2 affected

# Other surroundings, same code.
edited 4.19-posted
sed -i 's/^\t} else if (sync) {/\t}\n\telse if( sync )\n\t{/; s/\<sync\>/all_cpus/g
	s/^void __sync_icache_dcache.*/int vendor_thing;\n&/' "$tree/$flush"
check "posted, laid out and named otherwise" "$tree" 0 "fixed as posted"
edited 4.19
sed -i 's/^\t} else {/\t}\n\n\telse\n\t{/
	s/^void sync_icache_aliases(.*/void notrace\nsync_icache_aliases (void *k,\n\tunsigned long len)/' \
	"$tree/$flush"
check "affected, laid out otherwise" "$tree" 2 affected
edited 4.19-merged
sed -i 's/__flush_icache_range(/caches_clean_inval_pou(/' "$tree/$flush"
check "merged, with the names of newer kernels" "$tree" 0 "fixed as merged"
edited 4.19
sed -i 's/$/\r/' "$tree/$flush" "$tree/$header"
check "affected, with CRLF" "$tree" 2 affected

# Half of a fix.
for file in $header $uprobes $flush; do
	edited 4.19-posted
	cp "$scratch/4.19/$file" "$tree/$file"
	check "posted, without $file" "$tree" 3 "partly applied"
done
edited 4.19-posted
sed -i 's/, false);/, true);/' "$tree/$flush"
check "posted, but user ptes ask for the broadcast" "$tree" 3 "partly applied"
edited 4.19-posted
sed -i 's/^\t\t__flush_icache_range/\t\tflush_icache_range/' "$tree/$flush"
check "posted, but both branches broadcast" "$tree" 3 "partly applied"
edited 4.19-posted
sed -i 's/else if (sync)/else if (!sync)/' "$tree/$flush"
check "posted, the wrong way round" "$tree" 3 "partly applied"

# No verdict without proof.
edited 4.19-merged
sed -i 's|^\t\t__flush_icache_range.*|&\n#ifdef VENDOR\n\t\tflush_icache_range(addr, 1);\n#endif|' \
	"$tree/$flush"
check "merged and not, by configuration" "$tree" 3 "not recognised"
edited 4.19-merged
sed -i 's|^\t\t__flush_icache_range.*|\t\tvendor_flush(addr);|' "$tree/$flush"
check "an unknown helper" "$tree" 3 "not recognised"
edited 4.19-merged
sed -i 's|^\tstruct page \*page = .*|&\n\tkick_all_cpus_sync();|' "$tree/$flush"
check "merged, but the caller broadcasts" "$tree" 2 affected
edited 4.19
rm "$tree/$flush"
check "no flush.c" "$tree" 3 "not recognised"
edited 4.19
: >"$tree/$flush"
check "an empty flush.c" "$tree" 3 "not recognised"
edited 4.19
sed -i '/kick_all_cpus_sync/d' "$tree/$header"
check "a helper that does not broadcast" "$tree" 3 "not recognised"
edited 4.19
echo 'extern void flush_icache_range(unsigned long start, unsigned long end);' >"$tree/$header"
echo 'ENTRY(flush_icache_range)' >"$tree/arch/arm64/mm/cache.S"
check "a helper in assembly, as before v4.19" "$tree" 0 "not affected"

# Things that are no arm64 kernel tree: each is told from the others.
# other NAME PATH REASON
other()
{
	check "$1" "$2" 3 "not an arm64 kernel tree"
	like "$err" "$3" "$1: says which"
}
mkdir "$scratch/empty"
other "an empty folder" "$scratch/empty" "not a kernel tree"
other "nothing" "$scratch/nothing" "there is nothing at"
other "a file" "$scratch/4.19/Makefile" "is a file, not a folder"
edited 4.19
rm -r "$tree/arch/arm64" && mkdir -p "$tree/arch/x86"
other "an x86-only tree" "$tree" "without arch/arm64"
edited 4.19
rm -r "$tree/arch/arm64/mm"
other "headers" "$tree" "headers only"
mkdir "$scratch/o" && ln -s ../4.19 "$scratch/o/source" && cp "$scratch/4.19/Makefile" "$scratch/o"
other "a build folder" "$scratch/o" "its source is ../4.19"
mkdir "$scratch/a b" && cp -a "$scratch/4.19" "$scratch/a b/c'd \$x"
check "a path with blanks and quotes" "$scratch/a b/c'd \$x" 2 affected
(cd "$scratch" && ln -s 4.19 link)
check "a link to a tree" "$scratch/link" 2 affected

real_trees | grep . >"$scratch/real" ||
	skip "real trees" "none cached; KERNEL_TREE=DIR[:DIR...] names some"
while read -r real; do
	run "$top/scripts/backport" "$real" --check
	like "$rc:$out" '^(2:affected|0:fixed as (merged|posted))$' "$(basename "$real"): $out"
done <"$scratch/real"
done_testing
