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

# --- what Debian's own tools read: gbp the branch and the tags that CONTRIBUTING.md tells of, Salsa CI its file ---
run /usr/bin/python3 - "$top/debian/gbp.conf" <<'END'
import configparser, sys
parser = configparser.RawConfigParser()
parser.read(sys.argv[1])
options = parser["DEFAULT"]
for tag in "debian-tag", "upstream-tag":
    print(options.pop(tag) % {"version": "1.2.3"})
print(*(f"{name}={value}" for name, value in sorted(options.items())))
END
is "$rc:$out" '0:v1.2.3
v1.2.3
debian-branch=main pristine-tar=False' 'gbp.conf: the branch and the tags'
like "$(sed -n 's/.*git tag --sign \([^ ]*\) .*/\1/p' "$top/CONTRIBUTING.md")" '^v[0-9]+\.[0-9]+\.[0-9]+$' '... as CONTRIBUTING.md has them'
if /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
	run /usr/bin/python3 -c 'import sys, yaml
pipeline = yaml.safe_load(sys.stdin)
print(*sorted(pipeline), *pipeline["include"], *sorted(map(str, pipeline["variables"].values())))' <"$top/debian/salsa-ci.yml"
	is "$rc:$out" '0:include variables https://salsa.debian.org/salsa-ci-team/pipeline/raw/master/recipes/debian.yml 1 1 1 bookworm' \
		"salsa-ci.yml: YAML, with Debian's pipeline and plain values"
else
	skip 'salsa-ci.yml' 'no python3-yaml'
fi
# A native package has no upstream: lintian warns of both files, and deb.t lets no warning pass.
is "$(cat "$top/debian/source/format"; find "$top/debian" -path '*/watch' -o -path '*/upstream')" '3.0 (native)' \
	'a native package: no watch file, no metadata of an upstream'

# --- hardening: what blhc says of the commands that a build would run, the guest's program of arm64 included ---
unset MAKEFLAGS MAKEOVERRIDES
cd "$top"
# commands ARCHITECTURE PROFILE [MAKE-ARGUMENT...]: of the programs and of the unit tests, in the form of a log
commands()
{
	architecture=$1 profile=$2
	shift 2
	echo "dpkg-buildpackage: info: host architecture $architecture"
	for step in build test; do
		DEB_BUILD_PROFILES=$profile DEB_BUILD_OPTIONS='' dpkg-architecture --host-arch "$architecture" --force \
			--command make --file=debian/rules --dry-run --no-print-directory "override_dh_auto_$step-arch" \
			2>/dev/null
	done | while read -r command; do
		case $command in
		"echo 'blhc: "*) sh -c "$command" ;;
		*SETUP=no*) sh -c "$command --dry-run --always-make \"\$@\"" sh O="$scratch/none" "$@" ;;
		esac
	done
}
if command -v blhc >/dev/null; then
	for build in amd64 arm64 amd64:pkg.icache-ipi.static; do
		commands "${build%%:*}" "$(echo "$build" | sed 's/[^:]*:*//')" >"$scratch/log"
		run blhc --bindnow "$scratch/log"
		is "$rc:$out" 0: "$build: blhc misses no hardening flag in $(grep -c -e '-gnu-gcc .* -c ' "$scratch/log") compilations"
	done
	commands arm64 '' ARM64_CFLAGS=-O2 >"$scratch/log"
	run blhc --bindnow "$scratch/log"
	like "$rc:$out" '^8:.*missing.*arm64/stress' '... and it does look at the workload'
else
	skip 'hardening' 'no blhc'
fi
done_testing
