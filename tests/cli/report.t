#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# report.t: icache-ipi-report, every form of it, on results of real runs (tests/cli/report), on
# those of a QEMU that always says the same, and on what no honest program would write
set -eu
. "$(dirname "$0")/../lib/tap.sh"

report=$O/icache-ipi-report
data=$top/tests/cli/report
affected=$data/affected posted=$data/posted merged=$data/merged
formats='table ktap junit json html'
{ head -c 56 /dev/zero; printf 'ARM\144\0\0\0\0'; } >"$scratch/Image"

# make FAKE FIX LABEL [NAME=VALUE...]: a result in $scratch/FIX
make()
{
	fake=$1 fix=$2 label=$3
	shift 3
	env FAKE="$fake" "$@" "$O/icache-ipi-vm" --output="$scratch/$fix" --quiet \
		--qemu="$top/tests/lib/fake-qemu" --label="$label" --fix="$fix" "$scratch/Image" || :
}
make affected none 4.19.19
make fixed again 4.19.19+again
make died dead 4.19.19+dead
make fixed vipt 4.19.19+vipt FAKE_ICACHE=VIPT
make fixed mitigated 4.19.19 FAKE_MITIGATION=mitigated
mitigated=$scratch/mitigated
none=$scratch/none fixed=$scratch/again dead=$scratch/dead vipt=$scratch/vipt

# edit FROM TO PYTHON: the JSON object of a file, called `it`, changed
edit()
{
	/usr/bin/python3 -c 'import json, sys
it = json.load(open(sys.argv[1]))
exec(sys.argv[3])
json.dump(it, open(sys.argv[2], "w"))' "$@"
}

# The letter of every form. A page without its style sheet, which is not for reading.
golden()
{
	if diff -u "$data/$1.expected" "$2" >"$scratch/diff"; then
		pass "$1: to the letter"
	else
		fail "$1: to the letter" "$(head -n 40 "$scratch/diff")"
	fi
}
for format in table ktap junit; do
	run "$report" --format=$format --proof --rows "$affected" "$posted" "$merged"
	is "$rc $err" '0 ' "$format: PASS"
	golden "$format" "$scratch/out"
done
run "$report" --rows "$affected-count" "$posted-count" "$merged-count"
golden count "$scratch/out"
run "$report" --format=json "$posted-count"
golden json "$scratch/out"
run "$report" --format=html "$affected" "$posted" "$affected-count" "$posted-count" \
	"$merged-count"
sed '/^<style>$/,/^<\/style>$/d' "$scratch/out" >"$scratch/page"
golden page "$scratch/page"
is "$(awk '!/^PASS/ && !/skipped/ && length > 80' "$data/table.expected" "$data/count.expected")" '' \
	'80 columns are enough'

# Exit codes: 2 > 3 > 1 > 0, the same whatever the form.
codes()
{
	wanted=$1 name=$2
	shift 2
	for format in $formats; do
		run "$report" --format="$format" "$@"
		is "$rc" "$wanted" "$format: $name: $wanted"
	done
}
codes 2 'affected alone' "$affected"
codes 0 'fixed alone' "$posted"
codes 1 dormant "$vipt"
codes 1 mitigated "$mitigated"
codes 2 'affected is worse than mitigated' "$mitigated" "$affected"
codes 3 'unknown is worse than fixed' "$dead" "$posted"
codes 2 'affected is worse than unknown' "$affected" "$dead"
codes 3 'unknown is worse than dormant' "$vipt" "$dead"
codes 2 'a fixed kernel as the affected half: FAIL' --proof "$posted" "$posted"
codes 2 'an affected kernel as the fixed half: FAIL' --proof "$affected" "$affected"
codes 3 'a half that proves nothing' --proof "$affected" "$dead"
codes 3 'no fixed half' --proof "$affected"
codes 2 'halves of different machines: FAIL' --proof "$data/affected-count" "$posted"
run "$report" --proof "$posted" "$posted"
like "$out" 'FAIL .*should be affected' 'told which half'
run "$report" --proof "$none" "$dead"
like "$out" 'guest-died' 'its outcome is in the table'
like "$out" '4.19.19.dead: unknown: ' 'and why it is unknown below'
run "$report" --proof "$data/affected-count" "$posted"
like "$out" 'FAIL .*cannot be compared' 'and that machines differ'

