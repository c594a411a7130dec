#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# triage.t: icache-ipi-triage on lockups in every form that logs come in, on public reports' shapes, and
# on what is meant to hurt it
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/mini-kernel.sh"
triage=$O/icache-ipi-triage
schema=$top/docs/schemas/icache-ipi-triage.schema.json
cd "$scratch"

# --- made-up lockups with their truth, in all forms ---
"$top/tests/lib/triage-logs.py" logs
like "$(wc -l <logs/truth)" '^1[0-9][0-9][0-9]$' 'more than a thousand logs'
(cd logs && find . -name '*.log*' -printf '%f\n' | sort | xargs "$triage" --json) >answers || :
like "$("$top/tests/lib/triage-truth.py" logs answers)" '^[0-9]* right, 0 wrong, 0 not told$' \
	'every verdict and every cause is the true one'
# A wrong truth would be seen.
sed -i 's/^split.dmesg.log this-fault/split.dmesg.log not-this-fault/' logs/truth
like "$("$top/tests/lib/triage-truth.py" logs answers | tail -n 1)" ', 1 wrong, ' 'a wrong answer would be seen'
run python3 - "$schema" answers <<'END'
import json, jsonschema, sys
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
check = jsonschema.Draft7Validator(schema)
for line in open(sys.argv[2]):
    check.validate(json.loads(line))
END
is "$rc$err" 0 'all of that JSON is as its schema says'

# --- a redacted copy has the same verdict, and no name ---
# brief LOG: its verdict, and the cause of each incident
brief()
{
	"$triage" --json "$1" | python3 -c 'import json, sys
answer = json.load(sys.stdin)
print(answer["verdict"], [incident["cause"] for incident in answer["incidents"]])'
}
different=''
for log in split seccomp both waiters names module spin idle static-key; do
	for form in dmesg journal-json html sysrq-l mixed-untagged-1 caller mixed.caller mixed.kmsg-caller panic-names crash; do
		[ -f "logs/$log.$form.log" ] || continue
		"$triage" --redact "logs/$log.$form.log" >redacted || :
		[ "$(brief "logs/$log.$form.log")" = "$(brief redacted)" ] ||
			different="$different $log.$form"
		! grep -q -E 'node-a17|java|tile-render|sshd|3123|8123|Lanqiao|x[0-9]+: [0-9a-f]*[1-9]' redacted ||
			different="$different $log.$form(names)"
	done
done
is "$different" '' 'redacted: the same verdict and cause, and no host, command, process, time or register'
"$triage" --redact logs/split.dmesg.log >redacted || :
like "$(wc -l <redacted)" '^[1-9][0-9]$' 'redacted: short'
# Lines of somebody else that look like frames, and a release that names a machine
cat >others.log <<'END'
[   12.000000] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [java:3123]
[   12.000001] Call trace:
Last login: Mon Jan 1 from home
web01.internal.example.com
alice_smith
[   12.000002]  kick_all_cpus_sync+0x1/0x2
[   12.000003] alice_smith at desk 4
[   12.000004] bob.jones from 10.0.0.3 port 22
carol_x at db12 logged in
plan_b compiled drivers/secret.c:12 ok
[   15.0] CPU: 1 PID: 12 Comm: java Not tainted 5.10-1@web01 #1
Linux version 5.10.alice@web01 (root@build)
END
"$triage" --redact others.log >redacted || :
is "$(grep -E -i 'alice@|alice_|\.alice|bob|carol|plan_b|secret|web01|home|desk|db12' redacted)" '' \
	'redacted: no name that only looks like a function'
