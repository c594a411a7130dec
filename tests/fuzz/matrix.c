// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix.c: any bytes as the folder of a matrix: its plan, and the report.json of cells a and b
 */
#include "fuzz/parts.h"
#include "report/matrix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "plan", "a/report.json", "b/report.json" };
	struct parts parts = { data, data + size };
	struct report_matrix matrix;
	char *text = NULL;
	size_t length;
	FILE *to;

	parts_enter_folder();
	mkdir("a", 0755);
	mkdir("b", 0755);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const uint8_t *part = parts_next(&parts, &length);

		parts_write(names[i], part, length);
	}
	if (report_load_matrix(&matrix, ".")) {
		to = open_memstream(&text, &length);
		report_print_matrix_table(to, &matrix);
		report_print_matrix_junit(to, &matrix);
		report_print_matrix_page(to, &matrix);
		fclose(to);
		parts_check_printable(text, length, "\t");
		free(text);
		to = open_memstream(&text, &length);
		if (!report_print_matrix_json(to, &matrix))
			abort();
		fclose(to);
		parts_check_json(text, length);
		free(text);
	}
	report_release_matrix(&matrix);
	return 0;
}