run "$report" "$none" "$mitigated"
like "$out" '4.19.19 .* mitigated$' 'mitigated: its own line beside the same kernel without the module'
like "$out" '^4.19.19: mitigated: affected code, and icache_ipi_mitigate holds' 'and why below'
run "$report" --proof "$none" "$mitigated"
is "$rc" 2 'a mitigated kernel is no fixed half'
"$report" --format=html "$none" "$mitigated" >"$scratch/page" || :
like "$(cat "$scratch/page")" '<span class="badge mitigated">.*holds' 'page: mitigated, and why'

# KTAP: a reader of plain TAP comes to the same answer.
ktap()
{
	wanted=$1 name=$2
	shift 2
	"$report" --format=ktap "$@" >"$scratch/ktap" || :
	rc=0
	prove --exec cat "$scratch/ktap" >"$scratch/prove" 2>&1 || rc=$?
	is "$((rc != 0))" "$wanted" "prove: $name"
	! grep --quiet 'Parse errors' "$scratch/prove" || fail "prove: $name" "$(cat "$scratch/prove")"
}
ktap 0 'a proof that holds' --proof "$affected" "$posted" "$merged"
ktap 1 'an affected kernel' "$affected"
ktap 1 'a proof that fails' --proof "$posted" "$affected"
ktap 1 'an unknown kernel' "$dead"
like "$(cat "$scratch/ktap")" '^not ok 1 4.19.19.dead on 64 CPUs # ERROR guest-died: ' 'ERROR and why'
ktap 0 'a dormant one is skipped' "$vipt"
like "$(cat "$scratch/ktap")" '^ok 1 .*# SKIP dormant: VIPT' 'SKIP and why'
is "$(grep -c '^  ok .* # SKIP ' "$scratch/ktap")" 5 'its zeros are not shown as good'
"$report" --format=ktap --proof "$affected" "$posted" >"$scratch/ktap"
is "$(grep -c '^ *ok .* # XFAIL ' "$scratch/ktap")" 9 'XFAIL: eight rows and their kernel'
"$report" --format=ktap "$affected" >"$scratch/ktap" || :
is "$(grep -c '^ *not ok ' "$scratch/ktap")" 9 'the same without --proof: not ok'
# Its own grammar, line by line: version, plan, and as many numbered results at each level.
"$report" --format=ktap --proof "$affected" "$dead" "$vipt" "$posted" >"$scratch/ktap" || :
is "$(awk '
	/^ *KTAP version 1$/ { level = match($0, /K/) - 1; number[level] = 0; next }
	/^ *1\.\.[0-9]+$/ { sub(/^ *1\.\./, ""); plan[level] = $0; next }
	/^ *#/ { next }
	match($0, /^ *(not )?ok [0-9]+ [^#]+( # .+)?$/) {
		level = match($0, /[on]/) - 1
		if (level == 0 && plan[2] != number[2]) print "subtests are missing above: " $0
		if (level == 0) plan[2] = number[2] = 0
		split(substr($0, index($0, "ok ")), word, " ")
		if (word[2] != ++number[level]) print "wrong number: " $0
		next
	}
	{ print "not KTAP: " $0 }
	END { if (plan[0] != number[0]) print "results are missing" }' "$scratch/ktap")" '' 'KTAP: its grammar'

# JUnit: a schema, and that it tells.
junit()
{
	name=$1
	shift
	"$report" --format=junit "$@" >"$scratch/junit.xml" || :
	run xmllint --noout --schema "$top/tests/lib/junit.xsd" "$scratch/junit.xml"
	is "$rc" 0 "JUnit: $name: valid"
}
junit 'a proof' --proof "$affected" "$posted" "$merged"
is "$(xmllint --xpath 'count(//failure | //error | //skipped)' "$scratch/junit.xml")" 0 'JUnit: no failure'
is "$(xmllint --xpath 'string(//testcase[@name="burst/split at 64"]/@time)' "$scratch/junit.xml")" \
	6.178810208 'JUnit: guest seconds'
junit 'all kinds' --proof "$posted" "$affected" "$dead" "$vipt"
for element in failure error skipped; do
	case $element in skipped) counted=skipped ;; *) counted=${element}s ;; esac
	is "$(xmllint --xpath "count(//$element)" "$scratch/junit.xml")" \
		"$(xmllint --xpath "string(/testsuites/@$counted)" "$scratch/junit.xml")" \
		"JUnit: as many $element as it says"
done
sed 's/ tests="[0-9]*"//' "$scratch/junit.xml" >"$scratch/bad.xml"
run xmllint --noout --schema "$top/tests/lib/junit.xsd" "$scratch/bad.xml"
is "$rc" 3 'JUnit: the schema sees a missing attribute'

# JSON: schemas.
schema()
{
	rc=0
	/usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])' "$1" "$top/docs/schemas/$2.schema.json" || rc=$?
	is "$rc" 0 "$3: fits its schema"
}
for options in --proof ''; do
	# shellcheck disable=SC2086 # an option or none
	"$report" --json $options "$affected" "$dead" "$vipt" >"$scratch/report.json" || :
	schema "$scratch/report.json" icache-ipi-report "--json $options"
