// SPDX-License-Identifier: GPL-2.0-only
/*
 * print.c: the table for a reader
 */
#include <stdlib.h>
#include <string.h>

#include "lib/stacks.h"
#include "lib/text.h"
#include "who/who.h"

/* Below 100 columns in all, "(this fault)" and long names of processes have no room. */
static bool is_narrow(int width)
{
	return width && width < 100;
}

static int cause_width(int width)
{
	return is_narrow(width) ? 12 : 21;
}

static int process_width(int width)
{
	return is_narrow(width) ? 18 : 23;
}

/* Since the last mark. */
static uint64_t per_second(const struct who_table *table, uint64_t ipis, uint64_t before)
{
	const double seconds = table->seconds - table->seconds_before;

	return seconds > 0 ? (ipis - before) / seconds + 0.5 : 0;
}

/* "s", unless there is one of it. */
static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* What is counted: "broadcast" or "call". */
static const char *noun(const struct who_table *table)
{
	return table->all ? "call" : "broadcast";
}

void who_print_head(FILE *to, const struct who_table *table)
{
	char broadcasts[32], ipis[32], rate[32];

	fprintf(to, "%.1f s on %u CPU%s: %s %s%s, %s IPI%s", table->seconds, table->online.count,
		plural(table->online.count), text_digits(table->broadcasts, broadcasts),
		noun(table), plural(table->broadcasts), text_digits(table->ipis, ipis),
		plural(table->ipis));
	if (table->to.count < table->online.count)
		fprintf(to, " to %u of them", table->to.count);
	fprintf(to, " (%s a second)\n",
		text_digits(per_second(table, table->ipis, table->ipis_before), rate));
}

/* "user pte (this fault)", "bpf jit" */
static void name_cause(enum cause cause, int columns, char *words, size_t size)
{
	snprintf(words, size, "%s", causes_ids[cause]);
	for (char *c = words; *c; c++)
		if (*c == '-')
			*c = ' ';
	if (cause == CAUSE_USER_PTE && columns > 12)
		snprintf(words + strlen(words), size - strlen(words), " (this fault)");
}

/* In @columns, the last three of them dots if there is more; 0: all of it. */
static void print_path(FILE *to, const struct who_row *row, int columns)
{
	const size_t start = who_table_start(row);
	char *path = NULL;
	size_t size;
	FILE *whole = open_memstream(&path, &size);

	if (!whole)
		return;
	if (row->others)
		fputs("(no room for their paths)", whole);
	else if (!row->depth)
		fputs("(its stack was lost)", whole);
	else
		stacks_print_chain(whole, (const char *const *)row->chain + start,
				   row->depth - start, 65536);
	if (fclose(whole))
		return;
	if (!columns || strlen(path) <= (size_t)columns)
		fputs(path, to);
	else
		fprintf(to, "%.*s...", columns - 3, path);
	free(path);
}

static void print_row(FILE *to, const struct who_table *table, const struct who_row *row, int width)
{
	const int columns = cause_width(width), room = process_width(width);
	char rate[32], broadcasts[32], cause[64], number[16], process[64];
	int used;

	name_cause(row->cause, columns, cause, sizeof(cause));
	snprintf(number, sizeof(number), " %u", row->process);
	text_copy(process, room + 1 - strlen(number), row->comm);
	strcat(process, number);
	used = fprintf(to, "%8s  %10s  %-*s  %-*s  ",
		       text_digits(per_second(table, row->ipis, row->ipis_before), rate),
		       text_digits(row->broadcasts, broadcasts), columns, cause, room, process);
	print_path(to, row, !width ? 0 : width - used > 8 ? width - used : 8);
	fputc('\n', to);
}

/* What was counted and is in no row. */
static void print_losses(FILE *to, const struct who_table *table)
{
	char number[32];

	if (table->lost)
		fprintf(to, "%s %s%s counted without a path: there was no room for more.\n",
			text_digits(table->lost, number), noun(table),
			table->lost == 1 ? " was" : "s were");
	if (table->missed)
		fprintf(to, "The kernel missed %s %s%s, which no number here has.\n",
			text_digits(table->missed, number), noun(table), plural(table->missed));
}

/* "8-15" into @list. */
static void name_cpus(const struct who_cpus *cpus, char *list, size_t size)
{
	size_t used = 0;

	list[0] = '\0';
	for (int cpu = 0; cpu < WHO_CPUS_MAX && used + 16 < size; cpu++) {
		int last = cpu;

		if (!cpus->has[cpu])
			continue;
		while (last + 1 < WHO_CPUS_MAX && cpus->has[last + 1])
			last++;
		used += snprintf(list + used, size - used, "%s%d", used ? "," : "", cpu);
		if (last > cpu)
			used += snprintf(list + used, size - used, "-%d", last);
		cpu = last;
	}
}

/* CPUs that should not be interrupted, and were. Who got a call is not counted CPU by CPU: --cpu tells. */
static void print_isolated(FILE *to, const struct who_table *table)
{
	uint64_t least = UINT64_MAX, most = 0;
	char list[256], from[32], until[32];
	struct who_cpus isolated;

	if (table->all || !table->broadcasts || !who_cpus_read(&isolated, table->root, "isolated"))
		return;
	for (unsigned int cpu = 0; cpu < WHO_CPUS_MAX; cpu++) {
		uint64_t arrived;

		if (!isolated.has[cpu] || !table->online.has[cpu])
			continue;
		arrived = who_table_arrived(table, cpu);
		least = arrived < least ? arrived : least;
		most = arrived > most ? arrived : most;
	}
	if (!most)
		return;
	name_cpus(&isolated, list, sizeof(list));
	text_digits(least, from);
	text_digits(most, until);
	fprintf(to, "Isolated CPU%s %s %s interrupted %s%s%s times%s.\n", plural(isolated.count),
		list, isolated.count == 1 ? "was" : "were", least < most ? from : "",
		least < most ? " to " : "", until, isolated.count == 1 ? "" : " each");
}

void who_print_notes(FILE *to, const struct who_table *table)
{
	print_losses(to, table);
	print_isolated(to, table);
}

void who_print_rows(FILE *to, const struct who_table *table, int width)
{
	if (table->count)
		fprintf(to, "%8s  %10s  %-*s  %-*s  %s\n", "IPIs/s",
			table->all ? "calls" : "broadcasts", cause_width(width), "cause",
			process_width(width), "process", "path");
	for (size_t i = 0; i < table->count; i++)
		print_row(to, table, &table->rows[i], width);
}

void who_print(FILE *to, const struct who_table *table, int width)
{
	who_print_head(to, table);
	who_print_rows(to, table, width);
	who_print_notes(to, table);
}
