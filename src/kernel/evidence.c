// SPDX-License-Identifier: GPL-2.0-only
/*
 * evidence.c: measure in a kernel's code everything that judge.c needs
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel/a64.h"
#include "kernel/evidence.h"
#include "kernel/roles.h"
#include "kernel/walk.h"

/* So many calls say whether they land on functions. */
enum { CALLS_NEEDED = 1000 };

__attribute__((format(printf, 6, 7))) static void control_add(
	struct kernel_evidence *evidence, const char *name, bool holds, bool for_fixed_only,
	const char *needed, const char *format, ...)
{
	struct kernel_control *control = &evidence->controls[evidence->control_count++];
	va_list arguments;

	*control = (struct kernel_control){ .name = name,
					    .needed = needed,
					    .holds = holds,
					    .for_fixed_only = for_fixed_only };
	va_start(arguments, format);
	vsnprintf(control->found, sizeof(control->found), format, arguments);
	va_end(arguments);
}

/* The offset of the one function called @name. */
static bool function_find(const struct kernel *kernel, const char *name, uint64_t *offset,
			  char why[static REASON_SIZE])
{
	size_t copies;
	const struct kernel_symbol *symbol =
		kernel_symbols_find(&kernel->symbols, name, true, &copies);

	if (!symbol || copies != 1 || !kernel_symbol_is_text(symbol) ||
	    !kernel_holds(kernel, symbol->offset)) {
		snprintf(why, REASON_SIZE,
			 copies > 1 ? "%s is there %zu times" :
			 !symbol    ? "no symbol %s: not a kernel, stripped, or built for one CPU" :
				      "%s lies outside the code",
			 name, copies);
		return false;
	}
	*offset = symbol->offset;
	return true;
}

/* Is there reason to believe the symbols at all? */
static void symbols_control(const struct kernel *kernel, struct kernel_evidence *evidence,
			    uint64_t broadcast)
{
	struct kernel_landing landing = kernel_landing(kernel);
	uint64_t per_mille = landing.calls ? landing.landed * 1000 / landing.calls : 0;
	unsigned int callers = kernel_callers_count(kernel, evidence->root_pte, NULL);
	unsigned int elsewhere = kernel_callers_count(kernel, broadcast, &evidence->aliases);

	control_add(evidence, "landing",
		    landing.calls >= CALLS_NEEDED && per_mille >= KERNEL_LANDING_NEEDED, false,
		    "98 % of 1,000 or more",
		    "%" PRIu64 " of %" PRIu64 " calls land on the start of a function",
		    landing.landed, landing.calls);
	control_add(evidence, "callers", callers >= 1, false, "1 or more", "%u calls of %s",
		    callers, ROOT_PTE);
	control_add(evidence, "broadcasts", elsewhere >= 1, false, "1 or more",
		    "%u calls of %s from elsewhere", elsewhere, BROADCAST);
}

static bool probe_at(const struct kernel *kernel, uint64_t offset)
{
	uint32_t word = kernel_word(kernel, offset);

	return a64_is_brk(word) || word == 0;
}

/* The functions read that run on into what was not. */
static unsigned int cut_count(const struct kernel *kernel, const struct kernel_edges *edges)
{
	unsigned int count = 0;

	for (int i = 0; i < edges->body_count; i++)
		count += kernel_walk_is_cut(kernel, edges->bodies[i]);
	return count;
}

