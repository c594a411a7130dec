#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# matrix.t: scripts/matrix and icache-ipi-report --matrix: judged, killed, resumed, refused. Kernels
# here cost nothing (tests/lib/matrix-house.sh), but for one cell that is real.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/matrix-house.sh"
command -v parallel >/dev/null || skip_all 'no GNU parallel: scripts/setup matrix'

house_build "$scratch/house"
unset_O=$O
unset O
results=$house/build/matrix
small='--tier lockup --jobs 2 --cpus'
# matrix OPTION...: in the house
matrix()
{
	run "$house/scripts/matrix" "$@"
}
forget()
{
	rm -rf "$results"
	: >"$house/built"
	: >"$house/booted"
	for words in slow broken wrong stuck; do : >"$house/$words"; done
}
page()
{
	cat "$results/report.html"
}
validate()
{
	/usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])' \
		"$results/matrix.json" "$top/docs/schemas/icache-ipi-matrix.schema.json"
}

# What there is to do
matrix --list --kernels '4.19.1 4.19.2' --pages '4K 64K' --cpus '8 64' --compilers 'gcc-11 gcc-12'
is "$rc $(echo "$out" | sort -u | wc -l)" '0 16' '--list: 2 kernels x 2 x 2 x 2'
like "$out" '^4\.19\.2\+64K\+gcc-11\+8$' 'a proof names all four'
for wrong in '--cpus 0' '--cpus 513' '--pages 8K' '--series stale' '--tier fast' '--jobs none' \
	'--kernels' '--nonsense' 'nonsense' '--compilers a;b' '--series none' '--retries 0'; do
	# shellcheck disable=SC2086 # options are words
	matrix $wrong
	is "$rc" 64 "$wrong: usage"
done
matrix --kernels 'x/a y/a'
like "$rc $err" '^64 .*a twice' 'two kernels of one name: refused'
# A link has a plain name, and leads to a folder whose name is a command.
mkdir "$scratch/x\";touch owned;\"" && ln -s "x\";touch owned;\"" "$scratch/linked"
matrix --tier lockup --cpus 8 --kernels "$scratch/linked"
is "$rc $(find "$house" "$scratch" -name owned)" '64 ' 'a link to a folder with a name that is no word: usage, and nothing runs'
matrix --tier lockup --cpus 8 --kernels /
is "$rc" 64 'a folder without a name: usage'
matrix --cpus '  '
is "$rc" 64 'no CPUs at all: usage'

# All as expected
forget
# shellcheck disable=SC2086
matrix $small '8 64' --kernels '4.19.1 4.19.2' --pages '4K 64K'
is "$rc" 0 'all as expected: 0'
like "$out" 'PASS  8 of 8 proofs are as expected' 'and said'
like "$out" '^4\.19\.2 .*64K .* none +64 +32,256 .* PASS +affected$' 'an affected kernel without the fix is'
like "$out" '^4\.19\.1 .*4K .* posted +8 +0 .* PASS +fixed' 'and fixed with it'
is "$(wc -l <"$house/built") $(wc -l <"$house/booted")" '12 24' 'each kernel built once, each guest booted once'
run validate
is "$rc$err" 0 'matrix.json is as its schema says'
run xmllint --noout --schema "$top/tests/lib/junit.xsd" "$results/junit.xml"
is "$rc" 0 'junit.xml too'
run "$top/tests/lib/check-page.py" "$results/report.html"
is "$rc $out" '0 0 pictures' 'report.html is a whole page, and what it leads to is there'
is "$(grep -c 'href="4.19.1+64K+gcc+64/report.html"' "$results/report.html")" 1 'it leads to the page of each proof'
run "$top/tests/lib/check-page.py" "$results/4.19.1+64K+gcc+64/report.html"
is "$rc" 0 'which is a whole page'
is "$(find "$results"/4* -name result.json -o -name junit.xml | wc -l)" 32 'each has what a proof leaves'
page >"$scratch/page"
# shellcheck disable=SC2086
matrix $small '8 64' --kernels '4.19.1 4.19.2' --pages '4K 64K'
is "$rc $(wc -l <"$house/booted")" '0 24' 'said again: nothing is done twice'
is "$(page | cmp - "$scratch/page" && echo same)" same 'the same page'

# Killed half-way, all of it, as when the power goes; then resumed
forget
for count in 8 64; do
	for kernel in 4.19.1 4.19.2; do echo "$kernel+posted+4K+gcc+$count"; done
