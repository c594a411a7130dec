#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Boots the kernel on 64 emulated CPUs, on a host of any kind. An Image may be compressed by gzip.
set -eu
# What breaks on the way is an error. 1 is for one finding: affected.
verdict=2
trap 'exit "$verdict"' EXIT

data=${TMT_TEST_DATA:-$(mktemp -d)}
. "$(dirname "$0")/../../lib.sh"
image=${KERNEL_IMAGE:-$(kernel_of '' "$(uname -r)")} || exit 2
if gzip --test "$image" 2>/dev/null; then
	gzip --decompress --stdout "$image" >"$data/Image"
	image=$data/Image
fi
code=0
icache-ipi-vm --output="$data" "$image" || code=$?
[ "$image" != "$data/Image" ] || rm "$data/Image"
case $code in
0 | 1) verdict=0 ;;
2) verdict=1 ;;
esac
