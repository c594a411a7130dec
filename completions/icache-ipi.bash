# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion for bash. Options are read from the command's own --help when they are asked for, so
# that no list here can fall behind.

# _icache_ipi_options COMMAND...: what its help says, "--name" or "--name="
_icache_ipi_options()
{
	"$@" --help 2>/dev/null | grep --only-matching -E -e '(^|[ ,|[])--[a-z][a-z-]*(=|\b)' |
		grep --only-matching -e '--.*' | sort --unique
}

_icache_ipi_commands()
{
	"$1" help 2>/dev/null | sed --quiet 's/^  \([a-z][a-z-]*\)  *[^( ].*/\1/p'
}

# _icache_ipi_values OPTION: the words it takes, where there are few
_icache_ipi_values()
{
	case $1 in
	--tier) echo 'lockup count both' ;;
	--format) echo 'table ktap junit json html' ;;
	--pages) echo '4K 16K 64K' ;;
	esac
}

_icache_ipi()
{
	local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} command=("$1")
	local values first=1

	COMPREPLY=()
	if [ "${1##*/}" = icache-ipi ]; then
		if [ "$COMP_CWORD" = 1 ]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_icache_ipi_commands "$1") help --help --version" -- "$word")
			return
		fi
		command+=("${COMP_WORDS[1]}")
		first=2
	fi
	# "--name=value" is three words: bash takes them apart at "=".
	if [ "$word" = = ]; then
		word=''
	elif [ "$option" = = ]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	values=$(_icache_ipi_values "$option")
	if [ "$COMP_CWORD" -ge "$first" ] && [ -n "$values" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_icache_ipi_options "${command[@]}")" -- "$word")
		[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
	fi
}

complete -o default -F _icache_ipi icache-ipi icache-ipi-backport icache-ipi-check icache-ipi-matrix \
	icache-ipi-proof icache-ipi-report icache-ipi-status icache-ipi-stress icache-ipi-triage \
	icache-ipi-vm icache-ipi-who