done >"$house/slow"
# shellcheck disable=SC2086
setsid "$house/scripts/matrix" $small '8 64' --kernels '4.19.1 4.19.2' --pages '4K 64K' \
	>/dev/null 2>&1 &
victim=$!
tries=0
while [ "$(find "$results" -name report.json 2>/dev/null | wc -l)" -lt 3 ] && [ $tries -lt 600 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
# What was just being forked is met the next time round.
while pkill -KILL --session "$victim"; do sleep 0.2; done
wait "$victim" 2>/dev/null || :
half=$(find "$results" -name report.json | wc -l)
like "$half" '^[3-7]$' "killed half-way: $half of 8 proofs"
logged=$(awk 'NR > 1 && $7 == 0' "$results/cells.log" | wc -l)
is "$([ "$(pgrep --count --full "$scratch/hous[e]/")" = 0 ] && echo none)" none 'no process is left'
: >"$house/booted"
: >"$house/slow"
# shellcheck disable=SC2086
matrix $small '8 64' --kernels '4.19.1 4.19.2' --pages '4K 64K'
is "$rc" 0 'resumed: 0'
is "$(wc -l <"$house/booted")" $((24 - 3 * logged)) 'what was done is not done again'
is "$(page | cmp - "$scratch/page" && echo same)" same 'and the report is the same'

# Asked to stop: guests end, a word about it, and it goes on
forget
echo 4.19.1+none+4K+gcc+8 >"$house/stuck"
"$house/scripts/matrix" --tier lockup --cpus 8 --kernels 4.19.1 >"$scratch/stop" 2>&1 &
victim=$!
tries=0
while ! grep --quiet none "$house/booted" && [ $tries -lt 300 ]; do tries=$((tries + 1)); sleep 0.1; done
matrix --tier lockup --cpus 8 --kernels 4.19.1
like "$rc $err" '^3 .*another matrix is at work' 'a second one in the same folder is refused'
kill "$victim"
rc=0
wait "$victim" || rc=$?
like "$rc $(tail -n 1 "$scratch/stop")" '^3 .*the same command resumes it' 'stopped: 3, and how to go on'
is "$([ "$(pgrep --count --full "$scratch/hous[e]/")" = 0 ] && echo none)" none 'no process is left'
: >"$house/stuck"
matrix --tier lockup --cpus 8 --kernels 4.19.1
is "$rc" 0 'and it goes on'

# A guest without a result, one that is wrong, a kernel that is not to be had
forget
echo 4.19.1+posted+4K+gcc+8 >"$house/broken"
matrix --tier lockup --cpus '8 64' --kernels 4.19.1
is "$rc" 3 'a guest that dies: 3'
like "$out" '^UNKNOWN 4\.19\.1\+4K\+gcc\+8: 4\.19\.1\+posted .*it is unknown' 'and why'
like "$out" 'FAIL  1 of 2 proofs is as expected' 'the other is judged'
run validate
is "$rc$err" 0 'matrix.json is as its schema says'
: >"$house/broken"
: >"$house/booted"
matrix --tier lockup --cpus '8 64' --kernels 4.19.1
is "$rc $(paste -s -d ' ' "$house/booted")" \
	'0 4.19.1+none+4K+gcc+8 4.19.1+posted+4K+gcc+8 4.19.1+merged+4K+gcc+8' \
	'said again: that one proof is tried again'
forget
echo 4.19.1+none+4K+gcc+8 >"$house/wrong"
echo 4.19.1+posted+4K+gcc+64 >"$house/broken"
matrix --tier lockup --cpus '8 64' --kernels 4.19.1
is "$rc" 2 'fixed where it should be affected: 2, which is worse than no result'
like "$out" '^FAIL 4\.19\.1\+4K\+gcc\+8: 4\.19\.1 should be affected: it is fixed' 'and which'
is "$(xmllint --xpath 'concat(count(//failure), count(//error))' "$results/junit.xml")" 11 'JUnit has both'
forget
matrix --tier lockup --cpus 8 --kernels '4.19.1 4.19.99'
is "$rc" 3 'a kernel that is not to be had: 3'
like "$out" 'UNKNOWN 4\.19\.99\+4K.*could not be built: kernel-source: there is no 4\.19\.99' 'with the reason'
like "$out" 'FAIL  1 of 2 proofs' 'the others are built and booted'
forget
matrix --tier lockup --cpus 1 --kernels 4.19.1
is "$rc" 1 'one CPU: as expected, dormant: 1'

# Other compilers are asked for, and a configuration of one's own is an input
forget
matrix --tier lockup --cpus 8 --kernels 4.19.1 --compilers 'gcc-11 clang-14'
is "$rc $(tail -n 2 "$house/installed-compilers" | sort | paste -s -d ' ')" \
	'0 compiler-clang-14 compiler-gcc-11' 'compilers that are asked for are installed'
run env CONFIG="$scratch/none" "$house/scripts/matrix" --tier lockup --cpus 8 --kernels 4.19.1
like "$rc $err" '^3 .*cannot read CONFIG=' 'a configuration that is not there: said'
echo CONFIG_ARM64=y >"$scratch/config"
run env CONFIG="$scratch/config" "$house/scripts/matrix" --tier lockup --cpus 8 --kernels 4.19.1 \
	--compilers 'gcc-11 clang-14'
like "$rc $err" 'starting from nothing' 'another configuration: begins anew'
is "$(sed 's|.*/||' "$house/fragments" | sort -u)" 'distribution.config' 'and is built without what could stop the build or the guest'

# Other inputs, other results
matrix --tier lockup --cpus '1 8' --kernels 4.19.1
like "$rc $err" 'of other inputs: starting from nothing' 'another plan: begins anew'
echo '# another' >>"$house/patches/4.19.y-posted/series"
matrix --tier lockup --cpus '1 8' --kernels 4.19.1
like "$err" 'starting from nothing' 'another patch: begins anew'
: >"$house/booted"
matrix --fresh --tier lockup --cpus '1 8' --kernels 4.19.1
is "$(wc -l <"$house/booted")" 6 '--fresh: begins anew'

# A plan that nobody wrote is refused
report=$unset_O/icache-ipi-report
mkdir -p "$scratch/bad"
for plan in '' 'one word' "../x	k	4K	8	gcc	b" "x	k	4K	0	gcc	b" "x	k	4K	8	gcc	../b" \
	"x	k	4K	8	gcc	b	more"; do
	printf '%s' "${plan:+$plan
}" >"$scratch/bad/plan"
	run "$report" --matrix "$scratch/bad"
	is "$rc$out" 3 "no plan: '$plan'"
