# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# common.sh: what more than one script here needs; sourced, never run

# Exit codes: the same numbers as src/lib/exit.h.
# shellcheck disable=SC2034 # used by the scripts that source this
EXIT_GOOD=0 EXIT_DORMANT=1 EXIT_AFFECTED=2 EXIT_UNKNOWN=3 EXIT_USAGE=64

# What programs say is read here: in one language, with points in numbers.
export LC_ALL=C.UTF-8
# With it, cd may go elsewhere than where it says, and prints where.
unset CDPATH

# printable TEXT: names of files may have any byte in them; those that command a terminal become '?'.
printable()
{
	case $1 in
	*[!\ -~]*) printf '%s\n' "$1" | LC_ALL=C sed 's/[\x01-\x08\x0b-\x1f\x7f]/?/g; s/\xc2[\x80-\x9f]/?/g' ;;
	*) printf '%s\n' "$1" ;;
	esac
}

say()
{
	printable "$(basename "$0"): $*" >&2
}

# die CODE WHAT [NEXT]: what was expected and found, what to do next, and the exit code.
die()
{
	code=$1
	shift
	progress_end
	for line; do
		say "$line"
	done
	exit "$code"
}

# progress_begin WHAT [COMMAND]: on a terminal, a line that says each second how long it takes, and what COMMAND says;
# it stays until progress_end, and no longer than the script.
progress_begin()
{
	progress=''
	[ -t 2 ] || return 0
	what=$(printable "$1")
	(
		seconds=0
		while sleep 1 && kill -0 $$ 2>/dev/null; do
			seconds=$((seconds + 1))
			printf '\r\033[K%s: %s%s s ' "$what" "${2+$("$2"), }" "$seconds" >&2
		done
	) &
	progress=$!
}

progress_end()
{
	[ -n "${progress-}" ] || return 0
	kill "$progress" 2>/dev/null || :
	wait "$progress" 2>/dev/null || :
	progress=''
	printf '\r\033[K' >&2
}

# What a script does at its end, however that comes: it defines this anew.
at_exit()
{
	:
}

# failures_are_unknown: a script that fails in its middle ends with 3. 1 and 2 are verdicts: a program
# gives those, which a script lets take its place (exec).
failures_are_unknown()
{
	trap 'code=$?; progress_end; at_exit; case $code in 0 | "$EXIT_USAGE" | 12[89] | 1[3-9]?) exit $code ;; *) exit "$EXIT_UNKNOWN" ;; esac' EXIT
}

# output_claim DIR: DIR is ours to fill and to empty: it is new or empty, or has the mark of an earlier
# run. A folder with somebody's files is refused, and nothing in it is touched. One where others may write is, too: they
# could lead what is written elsewhere. A folder with the mark may still have come from others: links and pipes go.
output_claim()
{
	mkdir -p "$1" || die "$EXIT_UNKNOWN" "cannot make the folder $1"
	if [ ! -O "$1" ] || [ -n "$(find "$1/" -maxdepth 0 -perm -o=w)" ]; then
		die "$EXIT_UNKNOWN" "$1 is somebody else's, or anybody may write to it" "name a new folder, in one of your own"
	fi
	[ -f "$1/.icache-ipi" ] || [ -z "$(ls -A "$1")" ] || die "$EXIT_UNKNOWN" \
		"$1 holds files that are not from here" "name a new or an empty folder"
	find "$1/" ! -type f ! -type d -delete || die "$EXIT_UNKNOWN" "cannot clean $1"
	: >>"$1/.icache-ipi"
}

# The machine of a job that GNU parallel handed out: what its user calls it.
machine_name()
{
	case ${PARALLEL_SSHLOGIN:-:} in :) uname -n ;; *) echo "$PARALLEL_SSHLOGIN" ;; esac
}

cache_dir()
{
	echo "${XDG_CACHE_HOME:-$HOME/.cache}/icache-ipi"
}

# short_sum N: the first N digits of the SHA-256 of standard input. Names in the cache are made of these: a
# sum that is none would be everybody's.
short_sum()
{
	sum=$(sha256sum) || sum=none
	[ "$sum" != none ] || die "$EXIT_UNKNOWN" "cannot compute a SHA-256" "is sha256sum on PATH?"
	printf "%.$1s\\n" "$sum"
}

# tree_files TREE: the names, sizes and times of its files, which is what make goes by, too
tree_files()
{
	find "$1" -name .git -prune -o -type f -printf '%P %s %T@\n' | sort
}
