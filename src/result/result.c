// SPDX-License-Identifier: GPL-2.0-only
/*
 * result.c: records in, a result; a result to JSON and back
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/text.h"
#include "result/result.h"

/* 128 rows, the kernel's banner and QEMU's command line have some 100 KB. */
#define RESULT_BYTES_MAX (16ul << 20)

const char *const result_outcome_names[OUTCOMES] = {
	[OUTCOME_COMPLETED] = "completed",	 [OUTCOME_PANIC] = "panic",
	[OUTCOME_BOOT_FAILURE] = "boot-failure", [OUTCOME_GUEST_DIED] = "guest-died",
	[OUTCOME_STALLED] = "stalled",		 [OUTCOME_TIMEOUT] = "timeout",
	[OUTCOME_GARBLED] = "garbled",		 [OUTCOME_QEMU_FAILED] = "qemu-failed",
	[OUTCOME_INTERRUPTED] = "interrupted",
};

unsigned int result_lockups(const struct result *result)
{
	unsigned int cpus = 0;

	for (size_t cpu = 0; cpu < RESULT_CPUS_MAX; cpu++)
		cpus += result->stuck_s[cpu] > 0;
	return cpus;
}

/* Copies the string member @name; false when it is missing or does not fit. */
static bool take_string(const json_t *object, const char *name, char *value, size_t size)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && (size_t)snprintf(value, size, "%s", text) < size;
}

static bool take_number(const json_t *object, const char *name, uint64_t high, uint64_t *value)
{
	const json_t *number = json_object_get(object, name);

	if (!json_is_integer(number) || json_integer_value(number) < 0)
		return false;
	*value = json_integer_value(number);
	return *value <= high;
}

static bool take_unsigned(const json_t *object, const char *name, unsigned int high,
			  unsigned int *value)
{
	uint64_t number;
	const bool taken = take_number(object, name, high, &number);

	*value = taken ? number : 0;
	return taken;
}

/* "tool", "kernel" and "machine", which the stream and result.json have in common. */
static bool take_machine(struct result *result, const json_t *object)
{
	const json_t *kernel = json_object_get(object, "kernel");
	const json_t *machine = json_object_get(object, "machine");

	/* Older results do not speak of the module. */
	if (json_object_get(machine, "mitigation") &&
	    !take_string(machine, "mitigation", result->mitigation, sizeof(result->mitigation)))
		return false;
	return take_string(object, "tool", result->tool, sizeof(result->tool)) &&
	       take_string(kernel, "release", result->release, sizeof(result->release)) &&
	       take_string(kernel, "banner", result->banner, sizeof(result->banner)) &&
	       take_string(kernel, "build_id", result->build_id, sizeof(result->build_id)) &&
	       take_unsigned(machine, "cpus", RESULT_CPUS_MAX, &result->cpus) && result->cpus &&
	       take_unsigned(machine, "nodes", RESULT_CPUS_MAX, &result->nodes) &&
	       take_unsigned(machine, "watchdog_thresh", 60, &result->watchdog_thresh) &&
	       take_number(machine, "page_size", 1 << 16, &result->page_size) &&
	       take_number(machine, "huge_page_size", 1ull << 30, &result->huge_page_size) &&
	       take_string(machine, "icache", result->icache, sizeof(result->icache));
}

static bool take_row(struct row *row, const json_t *object)
{
	if (!take_string(object, "scenario", row->scenario, sizeof(row->scenario)) ||
	    !take_string(object, "step", row->step, sizeof(row->step)))
		return false;
	for (size_t i = 0; i < row_fields_count; i++)
		if (!take_number(object, row_fields[i].name, 1ull << 52,
				 row_number(row, &row_fields[i])))
			return false;
	return row->at_once <= RESULT_CPUS_MAX && row->operations <= 1 << 20 &&
	       row->ptes <= 1 << 20;
}

