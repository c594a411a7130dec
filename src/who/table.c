// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c: rows of what was counted: one for each process, cause and path
 */
#include <stdlib.h>
#include <string.h>

#include "lib/machine.h"
#include "lib/say.h"
#include "lib/text.h"
#include "who/who.h"

enum {
	/* Rows that a view keeps of processes that do nothing any more. */
	ROWS_MAX = 2000,
	/* Of a table. Any user can start a process each moment, and give it another name: some 2 KiB each. */
	TABLE_MAX = 16384,
};

bool who_table_open(struct who_table *table, const char *root, const struct who_cpus *to,
		    char why[static WHO_REASON_SIZE])
{
	*table = (struct who_table){ .root = root };
	if (!who_cpus_read(&table->possible, root, "possible") ||
	    !who_cpus_read(&table->online, root, "online")) {
		snprintf(why, WHO_REASON_SIZE,
			 "cannot read /sys/devices/system/cpu/online: mount /sys");
		return false;
	}
	table->to = to ? *to : table->online;
	for (int cpu = 0; cpu < WHO_CPUS_MAX; cpu++)
		if (table->to.has[cpu] && !table->online.has[cpu]) {
			snprintf(why, WHO_REASON_SIZE, "CPU %d is not online here", cpu);
			return false;
		}
	table->names = who_names_read(root, why);
	table->sent = calloc(WHO_CPUS_MAX, sizeof(uint64_t));
	if (table->names && !table->sent)
		snprintf(why, WHO_REASON_SIZE, "there is no memory");
	if (table->names && table->sent)
		return true;
	who_table_close(table);
	return false;
}

/* IPIs to the CPUs that are asked about: all of them are interrupted, but for the one that sends. */
static uint64_t count_ipis(const struct who_table *table, const uint64_t *by_cpu)
{
	uint64_t all = 0, own = 0;

	for (unsigned int cpu = 0, i = 0; cpu < WHO_CPUS_MAX && i < table->possible.count; cpu++) {
		if (!table->possible.has[cpu])
			continue;
		all += by_cpu[i];
		own += table->to.has[cpu] ? by_cpu[i] : 0;
		i++;
	}
	return all * table->to.count - own;
}

void who_table_total(struct who_table *table, const uint64_t *sent, uint64_t ipis)
{
	uint64_t all = 0;

	for (unsigned int cpu = 0, i = 0; cpu < WHO_CPUS_MAX && i < table->possible.count; cpu++) {
		if (!table->possible.has[cpu])
			continue;
		table->sent[cpu] += sent[i];
		all += sent[i++];
	}
	table->broadcasts += all;
	table->ipis += table->all ? ipis : count_ipis(table, sent);
	table->stale = true;
	/* Each sample takes its own away. */
	table->lost += all;
}

/* A name as it is printed: the kernel's, or a process's, which could be anything. */
static char *copy_name(const char *name)
{
	char *copy = text("%s", name);

	text_make_printable(copy);
	return copy;
}

static void name_chain(const struct who_table *table, const struct who_sample *sample,
		       char *chain[WHO_CHAIN])
{
	for (size_t i = 0; i < sample->depth; i++) {
		/* A return address may be the first byte of the next function. */
		const char *name = i ? who_names_find(table->names, sample->chain[i] - 1) :
				       sample->probed;

		chain[i] = name ? copy_name(name) :
				  text("0x%llx", (unsigned long long)sample->chain[i]);
	}
}

static bool same_chain(const struct who_row *row, char *const *chain, size_t depth)
{
	if (row->depth != depth)
		return false;
	for (size_t i = 0; i < depth; i++)
		if (strcmp(row->chain[i], chain[i]))
			return false;
	return true;
}

/* Of a thread that is not the first one: what its process is called, as long as it lives. */
static void name_process(const struct who_table *table, const struct who_sample *sample,
			 char comm[WHO_COMM_SIZE + 1])
{
	char path[32], line[64] = "";

	if (!sample->leader) {
		snprintf(path, sizeof(path), "proc/%u/comm", sample->process);
		machine_line(table->root, path, line, sizeof(line));
	}
	snprintf(comm, WHO_COMM_SIZE + 1, "%.*s", WHO_COMM_SIZE, *line ? line : sample->comm);
	if (!sample->process)
		snprintf(comm, WHO_COMM_SIZE + 1, "idle");
	text_make_printable(comm);
}

static struct who_row *find_row(struct who_table *table, uint32_t process, const char *comm,
				const char *cgroup, char *const *chain, size_t depth)
{
	for (size_t i = 0; i < table->count; i++) {
		struct who_row *row = &table->rows[i];

		if (row->process == process && !strcmp(row->comm, comm) &&
		    !strcmp(row->cgroup, cgroup) && same_chain(row, chain, depth))
			return row;
	}
	return NULL;
}

static struct who_row *new_row(struct who_table *table)
{
	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->rows = realloc(table->rows, table->room * sizeof(*table->rows));
		if (!table->rows)
			die(EXIT_UNKNOWN, "out of memory");
	}
	return memset(&table->rows[table->count++], 0, sizeof(*table->rows));
}

/* Where a table has no room for one more process or path: one row for each cause, without either. */
static struct who_row *others_row(struct who_table *table, enum cause cause)
{
	struct who_row *row;

	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].others && table->rows[i].cause == cause)
			return &table->rows[i];
	row = new_row(table);
	row->others = true;
	row->cause = cause;
	row->cgroup = text("%s", "");
	snprintf(row->comm, sizeof(row->comm), "others");
	return row;
}

static void free_chain(char **chain, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		free(chain[i]);
}

