#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# triage-logs.py OUT: lockups that were made up, with their truth, in all the forms that logs come in.
# The forms are those of printk, dmesg, journalctl, syslog daemons, pstore, consoles and tickets; what is
# in them varies with a fixed seed. OUT/NAME.log has one log, OUT/truth one line each: NAME VERDICT CAUSE,
# where VERDICT may be "this-fault|cannot-tell" if lines mix so that nobody could tell more.
import gzip, json, lzma, os, random, subprocess, sys

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
rng = random.Random(22)

BROADCAST_OLD = ["smp_call_function_many", "kick_all_cpus_sync"]
BROADCAST_NEW = ["smp_call_function_many_cond", "smp_call_function", "kick_all_cpus_sync"]
SYSCALL_419 = ["el0_svc_common", "el0_svc_handler", "el0_svc"]
SYSCALL_510 = ["el0_svc_common.constprop.0", "do_el0_svc", "el0_svc", "el0_sync_handler", "el0_sync"]
SYSCALL_6 = ["invoke_syscall", "el0_svc_common.constprop.0", "do_el0_svc", "el0_svc", "el0t_64_sync_handler",
             "el0t_64_sync"]
FAULT = ["handle_mm_fault", "do_page_fault", "do_translation_fault", "do_mem_abort", "el0_ia"]
ZAP = ["unmap_page_range", "unmap_single_vma", "zap_page_range", "__arm64_sys_madvise"]
WORKER = ["process_one_work", "worker_thread", "kthread", "ret_from_fork"]
MODULE = ["load_module", "__do_sys_finit_module", "__arm64_sys_finit_module"]
BPF = ["bpf_int_jit_compile", "bpf_prog_select_runtime", "bpf_prepare_filter", "bpf_prog_create_from_user",
       "do_seccomp", "__arm64_sys_seccomp"]
SYNC = ["sync_icache_aliases", "__sync_icache_dcache"]

