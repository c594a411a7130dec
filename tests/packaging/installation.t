#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# installation.t: an installed Debian for arm64, in QEMU, and all that its operator types: install,
# check, reproduce, upgrade, remove; then an affected kernel, the mitigation, a fixed kernel
#
# With INSTALLATION=1: it makes a system, packages two kernels, and compiles in an emulated machine. With
# INSTALLATION=bullseye that is Debian 11, which gets the packages of static programs.
# A reboot is a new QEMU with the kernel and the initramfs that the image has in its /boot: there is
# no boot loader.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/packages.sh"
[ -n "${INSTALLATION-}" ] || skip_all 'INSTALLATION=1 installs a Debian for arm64 and boots it four times'
[ "$(id -u)" = 0 ] || skip_all 'only root makes clean systems'
for program in qemu-system-aarch64 qemu-aarch64-static arch-test debugfs gpg; do
	command -v "$program" >/dev/null || skip_all "no $program: scripts/setup installation"
done
unset CONFIG SERIES PAGES

version=$(sed -n 's/^VERSION := //p' "$top/Makefile") old=0.0.9
disk=$scratch/disk share=$scratch/share kernels=$O/kernel-packages/deb

release='' static=''
[ "$INSTALLATION" = 1 ] || { release=$INSTALLATION static=--static; }

# --- the machine, and what its operator has at hand: a signed repository with two versions; kernels ---
# shellcheck disable=SC2086 # one word, or none
run "$top/tests/installation/make-system" $release
is "$rc" 0 'an installed Debian for arm64'
[ "$rc" = 0 ] || { printf '%s\n' "$err" | tail | sed 's/^/# /'; done_testing; exit; }
cp --sparse=always "$out" "$disk"
run "$top/scripts/kernel-packages" --kernel debian-5.10 --format deb --output "$O/kernel-packages"
is "$rc" 0 'kernels, affected and fixed, as packages'
mkdir "$share" "$share/kernels"
cp "$kernels"/*.deb "$share/kernels/"
if [ -n "$static" ]; then
	built=$("$top/debian/build" --static | tail -n 1)
else
	built=$(packages)
fi
cp --recursive "$built" "$share/repository"
rm -f "$share"/repository/*_amd64.* "$share"/repository/*-dbgsym_*
packages_older "$share/repository" "$old"
# shellcheck disable=SC2086 # one word, or none
run packages_sign "$share/repository" $static
is "$rc" 0 'the repository is signed'
cp "$top/tests/installation/operator" "$share/"
echo "old=$old" >"$share/versions"
# README's lines about apt, as they are
readme_lines | sed 's#/srv/icache-ipi#&/repository#' >"$scratch/readme"
grep -v -e '^systemctl' -e '^icache-ipi status' "$scratch/readme" >"$share/readme-install"
grep '^systemctl' "$scratch/readme" >"$share/readme-load"
is "$(wc -l <"$scratch/readme")" 6 "README's lines for the server: six"
mke2fs -q -t ext4 -d "$share" "$share.ext4" 512M >/dev/null

# boot PART RELEASE: the disk as it is now; what the operator was told is in $said
boot()
{
	for file in vmlinuz initrd.img; do
		rm -f "$scratch/$file"
		debugfs -R "dump /boot/$file-$2 $scratch/$file" "$disk" >/dev/null 2>&1
	done
	part=$1 booted=$2
	set -- -kernel "$scratch/vmlinuz"
	[ ! -s "$scratch/initrd.img" ] || set -- "$@" -initrd "$scratch/initrd.img"
	timeout 3600 qemu-system-aarch64 -M virt,gic-version=3 -cpu cortex-a72 -smp 2 -m 2048 \
		-accel tcg,thread=multi -nodefaults -display none -no-reboot -serial "file:$scratch/console" \
		-drive "file=$disk,format=raw,if=virtio,cache=unsafe" \
		-drive "file=$share.ext4,format=raw,if=virtio,readonly=on" "$@" \
		-append "root=/dev/vda rw console=ttyAMA0 quiet operator.part=$part" </dev/null || :
	debugfs -R 'cat /var/log/operator' "$disk" 2>/dev/null | sed "0,/^== $part: /d" >"$scratch/log"
	sed -n 's/^+/# &/p' "$scratch/log"
	said=$(sed -n 's/^@ //p' "$scratch/log" | sed -e "s/$booted/KERNEL/g" -e 's/ *$//')
	like "$said" "^end $part$" "$part: to its end, on $booted"
	printf '%s\n' "$said" | grep --quiet "^end $part$" ||
		tail --quiet --lines=40 "$scratch/log" "$scratch/console" | sed 's/^/# /'
}

# nth NAME NUMBER: what the NUMBERth step of that name said
nth() { printf '%s\n' "$said" | sed -n "s/^$1 //p" | sed -n "$2p"; }
debian=$(debugfs -R 'ls -p /boot' "$disk" 2>/dev/null | sed -n 's#.*/vmlinuz-\(.*-arm64\)/.*#\1#p')

