// SPDX-License-Identifier: GPL-2.0-only
/*
 * result.c: the guest's records, trusted with nothing
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "result/result.h"

#define MACHINE(cpus) \
	"{\"record\": \"machine\", \"guest_ns\": 1, \"tool\": \"1\", \"kernel\": {\"release\": \"4.19.1\", " \
	"\"banner\": \"Linux\", \"build_id\": \"00\"}, \"machine\": {\"cpus\": " cpus ", " \
	"\"nodes\": 1, \"page_size\": 4096, \"huge_page_size\": 2097152, " \
	"\"watchdog_thresh\": 1, \"icache\": \"PIPT\"}}"
#define ROW(ipis) \
	"{\"record\": \"row\", \"scenario\": \"split\", \"step\": \"fault\", \"at_once\": 1, " \
	"\"operations\": 2, \"ptes\": 512, \"huge\": 2, \"walked\": 2, \"control_walked\": 2, " \
	"\"ipis\": " ipis ", \"control_ipis\": 0, \"probed\": 0, \"broadcasts\": 0, " \
	"\"control_broadcasts\": 0, \"maintenances\": 0, \"control_maintenances\": 0, " \
	"\"worst_ns\": 1, \"median_ns\": 1, " \
	"\"control_worst_ns\": 1, \"control_median_ns\": 1, \"lockups\": 0, " \
	"\"control_lockups\": 0, \"stuck_s\": 0}"
#define SKIP(reason) \
	"{\"record\": \"skip\", \"scenario\": \"migrate\", \"step\": \"\", \"reason\": " reason "}"
#define END(rows) "{\"record\": \"end\", \"rows\": " rows ", \"guest_ns\": 2, \"reason\": \"done\"}"

/* Feeds lines up to a NULL; returns what the last one gave. */
static const char *feed(struct result *result, const char *const *lines)
{
	const char *error = NULL;

	memset(result, 0, sizeof(*result));
	for (; *lines; lines++)
		error = result_take_record(result, *lines, strlen(*lines), NULL);
	return error;
}

static void test_complete_stream(void **state)
{
	const char *const lines[] = { MACHINE("64"), ROW("126"), END("1"), NULL };
	static struct result result;

	(void)state;
	assert_null(feed(&result, lines));
	assert_true(result.ended);
	assert_int_equal(result.cpus, 64);
	assert_int_equal(result.rows_count, 1);
	assert_int_equal(result.rows[0].ipis, 126);
	assert_string_equal(result.rows[0].step, "fault");
}

static void test_bad_lines(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"{",
		"[]",
		"{}",
		"{\"record\": 1}",
		"{\"record\": \"nonsense\"}",
		MACHINE("64"), /* a second one */
		ROW("-1"),
		ROW("1.5"),
		ROW("\"1\""),
		ROW("99999999999999999999"),
		ROW("9007199254740992"), /* 2^53 */
		END("1"),
		END("-1"),
		END("\"0\""),
		SKIP("1"),
		SKIP("null"),
		"{\"record\": \"row\"}",
		"[ 4.123456] BUG: soft lockup - CPU#3 stuck for 3s!",
	};
	static struct result result;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *const lines[] = { MACHINE("64"), bad[i], NULL };

		assert_non_null(feed(&result, lines));
		assert_false(result.ended);
		assert_int_equal(result.rows_count, 0);
	}
}

static void test_bad_machines(void **state)
{
	static const char *const bad[] = { MACHINE("0"),	  MACHINE("-1"), MACHINE("513"),
					   MACHINE("4294967360"), ROW("1"),	 END("0") };
	static struct result result;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *const lines[] = { bad[i], NULL };

		assert_non_null(feed(&result, lines));
	}
}

static void test_nothing_after_the_end(void **state)
{
	const char *const lines[] = { MACHINE("64"), END("0"), ROW("1"), NULL };
	static struct result result;

	(void)state;
	assert_non_null(feed(&result, lines));
	assert_int_equal(result.rows_count, 0);
}

static void test_row_limit(void **state)
{
	static const char row[] = ROW("1");
	static struct result result;
	const char *const machine[] = { MACHINE("64"), NULL };

	(void)state;
	feed(&result, machine);
	for (int i = 0; i < RESULT_ROWS_MAX; i++)
		assert_null(result_take_record(&result, row, strlen(row), NULL));
	assert_non_null(result_take_record(&result, row, strlen(row), NULL));
	assert_int_equal(result.rows_count, RESULT_ROWS_MAX);
}

static void test_skip_limit(void **state)
{
	static const char skip[] = SKIP("\"no\"");
	static struct result result;
	const char *const machine[] = { MACHINE("64"), NULL };

	(void)state;
	feed(&result, machine);
	for (int i = 0; i < RESULT_SKIPS_MAX; i++)
		assert_null(result_take_record(&result, skip, strlen(skip), NULL));
	assert_non_null(result_take_record(&result, skip, strlen(skip), NULL));
	assert_int_equal(result.skips_count, RESULT_SKIPS_MAX);
}

/* An end without the rest, whatever the guest claims, is unknown. */
static void test_incomplete_is_unknown(void **state)
{
	const char *const lines[] = { MACHINE("64"), ROW("126"), NULL };
	static struct result result;

	(void)state;
	feed(&result, lines);
	result.outcome = OUTCOME_GUEST_DIED;
	result_judge(&result);
	assert_int_equal(result.verdict, VERDICT_UNKNOWN);
	result.outcome = OUTCOME_COMPLETED;
	result_judge(&result);
	assert_int_equal(result.verdict, VERDICT_UNKNOWN);
}

static void test_round_trip(void **state)
{
	const char *const lines[] = { MACHINE("64"), ROW("126"), SKIP("\"one node\""), END("1"),
				      NULL };
	char path[] = "/tmp/icache-ipi-result.XXXXXX";
	const int fd = mkstemp(path);
	static struct result written, read_back;
	char why[RESULT_REASON_SIZE];
	json_t *object;

	(void)state;
	feed(&written, lines);
	written.stuck_s[41] = 22;
	strcpy(written.label, "4.19.1");
	written.verdict = VERDICT_AFFECTED;
	written.form = FORM_AFFECTED;
	object = result_to_json(&written);
	assert_non_null(object);
	assert_int_equal(json_dumpfd(object, fd, 0), 0);
	json_decref(object);
	close(fd);
	assert_true(result_load(&read_back, path, why));
	unlink(path);
	assert_string_equal(read_back.label, "4.19.1");
	assert_int_equal(read_back.verdict, VERDICT_AFFECTED);
	assert_int_equal(read_back.form, FORM_AFFECTED);
	assert_int_equal(read_back.stuck_s[41], 22);
	assert_int_equal(result_lockups(&read_back), 1);
	assert_int_equal(read_back.skips_count, 1);
	assert_string_equal(read_back.skips[0].scenario, "migrate");
	assert_string_equal(read_back.skips[0].step, "");
	assert_string_equal(read_back.skips[0].reason, "one node");
	assert_memory_equal(read_back.rows, written.rows, sizeof(written.rows[0]));
	result_release(&read_back);
	assert_false(result_load(&read_back, path, why));
	assert_non_null(strstr(why, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complete_stream),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_bad_machines),
		cmocka_unit_test(test_nothing_after_the_end),
		cmocka_unit_test(test_row_limit),
		cmocka_unit_test(test_skip_limit),
		cmocka_unit_test(test_incomplete_is_unknown),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
