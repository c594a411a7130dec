#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# completions.t: what bash and zsh offer is what --help says, for every command
set -eu
. "$(dirname "$0")/../lib/tap.sh"

cd "$scratch"
PATH=$O:$top/scripts:$PATH
# The workload runs on arm64; a script is a command once it is installed.
mkdir bin
ln -s "$top/scripts/proof" bin/icache-ipi-proof
PATH=$scratch/bin:$PATH
export PATH

# offered WORD...: what bash would offer for the last of these words, sorted
offered()
{
	bash -euc '
		. "$1/completions/icache-ipi.bash"
		shift
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_icache_ipi "$1"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$top" "$@" | sort | xargs
}

# in_help COMMAND...: the long options its usage text has at the start of a line or of a list
in_help()
{
	"$@" --help | sed 's/\[--dry-run\]/--dry-run/' | tr ' ,[|]' '\n' |
		sed -n 's/^\(--[a-z][a-z-]*\)\(=.*\)\{0,1\}$/\1/p' | sort -u
}

for command in check triage who status report vm proof backport; do
	for words in "icache-ipi-$command" "icache-ipi $command"; do
		# shellcheck disable=SC2086 # two words
		is "$(offered $words -- | tr ' ' '\n' | sed 's/=$//' | sort -u | xargs)" \
			"$(in_help "icache-ipi-$command" | xargs)" "bash: $words: every option of --help, no other"
	done
done
like "$(offered icache-ipi-vm --sl)" '^--slow-host=$' 'bash: an option that takes a value'
is "$(offered icache-ipi '')" "$(for word in help --help --version $(icache-ipi help |
	sed -n 's/^  \([a-z]*\) .*/\1/p' | while read -r command; do
		[ ! -x "$O/icache-ipi-$command" ] && [ ! -x "bin/icache-ipi-$command" ] || echo "$command"
	done); do echo "$word"; done | sort | xargs)" 'bash: the commands that are there'
is "$(offered icache-ipi-vm --tier = c)" count 'bash: values of --tier'
is "$(offered icache-ipi report --format = j)" 'json junit' 'bash: values of --format, by the front door'

if ! command -v zsh >/dev/null; then
	skip zsh 'not installed: scripts/setup check'
else
	mkdir site
	cp "$top/completions/icache-ipi.zsh" site/_icache-ipi
	# A shell of its own on a terminal of its own: completion is a thing of the line editor.
	cat >ask.zsh <<'END'
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PROMPT='> '; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; LISTMAX=0; zstyle ':completion:*' list-prompt ''; zstyle ':completion:*' insert-tab false; stty cols 200 rows 200; echo rea''dy"
while zpty -r z line; do [[ $line == *ready* ]] && break; done
zpty -w -n z "$2"$'\t\t'
integer tries=0
answer=''
while (( tries++ < 100 )); do
	if zpty -r -t z line; then answer+=$line; else sleep 0.1; fi
	[[ $answer == *--version* || $answer == *$3* ]] && (( tries = tries < 95 ? 95 : tries ))
done
print -r -- "$answer"
zpty -d z
END
	answer=$(zsh -f ask.zsh "$PWD/site" 'icache-ipi-check --' '--root')
	for option in $(in_help icache-ipi-check); do
		like "$answer" "(^|[^a-z-])$option([^a-z-]|$)" "zsh: icache-ipi-check offers $option"
	done
fi

done_testing
