// SPDX-License-Identifier: GPL-2.0-only
/*
 * stress.c: what the workload makes of the kernel's counters and of its log, and which rows it measures
 * again
 *
 * The kernel is made up: its files of /proc are files of the test, and what a step does to the counters
 * is written there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "stress/clock.c"
#include "stress/counters.c"
#include "stress/klog.c"
#include "stress/machine.c"
#include "stress/needs.c"
#include "stress/record.c"
#include "stress/rows.c"
#include "stress/step.c"

enum { HUGE = 2 << 20, SMALL = 4096, CPUS = 4, OTHERS = CPUS - 1 };

/* What the files say. */
static struct {
	uint64_t ipis[2], splits, faults, broadcasts, misses, maintenances;
	uint64_t huge_kib;
	char *base;
} kernel;

static void file_set(int fd, char *contents)
{
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, contents, strlen(contents), 0), strlen(contents));
	free(contents);
}

static char *__attribute__((format(printf, 1, 2))) print(const char *form, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, form);
	assert_true(vasprintf(&text, form, arguments) > 0);
	va_end(arguments);
	return text;
}

static void kernel_show(void)
{
	file_set(interrupts_fd,
		 print("           CPU0       CPU1\n"
		       " 10:   99   99   GICv3  27 Level   arch_timer\n"
		       "IPI0:  77   77       Rescheduling interrupts\n"
		       "IPI1:  %" PRIu64 "   %" PRIu64 "       Function call interrupts\n"
		       "IPI2:  55   55       CPU stop interrupts\n",
		       kernel.ipis[0], kernel.ipis[1]));
	/* Names that begin alike, and one counter that this kernel lacks */
	file_set(vmstat_fd,
		 print("pgfault_other 9\npgfault %" PRIu64 "\nthp_split_page_failed 9\n"
		       "thp_split_page 3\nnr_thp_split_pmd 9\nthp_split_pmd %" PRIu64 "\n",
		       kernel.faults, kernel.splits));
	file_set(profile_fd,
		 print("  broadcast  %" PRIu64 "  %" PRIu64 "\n  maintenance  %" PRIu64 "  0\n",
		       kernel.broadcasts, kernel.misses, kernel.maintenances));
	file_set(smaps_fd,
		 print("%" PRIxPTR "-%" PRIxPTR " rw-p 00000000 00:00 0\nAnonHugePages:   %u kB\n"
		       "%" PRIxPTR "-%" PRIxPTR " rwxp 00000000 00:00 0\nRss:   7 kB\n"
		       "AnonHugePages:   %" PRIu64 " kB\nShmemHugePages: 4 kB\n"
		       "%" PRIxPTR "-%" PRIxPTR " rw-p 00000000 00:00 0\nAnonHugePages:   %u kB\n",
		       (uintptr_t)kernel.base - HUGE, (uintptr_t)kernel.base, 512u,
		       (uintptr_t)kernel.base, (uintptr_t)kernel.base + HUGE, kernel.huge_kib,
		       (uintptr_t)kernel.base + HUGE, (uintptr_t)kernel.base + 2 * HUGE, 1024u));
}

static FILE *nowhere;

static int kernel_setup(void **state)
{
	static char area[2 * HUGE];

	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.base = area;
	kernel.huge_kib = HUGE >> 10;
	probed = 0;
	if (!buffer) {
		buffer = calloc(1, BUFFER_SIZE);
		interrupts_fd = memfd_create("interrupts", 0);
		vmstat_fd = memfd_create("vmstat", 0);
		smaps_fd = memfd_create("smaps", 0);
		profile_fd = memfd_create("profile", 0);
	}
	kmsg_fd = -1;
	kernel_show();
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	assert_non_null(nowhere);
	stress_record_open(RECORD_JSON, nowhere);
	return 0;
}