static const char *take_machine_record(struct result *result, const json_t *object)
{
	if (result->cpus)
		return "a second machine";
	return take_machine(result, object) &&
			       take_number(object, "guest_ns", 1ull << 62, &result->guest_boot_ns) ?
		       NULL :
		       "a bad machine record";
}

static const char *take_row_record(struct result *result, const json_t *object)
{
	if (result->rows_count == RESULT_ROWS_MAX)
		return "too many rows";
	if (!take_row(&result->rows[result->rows_count], object))
		return "a bad row";
	result->rows_count++;
	return NULL;
}

static bool take_skip(struct result_skip *skip, const json_t *object)
{
	return take_string(object, "scenario", skip->scenario, sizeof(skip->scenario)) &&
	       take_string(object, "step", skip->step, sizeof(skip->step)) &&
	       take_string(object, "reason", skip->reason, sizeof(skip->reason));
}

static const char *take_skip_record(struct result *result, const json_t *object)
{
	if (result->skips_count == RESULT_SKIPS_MAX)
		return "too much was skipped";
	if (!take_skip(&result->skips[result->skips_count], object))
		return "a bad skip";
	result->skips_count++;
	return NULL;
}

static const char *take_end_record(struct result *result, const json_t *object)
{
	uint64_t rows;

	if (!take_number(object, "rows", RESULT_ROWS_MAX, &rows) || rows != result->rows_count)
		return "rows are missing";
	if (!take_number(object, "guest_ns", 1ull << 62, &result->guest_end_ns) ||
	    !take_string(object, "reason", result->reason, sizeof(result->reason)))
		return "a bad end";
	result->ended = true;
	return NULL;
}

static const char *take_record(struct result *result, json_t *object, json_t **at)
{
	const char *record = json_string_value(json_object_get(object, "record"));

	if (!record)
		return "a line is not a record";
	if (result->ended)
		return "a record came after the end";
	if (!strcmp(record, "machine"))
		return take_machine_record(result, object);
	if (!result->cpus)
		return "a record came before the machine";
	if (!strcmp(record, "row"))
		return take_row_record(result, object);
	if (!strcmp(record, "skip"))
		return take_skip_record(result, object);
	if (!strcmp(record, "end"))
		return take_end_record(result, object);
	if (strcmp(record, "at"))
		return "an unknown record";
	if (at)
		*at = json_incref(object);
	return NULL;
}

const char *result_take_record(struct result *result, const char *line, size_t length, json_t **at)
{
	json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	const char *error = take_record(result, object, at);

	json_decref(object);
	return error;
}

void result_judge(struct result *result)
{
	const struct verdict_machine machine =
		verdict_machine(result->cpus, result->icache, result->mitigation);
	struct judgement judgement;

	result->verdict = VERDICT_UNKNOWN;
	result->form = FORM_NONE;
	if (result->outcome != OUTCOME_COMPLETED) {
		if (!*result->reason)
			snprintf(result->reason, sizeof(result->reason),
				 "the run did not complete");
		return;
	}
	judgement = verdict_of_rows(result->rows, result->rows_count, &machine);
	result->verdict = judgement.verdict;
	result->form = judgement.form;
	/* The workload gave up and said why: that says more than "rows are missing". */
	if (judgement.verdict != VERDICT_UNKNOWN || result->rows_count || !*result->reason)
		memcpy(result->reason, judgement.reason, sizeof(result->reason));
}

json_t *result_text(const char *value)
{
	json_t *string = value ? json_string(value) : json_null();
	char *copy;

	if (string)
		return string;
	copy = strdup(value);
	if (copy)
		text_make_utf8(copy);
	string = copy ? json_string(copy) : NULL;
	free(copy);
	return string;
}

static json_t *row_to_json(const struct row *row)
{
	json_t *object = json_pack("{s:o, s:o}", "scenario", result_text(row->scenario), "step",
				   result_text(row->step));

	for (size_t i = 0; i < row_fields_count; i++)
		json_object_set_new(object, row_fields[i].name,
				    json_integer(*row_number((struct row *)row, &row_fields[i])));
	return object;
}

