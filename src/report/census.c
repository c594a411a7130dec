// SPDX-License-Identifier: GPL-2.0-only
/*
 * census.c: census.json, trusted with nothing
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/causes.h"
#include "lib/say.h"
#include "lib/stacks.h"
#include "report/census.h"
#include "result/result.h"

#define CENSUS_BYTES_MAX (16 << 20)
#define CENSUSES_MAX 64
#define CENSUS_FRAMES_MAX 128
#define CENSUS_TEXT_MAX 512 /* bytes of a label, a reason, a symbol */

static const char *const kinds[] = { "kernel", "idle", "user", "unreadable" };

const char *const report_census_act_names[CENSUS_ACTS] = {
	[CENSUS_BROADCASTS] = "broadcasts",
	[CENSUS_WAITS] = "waits for a lock",
	[CENSUS_KERNEL] = "kernel",
	[CENSUS_USER] = "user",
	[CENSUS_IDLE] = "idle",
	[CENSUS_UNREADABLE] = "unreadable",
};

const char *const report_census_colours[CENSUS_ACTS] = { "broadcasts", "waits", "kernel",
							 "user",       "idle",	"unreadable" };

static bool text_good(const json_t *text)
{
	return json_is_string(text) && json_string_length(text) <= CENSUS_TEXT_MAX;
}

static bool number_good(const json_t *number, json_int_t low, json_int_t high)
{
	return json_is_integer(number) && json_integer_value(number) >= low &&
	       json_integer_value(number) <= high;
}

static bool kind_good(const json_t *kind)
{
	for (size_t i = 0; json_is_string(kind) && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(json_string_value(kind), kinds[i]))
			return true;
	return false;
}

/* Each CPU in one group at most: @seen has a flag per CPU. */
static const char *check_group(const json_t *group, json_int_t cpus_online, bool *seen)
{
	const json_t *cpus = json_object_get(group, "cpus");
	const json_t *frames = json_object_get(group, "frames");
	const json_t *each;
	size_t i;

	if (!kind_good(json_object_get(group, "kind")))
		return "the kind of a group";
	if (!json_is_array(cpus) || !json_array_size(cpus) ||
	    !number_good(json_object_get(group, "count"), json_array_size(cpus),
			 json_array_size(cpus)))
		return "the count of a group";
	json_array_foreach(cpus, i, each) {
		if (!number_good(each, 0, cpus_online - 1) || seen[json_integer_value(each)])
			return "the CPUs of a group";
		seen[json_integer_value(each)] = true;
	}
	if (!json_is_array(frames) || json_array_size(frames) > CENSUS_FRAMES_MAX)
		return "the frames of a group";
	json_array_foreach(frames, i, each)
		if (!text_good(each))
			return "a frame";
	return NULL;
}

static const char *check_census(const json_t *census)
{
	const json_t *cpus = json_object_get(census, "cpus"), *group;
	const json_t *groups = json_object_get(census, "groups");
	const json_t *guest_s = json_object_get(census, "guest_s");
	bool seen[RESULT_CPUS_MAX] = { false };
	const char *error = NULL;
	size_t i;

	if (!text_good(json_object_get(census, "label")) ||
	    !text_good(json_object_get(census, "reason")) ||
	    !text_good(json_object_get(census, "phase")))
		return "label, reason or phase";
	if (!json_is_number(guest_s) || !isfinite(json_number_value(guest_s)) ||
	    json_number_value(guest_s) < 0 || json_number_value(guest_s) > 1e9)
		return "guest_s";
	if (!number_good(cpus, 1, RESULT_CPUS_MAX))
		return "cpus";
	if (!json_is_array(groups) || json_array_size(groups) > RESULT_CPUS_MAX)
		return "groups";
	json_array_foreach(groups, i, group)
		if (!error)
			error = check_group(group, json_integer_value(cpus), seen);
	return error;
}

/* What is wrong with @object, or NULL. */
static const char *check_file(const json_t *object)
{
	const char *schema = json_string_value(json_object_get(object, "schema"));
	const json_t *censuses = json_object_get(object, "censuses"), *census;
	const char *error = NULL;
	size_t i;

	if (!schema || strcmp(schema, "icache-ipi-census"))
		return "schema";
	if (!number_good(json_object_get(object, "version"), 1, 1))
		return "version";
	if (!json_is_array(censuses) || json_array_size(censuses) > CENSUSES_MAX)
		return "censuses";
	json_array_foreach(censuses, i, census)
		if (!error)
			error = check_census(census);
	return error;
}

