// SPDX-License-Identifier: GPL-2.0-only
/*
 * live.c: any bytes as the files that describe a running kernel, judged and printed in every form
 */
#include "check/check.h"
#include "fuzz/parts.h"

static const char *const names[] = {
	"proc/kallsyms",
	"proc/modules",
	"sys/kernel/notes",
	"sys/devices/system/cpu/online",
	"sys/module/icache_ipi_mitigate/state",
	"proc/sys/kernel/osrelease",
	"boot/vmlinuz-1",
	"boot/System.map-1",
	"proc/kcore",
};

static void make_folders(void)
{
	static const char *const folders[] = {
		"proc",
		"proc/sys",
		"proc/sys/kernel",
		"sys",
		"sys/kernel",
		"sys/devices",
		"sys/devices/system",
		"sys/devices/system/cpu",
		"sys/module",
		"sys/module/icache_ipi_mitigate",
		"boot",
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		mkdir(folders[i], 0755);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct check_options options = { .root = "." };
	struct parts parts = { data, data + size };
	struct check_answer *answers = NULL;
	char why[REASON_SIZE], *text = NULL;
	size_t length;
	FILE *to;

	parts_enter_folder();
	make_folders();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const uint8_t *part = parts_next(&parts, &length);

		parts_write(names[i], part, length);
	}
	check_live(&options, &answers);
	if (!answers)
		abort();
	to = open_memstream(&text, &length);
	check_print_text(to, answers, true);
	check_print_nagios(to, answers, EXIT_UNKNOWN);
	fclose(to);
	parts_check_printable(text, length, "");
	free(text);
	to = open_memstream(&text, &length);
	if (!check_print_json(to, answers))
		abort();
	fclose(to);
	parts_check_json(text, length);
	free(text);
	if (!check_print_prometheus("metrics", answers, why))
		abort();
	check_answers_free(answers);
	return 0;
}
