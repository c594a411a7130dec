#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# report-fuzz.t: some seconds of libFuzzer over what reads results, censuses and matrix folders
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/fuzz.sh"

make -s -C "$top" SETUP=no O="$O" "$O/icache-ipi-report"
fuzz_build jansson lib result report -- report matrix

# join FILE...: one input of several files
join()
{
	cat "$1"
	shift
	for file; do
		printf '\f'
		cat "$file"
	done
}
results=$top/tests/cli/report
for half in posted merged; do
	join "$results/affected/result.json" "$results/affected/census.json" "$results/$half/result.json" \
		>"$scratch/seeds/report/$half"
done
join "$results/affected-count/result.json" >"$scratch/seeds/report/count"
"$O/icache-ipi-report" --proof --json "$results/affected/result.json" "$results/posted/result.json" \
	>"$scratch/report.json" || :
printf '%s\t4.19.1\t4K\t64\tgcc\tx\n' a b >"$scratch/plan"
join "$scratch/plan" "$scratch/report.json" "$scratch/report.json" >"$scratch/seeds/matrix/two"
"$O/icache-ipi-report" --proof --json "$results/posted/result.json" "$results/affected/result.json" \
	>"$scratch/failed.json" || :
join "$scratch/plan" "$scratch/failed.json" >"$scratch/seeds/matrix/failed"

sed 's/.*"\([a-z_0-9]*\)": .*/"\1"/' "$results/affected/result.json" "$results/affected/census.json" |
	grep -x '"[a-z_0-9]*"' | sort -u >"$scratch/words"
fuzz_run report -dict="$scratch/words"
fuzz_run matrix -dict="$scratch/words"

done_testing