done
run "$report" --matrix "$scratch"
like "$rc $err" '^3 .*a plan is wanted' 'a folder without a plan: said so'
for wrong in '--matrix a b' '--matrix --proof a' '--matrix --format=ktap a' '--plan=a' '--matrix'; do
	# shellcheck disable=SC2086
	run "$report" $wrong
	is "$rc" 64 "report $wrong: usage"
done

# What came back from another machine is not trusted: no proof, no answer
echo 'x	k	4K	8	gcc	b' >"$scratch/bad/plan"
mkdir "$scratch/bad/x"
whole='{"schema": "icache-ipi-report", "version": 1, "results": [], "proof": {"exit": 0, "lines": [{"pass": true,
"text": "good"}], "halves": [{"label": "k", "fix": "none", "cpus": 8, "verdict": "affected", "code": "",
"lockups": 0, "numbers": null}]}}'
echo "$whole" >"$scratch/bad/x/report.json"
run "$report" --matrix "$scratch/bad"
is "$rc" 0 'a proof that holds is taken'
for edit in 's/"exit": 0/"exit": 7/' 's/"exit": 0/"exit": "0"/' 's/icache-ipi-report/other/' \
	's/"verdict": "affected"/"verdict": "<b>"/' 's/"text": "good"/"text": 1/' 's/"proof": {/"proof": null, "x": {/' \
	's/"cpus": 8/"cpus": -8/' 's/null/{"ipis_per_huge_page": "many"}/' 's/}]}}//' 's/"version": 1/"version": 2/'; do
	echo "$whole" | sed "$edit" >"$scratch/bad/x/report.json"
	run "$report" --matrix "$scratch/bad"
	like "$rc $out" 'UNKNOWN x: its report.json is not that of a proof' "not a proof: $edit"
done

run mandoc -T lint -W warning "$top/man/icache-ipi-matrix.1"
is "$rc$out" 0 'the man page has no error'

# A real kernel, small: both halves, judged by real rows
PATH=${PATH#"$house/bin:"}
O=$unset_O
export O
run "$top/scripts/matrix" --output "$scratch/real" --tier count --cpus 2 --series merged
is "$rc" 0 'a real kernel without and with the fix: 0'
like "$out" 'none +2 +512 .*PASS +affected' 'affected without'
like "$out" 'merged +2 +0 .*PASS +fixed \(merged\)' 'fixed with it, and its rows tell which form'

done_testing