/* Does @call end the program, and how? */
static int code_of(void (*call)(void))
{
	const pid_t pid = fork();
	int status;

	if (!pid) {
		assert_true(freopen("/dev/null", "w", stderr));
		call();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void read_once(void)
{
	struct stress_counters counters;

	stress_counters_read(&counters);
}

static void counters(void **state)
{
	struct stress_counters now;
	uint64_t value;

	(void)state;
	kernel.ipis[0] = 12345678901, kernel.ipis[1] = 2;
	kernel.faults = 4, kernel.splits = 5;
	kernel.broadcasts = 6, kernel.misses = 1, kernel.maintenances = 8;
	kernel_show();
	stress_counters_read(&now);
	/* Every CPU of one row, and no other row. */
	assert_int_equal(now.ipis, 12345678903);
	assert_int_equal(now.vm[VM_FAULT], 4);
	assert_int_equal(now.vm[VM_SPLIT_PAGE], 3);
	assert_int_equal(now.vm[VM_SPLIT_PMD], 5);
	assert_int_equal(now.vm[VM_MIGRATE], 0);
	assert_int_equal(now.broadcasts, 0);
	/* A kprobe that could not run has been met all the same. */
	probed = 1;
	stress_counters_read(&now);
	assert_int_equal(now.broadcasts, 7);
	assert_int_equal(now.maintenances, 0);
	probed = 2;
	stress_counters_read(&now);
	assert_int_equal(now.broadcasts, 7);
	assert_int_equal(now.maintenances, 8);
	assert_int_equal(code_of(read_once), 0);
	/* A zero that nobody counted is no zero. */
	file_set(profile_fd, print("  other 1 1\n"));
	assert_int_equal(code_of(read_once), EXIT_UNKNOWN);
	file_set(profile_fd, print("  broadcast 1\n"));
	assert_int_equal(code_of(read_once), EXIT_UNKNOWN);
	probed = 0;
	file_set(interrupts_fd, print("IPI0: 1 1 Rescheduling interrupts\n"));
	assert_int_equal(code_of(read_once), EXIT_UNKNOWN);
	assert_false(sum_ipis("Function call interrupts\n", &value));
}

static void huge_pages(void **state)
{
	(void)state;
	assert_int_equal(stress_counters_huge_bytes(kernel.base, HUGE), HUGE);
	assert_int_equal(stress_counters_huge_bytes(kernel.base + SMALL, SMALL), HUGE);
	assert_int_equal(stress_counters_huge_bytes(kernel.base - 2 * HUGE, HUGE), 0);
	assert_int_equal(stress_counters_huge_bytes(kernel.base, 2 * HUGE), HUGE + (1024 << 10));
	kernel.huge_kib = 0;
	kernel_show();
	assert_int_equal(stress_counters_huge_bytes(kernel.base, HUGE), 0);
}

static void lockups(void **state)
{
	static const char *const records[] = {
		"4,1,1,-;BUG: soft lockup - CPU#5 stuck for 22s! [stress:1]",
		"4,1,1,-;watchdog: BUG: soft lockup - CPU#5 stuck for 45s! [stress:1]",
		"4,1,1,-;BUG: soft lockup - CPU#511 stuck for 23s!",
		"4,1,1,-;BUG: soft lockup - CPU#512 stuck for 99s!",
		"4,1,1,-;BUG: soft lockup - CPU#x stuck for 98s!",
		"4,1,1,-;BUG: soft lockup - CPU#7 stuck for ever",
		"4,1,1,-;rcu: INFO: stall on CPU 6 for 97s!",
	};
	struct stress_lockups found;
	int pair[2];

	(void)state;
	found = stress_klog_lockups();
	assert_int_equal(found.cpus, 0);
	/* A read is a record. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	kmsg_fd = pair[0];
	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++)
		assert_true(write(pair[1], records[i], strlen(records[i])) > 0);
	found = stress_klog_lockups();
	assert_int_equal(found.cpus, 2);
	assert_int_equal(found.stuck_s, 45);
	/* Each is reported once, and a CPU may lock up again. */
	assert_true(write(pair[1], records[0], strlen(records[0])) > 0);
	found = stress_klog_lockups();
	assert_int_equal(found.cpus, 1);
	assert_int_equal(found.stuck_s, 22);
	found = stress_klog_lockups();
	assert_int_equal(found.cpus, 0);
	close(pair[0]);
	close(pair[1]);
	kmsg_fd = -1;
}

/* What one operation of a step costs in this kernel. */
static struct {
	unsigned int broadcasts, control_broadcasts; /* each of them an interrupt a CPU */
	unsigned int noise, control_noise;	     /* further interrupts */
	unsigned int noisy;			     /* of the first so many measurements alone */
	unsigned int splits, maintenances, control_maintenances, fails_at;
	int error;
	unsigned int halves, operations;
	bool no_page;
} code;

static bool prepare(struct stress_stage *stage)
{
	code.halves++;
	errno = code.error;
	return !code.no_page &&
	       stress_stage_add_area(
		       stage, mmap(NULL, SMALL, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		       SMALL);
}

static bool work(struct stress_stage *stage, unsigned int operation)
{
	const unsigned int broadcasts = stage->exec ? code.broadcasts : code.control_broadcasts;
	/* A measurement has a lap to warm up, and two for each half. */
	const bool noisy = code.noisy > (code.halves - 1) / 5;

	(void)operation;
	if (++code.operations == code.fails_at) {
		errno = code.error;
		return false;
	}
	kernel.broadcasts += broadcasts;
	kernel.maintenances += stage->exec ? code.maintenances : code.control_maintenances;
	kernel.ipis[0] += broadcasts * OTHERS;
	if (noisy)
		kernel.ipis[1] += stage->exec ? code.noise : code.control_noise;
	kernel.splits += code.splits;
	kernel_show();
	return true;
}

static struct stress stress;

static const struct stress_scenario scenario = { .name = "split" };

/* Runs a step called @name; its row. */
static const struct row *step_run(const struct stress_step *step, const char **error)
{
	stress = (struct stress){
		.machine = { .cpus = CPUS,
			     .cpu = { 0, 0, 0, 0 },
			     .page_size = SMALL,
			     .huge_size = HUGE,
			     .icache = "PIPT" },
		.options = { .rounds = 2 },
		.probed = probed,
	};
	*error = stress_step_run(&stress, &scenario, step);
	return stress.rows_count ? &stress.rows[0] : NULL;
}

static bool fits(const struct row *row, enum form form)
{
	const struct verdict_machine where = stress_verdict_machine(&stress.machine);

	return verdict_row_fits(row, &where, form);
}

static void steps(void **state)
{
	static const struct stress_step split = {
		.name = "split",
		.operations = 1,
		.ptes = PTES_HUGE,
		.witness = VM_SPLIT_PMD,
		.prepare = prepare,
		.work = work,
	};
	const struct row *row;
	const char *error;

	(void)state;
	memset(&code, 0, sizeof(code));
	code.broadcasts = 511, code.splits = 1;
	row = step_run(&split, &error);
	assert_null(error);
	/* Two laps of each half, and one before them that does not count. */
	assert_int_equal(code.halves, 5);
	assert_int_equal(row->operations, 2);
	assert_int_equal(row->ptes, 512);
	assert_int_equal(row->ipis, 2 * 511 * OTHERS);
	assert_int_equal(row->control_ipis, 0);
	assert_int_equal(row->walked, 2);
	assert_int_equal(row->control_walked, 2);
	assert_int_equal(row->broadcasts, 0);
	assert_true(row->worst_ns >= row->median_ns && row->median_ns > 0);
	assert_true(fits(row, FORM_AFFECTED) && !fits(row, FORM_MERGED));

	probed = 2;
	memset(&code, 0, sizeof(code));
	code.broadcasts = 511, code.control_broadcasts = 1, code.splits = 1;
	code.maintenances = 511, code.control_maintenances = 2;
	row = step_run(&split, &error);
	assert_int_equal(row->broadcasts, 2 * 511);
	assert_int_equal(row->control_broadcasts, 2);
	assert_int_equal(row->maintenances, 2 * 511);
	assert_int_equal(row->control_maintenances, 2 * 2);
	assert_int_equal(row->probed, 2);
	probed = 0;

	/* What does not happen is not counted as done. */
	memset(&code, 0, sizeof(code));
	row = step_run(&split, &error);
	assert_int_equal(row->walked, 0);
	assert_true(fits(row, FORM_MERGED) && !fits(row, FORM_AFFECTED));
}

/* Something else interrupts: measured again, five times at most, and never where a probe counts. */
static void disturbed(void **state)
{
	static const struct stress_step split = {
		.name = "split",
		.operations = 1,
		.ptes = PTES_HUGE,
		.witness = VM_SPLIT_PMD,
		.prepare = prepare,
		.work = work,
	};
	static const struct {
		unsigned int noise, control_noise, noisy, measurements;
		unsigned int probed;
	} cases[] = {
		{ 0, 0, 0, 1, 0 },   { 200, 0, 9, 5, 0 }, { 200, 0, 2, 3, 0 },
		{ 0, 200, 2, 3, 0 }, { 0, 200, 9, 5, 0 }, { 200, 0, 9, 1, 1 },
	};
	const char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(&code, 0, sizeof(code));
		code.noise = cases[i].noise;
		code.control_noise = cases[i].control_noise;
		code.noisy = cases[i].noisy;
		code.splits = 1;
		probed = cases[i].probed;
		assert_non_null(step_run(&split, &error));
		assert_null(error);
		assert_int_equal(code.halves, 5 * cases[i].measurements);
		/* Of the last one alone. */
		assert_int_equal(stress.rows[0].ipis, cases[i].noisy > 2 ? 2 * cases[i].noise : 0);
		probed = 0;
	}
}

static unsigned int verify_one(struct stress_stage *stage)
{
	return stage->exec ? 1 : 2;
}

static const char *needs_more(const struct stress *needing)
{
	(void)needing;
	return "needs more";
}

/* What was not done is skipped, or ends all; it is no row. */
static void failures(void **state)
{
	const struct stress_step plain = {
		.name = "anon",
		.operations = 2,
		.ptes = 1,
		.witness = WITNESS_EFFECT,
		.prepare = prepare,
		.work = work,
	};
	static const struct {
		bool no_page;
		unsigned int fails_at;
		int error;
		bool skips;
	} cases[] = {
		{ true, 0, ENOMEM, true },   { false, 1, EPERM, true },
		{ false, 2, ENOSYS, true },  { false, 4, EACCES, true },
		{ false, 1, EINVAL, false }, { false, 10, EFAULT, false },
	};
	struct stress_step step = plain;
	const struct row *row;
	const char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(&code, 0, sizeof(code));
		code.no_page = cases[i].no_page;
		code.fails_at = cases[i].fails_at;
		code.error = cases[i].error;
		assert_null(step_run(&plain, &error));
		assert_int_equal(stress.skips_count, cases[i].skips);
		if (cases[i].skips)
			assert_null(error);
		else
			assert_non_null(strstr(error, strerror(cases[i].error)));
	}
	memset(&code, 0, sizeof(code));
	row = step_run(&plain, &error);
	assert_int_equal(row->operations, 4);
	assert_int_equal(row->walked, 4);
	step.verify = verify_one;
	row = step_run(&step, &error);
	assert_int_equal(row->walked, 2);
	assert_int_equal(row->control_walked, 4);
	/* In a process of its own. */
	step.fresh = true;
	memset(&code, 0, sizeof(code));
	row = step_run(&step, &error);
	assert_null(error);
	assert_int_equal(row->walked, 2);
	assert_int_equal(code.operations, 0);
	step.needs = needs_more;
	assert_null(step_run(&step, &error));
	assert_int_equal(stress.skips_count, 1);
	assert_string_equal(stress.skips[0].reason, "needs more");
}

/* The page of an operation was huge before the work, or after it. */
static void huge_rows(void **state)
{
	struct stress_step step = {
		.name = "anon",
		.operations = 1,
		.ptes = 1,
		.laps = 1,
		.witness = WITNESS_EFFECT,
		.prepare = prepare,
		.work = work,
	};
	const struct row *row;
	const char *error;

	(void)state;
	memset(&code, 0, sizeof(code));
	row = step_run(&step, &error);
	assert_int_equal(row->huge, 0);
	assert_int_equal(row->operations, 1);
	/* Of the two halves the worse one counts. */
	for (int i = 0; i < 2; i++) {
		const struct sample good = { .huge = 5,
					     .operations = 1,
					     .latency_ns = (uint64_t[]){ 1 } };
		const struct sample bad = { .huge = 3,
					    .operations = 1,
					    .latency_ns = (uint64_t[]){ 1 } };
		struct row filled = { 0 };

		row_fill(&filled, i ? &good : &bad, i ? &bad : &good);
		assert_int_equal(filled.huge, 3);
	}
}

/* Kernels that do a thing in another way have another name in the price list. */
static void names(void **state)
{
	struct stress_step step = {
		.name = "cow-huge",
		.name_if_split = "cow-split",
		.operations = 1,
		.ptes = PTES_HUGE,
		.witness = WITNESS_EFFECT,
		.prepare = prepare,
		.work = work,
	};
	const char *error;

	(void)state;
	memset(&code, 0, sizeof(code));
	code.broadcasts = 1;
	assert_string_equal(step_run(&step, &error)->step, "cow-huge");
	code.broadcasts = 512, code.splits = 1;
	assert_string_equal(step_run(&step, &error)->step, "cow-split");
	code.splits = 0;
	step.name = "physical", step.name_if_split = NULL, step.name_if_once = "physical-once";
	assert_string_equal(step_run(&step, &error)->step, "physical");
	/* A probe tells what interrupts cannot. */
	probed = 2;
	code.maintenances = 512;
	assert_string_equal(step_run(&step, &error)->step, "physical");
	code.broadcasts = code.maintenances = 511;
	assert_string_equal(step_run(&step, &error)->step, "physical-once");
	/* Neither: it keeps its name. */
	code.maintenances = 100;
	assert_string_equal(step_run(&step, &error)->step, "physical");
}

/* What a person reads beside a row, and what it must not lack of JSON. */
static void records(void **state)
{
	const struct stress_machine machine = { .cpus = CPUS, .icache = "PIPT" };
	const struct stress_machine alone = { .cpus = 1, .icache = "PIPT" };
	struct row row = { .step = "split", .at_once = 1, .operations = 1, .ptes = 512 };
	char *text = NULL;
	size_t size;
	FILE *file;

	(void)state;
	assert_string_equal(fitting_forms(&row, &machine), "posted, merged");
	assert_string_equal(fitting_forms(&row, &alone), "none");
	row.ipis = 511 * OTHERS;
	assert_string_equal(fitting_forms(&row, &machine), "affected");
	row.ipis = 100;
	assert_string_equal(fitting_forms(&row, &machine), "none");
	snprintf(row.step, sizeof(row.step), "peek");
	row.ipis = 0;
	assert_string_equal(fitting_forms(&row, &machine), "any");
	file = open_memstream(&text, &size);
	stress_record_open(RECORD_STREAM, file);
	json_string("name", "a\"b\\c\nd\xff", "");
	fclose(file);
	assert_string_equal(text, "\"name\": \"a\\\"b\\\\c\\u000ad\\u00ff\"");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(counters, kernel_setup),
		cmocka_unit_test_setup(huge_pages, kernel_setup),
		cmocka_unit_test_setup(lockups, kernel_setup),
		cmocka_unit_test_setup(steps, kernel_setup),
		cmocka_unit_test_setup(disturbed, kernel_setup),
		cmocka_unit_test_setup(failures, kernel_setup),
		cmocka_unit_test_setup(huge_rows, kernel_setup),
		cmocka_unit_test_setup(names, kernel_setup),
		cmocka_unit_test(records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is not run here. */
char *stress_memory_map_huge(const struct stress_machine *machine, unsigned int count,
			     int protection)
{
	(void)machine;
	(void)count;
	(void)protection;
	return NULL;
}

char *stress_memory_map_pages(const struct stress_machine *machine, unsigned int count,
			      int protection)
{
	(void)machine;
	(void)count;
	(void)protection;
	return NULL;
}

int stress_memory_create_file(const struct stress_machine *machine, unsigned int count)
{
	(void)machine;
	(void)count;
	return -1;
}

void stress_memory_touch(char *base, size_t size, size_t step, bool write)
{
	(void)base;
	(void)size;
	(void)step;
	(void)write;
}