done
is "$(/usr/bin/python3 -c 'import json, sys
it = json.load(open(sys.argv[1]))
print([r["verdict"] for r in it["results"]], len(it["summaries"][0]["censuses"]))' "$scratch/report.json")" \
	"['affected', 'unknown', 'dormant'] 1" '--json: verdicts, censuses'
for result in "$none" "$fixed" "$dead"; do
	schema "$result/result.json" result "$(basename "$result")/result.json"
done

# The page: whole, alone, and with all of its pictures.
page()
{
	wanted=$1 name=$2
	shift 2
	run "$report" --format=html --output="$scratch/page.html" "$@"
	is "$err" '' "page: $name: nothing to complain about"
	run "$top/tests/lib/check-page.py" "$scratch/page.html"
	is "$rc $out" "0 $wanted pictures" "page: $name: whole, alone, $wanted pictures"
}
page 4 'a proof' --proof "$affected" "$posted" "$merged"
like "$(cat "$scratch/page.html")" '>soft lockup from 3\.6 s<' 'page: the watchdog line'
like "$(cat "$scratch/page.html")" '>none below 1\.7 s<' 'page: and the one below'
like "$(cat "$scratch/page.html")" '>49 CPUs<' 'page: the census as bars'
page 5 'runs with 8 and 64 CPUs' "$data/affected-count" "$affected" "$posted"
like "$(cat "$scratch/page.html")" '1 kernel affected, 1 fixed' 'page: kernels are counted, not runs'
page 0 'nothing to draw' "$dead"
page 0 'nothing to compare' "$posted-count"
page 2 'several kernels without a burst' "$posted-count" "$merged-count"
edit "$affected/result.json" "$scratch/thresh.json" 'it["machine"]["watchdog_thresh"] = 10'
page 1 'the default threshold' "$scratch/thresh.json"
like "$(cat "$scratch/page.html")" '>soft lockup from 26\.6 s<' 'page: its line'
edit "$posted/result.json" "$scratch/real.json" 'del it["vm"], it["guest"]; it["kernel"]["build_id"] = ""'
page 1 'a real machine' "$scratch/real.json"
printf '<p><script src="http://example.org/x.js"></script><b>' >"$scratch/bad.html"
run "$top/tests/lib/check-page.py" "$scratch/bad.html"
is "$rc" 1 'the check of a page sees a bad one'

# The same inputs, the same bytes: whoever asks, wherever, whenever.
for format in $formats; do
	"$report" --format="$format" --proof "$affected" "$posted" "$merged" >"$scratch/first"
	(cd / && env -i PATH="$PATH" HOME="$scratch" LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo COLUMNS=40 \
		"$report" --format="$format" --proof "$affected" "$posted" "$merged") \
		>"$scratch/second"
	rc=0
	cmp "$scratch/first" "$scratch/second" || rc=$?
	is "$rc" 0 "$format: the same bytes again"
