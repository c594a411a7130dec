// SPDX-License-Identifier: GPL-2.0-only
/*
 * who-rows.c: rows in order, rates since a mark, and the series by cause
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "who/cgroup.c"
#include "who/cpus.c"
#include "who/names.c"
#include "who/prometheus.c"
#include "who/table.c"

static const struct who_row made[] = {
	{ .process = 5,
	  .cause = CAUSE_USER_PTE,
	  .ipis = 700,
	  .broadcasts = 100,
	  .ipis_before = 690 },
	{ .process = 3, .cause = CAUSE_BPF_JIT, .ipis = 70, .broadcasts = 10 },
	{ .process = 9, .cause = CAUSE_USER_PTE, .ipis = 70, .broadcasts = 11 },
	{ .process = 2, .cause = CAUSE_USER_PTE, .ipis = 170, .broadcasts = 9, .ipis_before = 100 },
	{ .process = 1, .cause = CAUSE_BPF_JIT, .ipis = 70, .broadcasts = 10 },
};
#define MADE (sizeof(made) / sizeof(*made))

static void test_orders(void **state)
{
	static const struct {
		enum who_order order;
		uint32_t processes[MADE];
	} cases[] = {
		/* Since the mark; then in all; then broadcasts; then the smaller number. */
		{ WHO_BY_RATE, { 2, 9, 1, 3, 5 } },
		{ WHO_BY_BROADCASTS, { 5, 9, 1, 3, 2 } },
		{ WHO_BY_PROCESS, { 1, 2, 3, 5, 9 } },
		{ WHO_BY_CAUSE, { 1, 3, 2, 9, 5 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct who_row rows[MADE];
		static struct who_table table;

		memcpy(rows, made, sizeof(rows));
		table = (struct who_table){ .rows = rows, .count = MADE };
		who_table_sort(&table, cases[i].order);
		for (size_t j = 0; j < MADE; j++)
			assert_int_equal(rows[j].process, cases[i].processes[j]);
	}
}

static void fill(struct who_table *table, size_t count)
{
	*table = (struct who_table){ .rows = calloc(count, sizeof(*table->rows)),
				     .count = count,
				     .sent = calloc(WHO_CPUS_MAX, sizeof(uint64_t)),
				     .ipis = 12,
				     .seconds = 4 };
	assert_non_null(table->rows);
	for (size_t i = 0; i < count; i++)
		table->rows[i] = (struct who_row){ .process = i,
						   .cgroup = strdup(""),
						   .chain = calloc(1, sizeof(char *)),
						   .ipis = i % 2 ? 7 : 8,
						   .ipis_before = 7 };
}

/* Rows that are silent go when there are too many, and no others do. */
static void test_mark(void **state)
{
	static struct who_table table;

	(void)state;
	fill(&table, 2000);
	who_table_mark(&table);
	assert_int_equal(table.count, 2000);
	assert_int_equal(table.rows[0].ipis_before, 8);
	assert_int_equal(table.ipis_before, 12);
	assert_true(table.seconds_before == 4);
	who_table_close(&table);
	fill(&table, 2001);
	who_table_mark(&table);
	assert_int_equal(table.count, 1001);
	for (size_t i = 0; i < table.count; i++)
		assert_int_equal(table.rows[i].process, 2 * i);
	who_table_close(&table);
}

/* What was counted before does not come again. */
static void test_clear(void **state)
{
	static struct who_table table;

	(void)state;
	fill(&table, 3);
	table.lost = table.missed = table.broadcasts = table.ipis_before = 5;
	table.seconds_before = 2;
	table.sent[3] = 4;
	assert_int_equal(who_table_arrived(&table, 3), 1);
	assert_int_equal(who_table_arrived(&table, 2), 5);
	who_table_clear(&table);
	assert_int_equal(table.count + table.lost + table.missed + table.broadcasts + table.ipis +
				 table.ipis_before + table.sent[3],
			 0);
	assert_true(table.seconds == 0 && table.seconds_before == 0);
	who_table_close(&table);
}

/* A row is of one process, by one name, in one cgroup, on one path. */
static void test_same_row(void **state)
{
	char *path[] = { "a", "b", "c" }, *other[] = { "a", "x", "c" }, *end[] = { "a", "b", "x" };
	struct who_row
		row = { .process = 7, .comm = "java", .cgroup = "/a", .chain = path, .depth = 3 };
	struct who_table table = { .rows = &row, .count = 1 };

	(void)state;
	assert_ptr_equal(find_row(&table, 7, "java", "/a", path, 3), &row);
	assert_null(find_row(&table, 8, "java", "/a", path, 3));
	assert_null(find_row(&table, 7, "jav", "/a", path, 3));
	assert_null(find_row(&table, 7, "java", "/b", path, 3));
	assert_null(find_row(&table, 7, "java", "/a", other, 3));
	assert_null(find_row(&table, 7, "java", "/a", end, 3));
	assert_null(find_row(&table, 7, "java", "/a", path, 2));
}

/* The function that made a call may end with it: the return address is then the next one's. */
static void test_return_addresses(void **state)
{
	static char kallsyms[] = "ffff800010001000 T caller\nffff800010001100 T next\n";
	struct who_names names = { .kallsyms = kallsyms };
	struct who_table table = { .names = &names };
	const struct who_sample sample = {
		.chain = { 0, 0xffff800010001100, 0xffff800010001101, 0xffff800010001000 },
		.depth = 4
	};
	char *chain[WHO_CHAIN];

	(void)state;
	assert_true(parse(&names));
	name_chain(&table, &sample, chain);
	assert_string_equal(chain[1], "caller");
	assert_string_equal(chain[2], "next");
	assert_string_equal(chain[3], "0xffff800010001000");
	for (size_t i = 0; i < 4; i++)
		free(chain[i]);
	free(names.list);
}

/* Every broadcast is in one series: what is in no row has no known cause. */
static void test_series(void **state)
{
	struct who_row rows[MADE];
	struct who_table table = { .rows = rows,
				   .count = MADE,
				   .broadcasts = 145,
				   .ipis = 1015,
				   .lost = 4,
				   .missed = 2 };
	struct who_counters counters = { .ipis = 0 };

	(void)state;
	memcpy(rows, made, sizeof(rows));
	for (int times = 1; times <= 2; times++) {
		who_prometheus_add(&counters, &table);
		assert_int_equal(counters.broadcasts[CAUSE_USER_PTE], times * 120);
		assert_int_equal(counters.broadcasts[CAUSE_BPF_JIT], times * 20);
		assert_int_equal(counters.broadcasts[CAUSE_UNKNOWN], times * 5);
		assert_int_equal(counters.ipis, times * 1015);
		assert_int_equal(counters.lost, times * 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_same_row),
		cmocka_unit_test(test_return_addresses),
		cmocka_unit_test(test_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