like "$(cat redacted)" 'kick_all_cpus_sync\+0x0' '... and what is one stays'
cat >releases.log <<'END'
[    0.000000] Linux version -web01 (alice@desk)
[    0.000000] Linux version 10.20.30.40
[    1.000000] CPU: 3 PID: 12 Comm: x Not tainted 10.20.30.40-web01 #1
[    1.000000] CPU: 3 PID: 12 Comm: x Not tainted 4.19.13-bsp.4 #1 SMP
END
"$triage" --redact releases.log >redacted || :
is "$(grep -E '10\.20|web01|alice' redacted)" '' 'redacted: an address, or a name, is no release'
like "$(cat redacted)" 'tainted 4\.19\.13-bsp\.4 #1' '... and a release stays'

# Records of /dev/kmsg have their own clock.
like "$("$triage" --explain logs/split.kmsg.log)" '^  stacks at 8123\.4 s: this fault' 'kmsg: when it was'
# crash prints one CPU after another: whose stack is whose is known.
like "$("$triage" logs/split.crash.log)" 'CPU 17 interrupts all others: .*[(]java, pid 3123[)]' 'crash: the sender is named'
# Logs without times: a kernel that starts ends what was before.
sed 's/^\[[^]]*\] //' logs/seccomp.dmesg.log >reboot.log
run "$triage" --json reboot.log
is "$(echo "$out" | grep -o '"verdict":"[a-z-]*","cause"' | sort -u | wc -l)" 1 'without a reboot: one incident'
{ cat reboot.log; echo 'Linux version 4.19.13 (root@build) #1 SMP'; sed 's/^\[[^]]*\] //' logs/split.dmesg.log; } >reboots.log
run "$triage" --json reboots.log
is "$(echo "$out" | python3 -c 'import json, sys
print([incident["verdict"] for incident in json.load(sys.stdin)["incidents"]])')" "['not-this-fault', 'this-fault']" \
	'a reboot: two incidents'
# The affected range: a release supports an answer, and proves none.
kernel=$(sed -n 's/.*ainted.* \([0-9][0-9.a-z-]*\) #1.*/\1/p' logs/split.dmesg.log | head -n 1)
while read -r release is; do
	sed "s/$kernel #1/$release #1/" logs/split.dmesg.log >release.log
	run "$triage" release.log
	like "$out" "kernel named in the log: $release, $is the affected range" "$release is $is the affected range"
done <<-END
	4.18.20 not in
	4.19.0 in
	4.19.19 in
	4.19.19-vendor.20 in
	4.19.20 not in
	4.20.6 in
	4.20.7 not in
	5.0.1 not in
END

# --- shapes of public reports ---
mkdir field
awk '/^=== / { file = "field/" $2 ".log"; print substr($0, 5) >"field.truth"; next }
	file { print >file }' "$top/tests/cli/triage/field.expected"
like "$(wc -l <field.truth)" '^[2-9][0-9]$' 'shapes of public reports'
while read -r name verdict words; do
	run "$triage" "field/$name.log"
	[ -z "$words" ] || like "$out" "$words" "report: $name: why"
	is "$(echo "$out" | sed -n '1s/^[^:]*: \([^:]*\).*/\1/p' | tr ' ' -)" "$verdict" "report: $name"
done <field.truth
"$triage" --redact field/x86-doubtful-frame.log >redacted || :
like "$(cat redacted)" '\? bpf_int_jit_compile' 'redacted: what is doubtful stays so'

