// SPDX-License-Identifier: GPL-2.0-only
/*
 * json.c: one object per result, on one line: docs/schemas/icache-ipi-check.schema.json
 */
#include <inttypes.h>
#include <jansson.h>

#include "check/check.h"
#include "result/result.h"

static json_t *text_or_null(const char *value)
{
	return result_text(value && *value ? value : NULL);
}

/* Addresses and words as strings: a JSON number loses bits above 2^53. */
static json_t *hexadecimal(uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "0x%" PRIx64, value);
	return json_string(digits);
}

static json_t *steps(const struct kernel_step *list, int count)
{
	json_t *array = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(
			array,
			json_pack("{s:o, s:o, s:o, s:o, s:o}", "from", result_text(list[i].from),
				  "to", result_text(list[i].to), "address",
				  hexadecimal(list[i].address), "target",
				  hexadecimal(list[i].target), "word", hexadecimal(list[i].word)));
	return array;
}

static json_t *controls(const struct kernel_finding *finding)
{
	json_t *array = json_array();

	for (int i = 0; i < finding->control_count; i++) {
		const struct kernel_control *control = &finding->controls[i];

		json_array_append_new(
			array,
			json_pack("{s:s, s:b, s:o, s:s, s:b}", "name", control->name, "holds",
				  control->holds, "found", result_text(control->found), "needed",
				  control->needed, "for_fixed_only", control->for_fixed_only));
	}
	return array;
}

static json_t *input(const struct check_answer *answer)
{
	const struct kernel_finding *finding = &answer->finding;

	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "path", result_text(answer->path), "member",
			 result_text(answer->member), "format", text_or_null(finding->container),
			 "build_id", text_or_null(finding->build_id), "banner",
			 text_or_null(finding->banner));
}

static json_t *runtime(const struct kernel_finding *finding)
{
	const struct kernel_runtime *at = &finding->runtime;

	if (!at->live)
		return json_null();
	return json_pack("{s:b, s:b, s:b}", "vipt", at->vipt, "one_cpu", at->one_cpu, "mitigated",
			 at->mitigated);
}

static json_t *evidence(const struct kernel_finding *finding)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "method", result_text(finding->method),
			 "symbols", result_text(finding->symbols_from), "chain",
			 steps(finding->chain, finding->chain_length), "branches",
			 steps(finding->steps, finding->step_count), "controls", controls(finding));
}

/* What the "form" of docs/schemas calls it: of trees more than the forms of a kernel. */
static const char *form(const struct kernel_finding *finding)
{
	if (!finding->method)
		return NULL;
	if (finding->is_tree && finding->tree == TREE_PREDATES)
		return "predates the fault";
	return finding->judgement.form == FORM_NONE ? kernel_finding_state(finding) :
						      form_names[finding->judgement.form];
}

bool check_print_json(FILE *to, const struct check_answer *answer)
{
	const struct kernel_finding *finding = &answer->finding;
	const struct judgement *judgement = &finding->judgement;
	json_t *object = json_pack(
		"{s:s, s:i, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "schema", "icache-ipi-check",
		"schema_version", 1, "tool_version", ICACHE_IPI_VERSION, "input", input(answer),
		"verdict", verdict_names[judgement->verdict], "form", result_text(form(finding)),
		"state", result_text(finding->is_tree ? kernel_finding_state(finding) : NULL),
		"reason", text_or_null(judgement->reason), "runtime", runtime(finding), "evidence",
		evidence(finding));
	bool done = object && !json_dumpf(object, to, JSON_COMPACT | JSON_ENSURE_ASCII);

	json_decref(object);
	fputc('\n', to);
	return done;
}
