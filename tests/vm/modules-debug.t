#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules-debug.t: both modules on a kernel with lockdep, KASAN and DEBUG_ATOMIC_SLEEP
#
# Only with DEBUG_KERNEL=1: one more kernel to build, and a slow one.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
[ -n "${DEBUG_KERNEL-}" ] || skip_all 'no DEBUG_KERNEL=1: one more kernel to build'
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/modules.sh"
. "$top/tests/lib/guests.sh"

debug=$("$top/scripts/kernel-build" --fragment "$top/tests/vm/debug.config" \
	"$(kernel_tree regress)")
for method in branch kprobe far; do
	parameter=method=$method
	[ $method != far ] || parameter=far=1
	guest "debug-$method" "$debug" --cpus=4 --memory=2048 <<-END
		load icache_ipi_repro.ko arm=1 seconds=30
		write $files/mode replay-affected
		write $files/run 2
		wait $files/run
		write $files/run 1000
		write $files/run 0
		read $files/result
		load icache_ipi_mitigate.ko $parameter
		count
		workload burst
		count
		write /sys/devices/system/cpu/cpu3/online 0
		write /sys/devices/system/cpu/cpu3/online 1
		background burst
		unload icache_ipi_mitigate
		write $files/run 100
		cycle 5 icache_ipi_mitigate.ko icache_ipi_mitigate $parameter
		unload icache_ipi_repro
		stop
		read /proc/lockdep_stats
	END
	is "$(answer 2 count) $(answer 1 'cycle 5')" '0 ok' "debug kernel, $method: works"
	log 'debug_locks: +1' 'lockdep was watching to the end'
	clean
done

# 1,000 times under the running workload, half of them while a CPU goes and comes. Most of a cycle is
# waiting for grace periods: expedited ones take a quarter of the time.
guest debug-cycles "$debug" --cpus=4 --memory=2048 --boot-deadline=9000 \
	--guest-deadline=6000 --deadline=9000 \
	--append=rcupdate.rcu_expedited=1 <<-END
	background split
	cycle 300 icache_ipi_mitigate.ko icache_ipi_mitigate method=branch
	cycle 100 icache_ipi_mitigate.ko icache_ipi_mitigate far=1
	cycle 100 icache_ipi_mitigate.ko icache_ipi_mitigate method=kprobe
	hotplug 3
	cycle 300 icache_ipi_mitigate.ko icache_ipi_mitigate method=branch
	cycle 100 icache_ipi_mitigate.ko icache_ipi_mitigate far=1
	cycle 100 icache_ipi_mitigate.ko icache_ipi_mitigate method=kprobe
	stop
	count
	workload burst
	count
	load icache_ipi_mitigate.ko
	count
	workload burst
	count
	unload icache_ipi_mitigate
	read /proc/modules
	read /proc/lockdep_stats
END
is "$(all 'cycle 300') $(all 'cycle 100')" 'ok ok ok ok ok ok' '1,000 times loaded and unloaded'
like "$(answer 1 'hotplug 3')" '^ok [1-9][0-9]' "CPU 3 went and came: $(answer 1 'hotplug 3')"
is "$(answer 2 count) $(answer 4 count)" '2048 0' 'affected again to the last broadcast; then mitigated'
is "$(answer 1 'read /proc/modules')" '' 'no module is left'
log 'debug_locks: +1' 'lockdep was watching to the end'
clean

debug=$("$top/scripts/kernel-build" --fragment "$top/tests/vm/debug.config" "$(kernel_tree)")
guest debug-inject "$debug" --cpus=4 --memory=2048 <<-END
	load icache_ipi_mitigate.ko
	load icache_ipi_repro.ko arm=1 seconds=60
	write $files/mode inject
	count
	write $files/run 60000
	workload burst
	count
	write $files/run 0
	write $files/run 60000
	background burst
	sleep 2000
	unload icache_ipi_repro
	stop
	read /proc/lockdep_stats
END
put_back=$(answer 2 count)
is "$((put_back >= 2048 && put_back <= 2112)) $(answer 1 'unload icache_ipi_repro')" '1 ok' \
	"debug kernel: $put_back broadcasts put back; unloaded under the workload"
log 'debug_locks: +1' 'lockdep was watching to the end'
clean

done_testing
