#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# one-file.t: the one file in guests that have a kernel and busybox, and nothing else: every command
#
# The kernel is the affected 5.10, and that of each tree in KERNEL_TREE, one 4.19 say.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/debian-kernels.sh"
unset MAKEFLAGS MAKEOVERRIDES
cd "$scratch"

deb=$(debian_arm64_package bookworm busybox-static 2>err) ||
	skip_all "cannot get busybox for arm64: $(tail -n 1 err)"
dpkg-deb --extract "$deb" busybox
run make --silent --no-print-directory --directory="$top" one-file SETUP=no O="$O"
is "$rc" 0 'make one-file'
"$top/tests/lib/triage-logs.py" logs

mkdir -p root/bin root/proc root/sys root/dev root/etc root/boot
cp busybox/bin/busybox root/bin/
cp "$O"/one-file/icache-ipi-*-aarch64 root/icache-ipi-1-aarch64
cp logs/split.dmesg.log root/log
ln -s bin/busybox root/init
ln -s busybox root/bin/sh
echo '::sysinit:/bin/sh /run' >root/etc/inittab
cat >root/run <<'END'
exec 2>&1
for folder in proc:proc sysfs:sys debugfs:sys/kernel/debug; do
	/bin/busybox mount -t ${folder%:*} none /${folder#*:}
done
one=/icache-ipi-1-aarch64
answer()
{
	name=$1
	shift
	"$@" >/out 2>&1
	echo "@ $name $? $(/bin/busybox sed -n "/$pattern/{p;q}" /out)"
}
/bin/busybox ln -s $one /icache-ipi-check
/bin/busybox mv /boot/vmlinuz /boot/vmlinuz-$(/bin/busybox uname -r)
pattern=affected answer check $one check
pattern=affected answer by-name /icache-ipi-check
pattern=affected answer file $one check /boot/vmlinuz-*
pattern=this answer triage $one triage /log
pattern=kernel answer status $one status
$one stress --rounds=1 --json fault >/result.json
echo "@ stress $?"
pattern=affected answer table $one report /result.json
pattern='"verdict"' answer json $one report --json /result.json
pattern=installed answer absent $one vm Image
echo "@ end"
/bin/busybox poweroff -f
END

# guest IMAGE: what each command said in a guest with that kernel, one a line
guest()
{
	cp "$1" root/boot/vmlinuz
	(cd root && find . | LC_ALL=C sort | cpio --create --format=newc --quiet) >initramfs
	timeout 1800 qemu-system-aarch64 -M virt,gic-version=3 -cpu cortex-a72 -smp 2 -m 1G -nic none \
		-kernel "$1" -initrd initramfs -nographic -no-reboot \
		-append 'console=ttyAMA0 quiet' </dev/null >console 2>&1 || true
	tr -d '\r' <console | sed -n 's/.*@ //p' >answers
	[ -s answers ] || tail -n 20 console | sed 's/^/# /'
}

# said NAME REGEX WHAT
said()
{
	like "$(sed -n "s/^$1 //p" answers)" "$2" "$release, $3"
}

{
	kernel_build_dir regress
	for tree in $(echo "${KERNEL_TREE-}" | tr : ' '); do "$top/scripts/kernel-build" "$tree"; done
} >kernels
while read -r kernel; do
	release=$(cat "$kernel/include/config/kernel.release")
	guest "$kernel/arch/arm64/boot/Image"
	is "$(sed -n '$p' answers)" end "$release: the guest comes to its end"
	said check '^2 running kernel: affected' 'check reads the running kernel'
	said by-name '^2 running kernel: affected' '... by its name'
	said file '^2 /boot/vmlinuz-.*: affected' '... and a file'
	said triage '^2 /log: this fault' 'triage reads a log'
	said status "^3 kernel *$release" 'status reads the machine'
	said stress '^2$' 'stress counts'
	said table '^2 .* affected$' 'report: a table'
	said json '^2 .*"verdict": "affected"' 'report: JSON'
	said absent "^3 icache-ipi: 'vm' is not installed here" 'another command: refused'
done <kernels
done_testing
