#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# modules-64.t: the mitigation on 64 CPUs, in one boot: 1.0 IPIs per pte and CPU before, 0.0 twice while
# it is loaded, 1.0 after; the worst split beside that of a fixed kernel; every hit is counted
#
# KERNEL_TREE=DIR[:DIR...] adds real 4.19 trees.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/modules.sh"
. "$top/tests/lib/guests.sh"

# What a workload's JSON tells, the INDEXth of the guest: per pte and CPU, one CPU at a time; or the
# worst split of 64 at once
cat >"$scratch/tell.py" <<'END'
import json, sys
results = [json.loads(line) for line in open(sys.argv[1], errors="replace")
           if line.startswith('{"schema": "icache-ipi-result"')]
rows = results[int(sys.argv[3])]["rows"]
one = [row for row in rows if row["at_once"] == 1 and row["scenario"] == "split"
       and row["step"] in ("fault", "split")]
if sys.argv[2] == "each":
    assert len(one) == 2
    print("%.3f" % (sum(row["ipis"] for row in one) / 63 / 512 / one[0]["operations"]))
else:
    print([row["worst_ns"] for row in rows if (row["step"], row["at_once"]) == ("split", 64)][0])
END
tell()
{
	/usr/bin/python3 "$scratch/tell.py" "$scratch/$1/console" "$2" "$3"
}

# worst LABEL INDEX INDEX: the longer one of two
worst()
{
	{ tell "$1" worst "$2"; tell "$1" worst "$3"; } | sort -n | tail -n 1
}

# One CPU at a time where the kernel broadcasts: two huge pages, and the workload's own code once.
one='workload --json --lockup-tier --at-once=1'
burst='workload --json --lockup-tier'

# compare LABEL AFFECTED FIXED
compare()
{
	guest "$1-fixed" "$3" --cpus=64 <<-END
		$burst
		$burst
	END
	guest "$1" "$2" --cpus=64 <<-END
		count
		$one
		count
		$one
		count
		load icache_ipi_mitigate.ko
		count
		$burst
		count
		$burst
		count
		read $sysfs/method
		read $sysfs/state
		read $sysfs/hits
		workload --lockup-tier burst
		read $sysfs/hits
		unload icache_ipi_mitigate
		load icache_ipi_mitigate.ko far=1
		$burst
		$burst
		read $sysfs/hits
		workload --lockup-tier burst
		read $sysfs/hits
		unload icache_ipi_mitigate
		count
		$one
		count
	END
	clean
	is "$(tell "$1" each 0) $(tell "$1" each 2) $(tell "$1" each 4) $(tell "$1" each 6)" \
		'1.000 0.000 0.000 1.000' "$1: IPIs per pte and CPU before, loaded, by a veneer, unloaded"
	is "$(all workload)" '2 2 1 1 1 1 1 1 2' "$1: affected, mitigated, affected"
	# The second run before: the workload's own code has been made executable by then.
	is "$(answer 5 count) $(answer 6 count) $(answer 8 count)" "0 0 $(answer 3 count)" \
		"$1: no broadcast while loaded, as many after as before ($(answer 3 count))"
	is "$(answer 1 "read $sysfs/method") $(answer 1 "read $sysfs/state")" 'branch mitigated' \
		"$1: by branch"
	# All CPUs at once, a huge page each.
	is "$(($(answer 2 "read $sysfs/hits") - $(answer 1 "read $sysfs/hits"))) $((
		$(answer 4 "read $sysfs/hits") - $(answer 3 "read $sysfs/hits")))" "$((64 * 512)) $((64 * 512))" \
		"$1: every broadcast that did not happen is counted, by a branch and by a veneer"
	fixed_ns=$(worst "$1-fixed" 0 1)
	# tests/bench/mitigate takes the median of three bursts; one burst may be some hundredths longer.
	for way in '2 3 branch 105' '4 5 veneer 108'; do
		# shellcheck disable=SC2086 # words
		set -- "$1" $way
		mitigated_ns=$(worst "$1" "$2" "$3")
		is "$((mitigated_ns * 100 <= fixed_ns * $5))" 1 \
			"$1: $4: worst of 64 splits within $5 % of the fixed kernel's ($((mitigated_ns * 1000 / fixed_ns))/1000)"
	done
}

compare debian-5.10 "$(kernel_build_dir regress)" "$(kernel_build_dir)"
if [ -z "${KERNEL_TREE-}" ]; then
	skip 'real 4.19 trees' 'no KERNEL_TREE='
else
	for tree in $(echo "$KERNEL_TREE" | tr : ' '); do
		patched=$("$top/scripts/backport" --series 4.19.y-posted "$tree")
		compare "$(basename "$tree")" "$("$top/scripts/kernel-build" "$tree")" \
			"$("$top/scripts/kernel-build" "$patched")"
	done
fi

done_testing
