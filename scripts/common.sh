# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# common.sh: what more than one script here needs; sourced, never run

# Exit codes: the same numbers as src/lib/exit.h.
# shellcheck disable=SC2034 # used by the scripts that source this
EXIT_GOOD=0 EXIT_DORMANT=1 EXIT_AFFECTED=2 EXIT_UNKNOWN=3 EXIT_USAGE=64

# Debian's archive; the security archive is the same address with -security appended.
DEBIAN_MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

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
