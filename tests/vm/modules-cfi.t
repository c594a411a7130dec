#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules-cfi.t: both modules on a kernel of clang's that checks each indirect call (CONFIG_CFI_CLANG)
#
# Only with CFI_KERNEL=clang-16, or another clang from 16 on: two more kernels to build. Functions that the
# modules look up by name, and those they put in a branch's way, are called by pointer: a call without
# __nocfi whose type differs is an oops here, and nowhere else. clang puts sync_icache_aliases() into its caller.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
[ -n "${CFI_KERNEL-}" ] || skip_all 'no CFI_KERNEL=clang-16: two more kernels to build'
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/modules.sh"
. "$top/tests/lib/guests.sh"

# cfi_build SERIES...: that kernel of debian-6.1 with CFI
cfi_build()
{
	# shellcheck disable=SC2034 # kernel_tree reads it
	kernel_source=debian-6.1
	"$top/scripts/kernel-build" --compiler "$CFI_KERNEL" --fragment "$top/tests/vm/cfi.config" "$(kernel_tree "$@")"
}

# modules KDIR: both, by the compiler of the kernel, where guest() looks for them
modules()
{
	for name in mitigate repro; do
		module_build "$1" $name "$scratch/ko-$(basename "$1")" CC="$CFI_KERNEL" ICACHE_IPI_TEST=y >/dev/null ||
			cat "$scratch/ko-$(basename "$1")/log"
		is "$(module_warnings "$scratch/ko-$(basename "$1")/log")" '' "$name builds without a warning"
	done
}

affected=$(cfi_build regress)
is "$(grep -E '^CONFIG_CFI_(CLANG|PERMISSIVE)=' "$affected/.config")" CONFIG_CFI_CLANG=y 'the kernel checks, and stops'
modules "$affected"
# shellcheck disable=SC2034 # before_after reads it
flushed=0
before_after "$affected" cfi '' branch kprobe branch,far=1
guest replay "$affected" --cpus=4 <<-END
	load icache_ipi_repro.ko arm=1
	write $files/mode replay-affected
	write $files/run 4
	wait $files/run
	read $files/result
	write $files/mode replay-fixed
	write $files/run 4
	wait $files/run
	read $files/result
	unload icache_ipi_repro
END
like "$(answer 1 "read $files/result")" ' holds=16 broadcasts=8192 ' 'replays what is affected'
like "$(answer 2 "read $files/result")" ' holds=16 broadcasts=0 ' 'and what is fixed'
clean

fixed=$(cfi_build)
modules "$fixed"
guest inject "$fixed" --cpus=4 <<-END
	load icache_ipi_mitigate.ko
	load icache_ipi_repro.ko arm=1 seconds=60
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
is "$(answer 1 'load icache_ipi_mitigate.ko')" ENODEV 'a fixed kernel: mitigate refuses'
put_back=$(answer 2 count)
is "$((put_back >= 2048 && put_back <= 2112)) $(answer 4 count)" '1 0' \
	"the fault put back: $put_back broadcasts; unloaded: none"
clean

done_testing