done

# Hostile words, everywhere a word can be.
mkdir "$scratch/hostile"
cat >"$scratch/hostile.py" <<'END'
evil = "<script>alert(1)</script>]]>\"'&--># `touch ran`\\system('touch ran')[[0]]{}@%s\u001b[2J\n\u202eabc\ufffe\u00e9"
END
edit "$affected/result.json" "$scratch/hostile/result.json" "$(cat "$scratch/hostile.py")"'
it["label"] = evil[:40] + "\u00e9" * 30; it["fix"] = evil[:30]; it["kernel"]["banner"] = evil
it["kernel"]["release"] = evil; it["machine"]["icache"] = "<b>\u001b"
it["vm"] = {"qemu": evil, "command": ["-x", evil, 7, None], "image_sha256": evil, "initramfs_sha256": [1]}'
edit "$affected/census.json" "$scratch/hostile/census.json" "$(cat "$scratch/hostile.py")"'
it["censuses"][0].update(label=evil, reason=evil, phase=evil)
it["censuses"][0]["groups"][0]["frames"] = [evil] * 3; it["censuses"] *= 2'
edit "$posted/result.json" "$scratch/hostile.json" "$(cat "$scratch/hostile.py")"'
it["label"] = evil[-40:]; it["outcome"] = "panic"; it["reason"] = evil
it["verdict"] = "unknown"; it["code"] = ""
it["rows"][0]["scenario"] = "</b>#\u001b\n"; it["rows"][1]["step"] = "\"><b>\u202e"'
edit "$merged/result.json" "$scratch/hostile-too.json" "$(cat "$scratch/hostile.py")"'
it["label"] = evil[20:60]; it["fix"] = evil[:30]'
# shellcheck disable=SC2164
cd "$scratch/hostile"
page 5 'hostile words' "$scratch/hostile" "$scratch/hostile.json" "$scratch/hostile-too.json"
is "$(grep -c '<script' "$scratch/page.html")" 0 'page: no script from a label'
like "$(cat "$scratch/page.html")" '&lt;script&gt;alert' 'page: but the letters of it'
junit 'hostile words' "$scratch/hostile" "$scratch/hostile.json"
for format in table ktap html junit; do
	"$report" --format=$format --proof --rows "$scratch/hostile" "$scratch/hostile.json" >"$scratch/words" || :
	rc=0
	grep --quiet "$(printf '[\001-\010\013-\037]\|\302\233\|\342\200\256')" "$scratch/words" || rc=$?
	is "$rc" 1 "$format: nothing commands the terminal"
	iconv -f UTF-8 -t UTF-8 "$scratch/words" >/dev/null || fail "$format: not UTF-8"
done
ktap 1 'hostile words' "$scratch/hostile" "$scratch/hostile.json"
is "$(grep -c '^not ok' "$scratch/ktap") $(grep -c '^' "$scratch/ktap")" '2 28' 'KTAP: no line of theirs'
run "$report" --json "$scratch/hostile" "$scratch/hostile.json"
is "$rc" 2 '--json: hostile words'
cd "$top"
is "$(find "$scratch" -name ran)" '' 'no word was run'

