#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# proof-config.t: the proof with a distribution's own configuration: Debian's, of its arm64 kernel
#
# With DISTRIBUTION_CONFIG=1: it compiles 2,500 files, most of an hour of CPU time, the first time.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
[ -n "${DISTRIBUTION_CONFIG-}" ] || skip_all 'DISTRIBUTION_CONFIG=1 compiles the 2,500 files of a distribution'
. "$top/scripts/common.sh"
. "$top/tests/lib/debian-kernels.sh"
. "$top/tests/lib/debian-headers.sh"
export O

CONFIG=$(debian_headers bullseye)/.config
export CONFIG
# proof CPUS
proof()
{
	run "$top/scripts/proof" --kernel debian-5.10 --cpus "$1" --output "$scratch/proof"
}
# listed WORDS: the options that scripts/proof says were so treated
listed()
{
	printf '%s\n' "$err" | sed -n "s/.*: $1, because [^:]*: //p"
}

proof "${CPUS:-64}"
is "$rc" 0 "Debian's own configuration: the proof holds"
like "$out" '^PASS  the merged fix removes ([0-9,]+) of \1 IPIs' 'PASS, and no IPI is left'
like "$out" 'all 50 prices are those of the merged code$' 'every row costs what it must'
is "$(listed added)" 'CONFIG_VIRTIO_MMIO CONFIG_VIRTIO_CONSOLE CONFIG_KPROBE_EVENTS_ON_NOTRACE' \
	'what the guest needs is added and listed'
is "$(listed 'taken out')" 'CONFIG_MODVERSIONS CONFIG_SYSTEM_TRUSTED_KEYS CONFIG_DEBUG_INFO' 'so is what was taken out'

proof 8
is "$rc $(printf '%s\n' "$err" | grep -c building)" '0 0' 'another number of CPUs: it holds, and nothing is built again'

done_testing
