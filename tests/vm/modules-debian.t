#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules-debian.t: Debian 12's own kernel, as packaged, and both modules as dkms builds them for it
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/debian-kernels.sh"
. "$top/tests/lib/debian-headers.sh"
. "$top/tests/lib/modules.sh"
. "$top/tests/lib/guests.sh"

command -v dkms >/dev/null || skip_all 'no dkms: scripts/setup check'
if ! debian=$(debian_kernel bookworm 2>"$scratch/why") ||
	! headers=$(debian_headers bookworm 2>"$scratch/why"); then
	skip_all "Debian 12's kernel is not to be had: $(tail -n 1 "$scratch/why")"
fi
dpkg-deb --fsys-tarfile "$debian" | tar --extract --directory="$scratch" --wildcards './boot/vmlinuz*'
# shellcheck disable=SC2034 # guest reads it
image=$(ls "$scratch"/boot/vmlinuz-*)

# dkms builds mitigate where the kernel is affected; this one is not, so it has to be told.
dkms_add
for name in mitigate repro; do
	dkms_build $name aarch64 --directive BUILD_EXCLUSIVE_KERNEL=.
	is "$rc" 0 "dkms builds $name for $(basename "$headers")"
	[ "$rc" = 0 ] || printf '%s\n' "$out" "$err" | sed 's/^/# /'
done
guest stock '' --cpus=8 --kaslr --file="$(dkms_ko mitigate)" --file="$(dkms_ko repro)" <<-END
	load icache_ipi_mitigate.ko
	load icache_ipi_repro.ko arm=1
	write $files/run 4
	wait $files/run
	read $files/result
	write $files/mode replay-affected
	write $files/run 4
	wait $files/run
	read $files/result
	write $files/mode inject
	count
	write $files/run 60000
	workload burst
	count
	unload icache_ipi_repro
	count
	workload burst
	count
END
is "$(answer 1 'load icache_ipi_mitigate.ko')" ENODEV 'mitigate refuses'
log 'refused: this kernel is fixed' 'and says why'
like "$(answer 1 "read $files/result")" '"replay-fixed", "ended_by": "rounds".*"broadcasts": 0,' \
	'replay-fixed'
like "$(answer 2 "read $files/result")" \
	'"replay-affected", "ended_by": "rounds".*"broadcasts": 16384,' 'replay-affected'
put_back=$(answer 2 count)
is "$(answer 1 workload) $((put_back >= 4096 && put_back <= 4160))" '2 1' \
	"the fault put back: affected, $put_back broadcasts"
is "$(answer 2 workload) $(answer 4 count)" '0 0' 'after unloading: fixed'
clean

done_testing
