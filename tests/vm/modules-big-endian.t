#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules-big-endian.t: the veneer on a big-endian kernel, whose instructions are little-endian
#
# Only with BIG_ENDIAN=1: one more kernel to build.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
[ -n "${BIG_ENDIAN-}" ] || skip_all 'no BIG_ENDIAN=1: one more kernel to build'
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/modules.sh"
[ "$(uname -m)" != aarch64 ] || CROSS_COMPILE=''

big=$("$top/scripts/kernel-build" --fragment "$top/tests/vm/big-endian.config" "$(kernel_tree regress)")
ko=$(module_build "$big" mitigate "$scratch/ko" ICACHE_IPI_TEST=y)
mkdir "$scratch/root"
cp "$ko" "$scratch/root/"
"${CROSS_COMPILE-aarch64-linux-gnu-}gcc" -mbig-endian -static -nostdlib -ffreestanding -O2 \
	-fno-stack-protector -fno-pie -no-pie -o "$scratch/root/init" "$top/tests/vm/big-endian-init.c"
(cd "$scratch/root" && find . | cpio --quiet --create --format=newc) >"$scratch/initramfs"
run timeout 300 qemu-system-aarch64 -M virt,gic-version=3 -cpu cortex-a72 -smp 2 -m 512 -net none -nographic \
	-no-reboot -kernel "$big/arch/arm64/boot/Image" -initrd "$scratch/initramfs" \
	-append 'console=ttyAMA0 loglevel=8 panic=-1'
is "$(od -An -tx1 -j5 -N1 "$ko")" ' 02' 'the module is big-endian'
like "$out" 'icache_ipi_mitigate: event=loaded method=branch veneer=1 ' 'loaded by a veneer'
like "$out" 'icache_ipi_mitigate: event=unloaded hits=[0-9]' 'and unloaded: the kernel is alive'
is "$(printf '%s\n' "$out" | grep -Ec 'Oops|Kernel panic|Unable to handle' || :)" 0 'no complaint of the kernel'

done_testing
