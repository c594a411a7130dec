// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch.c: how a run of the guest ended. Only one that said all it had to say, and did not panic, is complete.
 *
 * QEMU, its monitor and the clock are what the test says they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vm/console.c"
#include "vm/watch.c"

static double wall, board_s;
static char seen_phase[64];

double vm_wall_s(void)
{
	return wall;
}

double vm_qemu_guest_s(struct vm_qemu *qemu)
{
	(void)qemu;
	return board_s;
}

/* What the guest still says while it is told to go. */
static const char *last = "";

int vm_qemu_stop(struct vm_qemu *stopped)
{
	assert_int_equal(write(stopped->results_fd, last, strlen(last)), strlen(last));
	return 0;
}

void vm_qmp_read(struct vm_qmp *qmp)
{
	(void)qmp;
}

void vm_qmp_close(struct vm_qmp *qmp)
{
	(void)qmp;
}

void vm_postmortem_begin(struct vm_postmortem *postmortem, struct vm_qemu *qemu,
			 const struct vm_options *options, void (*read_guest)(void *of), void *of)
{
	(void)postmortem;
	(void)qemu;
	(void)options;
	(void)read_guest;
	(void)of;
}

void vm_postmortem_see_phase(struct vm_postmortem *postmortem, const char *phase, double guest_s)
{
	(void)postmortem;
	(void)guest_s;
	text_copy(seen_phase, sizeof(seen_phase), phase);
}

bool vm_postmortem_tick(struct vm_postmortem *postmortem, const char *phase)
{
	(void)postmortem;
	(void)phase;
	return false;
}

void vm_postmortem_take(struct vm_postmortem *postmortem, const char *reason, const char *phase,
			double guest_s)
{
	(void)postmortem;
	(void)reason;
	(void)phase;
	(void)guest_s;
}

json_t *vm_postmortem_end(struct vm_postmortem *postmortem)
{
	(void)postmortem;
	return NULL;
}

#define MACHINE \
	"{\"record\": \"machine\", \"guest_ns\": 1, \"tool\": \"1\", \"kernel\": {\"release\": \"4.19.1\", " \
	"\"banner\": \"Linux\", \"build_id\": \"00\"}, \"machine\": {\"cpus\": 8, " \
	"\"nodes\": 1, \"page_size\": 4096, \"huge_page_size\": 2097152, " \
	"\"watchdog_thresh\": 1, \"icache\": \"PIPT\"}}\n"
#define AT "{\"record\": \"at\", \"phase\": \"split\", \"guest_ns\": 5000000000}\n"
#define END "{\"record\": \"end\", \"rows\": 0, \"guest_ns\": 2, \"reason\": \"all is done\"}\n"
#define PANIC "[    3.500000] Kernel panic - not syncing: Oops\n"
#define LOCKUP "[    9.250000] watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [java:1]\n"

static struct watch watch;
static struct vm_qemu qemu;
static struct vm_options options;
static struct result result;

