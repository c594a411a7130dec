#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# deb.t: the Debian packages: what is in them, lintian, the same bytes twice
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/scripts/debian-mirror.sh"
. "$top/scripts/chroot.sh"

version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
[ "$(id -u)" = 0 ] || skip_all 'only root makes clean systems to build them in'

# --- built ---
run "$top/debian/build"
is "$rc" 0 'make deb'
[ "$rc" = 0 ] || { printf '%s\n' "$err" | sed 's/^/# /'; done_testing; exit 1; }
repository=$(printf '%s\n' "$out" | tail -n 1)
native=$(dpkg --print-architecture)

# --- every installed file in one package, and nothing else but what Debian adds ---
# contents ARCHITECTURE: PACKAGE PATH MODE, as tests/cli/icache-ipi.files.expected has them
contents()
{
	for deb in "$repository"/*_"$version"_"$1".deb "$repository"/*_"$version"_all.deb; do
		case $deb in *-dbgsym_*) continue ;; esac
		dpkg-deb --fsys-tarfile "$deb" | tar --list --verbose --numeric-owner |
			awk -v package="$(basename "$deb" | cut -d _ -f 1)" '
			function bits(s) {
				return (s ~ /^r/) * 4 + (s ~ /^.w/) * 2 + (s ~ /^..x/)
			}
			!/^d/ {
				mode = bits(substr($1, 2, 3)) bits(substr($1, 5, 3)) bits(substr($1, 8, 3))
				print package, $6, mode ($7 == "->" ? " " $8 : ""), $2
			}'
	done | sed -e 's# \./# #' -e "s/-$version/-VERSION/" -e 's# lib/systemd# usr/lib/systemd#' \
		-e 's#zsh/vendor-completions#zsh/site-functions#' -e '/\/man/s/\.gz / /'
}
contents "$native" >"$scratch/contents"
is "$(awk '{ print $NF }' "$scratch/contents" | sort -u)" 0/0 'every file is root:root'
sed -i 's# 0/0$##' "$scratch/contents"
cut -d ' ' -f 2- "$scratch/contents" | grep -v -e '^usr/share/doc/' -e '^usr/share/lintian/' \
	-e '^usr/src/kernel-patches/' |
	grep -v '^usr/bin/icache-ipi-stress ' | LC_ALL=C sort >"$scratch/files"
run diff "$top/tests/cli/icache-ipi.files.expected" "$scratch/files"
is "$out" '' "the $(wc -l <"$scratch/files") files of make install, each in one package"
grep -e ' usr/share/doc/' -e ' usr/src/kernel-patches/' -e '/systemd/' -e ' usr/src/.*dkms.conf' \
	-e ' usr/bin/' -e ' usr/share/man/' "$scratch/contents" | grep -v ' usr/bin/icache-ipi-stress ' |
	LC_ALL=C sort >"$scratch/places"
run diff "$top/tests/packaging/deb.expected" "$scratch/places"
is "$out" '' 'programs, manuals, units, dkms.conf: in the package they belong to'

# --- arm64 ---
contents arm64 >"$scratch/arm64"
like "$(cat "$scratch/arm64")" '^icache-ipi usr/bin/icache-ipi-stress 755 ' 'arm64: the workload is a tool'
[ "$native" = arm64 ] || is "$(grep -c ' usr/bin/icache-ipi-stress ' "$scratch/contents")" 0 "$native: it is not"
for architecture in "$native" arm64; do
	for package in icache-ipi icache-ipi-vm; do
		mkdir "$scratch/$package-$architecture"
		dpkg-deb --extract "$repository/${package}_${version}_$architecture.deb" \
			"$scratch/$package-$architecture"
	done
	case $architecture in amd64) machine=3e00 ;; *) machine=b700 ;; esac
	for program in icache-ipi/usr/bin/icache-ipi-check icache-ipi-vm/usr/bin/icache-ipi-vm; do
		is "$(od -An -tx1 -j18 -N2 "$scratch/${program%%/*}-$architecture/${program#*/}" | tr -d ' ')" \
			"$machine" "$architecture: $(basename "$program") is for it"
	done
	is "$(od -An -tx1 -j18 -N2 "$scratch/icache-ipi-vm-$architecture/usr/lib/icache-ipi/icache-ipi-stress" |
		tr -d ' ')" b700 "$architecture: the guest's program is for arm64"
done

# --- what they ask for, and what they do ---
field() { dpkg-deb --field "$repository/$1" "$2"; }
like "$(field "icache-ipi-vm_${version}_$native.deb" Depends)" 'qemu-system-arm \(>= 1:8\.1\)' \
	'icache-ipi-vm: QEMU 8.1 or newer'
like "$(field "icache-ipi_${version}_arm64.deb" Depends)" 'libelf1.*libjansson4|libjansson4.*libelf1' \
	'arm64: libraries were found when it was built across'
like "$(field "icache-ipi-mitigate-dkms_${version}_all.deb" Depends)" '(^|, )dkms' 'icache-ipi-mitigate-dkms: dkms'
for package in icache-ipi_${version}_$native icache-ipi-mitigate-dkms_${version}_all icache-ipi-repro-dkms_${version}_all; do
	dpkg-deb --ctrl-tarfile "$repository/$package.deb" | tar --extract --to-stdout --wildcards './p*' \
		2>/dev/null >"$scratch/scripts" || :
	is "$(grep -cE 'deb-systemd-invoke.* start|modprobe' "$scratch/scripts" || :)" 0 \
		"${package%%_*}: starts and loads nothing"
done
is "$(for deb in "$repository"/*.deb; do
	grep --quiet "^Filename: ./$(basename "$deb")$" "$repository/Packages" || echo "$deb"
done)" '' 'the repository lists every package'

# --- lintian ---
cd "$top"
build_system=$("$top/debian/build" --print-system)
run system_run "$build_system" "$repository" \
	'cd /host; lintian --allow-root --fail-on error,warning --tag-display-limit 0 ./*.changes'
is "$rc $out" '0 ' 'lintian: no error, no warning'
mkdir -p "$scratch/worse/usr/bin"
dpkg-deb --raw-extract "$repository/linux-patch-icache-ipi_${version}_all.deb" "$scratch/worse"
chmod 777 "$scratch/worse/usr/share/icache-ipi/patches/README.md"
dpkg-deb --build "$scratch/worse" "$scratch/worse.deb" >/dev/null
run system_run "$build_system" "$scratch" 'lintian --allow-root --fail-on error,warning /host/worse.deb'
is "$rc" 2 'lintian: it does look'

# --- the same bytes from another folder, more than a year later ---
run "$top/debian/build" --output "$O/deb-again" --directory /somewhere/else/entirely --later 400
is "$rc" 0 'built again, elsewhere and later'
compared=0
for file in "$repository"/*.deb "$repository"/*.dsc "$repository"/*.tar.*; do
	compared=$((compared + 1))
	cmp "$file" "$O/deb-again/$(basename "$file")" >>"$scratch/differ" 2>&1 || :
done
is "$(cat "$scratch/differ")" '' "$compared files: the same bytes"
like "$compared" '^1[0-9]$' 'packages of both machines, their debug symbols, and the source'

done_testing