boot debian "$debian"
is "$(nth signed 1)" "$version" 'apt takes the signed repository'
is "$(nth installed 1)" "icache-ipi-mitigate/$old: added icache-ipi-repro/$old, KERNEL, aarch64: installed" \
	'dkms has built the reproducer for this kernel, which needs no mitigation'
is "$(nth check 1)" '0 running kernel: fixed as merged' "check: Debian's kernel is fixed"
is "$(nth status 1)" '0 nothing: this kernel does not need it' 'status: nothing to do'
is "$(nth says 1)" 'icache-ipi-mitigate: kernel KERNEL, fixed; next: nothing: this kernel does not need it' \
	'its package says so, too'
is "$(nth unarmed 1)" 1 'the reproducer does nothing unless it is armed'
is "$(nth replay-fixed 1)" 'replay-fixed rounds 0' 'replay, as a fixed kernel: no broadcast'
like "$(nth replay-affected 1)" '^replay-affected rounds [1-9][0-9]{3,}$' 'replay, as an affected one: broadcasts'
is "$(nth stress 1) $(nth injected 1)" '0 2' 'the workload: fixed; with the fault injected: affected'
is "$(nth upgraded 1)" "icache-ipi-mitigate/$version: added icache-ipi-repro/$version, KERNEL, aarch64: installed" \
	'upgraded: dkms has built the new one, and the old one is gone'
is "$(nth unloaded 1)" '' 'upgraded: the reproducer was unloaded'
is "$(nth purged 1)" '' 'purged, with the reproducer loaded: nothing is left'

boot affected 5.10.223-affected
is "$(nth readme 1)" "icache-ipi-mitigate/$version, KERNEL, aarch64: installed" \
	'the lines of README: dkms has built the mitigation for this kernel'
like "$(nth says 1)" '^icache-ipi-mitigate: kernel KERNEL, affected; next: modprobe icache_ipi_mitigate' \
	'its package says that the kernel is affected, and that the module is built'
is "$(nth check 1)" '2 running kernel: affected' 'check: affected'
like "$(nth status 1)" '^3 modprobe icache_ipi_mitigate' 'status: load it'
is "$(nth stress 1)" 2 'the workload: affected'
is "$(nth loaded 1)" '1 running kernel: mitigated' 'loaded: mitigated'
is "$(nth status 2)" '1 mitigated' 'status: mitigated'
is "$(nth stress 2)" 1 'the workload: mitigated'
is "$(nth removed 1)" 2 'unloaded: affected'
is "$(nth enabled 1)" active 'its service is enabled'

boot again 5.10.223-affected
is "$(nth service 1)" 'active mitigated' 'booted again: its service has loaded it'

boot fixed 5.10.223-merged
is "$(nth check 1)" '0 running kernel: fixed as merged' 'the fixed kernel: fixed'
is "$(nth service 1)" 'active active' 'its service has done its work: it has loaded nothing, and that is no failure'
is "$(nth modprobe 1)" 1 'the mitigation refuses'
is "$(nth status 1)" '0 nothing: this kernel does not need it' 'status: nothing to do'
is "$(nth purged 1)" '' 'purged: nothing is left'

done_testing
