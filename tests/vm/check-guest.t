#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-guest.t: icache-ipi-check in real guests: PIPT, VIPT, one CPU, every way to be kept out
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/debian-kernels.sh"
cd "$scratch"

# --- a static icache-ipi-check and a shell, for arm64 ---
cross=${CROSS_COMPILE-aarch64-linux-gnu-}
[ "$(uname -m)" != aarch64 ] || cross=${CROSS_COMPILE-}
for package in libelf-dev libarchive-dev zlib1g-dev liblzma-dev libzstd-dev liblz4-dev libbz2-dev \
	libjansson-dev busybox-static; do
	deb=$(debian_arm64_package bookworm $package 2>err) ||
		skip_all "cannot get $package for arm64: $(tail -n 1 err)"
	dpkg-deb --extract "$deb" sysroot
done
include=sysroot/usr/include library=sysroot/usr/lib/aarch64-linux-gnu
# What makes digests is not called by the program.
# shellcheck disable=SC2046 # a file a word
"${cross}gcc" -std=c11 -D_GNU_SOURCE -DICACHE_IPI_VERSION='"test"' -I"$top/src" -O2 \
	-isystem $include -isystem $include/aarch64-linux-gnu -L$library -static -o check \
	$(find "$top/src/check" "$top/src/kernel" "$top/src/result" "$top/src/lib" -name "*.c" ! -name digest.c) \
	-larchive -lelf -ljansson -lzstd -llzma -llz4 -lbz2 -lz -lpthread 2>err || cat err

build=$(kernel_build_dir regress)
fixed=$(kernel_build_dir)

# A probe of the module's name, where the module has its own: what this program looks for.
mkdir module
cat >module/icache_ipi_mitigate.c <<'END'
#include <linux/kprobes.h>
#include <linux/module.h>
static int before(struct kprobe *p, struct pt_regs *regs) { return 0; }
static struct kprobe probe = { .symbol_name = "__sync_icache_dcache", .pre_handler = before };
static int __init start(void) { return register_kprobe(&probe); }
static void __exit stop(void) { unregister_kprobe(&probe); }
module_init(start);
module_exit(stop);
MODULE_LICENSE("GPL");
END
echo 'obj-m := icache_ipi_mitigate.o' >module/Makefile
make -C "$build" M="$scratch/module" ARCH=arm64 CROSS_COMPILE="$cross" modules >log 2>&1 || cat log

# The module itself, which rewrites the call.
. "$top/tests/lib/modules.sh"
real=$(module_build "$build" mitigate "$scratch/real")

mkdir -p root/bin root/proc root/sys root/dev root/etc root/boot
cp sysroot/bin/busybox check root/bin/
cp module/icache_ipi_mitigate.ko root/
cp "$real" root/real.ko
ln -s bin/busybox root/init
ln -s busybox root/bin/sh
echo '::sysinit:/bin/sh /run' >root/etc/inittab
echo 'nobody:x:65534:65534::/:/bin/sh' >root/etc/passwd
cat >root/run <<'END'
PATH=/bin
for name in mount umount sed chmod mv insmod rmmod poweroff mknod uname su sleep; do
	busybox ln -s busybox /bin/$name
done
exec 2>&1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t debugfs debug /sys/kernel/debug
mknod /dev/null c 1 3
chmod 666 /dev/null
chmod 755 / /bin /boot /bin/check
mv /boot/vmlinuz /boot/vmlinuz-$(uname -r)
answer() { name=$1; shift; "$@" | sed -n "1s/.*: \([a-z]*\).*/@ $name \1/p"; }
answer root check
answer user su nobody -c check
echo 2 >/proc/sys/kernel/kptr_restrict
answer kptr_restrict check
echo 0 >/proc/sys/kernel/kptr_restrict
insmod /icache_ipi_mitigate.ko
answer module check
rmmod icache_ipi_mitigate
answer unloaded check
insmod /real.ko
answer real check
rmmod icache_ipi_mitigate
answer removed check
echo 'p:t __sync_icache_dcache' >/sys/kernel/debug/tracing/kprobe_events
echo 1 >/sys/kernel/debug/tracing/events/kprobes/t/enable
answer probe check
echo 0 >/sys/kernel/debug/tracing/events/kprobes/t/enable
mount -o bind /dev/null /proc/kcore
answer no-kcore check
mv /boot /elsewhere
answer no-file check
poweroff -f
END

# guest CPU COUNT BUILD-OR-IMAGE: the answers, in the order of the script above, on one line
guest()
{
	image=$3
	[ ! -d "$3" ] || image=$3/arch/arm64/boot/Image
	cp "$image" root/boot/vmlinuz
	(cd root && find . | cpio --create --format=newc --quiet) >initramfs
	timeout 1800 qemu-system-aarch64 -M virt,gic-version=3 -cpu "$1" -smp "$2" -m 1G -nic none \
		-kernel "$image" -initrd initramfs -nographic -no-reboot \
		-append 'console=ttyAMA0 quiet' </dev/null >console 2>&1 || true
	tr -d '\r' <console | sed -n 's/.*@ \([a-z_-]* [a-z]*\)$/\1/p' >answers
	[ -s answers ] || tail -n 20 console | sed 's/^/# /'
	tr '\n' ' ' <answers
}

is "$(guest cortex-a72 2 "$build")" 'root affected user affected kptr_restrict affected module mitigated unloaded affected real mitigated removed affected probe unknown no-kcore affected no-file unknown ' \
	'PIPT, two CPUs'
is "$(guest cortex-a53 2 "$build")" 'root dormant user dormant kptr_restrict dormant module mitigated unloaded dormant real dormant removed dormant probe unknown no-kcore dormant no-file unknown ' \
	'VIPT'
is "$(guest cortex-a72 1 "$build" | cut -d ' ' -f 1-4)" 'root dormant user dormant' 'one CPU'
is "$(guest cortex-a72 2 "$fixed" | cut -d ' ' -f 1-6)" \
	'root fixed user fixed kptr_restrict fixed' 'the fixed half'

# Debian's own: KASLR moves the code, alternatives and ftrace rewrite it.
if debian=$(debian_kernel bookworm 2>err); then
	dpkg-deb --fsys-tarfile "$debian" | tar --extract --wildcards './boot/vmlinuz*'
	is "$(guest cortex-a72 2 boot/vmlinuz-* | cut -d ' ' -f 1-6)" \
		'root fixed user fixed kptr_restrict fixed' "Debian 12's kernel"
else
	skip "Debian 12's kernel" "not to be had: $(tail -n 1 err)"
fi

done_testing
