/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * code.h: where things are in the running kernel's code, and which branches leave a function
 *
 * kallsyms_lookup_name() is not exported from 5.7 on. Here names are looked up by registering a
 * disabled kprobe: it never writes to the kernel's text, and it is refused where kprobes are
 * (lockdown), where these modules have no business either. Sizes come from sprint_symbol(), which
 * every kernel exports.
 */
#ifndef ICACHE_IPI_CODE_H
#define ICACHE_IPI_CODE_H

#ifndef CONFIG_ARM64
#error "the fault these modules are about is one of arm64 kernels: build them for ARCH=arm64"
#endif
#ifndef CONFIG_KPROBES
#error "these modules need a kernel with CONFIG_KPROBES=y"
#endif

#include <linux/err.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/slab.h>
#include <linux/string.h>

#define CODE_INSN_SIZE 4

/* One function: its first instruction, and how many bytes kallsyms gives it. */
struct code_function {
	const char *name;
	unsigned long start;
	unsigned long size;
};

/* A branch that leaves a function. */
struct code_edge {
	unsigned long at;
	unsigned long to;
	bool link;		/* BL: comes back; false: B, a tail call */
};

/*
 * Splits @address into the start of its symbol and that symbol's size.
 * True unless the address has no name; *@in_module says whether a module owns it.
 */
static inline bool code_symbol(unsigned long address, unsigned long *start, unsigned long *size,
			       bool *in_module)
{
	char text[KSYM_SYMBOL_LEN];
	unsigned long offset;
	const char *plus;

	sprint_symbol(text, address);
	plus = strrchr(text, '+');
	if (!plus || sscanf(plus, "+0x%lx/0x%lx", &offset, size) != 2)
		return false;
	*start = address - offset;
	*in_module = strchr(plus, '[');
	return true;
}

/* At most so many names in one code_find_all(). */
#define CODE_FIND_MAX 8

/* Where the probe of @function was registered, or would have been, is where it is. */
static inline bool code_take_probe(struct code_function *function, const struct kprobe *probe)
{
	bool in_module;

	/* From 6.1 on a probe of the entry is moved behind its BTI: go back to the symbol. */
	if (code_symbol((unsigned long)probe->addr, &function->start, &function->size,
			&in_module) && !in_module)
		return true;
	function->start = 0;
	return false;
}

/**
 * code_find_all() - find functions of the running kernel by their names
 * @functions: .name is set, as kallsyms has it; the rest is filled, .start = 0 where there is none
 * @count: how many, at most CODE_FIND_MAX
 *
 * All in one go: giving a probe back waits for a grace period, and this waits for one.
 * A function that must not be probed (NOKPROBE_SYMBOL) is found as well: register_kprobe() says
 * -EINVAL then, after it has looked the name up.
 *
 * Context: may sleep.
 * Return: 0; -ENOENT when one or more are not there; -EPERM when kprobes are forbidden (lockdown),
 * or what else register_kprobe() says, and then nothing is found.
 */
static inline int code_find_all(struct code_function *functions, size_t count)
{
	struct kprobe *probes = kcalloc(CODE_FIND_MAX, sizeof(*probes), GFP_KERNEL);
	struct kprobe *registered[CODE_FIND_MAX];
	int found = 0, result = 0, error = 0;
	size_t i;

	if (!probes || count > CODE_FIND_MAX) {
		kfree(probes);
		return -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		struct kprobe *probe = &probes[i];

		functions[i].start = 0;
		probe->symbol_name = functions[i].name;
		probe->flags = KPROBE_FLAG_DISABLED;
		error = register_kprobe(probe);
		if (!error)
			registered[found++] = probe;
		if (error && error != -ENOENT && (error != -EINVAL || !probe->addr))
			break;
		if (error == -ENOENT || !code_take_probe(&functions[i], probe))
			result = -ENOENT;
		error = 0;
	}
	if (found)
		unregister_kprobes(registered, found);
	kfree(probes);
	return error ? error : result;
}

/* The same for one function. */
static inline int code_find(const char *name, struct code_function *function)
{
	function->name = name;
	return code_find_all(function, 1);
}

/*
 * Can it be told when no task is in a function of ours any more? synchronize_rcu_tasks() tells;
 * without CONFIG_TASKS_RCU it is synchronize_rcu(), which is enough where nothing is preempted.
 */
static inline bool code_can_be_left(void)
{
	return IS_ENABLED(CONFIG_TASKS_RCU) ||
	       !(IS_ENABLED(CONFIG_PREEMPT) || IS_ENABLED(CONFIG_PREEMPTION));
}

static inline u32 code_word(unsigned long address)
{
	return le32_to_cpu(READ_ONCE(*(__le32 *)address));
}

/* B and BL, Arm ARM C6.2: 000101 or 100101, then 26 bits of offset in words. */
static inline bool code_is_branch(u32 word)
{
	return (word & 0x7c000000) == 0x14000000;
}

static inline unsigned long code_target(unsigned long at, u32 word)
{
	return at + ((long)((u64)word << 38) >> 36);
}

/* BRK #4 and #6: what kprobes and their single steps put in place of an instruction. */
static inline bool code_is_probe(u32 word)
{
	return word == 0xd4200080 || word == 0xd42000c0;
}

/**
 * code_next_edge() - the next B or BL that leaves a function
 * @function: what to read
 * @edge: the edge to go on from; .at = 0 to begin
 *
 * Return: false when there is no further one.
 */
static inline bool code_next_edge(const struct code_function *function, struct code_edge *edge)
{
	unsigned long at = edge->at ? edge->at + CODE_INSN_SIZE : function->start;

	for (; at < function->start + function->size; at += CODE_INSN_SIZE) {
		const u32 word = code_word(at);
		const unsigned long to = code_target(at, word);

		if (!code_is_branch(word) || to - function->start < function->size)
			continue;
		edge->at = at;
		edge->to = to;
		edge->link = word >> 31;
		return true;
	}
	return false;
}

/* How many branches lead from @function to @to; @edge receives the last of them. */
static inline unsigned int code_edges_to(const struct code_function *function, unsigned long to,
					 struct code_edge *edge)
{
	struct code_edge next = { 0 };
	unsigned int count = 0;

	while (code_next_edge(function, &next)) {
		if (next.to != to)
			continue;
		*edge = next;
		count++;
	}
	return count;
}

/**
 * code_changed_by() - has somebody changed this function since it was compiled?
 * @function: what to read
 *
 * Return: NULL, or who: a probe, a tracer, or a jump into a module (that is a live patch).
 */
static inline const char *code_changed_by(const struct code_function *function)
{
	struct code_edge edge = { 0 };
	unsigned long at, start, size;
	bool in_module;

	for (at = function->start; at < function->start + function->size; at += CODE_INSN_SIZE)
		if (code_is_probe(code_word(at)))
			return "a kprobe sits in it";
	while (code_next_edge(function, &edge)) {
		char name[KSYM_SYMBOL_LEN];

		if (!code_symbol(edge.to, &start, &size, &in_module))
			return "it jumps to where no symbol is: a live patch?";
		if (in_module)
			return "it jumps into a module: a live patch?";
		sprint_symbol(name, edge.to);
		if (!strncmp(name, "ftrace_", 7))
			return "it is being traced or live-patched (ftrace)";
	}
	return NULL;
}

#endif
