#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# report-triage.t: what icache-ipi-triage --json says, beside results in a report
set -eu
. "$(dirname "$0")/../lib/tap.sh"
report=$O/icache-ipi-report
triage=$O/icache-ipi-triage
result=$top/tests/cli/report/affected
cd "$scratch"

lockup='[ 8123.100000] watchdog: BUG: soft lockup - CPU#17 stuck for 22s! [java:3123]
[ 8123.100001] CPU: 17 PID: 3123 Comm: java Not tainted 4.19.13 #1
[ 8123.100002] pstate: 20000005 (nzCv daif -PAN -UAO)
[ 8123.100003] Call trace:'
split=' __split_huge_pmd+0x28c/0x3b8
 zap_page_range+0x2b0/0x410
 __arm64_sys_madvise+0x90/0xe8
 el0_svc+0x8/0xc'
printf '%s\n' "$lockup" ' smp_call_function_many+0x20/0x30' ' kick_all_cpus_sync+0x28/0x30' \
	' sync_icache_aliases+0x84/0x98' ' __sync_icache_dcache+0x64/0x88' ' __split_huge_pmd_locked+0x90/0x160' \
	"$split" >fault.log
for cpu in 3 5; do
	printf '%s\n' "$lockup" ' queued_spin_lock_slowpath+0x22c/0x3c0' "$split" | sed "s/CPU#17/CPU#$cpu/; s/CPU: 17/CPU: $cpu/" >>fault.log
done
printf '%s\n' "$lockup" ' smp_call_function_many+0x20/0x30' ' kick_all_cpus_sync+0x28/0x30' \
	' load_module+0x90/0x160' ' el0_svc+0x8/0xc' >module.log
"$triage" --json fault.log module.log >triage.json || :

run "$report" --format=html --output=page.html --format=table "$result" triage.json
is "$rc" 2 'the exit code is that of the results'
like "$out" '^fault.log: this fault: a CPU interrupts all others' 'the table: an answer each'
like "$out" '^module.log: not this fault: .*module' '... also of the second log'
run "$top/tests/lib/check-page.py" page.html
is "$rc" 0 'the page is whole'
page=$(tr '\n' ' ' <page.html)
like "$page" 'href="#incidents"' 'the page: its list of sections names them'
like "$page" '<h3><bdi>fault.log</bdi></h3> <p><span class="badge affected">. this fault</span> at 8123.1 s: ' 'the page: this fault'
like "$page" 'badge fixed">. not this fault</span> at 8123.1 s: <bdi>a CPU interrupts all others because a kernel module' 'the page: not this fault'
like "$page" '<td class="n">2</td><td>[^C]*waits for a lock</td><td><code>queued_spin_lock_slowpath &lt; __split_huge_pmd.*</td><td class="cpus">3,5</td>' 'the page: who waits, and where'
like "$page" 'id=.incident-2-title.' 'the page: a picture of each'
"$report" --format=html --output=plain.html "$result" || :
is "$(grep -c incident plain.html)" 0 'without it the page has no such section'
run "$report" --format=json "$result"
without=$out
run "$report" --format=json "$result" triage.json
is "$out" "$without" 'other forms stay as they are'

# --- what is no answer ---
run "$report" triage.json
like "$rc $err" '^3 .*no result is among these files' 'no result'
sed 's/"this-fault"/"nonsense"/' triage.json >bad.json
run "$report" "$result" bad.json
like "$rc $err" '^3 .*bad.json: line 1 is no answer of icache-ipi-triage' 'a verdict that does not exist'
{ cat triage.json; echo '{"schema":"icache-ipi-triage"'; } >bad.json
run "$report" "$result" bad.json
like "$rc $err" '^3 .*bad.json: line 3 is no answer' 'JSON that is cut'
for _ in $(seq 33); do cat triage.json; done >bad.json
run "$report" "$result" bad.json
like "$rc $err" '^3 .*bad.json: line 65 is no answer .*or one of more than 64' 'too many'
# Types, sizes and words of a stranger
/usr/bin/python3 - <<'END'
import json
lines = [json.loads(line) for line in open("triage.json")]
group = lines[0]["incidents"][0]["groups"][0]
group["frames"] = ["<script>alert(1)</script>", "\u001b[31m", "x" * 5000, 7, "never"] + ["y"] * 500
group["cpus"] = [-1, 4095, 2, 2, "3", 1e9, 10**15]
lines[0]["path"] = "</h3><img src=x>\u202e" + "p" * 5000
lines[1]["incidents"][0]["groups"] *= 200
lines[1]["incidents"] *= 100
lines[1]["incidents"][0]["seconds"] = 1e300
with open("wild.json", "w") as file:
    for line in lines:
        file.write(json.dumps(line) + "\n")
END
run "$report" --format=html --output=page.html --format=table "$result" wild.json
is "$rc" 2 'hostile: taken'
is "$(LC_ALL=C tr -d '\n\t -~\200-\377' <page.html)$(printf '%s' "$out" | LC_ALL=C tr -d '\n\t -~\200-\377')" '' 'hostile: no control character'
run "$top/tests/lib/check-page.py" page.html
is "$rc" 0 'hostile: the page is whole'
like "$(cat page.html)" 'class="cpus">2<' 'hostile: CPUs that there are'

done_testing
