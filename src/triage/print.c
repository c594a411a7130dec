// SPDX-License-Identifier: GPL-2.0-only
/*
 * print.c: the answer, for a reader
 */
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "triage/triage.h"

enum { LINE_WIDTH = 110 };

/* What a log says comes from strangers: everything is printable on the way out. */
static void print_chain(FILE *to, const struct triage_group *group, int width)
{
	size_t from = group->is.judged.start, size;
	char *chain = NULL;
	FILE *memory = open_memstream(&chain, &size);

	if (!memory)
		return;
	/* How a broadcast is carried out is the same for all. */
	if (group->is.judged.act == ACT_BROADCASTS)
		for (size_t i = from; i < group->depth; i++)
			if (stacks_name_is(group->names[i], strlen(group->names[i]),
					   "kick_all_cpus_sync"))
				from = i;
	stacks_print_chain(memory, group->names + from, group->depth - from, width);
	fclose(memory);
	text_print(to, chain);
	free(chain);
}

static void print_task(FILE *to, const struct triage_group *group)
{
	if (!group->comm[0])
		return;
	fputs(" (", to);
	text_print(to, group->comm);
	if (group->pid >= 0)
		fprintf(to, ", pid %d", group->pid);
	fputc(')', to);
}

static unsigned int cpus_of(const struct triage_group *group)
{
	const unsigned int cpus = triage_cpus_count(&group->cpus);

	return cpus ? cpus : group->count;
}

/* "CPU 17 broadcasts: ..." */
static void print_group(FILE *to, const struct triage_group *group, int width)
{
	static const char *const one[ACTS] = {
		[ACT_BROADCASTS] = "interrupts all others",
		[ACT_CALLS_ONE] = "calls one other",
		[ACT_MAINTAINS] = "maintains caches",
		[ACT_WAITS_PTE] = "waits for a page table's lock",
		[ACT_WAITS] = "waits for a lock",
		[ACT_SLEEPS_MM] = "sleeps",
		[ACT_SLEEPS] = "sleeps",
		[ACT_STOPPED] = "is stopped",
		[ACT_BUSY] = "is busy",
		[ACT_IDLE] = "is idle",
		[ACT_USER] = "runs a program",
		[ACT_CUT] = "is not shown",
	};
	static const char *const many[ACTS] = {
		[ACT_BROADCASTS] = "interrupt all others",
		[ACT_CALLS_ONE] = "call one other",
		[ACT_MAINTAINS] = "maintain caches",
		[ACT_WAITS_PTE] = "wait for a page table's lock",
		[ACT_WAITS] = "wait for a lock",
		[ACT_SLEEPS_MM] = "sleep",
		[ACT_SLEEPS] = "sleep",
		[ACT_STOPPED] = "are stopped",
		[ACT_BUSY] = "are busy",
		[ACT_IDLE] = "are idle",
		[ACT_USER] = "run a program",
		[ACT_CUT] = "are not shown",
	};
	const bool sleeps = group->is.judged.act == ACT_SLEEPS ||
			    group->is.judged.act == ACT_SLEEPS_MM;
	const unsigned int cpus = cpus_of(group);

	if (cpus == 1 && group->cpu >= 0 && !sleeps)
		fprintf(to, "CPU %d %s: ", group->cpu, one[group->is.judged.act]);
	else if (cpus == 1)
		fprintf(to, "a %s %s: ", sleeps ? "task" : "CPU", one[group->is.judged.act]);
	else
		fprintf(to, "%u %s %s: ", cpus, sleeps ? "tasks" : "CPUs",
			many[group->is.judged.act]);
	print_chain(to, group, width);
	if (cpus == 1)
		print_task(to, group);
	fputc('\n', to);
}

/* "soft lockups: 14 of 64 CPUs, 22 to 23 s; ..." */
static void print_counts(FILE *to, const struct triage_log *log,
			 const struct triage_incident *incident, const char *indent)
{
	const unsigned int locked = triage_cpus_count(&incident->locked);
	const char *between = indent;

	if (locked) {
		fprintf(to, "%s%s lockups: %u ", between, incident->hard ? "hard and soft" : "soft",
			locked);
		if (log->cpus >= locked)
			fprintf(to, "of %u ", log->cpus);
		fprintf(to, "CPU%s", locked == 1 && log->cpus < 2 ? "" : "s");
		if (incident->longest_s > incident->shortest_s)
			fprintf(to, ", %u to %u s", incident->shortest_s, incident->longest_s);
		else if (incident->longest_s)
			fprintf(to, ", %u s", incident->longest_s);
		between = "; ";
	}
	if (incident->stalls) {
		fprintf(to, "%sRCU stalls: %u", between, incident->stalls);
		between = "; ";
	}
	if (incident->hung) {
		fprintf(to, "%shung tasks: %u", between, incident->hung);
		between = "; ";
	}
	if (incident->csd) {
		fprintf(to, "%sCPU %d does not answer CPU %d", between, incident->csd_other,
			incident->csd_cpu);
		between = "; ";
	}
	if (log->cpus_seen) {
		static const char *const codes[] = { [CODE_UNKNOWN] = "is not recognised",
						     [CODE_AFFECTED] = "is affected",
						     [CODE_FIXED] = "is fixed",
						     [CODE_MITIGATED] = "is mitigated" };

		fprintf(to, "%sCPUs: %u run; ", between, log->cpus_seen);
		if (log->release[0])
			text_print(to, log->release);
		fprintf(to, "%sthe code of the kernel %s\n", log->release[0] ? ": " : "",
			codes[log->code]);
		if (log->in_memory)
			fprintf(to,
				"%sseen in the log that is in the dump: %u CPU%s left no registers\n",
				indent, log->cpus_unread, log->cpus_unread == 1 ? "" : "s");
		return;
	}
	if (log->release[0]) {
		fprintf(to, "%skernel named in the log: ", between);
		text_print(to, log->release);
		fprintf(to, ", %s the affected range",
			triage_judge_release(log->release) ? "in" : "not in");
		between = "; ";
	}
	if (between != indent)
		fputc('\n', to);
}

