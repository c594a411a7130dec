// SPDX-License-Identifier: GPL-2.0-only
/*
 * incidents.c: icache-ipi-triage's JSON, trusted with nothing
 *
 * docs/schemas/icache-ipi-triage.schema.json. Of it the page needs little, and that is copied: types and
 * sizes of the copy are known.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/say.h"
#include "lib/text.h"
#include "report/incidents.h"
#include "result/result.h"

enum { TRIAGE_BYTES_MAX = 16 << 20, INCIDENTS_MAX = 64, GROUPS_MAX = 64, FRAMES_MAX = 128 };

bool report_is_triage(const char *path)
{
	static const char schema[] = "\"icache-ipi-triage\"";
	char *text;
	size_t size;
	bool found;

	text = file_read(path, TRIAGE_BYTES_MAX, &size);
	found = text && text[0] == '{' &&
		memmem(text, size < 64 ? size : 64, schema, sizeof(schema) - 1);
	free(text);
	return found;
}

/* A copy of the string @name of @object, cut to what a line has room for; NULL: there is none. */
static json_t *copy_text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	char text[1024];

	if (!value)
		return NULL;
	text_copy(text, sizeof(text), value);
	text_mend(text);
	return result_text(text);
}

const char *report_triage_words(const char *verdict)
{
	static const char *const words[][2] = { { "this-fault", "this fault" },
						{ "not-this-fault", "not this fault" },
						{ "cannot-tell", "cannot tell" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(verdict, words[i][0]))
			return words[i][1];
	return NULL;
}

static bool is_verdict(const json_t *verdict)
{
	return json_is_string(verdict) && report_triage_words(json_string_value(verdict));
}

/* What a census calls the CPUs that do @act. */
static const char *kind_of(const char *act)
{
	if (!strcmp(act, "idle") || !strcmp(act, "user"))
		return act;
	return strcmp(act, "cut") ? "kernel" : "unreadable";
}

static json_t *copy_cpus(const json_t *cpus)
{
	bool seen[RESULT_CPUS_MAX] = { false };
	json_t *copy = json_array();
	const json_t *cpu;
	size_t i;

	json_array_foreach(cpus, i, cpu) {
		const json_int_t number = json_is_integer(cpu) ? json_integer_value(cpu) : -1;

		if (number < 0 || number >= RESULT_CPUS_MAX || seen[number])
			continue;
		seen[number] = true;
		json_array_append_new(copy, json_integer(number));
	}
	return copy;
}

/* A group as a census has it; NULL: it makes no sense. Stacks of tasks have no CPU, and are counted. */
static json_t *copy_group(const json_t *group)
{
	const char *act = json_string_value(json_object_get(group, "act"));
	const json_int_t seen = json_integer_value(json_object_get(group, "count"));
	const json_t *frames = json_object_get(group, "frames"), *frame;
	json_t *names = json_array(), *cpus;
	json_int_t count;
	size_t i;

	if (!act || !json_is_array(frames) || seen < 1 || seen > INT32_MAX) {
		json_decref(names);
		return NULL;
	}
	json_array_foreach(frames, i, frame) {
		char name[512];

		if (i == FRAMES_MAX || !json_is_string(frame))
			break;
		text_copy(name, sizeof(name), json_string_value(frame));
		text_mend(name);
		json_array_append_new(names, result_text(name));
	}
	cpus = copy_cpus(json_object_get(group, "cpus"));
	count = json_array_size(cpus) ? (json_int_t)json_array_size(cpus) : seen;
	return json_pack("{s:I, s:o, s:s, s:o}", "count", count, "cpus", cpus, "kind", kind_of(act),
			 "frames", names);
}

/* Copies at most @most members of @array by @copy into the member @name of @object; false: one is bad. */
static bool copy_array(json_t *object, const char *name, const json_t *array, size_t most,
		       json_t *(*copy)(const json_t *))
{
	json_t *list = json_array();
	const json_t *each;
	bool good = json_is_array(array);
	size_t i;

	json_array_foreach(array, i, each)
		if (good && i < most)
			good = !json_array_append_new(list, copy(each));
	json_object_set_new(object, name, list);
	return good;
}

static json_t *copy_incident(const json_t *incident)
{
	const json_t *seconds = json_object_get(incident, "seconds");
	const char *clock = json_string_value(json_object_get(incident, "clock"));
	json_t *copy;

	if (!is_verdict(json_object_get(incident, "verdict")))
		return NULL;
	copy = json_pack("{s:O, s:o, s:f, s:b}", "verdict", json_object_get(incident, "verdict"),
			 "reason", copy_text(incident, "reason"), "seconds",
			 json_number_value(seconds), "timed",
			 json_is_number(seconds) && clock && !strcmp(clock, "boot"));
	if (copy &&
	    copy_array(copy, "groups", json_object_get(incident, "groups"), GROUPS_MAX, copy_group))
		return copy;
	json_decref(copy);
	return NULL;
}

static json_t *copy_answer(const json_t *answer)
{
	const char *schema = json_string_value(json_object_get(answer, "schema"));
	json_t *copy;

	if (!schema || strcmp(schema, "icache-ipi-triage") ||
	    json_integer_value(json_object_get(answer, "version")) != 1 ||
	    !is_verdict(json_object_get(answer, "verdict")))
		return NULL;
	copy = json_pack("{s:o, s:O, s:o}", "path", copy_text(answer, "path"), "verdict",
			 json_object_get(answer, "verdict"), "reason", copy_text(answer, "reason"));
	if (copy && copy_array(copy, "incidents", json_object_get(answer, "incidents"),
			       INCIDENTS_MAX, copy_incident))
		return copy;
	json_decref(copy);
	return NULL;
}

bool report_load_triage(struct report *report, const char *path)
{
	size_t size, line = 0;
	char *text = file_read(path, TRIAGE_BYTES_MAX, &size), *next, *at;
	bool good = text != NULL;

	for (at = text; good && *at; at = next) {
		const size_t length = strcspn(at, "\n");
		json_t *answer, *copy;

		next = at + length + (at[length] == '\n');
		line++;
		if (!length)
			continue;
		answer = json_loadb(at, length, 0, NULL);
		copy = copy_answer(answer);
		json_decref(answer);
		good = copy && report->triaged < RESULTS_MAX;
		if (good)
			report->triage[report->triaged++] = copy;
		else
			json_decref(copy);
	}
	if (!good)
		say("%s: line %zu is no answer of icache-ipi-triage --json, or one of more than %d",
		    path, line, RESULTS_MAX);
	free(text);
	return good;
}
