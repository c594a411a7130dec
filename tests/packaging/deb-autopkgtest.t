#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # what is quoted runs elsewhere
#
# deb-autopkgtest.t: `autopkgtest . -- null`, in a clean system, against the installed packages: Debian's
# own arm64 kernel on 64 CPUs among them
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/packages.sh"
[ "$(id -u)" = 0 ] || skip_all 'only root makes clean systems'

mkdir "$scratch/results"
cp -r "$(packages)" "$scratch/repository"
run system_run "$(testbed)" "$scratch" "$use_repository"'
mkdir /source
tar --extract --directory=/source --strip-components=1 --file="$(echo /host/repository/icache-ipi_*.tar.*)"
cd /source
code=0
autopkgtest --no-built-binaries --output-dir=/tmp/out --summary-file=/host/summary . -- null || code=$?
cp -r /tmp/out/artifacts /host/results/ || :
exit $code'
like "$rc" '^[02]$' 'autopkgtest: exit 0, or 2 where a test was skipped'
[ "$rc" = 0 ] || [ "$rc" = 2 ] || printf '%s\n' "$out" "$err" | tail -n 60 | sed 's/^/# /'
native=$(dpkg --print-architecture)
for test in thp-stress-64cpu count-tier check dkms-build patch-series; do
	like "$(cat "$scratch/summary")" "^$test +PASS" "$test"
done
like "$(cat "$scratch/summary")" '^thp-stress-native +SKIP .*(isolation-machine|architecture)' \
	"thp-stress-native: skipped on $native without a machine of its own, and why"
is "$(sort -u "$scratch/summary" | wc -l)" 6 'six tests, no other'

artifacts=$scratch/results/artifacts
for name in report.html tested/result.json tested/console.log tested/census.json \
	fault-injected/result.json fault-injected/console.log fault-injected/census.json; do
	if [ -s "$artifacts/$name" ]; then pass "artifact: $name"; else fail "artifact: $name"; fi
done
verdicts=$(/usr/bin/python3 -c 'import json, sys
for name in "tested", "fault-injected":
    result = json.load(open(f"{sys.argv[1]}/{name}/result.json"))
    rows = {row["step"]: row for row in result["rows"] if row["scenario"] == "burst"}
    print(name, result["verdict"], result["machine"]["cpus"], rows["split"]["broadcasts"],
          bool(result["lockups"]))' "$artifacts" 2>&1) || :
is "$verdicts" "tested fixed 64 0 False
fault-injected affected 64 32704 True" \
	'64 CPUs: fixed without a broadcast; with the fault, 64 x 511 and soft lockups'

done_testing
