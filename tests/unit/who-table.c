// SPDX-License-Identifier: GPL-2.0-only
/*
 * who-table.c: from counts to rows, and from rows to text
 *
 * Names and CPUs are those of a made-up machine: eight CPUs, of which 6 and 7 are offline or isolated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "who/cgroup.c"
#include "who/cpus.c"
#include "who/names.c"
#include "who/print.c"
#include "who/rates.c"
#include "who/table.c"

static char root[] = "/tmp/icache-ipi-who.XXXXXX";

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

static void put_file(const char *name, const char *content)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	make_folders(path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_cpus(const char *online, const char *isolated)
{
	put_file("sys/devices/system/cpu/possible", "0-7\n");
	put_file("sys/devices/system/cpu/online", online);
	put_file("sys/devices/system/cpu/isolated", isolated);
}

#define KALLSYMS \
	"ffff800010001000 T _text\n" \
	"ffff800010002000 T kick_all_cpus_sync\n" \
	"ffff800010003000 T __sync_icache_dcache\n" \
	"ffff800010004000 t __split_huge_pmd_locked\n" \
	"ffff800010005000 T __split_huge_pmd\n" \
	"ffff800010006000 d some_data\n" \
	"ffff800010006000 T __arm64_sys_madvise\n" \
	"ffff800010007000 t el0_svc_common.constprop.0\n" \
	"ffff800010008000 T bpf_int_jit_compile\n" \
	"ffff800010009000 t kick_ilb\n" \
	"ffff80001000a000 t el1_irq\n"

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	make_cpus("0-7\n", "\n");
	put_file("proc/kallsyms", KALLSYMS);
	put_file("proc/modules", "");
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static void test_cpus(void **state)
{
	static const char *const wrong[] = {
		"a",	  "1-", "-1", "3-1", "1,,2", "1,", "1 2", "4096", "99999999999999999999",
		"0-4096", "0x1"
	};
	static struct who_cpus cpus;

	(void)state;
	assert_true(who_cpus_parse(&cpus, "0-2,8,1"));
	assert_int_equal(cpus.count, 4);
	assert_true(cpus.has[0] && cpus.has[1] && cpus.has[2] && cpus.has[8] && !cpus.has[3]);
	assert_true(who_cpus_parse(&cpus, ""));
	assert_int_equal(cpus.count, 0);
	assert_true(who_cpus_parse(&cpus, "4095"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(who_cpus_parse(&cpus, wrong[i]));
}

static void test_names(void **state)
{
	char why[WHO_REASON_SIZE];
	uint64_t size = 0;
	struct who_names *names = who_names_read(root, why);

	(void)state;
	assert_non_null(names);
	assert_string_equal(who_names_find(names, 0xffff800010002000), "kick_all_cpus_sync");
	assert_string_equal(who_names_find(names, 0xffff800010002fff), "kick_all_cpus_sync");
	assert_string_equal(who_names_find(names, 0xffff800010006004), "__arm64_sys_madvise");
	assert_null(who_names_find(names, 0xffff800010000fff));
	assert_null(who_names_find(names, 0xffff80001000a000 + FUNCTION_MAX + 1));
	assert_int_equal(who_names_address(names, "__split_huge_pmd", &size), 0xffff800010005000);
	assert_int_equal(size, 0x1000);
	assert_int_equal(who_names_address(names, "el1_irq", &size), 0xffff80001000a000);
	assert_int_equal(size, FUNCTION_MAX);
	assert_int_equal(who_names_address(names, "some_data", &size), 0);
	/* A module that came meanwhile. */
	put_file("proc/kallsyms", KALLSYMS
		 "ffff800008000000 t $x\t[fresh]\nffff800008000000 t fresh_init\t[fresh]\n");
	who_names_refresh(names);
	assert_null(who_names_find(names, 0xffff800008000010));
	put_file("proc/modules", "fresh 16384 0 - Live 0xffff800008000000\n");
	who_names_refresh(names);
	assert_string_equal(who_names_find(names, 0xffff800008000010), "fresh_init");
	who_names_free(names);
	/* Addresses that a sysctl hides. */
	put_file("proc/kallsyms", "0000000000000000 T kick_all_cpus_sync\n");
	assert_null(who_names_read(root, why));
	assert_non_null(strstr(why, "kptr_restrict=1"));
	put_file("proc/kallsyms", KALLSYMS);
}

