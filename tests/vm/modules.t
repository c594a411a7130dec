#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules.t: both modules in real guests: before, loaded, after, refused, two at once, torn out
#
# DEBUG_KERNEL=1 repeats it on a kernel with lockdep, KASAN and DEBUG_ATOMIC_SLEEP, which has to be
# built first. KERNEL_TREE=DIR[:DIR...] adds real 4.19 trees.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/debian-kernels.sh"
. "$top/tests/lib/debian-headers.sh"
. "$top/tests/lib/modules.sh"
[ "$(uname -m)" != aarch64 ] || CROSS_COMPILE=''

make -s -C "$top" O="$O" "$O/arm64/tests/steps"
files=/sys/kernel/debug/icache_ipi
sysfs=/sys/module/icache_ipi_mitigate

# build KDIR: both modules, once; prints the options that give them to a guest
build()
{
	where=$scratch/ko-$(basename "$1")
	for name in mitigate repro; do
		ko=$where/$name/icache_ipi_$name.ko
		[ -e "$ko" ] || module_build "$1" $name "$where" >&2 || { cat "$where/log" >&2; return 1; }
		echo "--file=$ko"
	done
}

# guest LABEL KDIR [OPTION...] <STEPS: the console is in $scratch/LABEL/console, answers in $answers;
# the Image is KDIR's, or $image
guest()
{
	label=$1 kdir=$2
	shift 2
	cat >"$scratch/steps"
	# shellcheck disable=SC2046 # one option a word
	run "$O/icache-ipi-vm" --quiet --output="$scratch/$label" --init="$O/arm64/tests/steps" \
		--boot-deadline=1500 --file="$scratch/steps" $(build "$kdir") "$@" \
		"${image:-$kdir/arch/arm64/boot/Image}"
	tr -d '\r' <"$scratch/$label/console.log" >"$scratch/$label/console"
	answers=$(sed -n 's/^@ //p' "$scratch/$label/console")
	like "$answers" '^end$' "$label: the guest comes to its end"
	printf '%s\n' "$answers" | grep --quiet '^end$' ||
		tail -n 30 "$scratch/$label/console" | sed 's/^/# /'
}

# answer NUMBER PATTERN: the NUMBERth answer that begins with PATTERN, without it
answer()
{
	printf '%s\n' "$answers" | sed -n "s#^$2: ##p" | sed -n "$1p"
}

# log PATTERN NAME: the kernel said so
log()
{
	like "$(cat "$scratch/$label/console")" "$1" "$label: $2"
}

# No word of the kernel's own that something is wrong.
clean()
{
	is "$(grep -E 'BUG:|WARNING:|Oops|Unable to handle|possible .*deadlock|inconsistent lock|KASAN|sleeping function|stall' \
		"$scratch/$label/console" | grep -v 'soft lockup' | head -n 5)" '' "$label: no complaint of the kernel"
}

# before_after KDIR LABEL CPUS METHOD: 1.0, 0.0, 1.0 broadcasts
before_after()
{
	guest "$2" "$1" --cpus="$3" <<-END
		count
		workload burst
		count
		load icache_ipi_mitigate.ko method=$4
		count
		workload burst
		count
		read $sysfs/hits
		read $sysfs/flushed_bytes
		read $sysfs/missed
		read $sysfs/method
		read $sysfs/state
		unload icache_ipi_mitigate
		count
		workload burst
		count
	END
	clean
	before=$(answer 2 count) loaded=$(answer 4 count) after=$(answer 6 count)
	hits=$(answer 1 "read $sysfs/hits")
	like "$(answer 1 workload) $(answer 2 workload) $(answer 3 workload)" '^2 [01] 2$' \
		"$2: affected, not affected while loaded, affected"
	is "$(answer 1 'load icache_ipi_mitigate.ko') $(answer 1 'unload icache_ipi_mitigate')" 'ok ok' \
		"$2: loads and unloads"
	is "$loaded" 0 "$2: no broadcast while loaded"
	# Fault and split, 8 at once: 512 each, and what else runs.
	is "$((before >= 4096 && before <= 4160)) $((after - 4096))" '1 0' \
		"$2: 4096 broadcasts before ($before) and after ($after)"
	is "$hits" 4096 "$2: 4096 hits while loaded"
	# Eight faults of 2 MiB, eight splits of 511 x 4 KiB.
	is "$(answer 1 "read $sysfs/flushed_bytes")" $((8 * (2097152 + 511 * 4096))) \
		"$2: so many bytes flushed"
	is "$(answer 1 "read $sysfs/missed") $(answer 1 "read $sysfs/method") $(answer 1 "read $sysfs/state")" \
		"0 $4 mitigated" "$2: state in sysfs"
}

