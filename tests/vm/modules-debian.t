#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules-debian.t: Debian's own kernels, as packaged, and both modules as dkms builds them for those
#
# SUITES='bullseye bookworm trixie sid' tries them all; the default is Debian 12 and 13.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/debian-kernels.sh"
. "$top/tests/lib/debian-headers.sh"
. "$top/tests/lib/modules.sh"
. "$top/tests/lib/guests.sh"

command -v dkms >/dev/null || skip_all 'no dkms: scripts/setup check'

# modules SUITE: --file= for both. Debian 12's are built by dkms's own command; the headers of other
# releases name a compiler that only those have, and get ours.
modules()
{
	if [ "$1" != bookworm ]; then
		for name in mitigate repro; do
			echo "--file=$(module_build "$headers" $name "$scratch/$1-$name")"
		done
		return
	fi
	# dkms builds mitigate where the kernel is affected; this one is not, so it has to be told.
	dkms_add
	for name in mitigate repro; do
		dkms_build $name aarch64 --directive BUILD_EXCLUSIVE_KERNEL=.
		[ "$rc" = 0 ] || printf '%s\n' "$out" "$err" >&2
		echo "--file=$(dkms_ko "$name")"
	done
}

# suite NAME: mitigate refuses its kernel, which is fixed; repro replays, and puts the fault back
suite()
{
	headers=$(debian_headers "$1" 2>"$scratch/why") || {
		skip "$1's headers" "not to be had: $(tail -n 1 "$scratch/why")"
		return
	}
	debian_kernel_unpacked "$1" || return 0
	modules=$(modules "$1")
	is "$(echo "$modules" | grep -c "/icache_ipi_.*\.ko$")" 2 "$1: both modules build"
	# shellcheck disable=SC2086 # one option a word
	guest "$1" '' --cpus=8 --kaslr $modules <<-END
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
	is "$(answer 1 'load icache_ipi_mitigate.ko')" ENODEV "$1: mitigate refuses"
	log 'event=refused reason=fixed ' 'and says why'
	like "$(answer 1 "read $files/result")" 'mode=replay-fixed ended_by=rounds .*broadcasts=0 ' \
		"$1: replay-fixed"
	like "$(answer 2 "read $files/result")" \
		'mode=replay-affected ended_by=rounds .*broadcasts=16384 ' "$1: replay-affected"
	put_back=$(answer 2 count)
	is "$(answer 1 workload) $((put_back >= 4096 && put_back <= 4160))" '2 1' \
		"$1: the fault put back: $put_back broadcasts, at least 4096"
	is "$(answer 2 workload) $(answer 4 count)" '0 0' "$1: after unloading: fixed"
	clean
	rm -rf "$scratch/kernel-$1"
}
for each in ${SUITES:-bookworm trixie}; do
	suite "$each"
done

done_testing
