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
# The report without what differs from run to run.
page()
{
	sed '/^<section id="cost">/,$d' "$results/report.html"
}
validate()
{
	/usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])' \
		"$results/matrix.json" "$top/docs/schemas/icache-ipi-matrix.schema.json"
}

# What there is to do
matrix --list --kernels '4.19.1 4.19.2' --pages '4K 64K' --cpus '8 64' --compilers 'gcc-11 gcc-12'
is "$rc $(echo "$out" | sort -u | wc -l)" '0 48' '--list: 2 kernels x 3 x 2 x 2 x 2'
like "$out" '^4\.19\.2\+posted\+64K\+gcc-11\+8$' 'a cell names all five'
for wrong in '--cpus 0' '--cpus 513' '--pages 8K' '--series stale' '--tier fast' '--jobs none' \
	'--kernels' '--nonsense' 'nonsense' '--compilers a;b' '--emit jenkins' '--retries 0'; do
	# shellcheck disable=SC2086 # options are words
	matrix $wrong
	is "$rc" 64 "$wrong: usage"
done
matrix --kernels 'x/a y/a'
like "$rc $err" '^64 .*a twice' 'two kernels of one name: refused'
matrix --cpus '  '
is "$rc" 64 'no CPUs at all: usage'

# All as expected
forget
# shellcheck disable=SC2086
matrix $small '8 64' --kernels '4.19.1 4.19.2' --pages '4K 64K'
is "$rc" 0 'all as expected: 0'
like "$out" 'PASS  24 of 24 cells are as expected' 'and said'
like "$out" '^4\.19\.2 .*64K .* none +64 +32,256 .* PASS +affected$' 'an affected kernel without the fix is'
like "$out" '^cost: 12 kernels, 1200 s of building; 24 cells' 'the cost is printed'
is "$(wc -l <"$house/built") $(wc -l <"$house/booted")" '12 24' 'each kernel built once, each cell booted once'
run validate
is "$rc$err" 0 'matrix.json is as its schema says'
run xmllint --noout --schema "$top/tests/lib/junit.xsd" "$results/junit.xml"
is "$rc" 0 'junit.xml too'
run "$top/tests/lib/check-page.py" "$results/report.html"
is "$rc $out" '0 0 pictures' 'report.html is a whole page'
like "$(tr -d '\n' <"$results/report.html")" '4.19.1\+none\+64K\+gcc.*>100.0<' 'and has the price of each'
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
while [ "$(cat "$results"/*/cell 2>/dev/null | grep --count wall_s)" -lt 8 ] && [ $tries -lt 600 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
# What was just being forked is met the next time round.
while pkill -KILL --session "$victim"; do sleep 0.2; done
wait "$victim" 2>/dev/null || :
done_before=$(cd "$results" && ls -- */cell)
half=$(echo "$done_before" | wc -l)
like "$half" '^([89]|1[0-9])$' "killed half-way: $half of 24 cells"
logged=$(awk 'NR > 1 && $7 == 0' "$results/cells.log" | wc -l)
is "$([ "$(pgrep --count --full "$scratch/hous[e]/")" = 0 ] && echo none)" none 'no process is left'
: >"$house/booted"
: >"$house/slow"
# shellcheck disable=SC2086
matrix $small '8 64' --kernels '4.19.1 4.19.2' --pages '4K 64K'
is "$rc" 0 'resumed: 0'
is "$(wc -l <"$house/booted")" $((24 - logged)) 'what was done is not done again'
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

# A cell without a result, a cell that is wrong, a kernel that is not to be had
forget
echo 4.19.1+posted+4K+gcc+8 >"$house/broken"
matrix --tier lockup --cpus '8 64' --kernels 4.19.1
is "$rc" 3 'a guest that dies: 3'
like "$out" '^UNKNOWN 4\.19\.1\+posted\+4K\+gcc\+8: .*it is unknown' 'and why'
like "$out" 'FAIL  5 of 6 cells are as expected' 'the others are judged'
run validate
is "$rc$err" 0 'matrix.json is as its schema says'
: >"$house/broken"
: >"$house/booted"
matrix --tier lockup --cpus '8 64' --kernels 4.19.1
is "$rc $(cat "$house/booted")" '0 4.19.1+posted+4K+gcc+8' 'said again: that one cell is tried again'
forget
echo 4.19.1+none+4K+gcc+8 >"$house/wrong"
echo 4.19.1+posted+4K+gcc+64 >"$house/broken"
matrix --tier lockup --cpus '8 64' --kernels 4.19.1
is "$rc" 2 'fixed where it should be affected: 2, which is worse than no result'
like "$out" '^FAIL 4\.19\.1\+none\+4K\+gcc\+8: should be affected: it is fixed' 'and which'
is "$(xmllint --xpath 'concat(count(//failure), count(//error))' "$results/junit.xml")" 11 'JUnit has both'
forget
matrix --tier lockup --cpus 8 --kernels '4.19.1 4.19.99'
is "$rc" 3 'a kernel that is not to be had: 3'
like "$out" 'UNKNOWN 4\.19\.99\+none.*could not be built: kernel-source: there is no 4\.19\.99' 'with the reason'
like "$out" 'FAIL  3 of 6 cells' 'the others are built and booted'
forget
matrix --tier lockup --cpus 1 --kernels 4.19.1 --series none
is "$rc" 1 'one CPU: as expected, dormant: 1'

# Other compilers are asked for, and a configuration of one's own is an input
forget
matrix --tier lockup --cpus 8 --kernels 4.19.1 --series none --compilers 'gcc-11 clang-14'
is "$rc $(tail -n 2 "$house/installed-compilers" | sort | paste -s -d ' ')" \
	'0 compiler-clang-14 compiler-gcc-11' 'compilers that are asked for are installed'
run env CONFIG="$scratch/none" "$house/scripts/matrix" --tier lockup --cpus 8 --kernels 4.19.1
like "$rc $err" '^3 .*cannot read CONFIG=' 'a configuration that is not there: said'
echo CONFIG_ARM64=y >"$scratch/config"
run env CONFIG="$scratch/config" "$house/scripts/matrix" --tier lockup --cpus 8 --kernels 4.19.1 \
	--series none --compilers 'gcc-11 clang-14'
like "$rc $err" 'beginning anew' 'another configuration: begins anew'
is "$(sed 's|.*/||' "$house/fragments")" 'distribution.config
distribution.config' 'and is built without what could stop the build or the guest'

# Other inputs, other results
matrix --tier lockup --cpus '1 8' --kernels 4.19.1 --series none
like "$rc $err" 'of other inputs: beginning anew' 'another plan: begins anew'
echo '# another' >>"$house/patches/4.19.y-posted/series"
matrix --tier lockup --cpus '1 8' --kernels 4.19.1 --series none
like "$err" 'beginning anew' 'another patch: begins anew'
: >"$house/booted"
matrix --fresh --tier lockup --cpus '1 8' --kernels 4.19.1 --series none
is "$(wc -l <"$house/booted")" 2 '--fresh: begins anew'

# A plan that nobody wrote is refused
report=$unset_O/icache-ipi-report
mkdir -p "$scratch/bad"
for plan in '' 'one word' "../x	k	none	4K	8	gcc	both	b" "x	k	none	4K	0	gcc	both	b" \
	"x	k	none	4K	8	gcc	both	../b" "x	k	none	4K	8	gcc	both	b	more"; do
	printf '%s' "${plan:+$plan
}" >"$scratch/bad/plan"
	run "$report" --matrix "$scratch/bad"
	is "$rc$out" 3 "no plan: '$plan'"
