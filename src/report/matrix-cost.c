// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix-cost.c: what a matrix costs, fitted to the cells of one that was measured
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

/* Sums of a least-squares line through (log CPUs, log seconds). */
struct fit {
	double x, y, xx, xy;
	size_t points;
	unsigned int least, most;
};

static void fit_add(struct fit *fit, unsigned int cpus, double seconds)
{
	const double x = log(cpus), y = log(seconds);

	fit->x += x;
	fit->y += y;
	fit->xx += x * x;
	fit->xy += x * y;
	fit->least = !fit->points || cpus < fit->least ? cpus : fit->least;
	fit->most = cpus > fit->most ? cpus : fit->most;
	fit->points++;
}

/* With a single number of CPUs there is no slope: the mean. */
static struct cost_curve fit_curve(const struct fit *fit)
{
	const double n = fit->points;
	struct cost_curve curve = { .points = fit->points, .cpus_least = fit->least,
				    .cpus_most = fit->most };

	if (!fit->points)
		return curve;
	if (fit->least != fit->most)
		curve.b = (n * fit->xy - fit->x * fit->y) / (n * fit->xx - fit->x * fit->x);
	curve.a = exp((fit->y - curve.b * fit->x) / n);
	return curve;
}

/* Fixed and affected guests cost differently, and so do page sizes. */
static bool same_kind(const struct cost_kind *kind, const struct cell *cell)
{
	return kind->affected == !strcmp(cell->expected, "affected") &&
	       !strcmp(kind->pages, cell->pages);
}

static bool measured(const struct cell *cell)
{
	return cell->state == CELL_PASS && cell->cpus > 1 && cell->cost.cpu_s > 0 &&
	       cell->cost.boot_s > 0 && cell->cost.work_s > 0 && cell->cost.total_s > 0 &&
	       strcmp(cell->tier, "count");
}

/* CPU seconds of a part of the run, by its share of wall time. */
static double share(const struct guest_cost *cost, double part)
{
	return cost->cpu_s * part / cost->total_s;
}

static void fit_kind(struct cost_kind *kind, const struct matrix *matrix)
{
	struct fit boot = { 0 }, work = { 0 };
	double count = 0;

	for (size_t i = 0; i < matrix->count; i++) {
		const struct cell *cell = &matrix->cells[i];

		if (!measured(cell) || !same_kind(kind, cell))
			continue;
		fit_add(&boot, cell->cpus, share(&cell->cost, cell->cost.boot_s));
		fit_add(&work, cell->cpus, share(&cell->cost, cell->cost.total_s -
							      cell->cost.boot_s));
		if (cell->count_cost.cpu_s > 0) {
			count += cell->count_cost.cpu_s;
			kind->counts++;
		}
	}
	kind->boot = fit_curve(&boot);
	kind->work = fit_curve(&work);
	kind->count_s = kind->counts ? count / kind->counts : 0;
}

/* Wall time is the second choice: it says as much about the host as about the kernel. */
static void fit_builds(struct cost_model *model, const struct matrix *matrix)
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

void cost_fit(struct cost_model *model, const struct matrix *matrix)
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
		fit_kind(kind, matrix);
		model->kinds_count++;
	}
	fit_builds(model, matrix);
}

double cost_of_guest(const struct cost_kind *kind, unsigned int cpus, bool count)
{
	return kind->boot.a * pow(cpus, kind->boot.b) + kind->work.a * pow(cpus, kind->work.b) +
	       (count ? kind->count_s : 0);
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

void cost_print_model(FILE *to, const struct cost_model *model)
{
	if (model->builds)
		fprintf(to, "a kernel: %.0f %s (mean of %zu)\n", model->build_s,
			model->build_is_wall ? "seconds of wall time" : "CPU seconds",
			model->builds);
	for (size_t i = 0; i < model->kinds_count; i++) {
		const struct cost_kind *kind = &model->kinds[i];

		fprintf(to, "a guest, %s, %s pages: boot %.3g x CPUs^%.2f + work %.3g x CPUs^%.2f",
			kind->affected ? "affected" : "fixed", kind->pages, kind->boot.a,
			kind->boot.b, kind->work.a, kind->work.b);
		if (kind->counts)
			fprintf(to, " + count tier %.0f", kind->count_s);
		fprintf(to, " CPU seconds (%zu on %u to %u CPUs)\n", kind->boot.points,
			kind->boot.cpus_least, kind->boot.cpus_most);
	}
}
