#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# who.t: icache-ipi-who where it cannot count, and with command lines that make no sense. What it counts is
# tested in guests (tests/vm/who.t).
set -eu
. "$(dirname "$0")/../lib/tap.sh"
who=$O/icache-ipi-who
root=$scratch/root

# put FILE TEXT: in the made-up machine
put()
{
	mkdir -p "$(dirname "$root/$1")"
	printf '%s\n' "$2" >"$root/$1"
}

# machine: one that could be watched, as far as its files tell
machine()
{
	rm -rf "$root"
	put sys/bus/event_source/devices/software/type 1
	put sys/bus/event_source/devices/kprobe/type 6
	put sys/devices/system/cpu/possible 0-3
	put sys/devices/system/cpu/online 0-3
	put sys/kernel/security/lockdown '[none] integrity confidentiality'
	put sys/kernel/debug/kprobes/enabled 1
	put proc/kallsyms 'ffff800010002000 T kick_all_cpus_sync
ffff800010003000 t kprobe_dispatcher'
	put proc/modules ''
}

# --- refusals, each with what to do ---
machine
rm "$root/sys/bus/event_source/devices/software/type"
run "$who" --root="$root"
like "$rc $err" '^3 .*no perf events: mount /sys, or boot a kernel with CONFIG_PERF_EVENTS$' 'no perf events'
machine
rm -r "$root/sys/bus/event_source/devices/kprobe"
put proc/kallsyms 'ffff800010002000 T kick_all_cpus_sync'
run "$who" --root="$root"
like "$rc $err" '^3 .*no kprobe events: boot one with CONFIG_KPROBE_EVENTS' 'no kprobe events'
machine
put sys/kernel/debug/kprobes/enabled 0
run "$who" --root="$root"
like "$rc $err" '^3 .*kprobes are switched off: echo 1 >/sys/kernel/debug/kprobes/enabled$' 'kprobes switched off'
machine
put sys/kernel/security/lockdown 'none integrity [confidentiality]'
run "$who" --root="$root"
like "$rc $err" '^3 .*locked down for confidentiality.*lockdown=integrity$' 'lockdown'
machine
put proc/kallsyms '0000000000000000 T kick_all_cpus_sync'
run "$who" --root="$root"
like "$rc $err" '^3 .*hides the addresses .*kernel.kptr_restrict=1' 'addresses are hidden'
rm "$root/proc/kallsyms"
run "$who" --root="$root"
like "$rc $err" '^3 .*cannot read /proc/kallsyms: mount /proc' 'no kallsyms'
machine
rm "$root/sys/devices/system/cpu/online"
run "$who" --root="$root"
like "$rc $err" '^3 .*cannot read /sys/devices/system/cpu/online: mount /sys$' 'no CPUs in /sys'
machine
run "$who" --root="$root" --cpu=2-5
like "$rc $err" '^3 .*CPU 4 is not online here$' '--cpu of a CPU that is not there'

run "$who" --root="$root" --all
like "$rc $err" '^3 .*has no function smp_call_function_many, which --all counts: leave it out$' '--all of functions that are not there'

# Without a privilege, the kernel at hand refuses.
machine
nobody='setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all'
if [ "$(id -u)" != 0 ]; then
	run "$who" --root="$root"
	like "$rc $err" '^3 .*: run this as root$' 'not root'
elif $nobody true 2>/dev/null; then
	# A folder of root's alone may hold the program.
	chmod 755 "$scratch"
	cp "$who" "$scratch/who"
	# shellcheck disable=SC2086 # words
	run $nobody "$scratch/who" --root="$root"
	like "$rc $err" '^3 .*cannot (make maps for BPF|load a BPF program|set a kprobe .*): (Operation not permitted|Permission denied): run this as root$' \
		'not root'
else
	skip 'not root' 'no setpriv'
fi