/* The path of census.json into @file; false when @path has none beside it, whatever it holds. */
static bool find_file(const char *path, char file[PATH_MAX])
{
	struct stat status;
	char copy[PATH_MAX];

	if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy))
		return false;
	if (!stat(path, &status) && S_ISDIR(status.st_mode))
		return snprintf(file, PATH_MAX, "%s/census.json", path) < PATH_MAX;
	if (strcmp(basename(copy), "result.json"))
		return false;
	snprintf(copy, sizeof(copy), "%s", path);
	return snprintf(file, PATH_MAX, "%s/census.json", dirname(copy)) < PATH_MAX;
}

bool report_load_census(const char *path, json_t **censuses)
{
	char file[PATH_MAX], why[REASON_SIZE];
	struct stat status;
	const char *wrong;
	json_t *object;

	*censuses = NULL;
	if (!find_file(path, file) || (stat(file, &status) && errno == ENOENT))
		return true;
	object = result_read_json(file, CENSUS_BYTES_MAX, why);
	if (!object) {
		say("%s: not a census: %s: let icache-ipi-vm write it again, or remove it", file,
		    why);
		return false;
	}
	wrong = check_file(object);
	if (wrong)
		say("%s: %s makes no sense: not a census of icache-ipi (version 1)", file, wrong);
	else
		*censuses = json_incref(json_object_get(object, "censuses"));
	json_decref(object);
	return !wrong;
}

static const char *frame_name(const json_t *group, size_t index)
{
	const char *name = json_string_value(
		json_array_get(json_object_get(group, "frames"), index));

	return name ? name : "";
}

enum census_act report_census_act(const json_t *group)
{
	const char *kind = json_string_value(json_object_get(group, "kind"));
	const size_t frames = json_array_size(json_object_get(group, "frames"));
	const char *names[STACKS_DEPTH_MAX];
	size_t count = 0;

	if (!strcmp(kind, "idle"))
		return CENSUS_IDLE;
	if (!strcmp(kind, "user"))
		return CENSUS_USER;
	if (!strcmp(kind, "unreadable"))
		return CENSUS_UNREADABLE;
	for (; count < frames && count < STACKS_DEPTH_MAX; count++)
		names[count] = frame_name(group, count);
	switch (causes_judge(names, count).act) {
	case ACT_BROADCASTS: return CENSUS_BROADCASTS;
	case ACT_WAITS_PTE:
	case ACT_WAITS: return CENSUS_WAITS;
	default: return CENSUS_KERNEL;
	}
}

/* Appends as much as fits; @used counts what has been appended so far. */
static void append(char *text, size_t size, size_t *used, const char *more)
{
	const int length = snprintf(text + *used, size - *used, "%s", more);

	*used += length < 0 ? 0 : (size_t)length < size - *used ? (size_t)length : size - *used - 1;
}

void report_census_chain(const json_t *group, char *text, size_t size)
{
	const size_t frames = json_array_size(json_object_get(group, "frames"));
	size_t used = 0;

	text[0] = '\0';
	if (!frames)
		append(text, size, &used, json_string_value(json_object_get(group, "kind")));
	for (size_t i = 0; i < frames; i++) {
		append(text, size, &used, i ? " < " : "");
		append(text, size, &used, frame_name(group, i));
	}
}

void report_census_cpus(const json_t *group, char *text, size_t size)
{
	const json_t *cpus = json_object_get(group, "cpus"), *cpu;
	bool seen[RESULT_CPUS_MAX + 1] = { false };
	size_t used = 0, i;
	char range[32];

	json_array_foreach(cpus, i, cpu)
		seen[json_integer_value(cpu)] = true;
	text[0] = '\0';
	for (size_t first = 0, last; first < RESULT_CPUS_MAX; first = last + 1) {
		for (last = first; seen[first] && seen[last + 1]; last++)
			;
		if (!seen[first])
			continue;
		snprintf(range, sizeof(range), "%s%zu", used ? "," : "", first);
		append(text, size, &used, range);
		if (first == last)
			continue;
		snprintf(range, sizeof(range), "-%zu", last);
		append(text, size, &used, range);
	}
}
