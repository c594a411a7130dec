// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix-json.c: one object; docs/schemas/icache-ipi-matrix.schema.json describes it
 *
 * All that differs from run to run is under "cost".
 */
#include "lib/say.h"
#include "report/matrix.h"

/* A number of seconds, or null where nobody measured. */
static json_t *seconds(double number)
{
	return number < 0 ? json_null() : json_real(number);
}

static json_t *guest_cost_to_json(const struct guest_cost *cost)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "cpu_s", seconds(cost->cpu_s), "boot_s",
			 seconds(cost->boot_s), "work_s", seconds(cost->work_s), "total_s",
			 seconds(cost->total_s));
}

static json_t *numbers_to_json(const struct summary *summary)
{
	if (!summary->complete)
		return json_null();
	return json_pack("{s:I, s:f, s:i, s:I, s:I, s:i}",
			 "ipis_per_huge_page", (json_int_t)summary->per_huge_page,
			 "ipis_per_pte_and_cpu", summary->per_pte_and_cpu,
			 "at_once", summary->at_once,
			 "burst_ipis", (json_int_t)summary->burst_ipis,
			 "worst_split_ns", (json_int_t)summary->worst_ns,
			 "lockups", summary->lockups);
}

static json_t *cell_to_json(const struct cell *cell)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}",
			 "name", cell->name, "kernel", cell->kernel, "series", cell->series,
			 "pages", cell->pages, "cpus", cell->cpus, "compiler", cell->compiler,
			 "tier", cell->tier, "build", cell->build, "label", cell->label,
			 "expected", cell->expected, "state", cell_state_names[cell->state],
			 "verdict", verdict_names[cell->verdict], "code", cell->code,
			 "reason", cell->reason, "numbers", numbers_to_json(&cell->summary));
}

static json_t *cell_cost_to_json(const struct cell *cell)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", cell->name, "machine", cell->machine,
			 "wall_s", seconds(cell->wall_s), "guest", guest_cost_to_json(&cell->cost),
			 "count", guest_cost_to_json(&cell->count_cost));
}

static json_t *build_to_json(const struct build *build)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "name", build->name, "machine",
			 build->machine, "error", build->error, "source_s", seconds(build->source_s),
			 "build_s", seconds(build->build_s), "build_cpu_s",
			 seconds(build->build_cpu_s));
}

bool matrix_print_json(FILE *to, const struct matrix *matrix)
{
	json_t *cells = json_array(), *costs = json_array(), *builds = json_array(), *object;
	bool done = cells && costs && builds;

	for (size_t i = 0; i < matrix->count && done; i++)
		done = !json_array_append_new(cells, cell_to_json(&matrix->cells[i])) &&
		       !json_array_append_new(costs, cell_cost_to_json(&matrix->cells[i]));
	for (size_t i = 0; i < matrix->builds_count && done; i++)
		done = !json_array_append_new(builds, build_to_json(&matrix->builds[i]));
	object = json_pack("{s:s, s:i, s:s, s:i, s:b, s:o, s:{s:o, s:o}}", "schema",
			   "icache-ipi-matrix", "version", 1, "tool", ICACHE_IPI_VERSION, "exit",
			   matrix->code, "holds", matrix->states[CELL_PASS] == matrix->count,
			   "cells", cells, "cost", "cells", costs, "builds", builds);
	done = done && object && !json_dumpf(object, to, JSON_INDENT(2));
	fputc('\n', to);
	json_decref(object);
	if (!done)
		say("the matrix cannot be written as JSON: out of memory?");
	return done;
}
