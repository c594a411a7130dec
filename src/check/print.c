// SPDX-License-Identifier: GPL-2.0-only
/*
 * print.c: results for people, and one line for Nagios
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "check/a64.h"
#include "check/print.h"
#include "lib/say.h"

/* Bytes of the printable UTF-8 character at @c; 0 if there is none: controls, C1 ones too. */
static int character(const unsigned char *c)
{
	int more = c[0] >= 0xf0 ? 3 : c[0] >= 0xe0 ? 2 : 1;

	if (c[0] < 0x80)
		return !iscntrl(c[0]);
	if (c[0] < 0xc2 || c[0] > 0xf4 || (c[0] == 0xc2 && c[1] < 0xa0))
		return 0;
	for (int i = 1; i <= more; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	return 1 + more;
}

/* File names come from strangers: nothing in them may command the terminal. */
static void print_name(FILE *to, const char *name)
{
	while (*name) {
		int bytes = character((const unsigned char *)name);

		if (bytes)
			fwrite(name, 1, bytes, to);
		else
			fputc('?', to);
		name += bytes ? bytes : 1;
	}
}

static const char *mnemonic(uint32_t word)
{
	if (a64_is_bl(word))
		return "bl";
	if (a64_is_b(word))
		return "b";
	return a64_is_b_cond(word) ? "b.cond" : a64_is_cbz(word) ? "cbz" : "tbz";
}

static void print_chain(FILE *to, const struct result *result)
{
	const struct step *last = &result->chain[result->chain_length - 1];

	fputs("  ", to);
	for (int i = 0; i < result->chain_length; i++)
		fprintf(to, "%s -> ", result->chain[i].from);
	fprintf(to, "%s    (%s, 0x%08" PRIx32 ")\n", last->to, mnemonic(last->word), last->word);
}

static const char *meaning(const struct result *result)
{
	switch (result->judgement.verdict) {
	case VERDICT_AFFECTED:
		return "every executable pte set for a fresh page interrupts all CPUs; "
		       "fix: icache-ipi-backport(1), stopgap: icache-ipi-mitigate";
	case VERDICT_DORMANT:
		return "the code interrupts all CPUs, but not on this machine as it is now";
	case VERDICT_MITIGATED:
		return "until the next boot; ptrace and uprobes still interrupt all CPUs; "
		       "fix: icache-ipi-backport(1)";
	default:
		return NULL;
	}
}

static void print_details(FILE *to, const struct result *result)
{
	if (result->container[0])
		fprintf(to, "  format       %s\n", result->container);
	if (result->banner[0])
		fprintf(to, "  banner       %.60s\n", result->banner);
	if (result->build_id[0])
		fprintf(to, "  build-id     %s\n", result->build_id);
	if (result->symbols_from)
		fprintf(to, "  symbols      %zu from %s\n", result->symbol_count,
			result->symbols_from);
	if (result->step_count)
		fputs("  branches that leave the functions read (address, word, what):\n", to);
	for (int i = 0; i < result->step_count; i++) {
		const struct step *step = &result->steps[i];

		fprintf(to, "    %" PRIx64 "  %08" PRIx32 "  %-28s %s %s\n", step->address,
			step->word, step->from, mnemonic(step->word), step->to);
	}
	if (result->control_count)
		fputs("  controls:\n", to);
	for (int i = 0; i < result->control_count; i++) {
		const struct control *control = &result->controls[i];

		fprintf(to, "    %-5s %-12s %s (needed%s: %s)\n", control->holds ? "holds" :
			control->for_fixed_only && result->judgement.verdict != VERDICT_UNKNOWN ?
			"-" : "FAILS", control->name, control->found,
			control->for_fixed_only ? " for fixed" : "", control->needed);
	}
}

void print_text(FILE *to, const struct result *result, bool explain)
{
	const struct judgement *judgement = &result->judgement;
	const char *means = meaning(result);

	print_name(to, result->path);
	if (result->member) {
		fputs(": ", to);
		print_name(to, result->member);
	}
	if (judgement->verdict == VERDICT_FIXED)
		fprintf(to, ": %s\n", state_words[judgement->form]);
	else if (judgement->verdict == VERDICT_UNKNOWN && result->is_tree)
		fprintf(to, ": %s (%s)\n", verdict_words[judgement->verdict],
			state_words[judgement->form]);
	else
		fprintf(to, ": %s\n", verdict_words[judgement->verdict]);
	if (result->chain_length && judgement->verdict != VERDICT_UNKNOWN)
		print_chain(to, result);
	if (judgement->reason[0]) {
		fputs("  ", to);
		print_name(to, judgement->reason);
		fputc('\n', to);
	}
	if (means)
		fprintf(to, "  %s\n", means);
	if (explain)
		print_details(to, result);
}

void print_state(FILE *to, FILE *why, const struct result *result)
{
	fprintf(to, "%s\n", state_words[result->judgement.form]);
	if (result->judgement.verdict != VERDICT_UNKNOWN)
		return;
	fprintf(why, "%s: ", say_program);
	print_name(why, result->judgement.reason);
	fputc('\n', why);
}

void print_nagios(FILE *to, const struct result *results, enum exit_code code)
{
	static const char *const states[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	unsigned int counts[VERDICTS] = { 0 }, total = 0;
	const struct result *worst = results;

	for (const struct result *result = results; result; result = result->next) {
		counts[result->judgement.verdict]++;
		total++;
		if (verdict_exit(result->judgement.verdict) == code &&
		    verdict_exit(worst->judgement.verdict) != code)
			worst = result;
	}
	fprintf(to, "ICACHE-IPI %s: ", states[code & 3]);
	print_name(to, worst->path);
	fprintf(to, " %s", verdict_words[worst->judgement.verdict]);
	if (total > 1)
		fprintf(to, " (of %u kernels)", total);
	fputs(" |", to);
	for (int i = 0; i < VERDICTS; i++)
		fprintf(to, " %s=%u", verdict_words[i], counts[i]);
	fputc('\n', to);
}
