# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# common.sh: what more than one script here needs; sourced, never run

# Exit codes: the same numbers as src/lib/exit.h.
# shellcheck disable=SC2034 # used by the scripts that source this
EXIT_GOOD=0 EXIT_DORMANT=1 EXIT_AFFECTED=2 EXIT_UNKNOWN=3 EXIT_USAGE=64

# What programs say is read here: in one language, with points in numbers.
export LC_ALL=C.UTF-8

say()
{
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}

# die CODE WHAT [NEXT]: what was expected and found, what to do next, and the exit code.
die()
{
	code=$1
	shift
	for line; do
		say "$line"
	done
	exit "$code"
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
	trap 'code=$?; at_exit; case $code in 0 | "$EXIT_USAGE" | 12[89] | 1[3-9]?) exit $code ;; *) exit "$EXIT_UNKNOWN" ;; esac' EXIT
}

# output_claim DIR: DIR is ours to fill and to empty: it is new or empty, or has the mark of an earlier
# run. A folder with somebody's files is refused, and nothing in it is touched.
output_claim()
{
	mkdir -p "$1" || die "$EXIT_UNKNOWN" "cannot make the folder $1"
	[ -f "$1/.icache-ipi" ] || [ -z "$(ls -A "$1")" ] || die "$EXIT_UNKNOWN" \
		"$1 holds files that are not from here" "name a new or an empty folder"
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

# tree_files TREE: the names, sizes and times of its files, which is what make goes by, too
tree_files()
{
	find "$1" -name .git -prune -o -type f -printf '%P %s %T@\n' | sort
}