# name: (kernel, sender chain or None, waiter chain or None, verdict, cause)
SPLIT_WAIT = ["queued_spin_lock_slowpath", "__split_huge_pmd"] + ZAP + SYSCALL_419
scenarios = {
    "split": ("4.19.13", BROADCAST_OLD + SYNC + ["__split_huge_pmd_locked", "__split_huge_pmd"] + ZAP + SYSCALL_419,
              SPLIT_WAIT, "this-fault", "user-pte"),
    "jit-fault": ("4.19.7-yun", BROADCAST_OLD + SYNC + ["alloc_set_pte", "finish_fault", "do_fault",
                  "__handle_mm_fault"] + FAULT, None, "this-fault", "user-pte"),
    "migrate": ("4.20.3", BROADCAST_OLD + SYNC + ["remove_migration_pte", "rmap_walk_anon", "rmap_walk",
                "remove_migration_ptes", "migrate_pages", "do_migrate_pages"] + SYSCALL_419, None,
                "this-fault", "user-pte"),
    "mprotect": ("5.10.0-fork", BROADCAST_NEW + SYNC + ["change_pte_range", "change_protection_range",
                 "change_protection", "mprotect_fixup", "do_mprotect_pkey", "__arm64_sys_mprotect"] + SYSCALL_510,
                 None, "this-fault", "user-pte"),
    # clang has inlined sync_icache_aliases(); or its frame went by a call at its end
    "inlined": ("4.19.5-clang", BROADCAST_OLD + ["__sync_icache_dcache", "alloc_set_pte", "finish_fault",
                "__handle_mm_fault"] + FAULT, None, "this-fault", "user-pte"),
    "tail-call": ("4.19.2", BROADCAST_OLD + ["__split_huge_pmd_locked.isra.12", "__split_huge_pmd"] + ZAP +
                  SYSCALL_419, SPLIT_WAIT, "this-fault", "user-pte"),
    "tail-inlined": ("6.1.4-fork", BROADCAST_NEW + ["__split_huge_pmd", "unmap_page_range", "zap_page_range_single",
                     "do_madvise", "__arm64_sys_madvise"] + SYSCALL_6, None, "this-fault", "user-pte"),
    "seccomp": ("4.19.13", BROADCAST_OLD + BPF + SYSCALL_419, None, "not-this-fault", "bpf-jit"),
    "module": ("6.11.4", BROADCAST_NEW + MODULE + SYSCALL_6, None, "not-this-fault", "module"),
    "static-key": ("6.6.20", BROADCAST_NEW + ["aarch64_insn_patch_text_nosync", "arch_jump_label_transform",
                   "__jump_label_update", "jump_label_update", "static_key_enable_cpuslocked", "static_key_enable",
                   "toggle_allocation_gate"] + WORKER, None, "not-this-fault", None),
    "kprobe": ("5.10.7", BROADCAST_NEW + ["arch_prepare_kprobe", "register_kprobe", "__register_trace_kprobe"] +
               SYSCALL_510, None, "not-this-fault", "kprobe"),
    "uprobe": ("4.19.10", BROADCAST_OLD + ["sync_icache_aliases", "arch_uprobe_copy_ixol", "xol_get_insn_slot",
               "uprobe_notify_resume", "do_notify_resume", "work_pending"], None, "not-this-fault", "uprobe"),
    "ptrace": ("4.19.10", BROADCAST_OLD + ["sync_icache_aliases", "flush_ptrace_access", "copy_to_user_page",
               "__access_remote_vm", "ptrace_access_vm", "generic_ptrace_pokedata", "ptrace_request",
               "arch_ptrace", "__arm64_sys_ptrace"] + SYSCALL_419, None, "not-this-fault", "ptrace"),
    "hibernate": ("5.4.18", BROADCAST_OLD + ["lzo_decompress_threadfn", "kthread", "ret_from_fork"], None,
                  "not-this-fault", "hibernation"),
    "membarrier": ("5.10.3", ["smp_call_function_many_cond", "smp_call_function_many", "membarrier_private_expedited",
                   "__arm64_sys_membarrier"] + SYSCALL_510, None, "not-this-fault", "membarrier"),
    "ftrace": ("5.10.3", ["smp_call_function_many_cond", "smp_call_function", "ftrace_modify_all_code",
               "ftrace_run_update_code"] + WORKER, None, "not-this-fault", "ftrace"),
    "spin": ("5.10.0-60", None, ["queued_spin_lock_slowpath", "_raw_spin_lock", "d_alloc_parallel", "__lookup_slow",
             "walk_component", "__arm64_sys_newfstatat"] + SYSCALL_510, "not-this-fault", None),
    "lru": ("5.10.0-60", None, ["queued_spin_lock_slowpath", "_raw_spin_lock_irqsave", "pagevec_lru_move_fn",
            "__lru_cache_add", "do_anonymous_page", "__handle_mm_fault"] + FAULT, "not-this-fault", None),
    "waiters": ("4.19.13-bsp.4", None, SPLIT_WAIT, "cannot-tell", None),
    "busy": ("5.4.244", None, ["clear_page", "clear_subpage", "clear_huge_page", "do_huge_pmd_anonymous_page",
             "__handle_mm_fault"] + FAULT, "not-this-fault", None),
    "idle": ("6.5.3", None, ["arch_cpu_idle", "default_idle_call", "do_idle", "cpu_startup_entry",
             "secondary_start_kernel"], "not-this-fault", None),
    # Names of the fault in other stacks: a waiter that is no victim, and a sender that is not it.
    "names": ("4.19.13", BROADCAST_OLD + MODULE + SYSCALL_419, ["queued_spin_lock_slowpath", "_raw_spin_lock",
              "split_huge_page_to_list.part.0", "ext4_file_write"] + SYSCALL_419, "not-this-fault", "module"),
    # The sender is another, and nobody knows who holds the lock that others hang at.
    "both": ("4.19.13", BROADCAST_OLD + BPF + SYSCALL_419, SPLIT_WAIT, "cannot-tell", None),
}