# What is no result: one line, exit 3, no output.
bad()
{
	for format in table html; do
		run "$report" --format=$format "$1"
		is "$rc $(grep -c '' "$scratch/err") $out" '3 1 ' "$format: $2: 3, and one line"
	done
}
bad "$scratch/nothing" 'no such file'
head -c 300 "$affected/result.json" >"$scratch/cut.json"
bad "$scratch/cut.json" 'truncated'
: >"$scratch/empty.json"
bad "$scratch/empty.json" 'empty'
head -c 4096 /dev/urandom >"$scratch/noise.json"
bad "$scratch/noise.json" 'noise'
echo '{}' >"$scratch/other.json"
bad "$scratch/other.json" 'not a result'
edit "$affected/result.json" "$scratch/x.json" 'it["machine"]["cpus"] = -64'
bad "$scratch/x.json" 'a negative count'
edit "$affected/result.json" "$scratch/x.json" 'it["machine"]["cpus"] = 1 << 40'
bad "$scratch/x.json" 'more CPUs than there are'
edit "$affected/result.json" "$scratch/x.json" 'it["rows"][0]["ipis"] = "many"'
bad "$scratch/x.json" 'words for numbers'
edit "$affected/result.json" "$scratch/x.json" 'it["rows"] *= 1000'
bad "$scratch/x.json" 'too many rows'
edit "$affected/result.json" "$scratch/x.json" 'it["version"] = 2'
bad "$scratch/x.json" 'a newer schema'
# The judgement is read, not made again. One that is missing, is no word of ours or does not go with
# the rest is no judgement; nor is one that its own rows contradict.
edit "$affected/result.json" "$scratch/x.json" 'it["reason"] = "as it was written"'
run "$report" --format=junit "$scratch/x.json"
is "$rc" 2 'a judgement in other words'
like "$out" 'as it was written' 'the judgement is that of the file'
edit "$affected/result.json" "$scratch/x.json" 'it["verdict"] = "fixed"; it["code"] = "merged"'
bad "$scratch/x.json" 'a claimed verdict that its rows contradict'
edit "$posted/result.json" "$scratch/x.json" 'it["verdict"] = "affected"; it["code"] = "affected"'
bad "$scratch/x.json" 'the other way round too'
edit "$merged-count/result.json" "$scratch/x.json" 'it["code"] = "posted"'
bad "$scratch/x.json" 'a form that its rows contradict'
for edit in 'del it["verdict"]' 'it["verdict"] = "good"' 'it["verdict"] = 0' 'del it["code"]' \
	'it["code"] = "stale"' 'it["code"] = ""' 'it["code"] = "posted"' 'del it["reason"]' \
	'it["outcome"] = "panic"' 'it["verdict"] = "fixed"'; do
	edit "$affected/result.json" "$scratch/x.json" "$edit"
	bad "$scratch/x.json" "a judgement that is none: $edit"
done

# A census is welcome, not required; a wrong one is not passed over.
mkdir "$scratch/census"
cp "$affected/result.json" "$scratch/census"
codes 2 'no census' "$scratch/census"
census()
{
	edit "$affected/census.json" "$scratch/census/census.json" "$2"
	bad "$scratch/census" "census: $1"
	bad "$scratch/census/result.json" "census: $1, by its file"
}
census 'another schema' 'it["schema"] = "x"'
census 'newer' 'it["version"] = 2'
census 'no array' 'it["censuses"] = {}'
census 'no label' 'del it["censuses"][0]["label"]'
census 'a label that is a number' 'it["censuses"][0]["label"] = 7'
census 'a label without end' 'it["censuses"][0]["label"] = "x" * 100000'
census 'time runs backwards' 'it["censuses"][0]["guest_s"] = -1'
census 'no time' 'it["censuses"][0]["guest_s"] = "9"'
census 'no CPU' 'it["censuses"][0]["cpus"] = 0'
census 'CPUs without end' 'it["censuses"][0]["cpus"] = 1 << 60'
census 'a CPU that is not there' 'it["censuses"][0]["groups"][1]["cpus"] = [64]'
census 'a CPU in two groups' 'it["censuses"][0]["groups"][1]["cpus"] = it["censuses"][0]["groups"][0]["cpus"][:1]'
census 'a wrong count' 'it["censuses"][0]["groups"][0]["count"] = 56'
census 'an unknown kind' 'it["censuses"][0]["groups"][0]["kind"] = "asleep"'
census 'frames without end' 'it["censuses"][0]["groups"][0]["frames"] *= 100'
census 'a frame that is none' 'it["censuses"][0]["groups"][0]["frames"][3] = ["x"]'
census 'too many' 'it["censuses"] *= 65'
head -c 500 "$affected/census.json" >"$scratch/census/census.json"
bad "$scratch/census" 'census: truncated'
rm "$scratch/census/census.json"
mkfifo "$scratch/census/census.json"
bad "$scratch/census" 'census: a pipe'
cp "$scratch/census/result.json" "$scratch/census/other.json"
codes 2 'the census of another file is not read' "$scratch/census/other.json"