/* A split: the caller is in the link register, and the chain begins with the probed function. */
#define SPLIT \
	.chain = { 0xffff800010002000, 0xffff800010003010, 0xffff800010004010, \
		   0xffff800010005010, 0xffff800010006010, 0xffff800010007010 }, \
	.depth = 6
#define JIT .chain = { 0, 0xffff800010008010, 0x1234 }, .depth = 3

/* What the kernel counted: each sample in the totals, too. */
static void add_samples(struct who_table *table, const struct who_sample *samples, size_t count)
{
	uint64_t sent[8] = { 0 };

	for (size_t i = 0; i < count; i++) {
		for (int cpu = 0; cpu < 8; cpu++)
			sent[cpu] += samples[i].by_cpu[cpu];
		who_table_add(table, &samples[i]);
	}
	who_table_total(table, sent, 0);
}

static void test_rows(void **state)
{
	static const uint64_t of_cpu_0[8] = { 512 }, of_many[8] = { 1, 2, 0, 0, 0, 0, 0, 3 };
	const struct who_sample samples[] = {
		{ .process = 300,
		  .leader = true,
		  .comm = "java",
		  .probed = WHO_KICK,
		  .calls = 6,
		  .by_cpu = of_many,
		  .cpus = 8,
		  JIT },
		{ .process = 300,
		  .leader = true,
		  .comm = "java",
		  .probed = WHO_KICK,
		  .calls = 512,
		  .by_cpu = of_cpu_0,
		  .cpus = 8,
		  SPLIT },
		{ .process = 300,
		  .comm = "java",
		  .probed = WHO_KICK,
		  .calls = 512,
		  .by_cpu = of_cpu_0,
		  .cpus = 8,
		  SPLIT },
		{ .process = 301,
		  .leader = true,
		  .comm = "jav\x1b",
		  .probed = WHO_KICK,
		  .calls = 512,
		  .by_cpu = of_cpu_0,
		  .cpus = 8,
		  SPLIT },
	};
	char why[WHO_REASON_SIZE];
	static struct who_table table;

	(void)state;
	assert_true(who_table_open(&table, root, NULL, why));
	add_samples(&table, samples, 4);
	who_table_sort(&table, WHO_BY_RATE);
	assert_int_equal(table.count, 3);
	assert_int_equal(table.broadcasts, 3 * 512 + 6);
	assert_int_equal(table.ipis, 7 * (3 * 512 + 6));
	assert_int_equal(table.lost, 0);
	assert_int_equal(table.rows[0].broadcasts, 1024);
	assert_int_equal(table.rows[0].process, 300);
	assert_int_equal(table.rows[0].cause, CAUSE_USER_PTE);
	assert_string_equal(table.rows[0].chain[0], "kick_all_cpus_sync");
	assert_string_equal(table.rows[0].chain[2], "__split_huge_pmd_locked");
	assert_int_equal(who_table_start(&table.rows[0]), 2);
	assert_string_equal(table.rows[1].comm, "jav?");
	assert_int_equal(table.rows[2].cause, CAUSE_BPF_JIT);
	assert_string_equal(table.rows[2].chain[0], "kick_all_cpus_sync");
	assert_string_equal(table.rows[2].chain[2], "0x1234");
	/* A CPU is not interrupted by what it sends. */
	assert_int_equal(who_table_arrived(&table, 0), 5);
	assert_int_equal(who_table_arrived(&table, 3), 3 * 512 + 6);
	who_table_clear(&table);
	assert_int_equal(table.count + table.broadcasts + table.ipis + table.sent[0], 0);
	who_table_close(&table);
}

