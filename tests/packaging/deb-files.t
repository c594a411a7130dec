#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# deb-files.t: what the files of debian/ promise, without a build
set -eu
. "$(dirname "$0")/../lib/tap.sh"
command -v dpkg-buildflags >/dev/null || skip_all 'no dpkg-dev'

# A test that needs a package of two architectures is no failure on the others.
tests=$(awk -v RS= '
	{ architecture = name = "" }
	{ for (i = 1; i <= NF; i++) { if ($i == "Tests:") name = $(i + 1); if ($i == "Architecture:") architecture = "yes" } }
	name { print name, / icache-ipi/ ? "ours" : "all", architecture }' \
	"$top/debian/tests/control")
is "$(echo "$tests" | grep -c ' ours yes$')" 5 'five tests need amd64 or arm64, and say so'
is "$(echo "$tests" | grep ' ours $' || :)" '' '... and no other does'

# Every program is linked with -z now: lintian's hardening-no-bindnow
# shellcheck disable=SC2016 # make expands it
flags=$(printf 'include %s\nprint:\n\t@echo $(LDFLAGS)\n' "$top/debian/rules" |
	make --no-print-directory --silent --directory="$top" --file=- print 2>/dev/null)
like "$flags" '-z,now' 'programs are linked with all symbols bound at the start'
done_testing
