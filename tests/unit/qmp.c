// SPDX-License-Identifier: GPL-2.0-only
/*
 * qmp.c: a monitor that answers, answers late, answers nonsense, and goes away
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm/clock.c"
#include "vm/qmp.c"

#define GREETING \
	"{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n" \
	"{\"return\": {}, \"id\": 0}\r\n"

static struct vm_qmp qmp;
static int server;

static int open_pair(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	server = pair[1];
	vm_qmp_open(&qmp, pair[0]);
	return 0;
}

static int close_pair(void **state)
{
	(void)state;
	close(qmp.fd);
	if (server >= 0)
		close(server);
	vm_qmp_close(&qmp);
	return 0;
}

/* What QEMU would have sent by now: the command that is asked next has id 1. */
static void serve(const char *text)
{
	assert_int_equal(write(server, text, strlen(text)), strlen(text));
}

static json_t *ask(double timeout_s)
{
	return vm_qmp_execute(&qmp, "query-status", NULL, timeout_s);
}

static void test_answer(void **state)
{
	char sent[4096] = "";
	json_t *value;

	(void)state;
	serve(GREETING "{\"timestamp\": {}, \"event\": \"STOP\"}\r\n"
		       "{\"return\": {\"running\": true}, \"id\": 1}\r\n");
	value = ask(1);
	assert_true(json_is_true(json_object_get(value, "running")));
	json_decref(value);
	assert_true(qmp.greeted);
	assert_false(qmp.guest_ended);
	assert_true(read(server, sent, sizeof(sent) - 1) > 0);
	assert_string_equal(sent, "{\"execute\":\"qmp_capabilities\",\"id\":0}\n"
				  "{\"execute\":\"query-status\",\"id\":1}\n");
}

static void test_human_monitor(void **state)
{
	char sent[4096] = "";
	json_t *value;

	(void)state;
	serve(GREETING "{\"return\": \"CPU#0\\r\\n PC=00\\r\\n\", \"id\": 1}\r\n"
		       "{\"return\": 5, \"id\": 2}\r\n");
	value = vm_qmp_monitor(&qmp, 3, "info registers", 1);
	assert_string_equal(json_string_value(value), "CPU#0\r\n PC=00\r\n");
	json_decref(value);
	assert_null(vm_qmp_monitor(&qmp, -1, "info registers", 1));
	assert_true(read(server, sent, sizeof(sent) - 1) > 0);
	assert_non_null(strstr(sent, "\"cpu-index\":3"));
}

static void test_error(void **state)
{
	(void)state;
	serve(GREETING
	      "{\"id\": 1, \"error\": {\"class\": \"GenericError\", \"desc\": \"no such\"}}\n"
	      "{\"id\": 2, \"error\": 7}\n");
	assert_null(ask(1));
	assert_string_equal(qmp.error, "QEMU's monitor says: no such");
	assert_null(ask(1));
	assert_false(qmp.broken);
}

static void test_late_answer_is_not_the_next(void **state)
{
	json_t *value;

	(void)state;
	serve(GREETING);
	assert_null(ask(0.02));
	assert_non_null(strstr(qmp.error, "has not answered"));
	serve("{\"return\": \"late\", \"id\": 1}\n{\"return\": \"good\", \"id\": 2}\n");
	value = ask(1);
	assert_string_equal(json_string_value(value), "good");
	json_decref(value);
}

static void test_answer_in_pieces(void **state)
{
	static const char text[] = GREETING "{\"return\": \"x\", \"id\": 1}\r\n";
	json_t *value;
	pid_t child = fork();

	(void)state;
	if (!child) {
		for (size_t i = 0; i < sizeof(text) - 1; i++) {
			if (write(server, text + i, 1) != 1)
				_exit(1);
			if (i % 20 == 0)
				usleep(1000);
		}
		_exit(0);
	}
	value = ask(5);
	assert_string_equal(json_string_value(value), "x");
	json_decref(value);
	waitpid(child, NULL, 0);
}

static void test_end_of_guest(void **state)
{
	(void)state;
	serve("{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": false, \"reason\": \"host-qmp-quit\"}}\n");
	vm_qmp_read(&qmp);
	assert_false(qmp.guest_ended);
	serve("{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": \"guest-reset\"}}\n");
	vm_qmp_read(&qmp);
	assert_true(qmp.guest_ended);
}

static void test_silence(void **state)
{
	const double before = vm_wall_s();

	(void)state;
	assert_null(ask(0.1));
	assert_false(qmp.greeted);
	assert_in_range((vm_wall_s() - before) * 1000, 100, 2000);
}

static void test_nonsense(void **state)
{
	static const char *const nonsense[] = { "garbage\n",	 "[]\n",   "7\n",
						"{\"return\"\n", "{}{}\n", "\"QMP\"\n" };

	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		serve(nonsense[i]);
		assert_null(ask(1));
		assert_true(qmp.broken);
		assert_string_equal(qmp.error,
				    "QEMU's monitor sent something that is no JSON object");
		/* Broken for good: no waiting any more. */
		assert_null(ask(100));
		close_pair(state);
		open_pair(state);
	}
	serve("{}\n{\"id\": \"1\"}\n{\"id\": 99, \"return\": 1}\n{\"event\": 5}\n\n\r\n");
	assert_null(ask(0.02));
	assert_false(qmp.broken);
}

static void test_gone(void **state)
{
	(void)state;
	serve(GREETING "{\"return\": ");
	close(server);
	server = -1;
	assert_null(ask(100));
	assert_true(qmp.broken);
}

static void test_endless_line(void **state)
{
	const pid_t child = fork();

	(void)state;
	if (!child) {
		static char bytes[65536];

		signal(SIGPIPE, SIG_DFL);
		memset(bytes, '{', sizeof(bytes));
		while (write(server, bytes, sizeof(bytes)) > 0)
			;
		_exit(0);
	}
	assert_null(ask(60));
	assert_true(qmp.broken);
	assert_string_equal(qmp.error, "QEMU's monitor sent more than any answer has");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

int main(void)
{
#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)
	const struct CMUnitTest tests[] = {
		WITH_PAIR(test_answer),
		WITH_PAIR(test_human_monitor),
		WITH_PAIR(test_error),
		WITH_PAIR(test_late_answer_is_not_the_next),
		WITH_PAIR(test_answer_in_pieces),
		WITH_PAIR(test_end_of_guest),
		WITH_PAIR(test_silence),
		WITH_PAIR(test_nonsense),
		WITH_PAIR(test_gone),
		WITH_PAIR(test_endless_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