/* --cpu: what these CPUs got. One of them sends half of it. */
static void test_some_cpus(void **state)
{
	static const uint64_t of_two[8] = { [1] = 100, [6] = 100 };
	const struct who_sample sample = {
		.process = 300,
		.leader = true,
		.comm = "java",
		.probed = WHO_KICK,
		.calls = 200,
		.by_cpu = of_two,
		.cpus = 8,
		SPLIT
	};
	static struct who_cpus to;
	static struct who_table table;
	char why[WHO_REASON_SIZE];

	(void)state;
	assert_true(who_cpus_parse(&to, "6-7"));
	assert_true(who_table_open(&table, root, &to, why));
	add_samples(&table, &sample, 1);
	assert_int_equal(table.broadcasts, 200);
	assert_int_equal(table.ipis, 300);
	assert_int_equal(table.rows[0].ipis, 300);
	assert_int_equal(table.rows[0].cause, CAUSE_USER_PTE);
	who_table_clear(&table);
	/* The same functions of another architecture. */
	table.foreign = true;
	add_samples(&table, &sample, 1);
	assert_int_equal(table.rows[0].cause, CAUSE_UNKNOWN);
	who_table_close(&table);
	make_cpus("0-5\n", "\n");
	assert_false(who_table_open(&table, root, &to, why));
	assert_string_equal(why, "CPU 6 is not online here");
	/* CPUs that are offline get nothing. */
	assert_true(who_table_open(&table, root, NULL, why));
	add_samples(&table, &sample, 1);
	assert_int_equal(table.ipis, 100 * 5 + 100 * 6);
	who_table_close(&table);
	make_cpus("0-7\n", "\n");
}

/* In the total and in no row, or in a row without a path. */
static void test_lost(void **state)
{
	static const uint64_t sent[8] = { 10 }, seven[8] = { 7 }, two[8] = { 2 };
	const struct who_sample known = { .process = 300,
					  .leader = true,
					  .comm = "java",
					  .probed = WHO_KICK,
					  .calls = 7,
					  .by_cpu = seven,
					  .cpus = 8,
					  SPLIT },
				pathless = { .process = 300,
					     .leader = true,
					     .comm = "java",
					     .probed = WHO_KICK,
					     .calls = 2,
					     .by_cpu = two,
					     .cpus = 8 };
	static struct who_table table;
	char why[WHO_REASON_SIZE];

	(void)state;
	assert_true(who_table_open(&table, root, NULL, why));
	who_table_add(&table, &known);
	who_table_add(&table, &pathless);
	who_table_total(&table, sent, 0);
	assert_int_equal(table.broadcasts, 10);
	assert_int_equal(table.lost, 3);
	assert_int_equal(table.count, 2);
	assert_int_equal(table.rows[1].cause, CAUSE_UNKNOWN);
	who_table_close(&table);
}

/* A thread has the name of its process as long as that lives; an idle CPU has none. */
static void test_names_of_processes(void **state)
{
	static const uint64_t one[8] = { 1 };
	const struct who_sample samples[] = {
		{ .process = 300,
		  .comm = "C2 CompilerThre",
		  .probed = WHO_KICK,
		  .calls = 1,
		  .by_cpu = one,
		  .cpus = 8,
		  SPLIT },
		{ .process = 999,
		  .comm = "C2 CompilerThre",
		  .probed = WHO_KICK,
		  .calls = 1,
		  .by_cpu = one,
		  .cpus = 8,
		  SPLIT },
		{ .leader = true,
		  .comm = "swapper/3",
		  .probed = WHO_KICK,
		  .calls = 1,
		  .by_cpu = one,
		  .cpus = 8,
		  SPLIT },
	};
	static struct who_table table;
	char why[WHO_REASON_SIZE];

	(void)state;
	put_file("proc/300/comm", "java\n");
	assert_true(who_table_open(&table, root, NULL, why));
	add_samples(&table, samples, 3);
	assert_string_equal(table.rows[0].comm, "java");
	assert_string_equal(table.rows[1].comm, "C2 CompilerThre");
	assert_string_equal(table.rows[2].comm, "idle");
	who_table_close(&table);
}

