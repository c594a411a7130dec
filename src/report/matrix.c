// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix.c: reads the folder of a matrix, and says of each cell whether it is what it should be
 *
 * Expected is: affected without the fix, fixed as posted or merged with it, dormant on one CPU. A
 * cell passes when every guest of it says so; then its own code counts, 1 for a dormant one.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/say.h"
#include "report/matrix.h"
#include "report/text.h"

#define LINE_MAX_LENGTH 4096

const char *const cell_state_names[CELL_STATES] = {
	[CELL_PASS] = "PASS", [CELL_FAIL] = "FAIL", [CELL_UNKNOWN] = "UNKNOWN",
};

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
	report_mend_text(to);
}

/* Value of @key in lines of "key value", or "" */
static void read_value(const char *path, const char *key, char *value, size_t size)
{
	FILE *file = fopen(path, "re");
	char line[LINE_MAX_LENGTH];
	const size_t length = strlen(key);

	*value = '\0';
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, key, length) || line[length] != ' ')
			continue;
		copy(value, size, line + length + 1);
		break;
	}
	fclose(file);
}

static double read_number(const char *path, const char *key)
{
	char text[64], *end;
	double number;

	read_value(path, key, text, sizeof(text));
	number = strtod(text, &end);
	return *text && !*end && number >= 0 ? number : -1;
}

static bool exists(const char *path)
{
	struct stat status;

	return !stat(path, &status);
}

/* One line of the plan. The name of a cell is a folder's: nothing that leads out of the matrix. */
static bool parse_cell(struct cell *cell, char *line)
{
	char *const words[] = { cell->name, cell->kernel, cell->series, cell->pages, NULL,
				cell->compiler, cell->tier, cell->build };
	const size_t sizes[] = { sizeof(cell->name), sizeof(cell->kernel), sizeof(cell->series),
				 sizeof(cell->pages), 0, sizeof(cell->compiler),
				 sizeof(cell->tier), sizeof(cell->build) };

	memset(cell, 0, sizeof(*cell));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *word = strsep(&line, "\t");

		if (!word || !*word || (words[i] && strlen(word) >= sizes[i]))
			return false;
		if (words[i])
			copy(words[i], sizes[i], word);
		else
			cell->cpus = strtoul(word, NULL, 10);
	}
	return !line && !strchr(cell->name, '/') && *cell->name != '.' &&
	       !strchr(cell->build, '/') && *cell->build != '.' &&
	       cell->cpus > 0 && cell->cpus <= RESULT_CPUS_MAX;
}

static bool add_cell(struct matrix *matrix, const struct cell *cell)
{
	struct cell *cells = realloc(matrix->cells, (matrix->count + 1) * sizeof(*cells));

	if (!cells)
		return false;
	matrix->cells = cells;
	cells[matrix->count++] = *cell;
	return true;
}

static bool load_plan(struct matrix *matrix, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[LINE_MAX_LENGTH];
	bool good = true;

	if (!file) {
		say("%s: a plan is wanted, as scripts/matrix writes it: %m", path);
		return false;
	}
	while (good && fgets(line, sizeof(line), file)) {
		struct cell cell;

		line[strcspn(line, "\n")] = '\0';
		good = parse_cell(&cell, line) && add_cell(matrix, &cell);
		if (!good)
			say("%s: line %zu is no cell", path, matrix->count + 1);
	}
	fclose(file);
	if (good && !matrix->count)
		say("%s names no cell", path);
	return good && matrix->count;
}

static struct build *find_build(const struct matrix *matrix, const char *name)
{
	for (size_t i = 0; i < matrix->builds_count; i++)
		if (!strcmp(matrix->builds[i].name, name))
			return &matrix->builds[i];
	return NULL;
}

/* What the cell's kernel is; its cost counts once, with the first cell that has it. */
static void load_build(struct matrix *matrix, const char *directory, struct cell *cell)
{
	struct build *build;
	char path[4096];

	snprintf(path, sizeof(path), "%s/builds/%s/build", directory, cell->build);
	read_value(path, "label", cell->label, sizeof(cell->label));
	read_value(path, "expected", cell->expected, sizeof(cell->expected));
	if (find_build(matrix, cell->build))
		return;
	build = &matrix->builds[matrix->builds_count++];
	copy(build->name, sizeof(build->name), cell->build);
	copy(build->kernel, sizeof(build->kernel), cell->kernel);
	read_value(path, "machine", build->machine, sizeof(build->machine));
	read_value(path, "error", build->error, sizeof(build->error));
	build->source_s = read_number(path, "source_s");
	build->build_s = read_number(path, "build_s");
	build->build_cpu_s = read_number(path, "build_cpu_s");
}

static double host_seconds(const struct result *result, const char *key)
{
	const json_t *number = json_object_get(result->host, key);

	return json_is_number(number) ? json_number_value(number) : -1;
}

static void take_cost(struct guest_cost *cost, const struct result *result)
{
	cost->boot_s = host_seconds(result, "boot_s");
	cost->work_s = host_seconds(result, "work_s");
	cost->total_s = host_seconds(result, "total_s");
}

/* NULL when the guest of @result is what @cell should be. */
static const char *guest_defect(const struct cell *cell, const struct report *report, size_t index)
{
	const struct result *result = &report->results[index];
	const struct summary *summary = &report->summaries[index];
	const bool formed = !strcmp(form_names[result->form], "posted") || !strcmp(form_names[result->form], "merged");

	if (!strcmp(cell->expected, "dormant"))
		return result->verdict == VERDICT_DORMANT ? NULL : "should be dormant";
	if (summary->control_lockups)
		return "reports soft lockups in a control: the host's artefact";
	if (!strcmp(cell->expected, "affected"))
		return result->verdict == VERDICT_AFFECTED ? NULL : "should be affected";
	if (result->verdict != VERDICT_FIXED)
		return "should be fixed";
	if (formed && strcmp(form_names[result->form], cell->expected))
		return "is not the form of the fix that it should be";
	return summary->lockups ? "is fixed, yet reports soft lockups: the host's artefact" : NULL;
}