done
run "$report" --matrix "$scratch"
like "$rc $err" '^3 .*a plan is wanted' 'a folder without a plan: said so'
for wrong in '--matrix a b' '--matrix --proof a' '--matrix --format=ktap a' '--plan=a b' '--matrix'; do
	# shellcheck disable=SC2086
	run "$report" $wrong
	is "$rc" 64 "report $wrong: usage"
done

# What another matrix would cost: a finished one gets costs that are known, N and N x N / 8 CPU seconds
# of boot and work on N CPUs; of a fixed guest half of that.
forget
matrix --tier lockup --cpus '8 16 64' --kernels 4.19.1 --series 'none posted'
/usr/bin/python3 - "$results" <<'END'
import glob, json, sys
for path in glob.glob(sys.argv[1] + "/*/result.json"):
    result = json.load(open(path))
    cpus = result["machine"]["cpus"]
    share = 1 if result["fix"] == "none" else 0.5
    boot, work = share * cpus, share * cpus * cpus / 8
    # Twice as long on the wall: the host was busy.
    result["host"] = {"boot_s": 2 * boot, "work_s": 2 * work, "total_s": 2 * (boot + work)}
    json.dump(result, open(path, "w"))
    open(path.replace("result.json", "cell"), "w").write(f"wall_s 1\ncpu_s {boot + work}\n")
END
mkdir "$scratch/plan"
for count in 8 32 128; do
	for name in none posted; do
		printf '%s\t' "4.19.$count+$name" "4.19.$count" "$name" 4K "$count" gcc lockup
		echo "4.19.$count+$name+4K+gcc"
	done
done >"$scratch/plan/plan"
run "$report" --matrix --plan="$scratch/plan" --machines=2 --slots=1 "$results"
is "$rc" 0 '--plan'
like "$out" 'affected, 4K pages: 16, 48, 576 CPU seconds on 8, 16, 64 CPUs; above: boot 64 x \(CPUs / 64\)\^1\.00 \+ work 512 x \(CPUs / 64\)\^2\.00$' \
	'the model is what was measured'
like "$out" 'fixed, 4K pages: 8, 24, 288 CPU .* boot 32 x .*\^1\.00 \+ work 256 x .*\^2\.00$' 'of fixed guests too'
like "$out" '^4K +affected +32 +1 +160  ' '32 + 32 x 32 / 8, between two that were'
like "$out" '^4K +affected +128 +1 +2176[+] ' '128 + 128 x 128 / 8 CPU seconds, and no such guest was measured'
like "$out" 'of 1 CPU: builds 0\.17 h, guests 0\.60 h' \
	'six builds of 200 s on two machines; 2176 beside 1088, 160, 80, 16 and 8 s'
run "$house/scripts/matrix" --estimate --measured "$results" --tier lockup --cpus 128 --kernels 4.19.3 \
	--pages '4K 64K' --series none --assume 4K
like "$rc $out" '^64K +affected +128 +1 +2176\?' '--estimate, with a page size that is assumed, and marked'
sed 's/4K/64K/g' "$scratch/plan/plan" >"$scratch/bad/plan"
run "$report" --matrix --plan="$scratch/bad" "$results"
like "$rc $err" '^3 .*no affected guest with 64K pages was measured' 'what was not measured is not guessed'

run mandoc -T lint -W warning "$top/man/icache-ipi-matrix.1"
is "$rc$out" 0 'the man page has no error'

# A real kernel, small: both halves, judged by real rows
PATH=${PATH#"$house/bin:"}
O=$unset_O
export O
run "$top/scripts/matrix" --output "$scratch/real" --tier count --cpus 2 --series 'none merged'
is "$rc" 0 'a real kernel without and with the fix: 0'
like "$out" 'none +2 +512 .*PASS +affected' 'affected without'
like "$out" 'merged +2 +0 .*PASS +fixed \(merged\)' 'fixed with it, and its rows tell which form'

done_testing
