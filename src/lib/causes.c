// SPDX-License-Identifier: GPL-2.0-only
/*
 * causes.c: what a stack means
 *
 * Files and ranges are those of the kernel's sources; tests/cli/causes.t looks the functions of 5.10
 * up in a tree. Compilers inline static functions into their callers, and a call at a function's end
 * can take its frame away (no -fno-optimize-sibling-calls): so the callers are listed, too.
 */
#include <string.h>

#include "lib/causes.h"
#include "lib/stacks.h"

/* clang-format off */
const char *const causes_ids[CAUSES] = {
	[CAUSE_UNKNOWN] = "unknown", [CAUSE_USER_PTE] = "user-pte", [CAUSE_BPF_JIT] = "bpf-jit",
	[CAUSE_MODULE] = "module", [CAUSE_STATIC_KEY] = "static-key", [CAUSE_KPROBE] = "kprobe",
	[CAUSE_FTRACE] = "ftrace", [CAUSE_UPROBE] = "uprobe", [CAUSE_PTRACE] = "ptrace",
	[CAUSE_HIBERNATION] = "hibernation", [CAUSE_MEMBARRIER] = "membarrier",
	[CAUSE_TLB] = "tlb-flush", [CAUSE_TABLE_FREE] = "table-free", [CAUSE_DEBUGGER] = "debugger",
	[CAUSE_SLAB] = "slab", [CAUSE_BUFFERS] = "buffers", [CAUSE_CLOCK] = "clock",
	[CAUSE_KVM] = "kvm", [CAUSE_RCU] = "rcu", [CAUSE_OLD_SPLIT] = "old-split",
	[CAUSE_STOP_MACHINE] = "stop-machine", [CAUSE_PATCHING] = "patching",
	[CAUSE_READ_CODE] = "read-code", [CAUSE_BACKTRACE] = "backtrace", [CAUSE_PERF] = "perf",
};

const char *const causes_words[CAUSES] = {
	[CAUSE_UNKNOWN] = "",
	[CAUSE_USER_PTE] = "a user page becomes executable",
	[CAUSE_BPF_JIT] = "the BPF JIT compiles a program or a seccomp filter",
	[CAUSE_MODULE] = "a kernel module is loaded or removed",
	[CAUSE_STATIC_KEY] = "a static key is switched",
	[CAUSE_KPROBE] = "a kprobe is set or removed",
	[CAUSE_FTRACE] = "ftrace is switched",
	[CAUSE_UPROBE] = "a uprobe is set or hit",
	[CAUSE_PTRACE] = "ptrace writes into a process",
	[CAUSE_HIBERNATION] = "the machine hibernates or resumes",
	[CAUSE_MEMBARRIER] = "membarrier() is called",
	[CAUSE_TLB] = "a TLB flush",
	[CAUSE_TABLE_FREE] = "page tables are freed",
	[CAUSE_DEBUGGER] = "the kernel debugger works",
	[CAUSE_SLAB] = "a slab cache is emptied or tuned",
	[CAUSE_BUFFERS] = "buffers of a block device are dropped",
	[CAUSE_CLOCK] = "the clock is set",
	[CAUSE_KVM] = "KVM interrupts virtual CPUs",
	[CAUSE_RCU] = "RCU hurries CPUs along",
	[CAUSE_OLD_SPLIT] = "a huge page is split, which kernels before 4.5 did so",
	[CAUSE_STOP_MACHINE] = "stop_machine() stops all CPUs",
	[CAUSE_PATCHING] = "kernel code is patched",
	[CAUSE_READ_CODE] = "a program of a flat binary format is loaded",
	[CAUSE_BACKTRACE] = "stacks of all CPUs are asked for",
	[CAUSE_PERF] = "perf reads a counter of another CPU",
};

const char *const causes_act_names[ACTS] = {
	[ACT_BROADCASTS] = "broadcasts", [ACT_CALLS_ONE] = "calls-one", [ACT_MAINTAINS] = "maintains",
	[ACT_WAITS_PTE] = "waits-page-table", [ACT_WAITS] = "waits", [ACT_SLEEPS_MM] = "sleeps-memory",
	[ACT_SLEEPS] = "sleeps", [ACT_STOPPED] = "stopped", [ACT_BUSY] = "busy", [ACT_IDLE] = "idle",
	[ACT_USER] = "user", [ACT_CUT] = "cut",
};

#define OTHER(role, file, range, ...) { __VA_ARGS__, role, CAUSE_UNKNOWN, file, range }
#define BECAUSE(cause, file, range, name) { name, ROLE_CAUSE, cause, file, range }

