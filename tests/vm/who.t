#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# who.t: icache-ipi-who beside the workload, on kernels of all codes: what it counts is what was done
#
# Two truths were measured in other ways: a kprobe event of tracefs counts the broadcasts of each step
# ("count"), and tests/vm/count-5.10.expected has their prices. What a step costs on posted code has a cause
# of its own, uprobe or ptrace; what it costs more on affected code is this fault.
#
# SUITES='bullseye bookworm' names Debian's kernels (default: bookworm trixie), KERNEL_TREE=DIR[:DIR...] trees.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/modules.sh"
. "$top/tests/lib/debian-kernels.sh"
. "$top/tests/lib/guests.sh"

make -s -C "$top" O="$O" "$O/arm64/icache-ipi-who"
program=--file=$O/arm64/icache-ipi-who
probes=/sys/kernel/debug/kprobes/list
# Its end is that of the signal. It reads all of kallsyms before it arms the probe; guest time costs nothing.
start='start /icache-ipi-who --json --interval=100000
sleep 5000
count'
watched()
{
	printf '%s\n' "$start" "$@" count 'end 2'
}

# sums NUMBER: of the guest's NUMBERth JSON
sums()
{
	/usr/bin/python3 "$top/tests/lib/who-sums.py" "$1" "$scratch/$label/console" 2>&1 | tail -n 1
}

# posted_price SCENARIO: what it costs on posted code
posted_price()
{
	awk -v scenario="$1" '$1 == scenario { sum += $5 } END { print sum }' "$top/tests/vm/count-${prices:-5.10}.expected"
}

# is_sums NUMBER COUNT CAUSES NAME: nothing is lost, and it is what the kprobe event counted
is_sums()
{
	sums=$(sums "$1")
	is "$(echo "$sums" | cut -d' ' -f1-3)" "$(answer "$2" count) 0 0" "$label: $4: all that was counted, none lost"
	like "$(echo "$sums" | cut -d' ' -f4)" "^$3\$" "$label: $4: by cause"
}

# rows LABEL KDIR CODE [STEP]: the price list's scenarios, one after another. Each reading of the counter is the
# second after that which followed the start.
rows()
{
	{
		echo "${4-}"
		echo 'workload fault split migrate mprotect uprobe ptrace'
		echo count
		for scenario in fault split migrate mprotect uprobe ptrace execute; do
			watched "workload $scenario"
		done
		# The price list has two processes whose first hit it does not count: two broadcasts each.
		echo "read $probes"
	} >"$scratch/rows"
	image=$2/arch/arm64/boot/Image
	# shellcheck disable=SC2046 # one option a word
	guest "$1" '' --cpus=8 --nodes=2 "$program" $([ -z "${4-}" ] || build "$2") <"$scratch/rows"
	image=''
	clean
	number=0
	for scenario in fault split migrate mprotect uprobe ptrace execute; do
		number=$((number + 1))
		own=$(posted_price "$scenario")
		name=$scenario
		case $scenario in uprobe) own=$((own + 4)) ;; execute) name=ptrace ;; esac
		case $3:$own in
		affected:0) causes='user-pte=[1-9][0-9]*' ;;
		affected:*) causes="$name=$own,user-pte=[1-9][0-9]*|user-pte=[1-9][0-9]*,$name=$own" ;;
		posted:0 | merged:*) causes=- ;;
		posted:*) causes=$name=$own ;;
		esac
		is_sums $number $((2 * number + 1)) "($causes)" "$scenario"
		! [ "$causes" = - ] || is "$(answer $((2 * number + 1)) count)" 0 "$label: $scenario: there was none"
	done
}
affected=$(kernel_build_dir regress)
rows affected "$affected" affected
rows posted "$(kernel_build_dir regress 5.10.y-posted)" posted
rows mitigated "$affected" posted 'load icache_ipi_mitigate.ko'
rows merged "$(kernel_build_dir)" merged

# --- two causes at once, from two processes ---
guest two "$affected" --cpus=8 --nodes=2 "$program" <<END
load icache_ipi_mitigate.ko
write /proc/sys/kernel/perf_event_max_stack 16
$start
beside ptrace
workload uprobe
await
count
end 2
END
clean
sums=$(sums 1)
is "$(echo "$sums" | cut -d' ' -f1-3)" "$(answer 2 count) 0 0" 'two: all that was counted, none lost'
like "$(echo "$sums" | cut -d' ' -f4-5)" "^ptrace=$(posted_price ptrace),uprobe=$(($(posted_price uprobe) + 4)) 0\$" \
	'two: each process has its own cause, and no other'