# --- the answer ---
run "$triage" logs/split.dmesg.log
is "$rc" 2 'this fault: exit code'
like "$out" '^logs/split.dmesg.log: this fault$' 'this fault: the first line'
like "$out" 'CPU 17 interrupts all others: kick_all_cpus_sync < sync_icache_aliases < .* \(java, pid 3123\)' 'who sends'
like "$out" '3 CPUs wait for a page table.s lock: queued_spin_lock_slowpath < __split_huge_pmd < ' 'who waits'
like "$out" 'soft lockups: 4 CPUs, 2[23].* s; kernel named in the log: 4.19.13, in the affected range' 'what is reported'
like "$out" 'next: icache-ipi check' 'what to do'
run "$triage" logs/waiters.dmesg.log
like "$rc $out" '^3 .*cannot tell: CPUs wait .*no stack shows what its holder does' 'cannot tell: why'
like "$out" 'softlockup_all_cpu_backtrace' 'cannot tell: what to do the next time'
run "$triage" --explain logs/seccomp.dmesg.log
like "$rc $out" '^0 .*not this fault: .*the BPF JIT' 'not this fault: the cause'
like "$out" '1 x soft-lockup, broadcasts for bpf-jit: .* bpf_prog_create_from_user' '--explain: stacks as they were read'
like "$out" 'rule: the stack of the CPU that interrupts all others decides' '--explain: the rule'
run "$triage" logs/two.seccomp-split.log
is "$rc" 2 'two incidents: the worse one counts'
like "$out" '^  at 8123.4 s: not this fault: ' 'two incidents: the first'
like "$out" '^  at 8523.4 s: this fault: ' 'two incidents: the second'
run "$triage" --quiet logs/split.dmesg.log
is "$rc$out$err" 2 '--quiet: the exit code alone'
run sh -c "cat logs/split.packed.log.xz | '$triage' -"
like "$rc $out" '^2 -: this fault' 'standard input, compressed'

# --- many, and folders ---
mkdir -p folder/deep
cp logs/seccomp.dmesg.log folder/a.log
cp logs/idle.dmesg.log folder/deep/b.log
ln -s /etc folder/link
run "$triage" folder
is "$rc $(echo "$out" | cut -d: -f1,2)" "0 folder/a.log: not this fault
folder/deep/b.log: not this fault" 'a folder: one line each, no link is followed'
cp logs/waiters.dmesg.log folder/c.log
run "$triage" folder
is "$rc" 3 'of several the worst counts: cannot tell before not this fault'
run "$triage" folder logs/split.dmesg.log
is "$rc" 2 '... and this fault before both'
mkdir none
run "$triage" none
like "$rc $err" '^3 .*nothing was judged' 'an empty folder'
run "$triage" not-there
like "$rc $err" '^3 .*not-there: cannot be opened' 'a log that is not there'
run "$triage" /dev/null
like "$rc $err" '^3 .*is no regular file' 'a device'
mkfifo fifo
run timeout 20 "$triage" fifo
like "$rc $err" '^3 .*is no regular file' 'a FIFO is not waited for'
run "$triage"
is "$rc" 64 'no log: usage'
run "$triage" --redact folder
is "$rc" 64 '--redact takes one log'
printf 'KDUMP   0123456789' >vmcore
run "$triage" vmcore
like "$rc $out" '^3 vmcore: cannot tell: ' 'a damaged vmcore'
# --- vmcores: the stacks of all CPUs, by the kernel's own page tables, and its code ---
# The names of the fault's functions for some of a small kernel.
for code in AFFECTED MERGED UNCALLED NODATA; do
	no_data=''
	case $code in
	NODATA) mini_vmlinux AFFECTED vmlinux && no_data=--no-data ;;
	UNCALLED) mini_vmlinux AFFECTED vmlinux "${mini_cross}gcc" -O2 -DIN_SET_PTE=kgdb_connected++ ;;
	*) mini_vmlinux $code vmlinux ;;
	esac
	mini_names='s/ filler_11$/ queued_spin_lock_slowpath/; s/ filler_12$/ __split_huge_pmd/
		s/ filler_13$/ __split_huge_pmd_locked/; s/ filler_14$/ el0_svc/; s/ filler_15$/ arch_cpu_idle/
		s/ filler_16$/ smp_call_function_many_cond/; s/ filler_17$/ zap_page_range/' \
		mini_image vmlinux Image.$code --layout 5.10 $no_data