def frame(name):
    size = rng.randrange(8, 0x900, 4)
    return " %s+0x%x/0x%x" % (name, rng.randrange(0, size, 4), size)


def report(cpu, pid, comm, kernel, chain):
    """What one CPU prints: arm64's soft lockup, kernel/watchdog.c and arch/arm64/kernel/process.c"""
    lines = ["watchdog: BUG: soft lockup - CPU#%d stuck for %ds! [%s:%d]" % (cpu, rng.choice([22, 23]), comm, pid),
             "Modules linked in: nfsv3 nfs lockd sunrpc ip_tables",
             "CPU: %d PID: %d Comm: %s Tainted: G             L    %s #1" % (cpu, pid, comm, kernel),
             "Hardware name: Lanqiao LQ6400 (DT)", "pstate: 80400009 (Nzcv daif +PAN -UAO)",
             "pc :" + frame(chain[0]), "lr :" + frame(chain[0]), "sp : ffff%012x" % rng.getrandbits(48)]
    for register in range(29, 0, -2):
        lines.append("x%-2d: %016x x%-2d: %016x " % (register, rng.getrandbits(64), register - 1, rng.getrandbits(64)))
    return lines + ["Call trace:"] + [frame(name) for name in chain]


def reports(name):
    kernel, sender, waiter, _, _ = scenarios[name]
    stacks = [(17, 3123, "java", sender)] if sender else []
    if waiter:
        stacks += [(cpu, 31800 + cpu, "tile-render", waiter) for cpu in rng.sample(range(20, 64), 3)]
    rng.shuffle(stacks)
    return [(cpu, report(cpu, pid, comm, kernel, chain)) for cpu, pid, comm, chain in stacks]


def in_turn(lists):
    """[(seconds, cpu, message)]"""
    now, lines = 8123.4, []
    for cpu, messages in lists:
        for message in messages:
            now += rng.choice([0.000041, 0.00012, 0.0003])
            lines.append((now, cpu, message))
    return lines


def mixed(lists):
    now, lines, lists = 8123.4, [], [(cpu, list(messages)) for cpu, messages in lists]
    while lists:
        cpu, messages = rng.choice(lists)
        for _ in range(rng.randrange(1, 4)):
            if messages:
                now += 0.00013
                lines.append((now, cpu, messages.pop(0)))
        lists = [one for one in lists if one[1]]
    return lines


def date(seconds, fraction=False):
    s = int(seconds) % 60
    text = "Jan 17 07:%02d:%02d" % (int(seconds / 60) % 60, s)
    return text + (".%06d" % (seconds % 1 * 1e6) if fraction else "")


def journal(t, cpu, m):
    return json.dumps({"__CURSOR": "s=0;i=%d" % cpu, "__REALTIME_TIMESTAMP": str(int(1547711551e6 + t * 1e6)),
                       "__MONOTONIC_TIMESTAMP": str(int(t * 1e6)), "_TRANSPORT": "kernel", "PRIORITY": "4",
                       "_HOSTNAME": "node-a17", "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": m})


