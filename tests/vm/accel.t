#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# accel.t: by the clock of the host, on CPUs that run at the same time, every count is what it is under icount
#
# ACCEL=full measures the whole price list, some minutes. kvm takes the same path on a host that has it.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"

scenarios='mprotect ptrace'
[ "${ACCEL-}" != full ] || scenarios=''

# expected COLUMN: what is measured, as tests/vm/count-5.10.expected has it
expected()
{
	awk -v column="$1" -v wanted=" $scenarios " '!/^#/ && (wanted == "  " || index(wanted, " " $1 " ")) {
		print $1, $2, $3, $column, 0, $7, 0 }' "$top/tests/vm/count-5.10.expected"
}

# measured NAME COLUMN IMAGE
measured()
{
	# shellcheck disable=SC2086 # one scenario a word
	run "$O/icache-ipi-vm" --quiet --accel=tcg --tier=count --output="$scratch/$1" "$3" -- $scenarios
	[ "$(expected "$2" | wc -l)" -ge 13 ] || fail "$1: too few rows are looked for"
	is "$(/usr/bin/python3 "$top/tests/lib/rows.py" "$scratch/$1/result.json" scenario step operations \
		broadcasts control_broadcasts maintenances control_maintenances | grep -v '^counter\|^kprobe')" \
		"$(expected "$2")" "$1, in parallel on 8 CPUs: all $(expected "$2" | wc -l) rows, exactly"
}
measured affected 4 "$(kernel_build_dir regress)/arch/arm64/boot/Image"
is "$rc" 2 'affected: exit 2'
measured merged 6 "$(kernel_build_dir)/arch/arm64/boot/Image"
is "$rc" 0 'merged: exit 0'

done_testing
