#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# dist.t: the source archive of a release is the same each time, and builds
set -eu
. "$(dirname "$0")/../lib/tap.sh"

cd "$top"
unset MAKEFLAGS MAKEOVERRIDES
[ -e .git ] || skip_all 'no git checkout here'
files=$(git ls-files --cached --others --exclude-standard 2>/dev/null) || skip_all 'git cannot read this checkout'
version=$(sed -n 's/^VERSION := //p' Makefile)

# In a repository of its own, with what is here, committed or not
repository=$scratch/repository
mkdir "$repository" "$scratch/home"
echo "$files" | while read -r file; do [ ! -e "$file" ] || echo "$file"; done |
	tar --create --files-from=- | tar --extract --directory="$repository"
cd "$repository"
export HOME="$scratch/home"
git init --quiet
git add --all
git -c user.name=test -c user.email=test@localhost commit --quiet --message=all

run make --no-print-directory dist O="$scratch/first"
is "$rc:$out" "0:$scratch/first/icache-ipi-$version.tar.gz" 'make dist makes an archive and prints where it is'
archive=$out

# Another folder, another umask, another configuration of git, another time zone; later
git clone --quiet "$repository" "$scratch/elsewhere"
git config --global tar.umask user
git config --global core.autocrlf true
printf '*.md export-ignore\n' >"$scratch/home/attributes"
git config --global core.attributesFile "$scratch/home/attributes"
sleep 1
run env TZ=Asia/Tokyo sh -c "umask 077 && cd '$scratch/elsewhere' && make --no-print-directory dist O='$scratch/second'"
is "$rc" 0 '... and another one elsewhere, with other settings'
run cmp "$archive" "$scratch/second/icache-ipi-$version.tar.gz"
is "$rc$out" 0 '... of the same bytes'
is "$(tar --list --file="$archive" | grep --invert-match "^icache-ipi-$version/")" '' 'all is in one folder'
is "$(tar --list --file="$archive" | sed "s,^[^/]*/,,; /\/$/d; /^$/d" | LC_ALL=C sort)" \
	"$(git ls-files | LC_ALL=C sort)" 'it has every file that git knows'

echo change >>README.md
run make --no-print-directory dist O="$scratch/third"
like "$err" '^make dist: .* not committed' 'what is not committed is not left out in silence'

mkdir "$scratch/unpacked"
tar --extract --directory="$scratch/unpacked" --file="$archive" --strip-components=1
cd "$scratch/unpacked"
run make --no-print-directory dist
like "$err" '^make dist: .* no git checkout' 'an unpacked archive makes no archive, and the message says why'
run make --silent --jobs=2 all unit-tests SETUP=no O=build CFLAGS='-O2 -Werror' ARM64_CFLAGS='-O2 -Werror'
is "$rc$out$err" 0 'it builds, programs and unit tests, and gcc warns of nothing'
is "$(build/icache-ipi --version)" "icache-ipi $version" 'its version is that of the archive'

# A Debian package of it in format 3.0 (quilt), for who keeps debian/ elsewhere: the archive is the upstream one
if command -v dpkg-buildpackage >/dev/null; then
	mkdir "$scratch/quilt"
	cd "$scratch/quilt"
	cp "$archive" "icache-ipi_$version.orig.tar.gz"
	tar --extract --file="$archive"
	cd "icache-ipi-$version"
	echo '3.0 (quilt)' >debian/source/format
	sed -i "1s/($version)/($version-1)/" debian/changelog
	run dpkg-buildpackage --build=source --no-pre-clean --no-check-builddeps --unsigned-source --unsigned-changes
	is "$rc" 0 'dpkg-buildpackage packs it as 3.0 (quilt)'
	[ "$rc" = 0 ] || printf '%s\n' "$err" | tail | sed 's/^/# /'
	cd ..
	is "$(sed -n 's/^ [0-9a-f]\{64\} [0-9]* //p' "icache-ipi_$version-1.dsc" | xargs)" \
		"icache-ipi_$version.orig.tar.gz icache-ipi_$version-1.debian.tar.xz" '... with the archive as it is'
	run dpkg-source --extract "icache-ipi_$version-1.dsc" again
	is "$rc$(diff --recursive --brief --exclude=.pc --exclude=files "icache-ipi-$version" again)" 0 '... unpacked, it is the same, and there is no patch'
else
	skip '3.0 (quilt)' 'no dpkg-buildpackage'
fi

done_testing