static json_t *skips_to_json(const struct result *result)
{
	json_t *skips = json_array();

	for (size_t i = 0; i < result->skips_count; i++)
		json_array_append_new(skips,
				      json_pack("{s:o, s:o, s:o}", "scenario",
						result_text(result->skips[i].scenario), "step",
						result_text(result->skips[i].step), "reason",
						result_text(result->skips[i].reason)));
	return skips;
}

json_t *result_to_json(const struct result *result)
{
	json_t *rows = json_array(), *lockups = json_array(), *object;

	for (size_t i = 0; i < result->rows_count; i++)
		json_array_append_new(rows, row_to_json(&result->rows[i]));
	for (unsigned int cpu = 0; cpu < RESULT_CPUS_MAX; cpu++)
		if (result->stuck_s[cpu])
			json_array_append_new(lockups, json_pack("{s:i, s:i}", "cpu", cpu,
								 "stuck_s", result->stuck_s[cpu]));
	object = json_pack(
		"{s:s, s:i, s:o, s:o, s:o, s:{s:o, s:o, s:o},"
		" s:{s:i, s:i, s:I, s:I, s:i, s:o, s:o}, s:o, s:o, s:o, s:s, s:s, s:s, s:o}",
		"schema", "icache-ipi-result", "version", 1, "tool", result_text(result->tool),
		"label", result_text(result->label), "fix", result_text(result->fix), "kernel",
		"release", result_text(result->release), "banner", result_text(result->banner),
		"build_id", result_text(result->build_id), "machine", "cpus", result->cpus, "nodes",
		result->nodes, "page_size", (json_int_t)result->page_size, "huge_page_size",
		(json_int_t)result->huge_page_size, "watchdog_thresh", result->watchdog_thresh,
		"icache", result_text(result->icache), "mitigation",
		result_text(result->mitigation), "rows", rows, "skipped", skips_to_json(result),
		"lockups", lockups, "outcome", result_outcome_names[result->outcome], "verdict",
		verdict_names[result->verdict], "code", form_names[result->form], "reason",
		result_text(result->reason));
	if (object && result->vm) {
		json_object_set(object, "vm", result->vm);
		json_object_set_new(object, "guest",
				    json_pack("{s:I, s:I}", "boot_ns",
					      (json_int_t)result->guest_boot_ns, "end_ns",
					      (json_int_t)result->guest_end_ns));
	}
	if (object && result->host)
		json_object_set(object, "host", result->host);
	return object;
}

static bool take_outcome(struct result *result, const json_t *object)
{
	char name[32];

	if (!take_string(object, "outcome", name, sizeof(name)))
		return false;
	for (int outcome = 0; outcome < OUTCOMES; outcome++)
		if (!strcmp(name, result_outcome_names[outcome])) {
			result->outcome = outcome;
			return true;
		}
	return false;
}

/*
 * The judgement, as the program that measured made it: read, never made again. Words that do not go
 * together are no judgement.
 */
static bool take_judgement(struct result *result, const json_t *object)
{
	const char *verdict = json_string_value(json_object_get(object, "verdict"));
	const char *code = json_string_value(json_object_get(object, "code"));
	int known = 0;

	if (!verdict || !code ||
	    !take_string(object, "reason", result->reason, sizeof(result->reason)))
		return false;
	while (known < VERDICTS && strcmp(verdict, verdict_names[known]))
		known++;
	result->verdict = known;
	result->form = form_find(code);
	if (known == VERDICTS || result->form == FORM_WORDS ||
	    (result->outcome != OUTCOME_COMPLETED && known != VERDICT_UNKNOWN))
		return false;
	switch (result->verdict) {
	case VERDICT_FIXED:
	case VERDICT_MITIGATED: return result->form != FORM_NONE && result->form != FORM_AFFECTED;
	case VERDICT_AFFECTED: return result->form == FORM_AFFECTED;
	default: return true;
	}
}