static char *print(const struct who_table *table, int width)
{
	char *printed = NULL;
	size_t size;
	FILE *to = open_memstream(&printed, &size);

	who_print(to, table, width);
	fclose(to);
	return printed;
}

/* Whoever starts processes all the time gets no more of our memory; each is counted by its cause. */
static void test_table_that_is_full(void **state)
{
	static const uint64_t one[8] = { 1 }, two[8] = { 0, 2 };
	struct who_sample split = { .leader = true,
				    .comm = "x",
				    .probed = WHO_KICK,
				    .calls = 1,
				    .by_cpu = one,
				    .cpus = 8,
				    SPLIT };
	struct who_sample jit = { .leader = true,
				  .comm = "x",
				  .probed = WHO_KICK,
				  .calls = 2,
				  .by_cpu = two,
				  .cpus = 8,
				  JIT };
	const uint64_t sent[8] = { TABLE_MAX + 3, 4 };
	static struct who_table table;
	char why[WHO_REASON_SIZE], *printed;

	(void)state;
	assert_true(who_table_open(&table, root, NULL, why));
	for (split.process = 1; split.process <= TABLE_MAX + 3; split.process++)
		who_table_add(&table, &split);
	for (jit.process = 300000; jit.process < 300002; jit.process++)
		who_table_add(&table, &jit);
	who_table_total(&table, sent, 0);
	assert_int_equal(table.count, TABLE_MAX + 2);
	assert_int_equal(table.lost, 0);
	for (int i = 0; i < 2; i++) {
		const struct who_row *row = &table.rows[TABLE_MAX + i];

		assert_string_equal(row->comm, "others");
		assert_int_equal(row->process, 0);
		assert_int_equal(row->depth, 0);
		assert_int_equal(row->cause, i ? CAUSE_BPF_JIT : CAUSE_USER_PTE);
		assert_int_equal(row->broadcasts, i ? 4 : 3);
		assert_int_equal(row->ipis, i ? 28 : 21);
	}
	/* Those that have a row keep it. */
	split.process = 7;
	who_table_add(&table, &split);
	assert_int_equal(table.count, TABLE_MAX + 2);
	assert_int_equal(table.rows[6].broadcasts, 2);
	who_table_sort(&table, WHO_BY_RATE);
	printed = print(&table, 0);
	assert_non_null(strstr(printed, "others 0                 (no room for their paths)\n"));
	free(printed);
	who_table_close(&table);
}

