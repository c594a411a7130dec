#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kdump.t: the fault as a server with kdump keeps it: a soft lockup panics, the capture kernel saves /proc/vmcore,
# makedumpfile makes that small; what triage and check say of each
#
# Only with KDUMP=1: two more kernels to build. On a server makedumpfile runs in the capture kernel. Here QEMU runs it
# afterwards, on what the capture kernel saved.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
[ -n "${KDUMP-}" ] || skip_all 'no KDUMP=1: two more kernels to build'
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/debian-kernels.sh"
triage=$O/icache-ipi-triage check=$O/icache-ipi-check
CROSS_COMPILE=${CROSS_COMPILE-aarch64-linux-gnu-}
make -s -C "$top" O="$O" "$O/arm64/tests/steps"

# kernel SERIES...: with kdump
kernel()
{
	"$top/scripts/kernel-build" --fragment "$top/tests/vm/kdump.config" "$(kernel_tree "$@")"
}

# archive FOLDER: as an initramfs
archive()
{
	(cd "$1" && find . | cpio --quiet --create --format=newc)
}

# kdump NAME IMAGE STEP...: what comes of a panic; $scratch/NAME/vmcore is the saved file
kdump()
{
	name=$1 image=$2
	shift 2
	mkdir -p "$scratch/$name/root" "$scratch/$name/capture"
	cp "$O/arm64/tests/steps" "$scratch/$name/capture/init"
	echo 'save /proc/vmcore /dev/vda' >"$scratch/$name/capture/steps"
	archive "$scratch/$name/capture" >"$scratch/$name/root/capture"
	cp "$O/arm64/tests/steps" "$scratch/$name/root/init"
	cp "$image" "$scratch/$name/root/Image"
	printf '%s\n' 'capture /Image /capture console=ttyAMA0 maxcpus=1 reset_devices' \
		'write /proc/sys/kernel/softlockup_panic 1' "$@" >"$scratch/$name/root/steps"
	archive "$scratch/$name/root" >"$scratch/$name/initramfs"
	truncate --size=1G "$scratch/$name/vmcore"
	run timeout 1500 qemu-system-aarch64 -M virt,gic-version=3 -cpu cortex-a72 -smp 64 -m 1024 -icount shift=1 \
		-net none -nographic -no-reboot -kernel "$image" -initrd "$scratch/$name/initramfs" \
		-append 'console=ttyAMA0 loglevel=8 crashkernel=192M' \
		-drive "if=none,id=disk,format=raw,file=$scratch/$name/vmcore" -device virtio-blk-device,drive=disk
	printf '%s\n' "$out" | tr -d '\r' >"$scratch/$name/console"
	like "$out" '@ capture /Image: ok' "$name: the capture kernel is loaded"
	size=$(sed -n 's/^@ save .*: \([0-9][0-9]*\)$/\1/p' "$scratch/$name/console")
	like "$size" '^[0-9]+$' "$name: the capture kernel saved /proc/vmcore: $size bytes"
	[ -n "$size" ] || { tail -n 30 "$scratch/$name/console" | sed 's/^/# /'; return 1; }
	truncate --size="$size" "$scratch/$name/vmcore"
}

# expect NAME FILE CODE VERDICT: a vmcore, to both programs. Of 64 CPUs those are missing that panicked when another
# one had done so: arm64 then takes them off the mask of CPUs online, and they leave no registers.
expect()
{
	run "$check" "$2"
	is "$rc" "$3" "$1: check: exit $3"
	run "$triage" "$2"
	like "$out" "$4" "$1: triage"
	printf '%s\n' "$out" | sed 's/^/# /'
	run "$triage" --json "$2"
	is "$(printf '%s' "$out" | python3 -c 'import json, sys
print(json.load(sys.stdin)["cpus"])')" 64 "$1: how many CPUs ran"
}

# --- Debian's makedumpfile for arm64 ---
emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || :)
suite=bookworm
mkdir "$scratch/makedumpfile"
for package in makedumpfile libc6 libdw1 libelf1 liblzo2-2 libsnappy1v5 libzstd1 zlib1g libbz2-1.0 liblzma5 \
	libstdc++6 libgcc-s1; do
	deb=$(debian_arm64_package $suite $package 2>"$scratch/why") || {
		fail "$package of $suite" "$(tail -n 2 "$scratch/why")"
		continue
	}
	dpkg-deb --extract "$deb" "$scratch/makedumpfile"
done
# makedumpfile OPTION... VMCORE DUMP
makedumpfile()
{
	"$emulator" -L "$scratch/makedumpfile" "$scratch/makedumpfile/usr/bin/makedumpfile" "$@" >"$scratch/log" 2>&1 ||
		tail -n 5 "$scratch/log" | sed 's/^/# /'
}

# dumps NAME CODE VERDICT: of /proc/vmcore and of all that makedumpfile makes of it
dumps()
{
	vmcore=$scratch/$1/vmcore
	expect "$1, /proc/vmcore" "$vmcore" "$2" "$3"
	for options in '-c -d 31' '-l -d 31' '-d 31' '-d 1' '-E -d 31' '-F -c -d 31'; do
		dump=$scratch/$1/dump
		rm -f "$dump"
		case $options in
		-F*)
			# shellcheck disable=SC2086 # options are words
			"$emulator" -L "$scratch/makedumpfile" "$scratch/makedumpfile/usr/bin/makedumpfile" $options \
				"$vmcore" >"$dump" 2>"$scratch/log" || tail -n 5 "$scratch/log" | sed 's/^/# /'
			;;
		*)
			# shellcheck disable=SC2086
			makedumpfile $options "$vmcore" "$dump"
			;;
		esac
		[ -s "$dump" ] || { fail "$1: makedumpfile $options"; continue; }
		expect "$1, makedumpfile $options, $(stat --format %s "$dump") bytes" "$dump" "$2" "$3"
	done
}

affected=$(kernel regress)
kdump affected "$affected/arch/arm64/boot/Image" 'workload --lockup-tier'
dumps affected 2 ': this fault$'
makedumpfile --dump-dmesg "$scratch/affected/vmcore" "$scratch/dmesg"
like "$(cat "$scratch/dmesg")" 'Kernel panic - not syncing: softlockup: hung tasks' "makedumpfile's own reading of its log: the panic"
run "$triage" "$scratch/dmesg"
is "$rc" 2 '... this fault'
rm -r "$scratch/affected"

# makedumpfile believes in no crash in the first second of 1970.
kdump merged "$(kernel)/arch/arm64/boot/Image" 'sleep 2000' 'write /proc/sysrq-trigger c'
dumps merged 0 ': not this fault: the kernel in this vmcore is fixed'

done_testing
