# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# tree.sh: what a folder is, as a kernel tree; sourced after common.sh, never run. $here is the
# folder of scripts. icache-ipi-check reads the code; nothing here has an idea of its own.
# shellcheck disable=SC2154

# tree_checker: the path of icache-ipi-check: of the build directory O, of this checkout's, or the
# one that is installed.
tree_checker()
{
	for program in ${O:+"$O/icache-ipi-check"} "$here/../build/icache-ipi-check"; do
		[ ! -x "$program" ] || { echo "$program"; return; }
	done
	PATH=$PATH:/usr/sbin command -v icache-ipi-check || die "$EXIT_UNKNOWN" \
		"icache-ipi-check, which reads the code, is not there" "build it: make"
}

# tree_state TREE: affected, fixed as posted, fixed as merged, not affected, partly applied, not
# recognised, or not an arm64 kernel tree: by the code alone. Fails when nothing was read.
tree_state()
{
	checker=$(tree_checker) || return
	code=0
	"$checker" --state "$1" 2>/dev/null || code=$?
	case $code in
	"$EXIT_GOOD" | "$EXIT_AFFECTED" | "$EXIT_UNKNOWN") ;;
	*) die "$EXIT_UNKNOWN" "$checker failed on $1 ($code)" "build it anew: make" ;;
	esac
}

# tree_problem PATH: why PATH is no arm64 kernel tree, in one line; nothing when it is one.
tree_problem()
{
	answer=$(tree_state "$1") || return
	[ "$answer" != "not an arm64 kernel tree" ] ||
		"$(tree_checker)" --state "$1" 2>&1 >/dev/null | sed 's/^icache-ipi-check: //'
}