def html(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def stamp(t):
    return "[%12.6f] " % t


line_forms = {
    "plain": lambda t, c, m: m,
    "dmesg": lambda t, c, m: stamp(t) + m,
    "dmesg-T": lambda t, c, m: "[Thu Jan 17 07:%02d:%02d 2019] %s" % (t / 60 % 60, t % 60, m),
    "dmesg-x": lambda t, c, m: "kern  :emerg : " + stamp(t) + m,
    "dmesg-d": lambda t, c, m: "[%12.6f <    0.000130>] %s" % (t, m),
    "dmesg-iso": lambda t, c, m: "2019-01-17T07:%02d:%02d,%06d+08:00 %s" % (t / 60 % 60, t % 60, t % 1 * 1e6, m),
    "colour": lambda t, c, m: "\033[32m%s\033[0m\033[31m\033[1m%s\033[0m" % (stamp(t), m),
    "colour-written-out": lambda t, c, m: "#033[32m%s#033[0m%s" % (stamp(t), m),
    "level": lambda t, c, m: "<%d>%s%s" % (rng.choice([0, 4]), stamp(t), m),
    "journal": lambda t, c, m: "%s node-a17 kernel: %s" % (date(t), m),
    "journal-precise": lambda t, c, m: "%s node-a17 kernel: %s" % (date(t, True), m),
    "journal-iso": lambda t, c, m: "2019-01-17T07:%02d:%02d+0800 node-a17 kernel: %s" % (t / 60 % 60, t % 60, m),
    "journal-monotonic": lambda t, c, m: "%snode-a17 kernel: %s" % (stamp(t), m),
    "journal-no-hostname": lambda t, c, m: "%skernel: %s" % (stamp(t), m),
    "journal-unix": lambda t, c, m: "%.6f node-a17 kernel: %s" % (1547711551 + t, m),
    "journal-json": journal,
    "syslog": lambda t, c, m: "%s node-a17 kernel: %s%s" % (date(t), stamp(t), m),
    "openwrt": lambda t, c, m: "Thu Jan 17 07:%02d:%02d 2019 kern.warn kernel: %s%s" % (t / 60 % 60, t % 60, stamp(t), m),
    "busybox": lambda t, c, m: "%s node-a17 user.warn kernel: %s%s" % (date(t), stamp(t), m),
    "metalog": lambda t, c, m: "%s [kernel] %s%s" % (date(t), stamp(t), m),
    "rfc5424": lambda t, c, m: "<4>1 2019-01-17T07:%02d:%02d.%06dZ node-a17 kernel - - - %s%s" % (
        t / 60 % 60, t % 60, t % 1 * 1e6, stamp(t), m),
    "wall": lambda t, c, m: "kernel:" + stamp(t) + m,
    "kmsg": lambda t, c, m: "4,%d,%d,-;%s" % (t * 1000 % 100000, t * 1e6, m),
    "kmsg-caller": lambda t, c, m: "4,%d,%d,-,caller=C%d;%s" % (t * 1000 % 100000, t * 1e6, c, m),
    "caller": lambda t, c, m: "[%12.6f][%6s] %s" % (t, "T%d" % (3000 + c), m),
    "android": lambda t, c, m: "[%12.6f@%d] %s" % (t, c, m),
    "netconsole": lambda t, c, m: "2019-01-17 07:%02d:%02d 10.11.12.13 %s%s" % (t / 60 % 60, t % 60, stamp(t), m),
    "quoted": lambda t, c, m: "> > " + stamp(t) + m,
    "indented": lambda t, c, m: "\t    " + stamp(t) + m,
    "html": lambda t, c, m: html("<4>" + stamp(t) + m),
    "numbered": lambda t, c, m: "%d: %s%s" % (t * 1e4 % 90000, stamp(t), m),
    "numbered-bar": lambda t, c, m: "%5d   │ 4,77,%d,-;%s" % (t * 1e4 % 90000, t * 1e6, m),
}
tagged_forms = ["kmsg-caller", "caller", "android"]
text_forms = {
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "cr": lambda text: text.replace("\n", "\r"),
    "utf-16": lambda text: text.encode("utf-16"),
    "two-consoles": lambda text: "".join(line + "\n" + line + "\n" for line in text.splitlines()),
    "wrapped": lambda text: "".join(line[i:i + 80] + "\n" for line in text.splitlines()
                                    for i in range(0, max(len(line), 1), 80)),
    "glued": lambda text: "".join(line + ("" if rng.random() < 0.2 else "\n") for line in text.splitlines()),
    "pstore": lambda text: "Panic#1 Part2\n" + text.replace("\n", "\nPanic#1 Part1\n", 40).replace(
        "\nPanic#1 Part1\n", "\n", 39),
    "escapes": lambda text: text.replace("soft lockup", "\033]0;title\a\033[2Jsoft lockup"),
    "noise": lambda text: "".join("[   17.000001] usb 1-1: name<%s>\n" % ("x" * rng.randrange(200)) for _ in range(300))
             + text + "[ 9000.000000] systemd[1]: kick_all_cpus_sync+0x1/0x2 sync_icache_aliases\n",
}
packers = {"gz": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]), "xz": lzma.compress,
           "zst": lambda data: subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE,
                                              check=True).stdout}
