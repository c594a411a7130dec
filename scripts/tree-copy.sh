# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tree-copy.sh: where a patched copy of a kernel tree goes, and how it gets there whole or not at
# all; sourced by backport (whose $tree, $series, $goal, $output and $copy it uses), never run
# shellcheck disable=SC2034,SC2154

# tree_is_clean_checkout TREE: the top of a git checkout whose tracked files are as committed.
tree_is_clean_checkout()
{
	[ -e "$1/.git" ] && [ "$(git -C "$1" rev-parse --show-toplevel 2>/dev/null)" = "$1" ] &&
		git -C "$1" rev-parse --quiet --verify HEAD >/dev/null &&
		[ -z "$(git -C "$1" status --porcelain --untracked-files=no | head -n 1)" ]
}

# tree_fingerprint TREE: changes when anything in the tree does (names, sizes, times, modes).
tree_fingerprint()
(
	cd "$1" || exit
	{
		echo "$1"
		if tree_is_clean_checkout "$1"; then
			git rev-parse HEAD
		else
			# Not the times of folders: make changes them by looking around.
			find . -name .git -prune -o -type d -printf '%P %m\n' -o \
				-printf '%P %y %s %T@ %m\n' | LC_ALL=C sort
		fi
	} | sha256sum | cut -c 1-12
)

# tree_copy TREE DIR: a git worktree where TREE is a clean checkout, else a copy without .git.
# Both leave TREE's own files alone. DIR is an empty folder.
tree_copy()
{
	if tree_is_clean_checkout "$1"; then
		git -C "$1" worktree add --quiet --force --detach "$2" HEAD >&2
	else
		find "$1" -mindepth 1 -maxdepth 1 ! -name .git \
			-exec cp --archive --reflink=auto --target-directory="$2" {} +
	fi
}

# tree_rename FROM TO: give a copy its final name, which must be free or an empty folder.
tree_rename()
{
	[ ! -d "$2" ] || rmdir "$2"
	if [ -f "$1/.git" ]; then
		git -C "$1" worktree move --force "$1" "$2"
	else
		mv -T "$1" "$2"
	fi
}

# tree_remove DIR: a copy that came to nothing.
tree_remove()
{
	[ ! -f "$1/.git" ] || git -C "$1" worktree remove --force "$1" 2>/dev/null || :
	rm -rf "$1"
}

# files_install FROM DIR FILE...: put FROM/FILE... into DIR, all written before any is renamed.
# On failure names the file that stopped it, and DIR is as it was.
files_install()
{
	from=$1 dir=$2
	shift 2
	for file; do
		if ! cp -T "$from/$file" "$dir/$file.backport-new" ||
			! chmod --reference="$dir/$file" "$dir/$file.backport-new"; then
			for written; do rm -f "$dir/$written.backport-new"; done
			return 1
		fi
	done 2>/dev/null
	for file; do mv "$dir/$file.backport-new" "$dir/$file" || return 1; done
}

# copy_name: where the patched copy goes by default.
copy_name()
{
	key=$({
		tree_fingerprint "$tree"
		for name in $series; do series_patches "$name" | xargs -d '\n' cat; done
	} | sha256sum | cut -c 1-12)
	joined=$(echo "$series" | tr ' ' +)
	[ "$reverse" = false ] || joined=without-$joined
	echo "$(cache_dir)/backport/$(basename "$tree")-$joined-$key"
}

folder_make()
{
	{ mkdir -p "$1" && [ -w "$1" ]; } ||
		die "$EXIT_UNKNOWN" "cannot write to $1" "name another folder: --output, XDG_CACHE_HOME"
}

# output_use: a folder the user named for the copy; must be new or empty.
output_use()
{
	case $(realpath -m "$output")/ in
	"$tree"/*) die "$EXIT_UNKNOWN" "$output is inside $tree" "name a folder outside of it" ;;
	esac
	folder_make "$output"
	output=$(cd "$output" && pwd -P)
	[ -z "$(find "$output" -mindepth 1 -maxdepth 1 -print -quit)" ] ||
		die "$EXIT_UNKNOWN" "$output is not empty: nothing was changed" "name a new folder"
	copy=$(mktemp -d "$(dirname "$output")/.backport.XXXXXX") ||
		die "$EXIT_UNKNOWN" "the copy is made beside $output first, and cannot be" "name another"
}

# output_from_cache: a folder in the cache; no $copy when an earlier run has made it.
output_from_cache()
{
	folder_make "$(cache_dir)/backport"
	exec 9>"$(cache_dir)/backport/lock"
	flock 9
	output=$(copy_name)
	if [ -d "$output" ]; then
		[ "$(tree_state "$output")" = "$goal" ] || die "$EXIT_UNKNOWN" \
			"the copy made earlier is no longer '$goal': $output" \
			"remove it, or name another folder with --output"
		return
	fi
	for left in "$(cache_dir)"/backport/tmp.*; do # by a run that was killed
		[ ! -d "$left" ] || tree_remove "$left"
	done
	copy=$(mktemp -d "$(cache_dir)/backport/tmp.XXXXXX")
}