done
split='__split_huge_pmd<zap_page_range<el0_svc'
sender="smp_call_function_many_cond<kick_all_cpus_sync<sync_icache_aliases<__sync_icache_dcache<__split_huge_pmd_locked<$split"
waiter="queued_spin_lock_slowpath<$split"
vmcore_form=zlib
# vmcore CODE CPUS [OPTION...]: triage of a dump of these CPUs
vmcore()
{
	code=$1 cpus=$2
	shift 2
	"$top/tests/lib/make-core.py" --map "Image.$code.map" --cpus "$cpus" --base ffffff8008080000 "$@" \
		"Image.$code" "$vmcore_form" vmcore
	run "$triage" vmcore
}
for vmcore_form in elf raw flat zlib; do
	vmcore AFFECTED "$sender,$waiter,$waiter,user,off,arch_cpu_idle"
	like "$rc $out" '^2 vmcore: this fault$' "a vmcore, $vmcore_form: this fault"
	like "$out" 'CPU 0 interrupts all others: kick_all_cpus_sync < sync_icache_aliases < ' "a vmcore, $vmcore_form: who sends"
	like "$out" '2 CPUs wait for a page table.s lock: queued_spin_lock_slowpath < __split_huge_pmd < zap_page_range' "a vmcore, $vmcore_form: who waits"
done
like "$out" 'CPUs: 5 run; .*the code of the kernel is affected' 'a vmcore: what it is of'
while read -r pages bits base; do
	vmcore AFFECTED "$sender,$waiter" --pages "$pages" --bits "$bits" --base "$base"
	like "$rc $out" '^2 .*this fault$' "a vmcore, pages of 2^$pages, VA_BITS $bits: this fault"
done <<-END
	12 48 ffff000008080000
	14 36 fffffff008080000
	14 47 ffff800010000000
	16 42 fffffc0008080000
	16 48 ffff800010000000
	16 52 fff0800010000000
	12 39 ffffffd3c2a80000
END
# Each: exit code, kernel, words of the answer, CPUs.
while read -r wanted kernel words cpus; do
	vmcore "$kernel" "$(echo "$cpus" | sed "s/W/$waiter/g")"
	like "$rc $out" "^$wanted vmcore: .*$(echo "$words" | tr _ ' ')" "a vmcore: $kernel, $cpus"
done <<-'END'
	2 AFFECTED this_fault __split_huge_pmd_locked<__split_huge_pmd<el0_svc,W,W
	2 AFFECTED this_fault W,W,user
	2 AFFECTED this_fault __flush_icache_range<sync_icache_aliases<__sync_icache_dcache<set_pte_at,user
	0 AFFECTED a_kernel_module_is_loaded kick_all_cpus_sync<load_module<el0_svc,user
	0 AFFECTED ptrace_writes kick_all_cpus_sync<sync_icache_aliases<copy_to_user_page<el0_svc,W
	0 AFFECTED no_CPU_interrupts W,arch_cpu_idle
	0 AFFECTED none_of_2_CPUs arch_cpu_idle,user,off
	0 AFFECTED none_of_2_CPUs user,user
	0 MERGED is_fixed W,W,__split_huge_pmd_locked<__split_huge_pmd<el0_svc
	0 MERGED is_fixed:.*module kick_all_cpus_sync<load_module<el0_svc,W
END
vmcore AFFECTED "arch_cpu_idle,$waiter,$waiter" --cut
like "$rc $out" '^3 .*the stack of a CPU cannot be read' 'a vmcore without the stack of the last CPU: cannot tell'
vmcore AFFECTED "$sender,arch_cpu_idle" --cut
is "$rc" 2 '... but the sender is in it: this fault'
vmcore AFFECTED "arch_cpu_idle,$waiter" --unmapped
like "$rc $out" '^3 .*the stack of each CPU cannot be read' 'a vmcore without page tables: cannot tell'
# A CPU that did not answer when the kernel crashed has no note. It may be the holder of the lock.
vmcore AFFECTED "arch_cpu_idle,$waiter,user" --online 4
like "$rc $out" '^3 .*the stack of a CPU cannot be read' 'a vmcore without the note of a CPU that is online: cannot tell'
like "$out" 'CPUs: 4 run; ' '... and how many there are'
vmcore AFFECTED "arch_cpu_idle,$waiter,user" --online 3
is "$rc" 0 '... with the notes of all: not this fault'
vmcore AFFECTED "$sender,$waiter,off" --online 2
is "$rc" 2 '... of one that is off, none is missed'
# Without CONFIG_KALLSYMS_ALL nobody knows how many CPUs a kernel had that crashed: one that panics itself leaves no
# note. A hypervisor has them all.
vmcore NODATA "arch_cpu_idle,$waiter,user" --crashed
like "$rc $out" '^3 .*wait for the lock of a page table, and how many CPUs ran is not known' \
	'a vmcore of kdump, CPUs not counted: cannot tell'