static const struct causes_function table[] = {
	/* --- who interrupts, and waits for the answer --- */
	OTHER(ROLE_BROADCAST, "kernel/smp.c", "", "kick_all_cpus_sync"),
	OTHER(ROLE_BROADCAST, "kernel/smp.c", "", "smp_call_function"),
	OTHER(ROLE_BROADCAST, "kernel/smp.c", "", "smp_call_function_many"),
	OTHER(ROLE_BROADCAST, "kernel/smp.c", "5.7-", "smp_call_function_many_cond"),
	OTHER(ROLE_BROADCAST, "kernel/smp.c", "", "on_each_cpu"),
	OTHER(ROLE_BROADCAST, "kernel/smp.c", "-5.11", "on_each_cpu_mask"),
	OTHER(ROLE_BROADCAST, "kernel/smp.c", "-5.11", "on_each_cpu_cond"),
	OTHER(ROLE_BROADCAST, "kernel/smp.c", "5.0-", "on_each_cpu_cond_mask"),
	OTHER(ROLE_CALL_ONE, "kernel/smp.c", "", "smp_call_function_single"),
	OTHER(ROLE_CALL_ONE, "kernel/smp.c", "", "smp_call_function_any"),
	OTHER(ROLE_CALL_ONE, "kernel/smp.c", "", "smp_call_function_single_async"),

	/* --- this fault --- */
	OTHER(ROLE_SYNC, "arch/arm64/mm/flush.c", "", "__sync_icache_dcache"),
	OTHER(ROLE_SYNC, "arch/arm64/mm/flush.c", "4.15-", "sync_icache_aliases"),
	OTHER(ROLE_SYNC, "arch/arm64/mm/cache.S", "-5.13", "__flush_icache_range"),
	OTHER(ROLE_SYNC, "arch/arm64/mm/cache.S", "-5.13", "invalidate_icache_range"),
	OTHER(ROLE_SYNC, "arch/arm64/mm/cache.S", "5.14-", "caches_clean_inval_pou"),
	OTHER(ROLE_SYNC, "arch/arm64/mm/cache.S", "5.14-", "caches_clean_inval_user_pou"),

	/* --- functions that set user ptes: __sync_icache_dcache() may be in them by a call at its end --- */
	OTHER(ROLE_USER_PTE, "mm/huge_memory.c", "4.5-", "__split_huge_pmd_locked"),
	OTHER(ROLE_USER_PTE, "mm/huge_memory.c", "", "__do_huge_pmd_anonymous_page"),
	OTHER(ROLE_USER_PTE, "mm/huge_memory.c", "", "do_huge_pmd_anonymous_page"),
	OTHER(ROLE_USER_PTE, "mm/huge_memory.c", "", "do_huge_pmd_wp_page"),
	OTHER(ROLE_USER_PTE, "mm/huge_memory.c", "", "do_huge_pmd_numa_page"),
	OTHER(ROLE_USER_PTE, "mm/huge_memory.c", "", "set_huge_zero_page"),
	OTHER(ROLE_USER_PTE, "mm/huge_memory.c", "", "copy_huge_pmd"),
	OTHER(ROLE_USER_PTE, "mm/huge_memory.c", "", "move_huge_pmd"),
	OTHER(ROLE_USER_PTE, "mm/huge_memory.c", "", "change_huge_pmd"),
	OTHER(ROLE_USER_PTE, "mm/huge_memory.c", "4.14-", "remove_migration_pmd"),
	OTHER(ROLE_USER_PTE, "mm/khugepaged.c", "", "collapse_huge_page"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "4.8-5.11", "alloc_set_pte"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "5.12-6.5", "do_set_pte"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "6.6-", "set_pte_range"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "4.8-", "do_set_pmd"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "4.10-", "finish_fault"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "", "do_anonymous_page"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "", "do_swap_page"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "", "do_numa_page"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "", "wp_page_copy"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "-5.7", "copy_one_pte"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "5.9-6.7", "copy_present_pte"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "6.8-", "copy_present_ptes"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "", "copy_pte_range"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "", "insert_page"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "", "insert_pfn"),
	OTHER(ROLE_USER_PTE, "mm/memory.c", "", "remap_pte_range"),
	OTHER(ROLE_USER_PTE, "mm/mprotect.c", "", "change_pte_range"),
	OTHER(ROLE_USER_PTE, "mm/mremap.c", "", "move_ptes"),
	OTHER(ROLE_USER_PTE, "mm/migrate.c", "", "remove_migration_pte"),
	OTHER(ROLE_USER_PTE, "mm/migrate.c", "4.14-", "migrate_vma_insert_page"),
	OTHER(ROLE_USER_PTE, "mm/swapfile.c", "", "unuse_pte"),
	OTHER(ROLE_USER_PTE, "mm/ksm.c", "", "write_protect_page"),
	OTHER(ROLE_USER_PTE, "mm/ksm.c", "", "replace_page"),
	OTHER(ROLE_USER_PTE, "mm/rmap.c", "", "try_to_unmap_one"),
	OTHER(ROLE_USER_PTE, "mm/userfaultfd.c", "4.11-5.19", "mcopy_atomic_pte"),
	OTHER(ROLE_USER_PTE, "mm/hugetlb.c", "", "hugetlb_no_page"),
	OTHER(ROLE_USER_PTE, "mm/hugetlb.c", "-5.19", "hugetlb_cow"),
	OTHER(ROLE_USER_PTE, "mm/hugetlb.c", "6.0-", "hugetlb_wp"),
	OTHER(ROLE_USER_PTE, "mm/hugetlb.c", "", "hugetlb_fault"),
	OTHER(ROLE_USER_PTE, "mm/hugetlb.c", "", "hugetlb_change_protection"),
	OTHER(ROLE_USER_PTE, "mm/hugetlb.c", "", "copy_hugetlb_page_range"),
	OTHER(ROLE_USER_PTE, "arch/arm64/mm/hugetlbpage.c", "", "set_huge_pte_at"),

	/* --- functions that take the lock of a page table --- */
	OTHER(ROLE_PTE_LOCK, "mm/huge_memory.c", "4.5-", "__split_huge_pmd"),
	OTHER(ROLE_PTE_LOCK, "mm/huge_memory.c", "4.5-", "split_huge_pmd_address"),
	OTHER(ROLE_PTE_LOCK, "mm/huge_memory.c", "-4.4", "__split_huge_page_pmd"),
	OTHER(ROLE_PTE_LOCK, "mm/huge_memory.c", "", "zap_huge_pmd"),
	OTHER(ROLE_PTE_LOCK, "mm/huge_memory.c", "", "__pmd_trans_huge_lock"),
	OTHER(ROLE_PTE_LOCK, "mm/huge_memory.c", "4.13-", "huge_pmd_set_accessed"),
	OTHER(ROLE_PTE_LOCK, "mm/memory.c", "", "__handle_mm_fault"),
	OTHER(ROLE_PTE_LOCK, "mm/memory.c", "", "handle_pte_fault"),
	OTHER(ROLE_PTE_LOCK, "mm/memory.c", "", "do_fault"),
	OTHER(ROLE_PTE_LOCK, "mm/memory.c", "", "do_wp_page"),
	OTHER(ROLE_PTE_LOCK, "mm/memory.c", "", "unmap_page_range"),
	OTHER(ROLE_PTE_LOCK, "mm/memory.c", "", "zap_pte_range"),
	OTHER(ROLE_PTE_LOCK, "mm/memory.c", "", "copy_page_range"),
	OTHER(ROLE_PTE_LOCK, "mm/memory.c", "", "__pte_alloc"),
	OTHER(ROLE_PTE_LOCK, "mm/memory.c", "-5.9", "__follow_pte_pmd"),
	OTHER(ROLE_PTE_LOCK, "mm/mprotect.c", "", "change_protection_range"),
	OTHER(ROLE_PTE_LOCK, "mm/mprotect.c", "", "change_protection"),
	OTHER(ROLE_PTE_LOCK, "mm/mremap.c", "", "move_page_tables"),
	OTHER(ROLE_PTE_LOCK, "mm/gup.c", "", "follow_page_pte"),
	OTHER(ROLE_PTE_LOCK, "mm/gup.c", "", "follow_page_mask"),
	OTHER(ROLE_PTE_LOCK, "mm/page_vma_mapped.c", "4.11-", "page_vma_mapped_walk"),
	OTHER(ROLE_PTE_LOCK, "mm/migrate.c", "", "__migration_entry_wait"),
	OTHER(ROLE_PTE_LOCK, "mm/migrate.c", "", "migration_entry_wait"),
	OTHER(ROLE_PTE_LOCK, "mm/migrate.c", "4.14-", "pmd_migration_entry_wait"),
	OTHER(ROLE_PTE_LOCK, "mm/mempolicy.c", "", "queue_pages_pte_range"),
	OTHER(ROLE_PTE_LOCK, "mm/madvise.c", "", "madvise_free_pte_range"),
	OTHER(ROLE_PTE_LOCK, "fs/proc/task_mmu.c", "", "smaps_pte_range"),
	OTHER(ROLE_PTE_LOCK, "fs/proc/task_mmu.c", "", "pagemap_pmd_range"),
	OTHER(ROLE_PTE_LOCK, "mm/khugepaged.c", "", "khugepaged_scan_mm_slot"),
	OTHER(ROLE_PTE_LOCK, "mm/khugepaged.c", "", "khugepaged_scan_pmd"),

	/* --- the memory of a process is worked on --- */
	OTHER(ROLE_MM, "mm/memory.c", "", "handle_mm_fault"),
	OTHER(ROLE_MM, "arch/arm64/mm/fault.c", "", "do_page_fault"),
	OTHER(ROLE_MM, "arch/arm64/mm/fault.c", "", "do_translation_fault"),
	OTHER(ROLE_MM, "arch/arm64/mm/fault.c", "", "do_mem_abort"),
	OTHER(ROLE_MM, "mm/memory.c", "", "unmap_vmas"),
	OTHER(ROLE_MM, "mm/memory.c", "", "unmap_single_vma"),
	OTHER(ROLE_MM, "mm/memory.c", "", "zap_page_range"),
	OTHER(ROLE_MM, "mm/mmap.c", "", "unmap_region"),
	OTHER(ROLE_MM, "mm/mmap.c", "", "do_munmap"),
	OTHER(ROLE_MM, "mm/mmap.c", "4.20-", "__do_munmap"),
	OTHER(ROLE_MM, "mm/mmap.c", "", "vm_munmap"),
	OTHER(ROLE_MM, "mm/mmap.c", "", "exit_mmap"),
	OTHER(ROLE_MM, "mm/mmap.c", "", "mmap_region"),
	OTHER(ROLE_MM, "mm/util.c", "", "vm_mmap_pgoff"),
	OTHER(ROLE_MM, "kernel/fork.c", "", "mmput"),
	OTHER(ROLE_MM, "kernel/fork.c", "", "dup_mmap"),
	OTHER(ROLE_MM, "kernel/exit.c", "", "exit_mm"),
	OTHER(ROLE_MM, "mm/mprotect.c", "", "mprotect_fixup"),
	OTHER(ROLE_MM, "mm/mprotect.c", "", "do_mprotect_pkey"),
	OTHER(ROLE_MM, "mm/mprotect.c", "", "__arm64_sys_mprotect"),
	OTHER(ROLE_MM, "mm/madvise.c", "", "do_madvise"),
	OTHER(ROLE_MM, "mm/madvise.c", "4.19-", "__arm64_sys_madvise"),
	OTHER(ROLE_MM, "mm/madvise.c", "-4.18", "sys_madvise"),
	OTHER(ROLE_MM, "mm/mremap.c", "", "move_vma"),
	OTHER(ROLE_MM, "mm/gup.c", "", "__mm_populate"),
	OTHER(ROLE_MM, "mm/gup.c", "", "__get_user_pages"),
	OTHER(ROLE_MM, "mm/khugepaged.c", "", "khugepaged"),
	OTHER(ROLE_MM, "mm/migrate.c", "", "migrate_pages"),
	OTHER(ROLE_MM, "mm/migrate.c", "", "remove_migration_ptes"),
	OTHER(ROLE_MM, "mm/mempolicy.c", "", "do_migrate_pages"),
	OTHER(ROLE_MM, "mm/mempolicy.c", "", "change_prot_numa"),
	OTHER(ROLE_MM, "kernel/sched/fair.c", "", "task_numa_work"),
	OTHER(ROLE_MM, "mm/compaction.c", "", "compact_zone"),
	OTHER(ROLE_MM, "mm/rmap.c", "", "rmap_walk"),
	OTHER(ROLE_MM, "mm/rmap.c", "", "try_to_unmap"),
	OTHER(ROLE_MM_LOCK, "mm/huge_memory.c", "", "split_huge_page_to_list"),
	OTHER(ROLE_MM, "mm/pagewalk.c", "", "walk_page_range"),
	OTHER(ROLE_MM, "mm/ksm.c", "", "ksm_scan_thread"),
	OTHER(ROLE_MM, "fs/proc/task_mmu.c", "", "show_smap"),

	/* --- locks of the memory management that nobody holds while a user pte is set --- */
	OTHER(ROLE_MM_LOCK, "mm/page_alloc.c", "", "get_page_from_freelist"),
	OTHER(ROLE_MM_LOCK, "mm/page_alloc.c", "", "__alloc_pages_nodemask"),
	OTHER(ROLE_MM_LOCK, "mm/page_alloc.c", "", "rmqueue_bulk"),
	OTHER(ROLE_MM_LOCK, "mm/page_alloc.c", "", "rmqueue"),
	OTHER(ROLE_MM_LOCK, "mm/page_alloc.c", "", "free_pcppages_bulk"),
	OTHER(ROLE_MM_LOCK, "mm/page_alloc.c", "", "free_one_page"),
	OTHER(ROLE_MM_LOCK, "mm/page_alloc.c", "", "__free_pages_ok"),
	OTHER(ROLE_MM_LOCK, "mm/swap.c", "", "release_pages"),
	OTHER(ROLE_MM_LOCK, "mm/swap.c", "-6.10", "pagevec_lru_move_fn"),
	OTHER(ROLE_MM_LOCK, "mm/swap.c", "5.16-", "folio_batch_move_lru"),
	OTHER(ROLE_MM_LOCK, "mm/swap.c", "", "__page_cache_release"),
	OTHER(ROLE_MM_LOCK, "mm/vmscan.c", "", "shrink_inactive_list"),
	OTHER(ROLE_MM_LOCK, "mm/vmscan.c", "", "shrink_active_list"),
	OTHER(ROLE_MM_LOCK, "mm/compaction.c", "", "isolate_migratepages_block"),
	OTHER(ROLE_MM_LOCK, "mm/slub.c", "", "get_partial_node"),
	OTHER(ROLE_MM_LOCK, "mm/slub.c", "", "___slab_alloc"),
	OTHER(ROLE_MM_LOCK, "mm/memcontrol.c", "", "mem_cgroup_charge"),

	/* --- causes --- */
	BECAUSE(CAUSE_BPF_JIT, "arch/arm64/net/bpf_jit_comp.c", "", "bpf_int_jit_compile"),
	BECAUSE(CAUSE_BPF_JIT, "arch/arm64/net/bpf_jit_comp.c", "", "bpf_flush_icache"),
	BECAUSE(CAUSE_BPF_JIT, "kernel/bpf/core.c", "", "bpf_prog_select_runtime"),
	BECAUSE(CAUSE_BPF_JIT, "kernel/bpf/core.c", "6.4-", "bpf_prog_pack_alloc"),
	BECAUSE(CAUSE_BPF_JIT, "kernel/bpf/core.c", "6.4-", "bpf_jit_binary_pack_finalize"),
	BECAUSE(CAUSE_BPF_JIT, "kernel/bpf/core.c", "5.18-", "bpf_prog_pack_free"),
	BECAUSE(CAUSE_BPF_JIT, "kernel/bpf/syscall.c", "", "bpf_prog_load"),
	BECAUSE(CAUSE_BPF_JIT, "arch/arm64/net/bpf_jit_comp.c", "6.0-", "bpf_arch_text_poke"),
	BECAUSE(CAUSE_BPF_JIT, "arch/arm64/net/bpf_jit_comp.c", "6.0-", "arch_prepare_bpf_trampoline"),
	BECAUSE(CAUSE_BPF_JIT, "kernel/bpf/trampoline.c", "5.5-", "bpf_trampoline_update"),
	BECAUSE(CAUSE_MODULE, "kernel/module.c", "", "load_module"),
	BECAUSE(CAUSE_MODULE, "kernel/module.c", "", "do_init_module"),
	BECAUSE(CAUSE_MODULE, "kernel/module.c", "", "flush_module_icache"),
	BECAUSE(CAUSE_MODULE, "kernel/module.c", "", "free_module"),
	BECAUSE(CAUSE_MODULE, "kernel/module.c", "", "do_free_init"),
	BECAUSE(CAUSE_MODULE, "arch/arm64/kernel/module.c", "", "module_finalize"),
	BECAUSE(CAUSE_STATIC_KEY, "arch/arm64/kernel/jump_label.c", "", "arch_jump_label_transform"),
	BECAUSE(CAUSE_STATIC_KEY, "arch/arm64/kernel/jump_label.c", "6.11-", "arch_jump_label_transform_apply"),
	BECAUSE(CAUSE_STATIC_KEY, "kernel/jump_label.c", "", "__jump_label_update"),
	BECAUSE(CAUSE_STATIC_KEY, "kernel/jump_label.c", "", "jump_label_update"),
	BECAUSE(CAUSE_STATIC_KEY, "kernel/jump_label.c", "", "static_key_enable"),
	BECAUSE(CAUSE_STATIC_KEY, "kernel/jump_label.c", "", "static_key_disable"),
	BECAUSE(CAUSE_STATIC_KEY, "kernel/jump_label.c", "", "static_key_slow_inc"),
	BECAUSE(CAUSE_STATIC_KEY, "mm/kfence/core.c", "5.12-", "toggle_allocation_gate"),
	BECAUSE(CAUSE_KPROBE, "arch/arm64/kernel/probes/kprobes.c", "", "arch_prepare_kprobe"),
	BECAUSE(CAUSE_KPROBE, "arch/arm64/kernel/probes/kprobes.c", "", "arch_arm_kprobe"),
	BECAUSE(CAUSE_KPROBE, "arch/arm64/kernel/probes/kprobes.c", "", "arch_disarm_kprobe"),
	BECAUSE(CAUSE_KPROBE, "arch/arm64/kernel/probes/kprobes.c", "", "arch_prepare_ss_slot"),
	BECAUSE(CAUSE_KPROBE, "kernel/kprobes.c", "", "arm_kprobe"),
	BECAUSE(CAUSE_KPROBE, "kernel/kprobes.c", "", "disarm_kprobe"),
	BECAUSE(CAUSE_KPROBE, "kernel/kprobes.c", "", "register_kprobe"),
	BECAUSE(CAUSE_KPROBE, "kernel/kprobes.c", "", "unregister_kprobes"),
	BECAUSE(CAUSE_KPROBE, "kernel/kprobes.c", "", "__disable_kprobe"),
	BECAUSE(CAUSE_FTRACE, "kernel/trace/ftrace.c", "", "ftrace_run_update_code"),
	BECAUSE(CAUSE_FTRACE, "kernel/trace/ftrace.c", "", "ftrace_modify_all_code"),
	BECAUSE(CAUSE_FTRACE, "kernel/trace/ftrace.c", "", "update_ftrace_function"),
	BECAUSE(CAUSE_FTRACE, "kernel/trace/ftrace.c", "", "ftrace_startup"),
	BECAUSE(CAUSE_FTRACE, "kernel/trace/ftrace.c", "", "ftrace_shutdown"),
	BECAUSE(CAUSE_FTRACE, "kernel/trace/ftrace.c", "", "__register_ftrace_function"),
	BECAUSE(CAUSE_FTRACE, "kernel/trace/ring_buffer.c", "", "ring_buffer_resize"),
	BECAUSE(CAUSE_FTRACE, "kernel/trace/trace.c", "", "trace_buffered_event_enable"),
	BECAUSE(CAUSE_FTRACE, "kernel/trace/trace.c", "", "trace_buffered_event_disable"),
	BECAUSE(CAUSE_UPROBE, "arch/arm64/kernel/probes/uprobes.c", "", "arch_uprobe_copy_ixol"),
	BECAUSE(CAUSE_UPROBE, "kernel/events/uprobes.c", "", "xol_get_insn_slot"),
	BECAUSE(CAUSE_UPROBE, "kernel/events/uprobes.c", "", "uprobe_write_opcode"),
	BECAUSE(CAUSE_UPROBE, "kernel/events/uprobes.c", "", "install_breakpoint"),
	BECAUSE(CAUSE_UPROBE, "kernel/events/uprobes.c", "", "uprobe_notify_resume"),
	BECAUSE(CAUSE_UPROBE, "kernel/events/uprobes.c", "", "register_for_each_vma"),
	BECAUSE(CAUSE_PTRACE, "arch/arm64/mm/flush.c", "", "flush_ptrace_access"),
	BECAUSE(CAUSE_PTRACE, "arch/arm64/mm/flush.c", "", "copy_to_user_page"),
	BECAUSE(CAUSE_PTRACE, "mm/memory.c", "", "__access_remote_vm"),
	BECAUSE(CAUSE_PTRACE, "mm/memory.c", "", "access_process_vm"),
	BECAUSE(CAUSE_PTRACE, "mm/memory.c", "", "access_remote_vm"),
	BECAUSE(CAUSE_PTRACE, "kernel/ptrace.c", "4.9-", "ptrace_access_vm"),
	BECAUSE(CAUSE_PTRACE, "fs/proc/base.c", "", "mem_rw"),
	BECAUSE(CAUSE_HIBERNATION, "kernel/power/swap.c", "", "hib_end_io"),
	BECAUSE(CAUSE_HIBERNATION, "kernel/power/swap.c", "-6.8", "lzo_decompress_threadfn"),
	BECAUSE(CAUSE_HIBERNATION, "kernel/power/swap.c", "6.9-", "decompress_threadfn"),
	BECAUSE(CAUSE_HIBERNATION, "kernel/power/swap.c", "", "swsusp_read"),
	BECAUSE(CAUSE_HIBERNATION, "kernel/power/hibernate.c", "", "load_image_and_restore"),
	BECAUSE(CAUSE_HIBERNATION, "kernel/power/hibernate.c", "", "hibernation_snapshot"),
	BECAUSE(CAUSE_HIBERNATION, "kernel/power/hibernate.c", "", "software_resume"),
	BECAUSE(CAUSE_HIBERNATION, "arch/arm64/kernel/hibernate.c", "", "swsusp_arch_resume"),
	BECAUSE(CAUSE_MEMBARRIER, "kernel/sched/membarrier.c", "4.14-", "membarrier_private_expedited"),
	BECAUSE(CAUSE_MEMBARRIER, "kernel/sched/membarrier.c", "4.16-", "membarrier_global_expedited"),
	BECAUSE(CAUSE_MEMBARRIER, "kernel/sched/membarrier.c", "5.4-", "sync_runqueues_membarrier_state"),
	BECAUSE(CAUSE_MEMBARRIER, "kernel/sched/membarrier.c", "", "__arm64_sys_membarrier"),
	BECAUSE(CAUSE_MEMBARRIER, "kernel/sched/membarrier.c", "-4.18", "sys_membarrier"),
	BECAUSE(CAUSE_MEMBARRIER, "arch/x86/entry/syscalls", "", "__x64_sys_membarrier"),
	BECAUSE(CAUSE_TLB, "arch/x86/mm/tlb.c", "", "native_flush_tlb_others"),
	BECAUSE(CAUSE_TLB, "arch/x86/mm/tlb.c", "5.12-", "native_flush_tlb_multi"),
	BECAUSE(CAUSE_TLB, "arch/x86/mm/tlb.c", "", "flush_tlb_mm_range"),
	BECAUSE(CAUSE_TLB, "arch/x86/mm/tlb.c", "", "flush_tlb_kernel_range"),
	BECAUSE(CAUSE_TLB, "arch/x86/mm/tlb.c", "", "flush_tlb_all"),
	BECAUSE(CAUSE_TLB, "arch/x86/mm/tlb.c", "-4.14", "flush_tlb_page"),
	BECAUSE(CAUSE_TLB, "arch/x86/mm/tlb.c", "4.11-", "arch_tlbbatch_flush"),
	BECAUSE(CAUSE_TABLE_FREE, "mm/mmu_gather.c", "", "tlb_remove_table"),
	BECAUSE(CAUSE_TABLE_FREE, "mm/mmu_gather.c", "", "tlb_remove_table_one"),
	BECAUSE(CAUSE_TABLE_FREE, "mm/mmu_gather.c", "5.7-", "tlb_remove_table_sync_one"),
	BECAUSE(CAUSE_DEBUGGER, "kernel/debug/debug_core.c", "", "kgdb_flush_swbreak_addr"),
	BECAUSE(CAUSE_DEBUGGER, "kernel/debug/debug_core.c", "", "dbg_activate_sw_breakpoints"),
	BECAUSE(CAUSE_DEBUGGER, "kernel/debug/gdbstub.c", "", "gdb_serial_stub"),
	BECAUSE(CAUSE_DEBUGGER, "arch/arm64/kernel/debug-monitors.c", "", "enable_debug_monitors"),
	BECAUSE(CAUSE_SLAB, "mm/slab.c", "-6.7", "do_tune_cpucache"),
	BECAUSE(CAUSE_SLAB, "mm/slab.c", "-5.9", "__do_tune_cpucache"),
	BECAUSE(CAUSE_SLAB, "mm/slab.c", "-6.7", "drain_cpu_caches"),
	BECAUSE(CAUSE_SLAB, "mm/slub.c", "", "flush_all"),
	BECAUSE(CAUSE_SLAB, "mm/slab_common.c", "", "kmem_cache_destroy"),
	BECAUSE(CAUSE_SLAB, "mm/slab_common.c", "", "kmem_cache_shrink"),
	BECAUSE(CAUSE_BUFFERS, "fs/buffer.c", "", "invalidate_bh_lrus"),
	BECAUSE(CAUSE_BUFFERS, "fs/block_dev.c", "", "kill_bdev"),
	BECAUSE(CAUSE_BUFFERS, "fs/block_dev.c", "", "invalidate_bdev"),
	BECAUSE(CAUSE_CLOCK, "kernel/time/hrtimer.c", "", "clock_was_set"),
	BECAUSE(CAUSE_CLOCK, "kernel/time/timekeeping.c", "", "do_settimeofday64"),
	BECAUSE(CAUSE_KVM, "virt/kvm/kvm_main.c", "", "kvm_make_all_cpus_request"),
	BECAUSE(CAUSE_KVM, "virt/kvm/kvm_main.c", "", "kvm_make_vcpus_request_mask"),
	BECAUSE(CAUSE_KVM, "virt/kvm/kvm_main.c", "", "kvm_kick_many_cpus"),
	BECAUSE(CAUSE_KVM, "virt/kvm/kvm_main.c", "", "kvm_flush_remote_tlbs"),
	BECAUSE(CAUSE_KVM, "virt/kvm/kvm_main.c", "", "hardware_disable_all"),
	BECAUSE(CAUSE_KVM, "arch/arm64/kvm/arm.c", "", "force_vm_exit"),
	BECAUSE(CAUSE_RCU, "kernel/rcu/tree_exp.h", "", "sync_rcu_exp_select_node_cpus"),
	BECAUSE(CAUSE_RCU, "kernel/rcu/tree_exp.h", "", "wait_rcu_exp_gp"),
	BECAUSE(CAUSE_RCU, "kernel/rcu/tree.c", "", "rcu_barrier"),
	BECAUSE(CAUSE_OLD_SPLIT, "arch/arm64/mm/flush.c", "3.18-4.4", "pmdp_splitting_flush"),
	BECAUSE(CAUSE_STOP_MACHINE, "kernel/stop_machine.c", "", "multi_cpu_stop"),
	BECAUSE(CAUSE_STOP_MACHINE, "kernel/stop_machine.c", "", "stop_machine"),
	BECAUSE(CAUSE_STOP_MACHINE, "kernel/stop_machine.c", "4.13-", "stop_machine_cpuslocked"),
	BECAUSE(CAUSE_PATCHING, "arch/arm64/kernel/insn.c", "", "aarch64_insn_patch_text"),
	BECAUSE(CAUSE_PATCHING, "arch/arm64/kernel/insn.c", "", "aarch64_insn_patch_text_nosync"),
	BECAUSE(CAUSE_PATCHING, "arch/arm64/kernel/alternative.c", "", "apply_alternatives_all"),
	BECAUSE(CAUSE_READ_CODE, "fs/exec.c", "", "read_code"),
	BECAUSE(CAUSE_BACKTRACE, "lib/nmi_backtrace.c", "", "nmi_trigger_cpumask_backtrace"),
	BECAUSE(CAUSE_BACKTRACE, "drivers/tty/sysrq.c", "", "sysrq_handle_showallcpus"),
	BECAUSE(CAUSE_BACKTRACE, "drivers/tty/sysrq.c", "", "sysrq_showregs_othercpus"),
	BECAUSE(CAUSE_PERF, "kernel/events/core.c", "", "perf_event_read"),
	BECAUSE(CAUSE_PERF, "kernel/events/core.c", "", "event_function_call"),
	BECAUSE(CAUSE_PERF, "kernel/events/core.c", "", "cpu_function_call"),

	/* --- waiting --- */
	OTHER(ROLE_SPIN, "kernel/locking/qspinlock.c", "", "queued_spin_lock_slowpath"),
	OTHER(ROLE_SPIN, "arch/x86/include/asm/qspinlock.h", "", "native_queued_spin_lock_slowpath"),
	OTHER(ROLE_SPIN, "arch/x86/include/asm/qspinlock.h", "", "__pv_queued_spin_lock_slowpath"),
	OTHER(ROLE_SPIN, "kernel/locking/qrwlock.c", "", "queued_read_lock_slowpath"),
	OTHER(ROLE_SPIN, "kernel/locking/qrwlock.c", "", "queued_write_lock_slowpath"),
	OTHER(ROLE_SPIN, "kernel/locking/spinlock.c", "", "_raw_spin_lock"),
	OTHER(ROLE_SPIN, "kernel/locking/spinlock.c", "", "_raw_spin_lock_irq"),
	OTHER(ROLE_SPIN, "kernel/locking/spinlock.c", "", "_raw_spin_lock_irqsave"),
	OTHER(ROLE_SPIN, "kernel/locking/spinlock.c", "", "_raw_spin_lock_bh"),
	OTHER(ROLE_SPIN, "kernel/locking/spinlock.c", "", "_raw_spin_lock_nested"),
	OTHER(ROLE_SPIN, "kernel/locking/spinlock.c", "", "_raw_read_lock"),
	OTHER(ROLE_SPIN, "kernel/locking/spinlock.c", "", "_raw_write_lock"),
	OTHER(ROLE_SPIN, "kernel/locking/spinlock.c", "", "_raw_write_lock_irq"),
	OTHER(ROLE_SPIN, "kernel/locking/spinlock.c", "", "_raw_write_lock_irqsave"),
	OTHER(ROLE_SPIN, "kernel/locking/spinlock_debug.c", "", "do_raw_spin_lock"),
	OTHER(ROLE_SPIN, "kernel/locking/osq_lock.c", "", "osq_lock"),
	OTHER(ROLE_SPIN, "kernel/locking/mutex.c", "", "mutex_spin_on_owner"),
	OTHER(ROLE_SPIN, "kernel/locking/mutex.c", "", "mutex_optimistic_spin"),
	OTHER(ROLE_SPIN, "kernel/locking/rwsem.c", "", "rwsem_spin_on_owner"),
	OTHER(ROLE_SPIN, "kernel/locking/rwsem.c", "", "rwsem_optimistic_spin"),
	OTHER(ROLE_SLEEP, "kernel/sched/core.c", "", "__schedule"),
	OTHER(ROLE_SLEEP, "kernel/sched/core.c", "", "schedule"),
	OTHER(ROLE_SLEEP, "kernel/sched/core.c", "", "schedule_preempt_disabled"),
	OTHER(ROLE_SLEEP, "kernel/time/timer.c", "", "schedule_timeout"),
	OTHER(ROLE_IO, "kernel/sched/core.c", "", "io_schedule"),
	OTHER(ROLE_IO, "kernel/sched/core.c", "", "io_schedule_timeout"),

	/* --- where a stack begins and ends --- */
	OTHER(ROLE_INTERRUPT, "arch/arm64/kernel/entry.S", "-5.16", "el1_irq"),
	OTHER(ROLE_EXCEPTION, "arch/arm64/kernel/entry.S", "-5.16", "el1_sync"),
	OTHER(ROLE_EXCEPTION, "arch/arm64/kernel/entry.S", "-5.16", "el1_error"),
	OTHER(ROLE_EXCEPTION, "arch/arm64/kernel/entry.S", "-4.20", "el1_da"),
	OTHER(ROLE_EXCEPTION, "arch/arm64/kernel/entry.S", "-4.20", "el1_dbg"),
	OTHER(ROLE_INTERRUPT, "arch/arm64/kernel/entry.S", "5.14-", "el1h_64_irq"),
	OTHER(ROLE_INTERRUPT, "arch/arm64/kernel/entry.S", "5.14-", "el1h_64_fiq"),
	OTHER(ROLE_EXCEPTION, "arch/arm64/kernel/entry.S", "5.14-", "el1h_64_sync"),
	OTHER(ROLE_EXCEPTION, "arch/arm64/kernel/entry.S", "5.14-", "el1h_64_error"),
	OTHER(ROLE_INTERRUPT, "arch/x86/entry/entry_64.S", "-5.7", "apic_timer_interrupt"),
	OTHER(ROLE_INTERRUPT, "arch/x86/entry/entry_64.S", "-5.7", "call_function_interrupt"),
	OTHER(ROLE_EXCEPTION, "arch/x86/entry/entry_64.S", "", "end_repeat_nmi"),
	OTHER(ROLE_INTERRUPT, "arch/x86/include/asm/idtentry.h", "5.8-", "asm_sysvec_apic_timer_interrupt"),
	OTHER(ROLE_INTERRUPT, "arch/x86/include/asm/idtentry.h", "5.8-", "asm_sysvec_call_function"),
	OTHER(ROLE_INTERRUPT, "arch/x86/include/asm/idtentry.h", "5.8-", "asm_common_interrupt"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry.S", "", "ret_from_fork"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry.S", "-5.16", "el0_sync"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry-common.c", "5.5-", "el0_sync_handler"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry.S", "", "el0_svc"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry.S", "-4.18", "el0_svc_naked"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry.S", "", "el0_da"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry.S", "", "el0_ia"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry.S", "-5.16", "el0_irq"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry.S", "-5.16", "el0_irq_naked"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry-common.c", "5.14-", "el0_interrupt"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry-common.c", "5.14-", "el0t_64_sync_handler"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry.S", "5.14-", "el0t_64_sync"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry-common.c", "5.14-", "el0t_64_irq_handler"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry.S", "5.14-", "el0t_64_irq"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry.S", "5.14-", "el0t_32_sync"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/entry-common.c", "5.14-", "el0t_32_sync_handler"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/smp.c", "", "secondary_start_kernel"),
	OTHER(ROLE_ENTRY, "arch/arm64/kernel/head.S", "", "__secondary_switched"),
	OTHER(ROLE_ENTRY, "init/main.c", "", "start_kernel"),
	OTHER(ROLE_ENTRY, "arch/x86/entry/entry_64.S", "", "entry_SYSCALL_64_after_hwframe"),
	OTHER(ROLE_ENTRY, "arch/x86/entry/entry_64.S", "6.6-", "ret_from_fork_asm"),
	OTHER(ROLE_REPORT, "arch/arm64/kernel/stacktrace.c", "", "dump_backtrace"),
	OTHER(ROLE_REPORT, "arch/arm64/kernel/stacktrace.c", "", "show_stack"),
	OTHER(ROLE_REPORT, "lib/dump_stack.c", "", "dump_stack"),
	OTHER(ROLE_REPORT, "lib/dump_stack.c", "5.14-", "dump_stack_lvl"),
	OTHER(ROLE_REPORT, "arch/arm64/kernel/process.c", "", "show_regs"),
	OTHER(ROLE_REPORT, "kernel/panic.c", "", "panic"),
	OTHER(ROLE_REPORT, "kernel/smp.c", "5.9-", "csd_lock_wait_toolong"),
	OTHER(ROLE_REPORT, "kernel/smp.c", "6.4-", "__csd_lock_wait"),
	OTHER(ROLE_IDLE, "arch/arm64/kernel/process.c", "", "cpu_do_idle"),
	OTHER(ROLE_IDLE, "arch/arm64/kernel/process.c", "", "__cpu_do_idle"),
	OTHER(ROLE_IDLE, "arch/arm64/kernel/process.c", "", "arch_cpu_idle"),
	OTHER(ROLE_IDLE, "kernel/sched/idle.c", "", "default_idle_call"),
	OTHER(ROLE_IDLE, "kernel/sched/idle.c", "", "do_idle"),
	OTHER(ROLE_IDLE, "kernel/sched/idle.c", "", "cpu_startup_entry"),
	OTHER(ROLE_IDLE, "kernel/sched/idle.c", "", "cpuidle_idle_call"),
	OTHER(ROLE_IDLE, "drivers/cpuidle/cpuidle.c", "", "cpuidle_enter_state"),
	OTHER(ROLE_IDLE, "drivers/cpuidle/cpuidle.c", "", "cpuidle_enter"),
	OTHER(ROLE_IDLE, "drivers/firmware/psci/psci.c", "", "psci_cpu_suspend_enter"),
	OTHER(ROLE_IDLE, "drivers/acpi/processor_idle.c", "", "acpi_processor_ffh_lpi_enter"),
	OTHER(ROLE_IDLE, "arch/x86/kernel/process.c", "", "default_idle"),
	OTHER(ROLE_IDLE, "arch/x86/kernel/paravirt.c", "", "native_safe_halt"),
	OTHER(ROLE_IDLE, "arch/x86/kernel/paravirt.c", "6.6-", "pv_native_safe_halt"),
	OTHER(ROLE_IDLE, "drivers/idle/intel_idle.c", "", "intel_idle"),
};
/* clang-format on */

const struct causes_function *causes_table(size_t *count)
{
	*count = sizeof(table) / sizeof(table[0]);
	return table;
}

const struct causes_function *causes_find(const char *name)
{
	const size_t length = strcspn(name, ".$");

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].name[0] == name[0] && !strncmp(table[i].name, name, length) &&
		    !table[i].name[length])
			return &table[i];
	return NULL;
}

