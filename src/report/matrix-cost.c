// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix-cost.c: what a matrix costs, by the cells of one that was measured
 *
 * The unit is the CPU second, user and system. A busy host stretches it, too, by caches and memory
 * that are shared: the same guest took 33 s on a calm machine and 114 s on a busy one. Wall time it
 * stretches more. A guest is one thread (src/vm/qemu.c), so that many CPUs are many guests at a time.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/say.h"
#include "report/matrix.h"

/* Fixed and affected guests cost differently, and so do page sizes. */
static bool same_kind(const struct cost_kind *kind, const struct cell *cell)
{
	return kind->affected == !strcmp(cell->expected, "affected") &&
	       !strcmp(kind->pages, cell->pages);
}

static bool measured(const struct cell *cell)
{
	return cell->state == CELL_PASS && cell->cpus > 1 && cell->cost.cpu_s > 0 &&
	       cell->cost.boot_s > 0 && cell->cost.total_s > cell->cost.boot_s &&
	       strcmp(cell->tier, "count");
}

/* CPU seconds of a part of the run, by its share of wall time. */
static double share(const struct guest_cost *cost, double part)
{
	return cost->cpu_s * part / cost->total_s;
}

static int compare_points(const void *a, const void *b)
{
	const struct cost_point *left = a, *right = b;

	return (int)left->cpus - (int)right->cpus;
}

static void add_point(struct cost_kind *kind, const struct cell *cell)
{
	struct cost_point *point = kind->points, *end = point + kind->points_count;

	while (point < end && point->cpus != cell->cpus)
		point++;
	if (point == end) {
		if (kind->points_count == COST_POINTS_MAX)
			return;
		kind->points_count++;
		*point = (struct cost_point){ .cpus = cell->cpus };
	}
	point->boot_s += share(&cell->cost, cell->cost.boot_s);
	point->work_s += share(&cell->cost, cell->cost.total_s - cell->cost.boot_s);
	point->cells++;
}

static void measure_kind(struct cost_kind *kind, const struct matrix *matrix)
{
	double count = 0;

	for (size_t i = 0; i < matrix->count; i++) {
		const struct cell *cell = &matrix->cells[i];

		if (!measured(cell) || !same_kind(kind, cell))
			continue;
		add_point(kind, cell);
		if (cell->count_cost.cpu_s > 0) {
			count += cell->count_cost.cpu_s;
			kind->counts++;
		}
	}
	for (size_t i = 0; i < kind->points_count; i++) {
		kind->points[i].boot_s /= kind->points[i].cells;
		kind->points[i].work_s /= kind->points[i].cells;
	}
	qsort(kind->points, kind->points_count, sizeof(*kind->points), compare_points);
	kind->count_s = kind->counts ? count / kind->counts : 0;
}

/* Wall time is the second choice: it says as much about the host as about the kernel. */
static void measure_builds(struct cost_model *model, const struct matrix *matrix)
{
	double cpu = 0, wall = 0;
	size_t cpus = 0, walls = 0;

	for (size_t i = 0; i < matrix->builds_count; i++) {
		const struct build *build = &matrix->builds[i];

		cpu += build->build_cpu_s > 0 ? build->build_cpu_s : 0;
		cpus += build->build_cpu_s > 0;
		wall += build->build_s > 0 ? build->build_s : 0;
		walls += build->build_s > 0;
	}
	model->build_is_wall = !cpus;
	model->builds = cpus ? cpus : walls;
	if (model->builds)
		model->build_s = (cpus ? cpu : wall) / model->builds;
}

void cost_measure(struct cost_model *model, const struct matrix *matrix)
{
	memset(model, 0, sizeof(*model));
	for (size_t i = 0; i < matrix->count; i++) {
		const struct cell *cell = &matrix->cells[i];
		struct cost_kind *kind = model->kinds, *end = kind + model->kinds_count;

		while (kind < end && !same_kind(kind, cell))
			kind++;
		if (kind < end || !measured(cell) || model->kinds_count == COST_KINDS_MAX)
			continue;
		kind->affected = !strcmp(cell->expected, "affected");
		snprintf(kind->pages, sizeof(kind->pages), "%s", cell->pages);
		measure_kind(kind, matrix);
		model->kinds_count++;
	}
	measure_builds(model, matrix);
}

/* The power of CPUs that a part goes with, from @from_s at @from to @to_s at the next point. */
static double exponent(const struct cost_point *from, double from_s, double to_s)
{
	return log(to_s / from_s) / log((double)from[1].cpus / from->cpus);
}

double cost_of_guest(const struct cost_kind *kind, unsigned int cpus, bool count)
{
	const struct cost_point *from = kind->points, *last = from + kind->points_count - 1;
	double boot_s, work_s, ratio;

	while (from + 1 < last && from[1].cpus < cpus)
		from++;
	boot_s = from->boot_s;
	work_s = from->work_s;
	/* With a single number of CPUs there is no exponent: it costs the same. */
	if (from < last) {
		ratio = (double)cpus / from->cpus;
		boot_s *= pow(ratio, exponent(from, boot_s, from[1].boot_s));
		work_s *= pow(ratio, exponent(from, work_s, from[1].work_s));
	}
	return boot_s + work_s + (count ? kind->count_s : 0);
}

bool cost_is_beyond(const struct cost_kind *kind, unsigned int cpus)
{
	return cpus > kind->points[kind->points_count - 1].cpus;
}

const struct cost_kind *cost_find(const struct cost_model *model, bool affected, const char *pages)
{
	for (size_t i = 0; i < model->kinds_count; i++)
		if (model->kinds[i].affected == affected && !strcmp(model->kinds[i].pages, pages))
			return &model->kinds[i];
	if (!model->assumed || !strcmp(model->assumed, pages))
		return NULL;
	return cost_find(model, affected, model->assumed);
}

/* "2.2, 4.1 CPU seconds on 8, 16 CPUs" */
static void print_points(FILE *to, const struct cost_kind *kind)
{
	for (size_t i = 0; i < kind->points_count; i++)
		fprintf(to, "%s%.3g", i ? ", " : "",
			kind->points[i].boot_s + kind->points[i].work_s);
	fputs(" CPU seconds on ", to);
	for (size_t i = 0; i < kind->points_count; i++)
		fprintf(to, "%s%u", i ? ", " : "", kind->points[i].cpus);
	fputs(" CPUs", to);
}

void cost_print_model(FILE *to, const struct cost_model *model)
{
	if (model->builds)
		fprintf(to, "a kernel: %.0f %s (mean of %zu)\n", model->build_s,
			model->build_is_wall ? "seconds of wall time" : "CPU seconds",
			model->builds);
	for (size_t i = 0; i < model->kinds_count; i++) {
		const struct cost_kind *kind = &model->kinds[i];
		const struct cost_point *last = &kind->points[kind->points_count - 1];

		fprintf(to, "a guest, %s, %s pages: ", kind->affected ? "affected" : "fixed",
			kind->pages);
		print_points(to, kind);
		if (kind->points_count > 1)
			fprintf(to, "; above: boot %.3g x (CPUs / %u)^%.2f + work %.3g x (CPUs / %u)"
				"^%.2f", last->boot_s, last->cpus,
				exponent(last - 1, last[-1].boot_s, last->boot_s), last->work_s,
				last->cpus, exponent(last - 1, last[-1].work_s, last->work_s));
		if (kind->counts)
			fprintf(to, "; its count tier: %.0f", kind->count_s);
		fputc('\n', to);
	}
}