static void print_next(FILE *to, const struct triage_log *log, const char *indent)
{
	switch (log->verdict) {
	case TRIAGE_THIS_FAULT:
		fprintf(to,
			"%snext: icache-ipi check on that kernel; stop it now: icache-ipi-mitigate; "
			"fix: icache-ipi backport\n",
			indent);
		break;
	case TRIAGE_CANNOT_TELL:
		/* A CPU that panics as another one did first leaves no registers, but its report in the log. */
		if (log->cpus_seen) {
			fprintf(to,
				"%snext: icache-ipi triage on the log of that crash: vmcore-dmesg.txt, or what makedumpfile --dump-dmesg writes\n",
				indent);
			break;
		}
		fprintf(to,
			"%snext: icache-ipi check on that kernel's file; the next time, take the stacks of all CPUs:\n"
			"%s  sysctl kernel.softlockup_all_cpu_backtrace=1, or sysrq-l while it hangs, or kdump\n",
			indent, indent);
		break;
	default: break;
	}
}

/* The groups that belong in an answer: the one that decided, and who waits. */
static void print_evidence(FILE *to, const struct triage_incident *incident, const char *indent)
{
	if (incident->group) {
		fputs(indent, to);
		print_group(to, incident->group, LINE_WIDTH);
	}
	for (size_t i = 0; i < incident->groups_count; i++) {
		const struct triage_group *group = &incident->groups[i];

		if (group == incident->group || (group->is.judged.act != ACT_BROADCASTS &&
						 group->is.judged.act != ACT_WAITS_PTE))
			continue;
		fputs(indent, to);
		print_group(to, group, LINE_WIDTH);
	}
}

static const char *verdict_of(const struct triage_incident *incident)
{
	return triage_verdict_names[incident->verdict];
}

static void print_time(FILE *to, const struct triage_incident *incident)
{
	const long long seconds = incident->seconds;

	if (!incident->timed)
		fputs("without a time", to);
	else if (incident->calendar)
		fprintf(to, "at %02lld:%02lld:%02lld", seconds / 3600 % 24, seconds / 60 % 60,
			seconds % 60);
	else
		fprintf(to, "at %.1f s", incident->seconds);
}

static size_t real_incidents(const struct triage_log *log)
{
	size_t real = 0;

	for (size_t i = 0; i < log->incidents_count; i++)
		real += !log->incidents[i].left_out;
	return real;
}

static void print_incidents(FILE *to, const struct triage_log *log)
{
	for (size_t i = 0; i < log->incidents_count; i++) {
		const struct triage_incident *incident = &log->incidents[i];

		if (incident->left_out)
			continue;
		fputs("  ", to);
		print_time(to, incident);
		fprintf(to, ": %s: ", verdict_of(incident));
		text_line(to, "%s", incident->reason);
		print_evidence(to, incident, "    ");
		print_counts(to, log, incident, "    ");
	}
	for (int verdict = TRIAGE_VERDICTS - 1; verdict >= 0; verdict--)
		if (log->more[verdict])
			fprintf(to, "  %u more: %s\n", log->more[verdict],
				triage_verdict_names[verdict]);
}

/* Every group, as it was read, and what decided. */
static void explain(FILE *to, const struct triage_log *log)
{
	for (size_t i = 0; i < log->incidents_count; i++) {
		const struct triage_incident *incident = &log->incidents[i];

		fputs("  stacks ", to);
		print_time(to, incident);
		fprintf(to, ": %s\n",
			incident->left_out ? "nothing to triage" : verdict_of(incident));
		for (size_t j = 0; j < incident->groups_count; j++) {
			const struct triage_group *group = &incident->groups[j];

			fprintf(to, "%7u x %s, %s%s%s%s: ", cpus_of(group),
				triage_source_names[group->is.source],
				causes_act_names[group->is.judged.act],
				group->is.judged.act == ACT_BROADCASTS ? " for " : "",
				group->is.judged.act == ACT_BROADCASTS ?
					causes_ids[group->is.judged.cause] :
					"",
				group->mixed ? ", out of mixed lines" : "");
			print_chain(to, group, 400);
			fputc('\n', to);
		}
		if (incident->lost)
			fprintf(to, "%7u stacks more found no room\n", incident->lost);
		fprintf(to, "  rule: %s\n", incident->rule);
	}
}

void triage_print(FILE *to, const struct triage_log *log, enum triage_detail detail)
{
	const struct triage_incident *decisive = log->decisive;
	const size_t real = real_incidents(log);

	text_print(to, log->path);
	fprintf(to, ": %s", triage_verdict_names[log->verdict]);
	if (detail == DETAIL_LINE || !decisive || log->verdict != TRIAGE_THIS_FAULT) {
		fputs(": ", to);
		text_print(to, log->reason);
	}
	fputc('\n', to);
	if (detail == DETAIL_LINE)
		return;
	if (real > 1) {
		print_incidents(to, log);
	} else if (decisive) {
		print_evidence(to, decisive, "  ");
		print_counts(to, log, decisive, "  ");
	}
	print_next(to, log, "  ");
	if (detail == DETAIL_EXPLAIN)
		explain(to, log);
}