static void judge_guest(struct cell *cell, const struct report *report, size_t index)
{
	const struct result *result = &report->results[index];
	const char *defect = guest_defect(cell, report, index);

	if (!index || exit_worst(verdict_exit(result->verdict), verdict_exit(cell->verdict)) !=
		      verdict_exit(cell->verdict))
		cell->verdict = result->verdict;
	if (!index || (*form_names[result->form] && strcmp(form_names[result->form], "fixed")))
		copy(cell->code, sizeof(cell->code), form_names[result->form]);
	if (!defect)
		return;
	if (result->verdict == VERDICT_UNKNOWN && cell->state == CELL_PASS)
		cell->state = CELL_UNKNOWN;
	else if (result->verdict != VERDICT_UNKNOWN)
		cell->state = CELL_FAIL;
	if (!*cell->reason) {
		snprintf(cell->reason, sizeof(cell->reason), "%s: it is %s (%s)", defect,
			 verdict_names[result->verdict], result->reason);
		report_mend_text(cell->reason);
	}
}

/* The count tier tells one form of the fix from the other: there, "fixed" alone is not enough. */
static bool form_is_missing(const struct cell *cell)
{
	return cell->verdict == VERDICT_FIXED && strcmp(cell->tier, "lockup") &&
	       strcmp(cell->code, cell->expected);
}

static void judge_results(struct cell *cell, char **paths, size_t count)
{
	static struct report report;

	if (!report_load(&report, paths, count, false)) {
		copy(cell->reason, sizeof(cell->reason), "its result cannot be read");
	} else {
		cell->state = CELL_PASS;
		for (size_t i = 0; i < count; i++) {
			judge_guest(cell, &report, i);
			take_cost(i ? &cell->count_cost : &cell->cost, &report.results[i]);
		}
		cell->summary = report.summaries[0];
		if (report.results[0].guest_end_ns > report.results[0].guest_boot_ns)
			cell->guest_ns = report.results[0].guest_end_ns -
					 report.results[0].guest_boot_ns;
		if (cell->state != CELL_PASS)
			goto out;
		if (report.results[0].cpus != cell->cpus)
			snprintf(cell->reason, sizeof(cell->reason), "it ran on %u CPUs",
				 report.results[0].cpus);
		else if (form_is_missing(cell))
			copy(cell->reason, sizeof(cell->reason),
			     "its rows do not tell which form of the fix it is");
		if (*cell->reason)
			cell->state = CELL_UNKNOWN;
	}
out:
	report_release(&report);
}

static void load_cell(struct cell *cell, const char *directory)
{
	char path[4096], result[4096], count[4096];
	char *paths[] = { result, count };
	const bool both = !strcmp(cell->tier, "both");

	cell->state = CELL_UNKNOWN;
	cell->verdict = VERDICT_UNKNOWN;
	cell->cost = cell->count_cost = (struct guest_cost){ -1, -1, -1, -1 };
	if (cell->cpus == 1 && *cell->expected)
		copy(cell->expected, sizeof(cell->expected), "dormant");
	snprintf(path, sizeof(path), "%s/%s/cell", directory, cell->name);
	cell->wall_s = read_number(path, "wall_s");
	cell->ran = exists(path);
	if (!cell->ran) {
		copy(cell->reason, sizeof(cell->reason), "it did not run");
		return;
	}
	read_value(path, "machine", cell->machine, sizeof(cell->machine));
	read_value(path, "error", cell->reason, sizeof(cell->reason));
	snprintf(result, sizeof(result), "%s/%s", directory, cell->name);
	snprintf(count, sizeof(count), "%s/%s/count", directory, cell->name);
	if (!*cell->reason && !*cell->expected)
		copy(cell->reason, sizeof(cell->reason), "nothing says what was built");
	if (!*cell->reason)
		judge_results(cell, paths, both ? 2 : 1);
	cell->cost.cpu_s = read_number(path, "cpu_s");
	cell->count_cost.cpu_s = read_number(path, "count_cpu_s");
}

/* As expected: 0, or 1 when that is to sleep. */
static enum exit_code cell_exit(const struct cell *cell)
{
	static const enum exit_code codes[CELL_STATES] = {
		[CELL_PASS] = EXIT_GOOD, [CELL_FAIL] = EXIT_AFFECTED, [CELL_UNKNOWN] = EXIT_UNKNOWN,
	};

	return cell->state == CELL_PASS && cell->verdict == VERDICT_DORMANT ? EXIT_DORMANT :
									     codes[cell->state];
}

bool matrix_load(struct matrix *matrix, const char *path)
{
	char plan[4096];

	memset(matrix, 0, sizeof(*matrix));
	snprintf(plan, sizeof(plan), "%s/plan", path);
	if (!load_plan(matrix, plan))
		return false;
	matrix->builds = calloc(matrix->count, sizeof(*matrix->builds));
	if (!matrix->builds)
		return false;
	for (size_t i = 0; i < matrix->count; i++) {
		struct cell *cell = &matrix->cells[i];

		load_build(matrix, path, cell);
		load_cell(cell, path);
		matrix->states[cell->state]++;
		matrix->code = exit_worst(matrix->code, cell_exit(cell));
	}
	return true;
}

void matrix_release(struct matrix *matrix)
{
	free(matrix->cells);
	free(matrix->builds);
	memset(matrix, 0, sizeof(*matrix));
}