# --output: whole or not at all.
(umask 027; "$report" --output="$scratch/table" "$posted")
is "$(cat "$scratch/table")" "$("$report" "$posted")" '--output: what would be printed'
is "$(stat -c %a "$scratch/table")" 640 '--output: the mode that the user wants'
ln -s table "$scratch/link"
"$report" --output="$scratch/link" "$merged"
is "$(readlink "$scratch/link") $(grep -c merged "$scratch/table")" 'table 1' '--output: through a symbolic link'
run "$report" --output=/dev/full "$posted"
is "$rc $(grep -c '' "$scratch/err")" '3 1' '--output: no space: 3, and one line'
run "$report" --output="$scratch/no/such/directory" "$posted"
is "$rc $(grep -c '' "$scratch/err")" '3 1' '--output: no such directory: 3, and one line'
mkfifo "$scratch/pipe"
"$report" --output="$scratch/pipe" "$posted" &
is "$(cat "$scratch/pipe")" "$("$report" "$posted")" '--output: into a pipe'
wait $!
is "$(stat -c %F "$scratch/pipe")" fifo '--output: which stays one'
rc=0
"$report" "$posted" >/dev/full 2>"$scratch/err" || rc=$?
is "$rc $(grep -c '' "$scratch/err")" '3 1' 'no space behind stdout: 3, and one line'
echo old >"$scratch/table"
run "$report" --output="$scratch/table" "$scratch/nothing"
is "$rc $(cat "$scratch/table")" '3 old' '--output: no result, no change'

# Several forms in one run, each as in a run of its own.
run "$report" --proof --format=junit --output="$scratch/many.xml" --format=json \
	--output="$scratch/many.json" --format=html --output="$scratch/many.html" --format=table \
	"$affected" "$posted"
"$report" --proof "$affected" "$posted" >"$scratch/one.table"
is "$rc $(printf '%s\n' "$out" | cmp - "$scratch/one.table" && echo same)" '0 same' 'four forms: the last one is printed'
for form in junit:xml json:json html:html; do
	"$report" --proof --format="${form%:*}" "$affected" "$posted" >"$scratch/one"
	is "$(cmp "$scratch/one" "$scratch/many.${form#*:}" && echo same)" same "four forms: ${form%:*} is the same"
done
run "$report" --output="$scratch/many.xml" --format=junit "$affected"
is "$rc $(head -c 5 "$scratch/many.xml")" '2 <?xml' '--output before --format'
for wrong in '--format=json --format=html' '--output=a --output=b' '--json --format=table'; do
	# shellcheck disable=SC2086
	run "$report" $wrong "$posted"
	is "$rc" 64 "$wrong: usage"
done
run "$report" --format=json --output="$scratch/no/such" --format=table "$posted"
is "$rc $(grep -c '' "$scratch/err")" '3 1' 'a form that cannot be written: 3, and one line'
like "$out" '^5.10.223\+posted ' 'and the other one is written'

# As many as there may be, and one more.
many=$(yes "$posted" | head -n 64)
# shellcheck disable=SC2086 # a directory a word
codes 0 '64 results' $many
# shellcheck disable=SC2086
run "$report" $many "$posted"
is "$rc" 64 '65 results: usage'
run "$report"
is "$rc" 64 'no result: usage'
run "$report" --nonsense
is "$rc" 64 'no such option: usage'
run "$report" --format=pdf "$posted"
is "$rc" 64 'no such format: usage'

run mandoc -T lint -W warning "$top/man/icache-ipi-report.1"
is "$rc $out" '0 ' 'the man page has no error'
for option in $("$report" --help | grep -o -e '--[a-z-]*' | sort -u); do
	grep --quiet "Fl -$(echo "${option#--}" | sed 's/-/./g')" "$top/man/icache-ipi-report.1" ||
		fail "the man page has no $option"
done

done_testing