static int memory(const char *content)
{
	const int fd = memfd_create("guest", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	return fd;
}

/* A guest that runs since 100 s of the host's clock, and wrote this. */
static void begin(const char *console, const char *results)
{
	for (size_t i = 0; watch.qemu && i < 2; i++)
		close(i ? watch.console.fd : watch.results.fd);
	memset(&watch, 0, sizeof(watch));
	memset(&qemu, 0, sizeof(qemu));
	memset(&result, 0, sizeof(result));
	options = (struct vm_options){ .guest_deadline_s = 1000,
				       .boot_deadline_s = 20,
				       .silence_s = 30,
				       .deadline_s = 200,
				       .slow_host = 1 };
	qemu.error_fd = -1;
	watch.qemu = &qemu;
	watch.options = &options;
	watch.result = &result;
	watch.console.fd = memory(console);
	watch.results.fd = memory(results);
	watch.console_log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	watch.started = watch.last_byte = watch.clock_read = wall = 100;
	read_channels(&watch);
	close(watch.console_log_fd);
}

/* How QEMU's end, or the guest's, is explained. */
static void ends(void **state)
{
	static const struct {
		const char *console, *results;
		int status; /* as waitpid() has it */
		enum result_outcome outcome;
		const char *reason;
	} cases[] = {
		{ "", MACHINE AT END, 0, OUTCOME_COMPLETED, "all is done" },
		{ LOCKUP, MACHINE AT END, 0, OUTCOME_COMPLETED, "all is done" },
		{ PANIC, MACHINE AT END, 0, OUTCOME_PANIC, "Kernel panic - not syncing: Oops" },
		{ PANIC, MACHINE AT, 0, OUTCOME_PANIC, "Kernel panic - not syncing: Oops" },
		{ PANIC, "", 1 << 8, OUTCOME_PANIC, "Kernel panic - not syncing: Oops" },
		{ "", MACHINE AT, 0, OUTCOME_GUEST_DIED, "in the middle of 'split'" },
		{ "", "", 0, OUTCOME_BOOT_FAILURE, "before the workload started" },
		{ "", MACHINE AT, 9, OUTCOME_QEMU_FAILED, "killed by signal 9" },
		{ "", MACHINE AT, 1 << 8, OUTCOME_QEMU_FAILED, "exited with 1" },
		{ "", "", 1 << 8, OUTCOME_QEMU_FAILED, "exited with 1" },
		/* The first reason wins. */
		{ "", MACHINE "nonsense\n" END, 0, OUTCOME_GARBLED, "result stream" },
		{ "", MACHINE END END, 0, OUTCOME_GARBLED, "after the end" },
		{ PANIC, "nonsense\n", 0, OUTCOME_GARBLED, "result stream" },
		/* A line that is not yet whole is none. */
		{ "", MACHINE AT "{\"record\": \"end\", \"rows\": 0", 0, OUTCOME_GUEST_DIED,
		  "in the middle of 'split'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(cases[i].console, cases[i].results);
		explain_end(&watch, cases[i].status);
		if (result.outcome != cases[i].outcome || !strstr(watch.reason, cases[i].reason))
			fail_msg("case %zu: %s: %s", i, result_outcome_names[result.outcome],
				 watch.reason);
		assert_true(watch.over);
	}
}

/* The guest says that it ended, or QEMU is gone: what it wrote until then counts. */
static void last_words(void **state)
{
	(void)state;
	begin("", MACHINE AT);
	assert_false(check_end(&watch));
	assert_false(watch.over);
	qemu.qmp.guest_ended = true;
	assert_true(write(watch.results.fd, END, strlen(END)) > 0);
	assert_true(check_end(&watch));
	assert_int_equal(result.outcome, OUTCOME_COMPLETED);
	assert_false(watch.died);
	begin("", MACHINE AT END);
	qemu.qmp.guest_ended = true;
	watch.console_log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(write(watch.console.fd, PANIC, strlen(PANIC)) > 0);
	assert_true(check_end(&watch));
	assert_int_equal(result.outcome, OUTCOME_PANIC);
	/* It is worth a census. */
	assert_true(watch.died);
}

/* The clock that ends a run that does not end by itself: each limit, a second before and after. */
static void deadlines(void **state)
{
	static const struct {
		const char *console, *results;
		double wall, last_byte, guest_s;
		unsigned int slow;
		int outcome; /* -1: it goes on */
	} cases[] = {
		{ "", "", 119, 119, 0, 1, -1 },
		{ "", "", 121, 121, 0, 1, OUTCOME_BOOT_FAILURE },
		{ "", "", 121, 121, 0, 2, -1 },
		{ "", "", 141, 141, 0, 2, OUTCOME_BOOT_FAILURE },
		{ "", MACHINE, 121, 121, 0, 1, -1 },
		{ "", MACHINE, 150, 121, 0, 1, -1 },
		{ "", MACHINE, 152, 121, 0, 1, OUTCOME_STALLED },
		{ "", MACHINE, 152, 121, 0, 2, -1 },
		{ "", MACHINE, 299, 299, 0, 1, -1 },
		{ "", MACHINE, 301, 301, 0, 1, OUTCOME_TIMEOUT },
		{ "", MACHINE, 301, 301, 0, 2, -1 },
		{ "", MACHINE, 101, 101, 1000, 1, -1 },
		{ "", MACHINE, 101, 101, 1001, 1, OUTCOME_TIMEOUT },
		/* Guest time has nothing to do with the host. */
		{ "", MACHINE, 101, 101, 1001, 9, OUTCOME_TIMEOUT },
		{ "", "", 101, 101, 1001, 1, OUTCOME_BOOT_FAILURE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(cases[i].console, cases[i].results);
		options.slow_host = cases[i].slow;
		wall = cases[i].wall;
		watch.last_byte = cases[i].last_byte;
		watch.guest_s = cases[i].guest_s;
		check_deadlines(&watch);
		if (watch.over ? (int)result.outcome != cases[i].outcome : cases[i].outcome >= 0)
			fail_msg("case %zu: %d %s", i, watch.over, watch.reason);
		assert_int_equal(watch.died, watch.over);
	}
	/* A kernel that panicked has ten seconds to reset the machine. */
	begin(PANIC, MACHINE);
	check_deadlines(&watch);
	wall = watch.last_byte = 109;
	check_deadlines(&watch);
	assert_false(watch.over);
	wall = watch.last_byte = 111;
	check_deadlines(&watch);
	assert_true(watch.over);
	assert_int_equal(result.outcome, OUTCOME_PANIC);
	/* What ended for another reason needs no census. */
	begin("", MACHINE);
	end_run(&watch, OUTCOME_INTERRUPTED, "a signal");
	wall = 1000;
	check_deadlines(&watch);
	assert_int_equal(result.outcome, OUTCOME_INTERRUPTED);
	assert_false(watch.died);
}

/* Guest time only goes forward, whoever tells it. */
static void guest_time(void **state)
{
	(void)state;
	begin(LOCKUP, MACHINE AT);
	assert_true(watch.guest_s == 9.25);
	assert_int_equal(result.stuck_s[3], 22);
	assert_string_equal(seen_phase, "split");
	begin(PANIC, MACHINE AT);
	assert_true(watch.guest_s == 5);
	board_s = 700;
	wall = 102;
	read_guest_clock(&watch);
	assert_true(watch.guest_s == 5); /* the monitor has not spoken */
	qemu.qmp.greeted = true;
	read_guest_clock(&watch);
	assert_true(watch.guest_s == 700);
	board_s = 800;
	wall = 102.5;
	read_guest_clock(&watch);
	assert_true(watch.guest_s == 700); /* once a second is enough */
	board_s = -1;
	wall = 104;
	read_guest_clock(&watch);
	assert_true(watch.guest_s == 700);
	begin("", MACHINE
	      "{\"record\": \"at\", \"phase\": \"x\", \"guest_ns\": 2000000000000000000}\n");
	assert_true(watch.guest_s == 0); /* 63 years are no time */
}

/* A guest that writes too much, and a line that is too long. */
static void floods(void **state)
{
	static char line[70000];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	begin("", line);
	assert_int_equal(result.outcome, OUTCOME_GARBLED);
	begin("", MACHINE);
	assert_false(watch.over);
	assert_int_equal(ftruncate(watch.results.fd, CHANNEL_MAX + 1), 0);
	watch.results.offset = CHANNEL_MAX;
	read_channels(&watch);
	assert_true(watch.over);
	assert_int_equal(result.outcome, OUTCOME_GARBLED);
	assert_non_null(strstr(watch.reason, "more than 64 MiB to its result channel"));
	/* Of the newest byte, for the limit of silence. */
	wall = 500;
	read_channels(&watch);
	assert_true(watch.last_byte == 100);
}

/* From the start to the end: the reason is that of the outcome, whatever the guest says afterwards. */
static void runs(void **state)
{
	static const struct {
		const char *console, *results, *last;
		enum result_outcome outcome;
		const char *reason;
	} cases[] = {
		{ "", MACHINE AT END, "", OUTCOME_COMPLETED, "all is done" },
		{ PANIC, MACHINE AT END, "", OUTCOME_PANIC, "Kernel panic" },
		{ "", MACHINE AT "nonsense\n" END, "", OUTCOME_GARBLED, "result stream" },
		{ "", MACHINE AT "nonsense\n", END, OUTCOME_GARBLED, "result stream" },
		{ "", MACHINE AT, END, OUTCOME_GUEST_DIED, "in the middle of 'split'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
		json_t *censuses;

		memset(&result, 0, sizeof(result));
		last = cases[i].last;
		/* A process that is not ours: its end is the guest's word alone. */
		qemu = (struct vm_qemu){ .pid = 1,
					 .console_fd = memory(cases[i].console),
					 .results_fd = memory(cases[i].results),
					 .error_fd = -1,
					 .qmp = { .fd = -1, .guest_ended = true } };
		assert_false(vm_watch_run(&qemu, &options, &result, log, &censuses));
		if (result.outcome != cases[i].outcome || !strstr(result.reason, cases[i].reason))
			fail_msg("case %zu: %s: %s", i, result_outcome_names[result.outcome],
				 result.reason);
		json_decref(result.host);
		close(qemu.console_fd);
		close(qemu.results_fd);
		close(log);
	}
	last = "";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),	     cmocka_unit_test(last_words),
		cmocka_unit_test(deadlines), cmocka_unit_test(guest_time),
		cmocka_unit_test(floods),    cmocka_unit_test(runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