# --- a storm, killed in it, and mitigated ---
guest storm "$affected" --cpus=8 --nodes=2 "$program" <<END
workload burst
count
$(watched 'workload burst' 'workload burst')
run /icache-ipi-who --prometheus=/series --interval=0.02 --duration=0.1
start /icache-ipi-who --prometheus=/series --interval=0.02
sleep 5000
count
workload burst
workload burst
count
end 2
read /series
read $probes
background burst
start /icache-ipi-who --interval=100000
sleep 2000
read $probes
end 9
read $probes
stop
load icache_ipi_mitigate.ko
$(watched 'workload burst')
unload icache_ipi_mitigate
$(watched 'workload burst')
start /icache-ipi-who --max-per-second=0 --duration=0.5
sleep 8000
end 2
$start
run /icache-ipi-who --duration=0.01
count
end 2
END
clean
# Some code of the workload itself may become executable the first time.
storm=$(answer 3 count)
is "$((storm >= 8192 && storm <= 8256))" 1 "storm: two bursts of eight huge pages ($storm broadcasts)"
is_sums 1 3 "user-pte=$storm" storm
is "$(answer 1 "read $probes" | tr -s ' ')" "$(answer 3 "read $probes" | tr -s ' ')" \
	'killed in a storm: the list of kprobes is as it was'
is "$(answer 1 "read $probes" | grep -o kick_all_cpus_sync | wc -l) $(answer 2 "read $probes" | grep -o kick_all_cpus_sync | wc -l)" \
	'1 2' '... and it had one more'
like "$(all end)" '^0 0 -9 ' '... by SIGKILL'
is "$(answer 1 'load icache_ipi_mitigate.ko')" ok 'mitigated: the module loads'
is_sums 2 7 - mitigated
is "$(answer 7 count)" 0 'mitigated: there is no broadcast'
# A reading each fiftieth of a second, by turns from both halves of the maps. The program ran before: its own
# code broadcasts when it becomes executable.
series=$(answer 1 'read /series')
is "$(echo "$series" | grep -o -e 'user-pte"} [0-9]*' -e 'unknown"} [0-9]*' -e 'lost_total [0-9]*' -e 'broadcast_ipis_total [0-9]*' | grep -v ' $' | sed 's/.* //' | xargs)" \
	"0 $(answer 5 count) $((7 * $(answer 5 count))) 0" 'read often: nothing is lost, and nothing twice'
is_sums 3 9 'user-pte=4[01][0-9][0-9]' 'no longer mitigated'
like "$(all output)" ' on 8 CPUs: 0 broadcasts, 0 IPIs \(0 a second\)' 'a table'
# What loads a BPF program is seen: another one of these.
like "$(sums 4)" '^[1-9][0-9]* 0 0 (.*,)?bpf-jit=1(,.*)? [01] icache-ipi-who' 'its own kind: the BPF JIT, by name'

# --- one process, some CPUs, a command, a limit ---
make -s -C "$top" O="$O" "$O/arm64/icache-ipi-stress"
guest asked "$affected" --cpus=8 --nodes=2 "$program" --file="$O/arm64/icache-ipi-stress" <<END
count
stopped burst
start /icache-ipi-who --json --interval=100000 --pid BESIDE
sleep 5000
workload burst
count
await
count
end 2
start /icache-ipi-who --json --interval=100000 --cpu=2-3,7
sleep 5000
count
workload burst
count
end 2
run /icache-ipi-who --prometheus=/first --interval=100000 --max-per-second=1 -- /icache-ipi-stress burst
read /first
run /icache-ipi-who --prometheus=/second --interval=100000 --max-per-second=1000000000 -- /icache-ipi-stress burst
read /second
END
clean
is_sums 1 3 'user-pte=4[01][0-9][0-9]' 'one process of two'
is "$(($(answer 2 count) > 4096))" 1 'asked: the other one broadcast as well'
# asked NUMBER: of that JSON, broadcasts, CPUs, whether each got what others sent, whether that is the sum
asked()
{
	/usr/bin/python3 -c 'import json, sys
outputs = [line[len("@ output: "):] for line in open(sys.argv[2], errors="replace") if line.startswith("@ output: {")]
table = json.loads(outputs[int(sys.argv[1]) - 1])
cpus = table["cpus"]
print(table["broadcasts"], ",".join(str(cpu["cpu"]) for cpu in cpus),
    all(cpu["received"] == table["broadcasts"] - cpu["sent"] for cpu in cpus),
    table["ipis"] == sum(cpu["received"] for cpu in cpus))' "$1" "$scratch/$label/console"
}
is "$(asked 2)" "$(answer 5 count) 2,3,7 True True" 'some CPUs: what arrived there, of all that was sent'
is "$(answer 1 run | cut -d' ' -f2) $(answer 2 run | cut -d' ' -f2)" '2 0' 'a command: exit 2 above the limit, 0 below'
like "$(answer 1 'read /first')" 'user-pte"} 4[0-3][0-9][0-9] ' 'a command: what it costs'
like "$(answer 1 'read /second')" 'user-pte"} 4[01][0-9][0-9] ' '... again, below the limit'