like "$out" '  next: icache-ipi triage on the log of that crash: vmcore-dmesg.txt' '... and what to do'
vmcore NODATA "$sender,$waiter" --crashed
is "$rc" 2 '... but the sender is in it: this fault'
vmcore NODATA "arch_cpu_idle,user" --crashed
like "$rc $out" '^3 .*is affected, and how many CPUs ran is not known' '... and nobody waits: cannot tell'
vmcore NODATA "arch_cpu_idle,$waiter,user"
is "$rc" 0 '... of a hypervisor: not this fault'
vmcore AFFECTED "arch_cpu_idle,$waiter,user" --crashed --online 3
is "$rc" 0 'a vmcore of kdump, with the notes of all: not this fault'
vmcore AFFECTED "arch_cpu_idle,$waiter,user" --crashed --online 4
is "$rc" 3 '... without one: cannot tell'
# What is missing may be in the log that the dump has, of old kernels and of new ones.
for form in ring records; do
	vmcore AFFECTED "arch_cpu_idle,$waiter,user" --online 5 --log logs/split.dmesg.log --log-form $form
	like "$rc $out" '^2 vmcore: this fault$' "a vmcore without the notes of two CPUs, the sender in its log ($form): this fault"
	like "$out" 'CPUs: 5 run; .*the code of the kernel is affected' "... ($form) of which kernel"
	like "$out" '  seen in the log that is in the dump: 2 CPUs left no registers$' "... ($form) and where that was seen"
done
is "$("$triage" --json vmcore | python3 -c 'import json, sys
answer = json.load(sys.stdin)
print(answer["verdict"], answer["code"], answer["cpus"], answer["cpus_unread"])')" 'this-fault affected 5 2' '... --json'
vmcore AFFECTED "arch_cpu_idle,$waiter,user" --online 3 --log logs/split.dmesg.log
is "$rc" 0 '... no note is missing: the stacks decide, and no log of some day'
vmcore AFFECTED "arch_cpu_idle,$waiter,user" --online 4 --log logs/ftrace.dmesg.log
is "$rc" 3 '... another cause in the log may be long ago: cannot tell'
vmcore MERGED "arch_cpu_idle,$waiter,user" --online 5 --log logs/split.dmesg.log
is "$rc" 0 '... of a fixed kernel: not this fault'
# The mitigation in force: whose function the kernel calls now. A kernel that calls another's is not recognised.
while IFS=, read -r wanted told reroute; do
	vmcore AFFECTED "$waiter,$waiter,user" --reroute "$reroute"
	like "$rc $out" "^$wanted " "a vmcore, its call goes to $reroute: triage"
	run "$O/icache-ipi-check" vmcore
	is "$rc$(echo "$out" | sed -n '1s/.*:/:/p')" "$told" "a vmcore, its call goes to $reroute: check"
