#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Boots the kernel on 64 emulated CPUs, on a host of any kind. An Image may be compressed by gzip.
set -eu

data=${TMT_TEST_DATA:-$(mktemp -d)}
image=${KERNEL_IMAGE:-/boot/vmlinuz-$(uname -r)}
if gzip --test "$image" 2>/dev/null; then
	gzip --decompress --stdout "$image" >"$data/Image"
	image=$data/Image
fi
code=0
icache-ipi-vm --output="$data" "$image" || code=$?
[ "$image" != "$data/Image" ] || rm "$data/Image"
case $code in
0 | 1) exit 0 ;;
2) exit 1 ;;
*) exit 2 ;;
esac
