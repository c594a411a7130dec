#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# triage.t: what icache-ipi-triage says of consoles of guests in which the cause is known, and of the
# stacks that were taken of the same guests
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/debian-kernels.sh"
. "$top/tests/lib/modules.sh"
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

# of_census CENSUS NUMBER EXPRESSION: groups of a census, and what their CPUs did by their frames alone. A CPU that is
# in _raw_spin_lock() comes or goes: whether it waits, and for which lock, nobody can say.
of_census()
{
	python3 -c 'import json, sys
groups = json.load(open(sys.argv[1]))["censuses"][int(sys.argv[2])]["groups"]
def act(g):
    if "kick_all_cpus_sync" in g["frames"]:
        return "sends"
    if "sync_icache_aliases" in g["frames"]:
        return "maintains"
    if any(name.endswith("lock_slowpath") for name in g["frames"]):
        return "waits"
    return "moves" if any(name.startswith("_raw_spin_lock") for name in g["frames"]) else ""
print(eval(sys.argv[3]))' "$@"
}

# compare CENSUS NUMBER FILE NAME ACT...: of these acts, triage's groups are those of the census at that moment
compare()
{
	census=$1 number=$2 file=$3 name=$4
	shift 4
	moving=$(of_census "$census" "$number" '{cpu for g in groups if act(g) == "moves" for cpu in g["cpus"]}')
	is "$(answer "$file" "sorted((g['act'] == 'waits-page-table', sorted(g['cpus'])) for g in groups
		if g['act'] in '$*'.split() and not set(g['cpus']) <= $moving)")" \
		"$(of_census "$census" "$number" "sorted((act(g) == 'waits', sorted(g['cpus'])) for g in groups
			if act(g) in ('sends', 'waits') or act(g) == 'maintains' and 'maintains' in '$*'.split())")" "$name"
}

# --- the situation of the report: 64 CPUs split at once ---
# Of the CPUs that are stuck, the watchdog prints stacks: whether the sender is among them is chance, another one
# for each number of CPUs. Without it nobody can tell.
for cpus in 64 60 56 52; do
	phase="burst, $cpus at once, exec, split"
	run "$O/icache-ipi-vm" --quiet --dump --output="$scratch/affected" --cpus="$cpus" --census-at="$phase+1" \
		--census-at="$phase+2" --census-at="$phase+3" "$affected/arch/arm64/boot/Image" -- burst
	is "$rc" 2 "an affected kernel, $cpus CPUs"
	console=$scratch/affected/console.log
	! grep --quiet 'kick_all_cpus_sync[+]' "$console" || break
	is "$(answer "$console" 'answer["verdict"]')" cannot-tell "its console, without the sender's stack: cannot tell"
done
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
	compare "$scratch/affected/census.json" $number "$scratch/sysrq-l" \
		"census $number: senders and waiters as icache-ipi-vm counted them" broadcasts waits-page-table
done
like "$told" 'this-fault' "a census shows the sender:$told"
is "$(echo "$told" | grep -o not-this-fault || :)" '' '... and none denies it'

# --- its memory: the dump is of the last census ---
dump=$scratch/affected/dump.kdump
run "$triage" "$dump"
like "$rc $out" '^2 .*: this fault$' 'its vmcore, flattened as QEMU writes it: this fault'
echo "$out" | sed 's/^/# /'
compare "$scratch/affected/census.json" 2 "$dump" 'its vmcore: senders and waiters as icache-ipi-vm counted them' \
	broadcasts maintains waits-page-table
is "$(answer "$dump" '(answer["cpus"], answer["cpus_unread"], answer["code"])')" "($cpus, 0, 'affected')" 'its vmcore: each CPU was read'
if command -v makedumpfile >/dev/null; then
	makedumpfile -R "$scratch/ordinary" <"$dump" >/dev/null 2>&1 || :
	compare "$scratch/affected/census.json" 2 "$scratch/ordinary" 'made ordinary by makedumpfile -R: the same' \
		broadcasts maintains waits-page-table
else
	skip 'made ordinary by makedumpfile -R: the same' 'no makedumpfile'
fi

# --- the fix as posted: no lockup, and nothing to say ---
run "$O/icache-ipi-vm" --quiet --dump --output="$scratch/posted" --census-at=burst \
	"$posted/arch/arm64/boot/Image" -- burst
is "$rc" 0 'a fixed kernel, 64 CPUs'
run "$triage" "$scratch/posted/console.log"
like "$rc $out" '^3 .*no report of a lockup|^3 .*no kernel.s report' 'its console: no lockup to judge'
run "$triage" "$scratch/posted/dump.kdump"
like "$rc $out" '^0 .*the kernel in this vmcore is fixed' 'its vmcore: not this fault'