done <<-END
	0,1: mitigated,icache ipi flush
	0,1: mitigated,icache ipi skip!
	0,1: mitigated,veneer,icache ipi flush
	0,1: mitigated,veneer,pad,icache ipi flush
	0,1: mitigated,pad,jump,icache ipi skip!
	3,3: unknown,icache ipi other
	0,1: mitigated,probe,icache ipi probe
	0,1: mitigated,probe-5.14,pad,icache ipi probe
	3,3: unknown,probe,icache ipi flush
	3,3: unknown,probe,icache ipi other
	3,3: unknown,probe-elsewhere,icache ipi probe
	3,3: unknown,probe-list,icache ipi probe
	3,3: unknown,icache ipi probe
END
vmcore UNCALLED "$waiter,arch_cpu_idle" --reroute 'icache ipi flush'
run "$O/icache-ipi-check" vmcore
like "$rc $out" "^3 .*unknown$" '... of a kernel that is not recognised with its own call, either'
like "$out" "control 'callers': 0 calls" '... which is the reason'
vmcore AFFECTED "$waiter,arch_cpu_idle" --reroute 'icache ipi flush'
like "$out" ': not this fault: the kernel in this vmcore is mitigated: ' '... in words'
like "$out" 'CPUs: 2 run; the code of the kernel is mitigated$' '... its code'
like "$("$triage" --json vmcore)" '"code": *"mitigated"' '... --json'
like "$("$O/icache-ipi-check" --explain vmcore)" 'icache_ipi_mitigate has replaced the call at 0xffffff8008' '... whose call it is'
vmcore AFFECTED "$sender,$waiter" --reroute 'icache ipi flush'
like "$rc $out" '^0 .*is mitigated' '... a stack that was left when the module came'
vmcore AFFECTED 'user,user' --reroute 'icache ipi flush'
run "$O/icache-ipi-check" vmcore
is "$rc" 3 '... no CPU in the kernel, and so no page tables: unknown'
"$top/tests/lib/make-core.py" Image.AFFECTED flat vmcore
run "$triage" vmcore
like "$rc $out" '^3 .*in this vmcore is affected.*no registers of its CPUs' 'a vmcore without notes'
run "$triage" --json vmcore
like "$out" '"code": *"affected"' 'a vmcore, --json: its code'
run "$triage" --redact vmcore
like "$rc $err" '^3 .*only a log can be redacted' 'a vmcore is not redacted'
head -c 300 logs/split.packed.log.gz >cut.gz
run "$triage" cut.gz
like "$rc $err" '^3 .*gzip stream is damaged' 'a damaged file is no answer'

# --- what strangers write ---
printf '[    1.0] \033]0;title\007\033[2J\n[    2.000000] watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [a\033[31m\302\233x\n\nb:5]\n[    2.000001] CPU: 3 PID: 5 Comm: \342\200\256evil Not tainted 4.19.1\007 #1\n[    2.1] Call trace:\n x\033[5m+0x1/0x2\n' >"esc$(printf '\033')[31m.log"
for option in --json --explain --redact; do
	run sh -c "'$triage' $option esc*.log"
	is "$(printf '%s%s' "$out" "$err" | tr -d '\n\t -~' | LC_ALL=C tr -d '\200-\377')" '' "$option: no control character of the log or its name is printed"
done
python3 - <<'END'
import random
rng = random.Random(5)
with open("many.log", "w") as file:  # more of everything than there is room for
    for i in range(300):
        t = i * 1000.0
        for cpu in range(8):
            file.write("[%12.6f] watchdog: BUG: soft lockup - CPU#%d stuck for 22s! [x%d:%d]\n" % (t, cpu * 999, i, i))
            file.write("[%12.6f] CPU: %d PID: 1 Comm: y Not tainted 4.19.1 #1\n[%12.6f] Call trace:\n" % (t, cpu * 999, t))
            for depth in range(rng.randrange(200)):
                file.write("[%12.6f]  f%d+0x1/0x2\n" % (t, rng.randrange(100000)))
            file.write("[%12.6f]  el0_svc+0x1/0x2\n" % t)
    file.write("[" * 100000 + "\n" + "A" * 5000000 + "\n[    1.000000]" * 2000)
