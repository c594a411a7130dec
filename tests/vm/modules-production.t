#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules-production.t: both modules on a kernel as distributions configure it: moved by KASLR and its
# modules far away from it, write-protected, taking signed modules, and locked down
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/modules.sh"
. "$top/tests/lib/guests.sh"

kdir=$("$top/scripts/kernel-build" --fragment "$top/tests/vm/production.config" "$(kernel_tree regress)")
for option in STRICT_KERNEL_RWX STRICT_MODULE_RWX RANDOMIZE_BASE RANDOMIZE_MODULE_REGION_FULL \
	MODULE_SIG SECURITY_LOCKDOWN_LSM DYNAMIC_FTRACE; do
	grep --quiet "^CONFIG_$option=y" "$kdir/.config" || fail "the kernel has CONFIG_$option=y"
done
linked=$(sed -n 's/ T _text$//p' "$kdir/System.map")

# How many MiB lie between the kernel and a module, from the console: /proc/modules, /proc/kallsyms
distance()
{
	/usr/bin/python3 -c 'import sys
print(abs(int(sys.argv[1], 16) - int(sys.argv[2], 16)) >> 20)' \
		"$(answer 1 'read /proc/modules' | sed -n 's/.*\(0x[0-9a-f]*\).*/\1/p')" \
		"$(answer 1 'symbol _text')"
}

before_after "$kdir" moved --kaslr branch kprobe
guest far "$kdir" --cpus=4 --kaslr <<-END
	symbol _text
	load icache_ipi_mitigate.ko
	read /proc/modules
	count
	workload burst
	count
	unload icache_ipi_mitigate
	count
	workload burst
	count
	background split
	sleep 20
	cycle 10 icache_ipi_mitigate.ko icache_ipi_mitigate
	stop
	load icache_ipi_repro.ko arm=1
	write $files/run 4
	wait $files/run
	read $files/result
END
clean
is "$([ "$(answer 1 'symbol _text')" != "$linked" ] && echo moved)" moved \
	"KASLR: the kernel is at $(answer 1 'symbol _text'), was linked for $linked"
if [ "$(distance)" -ge 128 ]; then
	log 'event=loaded method=branch veneer=1 ' "a module $(distance) MiB away: a veneer"
else
	skip 'a module far away' "this QEMU's random numbers put it $(distance) MiB away"
fi
is "$(all workload) $(answer 2 count) $(answer 1 'cycle 10')" '1 2 0 ok' \
	'mitigated, affected again; ten times under the workload'
is "$(($(answer 4 count) >= 2048))" 1 'and all broadcasts are back'
like "$(answer 1 "read $files/result")" 'holds=16 broadcasts=0 ' 'repro: replays'

# --- somebody is at the function already: a tracer; what jumps into a module, as live patches do ---
sed 's/icache_ipi_mitigate\x00/icache_ipi_mitigat2\x00/g' \
	"$scratch/ko-$(basename "$kdir")/mitigate/icache_ipi_mitigate.ko" >"$scratch/second.ko"
tracing=/sys/kernel/debug/tracing
guest taken "$kdir" --cpus=2 --file="$scratch/second.ko" <<-END
	write $tracing/set_ftrace_filter __sync_icache_dcache
	write $tracing/current_tracer function
	load icache_ipi_mitigate.ko
	write $tracing/current_tracer nop
	load icache_ipi_mitigate.ko
	load second.ko
	unload icache_ipi_mitigate
	load second.ko
	workload burst
END
clean
is "$(all 'load icache_ipi_mitigate.ko') $(all 'load second.ko') $(all workload)" 'EBUSY ok ENODEV ok 0' \
	'traced: refused, then loaded; patched: nothing to do, then loaded, and no broadcast'
log 'reason=changed error=-16 text="__sync_icache_dcache\(\) is not as it was compiled: it is being traced or live-patched' \
	'says so of a tracer'
log 'reason=patched error=-19 text="mitigated by icache_ipi_mitigate: leave it loaded' 'and names a live patch'

guest unmoved "$kdir" --cpus=2 <<-END
	symbol _text
END
is "$(answer 1 'symbol _text')" "$linked" 'without --kaslr the kernel stays where it was linked for'

# --- lockdown takes modules whose signature it can check ---
for name in mitigate repro; do
	cp "$scratch/ko-$(basename "$kdir")/$name/icache_ipi_$name.ko" "$scratch/signed_$name.ko"
	"$kdir/scripts/sign-file" sha256 "$kdir/certs/signing_key.pem" "$kdir/certs/signing_key.x509" \
		"$scratch/signed_$name.ko"
done
for level in integrity confidentiality; do
	guest $level "$kdir" --cpus=4 --kaslr --append=lockdown=$level \
		--file="$scratch/signed_mitigate.ko" --file="$scratch/signed_repro.ko" <<-END
		workload split
		load icache_ipi_mitigate.ko
		load signed_mitigate.ko
		read $sysfs/state
		workload split
		unload icache_ipi_mitigate
		workload split
		load signed_repro.ko arm=1
		write $files/run 4
	END
	clean
	is "$(answer 1 'load icache_ipi_mitigate.ko') $(answer 1 'load signed_mitigate.ko')" 'EPERM ok' \
		"lockdown=$level: signed modules only"
	log 'Lockdown: .*unsigned module loading is restricted' 'the kernel says so'
	is "$(answer 1 "read $sysfs/state") $(all workload)" 'mitigated 2 1 2' \
		"lockdown=$level: affected, mitigated, affected"
	is "$(answer 1 "write $files/run")" EPERM "lockdown=$level: nobody writes to debugfs"
done

done_testing
