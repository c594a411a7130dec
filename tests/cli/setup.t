#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# setup.t: no package that scripts/setup names is a server, and a process that outlives its test is
# a failure
set -eu
. "$(dirname "$0")/../lib/tap.sh"
command -v dpkg-query >/dev/null || skip_all 'not a Debian system'

# Packages that bring a service all the same. scripts/setup disables it (tests/packaging/setup.t).
# rsync: a client, whose daemon needs a configuration; kmod, e2fsprogs: parts of any system
excused='rsync kmod e2fsprogs'

# services PACKAGE...: those that bring an init script, or a unit that can be enabled
services()
{
	for package; do
		dpkg-query --listfiles "$package" 2>/dev/null |
			grep -E '^/etc/init\.d/.|/systemd/system/[^/]*\.(service|socket|timer|path)$' |
			while read -r file; do
				case $file in
				*/systemd/*) ! grep --quiet '^\[Install\]' "$file" 2>/dev/null || echo "$package" ;;
				*) echo "$package" ;;
				esac
			done
	done | sort -u
}
packages=$(sed -n 's/^[a-z]*: //p' "$top/scripts/setup.packages" | tr ' ' '\n' | sed '/^@/d; s/^[~?]//' | sort -u)
like "$packages" '^shellcheck$' 'setup names packages'
# shellcheck disable=SC2086 # one package a word
is "$(services $packages | grep --invert-match --line-regexp "$(printf '%s\n' $excused)" || :)" '' \
	'none of them is a server'
is "$(services dpkg)" dpkg '... and one would be seen'

# What is left of a test
run "$top/tests/lib/leftovers.py" sh -c 'exit 7'
is "$rc$err" 7 'leftovers.py: the exit code is that of the command'
run "$top/tests/lib/leftovers.py" sh -c 'setsid sleep 0.1 & exit 0'
is "$rc$err" 0 'a process that soon ends is waited for'
run "$top/tests/lib/leftovers.py" sh -c 'setsid sh -c "sleep 600 & exec sleep 601" & exit 0'
is "$rc" 1 'a daemon that stays is a failure'
like "$err" 'left running by the tests: [0-9]+ sleep 601' '... it is named'
like "$err" 'left running by the tests: [0-9]+ sleep 600' '... so is what it has started'
pids=$(printf '%s\n' "$err" | sed 's/.*tests: \([0-9]*\) .*/\1/' | paste -s -d ,)
is "$(ps -o args= -p "$pids" || :)" '' '... and both are gone'
done_testing
