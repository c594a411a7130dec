// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix-plan.c: what a matrix that nobody ran would cost, from the model of one that was
 *
 * Builds first, one a machine at a time; then guests, longest first, each to the slot that is free
 * soonest, as scripts/matrix and GNU parallel hand them out.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/say.h"
#include "report/matrix.h"

#define SLOTS_MAX 100000

struct plan_group {
	unsigned int cpus;
	bool affected;
	char pages[8];
	size_t cells;
	double each_s;
	char mark;		/* '?' measured at another page size, '+' with fewer CPUs; else ' ' */
};

static int longest_first(const void *a, const void *b)
{
	const double left = *(const double *)a, right = *(const double *)b;

	return (left < right) - (left > right);
}

/* When the last of @count jobs ends, on @slots of them. A heap of one array: the root is the soonest. */
static double end_of(double *jobs, size_t count, size_t slots)
{
	double *busy = calloc(slots, sizeof(*busy)), last = 0;

	if (!busy)
		return -1;
	qsort(jobs, count, sizeof(*jobs), longest_first);
	for (size_t i = 0; i < count; i++) {
		size_t at = 0, child;

		busy[0] += jobs[i];
		last = busy[0] > last ? busy[0] : last;
		while ((child = 2 * at + 1) < slots) {
			const double swap = busy[at];

			child += child + 1 < slots && busy[child + 1] < busy[child];
			if (busy[child] >= swap)
				break;
			busy[at] = busy[child];
			busy[child] = swap;
			at = child;
		}
	}
	free(busy);
	return last;
}

static int compare_groups(const void *a, const void *b)
{
	const struct plan_group *left = a, *right = b;
	const int pages = strcmp(left->pages, right->pages);

	if (pages)
		return pages;
	if (left->affected != right->affected)
		return right->affected - left->affected;
	return (int)left->cpus - (int)right->cpus;
}

static void print_groups(FILE *to, struct plan_group *groups, size_t count)
{
	bool assumed = false, beyond = false;

	qsort(groups, count, sizeof(*groups), compare_groups);
	fprintf(to, "pages  kernel    CPUs  cells  CPU seconds each  CPU hours in all\n");
	for (size_t i = 0; i < count; i++) {
		fprintf(to, "%-5s  %-8s  %4u  %5zu  %15.0f%c  %16.1f\n", groups[i].pages,
			groups[i].affected ? "affected" : "fixed", groups[i].cpus,
			groups[i].cells, groups[i].each_s, groups[i].mark,
			groups[i].cells * groups[i].each_s / 3600);
		assumed |= groups[i].mark == '?';
		beyond |= groups[i].mark == '+';
	}
	if (assumed)
		fputs("?: not measured at this page size, taken from another\n", to);
	if (beyond)
		fputs("+: more CPUs than were measured\n", to);
}

/* False when @groups, as many as there are cells, is full or nothing like the cell was measured. */
static bool add_to_group(struct plan_group *groups, size_t *count, const struct cost_model *model,
			 const struct cell *cell, double *seconds)
{
	const bool affected = !strcmp(cell->series, "none");
	const struct cost_kind *kind = cost_find(model, affected, cell->pages);
	size_t i = 0;

	if (!kind) {
		say("no %s guest with %s pages was measured", affected ? "affected" : "fixed",
		    cell->pages);
		return false;
	}
	*seconds = cost_of_guest(kind, cell->cpus, !strcmp(cell->tier, "both"));
	while (i < *count && (groups[i].cpus != cell->cpus || groups[i].affected != affected ||
			      strcmp(groups[i].pages, cell->pages)))
		i++;
	if (i == *count) {
		groups[i] = (struct plan_group){ .cpus = cell->cpus, .affected = affected,
						 .each_s = *seconds,
						 .mark = strcmp(kind->pages, cell->pages) ? '?' :
							 cost_is_beyond(kind, cell->cpus) ? '+' :
							 ' ' };
		snprintf(groups[i].pages, sizeof(groups[i].pages), "%s", cell->pages);
		++*count;
	}
	groups[i].cells++;
	return true;
}

static void print_schedule(FILE *to, const struct matrix *plan, const struct cost_model *model,
			   double *jobs, unsigned int machines, unsigned int slots)
{
	double guests = 0, builds, end;

	for (size_t i = 0; i < plan->count; i++)
		guests += jobs[i];
	end = end_of(jobs, plan->count, (size_t)machines * slots);
	for (size_t i = 0; i < plan->builds_count; i++)
		jobs[i] = model->build_is_wall ? model->build_s : model->build_s / slots;
	builds = end_of(jobs, plan->builds_count, machines);
	fprintf(to, "\n%zu kernels: %.1f %s; %zu cells: %.1f CPU hours\n",
		plan->builds_count, plan->builds_count * model->build_s / 3600,
		model->build_is_wall ? "hours of one machine" : "CPU hours", plan->count,
		guests / 3600);
	fprintf(to, "on %u machine%s of %u CPU%s: builds %.2f h, guests %.2f h, together %.2f h\n",
		machines, machines == 1 ? "" : "s", slots, slots == 1 ? "" : "s", builds / 3600,
		end / 3600, (builds + end) / 3600);
}

bool cost_print_plan(FILE *to, const struct cost_model *model, const struct matrix *plan,
		     unsigned int machines, unsigned int slots)
{
	struct plan_group *groups = calloc(plan->count, sizeof(*groups));
	double *jobs = calloc(plan->count, sizeof(*jobs));
	size_t count = 0;
	bool good = groups && jobs && (size_t)machines * slots <= SLOTS_MAX;

	if (!good)
		say("%u machines of %u CPUs are more than can be planned", machines, slots);
	for (size_t i = 0; i < plan->count && good; i++)
		good = add_to_group(groups, &count, model, &plan->cells[i], &jobs[i]);
	if (good && !model->builds) {
		say("no kernel was built in what was measured: its cost is not known");
		good = false;
	}
	if (good) {
		cost_print_model(to, model);
		fputc('\n', to);
		print_groups(to, groups, count);
		print_schedule(to, plan, model, jobs, machines, slots);
	}
	free(groups);
	free(jobs);
	return good;
}
