// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict.c: rows of counts against the price list
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/verdict.h"

const char *const verdict_names[VERDICTS] = {
	[VERDICT_FIXED] = "fixed",	   [VERDICT_DORMANT] = "dormant",
	[VERDICT_MITIGATED] = "mitigated", [VERDICT_AFFECTED] = "affected",
	[VERDICT_UNKNOWN] = "unknown",
};

enum exit_code verdict_exit(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_FIXED: return EXIT_GOOD;
	case VERDICT_DORMANT:
	case VERDICT_MITIGATED: return EXIT_DORMANT;
	case VERDICT_AFFECTED: return EXIT_AFFECTED;
	default: return EXIT_UNKNOWN;
	}
}

struct verdict_machine verdict_machine(unsigned int cpus, const char *icache,
				       const char *mitigation)
{
	return (struct verdict_machine){
		.cpus = cpus,
		.icache_vipt = !strcmp(icache, "VIPT"),
		.mitigated = !strcmp(mitigation, "mitigated"),
	};
}

/* The column of the price list as interrupts and, when they were counted, as broadcasts. */
static uint64_t row_price(const struct row *row, enum form form)
{
	return price_broadcasts(price_find(row->step), form, row->operations, row->ptes);
}

/* Where a huge page has 32 or 512 MiB, tasks wake up while it is cleared or copied: 4 or 16 each. */
static uint64_t row_wakeups(const struct row *row)
{
	return row->operations * (row->ptes / 1024) * 2;
}

/*
 * Where a kprobe counted the broadcasts themselves, their number is exact, always.
 *
 * Interrupts are their witness: a broadcast is (CPUs - 1) of them or nothing. From 5.8 on waking a
 * task on another CPU can use the same interrupt, so a few may be extra, beside what the control saw
 * as well: less than half a broadcast, or 1 % of what affected code costs, and row_wakeups(). CPUs
 * that work at once coalesce: a CPU with a call still queued gets no second interrupt (kernel/smp.c,
 * smp_call_function_many), so those may miss 5 %.
 */
static uint64_t row_noise(const struct row *row, uint64_t broadcast)
{
	const uint64_t half = (broadcast - 1) / 2;
	const uint64_t hundredth = row_price(row, FORM_AFFECTED) * broadcast / 100;

	return 2 * row->control_ipis + (half > hundredth ? half : hundredth) + row_wakeups(row);
}

bool verdict_row_fits(const struct row *row, const struct verdict_machine *machine, enum form form)
{
	const uint64_t broadcast = machine->cpus - 1;
	uint64_t expected, noise;

	if (!price_find(row->step))
		return false;
	noise = row_noise(row, broadcast);
	/* A newer kernel patches its text without a broadcast: such a zero is for and against no form. */
	if (price_find(row->step)->kernel_text && row->broadcasts == row->control_broadcasts &&
	    row->ipis <= noise)
		return true;
	expected = row_price(row, form);
	if (row->probed && row->broadcasts != row->control_broadcasts + expected)
		return false;
	expected *= broadcast;
	if (!expected)
		return row->ipis <= noise;
	if (row->at_once > 1)
		return row->ipis + noise >= expected - expected / 20;
	return row->ipis + noise >= expected && row->ipis <= expected + noise;
}

/* VIPT machines maintain by another function. */
static bool maintenances_counted(const struct row *row, const struct price *price,
				 const struct verdict_machine *machine)
{
	return row->probed > 1 && !machine->icache_vipt && !price->kernel_text;
}

/*
 * Fixed or not, the I-cache must be kept coherent equally often: a fix that broadcasts nothing
 * because it maintains nothing is none.
 */
static bool row_maintained(const struct row *row, const struct price *price,
			   const struct verdict_machine *machine)
{
	return !maintenances_counted(row, price, machine) ||
	       row->maintenances ==
		       row->control_maintenances +
			       price_total(&price->maintenances, row->operations, row->ptes);
}

bool verdict_row_is(const struct row *row, const char *step, const struct verdict_machine *machine)
{
	const struct price *price = price_find(step);
	struct row named = *row;

	if (!price)
		return false;
	snprintf(named.step, sizeof(named.step), "%s", step);
	if (maintenances_counted(row, price, machine))
		return row_maintained(row, price, machine);
	return verdict_row_fits(&named, machine, FORM_AFFECTED);
}

/* The rest of the machine may wake a task on each CPU, and eight on one that has fewer. */
bool verdict_control_is_clean(const struct row *row, const struct verdict_machine *machine)
{
	return row->control_ipis <=
	       row_price(row, FORM_AFFECTED) * (machine->cpus - 1) / 100 + row_wakeups(row) +
		       (machine->cpus > 8 ? machine->cpus : 8);
}

/* Why @row proves nothing, or NULL when it is sound. */
static const char *row_defect(const struct row *row, const struct verdict_machine *machine)
{
	const struct price *price = price_find(row->step);

	if (!price)
		return "is not in the price list";
	if (!row->operations)
		return "did nothing";
	if (price->huge && row->huge < row->operations)
		return "worked on pages that were not huge";
	if (!strcmp(row->scenario, "execute") && row->walked < row->operations)
		return "ran stale code: an invalidation of the I-cache is lost";
	if (row->walked < row->operations || row->control_walked < row->operations)
		return "was not seen to happen by the kernel's own counters";
	if (!row_maintained(row, price, machine))
		return "did not maintain the I-cache as often as it must: code may run stale";
	if (row->control_lockups)
		return "has soft lockups in its control, which the host causes";
	if (!verdict_control_is_clean(row, machine))
		return "has a dirty control: something else interrupts these CPUs";
	return NULL;
}

