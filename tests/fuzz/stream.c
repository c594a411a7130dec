// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream.c: any bytes as what a guest writes: each line as a record of the workload and as the console's
 *
 * What comes of it is judged, becomes JSON, and is read again.
 */
#include "fuzz/parts.h"
#include "vm/vm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct result result, again;
	struct vm_console console = { 0 };
	char why[RESULT_REASON_SIZE];
	json_t *json;

	parts_enter_folder();
	memset(&result, 0, sizeof(result));
	for (const uint8_t *line = data, *end; line < data + size; line = end + 1) {
		const uint8_t *cut = memchr(line, '\n', data + size - line);
		json_t *at = NULL;
		char *text;

		end = cut ? cut : data + size;
		text = parts_text(line, end - line);
		result_take_record(&result, text, end - line, &at);
		vm_console_take_line(&console, text, result.stuck_s);
		json_decref(at);
		free(text);
	}
	if (result.ended)
		result.outcome = OUTCOME_COMPLETED;
	result_judge(&result);
	json = result_to_json(&result);
	if (!json || json_dump_file(json, "result.json", 0))
		abort();
	json_decref(json);
	/* What this program writes it can read, and it is the same verdict. */
	if (result.rows_count && result.release[0] && result_load(&again, "result.json", why) &&
	    again.verdict != result.verdict)
		abort();
	result_release(&again);
	memset(&again, 0, sizeof(again));
	return 0;
}
