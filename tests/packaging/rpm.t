#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# rpm.t: the RPMs are what they should be, ask for what there is, and are the same each time
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/rpm.sh"

run rpm_packages first
is "$rc" 0 'rpm/build builds'
[ "$rc" = 0 ] || { echo "$err" | sed 's/^/# /'; done_testing; exit; }
first=$out
ours="$first/RPMS/aarch64/*.rpm $first/RPMS/noarch/*.rpm"

# What a package holds and asks for
contents()
{
	for package; do
		rpm --query --package --queryformat '%{NAME}.%{ARCH} %{LICENSE}\n' "$package"
		rpm --query --package --queryformat '[%{FILEMODES:perms} %{FILENAMES}\n]' "$package" |
			grep --invert-match '/\.build-id'
		for what in requires recommends suggests conflicts; do
			rpm --query --package --$what "$package" |
				grep --invert-match '^rpmlib(' | sort -u | sed "s/^/$what /"
		done
		echo
	done
}
# shellcheck disable=SC2086 # one package a word
contents $ours >"$scratch/contents"
while read -r line; do
	[ -z "$line" ] || grep --quiet --line-regexp --fixed-strings -e "$line" "$scratch/contents" ||
		echo "$line"
done <"$top/tests/packaging/rpm.expected" >"$scratch/lost"
is "$(cat "$scratch/lost")" '' 'each package holds and requires what it should'
# More may be installed one day; where things go, and what is asked for, stays.
run grep --extended-regexp --invert-match -e '^$' -e "^(lrwxrwxrwx|-rwxr-xr-x) /usr/bin/icache-ipi" \
	-e '^-rw-r--r-- /usr/share/man/man[178]/icache-ipi[-a-z]*\.[178]\.gz$' \
	-e '^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) /usr/share/icache-ipi(/|$)' \
	-e '^-rw-r--r-- /usr/lib/systemd/system/icache-ipi-' \
	-e '^(lrwxrwxrwx|-rw-r--r--) /usr/share/(bash-completion/completions|zsh/site-functions)/_?icache-ipi' \
	-e '^(drwxr-xr-x|-rw-r--r--) /usr/share/(doc|licenses)/icache-ipi' \
	-e '^(drwxr-xr-x|-rw-r--r--) /usr/src/icache-ipi-(mitigate|repro)-[0-9.]*-1(/|$)' "$scratch/contents"
echo "$out" | sort >"$scratch/rest"
is "$(sort "$top/tests/packaging/rpm.expected" | comm -13 - "$scratch/rest")" '' \
	'and nothing in other places, and no requirement more'

if [ "$(uname -m)" = x86_64 ]; then
	for name in icache-ipi icache-ipi-vm; do
		for arch in aarch64 x86_64; do
			rpm --query --list --package "$first/RPMS/$arch/$name-0"*.rpm |
				grep --invert-match -e '/\.build-id' -e '^/usr/bin/icache-ipi-stress$' >"$scratch/$arch"
		done
		run diff "$scratch/aarch64" "$scratch/x86_64"
		is "$out" '' "$name of x86_64 has the same files, icache-ipi-stress in bin apart"
	done
fi

makefile=$(sed -n 's/^VERSION := //p' "$top/Makefile")
is "$(rpm --query --package --queryformat '%{VERSION}' "$first"/SRPMS/*.rpm)" "$makefile" \
	"version $makefile, as the Makefile says"

# %check: as many unit tests passed, on each architecture, as there are.
tests=$(find "$top/tests/unit" -name '*.c' | wc -l)
for log in "$first"/log.*; do
	is "$(grep --count '  PASSED  ' "$log")" "$tests" "%check ran $tests unit tests: ${log##*.}"
done

run rpmlint --rpmlintrc "$top/rpm/rpmlintrc" "$first/RPMS" "$first/SRPMS" \
	"$top/rpm/icache-ipi.spec"
# What one release of rpmlint says, another does not: then a filter is of no use.
is "$(printf '%s\n' "$out" | grep -e ': [EW]: ' | grep -v ': E: unused-rpmlintrc-filter ')" '' \
	'rpmlint: nothing that rpmlintrc does not explain'
like "$out" ' packages and 1 specfiles checked; ' 'rpmlint read them'

# One package of aarch64 for all of them: it asks for no library, and for nothing that one of them lacks.
# shellcheck disable=SC2086
rpm --query --requires --package $ours | sort -u >"$scratch/requires"
like "$(wc -l <"$scratch/requires")" '^[12][0-9]$' 'the packages of aarch64 have requirements'
column=1
for distribution in Fedora 'EL 9' 'EL 8' 'openEuler 20.03'; do
	column=$((column + 1))
	run awk -v column=$column -f "$top/tests/packaging/rpm-capabilities.awk" "$top/rpm/capabilities" \
		"$scratch/requires"
	is "$rc:$out" "0:" "aarch64: $distribution has all of them"
done
# EL 8 has rpm 4.14: no payload, and no file name, that needs a newer one.
is "$(grep '^rpmlib(' "$scratch/requires" | xargs)" 'rpmlib(CompressedFileNames) <= 3.0.4-1 rpmlib(FileDigests) <= 4.6.0-1 rpmlib(PayloadFilesHavePrefix) <= 4.0-1' \
	'... and an rpm that reads them'
if [ "$(uname -m)" = x86_64 ]; then
	rpm --query --requires --package "$first"/RPMS/x86_64/*.rpm | sort -u >"$scratch/requires"
	run awk -f "$top/tests/packaging/rpm-capabilities.awk" "$top/rpm/capabilities" "$scratch/requires"
	is "$rc:$out" "0:" 'x86_64: Fedora has all of them'
fi

# COPR makes its source package by this file; rpmbuild then is the distribution's own.
mkdir "$scratch/copr"
run make --silent --directory="$top" -f .copr/Makefile srpm outdir="$scratch/copr"
is "$rc:$(cd "$scratch/copr" && echo *)" "0:$(basename "$first"/SRPMS/*.rpm)" 'the file for COPR makes the source package'
is "$(cmp "$first"/SRPMS/*.rpm "$scratch"/copr/*.rpm 2>&1)" '' '... the same, bit for bit'

run rpm_packages again
is "$rc" 0 'the archive in the source package builds the packages, elsewhere and without git'
again=$out
different='' compared=0
for package in "$first"/SRPMS/*.rpm "$first"/RPMS/*/*.rpm; do
	compared=$((compared + 1))
	cmp --silent "$package" "$again/${package#"$first"/}" || different="$different ${package##*/}"
done
is "$different" '' 'built twice, in two places: identical'
is "$compared" "$(find "$again" -name '*.rpm' | wc -l)" 'as many were made'
like "$compared" '^[6-9]$' "$compared packages were compared"

done_testing