# --- the mitigation in force, near the kernel and by a veneer: its vmcore ---
ko=$(module_build "$(kernel_build_dir regress)" mitigate "$scratch/module") || fail 'the module builds'
for line in 'method=branch mitigated 1 not-this-fault' 'far=1 mitigated 1 not-this-fault' \
	'method=kprobe mitigated 1 not-this-fault'; do
	# shellcheck disable=SC2086 # four words
	set -- $line
	run "$O/icache-ipi-vm" --quiet --tier=count --dump --output="$scratch/mitigated" --census-at=burst --cpus=8 \
		--module="$ko,$1" "$affected/arch/arm64/boot/Image" -- burst
	is "$rc" 1 "mitigated, $1: so says the workload"
	dump=$scratch/mitigated/dump.kdump
	run "$O/icache-ipi-check" "$dump"
	is "$(answer "$dump" 'answer["code"]') $rc" "$2 $3" "mitigated, $1: the code, to triage and check"
	like "$(answer "$dump" 'answer["verdict"]')" "^($4)\$" "mitigated, $1: $4"
done

# --- other causes, known because the guest does nothing else; sysrq-l while it does, and its memory ---
make -s -C "$top" O="$O" "$O/arm64/tests/causes"

# provoke NAME CAUSE IMAGE [OPTION...]: a guest that does so; sets $console and $dump
provoke()
{
	name=$1 cause=$2 image=$3
	shift 3
	run "$O/icache-ipi-vm" --quiet --tier=count --dump --census-at=cause --output="$scratch/$name" \
		--init="$O/arm64/tests/causes" --append=icache_ipi_cause="$cause" "$@" "$image"
	console=$scratch/$name/console.log dump=$scratch/$name/dump.kdump
	[ -s "$dump" ] || fail "$name: no dump: $err"
}

# expect_cause NAME VERDICT CAUSES MEMORY: of the console, of what is left of it when redacted, and of the memory
expect_cause()
{
	verdict=$(answer "$console" 'answer["verdict"]')
	like "$verdict" "^($2)\$" "$1: $2"
	like "$(answer "$console" 'incidents[0]["cause"]')" "^($3)\$" "$1: its cause"
	"$triage" --redact "$console" >"$scratch/redacted" || :
	is "$(answer "$scratch/redacted" 'answer["verdict"]')" "$verdict" "$1, redacted: the same"
	like "$(answer "$dump" 'answer["verdict"]')" "^($4)\$" "$1, its memory: $4"
	rm "$dump"
}

for line in 'jit this-fault user-pte' 'migrate this-fault user-pte' 'bpf not-this-fault bpf-jit' \
	'uprobe not-this-fault uprobe' 'ptrace not-this-fault ptrace' 'membarrier not-this-fault membarrier' \
	'spin not-this-fault None' 'kprobe not-this-fault kprobe|stop-machine|None'; do
	# Between its broadcasts, defining a probe does much else: sysrq-l may find it there, or the CPUs that it stops.
	# shellcheck disable=SC2086 # three words
	set -- $line
	provoke "$1" "$1" "$affected/arch/arm64/boot/Image"
	# In the memory a CPU may be between two pages: then nobody interrupts anybody.
	case $2 in this-fault) memory='this-fault|not-this-fault' ;; *) memory=$2 ;; esac
	expect_cause "$1" "$2" "$3" "$memory"
done
# The same pages, and none interrupts anybody: a log cannot show that the caches' maintenance is all there is.
for cause in jit migrate; do
	provoke "posted-$cause" "$cause" "$posted/arch/arm64/boot/Image"
	expect_cause "$cause on a fixed kernel" 'not-this-fault|cannot-tell' None not-this-fault
done

# --- newer kernels, which print stacks in other ways: each CPU its own, and letters behind the names ---
for suite in ${SUITES:-trixie}; do
	debian_kernel_unpacked "$suite" || continue
	driver=$(find "$scratch/kernel-$suite" -name 'virtio_mmio.ko*') other=$(find "$scratch/kernel-$suite" -name 'crc7.ko*')
	[ -n "$driver" ] || {
		skip "$suite's guests" 'its kernel package has no modules'
		continue
	}
	case $driver in *.xz) xz --decompress --keep "$driver" "$other" ;; esac
	# Without its signature, whose check would be most of what a load does
	"$(command -v aarch64-linux-gnu-strip || echo strip)" --strip-debug "${other%.xz}"
	for line in 'bpf not-this-fault bpf-jit' 'spin not-this-fault None' 'module not-this-fault module|None'; do
		# shellcheck disable=SC2086 # three words
		set -- $line
		provoke "$suite-$1" "$1" "$image" --module="${driver%.xz}" --file="${other%.xz}:module.ko" \
			--append=icache_ipi_module=crc7
		expect_cause "$suite, $1" "$2" "$3" not-this-fault
	done
	run "$O/icache-ipi-vm" --quiet --dump --cpus=4 --output="$scratch/$suite-dump" --census-at=burst \
		--module="${driver%.xz}" "$image" -- burst
	is "$rc" 0 "$suite: fixed"
	dump=$scratch/$suite-dump/dump.kdump
	like "$("$triage" "$dump")" ': not this fault: the kernel in this vmcore is fixed' "$suite, its vmcore: fixed"
	is "$(answer "$dump" '(answer["cpus"], answer["cpus_unread"])')" '(4, 0)' "$suite, its vmcore: each CPU was read"
	is "$(answer "$dump" '{g["frames"][-1] for g in groups if g["act"] == "idle"} <= {"__secondary_switched",
		"__primary_switched"}')" True "$suite, its vmcore: stacks to their end"
	rm -rf "$scratch/kernel-$suite" "$dump"
done

done_testing