affected=$(kernel_build_dir regress)
fixed=$(kernel_build_dir)
# shellcheck disable=SC2034 # by name below
posted=$(kernel_build_dir regress 5.10.y-posted)

before_after "$affected" branch 8 branch
before_after "$affected" kprobe 8 kprobe

# --- 64 CPUs: cheap enough ---
guest fixed64 "$fixed" --cpus=64 <<-END
	workload --lockup-tier --json burst
END
split_of() { sed -n 's/^{"schema": "icache-ipi-result"/&/p' "$scratch/$1/console" | /usr/bin/python3 -c '
import json, sys
rows = json.loads(sys.stdin.readlines()[int(sys.argv[1])])["rows"]
print([row["worst_ns"] for row in rows if (row["step"], row["at_once"]) == ("split", 64)][0])' "$2"; }
fixed_ns=$(split_of fixed64 0)
guest mitigated64 "$affected" --cpus=64 <<-END
	load icache_ipi_mitigate.ko
	count
	workload --lockup-tier --json burst
	count
	read $sysfs/method
END
mitigated_ns=$(split_of mitigated64 0)
is "$(answer 2 count) $(answer 1 "read $sysfs/method")" '0 branch' '64 CPUs: no broadcast'
is "$((mitigated_ns * 100 <= fixed_ns * 110))" 1 \
	"64 CPUs: worst split within 1.10x of the fixed kernel ($((mitigated_ns * 1000 / fixed_ns))/1000)"

# --- where it does not help, it does not load ---
for kernel in fixed posted; do
	eval "kdir=\$$kernel"
	# shellcheck disable=SC2154
	guest "$kernel" "$kdir" --cpus=2 <<-END
		load icache_ipi_mitigate.ko
		workload burst
	END
	is "$(answer 1 'load icache_ipi_mitigate.ko')" ENODEV "$kernel kernel: refused"
	log 'icache_ipi_mitigate: refused: this kernel is fixed' 'and says why'
	clean
done
guest vipt "$affected" --cpus=2 --cpu=cortex-a53 <<-END
	load icache_ipi_mitigate.ko
END
is "$(answer 1 'load icache_ipi_mitigate.ko')" ENODEV 'VIPT I-cache: refused'
log 'refused: an I-cache here is VIPT' 'and says why'
guest probed "$affected" --cpus=2 <<-END
	write /sys/kernel/debug/tracing/kprobe_events p:mine __sync_icache_dcache+0xb4
	write /sys/kernel/debug/tracing/events/kprobes/mine/enable 1
	load icache_ipi_mitigate.ko
	write /sys/kernel/debug/tracing/events/kprobes/mine/enable 0
	load icache_ipi_mitigate.ko
	load icache_ipi_mitigate.ko
	unload icache_ipi_mitigate
	load icache_ipi_mitigate.ko method=nonsense
	load icache_ipi_mitigate.ko method=
END
is "$(answer 1 'write /sys/kernel/debug/tracing/events/kprobes/mine/enable')" ok 'a probe of somebody else'
printf '%s\n' "$answers" | sed -n 's/^load icache_ipi_mitigate.ko: //p' >"$scratch/loads"
is "$(tr '\n' ' ' <"$scratch/loads")" 'EBUSY ok EEXIST EINVAL EINVAL ' \
	'probed: refused; then loaded; twice; nonsense, nothing'
log 'refused: __sync_icache_dcache\(\) is not as it was compiled: a kprobe sits in it' 'and says why'
log 'refused: method=nonsense is none of' 'a bad method is named'
clean

# A kernel that calls it something else: the module looks for a name that is not there.
mkdir "$scratch/renamed"
cp -r "$top/modules/common" "$top/modules/mitigate" "$scratch/renamed/"
sed -i 's/"__sync_icache_dcache"/"__sync_icache_elsewhere"/' \
	"$scratch/renamed/mitigate/icache_ipi_mitigate.c"
make -C "$affected" M="$scratch/renamed/mitigate" ARCH=arm64 \
	CROSS_COMPILE="${CROSS_COMPILE-aarch64-linux-gnu-}" modules >"$scratch/renamed/log" 2>&1 ||
	cat "$scratch/renamed/log"
guest missing "$affected" --cpus=2 \
	--file="$scratch/renamed/mitigate/icache_ipi_mitigate.ko:renamed.ko" <<-END
	load renamed.ko
END
is "$(answer 1 'load renamed.ko')" ENOENT 'the function is missing: refused'
log 'refused: this kernel has no __sync_icache_elsewhere\(\)' 'and says why'
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
		write /sys/kernel/debug/tracing/kprobe_events p:mine __sync_icache_dcache+0xb4
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
for run in branch=200 kprobe=20; do
	method=${run%=*} times=${run#*=}
	guest "cycles-$method" "$affected" --cpus=8 <<-END
		background --rounds=20 split
		sleep 20
		cycle $times icache_ipi_mitigate.ko icache_ipi_mitigate method=$method
		stop
		count
		workload burst
		count
		read /proc/modules
	END
	is "$(answer 1 "cycle $times")" ok "$times times loaded and unloaded under the workload ($method)"
	is "$(answer 2 count)" 4096 "and no trace is left: 4096 broadcasts ($method)"
	is "$(answer 1 'read /proc/modules')" '' "no module is left ($method)"
	clean
done

# --- the reproducer ---
guest repro "$fixed" --cpus=8 <<-END
	load icache_ipi_repro.ko
	write $files/run 4
	unload icache_ipi_repro
	load icache_ipi_repro.ko arm=2
	load icache_ipi_repro.ko arm=-1
	load icache_ipi_repro.ko arm=1 seconds=99999999999999999999
	load icache_ipi_repro.ko arm=1 seconds=0
	load icache_ipi_repro.ko arm=1 rounds=many
	load icache_ipi_repro.ko arm=1 threads=-8
	load icache_ipi_repro.ko arm=1 seconds=2
	write $files/mode nonsense
	write $files/run -5
	write $files/run 99999999999
	write $files/run 100001
	read $files/result
	write $files/mode replay-fixed
	count
	write $files/run 4
	wait $files/run
	count
	read $files/result
	write $files/mode replay-affected
	write $files/run 4
	wait $files/run
	count
	read $files/result
	together $files/run $files/run 100
	write $files/mode inject
	write $files/run 0
	read $files/result
	write $files/run 100000
	wait $files/run
	read $files/result
	write $files/mode inject
	count
	write $files/run 60000
	workload burst
	write $files/run 0
	count
	read $files/result
	workload burst
	count
	write $files/run 100
	workload burst
	wait $files/run
	read $files/result
	write $files/run 100000
	background --rounds=20 split
	sleep 600
	unload icache_ipi_repro
	stop
	count
	workload burst
	count
	load icache_ipi_repro.ko arm=1
	write $files/mode replay-affected
	write $files/run 1000
	unload icache_ipi_repro
END
clean
printf '%s\n' "$answers" | sed -n 's/^load icache_ipi_repro.ko: //p' >"$scratch/loads"
is "$(tr '\n' ' ' <"$scratch/loads")" \
	'ok EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL ok ok ' 'bad parameters are EINVAL'
for bad in arm=2 arm=-1 seconds=99999999999999999999 seconds=0 rounds=many threads=-8; do
	log "icache_ipi_repro: refused: $bad: a number from" "$bad is named"
done
printf '%s\n' "$answers" | sed -n "s#^write $files/run: ##p" >"$scratch/runs"
is "$(tr '\n' ' ' <"$scratch/runs")" \
	'EPERM EINVAL EINVAL EINVAL ok ok ok ok ok ok ok ok ok ' \
	'not armed: EPERM; nonsense, too much: EINVAL'
is "$(printf '%s\n' "$answers" | sed -n 's/^together: //p' | sort | tr '\n' ' ')" 'EBUSY ok ' \
	'two at once: one is EBUSY'
is "$(printf '%s\n' "$answers" | sed -n "s#^write $files/mode: ##p" | tr '\n' ' ')" \
	'EINVAL ok ok EBUSY ok ok ' 'the mode stands still while a run is under way'
printf '%s\n' "$answers" | sed -n "s#^read $files/result: ##p" >"$scratch/results"
cat >"$scratch/judge.py" <<'END'
import json, sys
results = [json.loads(line) for line in open(sys.argv[1])]
nothing, fixed, affected, stopped, timed, inject, budget = results
assert nothing == {}
for result in results[1:]:
    assert result["schema"] == "icache-ipi-repro" and result["version"] == 1
    hold = result["hold_ns"]
    assert hold["min"] <= hold["median"] <= hold["p99"] <= hold["max"]
    assert result["elapsed_ns"] < 2.5e9
for result in fixed, affected:
    assert (result["threads"], result["holds"], result["ptes"]) == (8, 32, 512)
    assert result["ended_by"] == "rounds"
    # All eight at once: the last one waits for seven.
    assert result["longest_wait_ns"] >= 7 * result["hold_ns"]["min"]
assert (fixed["mode"], fixed["broadcasts"]) == ("replay-fixed", 0)
assert (affected["mode"], affected["broadcasts"]) == ("replay-affected", 32 * 512)
assert affected["hold_ns"]["median"] > 5 * fixed["hold_ns"]["median"]
assert stopped["ended_by"] == "stop"
assert timed["ended_by"] == "time" and timed["elapsed_ns"] >= 2e9
assert inject["mode"] == "inject" and inject["ended_by"] == "stop"
assert 4096 <= inject["broadcasts"] < 4160 and inject["skipped"] == 0, inject
assert (budget["ended_by"], budget["broadcasts"]) == ("rounds", 100)
END
run /usr/bin/python3 "$scratch/judge.py" "$scratch/results"
is "$err" '' 'results: what each run cost, and what ended it'
is "$(answer 2 count)" 0 'replay-fixed: no broadcast'
is "$(answer 3 count)" 16384 'replay-affected: 16384 broadcasts, counted by a probe'
is "$(answer 1 workload) $(answer 2 workload)" '2 0' 'inject: affected; stopped: fixed'
like "$(answer 3 workload)" '^[23]$' 'inject 100: half affected is not called fixed'
is "$(answer 4 workload)" 0 'unloaded under way: fixed'
is "$(printf '%s\n' "$answers" | sed -n 's/^unload icache_ipi_repro: //p' | tr '\n' ' ')" \
	'ok ok ok ' 'unloads, also while it injects and while it replays'
is "$(grep -Ec 'inject: ended by stop after [0-9]+ ms, [1-9][0-9]* broadcasts' "$scratch/repro/console")" \
	2 'one injection was stopped by hand, one by unloading under the running workload'
log 'replay-affected: ended by stop' 'the run was stopped by unloading'

guest repro-affected "$affected" --cpus=2 <<-END
	load icache_ipi_repro.ko arm=1
	write $files/mode inject
	write $files/run 10
	load icache_ipi_mitigate.ko
	write $files/run 10
END
is "$(printf '%s\n' "$answers" | sed -n "s#^write $files/run: ##p" | tr '\n' ' ')" 'EEXIST EBUSY ' \
	'inject: refused where the fault is, and where it is mitigated'
clean

# --- Debian 12's own kernel and headers: KASLR, ftrace, modules that are not signed ---
if debian=$(debian_kernel bookworm 2>"$scratch/why") &&
	headers=$(debian_headers bookworm 2>"$scratch/why"); then
	dpkg-deb --fsys-tarfile "$debian" |
		tar --extract --directory="$scratch" --wildcards './boot/vmlinuz*'
	image=$(ls "$scratch"/boot/vmlinuz-*)
	guest stock "$headers" --cpus=8 <<-END
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
	image=''
	is "$(answer 1 'load icache_ipi_mitigate.ko')" ENODEV "Debian's kernel: mitigate refuses"
	log 'refused: this kernel is fixed' 'and says why'
	like "$(answer 1 "read $files/result")" '"replay-fixed", "ended_by": "rounds".*"broadcasts": 0,' \
		"Debian's kernel: replay-fixed"
	like "$(answer 2 "read $files/result")" \
		'"replay-affected", "ended_by": "rounds".*"broadcasts": 16384,' "Debian's kernel: replay-affected"
	put_back=$(answer 2 count)
	is "$(answer 1 workload) $((put_back >= 4096 && put_back <= 4160))" '2 1' \
		"Debian's kernel with the fault put back: affected, $put_back broadcasts"
	is "$(answer 2 workload) $(answer 4 count)" '0 0' "Debian's kernel after unloading: fixed"
	clean
else
	skip "Debian 12's kernel" "not to be had: $(tail -n 1 "$scratch/why")"
fi

# --- real 4.19 trees, the debug kernel ---
if [ -z "${KERNEL_TREE-}" ]; then
	skip 'real 4.19 trees' 'no KERNEL_TREE='
else
	for tree in $(echo "$KERNEL_TREE" | tr : ' '); do
		before_after "$("$top/scripts/kernel-build" "$tree")" "$(basename "$tree")" 8 branch
		before_after "$("$top/scripts/kernel-build" "$tree")" "$(basename "$tree")k" 8 kprobe
	done
fi
if [ -z "${DEBUG_KERNEL-}" ]; then
	skip 'lockdep, KASAN, DEBUG_ATOMIC_SLEEP, KASLR' 'no DEBUG_KERNEL=1: one more kernel to build'
else
	debug=$("$top/scripts/kernel-build" --fragment "$top/tests/vm/debug.config" \
		"$(kernel_tree regress)")
	for method in branch kprobe; do
		guest "debug-$method" "$debug" --cpus=4 --memory=2048 <<-END
			load icache_ipi_repro.ko arm=1 seconds=30
			write $files/mode replay-affected
			write $files/run 2
			wait $files/run
			write $files/run 1000
			write $files/run 0
			read $files/result
			load icache_ipi_mitigate.ko method=$method
			count
			workload burst
			count
			write /sys/devices/system/cpu/cpu3/online 0
			write /sys/devices/system/cpu/cpu3/online 1
			background burst
			unload icache_ipi_mitigate
			write $files/run 100
			cycle 5 icache_ipi_mitigate.ko icache_ipi_mitigate method=$method
			unload icache_ipi_repro
			stop
			read /proc/lockdep_stats
		END
		is "$(answer 2 count) $(answer 1 'cycle 5')" '0 ok' "debug kernel, $method: works"
		log 'debug_locks: +1' 'lockdep was watching to the end'
		clean
	done
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
fi

done_testing