static enum causes_role role_of(const char *name)
{
	const struct causes_function *function = causes_find(name);

	return function ? function->role : ROLE_OTHER;
}

/* What the report itself, and the interrupt that it came with, put on top of the stack. */
static size_t find_start(const char *const *names, size_t count, bool *user)
{
	size_t start = 0, i;

	for (i = 0; i < count; i++) {
		const enum causes_role role = role_of(names[i]);

		if (role == ROLE_INTERRUPT || role == ROLE_EXCEPTION ||
		    (role == ROLE_REPORT && i == start))
			start = i + 1;
	}
	/* An interrupt that came while a program ran has nothing behind its entry but what it does itself. */
	*user = start < count && (start || !strncmp(names[0], "gic_handle", 10)) &&
		(!strncmp(names[count - 1], "el0_irq", 7) ||
		 !strncmp(names[count - 1], "el0t_64_irq", 11));
	return start;
}

/* The nearest caller from @from on that has a cause; CAUSE_UNKNOWN: none has. */
static enum cause nearest_cause(const char *const *names, size_t from, size_t count, size_t *at)
{
	for (size_t i = from; i < count; i++) {
		const struct causes_function *function = causes_find(names[i]);

		if (function && function->role == ROLE_CAUSE) {
			*at = i;
			return function->cause;
		}
	}
	return CAUSE_UNKNOWN;
}