# --- every call, to some CPUs and to one: as many as arrived there ---
make -s -C "$top" O="$O" "$O/arm64/tests/calls"
# arrived NUMBER: function-call interrupts of all CPUs so far, at the NUMBERth reading of /proc/interrupts
arrived()
{
	answer "$1" 'read /proc/interrupts' |
		grep -o 'IPI1:[ 0-9]*Function call' | tr ' ' '\n' | awk '/^[0-9]+$/ { sum += $1 } END { print sum + 0 }'
}
# all_calls LABEL KDIR
all_calls()
{
	image=$2/arch/arm64/boot/Image
	{
		echo count
		for step in 'run /calls many 3 1000' 'run /calls many 1 1000' 'run /calls one 1000' 'workload burst'; do
			printf '%s\n' 'start /icache-ipi-who --json --all --interval=100000' 'sleep 5000' count 'read /proc/interrupts' \
				"$step" 'read /proc/interrupts' count 'end 2'
		done
		printf '%s\n' 'start /icache-ipi-who --json --all --cpu=2-3 --interval=100000' 'sleep 5000' \
			'run /calls many 3 1000' 'end 2' 'start /icache-ipi-who --json --all --cpu=2-3 --interval=100000' \
			'sleep 5000' 'run /calls one 1000' 'end 2' "read $probes"
	} >"$scratch/calls"
	guest "$1" '' --cpus=8 --nodes=2 "$program" --file="$O/arm64/tests/calls" <"$scratch/calls"
	image=''
	clean
	number=0
	# membarrier leaves a CPU out that runs somebody else at that moment. What arrived is exact all the same.
	while read -r function wanted; do
		number=$((number + 1))
		calls=$(/usr/bin/python3 "$top/tests/lib/who-sums.py" $number "$scratch/$1/console" "$function" 2>&1 | tail -n 1)
		like "$(echo "$calls" | cut -d' ' -f3-)" "^$wanted\$" "$1: $function: what was done, and where"
		[ $number -gt 4 ] || is "$(echo "$calls" | cut -d' ' -f2)" \
			"$(($(arrived $((2 * number))) - $(arrived $((2 * number - 1)))))" "$1: ... and all that arrived"
	done <<-'END'
		membarrier 1000 (3000|299[0-9]) smp_call_function_many(_cond)?
		membarrier (1000|99[0-9]) (1000|99[0-9]) smp_call_function_many(_cond)?
		perf_event_read 1000 1000 smp_call_function_single
		__split_huge_pmd 40[0-9]{2} 28[56][0-9]{2} smp_call_function_many(_cond)?
		membarrier 1000 (2000|199[0-9]) smp_call_function_many(_cond)?
		perf_event_read 0 0 -
	END
	is "$(answer 1 "read $probes" | grep -c '\bwho\|smp_call')" 0 "$1: nothing armed stays"
}
all_calls all "$affected"

# --- Debian's kernels, with BPF and cgroups as servers have them ---
for suite in ${SUITES:-bookworm trixie}; do
	debian_kernel_unpacked "$suite" || continue
	guest "$suite" '' --cpus=4 --kaslr "$program" <<-END
		count
		cgroup box
		$(watched 'run /icache-ipi-who --duration=0.01')
		read $probes
	END
	clean
	like "$(answer 3 count)" '^[1-9][0-9]*$' "$suite: loading a BPF program broadcasts"
	is_sums 1 3 '.*bpf-jit=[1-9].*' "$suite"
	like "$(sums 1)" ' icache-ipi-who(,kworker/.*)?$' "$suite: ... by the process that did"
	is "$(answer 1 'cgroup box') $(sed -n 's/^@ output: {/{/p' "$scratch/$label/console" | /usr/bin/python3 -c 'import json, sys
print(*{row["cgroup"] for row in json.load(sys.stdin)["rows"] if row["name"] == "icache-ipi-who"})')" 'ok /box' \
		"$suite: ... in its control group"
done

# --- real trees ---
[ -n "${KERNEL_TREE-}" ] || skip 'real 4.19 trees' 'no KERNEL_TREE='
prices=4.19
for tree in $(echo "${KERNEL_TREE-}" | tr : ' '); do
	release=$(basename "$tree")
	[ "$("$top/scripts/backport" --check "$tree" || :)" = affected ] || {
		skip "$release" 'not an affected tree'
		continue
	}
	built=$("$top/scripts/kernel-build" "$tree")
	rows "$release" "$built" affected
	all_calls "$release-all" "$built"
done

done_testing