/* The first row that contradicts @form, or NULL when all of them fit. */
static const struct row *first_misfit(const struct row *rows, size_t count,
				      const struct verdict_machine *machine, enum form form)
{
	for (size_t i = 0; i < count; i++)
		if (!verdict_row_fits(&rows[i], machine, form))
			return &rows[i];
	return NULL;
}

/* True when a row shows that the counter counts. */
static bool counter_alive(const struct row *rows, size_t count,
			  const struct verdict_machine *machine)
{
	for (size_t i = 0; i < count; i++)
		if (row_price(&rows[i], FORM_MERGED) && rows[i].ipis >= machine->cpus - 1)
			return true;
	return false;
}

static struct judgement __attribute__((format(printf, 3, 4))) judge(
	enum verdict verdict, enum form form, const char *format, ...)
{
	struct judgement judgement = { .verdict = verdict, .form = form };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(judgement.reason, sizeof(judgement.reason), format, arguments);
	va_end(arguments);
	return judgement;
}

/* No form fits all rows: names the row that keeps the kernel from the form it is closest to. */
static struct judgement judge_misfit(const struct row *rows, size_t count,
				     const struct verdict_machine *machine)
{
	const struct row *misfit = rows;
	uint64_t cost;

	/* The later the first misfit, the closer. */
	for (enum form form = 0; form < FORMS; form++) {
		const struct row *row = first_misfit(rows, count, machine, form);

		if (row > misfit)
			misfit = row;
	}
	cost = misfit->probed ? misfit->broadcasts - misfit->control_broadcasts : misfit->ipis;
	return judge(VERDICT_UNKNOWN, FORM_NONE,
		     "%s/%s at %" PRIu64 " costs what no known code costs: "
		     "%" PRId64 " %s; affected code %" PRIu64 ", posted %" PRIu64
		     ", merged %" PRIu64 " broadcasts",
		     misfit->scenario, misfit->step, misfit->at_once, (int64_t)cost,
		     misfit->probed ? "broadcasts" : "interrupts", row_price(misfit, FORM_AFFECTED),
		     row_price(misfit, FORM_POSTED), row_price(misfit, FORM_MERGED));
}

/*
 * The module takes the broadcasts from user ptes alone, as the posted fix does. No affected kernel
 * has merged prices: where the module claims to hold and nothing broadcasts, one of the two is wrong.
 */
static struct judgement judge_mitigated(const bool fits[FORMS])
{
	if (!fits[FORM_POSTED])
		return judge(
			VERDICT_UNKNOWN, FORM_MERGED,
			"icache_ipi_mitigate reports that it holds, but ptrace and uprobes do not "
			"broadcast; it does not change those");
	return judge(VERDICT_MITIGATED, fits[FORM_MERGED] ? FORM_FIXED : FORM_POSTED,
		     "affected code, and icache_ipi_mitigate holds: every row costs what fixed "
		     "code costs");
}

/* Which forms fit, and what that means. */
static struct judgement judge_forms(const struct row *rows, size_t count,
				    const struct verdict_machine *machine)
{
	bool fits[FORMS];

	for (enum form form = 0; form < FORMS; form++)
		fits[form] = !first_misfit(rows, count, machine, form);
	if (!fits[FORM_AFFECTED] && !fits[FORM_POSTED] && !fits[FORM_MERGED])
		return judge_misfit(rows, count, machine);
	if (fits[FORM_AFFECTED] && (fits[FORM_POSTED] || fits[FORM_MERGED]))
		return judge(VERDICT_UNKNOWN, FORM_NONE,
			     "these rows cost the same on affected and on "
			     "fixed code; a row that differs is missing");
	if (fits[FORM_AFFECTED])
		return judge(VERDICT_AFFECTED, FORM_AFFECTED,
			     "every row costs what affected code costs%s",
			     machine->mitigated ?
				     ", although icache_ipi_mitigate reports that it holds" :
				     "");
	if (machine->icache_vipt)
		return judge(VERDICT_DORMANT, FORM_NONE,
			     "VIPT I-cache: this machine never runs the "
			     "affected code");
	if (machine->mitigated)
		return judge_mitigated(fits);
	if (fits[FORM_POSTED] && fits[FORM_MERGED])
		return judge(VERDICT_FIXED, FORM_FIXED, "every row costs what fixed code costs");
	if (fits[FORM_POSTED])
		return judge(VERDICT_FIXED, FORM_POSTED,
			     "every row costs what the fix as posted costs");
	return judge(VERDICT_FIXED, FORM_MERGED, "every row costs what the fix as merged costs");
}

struct judgement verdict_of_rows(const struct row *rows, size_t count,
				 const struct verdict_machine *machine)
{
	for (size_t i = 0; i < count; i++) {
		const char *defect = row_defect(&rows[i], machine);

		if (defect)
			return judge(VERDICT_UNKNOWN, FORM_NONE, "%s/%s at %" PRIu64 " %s",
				     rows[i].scenario, rows[i].step, rows[i].at_once, defect);
	}
	if (machine->cpus < 2)
		return judge(VERDICT_DORMANT, FORM_NONE, "one CPU: there is no other to interrupt");
	if (!counter_alive(rows, count, machine))
		return judge(VERDICT_UNKNOWN, FORM_NONE,
			     "the row that shows the counter works is missing");
	return judge_forms(rows, count, machine);
}
