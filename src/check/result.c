// SPDX-License-Identifier: GPL-2.0-only
/*
 * result.c: one answer about one kernel, in words and numbers, kept after the kernel is gone
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/result.h"
#include "check/roles.h"
#include "lib/say.h"

struct result *result_new(struct result **list, const char *path, const char *member)
{
	struct result *result = calloc(1, sizeof(*result));

	if (result) {
		result->path = strdup(path);
		result->member = member ? strdup(member) : NULL;
	}
	if (!result || !result->path || (member && !result->member))
		die(EXIT_UNKNOWN, "out of memory");
	result->judgement.verdict = VERDICT_UNKNOWN;
	while (*list)
		list = &(*list)->next;
	*list = result;
	return result;
}

void results_free(struct result *list)
{
	while (list) {
		struct result *next = list->next;

		free(list->path);
		free(list->member);
		free(list);
		list = next;
	}
}

void result_unknown(struct result *result, const char *why)
{
	result->judgement.verdict = VERDICT_UNKNOWN;
	snprintf(result->judgement.reason, REASON_SIZE, "%s", why);
}

/* Of the names of what starts where @symbol does, the one that says most about its role. */
static const char *telling_name(const struct symbols *symbols, const struct symbol *symbol)
{
	const struct symbol *end = symbols->list + symbols->count, *best = symbol;

	for (const struct symbol *alias = symbol; alias < end && alias->offset == symbol->offset;
	     alias++)
		if (symbol_is_text(alias) && role_of(symbol_name(symbols, alias)) >
		    role_of(symbol_name(symbols, best)))
			best = alias;
	return symbol_name(symbols, best);
}

/* "function+0x54", or the address where no function is. */
static void place_name(const struct kernel *kernel, uint64_t offset, char text[static NAME_SIZE])
{
	const struct symbol *symbol = symbols_covering(&kernel->symbols, offset);

	if (!symbol || offset >= kernel->size)
		snprintf(text, NAME_SIZE, "0x%" PRIx64, kernel->base + offset);
	else if (symbol->offset == offset)
		snprintf(text, NAME_SIZE, "%.60s", telling_name(&kernel->symbols, symbol));
	else
		snprintf(text, NAME_SIZE, "%.44s+0x%" PRIx64,
			 telling_name(&kernel->symbols, symbol), offset - symbol->offset);
}

static void step_describe(const struct kernel *kernel, const struct edge *edge, struct step *step)
{
	place_name(kernel, edge->at, step->from);
	place_name(kernel, edge->to, step->to);
	step->address = kernel->base + edge->at;
	step->target = kernel->base + edge->to;
	step->word = edge->word;
}

static void steps_add(struct result *result, const struct kernel *kernel,
		      const struct edges *edges)
{
	for (unsigned int i = 0; i < edges->count && i < EDGES_KEPT; i++) {
		bool known = false;

		for (int j = 0; j < result->step_count; j++)
			known |= result->steps[j].address == kernel->base + edges->kept[i].at;
		if (!known && result->step_count < STEPS_MAXIMUM)
			step_describe(kernel, &edges->kept[i],
				      &result->steps[result->step_count++]);
	}
}

void result_judge_kernel(struct result *result, const struct kernel *kernel,
			 const struct runtime *runtime)
{
	struct evidence evidence;
	char why[REASON_SIZE];

	result->runtime = *runtime;
	result->symbols_from = kernel->symbols_from;
	result->symbol_count = kernel->symbols.count;
	if (!evidence_gather(kernel, &evidence, why)) {
		result_unknown(result, why);
		return;
	}
	judge(&evidence, FORM_NONE, runtime, &result->judgement);
	result->method = evidence.method;
	result->control_count = evidence.control_count;
	memcpy(result->controls, evidence.controls, sizeof(evidence.controls));
	steps_add(result, kernel, &evidence.pte);
	steps_add(result, kernel, &evidence.aliases);
	if (!evidence.pte_broadcasts)
		return;
	result->chain_length = evidence.chain.length;
	for (int i = 0; i < evidence.chain.length; i++)
		step_describe(kernel, &evidence.chain.edges[i], &result->chain[i]);
}
