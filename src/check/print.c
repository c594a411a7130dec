// SPDX-License-Identifier: GPL-2.0-only
/*
 * print.c: results for people, and one line for Nagios
 */
#include <inttypes.h>
#include <string.h>

#include "check/check.h"
#include "kernel/a64.h"
#include "lib/text.h"

static const char *mnemonic(uint32_t word)
{
	if (a64_is_bl(word))
		return "bl";
	if (a64_is_b(word))
		return "b";
	return a64_is_b_cond(word) ? "b.cond" :
	       a64_is_cbz(word)	   ? "cbz" :
	       a64_is_tbz(word)	   ? "tbz" :
				     "branch";
}

static void print_chain(FILE *to, const struct kernel_finding *finding)
{
	const struct kernel_step *last = &finding->chain[finding->chain_length - 1];

	fputs("  ", to);
	for (int i = 0; i < finding->chain_length; i++) {
		text_print(to, finding->chain[i].from);
		fputs(" -> ", to);
	}
	text_line(to, "%s    (%s, 0x%08" PRIx32 ")", last->to, mnemonic(last->word), last->word);
}

static const char *meaning(const struct kernel_finding *finding)
{
	switch (finding->judgement.verdict) {
	case VERDICT_AFFECTED:
		return "every executable pte set for a fresh page interrupts all CPUs; "
		       "fix: icache-ipi-backport(1), stopgap: icache-ipi-mitigate(8)";
	case VERDICT_DORMANT:
		return "the code interrupts all CPUs, but not on this machine as it is now";
	case VERDICT_MITIGATED:
		return "until the next boot; ptrace and uprobes still interrupt all CPUs; "
		       "fix: icache-ipi-backport(1)";
	default: return NULL;
	}
}

static void print_details(FILE *to, const struct kernel_finding *finding)
{
	if (finding->container[0])
		text_line(to, "  format       %s", finding->container);
	if (finding->unread)
		text_line(to,
			  "  not read     %" PRIu64
			  " bytes of the package, behind the last kernel that it lists",
			  finding->unread);
	if (finding->banner[0])
		text_line(to, "  banner       %.60s", finding->banner);
	if (finding->build_id[0])
		text_line(to, "  build-id     %s", finding->build_id);
	if (finding->symbols_from)
		text_line(to, "  symbols      %zu from %s", finding->symbol_count,
			  finding->symbols_from);
	if (finding->step_count)
		fputs("  branches that leave the functions read (address, word, what):\n", to);
	for (int i = 0; i < finding->step_count; i++) {
		const struct kernel_step *step = &finding->steps[i];

		text_line(to, "    %" PRIx64 "  %08" PRIx32 "  %-28s %s %s", step->address,
			  step->word, step->from, mnemonic(step->word), step->to);
	}
	if (finding->control_count)
		fputs("  controls:\n", to);
	for (int i = 0; i < finding->control_count; i++) {
		const struct kernel_control *control = &finding->controls[i];

		text_line(to, "    %-5s %-12s %s (needed%s: %s)",
			  control->holds ? "holds" :
			  control->for_fixed_only && finding->judgement.verdict != VERDICT_UNKNOWN ?
					   "-" :
					   "FAILS",
			  control->name, control->found,
			  control->for_fixed_only ? " for fixed" : "", control->needed);
	}
}

void check_print_text(FILE *to, const struct check_answer *answer, bool explain)
{
	const struct kernel_finding *finding = &answer->finding;
	const struct judgement *judgement = &finding->judgement;
	const char *means = meaning(finding);

	text_print(to, answer->path);
	if (answer->member) {
		fputs(": ", to);
		text_print(to, answer->member);
	}
	if (judgement->verdict == VERDICT_FIXED)
		fprintf(to, ": %s\n", kernel_finding_state(finding));
	else if (judgement->verdict == VERDICT_UNKNOWN && finding->is_tree)
		fprintf(to, ": %s (%s)\n", verdict_names[judgement->verdict],
			kernel_finding_state(finding));
	else
		fprintf(to, ": %s\n", verdict_names[judgement->verdict]);
	if (finding->chain_length && judgement->verdict != VERDICT_UNKNOWN)
		print_chain(to, finding);
	if (judgement->reason[0]) {
		fputs("  ", to);
		text_print(to, judgement->reason);
		fputc('\n', to);
	}
	if (means)
		fprintf(to, "  %s\n", means);
	if (explain)
		print_details(to, finding);
}

void check_print_nagios(FILE *to, const struct check_answer *answers, enum exit_code code)
{
	static const char *const states[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	unsigned int counts[VERDICTS] = { 0 }, total = 0;
	const struct check_answer *worst = answers;

	for (const struct check_answer *answer = answers; answer; answer = answer->next) {
		const enum verdict verdict = answer->finding.judgement.verdict;

		counts[verdict]++;
		total++;
		if (verdict_exit(verdict) == code &&
		    verdict_exit(worst->finding.judgement.verdict) != code)
			worst = answer;
	}
	fprintf(to, "ICACHE-IPI %s: ", states[code & 3]);
	text_print(to, worst->path);
	fprintf(to, " %s", verdict_names[worst->finding.judgement.verdict]);
	if (total > 1)
		fprintf(to, " (of %u kernels)", total);
	fputs(" |", to);
	for (int i = 0; i < VERDICTS; i++)
		fprintf(to, " %s=%u", verdict_names[i], counts[i]);
	fputc('\n', to);
}
