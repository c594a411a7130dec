# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tree.sh: what a folder is, as a kernel tree; sourced after common.sh, never run. $here is the
# folder of scripts.
# shellcheck disable=SC2154

# The files that decide a tree's state.
TREE_FILES='arch/arm64/include/asm/cacheflush.h arch/arm64/mm/cache.S
	arch/arm64/kernel/probes/uprobes.c arch/arm64/mm/flush.c'

# tree_problem PATH: why PATH is no arm64 kernel tree, in one line; nothing when it is one.
tree_problem()
{
	if [ ! -e "$1" ]; then
		echo "there is nothing at $1"
	elif [ ! -d "$1" ]; then
		echo "$1 is a file, not a folder"
	elif [ ! -r "$1" ] || [ ! -x "$1" ]; then
		echo "$1 cannot be read by $(id -un)"
	elif [ -L "$1/source" ] && [ ! -f "$1/Kconfig" ]; then
		echo "$1 is the build folder of a kernel: its source is $(readlink "$1/source")"
	elif [ ! -f "$1/Makefile" ] || ! grep -q '^PATCHLEVEL *=' "$1/Makefile"; then
		echo "$1 is not a kernel tree: no Makefile with a PATCHLEVEL in it"
	elif [ ! -d "$1/arch/arm64" ]; then
		echo "$1 is a kernel tree without arch/arm64"
	elif [ ! -f "$1/arch/arm64/Kconfig" ] || [ ! -d "$1/arch/arm64/mm" ]; then
		echo "$1 holds kernel headers only: no arch/arm64/mm"
	fi
}

# tree_state TREE: one of the states that scripts/tree-state.awk names, by the code alone.
tree_state()
(
	cd "$1" || exit
	set --
	for file in $TREE_FILES; do
		[ ! -r "$file" ] || set -- "$@" "$file"
	done
	[ $# -gt 0 ] || { echo "not recognised"; exit; }
	awk -f "$here/tree-state.awk" "$@"
)
