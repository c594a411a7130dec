#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# proof.t: make proof KERNEL=TREE from the door to the verdict: what it starts, what it leaves, how it
# is told to stop. The tree and what changes it are real; its kernels cost nothing
# (tests/lib/matrix-house.sh).
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/matrix-house.sh"
. "$top/tests/lib/trees.sh"

house_build "$scratch/house"
cp "$top/scripts/kernel-source" "$top/scripts/backport" "$house/scripts"
cp -r "$top/patches" "$house"
cp "$O"/icache-ipi-* "$house/build"
printf 'proof:\n\tscripts/setup proof\n\tscripts/proof --kernel %s --cpus 16\n' "\$(KERNEL)" >"$house/Makefile"
unset O
export XDG_CACHE_HOME="$scratch/cache"
tree_make "$scratch/tree" 4.19.y-posted
results=$house/build/proof

if command -v strace >/dev/null; then
	set -- strace -ff -qq -s 300 -e trace=execve -e signal=none -o "$scratch/started"
else
	set --
fi
run "$@" make -s -C "$house" proof KERNEL="$scratch/tree"
is "$rc" 0 'make proof: 0'
like "$out" '^PASS  the posted fix removes ([0-9,]+) of \1 IPIs.* all 4 prices are those of the posted code$' 'PASS'
is "$(find "$results" -type f -printf '%P\n' | grep -v console.log | sort | paste -s -d ' ')" \
	'.icache-ipi junit.xml none/count/result.json none/result.json posted/count/result.json posted/result.json report.html report.json' \
	'what it leaves'
is "$(xmllint --xpath 'string(/testsuites/@failures)' "$results/junit.xml")" 0 'JUnit: no failure'
rc=0
/usr/bin/python3 -c 'import json, jsonschema, sys
report, schema = [json.load(open(f)) for f in sys.argv[1:]]
jsonschema.validate(report, schema)
print([half["code"] for half in report["proof"]["halves"]])' "$results/report.json" \
	"$top/docs/schemas/icache-ipi-report.schema.json" >"$scratch/forms" || rc=$?
is "$rc $(cat "$scratch/forms")" "0 ['affected', 'posted']" 'report.json: as its schema says, a half a kernel'
if [ $# -gt 0 ]; then
	# Programs and scripts of ours that were started; "= 0": found in this part of PATH
	sed -n 's,^execve("\(.*/\)\{0\,1\}\(scripts\|build\)/\([a-z-]*\)"\, .* = 0$,\3,p' \
		"$scratch"/started.* >"$scratch/ours"
	like "$(wc -l <"$scratch/ours")" '^([1-9]|1[0-9]|20)$' 'at most 20 processes of ours'
	echo "# $(sort "$scratch/ours" | uniq --count | paste -s -d ,)"
	count()
	{
		grep --count --line-regexp "$1" "$scratch/ours" || :
	}
	is "$(count icache-ipi-backport)" 1 'one program reads and changes the tree'
	is "$(count kernel-build)" 2 'each kernel is built once'
	is "$(count icache-ipi-vm) $(count icache-ipi-report)" '4 1' 'each guest is judged once, and one report has all forms'
else
	skip 'at most 20 processes of ours' 'no strace'
fi

# One CPU has nothing to prove.
run "$house/scripts/proof" --kernel "$scratch/tree" --cpus 1
is "$rc" 1 'one CPU: 1'
like "$out" '^DORMANT  every kernel is dormant' 'one CPU: neither PASS nor FAIL'

# First the kernels, then the guests, one after the other, without the sources.
run "$house/scripts/proof" --kernel "$scratch/tree" --build-only --output "$scratch/built"
is "$rc$out" 0 '--build-only'
is "$(cat "$scratch/built/halves")" 'none:0.0
posted:0.0+posted' 'its halves'
run "$house/scripts/proof" --built "$scratch/built" --serial --tier lockup --cpus 16 --output "$scratch/proof"
like "$rc $err" '^[02]' '--built: booted'
is "$(find "$scratch/proof" -name result.json | wc -l)" 2 '--tier lockup: a guest a half'
run "$house/scripts/proof" --built "$scratch/nothing"
like "$rc $err" '^3 .*no kernels in' '--built: nothing there: said'
for wrong in '--tier fast' '--cpus' '--nonsense'; do
	# shellcheck disable=SC2086
	run "$house/scripts/proof" $wrong
	is "$rc" 64 "$wrong: usage"
done

# Two at once in one folder would judge each other's guests.
echo built+none+built+16 >"$house/slow"
: >"$house/booted"
"$house/scripts/proof" --built "$scratch/built" --tier lockup --cpus 16 --output "$scratch/proof" >"$scratch/first" 2>&1 &
first=$!
for _ in $(seq 300); do [ ! -s "$house/booted" ] || break; sleep 0.1; done
run "$house/scripts/proof" --built "$scratch/built" --tier lockup --cpus 16 --output "$scratch/proof"
like "$rc $err" '^3 .*another proof is at work in' 'a second one in the same folder: refused'
wait "$first" || :
is "$(tail -n 3 "$scratch/first" | grep -c '^PASS'):$(sort "$house/booted" | paste -s -d ' ')" \
	'1:built+none+built+16 built+posted+built+16' '... and the first one passes, with guests of its own'
: >"$house/slow"

# A tree that is fixed has no affected half, unless the fix is to be taken out.
fixed=$("$house/scripts/backport" --series 4.19.y-posted "$scratch/tree" 2>/dev/null)
run "$house/scripts/proof" --kernel "$fixed" --cpus 16
is "$rc" 2 'a fixed tree: no proof'
like "$err" "is 'fixed as posted' already: no affected kernel can be made from it" 'a fixed tree: said'
run "$house/scripts/proof" --kernel "$scratch/tree" --series no-such
is "$rc $(printf '%s\n' "$err" | grep -c 'no such series')" '64 1' 'no such series: usage, said once'

done_testing
