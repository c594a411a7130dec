#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Affected fails. Dormant and mitigated do not: on this machine nothing is interrupted.
set -eu
# What breaks on the way is an error. 1 is for one finding: affected.
verdict=2
trap 'exit "$verdict"' EXIT

. "$(dirname "$0")/../../lib.sh"
image=${KERNEL_IMAGE:-$(kernel_of '' "$(uname -r)")} || exit 2
code=0
icache-ipi-check --explain "$image" || code=$?
case $code in
0 | 1) verdict=0 ;;
2) verdict=1 ;;
esac
