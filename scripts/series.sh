# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# series.sh: the folders of patches/, and what they make of a tree; sourced after tree.sh, never
# run. Each folder's `series` says in its comments which state it starts from and leads to.

# shellcheck disable=SC2154 # here: the folder of scripts
patches=$(dirname "$here")/patches
[ -d "$patches" ] ||
	die "$EXIT_UNKNOWN" "there are no patches at $patches" "install the package with the patches"
reverse=false

series_names()
{
	(cd "$patches" && for file in */series; do dirname "$file"; done)
}

# series_note NAME from|to
series_note()
{
	key=$2
	[ "$reverse" = false ] || case $2 in from) key=to ;; to) key=from ;; esac
	sed -n "s/^# $key: //p" "$patches/$1/series"
}

# series_patches NAME: the paths of its patches, in the order to use them.
series_patches()
{
	sed -e 's/[[:space:]]*#.*//' -e '/^$/d' "$patches/$1/series" |
		if [ "$reverse" = true ]; then tac; else cat; fi |
		while read -r file; do echo "$patches/$1/$file"; done
}

# series_files NAME...: what its patches change, one path a line.
series_files()
{
	for name; do
		series_patches "$name" | while read -r file; do sed -n 's|^+++ b/||p' "$file"; done
	done | sort -u
}

# series_prepare TREE DIR NAME...: make in DIR what the changed files will be; TREE stays as it
# is. Stops the script with the reason when a series does not fit.
series_prepare()
{
	tree=$1 new=$2
	shift 2
	mkdir -p "$new/arch/arm64/mm"
	for file in $(series_files "$@") $TREE_FILES; do
		[ ! -f "$tree/$file" ] || (cd "$tree" && cp --parents "$file" "$new")
	done
	chmod -R u+w "$new"
	for name; do
		state=$(tree_state "$new")
		[ "$state" != "$(series_note "$name" to)" ] || continue
		[ "$state" = "$(series_note "$name" from)" ] || series_refuse "$name" "$state"
		series_patches "$name" >"$new/list"
		while read -r file; do
			patch_one "$new" "$file" || die "$EXIT_UNKNOWN" \
				"the code is '$state', but $name does not fit around it: $(patch_reason "$new")" \
				"nothing was changed; adapt $file by hand, or name another --series"
		done <"$new/list"
		state=$(tree_state "$new")
		[ "$state" = "$(series_note "$name" to)" ] || die "$EXIT_UNKNOWN" \
			"after $name the code should be '$(series_note "$name" to)', and is '$state'" \
			"nothing was changed; please report this tree"
	done
}

patch_one()
{
	[ "$reverse" = false ] || set -- "$1" "$2" --reverse
	patch --directory="$1" --input="$2" --strip=1 --fuzz=0 --force --no-backup-if-mismatch \
		--reject-file=- ${3+"$3"} >"$1/log" 2>&1
}

# patch_reason DIR: the line of patch's output that says why, after the file it says it of.
patch_reason()
{
	sed -n -e 's/^patching file //' -e 't hold' -e '/FAILED at/{G;s/\(.*\)\n\(.*\)/\2: \1/;p;q}' \
		-e "/^can't find file/{s/.*/a file is missing/;p;q}" -e b -e :hold -e h "$1/log"
}

# series_refuse NAME STATE: a series that the tree is not ready for, and the way out.
series_refuse()
{
	case $2:$1 in
	"fixed as posted":*) next="take that form out first: --series 4.19.y-posted --reverse" ;;
	"fixed as merged":*) next="take that form out first: --series regress" ;;
	affected:*) next="the fix is not in, so there is nothing to take out" ;;
	"not affected":*) next="this kernel is older than the fault and needs no series" ;;
	"partly applied":*) next="some of the posted form is in: undo that or finish it by hand" ;;
	*) next="compare sync_icache_aliases() in arch/arm64/mm/flush.c with $patches/README.md" ;;
	esac
	die "$EXIT_UNKNOWN" "$1 is for a tree that is '$(series_note "$1" from)'; this one is '$2'" \
		"nothing was changed; $next"
}
