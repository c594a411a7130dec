#compdef icache-ipi icache-ipi-backport icache-ipi-check icache-ipi-matrix icache-ipi-proof icache-ipi-report icache-ipi-status icache-ipi-stress icache-ipi-triage icache-ipi-vm icache-ipi-who
# SPDX-License-Identifier: GPL-2.0-only
#
# Completion for zsh. Options are read from the command's own --help when they are asked for, so that
# no list here can fall behind.

local -a commands
if [[ $service == icache-ipi && CURRENT -eq 2 && $words[2] != -* ]]; then
	commands=(${(f)"$($words[1] help 2>/dev/null |
		sed -n 's/^  \([a-z][a-z-]*\)  *\([^( ].*\)/\1:\2/p')"} 'help:the help of a command')
	_describe command commands
	return
fi
# From here on it is the command's own line.
if [[ $service == icache-ipi && $words[2] != -* ]]; then
	service=icache-ipi-$words[2]
	shift words
	(( CURRENT-- ))
	words[1]=$service
fi
case $words[CURRENT] in
--tier=*) compset -P '*='; _values tier lockup count both; return ;;
--format=*) compset -P '*='; _values format table ktap junit json html; return ;;
esac
_arguments '*:file:_files' --
