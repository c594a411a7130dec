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
	for form in dmesg journal-json html sysrq-l mixed-untagged-1 caller panic-names; do
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

# --- shapes of public reports ---
mkdir field
awk '/^=== / { file = "field/" $2 ".log"; print $2, $3 >"field.truth"; next }
	file { print >file }' "$top/tests/cli/triage/field.expected"
like "$(wc -l <field.truth)" '^[2-9][0-9]$' 'shapes of public reports'
while read -r name verdict; do
	run "$triage" "field/$name.log"
	is "$(echo "$out" | sed -n '1s/^[^:]*: \([^:]*\).*/\1/p' | tr ' ' -)" "$verdict" "report: $name"
done <field.truth

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
for code in AFFECTED MERGED; do
	mini_vmlinux $code vmlinux
	mini_image vmlinux Image --layout 5.10
	"$top/tests/lib/make-core.py" Image flat vmcore
	run "$triage" vmcore
	case $code in
	AFFECTED) like "$rc $out" '^3 .*in this vmcore is affected.*triage vmcore-dmesg.txt' 'a vmcore of an affected kernel' ;;
	*) like "$rc $out" '^0 .*in this vmcore is fixed' 'a vmcore of a fixed kernel' ;;
	esac
done
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
run "$triage" many.log
like "$rc $out" '^0 many.log: not this fault' 'many incidents, names, frames'
like "$out" '^  17[0-9] more: not this fault' 'more incidents than there is room for: all are judged'
cat logs/split.dmesg.log >>many.log
run "$triage" --quiet many.log
is "$rc" 2 '... and the last one counts'

# --- a large log in little memory ---
awk 'BEGIN { for (i = 0; i < 600000; i++)
	printf "[%12.6f] usb 1-1: new high-speed USB device number %d using xhci_hcd port %d %d\n", i / 1000, i % 99, i, i * 7 }' >large.log
sed 's/\[ 8123/[ 9123/' logs/split.dmesg.log >>large.log
is "$(sh -c "ulimit -v $(memory_limit 65536); '$triage' --quiet large.log; echo \$?")" 2 "$(($(wc -c <large.log) >> 20)) MiB of log in less than 64 MiB of memory, mappings and all"
is "$(sh -c "ulimit -v $(memory_limit 65536); xz -0 -c large.log | '$triage' --quiet -; echo \$?")" 2 '... and compressed'
head -c 300000000 /dev/zero | zstd -q --long=27 -c >bomb.zst
is "$(sh -c "ulimit -v $(memory_limit 65536); '$triage' --quiet bomb.zst 2>/dev/null; echo \$?")" 3 'a stream that wants a large window is refused'

done_testing