/* Everything of a result.json; false when a member is missing or makes no sense. */
static bool take_result(struct result *result, const json_t *object)
{
	const json_t *rows = json_object_get(object, "rows"), *row, *lockup;
	const json_t *skips = json_object_get(object, "skipped"), *skip;
	char schema[32];
	unsigned int version;
	size_t i;

	if (!take_string(object, "schema", schema, sizeof(schema)) ||
	    strcmp(schema, "icache-ipi-result") || !take_unsigned(object, "version", 1, &version) ||
	    version != 1 || !take_outcome(result, object) || !take_judgement(result, object) ||
	    json_array_size(rows) > RESULT_ROWS_MAX || json_array_size(skips) > RESULT_SKIPS_MAX)
		return false;
	/* A run that died before its workload spoke knows no machine. */
	if (!take_machine(result, object) && result->outcome == OUTCOME_COMPLETED)
		return false;
	take_string(object, "label", result->label, sizeof(result->label));
	take_string(object, "fix", result->fix, sizeof(result->fix));
	json_array_foreach(rows, i, row)
		if (!take_row(&result->rows[result->rows_count++], row))
			return false;
	json_array_foreach(skips, i, skip)
		if (!take_skip(&result->skips[result->skips_count++], skip))
			return false;
	json_array_foreach(json_object_get(object, "lockups"), i, lockup) {
		unsigned int cpu;

		if (!take_unsigned(lockup, "cpu", RESULT_CPUS_MAX - 1, &cpu) ||
		    !take_unsigned(lockup, "stuck_s", 1 << 20, &result->stuck_s[cpu]))
			return false;
	}
	take_number(json_object_get(object, "guest"), "boot_ns", 1ull << 62,
		    &result->guest_boot_ns);
	take_number(json_object_get(object, "guest"), "end_ns", 1ull << 62, &result->guest_end_ns);
	result->vm = json_incref(json_object_get(object, "vm"));
	result->host = json_incref(json_object_get(object, "host"));
	return true;
}

/* What a shell gives for "| program /dev/stdin" and "<(command)". */
static bool is_stream(const char *path)
{
	return !strcmp(path, "/dev/stdin") || !strncmp(path, "/dev/fd/", strlen("/dev/fd/"));
}

json_t *result_read_json(const char *path, size_t limit, char why[static REASON_SIZE])
{
	json_error_t error;
	json_t *object;
	char *content;
	size_t size;

	content = is_stream(path) ? file_read_stream(path, limit, &size) :
				    file_read(path, limit, &size);
	if (!content) {
		if (errno == EFBIG)
			snprintf(why, REASON_SIZE, "has more than %zu MiB", limit >> 20);
		else
			snprintf(why, REASON_SIZE, "%s",
				 errno == ENOTSUP ? "is no regular file" : strerror(errno));
		return NULL;
	}
	object = json_loadb(content, size, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		text_copy(why, REASON_SIZE, error.text);
	free(content);
	return object;
}

bool result_load(struct result *result, const char *path, char why[static RESULT_REASON_SIZE])
{
	char file[4096];
	struct stat status;
	char problem[REASON_SIZE];
	json_t *object;
	bool taken;

	memset(result, 0, sizeof(*result));
	snprintf(file, sizeof(file), "%s%s", path,
		 !stat(path, &status) && S_ISDIR(status.st_mode) ? "/result.json" : "");
	object = result_read_json(file, RESULT_BYTES_MAX, problem);
	if (!object) {
		snprintf(why, RESULT_REASON_SIZE,
			 "%s: %s: run icache-ipi-vm or icache-ipi-stress --json to get one", file,
			 problem);
		return false;
	}
	taken = take_result(result, object);
	json_decref(object);
	if (!taken) {
		snprintf(why, RESULT_REASON_SIZE,
			 "%s is not a result of icache-ipi (schema icache-ipi-result, version 1)",
			 file);
		result_release(result);
		return false;
	}
	return true;
}

void result_release(struct result *result)
{
	json_decref(result->vm);
	json_decref(result->host);
	memset(result, 0, sizeof(*result));
}
