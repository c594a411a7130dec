#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules-repro.t: icache_ipi_repro in real guests: what it refuses, replays, injects; torn out
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/modules.sh"
. "$top/tests/lib/guests.sh"

guest repro "$(kernel_build_dir)" --cpus=8 <<-END
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
is "$(all 'load icache_ipi_repro.ko')" \
	'ok EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL ok ok' 'bad parameters are EINVAL'
for bad in arm=2 arm=-1 seconds=99999999999999999999 seconds=0 rounds=many threads=-8; do
	log "icache_ipi_repro: event=refused reason=bad-parameter error=-22 text=\"$bad: a number from" "$bad is named"
done
is "$(all "write $files/run")" 'EPERM EINVAL EINVAL EINVAL ok ok ok ok ok ok ok ok ok' \
	'not armed: EPERM; nonsense, too much: EINVAL'
is "$(printf '%s\n' "$answers" | sed -n 's/^together: //p' | sort | tr '\n' ' ')" 'EBUSY ok ' \
	'two at once: one is EBUSY'
is "$(all "write $files/mode")" 'EINVAL ok ok EBUSY ok ok' 'the mode stands still while a run is under way'
printf '%s\n' "$answers" | sed -n "s#^read $files/result: ##p" >"$scratch/results"
cat >"$scratch/judge.py" <<'END'
import sys
results = [dict(pair.split("=") for pair in line.split()) for line in open(sys.argv[1])]
for result in results:
    result.update({key: int(value) for key, value in result.items() if value.isdigit()})
nothing, fixed, affected, stopped, timed, inject, budget = results
assert nothing == {}
for result in results[1:]:
    assert result["version"] == 1
    holds = [result["hold_%s_ns" % name] for name in ("min", "median", "p99", "max")]
    assert holds == sorted(holds)
    assert result["elapsed_ns"] < 2.5e9
for result in fixed, affected:
    assert (result["threads"], result["holds"], result["ptes"]) == (8, 32, 512)
    assert result["ended_by"] == "rounds"
    # All eight at once: the last one waits for seven.
    assert result["longest_wait_ns"] >= 7 * result["hold_min_ns"]
assert (fixed["mode"], fixed["broadcasts"]) == ("replay-fixed", 0)
assert (affected["mode"], affected["broadcasts"]) == ("replay-affected", 32 * 512)
assert affected["hold_median_ns"] > 5 * fixed["hold_median_ns"]
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
is "$(all 'unload icache_ipi_repro')" 'ok ok ok' 'unloads, also while it injects and while it replays'
is "$(grep -Ec 'event=ended mode=inject ended_by=stop elapsed_ms=[0-9]+ broadcasts=[1-9]' "$scratch/repro/console")" \
	2 'one injection was stopped by hand, one by unloading under the running workload'
log 'event=ended mode=replay-affected ended_by=stop ' 'the run was stopped by unloading'

guest repro-affected "$(kernel_build_dir regress)" --cpus=2 <<-END
	load icache_ipi_repro.ko arm=1
	write $files/mode inject
	write $files/run 10
	load icache_ipi_mitigate.ko
	write $files/run 10
END
is "$(all "write $files/run")" 'EEXIST EBUSY' \
	'inject: refused where the fault is, and where it is mitigated'
clean

# --- two modules that were changed ---
# changed NAME SED: the reproducer with that done to its inject.c, for the fixed kernel
fixed=$(kernel_build_dir)
changed()
{
	mkdir "$scratch/$1"
	cp -r "$top/modules/common" "$top/modules/repro" "$scratch/$1/"
	sed -i "$2" "$scratch/$1/repro/inject.c"
	! cmp -s "$top/modules/repro/inject.c" "$scratch/$1/repro/inject.c" || echo "# $1: nothing was changed"
	make -C "$fixed" M="$scratch/$1/repro" ARCH=arm64 \
		CROSS_COMPILE="${CROSS_COMPILE-aarch64-linux-gnu-}" modules >"$scratch/$1/log" 2>&1 ||
		cat "$scratch/$1/log"
	mv "$scratch/$1/repro/icache_ipi_repro.ko" "$scratch/$1.ko"
}
# Its second probe cannot be armed, while a task is in a function of ours, as one that was preempted
# there is; the refusal is printed when the module lets go.
changed drain '
	/^static int inject_register/i static void late(struct work_struct *work) { atomic_dec(\&inject_inside); }\
static DECLARE_DELAYED_WORK(late_work, late);
	/^#include <linux\/smp.h>/a #include <linux/workqueue.h>
	/^\tatomic_set(&inject_budget/i \	inject_sites[inject_site_count++].probe.addr = (kprobe_opcode_t *)8;\
	atomic_inc(\&inject_inside);\
	schedule_delayed_work(\&late_work, HZ / 2);
	s/"no kprobe at %pS",/"%d inside, no kprobe at %pS", atomic_read(\&inject_inside),/'
# Its worker comes to look at the clock two seconds too late.
changed late 's/^\t\trun_wait_for_end();/\t\tmsleep(3000);/'
guest repro-changed "$fixed" --cpus=2 --file="$scratch/drain.ko" --file="$scratch/late.ko" <<-END
	load drain.ko arm=1
	write $files/mode inject
	write $files/run 10
	unload icache_ipi_repro
	load late.ko arm=1 seconds=1
	write $files/mode inject
	count
	write $files/run 100000
	workload burst
	count
	sleep 1200
	count
	workload burst
	count
	read $files/run
	wait $files/run
	read $files/result
END
log 'event=refused reason=error error=-22 text="0 inside, no kprobe at' \
	'a probe that cannot be armed: it waits until no task is in its functions'
like "$(answer 2 count)" '^[1-9][0-9]{3}' "under way: $(answer 2 count) broadcasts"
is "$(answer 4 count) $(answer 1 "read $files/run")" '0 1' \
	'after "seconds" none is put back, however late the worker comes'
like "$(answer 1 "read $files/result")" 'ended_by=time' 'and the result says that the time was over'
clean

done_testing
