# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# lib.sh: what the tests share

# kernel_of ROOT RELEASE: the file of an installed kernel: in /boot, which may be without it in an image or
# where kernel-install(8) has other names, or beside the modules, where its package puts it
kernel_of()
{
	for kernel_file in "$1/boot/vmlinuz-$2" "$1/lib/modules/$2/vmlinuz" "$1/usr/lib/modules/$2/vmlinuz"; do
		[ ! -f "$kernel_file" ] || {
			printf '%s\n' "$kernel_file"
			return
		}
	done
	echo "no kernel $2 in $1/boot or $1/lib/modules; name one in KERNEL_IMAGE" >&2
	return 1
}
