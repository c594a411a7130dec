// SPDX-License-Identifier: GPL-2.0-only
/*
 * json.c: one object per result, on one line: docs/schemas/icache-ipi-check.schema.json
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "check/print.h"

/* JSON text is UTF-8; a file's name need not be. Other bytes become '?'. */
static json_t *text(const char *value)
{
	json_t *string = value ? json_string(value) : json_null();
	char *copy;

	if (string || !(copy = strdup(value)))
		return string;
	for (char *c = copy; *c; c++)
		if (*c & 0x80)
			*c = '?';
	string = json_string(copy);
	free(copy);
	return string;
}

static json_t *text_or_null(const char *value)
{
	return text(value && *value ? value : NULL);
}

/* Addresses and words as strings: a JSON number loses bits above 2^53. */
static json_t *hexadecimal(uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "0x%" PRIx64, value);
	return json_string(digits);
}

static json_t *steps(const struct step *list, int count)
{
	json_t *array = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o, s:o}",
			"from", text(list[i].from), "to", text(list[i].to),
			"address", hexadecimal(list[i].address),
			"target", hexadecimal(list[i].target),
			"word", hexadecimal(list[i].word)));
	return array;
}

static json_t *controls(const struct result *result)
{
	json_t *array = json_array();

	for (int i = 0; i < result->control_count; i++) {
		const struct control *control = &result->controls[i];

		json_array_append_new(array, json_pack("{s:s, s:b, s:o, s:s, s:b}",
			"name", control->name, "holds", control->holds,
			"found", text(control->found), "needed", control->needed,
			"for_fixed_only", control->for_fixed_only));
	}
	return array;
}

static json_t *input(const struct result *result)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "path", text(result->path),
			 "member", text(result->member),
			 "format", text_or_null(result->container),
			 "build_id", text_or_null(result->build_id),
			 "banner", text_or_null(result->banner));
}

static json_t *runtime(const struct result *result)
{
	const struct runtime *at = &result->runtime;

	if (!at->live)
		return json_null();
	return json_pack("{s:b, s:b, s:b}", "vipt", at->vipt, "one_cpu", at->one_cpu,
			 "mitigated", at->mitigated);
}

static json_t *evidence(const struct result *result)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "method", text(result->method),
			 "symbols", text(result->symbols_from),
			 "chain", steps(result->chain, result->chain_length),
			 "branches", steps(result->steps, result->step_count),
			 "controls", controls(result));
}

bool print_json(FILE *to, const struct result *result)
{
	const struct judgement *judgement = &result->judgement;
	json_t *object = json_pack("{s:s, s:i, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o}",
		"schema", "icache-ipi-check", "schema_version", 1,
		"tool_version", ICACHE_IPI_VERSION, "input", input(result),
		"verdict", verdict_words[judgement->verdict],
		"form", text(result->method ? form_words[judgement->form] : NULL),
		"state", text(result->is_tree ? state_words[judgement->form] : NULL),
		"reason", text_or_null(judgement->reason),
		"runtime", runtime(result), "evidence", evidence(result));
	bool done = object && !json_dumpf(object, to, JSON_COMPACT);

	json_decref(object);
	fputc('\n', to);
	return done;
}
