// SPDX-License-Identifier: GPL-2.0-only
/*
 * finding.c: what was found out about one kernel, in words and numbers, kept after it is gone
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel/finding.h"
#include "kernel/roles.h"

void kernel_finding_unknown(struct kernel_finding *finding, const char *why)
{
	finding->judgement.verdict = VERDICT_UNKNOWN;
	snprintf(finding->judgement.reason, REASON_SIZE, "%s", why);
}

/* Of the names of what starts where @symbol does, the one that says most about its role. */
static const char *telling_name(const struct kernel_symbols *symbols,
				const struct kernel_symbol *symbol)
{
	const struct kernel_symbol *end = symbols->list + symbols->count, *best = symbol;

	for (const struct kernel_symbol *alias = symbol;
	     alias < end && alias->offset == symbol->offset; alias++)
		if (kernel_symbol_is_text(alias) &&
		    kernel_role_of(kernel_symbol_name(symbols, alias)) >
			    kernel_role_of(kernel_symbol_name(symbols, best)))
			best = alias;
	return kernel_symbol_name(symbols, best);
}

/* "function+0x54", or the address where no function is. */
static void place_name(const struct kernel *kernel, uint64_t offset, char text[static NAME_SIZE])
{
	const struct kernel_symbol *symbol = kernel_symbols_covering(&kernel->symbols, offset);

	if (!symbol || offset >= kernel->size)
		snprintf(text, NAME_SIZE, "0x%" PRIx64, kernel->base + offset);
	else if (symbol->offset == offset)
		snprintf(text, NAME_SIZE, "%.60s", telling_name(&kernel->symbols, symbol));
	else
		snprintf(text, NAME_SIZE, "%.44s+0x%" PRIx64,
			 telling_name(&kernel->symbols, symbol), offset - symbol->offset);
}

static void step_describe(const struct kernel *kernel, const struct kernel_edge *edge,
			  struct kernel_step *step)
{
	place_name(kernel, edge->at, step->from);
	place_name(kernel, edge->to, step->to);
	step->address = kernel->base + edge->at;
	step->target = kernel->base + edge->to;
	step->word = edge->word;
}

static void steps_add(struct kernel_finding *finding, const struct kernel *kernel,
		      const struct kernel_edges *edges)
{
	for (unsigned int i = 0; i < edges->count && i < EDGES_KEPT; i++) {
		bool known = false;

		for (int j = 0; j < finding->step_count; j++)
			known |= finding->steps[j].address == kernel->base + edges->kept[i].at;
		if (!known && finding->step_count < STEPS_MAXIMUM)
			step_describe(kernel, &edges->kept[i],
				      &finding->steps[finding->step_count++]);
	}
}

void kernel_finding_judge(struct kernel_finding *finding, const struct kernel *kernel,
			  const struct kernel_runtime *runtime)
{
	struct kernel_evidence evidence;
	char why[REASON_SIZE];

	finding->runtime = *runtime;
	finding->symbols_from = kernel->symbols_from;
	finding->symbol_count = kernel->symbols.count;
	if (!kernel_evidence_gather(kernel, &evidence, why)) {
		kernel_finding_unknown(finding, why);
		return;
	}
	finding->judgement = kernel_judge(&evidence, runtime);
	finding->method = "code";
	finding->control_count = evidence.control_count;
	memcpy(finding->controls, evidence.controls, sizeof(evidence.controls));
	steps_add(finding, kernel, &evidence.pte);
	steps_add(finding, kernel, &evidence.aliases);
	if (!evidence.pte_broadcasts)
		return;
	finding->chain_length = evidence.chain.length;
	for (int i = 0; i < evidence.chain.length; i++)
		step_describe(kernel, &evidence.chain.edges[i], &finding->chain[i]);
}

void kernel_finding_judge_tree(struct kernel_finding *finding, const char *path)
{
	finding->is_tree = true;
	finding->tree = kernel_tree_read(path, finding->judgement.reason);
	finding->method = finding->tree == TREE_NONE ? NULL : "source";
	snprintf(finding->container, sizeof(finding->container),
		 finding->tree == TREE_NONE ? "folder" : "source tree");
	finding->judgement.verdict = kernel_tree_verdict(finding->tree);
	finding->judgement.form = kernel_tree_form(finding->tree);
}

const char *kernel_finding_state(const struct kernel_finding *finding)
{
	static const enum kernel_tree_state states[FORM_WORDS] = {
		[FORM_AFFECTED] = TREE_AFFECTED,   [FORM_POSTED] = TREE_POSTED,
		[FORM_MERGED] = TREE_MERGED,	   [FORM_FIXED] = TREE_NOT_RECOGNISED,
		[FORM_NONE] = TREE_NOT_RECOGNISED,
	};

	return kernel_tree_words[finding->is_tree ? finding->tree :
						    states[finding->judgement.form]];
}