# Root, and no power: a container's filter, or a sysctl of the distribution.
if [ "$(id -u)" = 0 ] && setpriv --bounding-set=-all true 2>/dev/null; then
	for level in 3 2; do
		machine
		put proc/sys/kernel/perf_event_paranoid $level
		run setpriv --inh-caps=-all --bounding-set=-all "$who" --root="$root"
		case $level in
		3) what="run this with CAP_SYS_ADMIN, or 'sysctl kernel.perf_event_paranoid=2'" ;;
		2) what='run this with CAP_SYS_ADMIN, outside of any container' ;;
		esac
		like "$rc $err" "^3 .*: (Operation not permitted|Permission denied): $what\$" \
			"root without powers, perf_event_paranoid $level"
	done
else
	skip 'root without powers' 'not root, or no setpriv'
fi

# --- a kernel that is too old: rates, and no more ---
machine
rm -r "$root/sys/bus/event_source/devices/kprobe"
put proc/interrupts '           CPU0       CPU1
IPI1:        30         12       Function call interrupts'
run "$who" --root="$root" --duration=0.05
like "$rc $out" '^0 0\.[0-9] s: 0 function-call interrupts, 0 a second$' 'an old kernel: the rate'
like "$err" 'older than Linux 4.17, and cannot name who sends interrupts$' '... and that it names nobody'
# What it prints first, it prints after its first reading; then 3,000 more arrive on CPU 1.
"$who" --root="$root" --duration=1000 --max-per-second=3000 >"$scratch/rate" 2>"$scratch/said" &
counting=$!
until [ -s "$scratch/said" ]; do sleep 0.01; done
put proc/interrupts '           CPU0       CPU1
IPI1:        30       3012       Function call interrupts'
kill -s INT "$counting"
code=0
wait "$counting" || code=$?
like "$(cat "$scratch/rate")" '^[0-9.]* s: 3000 function-call interrupts, [0-9]+ a second$' '... from the files, until a signal'
rate=$(sed 's/.*, \([0-9]*\) a second/\1/' "$scratch/rate")
is "$code" "$([ "$rate" -le 3000 ] && echo 0 || echo 2)" "... 3,000 a second at most, $rate were seen"
run "$who" --root="$root" --duration=0.05 --max-per-second=0
is "$rc" 0 '... no more than 0'
for option in --all --json --pid=1 --cpu=0; do
	run "$who" --root="$root" --duration=0.05 "$option"
	like "$rc $err" '^3 .*4.17.*: --duration and --max-per-second are all it can have$' "... but not $option"
done
# The column of a CPU that goes offline goes with it.
rm "$scratch/said"
"$who" --root="$root" --duration=1000 --max-per-second=3000 >"$scratch/rate" 2>"$scratch/said" &
counting=$!
until [ -s "$scratch/said" ]; do sleep 0.01; done
put proc/interrupts '           CPU0
IPI1:        40       Function call interrupts'
kill -s INT "$counting"
code=0
wait "$counting" || code=$?
like "$code $(cat "$scratch/said" "$scratch/rate" | tail -n 1)" '^3 .*counts less than before: did a CPU go offline' '... a CPU less: no rate'
put proc/interrupts ' 11:        100        200     GICv3  27 Level     arch_timer'
run "$who" --root="$root" --duration=0.05
like "$rc $err" "^3 .*has no row 'Function call interrupts'$" '... one CPU has no such row'

# --- command lines ---
for wrong in --duration=0 --duration=x --duration=1s --duration=nan --duration=-1 --pid=0 --pid=1.5 --pid=x \
	--cpu= --cpu=a --cpu=3-1 --cpu=5000 --max-per-second=-1 --max-per-second=inf --nonsense word; do
	run "$who" --root="$root" "$wrong"
	is "$rc" 64 "$wrong: usage"
	like "$err" '--help' '... and where to look'
done
run "$who" --root="$root" --all --prometheus="$scratch/series"
like "$rc $err" '^64 .*--prometheus has broadcasts alone: leave out --all' '--all with --prometheus: usage'
run "$who" --help
like "$rc $out" '^0 usage: icache-ipi-who ' '--help'
run "$who" --version
is "$rc $out" "0 icache-ipi-who $(sed -n 's/^VERSION := //p' "$top/Makefile")" '--version'

done_testing
