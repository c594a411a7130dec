#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules-mitigate.t: icache_ipi_mitigate in real guests: before, loaded, after; where it refuses;
# CPUs that come and go; others' probes; 200 times under the running workload
#
# KERNEL_TREE=DIR[:DIR...] adds real 4.19 trees, MORE_PAGES=16K a kernel with other pages.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/modules.sh"
. "$top/tests/lib/guests.sh"

affected=$(kernel_build_dir regress)
fixed=$(kernel_build_dir)
# shellcheck disable=SC2034 # by name below
posted=$(kernel_build_dir regress 5.10.y-posted)
# The call that the mitigation writes anew; where it lies is up to the compiler.
call=$("$O/icache-ipi-check" --explain "$affected/arch/arm64/boot/Image" |
	sed -n 's/^  \(__sync_icache_dcache+0x[0-9a-f]*\) -> .*/\1/p')
like "$call" '^__sync_icache_dcache\+0x[0-9a-f]+$' "the call that broadcasts: $call"

before_after "$affected" methods '' branch kprobe branch,far=1
is "$(grep -Ec 'icache_ipi_mitigate: event=loaded method=branch veneer=1 text=".* goes to __flush_icache_range' \
	"$scratch/methods/console")" 1 'methods: once by a veneer, and only when that was asked for'

# --- every price, and the word for it ---
cat >"$scratch/judge.py" <<'END'
import json, jsonschema, sys
result = json.load(open(sys.argv[1] + "/result.json"))
jsonschema.validate(result, json.load(open(sys.argv[2])))
print(result["verdict"], result["code"], result["machine"]["mitigation"],
      "many" if len(result["rows"]) >= 40 else len(result["rows"]))
END
# prices LABEL KDIR
prices()
{
	build "$2" >/dev/null
	run "$O/icache-ipi-vm" --quiet --output="$scratch/$1" --tier=count \
		--module="$scratch/ko-$(basename "$2")/mitigate/icache_ipi_mitigate.ko" \
		"$2/arch/arm64/boot/Image"
	is "$rc" 1 "$1: the count tier on a mitigated kernel: exit 1"
	run /usr/bin/python3 "$scratch/judge.py" "$scratch/$1" "$top/docs/schemas/result.schema.json"
	is "$out" 'mitigated posted mitigated many' "$1: mitigated: every row costs what posted code costs"
}
prices 4K "$affected"
for pages in ${MORE_PAGES-}; do
	prices "$pages" "$("$top/scripts/kernel-build" --pages "$pages" "$(kernel_tree regress)")"
done
"$O/icache-ipi-report" "$scratch/4K" >"$scratch/table" || :
like "$(cat "$scratch/table")" ' mitigated$' 'icache-ipi-report says so'
run "$O/icache-ipi-vm" --quiet --output="$scratch/refused" --cpus=2 \
	--module="$scratch/ko-$(basename "$affected")/mitigate/icache_ipi_mitigate.ko" \
	"$fixed/arch/arm64/boot/Image"
like "$rc $(cat "$scratch/refused/result.json")" '^3' 'a module that is not taken: unknown'
like "$(cat "$scratch/refused/result.json")" 'icache_ipi_mitigate.ko was not loaded: ' 'and said so'

# --- where it does not help, it does not load ---
for kernel in fixed posted; do
	eval "kdir=\$$kernel"
	# shellcheck disable=SC2154
	guest "$kernel" "$kdir" --cpus=2 <<-END
		load icache_ipi_mitigate.ko
		workload burst
	END
	is "$(answer 1 'load icache_ipi_mitigate.ko') $(answer 1 workload)" 'ENODEV 0' \
		"$kernel kernel: refused, and fixed"
	log 'icache_ipi_mitigate: event=refused reason=fixed error=-19 text="this kernel is fixed' 'and says why'
	clean
done
guest vipt "$affected" --cpus=2 --cpu=cortex-a53 <<-END
	load icache_ipi_mitigate.ko
END
is "$(answer 1 'load icache_ipi_mitigate.ko')" ENODEV 'VIPT I-cache: refused'
log 'event=refused reason=dormant error=-19 text="an I-cache here is VIPT' 'and says why'

