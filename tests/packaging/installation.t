#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# installation.t: an installed Debian for arm64, in QEMU: an affected kernel, our packages by apt, the
# mitigation, its service, and a fixed kernel
#
# With INSTALLATION=1: it makes a system, packages two kernels, and compiles in an emulated machine.
# There is no boot loader: a reboot is a new QEMU with the kernel of the package that was installed.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/packages.sh"
[ -n "${INSTALLATION-}" ] || skip_all 'INSTALLATION=1 installs a Debian for arm64 and boots it three times'
[ "$(id -u)" = 0 ] || skip_all 'only root makes clean systems'
for program in qemu-system-aarch64 qemu-aarch64-static arch-test debugfs; do
	command -v "$program" >/dev/null || skip_all "no $program: scripts/setup installation"
done
unset CONFIG SERIES PAGES

version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
disk=$scratch/disk share=$scratch/share kernels=$O/kernel-packages/deb

# --- the machine, and what its operator has at hand ---
run "$top/tests/installation/make-system"
is "$rc" 0 'an installed Debian for arm64'
[ "$rc" = 0 ] || { printf '%s\n' "$err" | tail | sed 's/^/# /'; done_testing; exit; }
cp --sparse=always "$out" "$disk"
run "$top/scripts/kernel-packages" --kernel debian-5.10 --format deb --output "$O/kernel-packages"
is "$rc" 0 'kernels, affected and fixed, as packages'
mkdir "$share" "$share/kernels"
cp "$kernels"/*.deb "$share/kernels/"
cp --recursive "$(packages)" "$share/repository"
rm -f "$share"/repository/*_amd64.* "$share"/repository/*-dbgsym_*
cp "$top/tests/installation/operator" "$share/"
mke2fs -q -t ext4 -d "$share" "$share.ext4" 256M >/dev/null

# boot PART RELEASE: what the operator was told is in $said
boot()
{
	dpkg-deb --fsys-tarfile "$kernels/linux-image-$2"_*.deb |
		tar --extract --to-stdout "./boot/vmlinuz-$2" >"$scratch/vmlinuz"
	timeout 3600 qemu-system-aarch64 -M virt,gic-version=3 -cpu cortex-a72 -smp 2 -m 2048 \
		-accel tcg,thread=multi -nodefaults -display none -no-reboot -serial "file:$scratch/console" \
		-drive "file=$disk,format=raw,if=virtio,cache=unsafe" \
		-drive "file=$share.ext4,format=raw,if=virtio,readonly=on" -kernel "$scratch/vmlinuz" \
		-append "root=/dev/vda rw console=ttyAMA0 operator.part=$1" </dev/null || :
	debugfs -R 'cat /var/log/operator' "$disk" 2>/dev/null | sed "0,/^== $1: /d" >"$scratch/log"
	sed -n 's/^+/# &/p' "$scratch/log"
	said=$(sed -n 's/^@ //p' "$scratch/log" | sed -e "s/$2/KERNEL/g" -e 's/ *$//')
	like "$said" "^end $1$" "$1: to its end, on $2"
	printf '%s\n' "$said" | grep --quiet "^end $1$" ||
		tail --quiet --lines=40 "$scratch/log" "$scratch/console" | sed 's/^/# /'
}

# nth NAME NUMBER: what the NUMBERth step of that name said
nth() { printf '%s\n' "$said" | sed -n "s/^$1 //p" | sed -n "$2p"; }

boot affected 5.10.223-affected
is "$(nth installed 1)" "icache-ipi-mitigate/$version, KERNEL, aarch64: installed" \
	'apt: dkms has built the mitigation for this kernel'
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
is "$(nth service 1)" 'inactive inactive' 'its service has loaded nothing, and that is no failure'
is "$(nth modprobe 1)" 1 'the mitigation refuses'
is "$(nth status 1)" '0 nothing: this kernel does not need it' 'status: nothing to do'

done_testing