/* Who asked for the broadcast that @names are within until @from: see causes.h. */
static enum cause sender_cause(const char *const *names, size_t from, size_t count, bool in_mm,
			       size_t *at)
{
	bool of_pte = false, of_aliases = false;
	size_t i = from;
	enum cause cause;

	for (; i < count && role_of(names[i]) == ROLE_SYNC; i++) {
		*at = i;
		of_pte |= stacks_name_is(names[i], strlen(names[i]), "__sync_icache_dcache");
		of_aliases |= stacks_name_is(names[i], strlen(names[i]), "sync_icache_aliases");
	}
	if (of_pte)
		return CAUSE_USER_PTE;
	/* Uprobes and ptrace maintain by the same function, and are near it. */
	cause = nearest_cause(names, i, i + 3 < count ? i + 3 : count, at);
	if (cause != CAUSE_UNKNOWN)
		return cause;
	/* The function that sets the pte may itself be inlined, as in 6.1's __split_huge_pmd(). */
	if (i < count &&
	    (role_of(names[i]) == ROLE_USER_PTE || role_of(names[i]) == ROLE_PTE_LOCK)) {
		*at = i;
		return CAUSE_USER_PTE;
	}
	if (of_aliases)
		return in_mm ? CAUSE_USER_PTE : CAUSE_UNKNOWN;
	return nearest_cause(names, i, count, at);
}

