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

/* Loads this JSON as a result.json. */
static bool loads(const json_t *object, struct result *result)
{
	char path[] = "/tmp/icache-ipi-result.XXXXXX", why[RESULT_REASON_SIZE];
	const int fd = mkstemp(path);
	bool loaded;

	assert_int_equal(json_dumpfd(object, fd, 0), 0);
	close(fd);
	loaded = result_load(result, path, why);
	unlink(path);
	return loaded;
}

/* A result of one row, as the program writes it. */
static json_t *sound(void)
{
	const char *const lines[] = { MACHINE("64"), ROW("126"), SKIP("\"one node\""), END("1"),
				      NULL };
	static struct result result;

	assert_null(feed(&result, lines));
	result.verdict = VERDICT_UNKNOWN;
	result.form = FORM_NONE;
	return result_to_json(&result);
}

/*
 * Each bound of a result.json at its edge: what may be there, and the next that may not. @at names
 * members one in the other; a number counts the elements of an array. @may NULL: it may be missing.
 */
static void test_bounds_of_a_file(void **state)
{
	static const struct {
		const char *at[3];
		const char *may, *may_not;
	} cases[] = {
		{ { "schema" }, "\"icache-ipi-result\"", "\"icache-ipi-census\"" },
		{ { "schema" }, "\"icache-ipi-result\"", "\"icache-ipi-result2\"" },
		{ { "schema" }, "\"icache-ipi-result\"", "1" },
		{ { "version" }, "1", "0" },
		{ { "version" }, "1", "2" },
		{ { "version" }, "1", "\"1\"" },
		{ { "outcome" }, "\"panic\"", "\"fine\"" },
		{ { "verdict" }, "\"dormant\"", "\"good\"" },
		{ { "verdict" }, "\"unknown\"", "\"affected\"" },
		{ { "verdict" }, "\"unknown\"", "\"fixed\"" },
		{ { "verdict" }, "\"unknown\"", "\"mitigated\"" },
		{ { "code" }, "\"affected\"", "\"any\"" },
		{ { "machine", "cpus" }, "1", "0" },
		{ { "machine", "cpus" }, "512", "513" },
		{ { "machine", "nodes" }, "512", "513" },
		{ { "machine", "watchdog_thresh" }, "60", "61" },
		{ { "machine", "page_size" }, "65536", "65537" },
		{ { "machine", "huge_page_size" }, "1073741824", "1073741825" },
		{ { "rows", "0", "operations" }, "1048576", "1048577" },
		{ { "rows", "0", "operations" }, "0", "-1" },
		{ { "rows", "0", "ptes" }, "1048576", "1048577" },
		{ { "rows", "0", "at_once" }, "512", "513" },
		{ { "rows", "0", "ipis" }, "4503599627370496", "4503599627370497" },
		{ { "rows", "0", "ipis" }, "0", "1.5" },
		{ { "rows", "0", "ipis" }, "0", "true" },
		{ { "rows", "0", "step" },
		  "\"12345678901234567890123\"",
		  "\"123456789012345678901234\"" },
		{ { "rows", "0", "scenario" }, "\"123456789012345\"", "\"1234567890123456\"" },
		{ { "lockups" },
		  "[{\"cpu\": 511, \"stuck_s\": 22}]",
		  "[{\"cpu\": 512, \"stuck_s\": 22}]" },
		{ { "lockups" },
		  "[{\"cpu\": 0, \"stuck_s\": 1048576}]",
		  "[{\"cpu\": 0, \"stuck_s\": 1048577}]" },
		{ { "lockups" }, "[]", "[{\"cpu\": -1, \"stuck_s\": 1}]" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		static struct result result;
		const char *text = i % 2 ? cases[i / 2].may_not : cases[i / 2].may;
		json_t *object = sound(), *in = object;
		const char *const *at = cases[i / 2].at;

		for (; at + 1 < cases[i / 2].at + 3 && at[1]; at++)
			in = json_is_array(in) ? json_array_get(in, atoi(*at)) :
						 json_object_get(in, *at);
		assert_int_equal(
			json_object_set_new(in, *at, json_loads(text, JSON_DECODE_ANY, NULL)), 0);
		if (loads(object, &result) == i % 2)
			fail_msg("%s %s %s", cases[i / 2].at[0], *at, text);
		result_release(&result);
		json_decref(object);
	}
}

/* The last CPU's lockup counts, and is read where it belongs. */
static void test_last_cpu(void **state)
{
	static struct result result;
	json_t *object = sound();

	(void)state;
	json_object_set_new(object, "lockups",
			    json_pack("[{s:i, s:i}]", "cpu", RESULT_CPUS_MAX - 1, "stuck_s", 22));
	assert_true(loads(object, &result));
	assert_int_equal(result.stuck_s[RESULT_CPUS_MAX - 1], 22);
	assert_int_equal(result_lockups(&result), 1);
	result_release(&result);
	json_decref(object);
}

/* A member that is there twice says nothing, in a record and in a file. */
static void test_duplicate_members(void **state)
{
	const char *const lines[] = { MACHINE("64, \"cpus\": 64"), NULL };
	const char *const rows[] = { MACHINE("64"), ROW("126, \"ipis\": 126"), NULL };
	char path[] = "/tmp/icache-ipi-result.XXXXXX", why[RESULT_REASON_SIZE], text[8192];
	static struct result result;
	json_t *object = sound();
	const int fd = mkstemp(path);
	char *dump = json_dumps(object, 0);

	(void)state;
	assert_non_null(feed(&result, lines));
	assert_non_null(feed(&result, rows));
	assert_int_equal(result.rows_count, 0);
	snprintf(text, sizeof(text), "{\"version\": 1, %s", dump + 1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_false(result_load(&result, path, why));
	unlink(path);
	free(dump);
	json_decref(object);
}

/* Words that do not go together are no judgement. */
static void test_judgements_that_go_together(void **state)
{
	static const char *const verdicts[] = { "fixed", "mitigated", "affected", "dormant",
						"unknown" };
	static const char *const codes[] = { "affected", "posted", "merged", "fixed", "" };
	static const char *const wanted[] = { ".xxx.", ".xxx.", "x....", "xxxxx", "xxxxx" };

	(void)state;
	for (int v = 0; v < 5; v++)
		for (int c = 0; c < 5; c++) {
			static struct result result;
			json_t *object = sound();

			json_object_set_new(object, "verdict", json_string(verdicts[v]));
			json_object_set_new(object, "code", json_string(codes[c]));
			if (loads(object, &result) != (wanted[v][c] == 'x'))
				fail_msg("%s, %s", verdicts[v], codes[c]);
			result_release(&result);
			json_object_set_new(object, "outcome", json_string("timeout"));
			assert_int_equal(loads(object, &result), v == 4);
			result_release(&result);
			json_decref(object);
		}
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
		cmocka_unit_test(test_bounds_of_a_file),
		cmocka_unit_test(test_last_cpu),
		cmocka_unit_test(test_duplicate_members),
		cmocka_unit_test(test_judgements_that_go_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