/* Was all of the code that matters read and understood? */
static void code_controls(const struct kernel *kernel, struct kernel_evidence *evidence)
{
	const struct kernel_edges *pte = &evidence->pte, *aliases = &evidence->aliases;
	unsigned int unresolved = pte->unresolved + aliases->unresolved;
	unsigned int indirect = pte->indirect + aliases->indirect;
	unsigned int probes = pte->probes + aliases->probes;
	bool entry = probe_at(kernel, evidence->root_pte) ||
		     probe_at(kernel, evidence->root_aliases);
	bool stranger = pte->strangers_broadcast || aliases->strangers_broadcast;
	bool maintains = kernel_walk_maintains(kernel, evidence->root_aliases);
	unsigned int unread = pte->too_deep + cut_count(kernel, pte);

	control_add(evidence, "probe", !entry, false, "none",
		    "%s breakpoint where the functions begin", entry ? "a" : "no");
	control_add(evidence, "edges", !unresolved && pte->count, true, "all",
		    "%u of %u branches land on functions", pte->count + aliases->count - unresolved,
		    pte->count + aliases->count);
	control_add(evidence, "indirect", !indirect, true, "none",
		    "%u jumps or calls through a register", indirect);
	control_add(evidence, "breakpoints", !probes, true, "none",
		    "%u breakpoints or words that are no code", probes);
	control_add(evidence, "callees", !stranger && !unread, true, "all followed",
		    stranger ? "a broadcast by way of a function this program does not know" :
			       "%u callees not followed",
		    unread);
	control_add(evidence, "maintenance", pte->maintenance >= 1 && maintains, true,
		    "1 or more, and on every path",
		    "%u cache maintenance instructions reached, %s through %s with it",
		    pte->maintenance, maintains ? "every path" : "not every path", ROOT_ALIASES);
}

/* Does the third argument of sync_icache_aliases() decide whether it broadcasts? */
static bool argument_decides(const struct kernel *kernel, uint64_t aliases)
{
	struct kernel_arguments no = { .x[2] = { true, 0 } }, yes = { .x[2] = { true, 1 } };

	return kernel_walk(kernel, aliases, &no, NULL) == WALK_CLEAN &&
	       kernel_walk(kernel, aliases, &yes, NULL) == WALK_BROADCAST;
}

/* Is there a call that no path takes, in what is known of the functions read? It may be turned on. */
static bool switched(const struct kernel *kernel, const struct kernel_edges *edges)
{
	for (int i = 0; i < edges->body_count; i++)
		if (kernel_role_at(&kernel->symbols, edges->bodies[i]) == ROLE_FLUSH &&
		    !kernel_walk_covers(kernel, edges->bodies[i]))
			return true;
	return false;
}

/*
 * Calls of a broadcast exist somewhere below the roots. Are they ever made for a user pte? If not,
 * the argument of the posted form must be what stops them: any other reason is not understood.
 */
static void paths_walk(const struct kernel *kernel, struct kernel_evidence *evidence)
{
	const struct kernel_arguments nothing = { 0 };
	enum kernel_walk_result result = kernel_walk(kernel, evidence->root_pte, &nothing,
						     &evidence->chain);
	bool decides = argument_decides(kernel, evidence->root_aliases);

	if (result == WALK_CLEAN &&
	    (switched(kernel, &evidence->pte) || switched(kernel, &evidence->aliases)))
		result = WALK_LOST;
	evidence->pte_broadcasts = result == WALK_BROADCAST;
	evidence->argument_decides = decides;
	control_add(evidence, "argument",
		    !evidence->pte_broadcasts && decides && result == WALK_CLEAN, true,
		    "false for user ptes, and decides", "the third argument of %s %s, %s",
		    ROOT_ALIASES, decides ? "decides" : "does not decide",
		    result == WALK_CLEAN ? "false for user ptes" :
		    result == WALK_LOST	 ? "not followed to the end" :
					   "a user pte broadcasts");
}

bool kernel_evidence_gather(const struct kernel *kernel, struct kernel_evidence *evidence,
			    char why[static REASON_SIZE])
{
	uint64_t broadcast;

	memset(evidence, 0, sizeof(*evidence));
	if (!function_find(kernel, ROOT_PTE, &evidence->root_pte, why) ||
	    !function_find(kernel, ROOT_ALIASES, &evidence->root_aliases, why) ||
	    !function_find(kernel, BROADCAST, &broadcast, why))
		return false;
	kernel_edges_collect(kernel, evidence->root_pte, &evidence->pte);
	kernel_edges_collect(kernel, evidence->root_aliases, &evidence->aliases);
	symbols_control(kernel, evidence, broadcast);
	code_controls(kernel, evidence);
	if (evidence->pte.broadcasts || evidence->aliases.broadcasts)
		paths_walk(kernel, evidence);
	return true;
}