static bool find_sender(const char *const *names, size_t count, struct causes_finding *finding)
{
	size_t i = finding->start, end;

	while (i < count && role_of(names[i]) != ROLE_BROADCAST &&
	       role_of(names[i]) != ROLE_CALL_ONE)
		i++;
	if (i == count)
		return false;
	finding->at = i;
	finding->act = ACT_CALLS_ONE;
	for (end = i; end < count; end++) {
		const enum causes_role role = role_of(names[end]);

		if (role == ROLE_BROADCAST)
			finding->act = ACT_BROADCASTS;
		else if (role != ROLE_CALL_ONE)
			break;
	}
	finding->cause = finding->act == ACT_BROADCASTS ?
				 sender_cause(names, end, count, finding->in_mm, &finding->at) :
				 nearest_cause(names, end, count, &finding->at);
	return true;
}

/* A lock of which sort: by the function that takes it, and by what goes on around. */
static void judge_lock(const char *const *names, size_t from, size_t count, enum causes_act near_mm,
		       enum causes_act other, struct causes_finding *finding)
{
	enum causes_role role;

	while (from < count && role_of(names[from]) == ROLE_SPIN)
		from++;
	role = from < count ? role_of(names[from]) : ROLE_OTHER;
	finding->at = from < count ? from : count - 1;
	if (role == ROLE_USER_PTE || role == ROLE_PTE_LOCK || from == count)
		finding->act = near_mm;
	else if (role == ROLE_MM_LOCK || !finding->in_mm)
		finding->act = other;
	else
		finding->act = near_mm;
}