# Two modules that were changed: one looks for a name that is not there, one meets a kernel that forbids
# probes, as Debian's 4.19 does when it is locked down.
changed()
{
	mkdir "$scratch/$1"
	cp -r "$top/modules/common" "$top/modules/mitigate" "$scratch/$1/"
	sed -i "$3" "$scratch/$1/$2"
	make -C "$affected" M="$scratch/$1/mitigate" ARCH=arm64 \
		CROSS_COMPILE="${CROSS_COMPILE-aarch64-linux-gnu-}" modules >"$scratch/$1/log" 2>&1 ||
		cat "$scratch/$1/log"
	mv "$scratch/$1/mitigate/icache_ipi_mitigate.ko" "$scratch/$1.ko"
}
changed missing common/trial.c 's/"__sync_icache_dcache"/"__sync_icache_elsewhere"/'
changed forbidden common/code.c 's/error = register_kprobe(probe);/error = -EPERM;/'
guest probed "$affected" --cpus=2 --file="$scratch/missing.ko" --file="$scratch/forbidden.ko" <<-END
	load missing.ko
	load forbidden.ko
	write /sys/kernel/debug/tracing/kprobe_events p:mine $call
	write /sys/kernel/debug/tracing/events/kprobes/mine/enable 1
	load icache_ipi_mitigate.ko
	write /sys/kernel/debug/tracing/events/kprobes/mine/enable 0
	load icache_ipi_mitigate.ko
	load icache_ipi_mitigate.ko
	unload icache_ipi_mitigate
	load icache_ipi_mitigate.ko method=nonsense
	load icache_ipi_mitigate.ko method=
	load icache_ipi_mitigate.ko far=perhaps
END
is "$(answer 1 'load missing.ko') $(answer 1 'load forbidden.ko')" 'ENOENT EPERM' \
	'the function is missing, probes are forbidden: refused'
log 'reason=no-function error=-2 text="this kernel has no __sync_icache_elsewhere\(\)' 'says what is missing'
log 'reason=locked-down error=-1 text="this kernel is locked down and forbids kprobes .*: only booting a fixed kernel helps' \
	'says that it is locked down'
is "$(answer 1 'write /sys/kernel/debug/tracing/events/kprobes/mine/enable')" ok 'a probe of somebody else'
is "$(all 'load icache_ipi_mitigate.ko')" 'EBUSY ok EEXIST EINVAL EINVAL EINVAL' \
	'probed: refused; then loaded; twice; nonsense, nothing'
log 'reason=changed error=-16 text="__sync_icache_dcache\(\) is not as it was compiled: a kprobe sits in it' 'and says why'
log 'reason=bad-parameter error=-22 text="method=nonsense is none of' 'a bad method is named'
clean

# An I-cache that was VIPT is offline by now: the module sees none, the kernel remembers.
changed offline mitigate/main.c 's/= L1IP(read_cpuid(CTR_EL0))/= L1IP_PIPT/'
guest offline "$affected" --cpus=2 --cpu=cortex-a53 --file="$scratch/offline.ko" <<-END
	load offline.ko
END
is "$(answer 1 'load offline.ko')" ENODEV 'the CPU with a VIPT I-cache is offline: refused'
log 'reason=dormant ' 'dormant, not fixed'

# --- a zero without a positive control is no zero ---
probes=/sys/kernel/debug/kprobes/enabled
guest off "$affected" --cpus=2 <<-END
	write $probes 0
	load icache_ipi_mitigate.ko
	load icache_ipi_repro.ko arm=1
	write $files/mode inject
	write $files/run 10
	write $probes 1
	load icache_ipi_mitigate.ko
	workload burst
END
is "$(all 'load icache_ipi_mitigate.ko') $(answer 1 "write $files/run") $(all workload)" \
	'ENXIO ok ENXIO 1' 'kprobes switched off: neither module believes its zero; on again: mitigated'
log 'icache_ipi_mitigate: event=refused reason=no-probes ' 'says so'
log 'icache_ipi_repro: event=refused reason=no-probes ' 'and the reproducer'
clean

# The same kernel, whose flush.c interrupts all CPUs by smp_call_function() itself.
cat >"$scratch/other.h" <<'END'
#include <linux/smp.h>
#include <asm/cacheflush.h>
static inline void other_nothing(void *unused) { }
#define flush_icache_range(start, end) \
	({ __flush_icache_range(start, end); smp_call_function(other_nothing, NULL, 1); })
END
cp -a "$affected" "$scratch/other-kernel"
make -C "$scratch/other-kernel" ARCH=arm64 CROSS_COMPILE="${CROSS_COMPILE-aarch64-linux-gnu-}" \
	KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=icache-ipi KBUILD_BUILD_HOST=proof \
	HOSTCFLAGS='-fcommon -O2' CFLAGS_flush.o="-include $scratch/other.h" Image \
	>"$scratch/other.log" 2>&1 || tail "$scratch/other.log"
