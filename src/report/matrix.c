// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix.c: reads the folder of a matrix: the plan, and the answer of each proof
 *
 * Folders come from other machines: what is in them is checked before anything of it is shown.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/say.h"
#include "lib/text.h"
#include "report/matrix.h"
#include "report/text.h"

#define LINE_MAX_LENGTH 4096
/* Of a proof with its 64 results; they have a megabyte. JSON has some 20 times its size in memory. */
#define REPORT_BYTES_MAX (64ul << 20)
/* Of all proofs together: a plan may name one folder many times. */
#define REPORTS_BYTES_MAX (256ul << 20)
/* 6 KB of memory each. No machine proves so many. */
#define CELLS_MAX 16384

static void copy(char *to, size_t size, const char *from)
{
	text_copy(to, size, from);
	text_make_utf8(to);
}

static bool exists(const char *path)
{
	struct stat status;

	return !stat(path, &status);
}

static bool is_page_size(const char *word)
{
	return !strcmp(word, "4K") || !strcmp(word, "16K") || !strcmp(word, "64K");
}

/* One line of the plan. The name of a cell is a folder's: nothing that leads out of the matrix. */
static bool parse_cell(struct report_cell *cell, char *line)
{
	char cpus[8];
	char *const words[] = { cell->name, cell->kernel,   cell->pages,
				cpus,	    cell->compiler, cell->build };
	const size_t sizes[] = { sizeof(cell->name), sizeof(cell->kernel),   sizeof(cell->pages),
				 sizeof(cpus),	     sizeof(cell->compiler), sizeof(cell->build) };

	memset(cell, 0, sizeof(*cell));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *word = strsep(&line, "\t");

		if (!word || !*word || strlen(word) >= sizes[i])
			return false;
		copy(words[i], sizes[i], word);
	}
	cell->cpus = strtoul(cpus, NULL, 10);
	return !line && is_page_size(cell->pages) && !strchr(cell->name, '/') &&
	       *cell->name != '.' && !strchr(cell->build, '/') && *cell->build != '.' &&
	       cell->cpus > 0 && cell->cpus <= RESULT_CPUS_MAX;
}

static bool add_cell(struct report_matrix *matrix, const struct report_cell *cell)
{
	struct report_cell *cells = realloc(matrix->cells, (matrix->count + 1) * sizeof(*cells));

	if (!cells)
		return false;
	matrix->cells = cells;
	cells[matrix->count++] = *cell;
	return true;
}

static bool load_plan(struct report_matrix *matrix, const char *path)
{
	static struct report_cell cell;
	FILE *file = file_open(path);
	char line[LINE_MAX_LENGTH];
	bool good = true;

	if (!file) {
		say("%s: a plan is wanted, as scripts/matrix writes it: %m", path);
		return false;
	}
	while (good && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		good = matrix->count < CELLS_MAX && parse_cell(&cell, line) &&
		       add_cell(matrix, &cell);
	}
	if (ferror(file) || !good || !matrix->count) {
		say("%s: line %zu is not a cell of a plan, or one of more than %d", path,
		    matrix->count + 1, CELLS_MAX);
		good = false;
	}
	fclose(file);
	return good;
}

static bool take_verdict(const char *word, enum verdict *verdict)
{
	for (int known = 0; known < VERDICTS; known++)
		if (!strcmp(word, verdict_names[known])) {
			*verdict = known;
			return true;
		}
	return false;
}

static bool take_half(struct report_cell *cell, json_t *object)
{
	struct report_half half = { 0 };
	const char *verdict;
	json_t *numbers;

	if (cell->halves_count == RESULTS_MAX ||
	    json_unpack(object, "{s:s, s:s, s:i, s:s, s:s, s:i, s:o}", "label", &half.label, "fix",
			&half.fix, "cpus", &half.cpus, "verdict", &verdict, "code", &half.code,
			"lockups", &half.lockups, "numbers", &numbers) ||
	    !take_verdict(verdict, &half.verdict))
		return false;
	half.complete = !json_is_null(numbers);
	if (half.complete && json_unpack(numbers, "{s:I, s:I}", "ipis_per_huge_page",
					 &half.per_huge_page, "worst_split_ns", &half.worst_ns))
		return false;
	cell->halves[cell->halves_count++] = half;
	return half.cpus >= 0 && half.lockups >= 0 && half.per_huge_page >= 0 && half.worst_ns >= 0;
}

/* The first line that is not a pass: why the proof does not hold. */
static bool take_reason(struct report_cell *cell, const json_t *lines)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		const char *text = json_string_value(json_object_get(line, "text"));

		if (!text)
			return false;
		if (!json_is_true(json_object_get(line, "pass")) && !*cell->reason)
			copy(cell->reason, sizeof(cell->reason), text);
	}
	return i > 0;
}

static double guest_seconds(const json_t *results)
{
	const json_t *result;
	json_int_t ns = 0;
	size_t i;

	json_array_foreach(results, i, result) {
		const json_t *guest = json_object_get(result, "guest");
		const json_int_t begin = json_integer_value(json_object_get(guest, "boot_ns"));
		const json_int_t end = json_integer_value(json_object_get(guest, "end_ns"));

		if (begin >= 0 && end > begin && end < (json_int_t)1 << 52)
			ns += end - begin;
	}
	return ns / 1e9;
}