static void judge_sleep(const char *const *names, size_t count, struct causes_finding *finding)
{
	size_t i = finding->start;
	bool device = false;

	while (i < count && (role_of(names[i]) == ROLE_SLEEP || role_of(names[i]) == ROLE_IO ||
			     !strcmp(names[i], "__switch_to")))
		device |= role_of(names[i++]) == ROLE_IO;
	judge_lock(names, i, count, ACT_SLEEPS_MM, ACT_SLEEPS, finding);
	/* A page is waited for, and it is another process that has to let go of it, or a disk. */
	for (; device && i < count && finding->act == ACT_SLEEPS_MM; i++)
		if (strstr(names[i], "lock_page") || strstr(names[i], "migration_entry") ||
		    strstr(names[i], "folio_lock"))
			return;
	if (device)
		finding->act = ACT_SLEEPS;
}

/* Nothing but how a system call or a thread begins. */
static bool is_entry(const char *const *names, size_t from, size_t count)
{
	while (from < count &&
	       (role_of(names[from]) == ROLE_ENTRY || !strcmp(names[from], "kthread")))
		from++;
	return from == count;
}

static void judge_others(const char *const *names, size_t count, struct causes_finding *finding)
{
	const char *const first = names[finding->start];
	enum cause cause = nearest_cause(names, finding->start, count, &finding->at);

	switch (role_of(first)) {
	case ROLE_SPIN:
		judge_lock(names, finding->start, count, ACT_WAITS_PTE, ACT_WAITS, finding);
		return;
	case ROLE_SLEEP:
	case ROLE_IO: judge_sleep(names, count, finding); return;
	case ROLE_IDLE: finding->act = ACT_IDLE; return;
	default: break;
	}
	if (!strcmp(first, "__switch_to")) {
		/* Of a task that runs, nobody knows more than where it last gave up its CPU. */
		if (finding->start + 1 == count)
			finding->act = ACT_CUT;
		else
			judge_sleep(names, count, finding);
		return;
	}
	/* The end of a stack alone, as of a log that begins in the middle of one. */
	if (is_entry(names, finding->start, count)) {
		finding->act = ACT_CUT;
		return;
	}
	finding->act = ACT_BUSY;
	finding->at = finding->start;
	/* Who was asked for stacks prints its own, too. */
	if (cause == CAUSE_BACKTRACE) {
		finding->act = ACT_CUT;
		return;
	}
	if (cause == CAUSE_STOP_MACHINE) {
		finding->act = ACT_STOPPED;
		finding->cause = cause;
		return;
	}
	for (size_t i = finding->start; i < count; i++)
		if (stacks_name_is(names[i], strlen(names[i]), "__sync_icache_dcache") ||
		    stacks_name_is(names[i], strlen(names[i]), "sync_icache_aliases")) {
			finding->act = ACT_MAINTAINS;
			finding->at = i;
			return;
		}
}