truths = []


def write(name, content, verdict, cause, ending=".log"):
    if isinstance(content, str):
        content = content.encode()
    with open(os.path.join(out, name + ending), "wb") as file:
        file.write(content)
    truths.append("%s %s %s" % (name + ending, verdict, cause or "-"))


def render(lines, form):
    return "".join(line_forms[form](*line) + "\n" for line in lines)


for name, (kernel, sender, waiter, verdict, cause) in scenarios.items():
    for form in line_forms:
        write("%s.%s" % (name, form), render(in_turn(reports(name)), form), verdict, cause)
    for form, change in text_forms.items():
        base = "dmesg" if form in ("two-consoles", "glued", "pstore") else rng.choice(["dmesg", "syslog", "level"])
        if form == "noise":
            base = "dmesg"
        write("%s.%s" % (name, form), change(render(in_turn(reports(name)), base)), verdict, cause)
    for ending, pack in packers.items():
        write("%s.packed" % name, pack(render(in_turn(reports(name)), "dmesg").encode()), verdict, cause,
              ".log." + ending)
    # Lines of several CPUs mix. With tags they are sorted; without, nobody has to guess.
    for form in tagged_forms:
        write("%s.mixed.%s" % (name, form), render(mixed(reports(name)), form), verdict, cause)
    for turn in range(24 if name == "both" else 6):
        lines = mixed(reports(name))
        allowed = verdict if verdict == "cannot-tell" else verdict + "|cannot-tell"
        if name in ("split", "jit-fault", "migrate", "mprotect"):
            allowed = verdict  # the functions of the fault call nothing else that broadcasts
        write("%s.mixed-untagged-%d" % (name, turn), render(lines, "dmesg"), allowed, None)
    # Cut in the midst of the sender's stack, behind the broadcast: nothing shows who asked for it.
    if sender and not waiter:
        lines = [line for line in in_turn(reports(name))]
        last = max(i for i, line in enumerate(lines) if line[2].split("+")[0].strip() in BROADCAST_NEW + BROADCAST_OLD)
        write("%s.cut" % name, render(lines[:last + 1], "dmesg"), "cannot-tell", None)
    # Registers only
    lines = [line for line in in_turn(reports(name)) if "Call trace" not in line[2] and not line[2].startswith(" ")]
    if not sender and verdict == "not-this-fault" and name in ("spin",):
        write("%s.registers" % name, render(lines, "dmesg"), "not-this-fault|cannot-tell", None)
    # All CPUs' stacks, as drivers/tty/sysrq.c has them: the interrupt's path on top of each.
    path = ["dump_backtrace", "show_stack", "showacpu", "flush_smp_call_function_queue",
            "generic_smp_call_function_interrupt", "handle_IPI", "gic_handle_irq", "el1_irq"]
    if sender and not waiter:
        lines = [(8123.4, 0, "sysrq: SysRq : Show backtrace of all active CPUs")]
        for cpu, chain in [(4, scenarios["idle"][2]), (17, sender)]:
            for message in ["sysrq: CPU%d:" % cpu, "Call trace:"] + [frame(one) for one in path + chain]:
                lines.append((lines[-1][0] + 0.0001, cpu, message))
        write("%s.sysrq-l" % name, render(lines, "dmesg"), verdict, cause)
        lines = [(1.0, 0, "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:"),
                 (1.1, 0, "rcu: \t17-....: (5249 ticks this GP) idle=0be/1/0x4000000000000002 softirq=1/2 fqs=2"),
                 (1.2, 0, "\t(detected by 3, t=5252 jiffies, g=2669, q=1)"), (1.3, 0, "Sending NMI from CPU 3 to CPUs 17:"),
                 (1.4, 0, "NMI backtrace for cpu 17")]
        lines += [(1.5 + i / 1e3, 0, m) for i, m in enumerate(report(17, 5, "java", kernel, sender)[2:])]
        write("%s.rcu" % name, render(lines, "dmesg"), verdict, cause)
        # Since 6.7 each CPU prints its own registers; behind those of a program comes no stack.
        lines = [(1.0, 0, "sysrq: Show backtrace of all active CPUs"), (1.1, 0, "Sending NMI from CPU 0 to CPUs 1-17:")]
        for cpu in rng.sample([1, 2, 3, 17, 17], 5):
            messages = report(cpu, 5, "java", kernel, sender)[2:] if cpu == 17 else [
                "CPU: %d UID: 0 PID: %d Comm: java Not tainted %s #1 PREEMPT" % (cpu, 3000 + cpu, kernel),
                "Hardware name: linux,dummy-virt (DT)", "pstate: 80000000 (Nzcv daif -PAN -UAO -TCO -DIT -SSBS BTYPE=--)",
                "pc : 000000000043ab%02x" % cpu, "lr : 0000000000400aa0", "sp : 0000ffffad544c90",
                "x29: 0000ffffad544c90 x28: 0000ffffad545520 x27: 0000ffffacd36000"]
            for message in ["NMI backtrace for cpu %d" % cpu] + messages:
                lines.append((lines[-1][0] + 0.0001, cpu, message))
        write("%s.nmi-all" % name, render(lines, "dmesg"), verdict, cause)
        lines = [(1.5, 0, "Kernel panic - not syncing: softlockup: hung tasks"),
                 (1.5, 0, "CPU: 11 PID: 1907733 Comm: sshd Kdump: loaded Tainted: G             L    %s #1" % kernel),
                 (1.5, 0, "Call trace:")]
        names = ["dump_backtrace", "show_stack", "dump_stack", "panic", "watchdog_timer_fn", "hrtimer_interrupt",
                 "gic_handle_irq", "el1_irq"] + sender
        write("%s.panic-names" % name, render(lines, "plain") + "\n".join(names) + "\n", verdict, cause)
        write("%s.addresses" % name, render(in_turn(reports(name)), "dmesg").replace("]  ", "] [<ffff000008081234>] "),
              verdict, cause)
        write("%s.letters" % name, "".join(line + (" (P)" if "+0x" in line and "pc" not in line else "") + "\n"
              for line in render(in_turn(reports(name)), "dmesg").splitlines()), verdict, cause)
        write("%s.sources" % name, "\n".join(
            line.split("+0x")[0] + " (kernel/some/file.c:%d (discriminator 2))" % rng.randrange(9999)
            if "+0x" in line else line for line in render(in_turn(reports(name)), "dmesg").splitlines()) + "\n",
            verdict, cause)