# shellcheck disable=SC2034 # guest reads it
image=$scratch/other-kernel/arch/arm64/boot/Image
guest other "$affected" --cpus=2 <<-END
	load icache_ipi_mitigate.ko
	load icache_ipi_repro.ko arm=1
	write $files/mode inject
	write $files/run 10
END
image=''
is "$(answer 1 'load icache_ipi_mitigate.ko') $(answer 1 "write $files/run")" \
	'EOPNOTSUPP EOPNOTSUPP' 'interrupts by smp_call_function(): not called fixed'
log 'icache_ipi_mitigate: event=refused reason=other-broadcast ' 'says so'
rm -rf "$scratch/other-kernel"

# --- a probe armed on the very call between finding and writing; a fix that is in place already ---
sed 's/icache_ipi_mitigate\x00/icache_ipi_mitigat2\x00/g' \
	"$scratch/ko-$(basename "$affected")/mitigate/icache_ipi_mitigate.ko" >"$scratch/second.ko"
guest rival "$affected" --cpus=4 --file="$scratch/second.ko" <<-END
	load icache_ipi_mitigate.ko method=branch rival=1
	count
	workload burst
	count
	load icache_ipi_mitigate.ko
	load second.ko
	unload icache_ipi_mitigate
END
is "$(all 'load icache_ipi_mitigate.ko') $(all workload) $(($(answer 2 count) >= 2048))" \
	'EBUSY ok 2 1' 'a rival probe: refused, nothing is written; without it: loaded'
log 'event=refused reason=raced error=-16 ' 'says so'
is "$(answer 1 'load second.ko')" ENODEV 'fixed by another module: nothing to do'
log 'event=refused reason=patched error=-19 text="mitigated by icache_ipi_mitigate: leave it' 'names it'
clean

# --- hotplug, and somebody else's probe on the same call while it is loaded ---
# A probe of another's on a call that was written anew brings the original back; one of two probes
# does not.
for pair in branch=affected kprobe=mitigated; do
	method=${pair%=*}
	guest "hotplug-$method" "$affected" --cpus=8 <<-END
		write /sys/devices/system/cpu/cpu3/online 0
		load icache_ipi_mitigate.ko method=$method
		write /sys/devices/system/cpu/cpu3/online 1
		write /sys/devices/system/cpu/cpu5/online 0
		write /sys/devices/system/cpu/cpu5/online 1
		count
		workload burst
		count
		read $sysfs/state
		write /sys/kernel/debug/tracing/kprobe_events p:mine $call
		write /sys/kernel/debug/tracing/events/kprobes/mine/enable 1
		read $sysfs/state
		unload icache_ipi_mitigate
		write /sys/kernel/debug/tracing/events/kprobes/mine/enable 0
		count
		workload burst
		count
	END
	is "$(answer 2 count) $(answer 1 "read $sysfs/state") $(answer 4 count)" '0 mitigated 4096' \
		"CPUs come and go, $method: still mitigated; unloaded under another's probe: affected again"
	is "$(answer 2 "read $sysfs/state")" "${pair#*=}" "under another's probe, $method: state says so"
	clean
done

# --- 200 times, under the running workload ---
# Most of a cycle is waiting for grace periods: expedited ones take a quarter of the time.
guest cycles "$affected" --cpus=4 --append=rcupdate.rcu_expedited=1 <<-END
	background split
	sleep 20
	cycle 200 icache_ipi_mitigate.ko icache_ipi_mitigate method=branch
	cycle 30 icache_ipi_mitigate.ko icache_ipi_mitigate far=1
	cycle 20 icache_ipi_mitigate.ko icache_ipi_mitigate method=kprobe
	stop
	count
	workload burst
	count
	read /proc/modules
END
for times in 200 30 20; do
	is "$(answer 1 "cycle $times")" ok "$times times loaded and unloaded under the workload"
done
is "$(answer 2 count)" 2048 'and no trace is left: 2048 broadcasts'
is "$(answer 1 'read /proc/modules')" '' 'no module is left'
clean

# --- real 4.19 trees ---
if [ -z "${KERNEL_TREE-}" ]; then
	skip 'real 4.19 trees' 'no KERNEL_TREE='
else
	for tree in $(echo "$KERNEL_TREE" | tr : ' '); do
		before_after "$("$top/scripts/kernel-build" "$tree")" "$(basename "$tree")" '' \
			branch kprobe branch,far=1
	done
fi

done_testing
