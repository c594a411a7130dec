// SPDX-License-Identifier: GPL-2.0-only
/*
 * result.c: the result of icache_ipi_repro, lines of "key=value", as one JSON object
 */
#include <stdio.h>
#include <string.h>

#include "lib/file.h"
#include "status/status.h"

#define RESULT_FILE "sys/kernel/debug/icache_ipi/result"

/* Keys and values are words of the module's own: what else is there is no result of it. */
static bool is_word(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-")];
}

enum exit_code status_print_result(const struct status_machine *machine, FILE *out, char *reason,
				   size_t size)
{
	char path[4096], line[256];
	const char *between = "{\"schema\": \"icache-ipi-repro\", ";
	FILE *file;

	snprintf(path, sizeof(path), "%s/" RESULT_FILE, machine->root);
	file = file_open(path);
	if (!file) {
		snprintf(reason, size,
			 "cannot read %s: is icache_ipi_repro loaded, and are you root?", path);
		return EXIT_UNKNOWN;
	}
	while (fgets(line, sizeof(line), file)) {
		char *value = strchr(line, '=');

		line[strcspn(line, "\n")] = '\0';
		if (value)
			*value++ = '\0';
		if (!value || !is_word(line) || !is_word(value)) {
			fclose(file);
			snprintf(reason, size, "%s is not what icache_ipi_repro writes", path);
			return EXIT_UNKNOWN;
		}
		if (value[strspn(value, "0123456789")])
			fprintf(out, "%s\"%s\": \"%s\"", between, line, value);
		else
			fprintf(out, "%s\"%s\": %s", between, line, value);
		between = ", ";
	}
	fclose(file);
	if (strcmp(between, ", ")) {
		snprintf(
			reason, size,
			"nothing was run yet: write a number to %s/sys/kernel/debug/icache_ipi/run",
			machine->root);
		return EXIT_UNKNOWN;
	}
	fputs("}\n", out);
	return EXIT_GOOD;
}