/* False: it is not what icache-ipi-report --proof --format=json writes. */
static bool take_report(struct report_cell *cell)
{
	json_t *proof, *lines, *halves, *half, *results;
	const char *schema;
	int version, code;
	size_t i;

	if (json_unpack(cell->report, "{s:s, s:i, s:o, s:o}", "schema", &schema, "version",
			&version, "results", &results, "proof", &proof) ||
	    strcmp(schema, "icache-ipi-report") || version != 1 ||
	    json_unpack(proof, "{s:i, s:o, s:o}", "exit", &code, "lines", &lines, "halves",
			&halves) ||
	    code < EXIT_GOOD || code > EXIT_UNKNOWN)
		return false;
	json_array_foreach(halves, i, half)
		if (!take_half(cell, half))
			return false;
	cell->proof = proof;
	cell->code = code;
	cell->guest_s = guest_seconds(results);
	return take_reason(cell, lines);
}

/* Of what a program said in @path, the last two lines with its name: what went wrong, what next. */
static void read_errors(const char *path, const char *prefix, struct report_cell *cell)
{
	char line[LINE_MAX_LENGTH], last[2][240] = { "", "" };
	FILE *file = file_open(path);

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		const size_t word = strspn(line, "abcdefghijklmnopqrstuvwxyz-");

		if (!word || strncmp(line + word, ": ", 2))
			continue;
		line[strcspn(line, "\n")] = '\0';
		memcpy(last[0], last[1], sizeof(last[0]));
		snprintf(last[1], sizeof(last[1]), "%.*s", (int)sizeof(last[1]) - 1, line);
	}
	fclose(file);
	if (!*last[1])
		return;
	snprintf(cell->reason, sizeof(cell->reason), "%s%s%s%s", prefix, last[0],
		 *last[0] ? " " : "", last[1]);
	text_mend(cell->reason);
	text_make_utf8(cell->reason);
}

/* Why a cell has no proof. */
static void explain(struct report_cell *cell, const char *directory)
{
	char path[4096];

	copy(cell->reason, sizeof(cell->reason), "it did not run");
	snprintf(path, sizeof(path), "%s/%s/errors", directory, cell->name);
	read_errors(path, "", cell);
	snprintf(path, sizeof(path), "%s/builds/%s/halves", directory, cell->build);
	if (exists(path))
		return;
	snprintf(path, sizeof(path), "%s/builds/%s/errors", directory, cell->build);
	read_errors(path, "could not be built: ", cell);
}

/* @room: bytes that may still be read of all cells together */
static void load_cell(struct report_cell *cell, const char *directory, size_t *room)
{
	const size_t limit = *room < REPORT_BYTES_MAX ? *room : REPORT_BYTES_MAX;
	char path[4096], why[REASON_SIZE];
	struct stat status;

	cell->code = EXIT_UNKNOWN;
	snprintf(path, sizeof(path), "%s/%s/report.json", directory, cell->name);
	if (stat(path, &status)) {
		explain(cell, directory);
		return;
	}
	cell->report = result_read_json(path, limit, why);
	if (cell->report)
		*room -= (size_t)status.st_size < *room ? (size_t)status.st_size : *room;
	if (take_report(cell))
		return;
	json_decref(cell->report);
	cell->report = NULL;
	cell->proof = NULL;
	cell->halves_count = 0;
	cell->code = EXIT_UNKNOWN;
	copy(cell->reason, sizeof(cell->reason), "its report.json is not that of a proof");
}

bool report_load_matrix(struct report_matrix *matrix, const char *path)
{
	size_t room = REPORTS_BYTES_MAX;
	char plan[4096];

	memset(matrix, 0, sizeof(*matrix));
	snprintf(plan, sizeof(plan), "%s/plan", path);
	if (!load_plan(matrix, plan))
		return false;
	for (size_t i = 0; i < matrix->count; i++) {
		struct report_cell *cell = &matrix->cells[i];

		load_cell(cell, path, &room);
		matrix->code = exit_worst(matrix->code, cell->code);
		matrix->passed += cell->code == EXIT_GOOD || cell->code == EXIT_DORMANT;
		matrix->failed += cell->code == EXIT_AFFECTED;
		matrix->unknown += cell->code == EXIT_UNKNOWN;
	}
	return true;
}

void report_release_matrix(struct report_matrix *matrix)
{
	for (size_t i = 0; i < matrix->count; i++)
		json_decref(matrix->cells[i].report);
	free(matrix->cells);
	memset(matrix, 0, sizeof(*matrix));
}

const char *report_cell_word(const struct report_cell *cell)
{
	switch (cell->code) {
	case EXIT_GOOD:
	case EXIT_DORMANT: return "PASS";
	case EXIT_AFFECTED: return "FAIL";
	default: return "UNKNOWN";
	}
}

const char *report_cell_kernel(const struct report_cell *cell)
{
	const char *slash = strrchr(cell->kernel, '/');

	return slash && slash[1] ? slash + 1 : cell->kernel;
}