END
csi=$(printf '\302\233')
cp logs/split.dmesg.log "l${csi}2J.log"
run "$triage" --json "l${csi}2J.log"
is "$(printf '%s' "$out" | LC_ALL=C tr -d '\n -~')" '' '--json: nothing that a terminal obeys, be it good UTF-8'
like "$out" '"path":"l.u009B2J.log"' '... the name is whole'
run "$triage" many.log
like "$rc $out" '^0 many.log: not this fault' 'many incidents, names, frames'
like "$out" '^  17[0-9] more: not this fault' 'more incidents than there is room for: all are judged'
cat logs/split.dmesg.log >>many.log
run "$triage" --quiet many.log
is "$rc" 2 '... and the last one counts'
awk 'BEGIN { while (i++ < 1480) printf "x[1.123456]"; print "" }' >line.log
cat line.log logs/split.dmesg.log >glued.log
# shellcheck disable=SC3045 # dash and bash have it
is "$(sh -c "ulimit -s 1024; '$triage' --quiet glued.log; echo \$?" 2>&1)" 2 'a thousand messages on one line need no more stack than one'

# --- a large log in little memory ---
awk 'BEGIN { for (i = 0; i < 600000; i++)
	printf "[%12.6f] usb 1-1: new high-speed USB device number %d using xhci_hcd port %d %d\n", i / 1000, i % 99, i, i * 7 }' >large.log
sed 's/\[ 8123/[ 9123/' logs/split.dmesg.log >>large.log
is "$(sh -c "ulimit -v $(memory_limit 65536); '$triage' --quiet large.log; echo \$?")" 2 "$(($(wc -c <large.log) >> 20)) MiB of log in less than 64 MiB of memory, mappings and all"
is "$(sh -c "ulimit -v $(memory_limit 65536); xz -0 -c large.log | '$triage' --quiet -; echo \$?")" 2 '... and compressed'
head -c 300000000 /dev/zero | zstd -q --long=27 -c >bomb.zst
is "$(sh -c "ulimit -v $(memory_limit 65536); '$triage' --quiet bomb.zst 2>/dev/null; echo \$?")" 3 'a stream that wants a large window is refused'
# Files that are large and cost nothing: each takes seconds of CPU, not minutes.
# quickly OPTION...: triage within a minute of CPU, on a slow machine too
quickly()
{
	# shellcheck disable=SC3045 # dash and bash have it
	(ulimit -t 60; exec "$triage" "$@") >"$scratch/out" 2>"$scratch/err" && rc=0 || rc=$?
}
truncate --size=40G sparse.log
quickly sparse.log
is "$rc" 3 'a log of 40 GiB that nobody wrote: no answer'
{ cat logs/split.dmesg.log && truncate --size=40G /dev/stdout && cat logs/split.dmesg.log; } >>sparse.log
quickly --json sparse.log
"$triage" --json logs/split.dmesg.log >"$scratch/whole" || :
verdict='import json, sys; print([json.loads(line)["verdict"] for line in open(sys.argv[1])])'
is "$rc $(/usr/bin/python3 -c "$verdict" "$scratch/out")" "2 $(/usr/bin/python3 -c "$verdict" "$scratch/whole")" \
	'a log of 40 GiB that has a hole in it (logrotate with copytruncate): the answer'
rm sparse.log
head -c 1200000000 /dev/zero | zstd -q -c >bomb.zst
quickly bomb.zst
like "$rc $(cat "$scratch/err")" '^3 .*without the end of a line' 'a packed log of NULs is read to a bound'
if [ -z "${ICACHE_IPI_SANITIZED-}" ]; then
	{ cat logs/split.dmesg.log && yes '' | head -c 1200000000; } | zstd -q -c >bomb.zst
	quickly bomb.zst
	like "$rc $(cat "$scratch/err")" '^3 .*expands more than 1000 times' '... and one of empty lines'
else
	skip '... and one of empty lines' 'minutes with sanitizers'
fi

done_testing
