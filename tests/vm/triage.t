#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# triage.t: what icache-ipi-triage says of consoles of guests in which the cause is known, and of the
# stacks that were taken of the same guests
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"
triage=$O/icache-ipi-triage
affected=$(kernel_build_dir regress) || skip_all 'no affected kernel'
posted=$(kernel_build_dir regress 5.10.y-posted) || skip_all 'no fixed kernel'

# answer LOG EXPRESSION: a value of its answer
answer()
{
	"$triage" --json "$1" | python3 -c 'import json, sys
answer = json.load(sys.stdin)
incidents = answer["incidents"]
groups = [group for incident in incidents for group in incident["groups"]]
print(eval(sys.argv[1]))' "$2"
}

# sysrq_l CENSUS NUMBER: the stacks of a census as sysrq-l prints them on arm64
sysrq_l()
{
	python3 -c 'import json, sys
census = json.load(open(sys.argv[1]))["censuses"][int(sys.argv[2])]
print("sysrq: SysRq : Show backtrace of all active CPUs")
path = ["dump_backtrace", "show_stack", "showacpu", "flush_smp_call_function_queue", "handle_IPI", "gic_handle_irq"]
for group in census["groups"]:
    if group["kind"] not in ("kernel", "idle", "user"):
        continue
    for cpu in group["cpus"]:
        print("sysrq: CPU%d:\nCall trace:" % cpu)
        chain = path + (["el0_irq"] if group["kind"] == "user" else ["el1_irq"]) + group["frames"]
        for name in chain:
            print(" %s+0x10/0x20" % name)' "$1" "$2"
}

# --- the situation of the report: 64 CPUs split at once ---
phase='burst, 64 at once, exec, split'
run "$O/icache-ipi-vm" --quiet --output="$scratch/affected" --census-at="$phase+1" --census-at="$phase+2" \
	--census-at="$phase+3" "$affected/arch/arm64/boot/Image" -- burst
is "$rc" 2 'an affected kernel, 64 CPUs'
console=$scratch/affected/console.log
run "$triage" "$console"
is "$rc" 2 'its console: this fault'
echo "$out" | sed 's/^/# /'
like "$out" ': this fault$' 'its console: in words'
is "$(answer "$console" 'sorted({cpu for incident in incidents for cpu in incident["locked_cpus"]})')" \
	"$(python3 -c 'import re, sys
print(sorted({int(cpu) for cpu in re.findall(r"soft lockup - CPU#(\d+) stuck", open(sys.argv[1]).read())}))' "$console")" \
	'its console: the CPUs that the watchdog reported'
is "$(answer "$console" '{g["cause"] for g in groups if g["act"] == "broadcasts"}')" "{'user-pte'}" \
	'its console: the sender, and no other cause'
like "$(answer "$console" 'sum(g["count"] for g in groups if g["act"] == "waits-page-table")')" '^[1-9]' \
	'its console: who waits'
"$triage" --redact "$console" >"$scratch/redacted" || :
is "$(answer "$scratch/redacted" 'answer["verdict"]')" this-fault 'its console, redacted: the same'
# Lines that the sender alone prints, taken out: nobody knows who holds the lock.
grep -v -E 'kick_all_cpus_sync|smp_call_function|sync_icache_aliases|__sync_icache_dcache|__split_huge_pmd_locked' \
	"$console" >"$scratch/waiters"
is "$(answer "$scratch/waiters" 'answer["verdict"]')" cannot-tell 'its console without the sender: cannot tell'

told=''
for number in 0 1 2; do
	sysrq_l "$scratch/affected/census.json" $number >"$scratch/sysrq-l"
	verdict=$(answer "$scratch/sysrq-l" 'answer["verdict"]')
	told="$told $verdict"
	# The groups of the census are those of the answer.
	is "$(answer "$scratch/sysrq-l" 'sorted(len(g["cpus"]) for g in groups if g["act"] in ("broadcasts", "waits-page-table"))')" \
		"$(python3 -c 'import json, sys
groups = json.load(open(sys.argv[1]))["censuses"][int(sys.argv[2])]["groups"]
print(sorted(len(g["cpus"]) for g in groups if g["frames"] and ("kick_all_cpus_sync" in g["frames"]
      or any(name.endswith("lock_slowpath") for name in g["frames"]))))' "$scratch/affected/census.json" $number)" \
		"census $number: senders and waiters as icache-ipi-vm counted them"
done
like "$told" 'this-fault' "a census shows the sender:$told"
is "$(echo "$told" | grep -o not-this-fault || :)" '' '... and none denies it'

# --- the fix as posted: no lockup, and nothing to say ---
run "$O/icache-ipi-vm" --quiet --output="$scratch/posted" --census-at="$phase+0.1" \
	"$posted/arch/arm64/boot/Image" -- burst
is "$rc" 0 'a fixed kernel, 64 CPUs'
run "$triage" "$scratch/posted/console.log"
like "$rc $out" '^3 .*no report of a lockup|^3 .*no kernel.s report' 'its console: no lockup to judge'

done_testing