/* How much of @chain is one interrupt's own; @depth where there is none. */
static size_t own_depth(char *const *chain, size_t depth)
{
	for (size_t i = 0; i < depth; i++) {
		const struct causes_function *function = causes_find(chain[i]);

		if (function && function->role == ROLE_INTERRUPT)
			return i;
	}
	return depth;
}

static enum cause judge_cause(const struct who_table *table, char *const *chain, size_t depth)
{
	const enum cause cause = causes_judge((const char *const *)chain, depth).cause;

	return table->foreign && cause == CAUSE_USER_PTE ? CAUSE_UNKNOWN : cause;
}

void who_table_add(void *context, const struct who_sample *sample)
{
	struct who_table *table = context;
	char *chain[WHO_CHAIN], comm[WHO_COMM_SIZE + 1], *cgroup;
	uint32_t process = sample->process;
	struct who_row *row;
	size_t depth;

	if (table->stale)
		who_names_refresh(table->names);
	table->stale = false;
	name_chain(table, sample, chain);
	depth = own_depth(chain, sample->depth);
	if (depth < sample->depth) {
		free_chain(chain + depth, sample->depth - depth);
		process = 0;
		snprintf(comm, sizeof(comm), "interrupt");
		cgroup = text("%s", "");
	} else {
		name_process(table, sample, comm);
		cgroup = who_cgroup_name(table->root, sample->cgroup);
	}
	row = find_row(table, process, comm, cgroup, chain, depth);
	if (!row && table->count >= TABLE_MAX)
		row = others_row(table, judge_cause(table, chain, depth));
	if (row) {
		free_chain(chain, depth);
		free(cgroup);
	} else {
		row = new_row(table);
		row->process = process;
		memcpy(row->comm, comm, sizeof(comm));
		row->cgroup = cgroup;
		row->depth = depth;
		row->chain = malloc((depth + 1) * sizeof(*row->chain));
		if (!row->chain)
			die(EXIT_UNKNOWN, "out of memory");
		memcpy(row->chain, chain, depth * sizeof(*chain));
		row->cause = judge_cause(table, chain, depth);
	}
	row->broadcasts += sample->calls;
	row->ipis += table->all ? sample->ipis : count_ipis(table, sample->by_cpu);
	if (sample->depth)
		table->lost -= sample->calls;
}

static int compare_numbers(uint64_t left, uint64_t right)
{
	return left < right ? 1 : left > right ? -1 : 0;
}

static int by_rate(const void *a, const void *b)
{
	const struct who_row *left = a, *right = b;
	int order = compare_numbers(left->ipis - left->ipis_before,
				    right->ipis - right->ipis_before);

	order = order ? order : compare_numbers(left->ipis, right->ipis);
	order = order ? order : compare_numbers(left->broadcasts, right->broadcasts);
	return order ? order : compare_numbers(right->process, left->process);
}

static int by_broadcasts(const void *a, const void *b)
{
	const struct who_row *left = a, *right = b;
	const int order = compare_numbers(left->broadcasts, right->broadcasts);

	return order ? order : by_rate(a, b);
}

static int by_process(const void *a, const void *b)
{
	const struct who_row *left = a, *right = b;
	const int order = compare_numbers(right->process, left->process);

	return order ? order : by_rate(a, b);
}

static int by_cause(const void *a, const void *b)
{
	const struct who_row *left = a, *right = b;
	const int order = strcmp(causes_ids[left->cause], causes_ids[right->cause]);

	return order ? order : by_rate(a, b);
}

void who_table_sort(struct who_table *table, enum who_order order)
{
	static int (*const by[])(const void *, const void *) = {
		[WHO_BY_RATE] = by_rate,
		[WHO_BY_BROADCASTS] = by_broadcasts,
		[WHO_BY_PROCESS] = by_process,
		[WHO_BY_CAUSE] = by_cause,
	};

	if (table->count)
		qsort(table->rows, table->count, sizeof(*table->rows), by[order]);
}

static void free_row(struct who_row *row)
{
	free_chain(row->chain, row->depth);
	free(row->chain);
	free(row->cgroup);
}

/* The view of a terminal goes on for days, and processes come and go: the totals keep their counts. */
static void drop_silent(struct who_table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].ipis == table->rows[i].ipis_before)
			free_row(&table->rows[i]);
		else
			table->rows[kept++] = table->rows[i];
	table->count = kept;
}

void who_table_mark(struct who_table *table)
{
	if (table->count > ROWS_MAX)
		drop_silent(table);
	for (size_t i = 0; i < table->count; i++)
		table->rows[i].ipis_before = table->rows[i].ipis;
	table->ipis_before = table->ipis;
	table->seconds_before = table->seconds;
}

void who_table_clear(struct who_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free_row(&table->rows[i]);
	table->count = 0;
	table->broadcasts = table->ipis = table->lost = table->missed = 0;
	table->ipis_before = 0;
	table->seconds = table->seconds_before = 0;
	memset(table->sent, 0, WHO_CPUS_MAX * sizeof(uint64_t));
}

void who_table_close(struct who_table *table)
{
	if (table->sent)
		who_table_clear(table);
	free(table->rows);
	free(table->sent);
	who_names_free(table->names);
	*table = (struct who_table){ 0 };
}

uint64_t who_table_arrived(const struct who_table *table, unsigned int cpu)
{
	return table->broadcasts - table->sent[cpu];
}

size_t who_table_start(const struct who_row *row)
{
	for (size_t i = 0; i < row->depth; i++) {
		const struct causes_function *function = causes_find(row->chain[i]);

		if (!function || (function->role != ROLE_BROADCAST &&
				  function->role != ROLE_CALL_ONE && function->role != ROLE_SYNC))
			return i;
	}
	return 0;
}
