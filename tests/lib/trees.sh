# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# trees.sh: kernel trees to test with, made up from the patches themselves, and real ones where
# there are some; sourced after tap.sh

# shellcheck disable=SC2154 # top: from tap.sh
patches=$top/patches
header=arch/arm64/include/asm/cacheflush.h
uprobes=arch/arm64/kernel/probes/uprobes.c
flush=arch/arm64/mm/flush.c

# tree_make DIR [SERIES]: a tree that is affected, and has just what SERIES needs to apply.
tree_make()
{
	mkdir -p "$1/${header%/*}" "$1/${uprobes%/*}" "$1/${flush%/*}"
	awk -v dir="$1" -f "$top/tests/lib/preimage.awk" \
		"$patches/${2-4.19.y-posted}"/*.patch
	{
		printf '\tkick_all_cpus_sync();\n}\n'
		# What the patches take for granted.
		for function in __flush_icache_range caches_clean_inval_pou; do
			echo "extern void $function(unsigned long start, unsigned long end);"
		done
		printf 'static inline void __flush_icache_all(void)\n{\n\tasm("ic\tialluis");\n\tdsb(ish);\n}\n'
	} >>"$1/$header"
	printf '%s\n' 'ENTRY(__flush_icache_range)' 'ENTRY(caches_clean_inval_pou)' \
		'	invalidate_icache_by_line x0, x1, x2, x3, 9f' '	ret' \
		'ENDPROC(caches_clean_inval_pou)' 'ENDPROC(__flush_icache_range)' \
		'ENTRY(__clean_dcache_area_pou)' '	ret' 'ENDPROC(__clean_dcache_area_pou)' \
		>"$1/${flush%/*}/cache.S"
	printf 'VERSION = 0\nPATCHLEVEL = 0\n' >"$1/Makefile"
	touch "$1/Kconfig" "$1/arch/arm64/Kconfig"
}

# tree_patch DIR SERIES [OPTION]: apply a series with patch(1), nothing else.
tree_patch()
{
	for file in "$patches/$2"/*.patch; do
		patch --directory="$1" --strip=1 --fuzz=0 --quiet --no-backup-if-mismatch \
			--input="$file" ${3+"$3"} || return
	done
}

# tree_vendor_patch FILE: a patch of a vendor's, for a tree of tree_make's
tree_vendor_patch()
{
	printf '%s\n' '--- a/Makefile' '+++ b/Makefile' '@@ -1,2 +1,3 @@' ' VERSION = 0' ' PATCHLEVEL = 0' \
		'+EXTRAVERSION = -vendor' >"$1"
}

# tree_commit DIR: put it under git.
tree_commit()
{
	git -C "$1" init --quiet
	git -C "$1" add --all
	git -C "$1" -c user.name=test -c user.email=test@example.invalid commit --quiet --message=x
}

# tree_sum DIR: one word for the content of all of its files.
tree_sum()
{
	(cd "$1" && find . -name .git -prune -o -type f -print0 | LC_ALL=C sort -z |
		xargs -0 sha256sum | sha256sum | cut -c 1-16)
}

# kill_steps EVERY STEPS: before which of so many calls a run is killed: one of EVERY, and the last; all for KILLS=all
kill_steps()
{
	every=$1
	[ "${KILLS-}" != all ] || every=1
	seq 1 "$every" "$(($2 - 1))"
	echo "$2"
}

# real_trees: KERNEL_TREE names some, with colons between; Debian's is used when it is cached.
real_trees()
{
	printf '%s' "${KERNEL_TREE-}" | tr : '\n'
	echo
	for debian in "${XDG_CACHE_HOME:-$HOME/.cache}"/icache-ipi/kernel-source/debian-*; do
		[ ! -d "$debian/arch" ] || echo "$debian"
	done
}

# tree_excerpt TREE DIR: of a real tree, what the patches and the classifier read.
tree_excerpt()
{
	mkdir -p "$2"
	(cd "$1" && cp --parents Makefile Kconfig arch/arm64/Kconfig arch/arm64/mm/cache.S \
		"$header" "$uprobes" "$flush" "$2")
}

# tree_state TREE: what its code is, in the words of --check; fails as that does
tree_state()
{
	"$top/scripts/backport" --check "$1" 2>/dev/null
}
