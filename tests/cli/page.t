#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# page.t: the page of icache-ipi-report as people see it, in Chromium: wide, narrow, light, dark,
# printed. tests/lib/look-at-page.py says what is looked at. LOOK=DIR keeps the screenshots.
set -eu
. "$(dirname "$0")/../lib/tap.sh"

command -v chromium >/dev/null || skip_all 'no chromium (scripts/setup check)'
report=$O/icache-ipi-report
data=$top/tests/cli/report

# page NAME OPTION|RESULT...: $scratch/NAME.html
page()
{
	name=$1
	shift
	"$report" --format=html --output="$scratch/$name.html" "$@" || :
}
page proof --proof "$data/affected" "$data/posted" "$data/merged"
page tiers "$data/affected" "$data/posted" "$data/affected-count" "$data/posted-count" "$data/merged-count"
page single "$data/posted-count"

# Labels and stacks without a place to break, and words that are markup elsewhere.
mkdir "$scratch/long"
/usr/bin/python3 -c 'import json, sys
for name in "result", "census":
    it = json.load(open(f"{sys.argv[1]}/{name}.json"))
    if name == "result":
        it["label"] = "kernel_" * 9
    else:
        it["censuses"][0]["label"] = "<script>alert(1)</script>" + "label_" * 60
        it["censuses"][0]["groups"][0]["frames"] = ["symbol_" * 70, "</text><image href=x>"]
    json.dump(it, open(f"{sys.argv[2]}/{name}.json", "w"))' "$data/affected" "$scratch/long"
page long "$scratch/long" "$data/posted"
# A matrix: a proof that holds, one that fails, and one that never ran
mkdir -p "$scratch/matrix/holds" "$scratch/matrix/fails"
"$report" --proof -f json -o "$scratch/matrix/holds/report.json" -f html -o "$scratch/matrix/holds/report.html" \
	-f table "$data/affected" "$data/posted" "$data/merged" >"$scratch/table"
"$report" --proof -f json -o "$scratch/matrix/fails/report.json" "$data/posted" "$data/posted" || :
for name in holds fails never-ran; do
	printf '%s\t4.19.19\t4K\t64\tgcc\tx\n' $name
done >"$scratch/matrix/plan"
page matrix --matrix "$scratch/matrix"

run "$top/tests/lib/look-at-page.py" ${LOOK:+"--output=$LOOK"} "$scratch/proof.html" \
	"$scratch/tiers.html" "$scratch/single.html" "$scratch/long.html" "$scratch/matrix.html"
is "$rc $(grep --count ': good$' "$scratch/out") $err" '0 40 ' '5 pages are good in 8 views each'
is "$(grep --invert-match ': good$' "$scratch/out")" '' 'and there is nothing to say about them'

# bad FROM NAME SED: a page that is not good
bad()
{
	sed "$3" "$scratch/$1.html" >"$scratch/$2.html"
}
bad single wide 's/<h1>/<pre>'"$(printf '%0200d' 0)"'<\/pre>&/'
bad single light 's/@media screen and (prefers-color-scheme: dark)/@media not all/'
bad single fetches 's/<h1>/<img src="x.png" alt="">&/; /Content-Security-Policy/d'
bad single forbidden 's/<h1>/<img src="x.png" alt="">&/'
bad proof blank 's/<polyline [^>]*>//; s/var(--[a-z]*)/var(--paper)/g'
bad proof unknown 's/var(--affected)/var(--afected)/g'
run "$top/tests/lib/look-at-page.py" "$scratch/wide.html" "$scratch/light.html" \
	"$scratch/fetches.html" "$scratch/forbidden.html" "$scratch/blank.html" "$scratch/unknown.html"
is "$rc" 1 'bad pages are seen'
like "$out" '^wide.html: screen, 400 pixels, light: scrolls sideways' 'one that scrolls sideways'
like "$out" '^light.html: screen, 1200 pixels, dark: paper of' 'one that is always light'
like "$out" '^fetches.html: .*: fetches file:' 'one that fetches something'
like "$out" '^forbidden.html: .*: the console says' 'one that would, and forbids it itself'
like "$out" '^blank.html: .*: [0-9]* of [0-9]* pixels are painted' 'pictures in the colour of the paper'
like "$out" '^unknown.html: .*: a shape has a colour that the style sheet' 'a colour that there is not'

done_testing