# What crash(8) prints of a vmcore for "bt -a": every CPU in turn, those that idle and those in a program, too.
# "bt -s" has offsets, and "bt -l" lines of sources.
def crash(name, option):
    _, sender, waiter, _, _ = scenarios[name]
    lines = ["      KERNEL: vmlinux", "    DUMPFILE: vmcore  [PARTIAL DUMP]", "        CPUS: 8", "crash> bt -a" + option]
    stacks = [(17, 3123, "java", sender)] if sender else []
    if waiter:
        stacks += [(cpu, 31800 + cpu, "tile-render", waiter) for cpu in rng.sample(range(20, 64), 3)]
    stacks += [(2, 0, "swapper/2", scenarios["idle"][2]), (3, 77, "bash", [])]
    rng.shuffle(stacks)
    for cpu, pid, comm, chain in stacks:
        lines.append('PID: %-8d TASK: ffff%012x  CPU: %-4d COMMAND: "%s"' % (pid, rng.getrandbits(48), cpu, comm))
        chain = ["crash_save_cpu", "handle_IPI", "gic_handle_irq", "el1_irq" if chain else "el0_irq_naked"] + chain
        for number, one in enumerate(chain):
            if one.startswith("el") and "_irq" in one:
                lines.append("--- <IRQ stack> ---")
            offset = "+%d" % rng.randrange(4, 900, 4) if option == " -s" else ""
            lines.append("%s#%d [ffff%012x] %s at ffff%012x" % ("" if number > 9 else " ", number, rng.getrandbits(48),
                                                                one + offset, rng.getrandbits(48)))
            if option == " -l":
                lines.append("    /usr/src/debug/kernel-%s/linux/kernel/smp.c: %d" % (scenarios[name][0], rng.randrange(999)))
        if pid:
            lines += ["     PC: %016x   LR: %016x   SP: %016x" % tuple(rng.getrandbits(47) for _ in range(3)),
                      "    X29: %016x  X28: %016x  X27: %016x" % tuple(rng.getrandbits(47) for _ in range(3)),
                      "    ORIG_X0: 0000ffffa1b1b2e4  SYSCALLNO: e9  PSTATE: 60000000"]
        lines.append("")
    return "\n".join(lines) + "\n"


