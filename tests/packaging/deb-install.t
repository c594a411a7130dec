#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# deb-install.t: apt in a clean system: install the version before, upgrade, reinstall, remove with the
# module loaded, purge; and nothing is left; then README's lines
#
# The version before is made up from the packages at hand. A module of arm64 cannot be loaded here:
# that one is loaded is played by a folder over /sys/module and an rmmod of the test's own.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/packages.sh"
[ "$(id -u)" = 0 ] || skip_all 'only root makes clean systems'

repository=$(packages)
version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
old=0.0.9
mkdir "$scratch/repository"
cp "$repository"/*_"$version"_*.deb "$scratch/repository/"
packages_renamed "$scratch/repository"
# Headers of a kernel that no machine runs, for README's lines
mkdir -p "$scratch/headers/DEBIAN"
printf '%s\n' 'Package: linux-headers-6.1.0-test' 'Version: 1' 'Architecture: all' 'Maintainer: test <test@localhost>' \
	'Description: a test' >"$scratch/headers/DEBIAN/control"
dpkg-deb --build --root-owner-group "$scratch/headers" "$scratch/repository/linux-headers-6.1.0-test_1_all.deb" >/dev/null
readme_lines >"$scratch/readme"
is "$(wc -l <"$scratch/readme")" 6 "README's lines for the server: six"
run packages_older "$scratch/repository" "$old"
is "$rc" 0 "a repository with $version and $old"

# --- signed, by a key of today ---
cp "$repository/.stamp" "$repository/.icache-ipi" "$scratch/repository/"
run packages_sign "$scratch/repository"
is "$rc" 0 'signed'

cp "$top/tests/packaging/install-steps.sh" "$scratch/"
run system_run "$(testbed)" "$scratch" "new=$version old=$old
	. /host/install-steps.sh"
steps=$(printf '%s\n' "$out" | sed -n 's/^@ //p')
like "$steps" '^end$' 'every command of apt succeeds'
printf '%s\n' "$steps" | grep --quiet '^end$' || printf '%s\n' "$out" "$err" | tail -n 30 | sed 's/^/# /'

# five VERSION: that of five packages
five() { echo "$1 $1 $1 $1 $1"; }
added() { echo "icache-ipi-mitigate/$1: added icache-ipi-repro/$1: added"; }
# nth NAME NUMBER: what the NUMBERth step of that name said
nth() { printf '%s\n' "$steps" | sed -n "s/^$1 //p" | sed -n "$2p" | sed 's/ *$//'; }
is "$(nth 'not signed' 1) $(nth tampered 1) $(nth signed 1)" '100 100 0' \
	'apt takes the repository by its signature; not without one, and not another list of packages'
# The name of before 0.2.0
is "$(nth 'renamed from' 1)" '0.1.0 icache-ipi-mitigate/0.1.0: added' 'icache-ipi-dkms 0.1.0 is installed'
is "$(nth 'renamed to' 1)" "$version $version icache-ipi-mitigate/$version: added" \
	'full-upgrade brings icache-ipi-mitigate-dkms in its place, and dkms has the new one alone'
is "$(nth 'renamed files' 1)" "icache-ipi-mitigate-$version icache-ipi-mitigate-dkms" \
	'the unit and the sources are those of the new package'
is "$(nth 'renamed unloads' 1)" 0 'a mitigation in force stays in force across the change of name'
is "$(nth 'renamed gone' 1)" "$version 0" 'the transitional package can go: the mitigation stays, also at autoremove'
is "$(nth installed 1)" "$(five $old)" 'installed: all five'
is "$(nth dkms 1)" "$(added $old)" 'installed: dkms has both (and builds none on another architecture)'
is "$(nth enabled 1)" 0 'installed: no unit is enabled'
is "$(nth upgraded 1)" "$(five "$version")" 'upgraded: all five'
is "$(nth dkms 2)" "$(added "$version")" 'upgraded: dkms has the new ones alone'
is "$(nth sources 1)" "icache-ipi-mitigate-$version icache-ipi-repro-$version" 'upgraded: /usr/src too'
is "$(nth version 1)" "icache-ipi $version icache-ipi-vm $version" 'the programs say so'
is "$(nth patches 1)" "$(cd "$top/patches" && find . -mindepth 1 -maxdepth 1 -printf '%P\n' |
	LC_ALL=C sort | xargs)" 'the patches are where Debian keeps kernel patches'
is "$(nth 'fixed kernel' 1)" 0 'the next kernel is fixed: dkms leaves it alone, and apt does not fail'
is "$(nth 'affected kernel' 1)" '0 icache-ipi-mitigate' \
	'the next kernel is affected: dkms builds for it, and a build that fails is said, but fails nobody'
is "$(nth lifted 1)" '0 icache-ipi-mitigate' 'told to in /etc/dkms, dkms builds for a fixed one, too'
if [ "$(uname -m)" = aarch64 ]; then
	skip 'another architecture' 'this machine is arm64'
else
	is "$(nth 'other architecture' 1)" 0 'another architecture: dkms leaves its kernels alone'
fi
is "$(nth says 1)" 2 'installed in a chroot: each package prints one line, and there is nothing to do'
is "$(nth reinstalled 1) $(nth dkms 3)" "$(five "$version") $(added "$version")" 'reinstalled'
is "$(nth integrity 1)" 0 'reinstalled: every file as it was packed'
is "$(nth 'upgrade unloads' 1)" 0 'a mitigation in force stays in force across an upgrade'
is "$(nth 'upgrade restarts' 1)" 'restart icache-ipi-who.service' \
	'a service that runs for months is the new program; the mitigation is not touched'
is "$(nth 'remove stops' 1)" \
	'stop icache-ipi-check.timer icache-ipi-who.service stop icache-ipi-mitigate.service' \
	'removed: the units that an administrator turned on stop'
is "$(nth 'remove unloads' 1)" '2, loaded icache_ipi_repro' 'removed: unloaded first, tried until it works'
is "$(nth 'remove of what stays loaded:' 1)" 1 'removed: what cannot be unloaded is said, and is no failure'
is "$(nth 'dkms after' 1)" 0 'removed: dkms has forgotten both'
is "$(nth purged 1)" '' 'purged: dpkg knows none of them'
like "$(wc -l <"$scratch/before")" '^[0-9]{4,}$' 'what there was before was looked at'
run diff "$scratch/before" "$scratch/after"
is "$out" '' 'purged: no file, folder or link is left'
is "$(nth 'readme installs' 1)" "$version 1" "README's lines, as they stand: apt installs the packages and headers"
is "$(nth 'readme enables' 1)" icache-ipi-mitigate-dkms "README's lines: the service that is enabled is there"
like "$(nth 'readme says' 1)" '^[0-3] ' "README's lines: the last one prints what is left to do"

done_testing
