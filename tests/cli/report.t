#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# report.t: icache-ipi-report on results of a QEMU that always says the same
set -eu
. "$(dirname "$0")/../lib/tap.sh"

report=$O/icache-ipi-report
{ head -c 56 /dev/zero; printf 'ARM\144\0\0\0\0'; } >"$scratch/Image"

# make FAKE FIX LABEL: a result in $scratch/FIX
make()
{
	FAKE=$1 "$O/icache-ipi-vm" --output="$scratch/$2" --qemu="$top/tests/lib/fake-qemu" --quiet \
		--label="$3" --fix="$2" "$scratch/Image" || :
}
make affected none 4.19.19
make fixed posted 4.19.19+posted
make died merged 4.19.19+merged
none=$scratch/none posted=$scratch/posted dead=$scratch/merged

run "$report" --proof "$none" "$posted"
is "$rc" 0 'affected and fixed: PASS'
is "$out" "$(cat "$top/tests/cli/report.expected")" 'the table, to the letter'

run "$report" "$none"
is "$rc" 2 'affected alone: 2'
run "$report" "$posted"
is "$rc" 0 'fixed alone: 0'
run "$report" "$dead" "$posted"
is "$rc" 3 'unknown is worse than fixed'
run "$report" "$none" "$dead"
is "$rc" 2 'affected is worse than unknown'

run "$report" --proof "$posted" "$posted"
is "$rc" 2 'a fixed kernel as the affected half: FAIL'
like "$out" 'FAIL .*should be affected' 'and told which half'
run "$report" --proof "$none" "$none"
is "$rc" 2 'an affected kernel as the fixed half: FAIL'
run "$report" --proof "$none" "$dead"
is "$rc" 3 'a half that proves nothing: 3'
like "$out" 'guest-died' 'its outcome is in the table'
run "$report" --proof "$none"
is "$rc" 3 'no fixed half: 3'

run "$report" --json "$none" "$posted"
is "$(printf '%s' "$out" | /usr/bin/python3 -c 'import json, sys
print([r["verdict"] for r in json.load(sys.stdin)])')" "['affected', 'fixed']" '--json'
for result in "$none" "$posted" "$dead"; do
	rc=0
	/usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])' \
		"$result/result.json" "$top/docs/result.schema.json" || rc=$?
	is "$rc" 0 "$(basename "$result"): result.json fits its schema"
done

# The verdict is judged from counts, whatever a file claims.
sed 's/"verdict": "affected"/"verdict": "fixed"/' "$none/result.json" >"$scratch/lie.json"
run "$report" "$scratch/lie.json"
is "$rc" 2 'a claimed verdict is not believed'

bad()
{
	run "$report" "$1"
	is "$rc" 3 "$2"
}
bad "$scratch/nothing" 'no such file: 3'
head -c 300 "$none/result.json" >"$scratch/cut.json"
bad "$scratch/cut.json" 'truncated: 3'
echo '{}' >"$scratch/other.json"
bad "$scratch/other.json" 'not a result: 3'
sed 's/"cpus": 64/"cpus": -64/' "$none/result.json" >"$scratch/negative.json"
bad "$scratch/negative.json" 'a negative count: 3'
sed 's/"version": 1/"version": 2/' "$none/result.json" >"$scratch/newer.json"
bad "$scratch/newer.json" 'a newer schema: 3'
run "$report"
is "$rc" 64 'no result: usage'
run "$report" --nonsense
is "$rc" 64 'no such option: usage'

done_testing