static void test_print(void **state)
{
	static const uint64_t split[8] = { 5120 }, jit[8] = { [1] = 1 };
	const struct who_sample samples[] = {
		{ .process = 1,
		  .leader = true,
		  .comm = "systemd",
		  .probed = WHO_KICK,
		  .calls = 1,
		  .by_cpu = jit,
		  .cpus = 8,
		  JIT },
		{ .process = 3123,
		  .leader = true,
		  .comm = "java",
		  .probed = WHO_KICK,
		  .calls = 5120,
		  .by_cpu = split,
		  .cpus = 8,
		  SPLIT },
	};
	static struct who_table table;
	char why[WHO_REASON_SIZE], *printed;

	(void)state;
	make_cpus("0-7\n", "1,6-7\n");
	assert_true(who_table_open(&table, root, NULL, why));
	table.seconds = 10;
	printed = print(&table, 0);
	assert_string_equal(printed, "10.0 s on 8 CPUs: 0 broadcasts, 0 IPIs (0 a second)\n");
	free(printed);
	add_samples(&table, samples, 2);
	who_table_sort(&table, WHO_BY_RATE);
	table.missed = 1;
	table.lost = 2;
	printed = print(&table, 0);
	assert_string_equal(
		printed,
		"10.0 s on 8 CPUs: 5,121 broadcasts, 35,847 IPIs (3,585 a second)\n"
		"  IPIs/s  broadcasts  cause                  process                  path\n"
		"   3,584       5,120  user pte (this fault)  java 3123                "
		"__split_huge_pmd_locked < __split_huge_pmd < madvise\n"
		"       1           1  bpf jit                systemd 1                "
		"bpf_int_jit_compile < 0x1234\n"
		"2 broadcasts were counted without a path: there was no room for more.\n"
		"The kernel missed 1 broadcast, which no number here has.\n"
		"Isolated CPUs 1,6-7 were interrupted 5,120 to 5,121 times each.\n");
	free(printed);
	printed = print(&table, 80);
	for (char *line = strtok(printed, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 80);
	free(printed);
	who_table_close(&table);
	make_cpus("0-7\n", "\n");
}

/* --all: samples say for how many CPUs they were, and the kind of each is the first name of its path. */
static void test_all(void **state)
{
	static const uint64_t sent[8] = { [2] = 30 };
	const struct who_sample sample = {
		.process = 300,
		.leader = true,
		.comm = "java",
		.probed = WHO_ONE,
		.calls = 30,
		.ipis = 30,
		.by_cpu = sent,
		.cpus = 8,
		.chain = { 0xffff800010002000, 0xffff800010006010 },
		.depth = 2
	};
	/* A timer's, while this fault broadcasts: twice the same, whatever it interrupted. */
	struct who_sample interrupt = {
		.process = 300,
		.leader = true,
		.comm = "java",
		.probed = WHO_ONE_ASYNC,
		.calls = 1,
		.ipis = 1,
		.by_cpu = sent,
		.cpus = 8,
		.chain = { 0xffff800010002000, 0xffff800010009010, 0xffff80001000a010,
			   0xffff800010002010, 0xffff800010003010, 0xffff800010004010 },
		.depth = 6
	};
	static struct who_table table;
	char why[WHO_REASON_SIZE], *printed;

	(void)state;
	make_cpus("0-7\n", "1\n");
	assert_true(who_table_open(&table, root, NULL, why));
	table.all = true;
	table.seconds = 10;
	who_table_add(&table, &sample);
	who_table_add(&table, &interrupt);
	interrupt.process = 301;
	interrupt.chain[5] += 0x1000;
	who_table_add(&table, &interrupt);
	who_table_total(&table, sent, 32);
	assert_int_equal(table.rows[1].cause, CAUSE_UNKNOWN);
	table.lost = 1;
	printed = print(&table, 0);
	assert_string_equal(
		printed,
		"10.0 s on 8 CPUs: 30 calls, 32 IPIs (3 a second)\n"
		"  IPIs/s       calls  cause                  process                  path\n"
		"       3          30  unknown                java 300                 madvise\n"
		"       0           2  unknown                interrupt 0              kick_ilb\n"
		"1 call was counted without a path: there was no room for more.\n");
	free(printed);
	who_table_close(&table);
	make_cpus("0-7\n", "\n");
}

static void test_rates(void **state)
{
	uint64_t ipis;

	(void)state;
	assert_false(who_rates_read(root, &ipis));
	put_file("proc/interrupts",
		 "           CPU0       CPU1\n"
		 " 11:        100        200     GICv3  27 Level     arch_timer\n"
		 "IPI0:         1          2       Rescheduling interrupts\n"
		 "IPI1:        30         12       Function call interrupts\n");
	assert_true(who_rates_read(root, &ipis));
	assert_int_equal(ipis, 42);
	put_file("proc/interrupts", " CAL:  7  8  Function call interrupts\n");
	assert_true(who_rates_read(root, &ipis));
	assert_int_equal(ipis, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_some_cpus),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_table_that_is_full),
		cmocka_unit_test(test_names_of_processes),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_rates),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