/*
 * A broadcast out of an interrupt, as of a disk that completes a hibernated page: it stands where the
 * report of a lockup stands, and is none. What it is for has to be known: reports ask other CPUs, too.
 */
static bool find_interrupting_sender(const char *const *names, struct causes_finding *finding)
{
	struct causes_finding sender = { .start = 0 };

	if (!find_sender(names, finding->start, &sender) || sender.act != ACT_BROADCASTS ||
	    sender.cause == CAUSE_UNKNOWN || sender.cause == CAUSE_BACKTRACE)
		return false;
	sender.whole = finding->whole;
	*finding = sender;
	return true;
}

struct causes_finding causes_judge(const char *const *names, size_t count)
{
	struct causes_finding finding = { .act = ACT_CUT };
	bool user;

	if (!count)
		return finding;
	finding.start = find_start(names, count, &user);
	if (finding.start == count) {
		finding.start = 0;
		return finding;
	}
	finding.whole = role_of(names[count - 1]) == ROLE_ENTRY;
	for (size_t i = finding.start; i < count; i++) {
		const enum causes_role role = role_of(names[i]);

		finding.in_mm |= role == ROLE_MM || role == ROLE_USER_PTE || role == ROLE_PTE_LOCK;
	}
	if (user)
		finding.act = ACT_USER;
	else if (!find_sender(names, count, &finding) && !find_interrupting_sender(names, &finding))
		judge_others(names, count, &finding);
	return finding;
}