for name, (kernel, sender, waiter, verdict, cause) in scenarios.items():
    # Nobody is reported to hang there: who waits beside another sender may do so for a moment.
    for option in ["", " -s", " -l"]:
        write("%s.crash%s" % (name, option[1:]), crash(name, option),
              "not-this-fault|cannot-tell" if name == "both" else verdict, cause)

# Other incidents of one log: each is judged, the worst counts.
for first, second in [("seccomp", "split"), ("module", "waiters"), ("spin", "idle"), ("split", "seccomp")]:
    later = [(t + 400, c, m) for t, c, m in in_turn(reports(second))]
    rank = ["not-this-fault", "cannot-tell", "this-fault"]
    worst = max(scenarios[first][3], scenarios[second][3], key=rank.index)
    write("two.%s-%s" % (first, second), render(in_turn(reports(first)) + later, "dmesg"), worst, None)
# Other machines, and what is no lockup.
write("nothing", "[    1.000000] usb 1-1: new device\n[    2.000000] systemd[1]: kick_all_cpus_sync < sync_icache_aliases\n",
      "cannot-tell", None)
write("empty", "", "cannot-tell", None)
write("a-program", "Jan 17 07:42:31 node bug-reader[12]: Call trace:\nJan 17 07:42:31 node bug-reader[12]:  kick_all_cpus_sync+0x1/0x2\n"
      "Jan 17 07:42:31 node bug-reader[12]:  sync_icache_aliases+0x1/0x2\n"
      "Jan 17 07:42:31 node bug-reader[12]:  __sync_icache_dcache+0x1/0x2\n", "cannot-tell", None)
write("wall-only", "kernel:[ 1016.841821] watchdog: BUG: soft lockup - CPU#5 stuck for 23s! [modprobe:4176]\n", "cannot-tell", None)
write("csd-only", "[    5.4] smp: csd: Detected non-responsive CSD lock (#1) on CPU#0, waiting 5000000016 ns for CPU#01 flush_tlb_func+0x0/0x8(0x0).\n"
      .replace("5.4]", "5.410328]"), "not-this-fault", None)
write("csd-nothing", "[    5.410328] smp: csd: Detected non-responsive CSD lock (#1) on CPU#0, waiting 5000000016 ns for CPU#01 do_nothing+0x0/0x8(0x0).\n",
      "cannot-tell", None)

with open(os.path.join(out, "truth"), "w") as file:
    file.write("\n".join(truths) + "\n")
