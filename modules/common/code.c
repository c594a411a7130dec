// SPDX-License-Identifier: GPL-2.0-only
/*
 * code.c: finds functions of the running kernel and reads which branches leave them
 */
#include <linux/err.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "code.h"

/*
 * Splits @address into the start of its symbol and that symbol's size.
 * True unless the address has no name; *@in_module says whether a module owns it.
 */
static bool code_symbol(unsigned long address, unsigned long *start, unsigned long *size,
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

/* Where the probe of @function was registered, or would have been, is where it is. */
static bool code_take_probe(struct code_function *function, const struct kprobe *probe)
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
int code_find_all(struct code_function *functions, size_t count)
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

/* The same for one function. Context: may sleep. Return: as code_find_all(). */
int code_find(const char *name, struct code_function *function)
{
	function->name = name;
	return code_find_all(function, 1);
}

/* B and BL. */
static bool code_is_branch(u32 word)
{
	return (word & 0x7c000000) == 0x14000000;
}

static unsigned long code_target(unsigned long at, u32 word)
{
	return at + ((long)((u64)word << 38) >> 36);
}

/**
 * code_next_edge() - the next B or BL that leaves a function
 * @function: what to read
 * @edge: the edge to go on from; .at = 0 to begin
 *
 * Return: false when there is no further one.
 */
bool code_next_edge(const struct code_function *function, struct code_edge *edge)
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

/* How many branches lead from @function to @to; @edge receives the last of them. Any context. */
unsigned int code_edges_to(const struct code_function *function, unsigned long to,
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

/* Where a branch out of a function leads that no compiler made. */
static bool code_edge_is_detour(const struct code_edge *edge, struct code_change *change)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long start, size;
	bool in_module;

	if (!code_symbol(edge->to, &start, &size, &in_module)) {
		change->what = "it jumps to where no symbol is: a live patch?";
		return true;
	}
	sprint_symbol(name, edge->to);
	if (in_module) {
		/* NAME+0xOFFSET/0xSIZE [MODULE] */
		strscpy(change->module, strchr(name, '[') + 1, sizeof(change->module));
		change->module[strcspn(change->module, "] ")] = '\0';
		change->what = "it jumps into a module: a live patch?";
		return true;
	}
	change->what = "it is being traced or live-patched (ftrace)";
	return !strncmp(name, "ftrace_", 7);
}

/**
 * code_is_changed() - has somebody changed this function since it was compiled?
 * @function: what to read
 * @change: receives by whom
 *
 * Context: any.
 */
bool code_is_changed(const struct code_function *function, struct code_change *change)
{
	struct code_edge edge = { 0 };
	unsigned long at;

	memset(change, 0, sizeof(*change));
	while (code_next_edge(function, &edge)) {
		if (!code_edge_is_detour(&edge, change))
			continue;
		change->detour = true;
		return true;
	}
	for (at = function->start; at < function->start + function->size; at += CODE_INSN_SIZE) {
		if (!code_is_probe(code_word(at)))
			continue;
		change->what = "a kprobe sits in it";
		return true;
	}
	return false;
}
