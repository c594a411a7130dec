// SPDX-License-Identifier: GPL-2.0-only
/*
 * postmortem.c: when a census is taken, and what is written of it
 *
 * On request (--census-at) in the middle of a run, which goes on as if nothing had been; and when a
 * watchdog ends the run, before QEMU is told to go.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/say.h"
#include "lib/text.h"
#include "vm/vm.h"

/* Wall clock, s; times --slow-host. 64 CPUs take 0.1 s, a dump of 1 GiB takes 1. */
#define CENSUS_TIMEOUT_S 30
#define DUMP_TIMEOUT_S 120

bool vm_census_request_parse(const char *text, struct vm_census_request *request)
{
	const char *plus = strrchr(text, '+');
	size_t length = strlen(text);
	char *end;

	*request = (struct vm_census_request){ 0 };
	if (plus && plus[1] && strchr("0123456789.", plus[1])) {
		request->after_s = strtod(plus + 1, &end);
		if (*end || request->after_s > 86400)
			return false;
		length = plus - text;
	}
	if (!length || length >= sizeof(request->phase))
		return false;
	memcpy(request->phase, text, length);
	return true;
}

/* Guest time that the CPUs have worked, in s: instructions x 2^shift ns. Negative: not known. */
static double worked_s(struct vm_postmortem *postmortem)
{
	json_t *replay = vm_qmp_execute(&postmortem->qemu->qmp, "query-replay", NULL, 1);
	const json_t *icount = json_object_get(replay, "icount");
	const double worked = json_is_integer(icount) ?
				      (double)json_integer_value(icount) *
					      (1u << postmortem->options->shift) / 1e9 :
				      -1;

	json_decref(replay);
	return worked;
}

static void find_symbols(struct vm_postmortem *postmortem)
{
	const struct vm_options *options = postmortem->options;
	const char *map = options->system_map, *error;
	char found[4096];

	if (!map && vm_symbols_find_map(options->image, found, sizeof(found)))
		map = found;
	error = vm_symbols_load(&postmortem->kernel, options->image, map);
	if (!postmortem->kernel.symbols.count)
		say("%s: %s: the census has addresses for names (--system-map)",
		    map ? map : "System.map", error ? error : "has no _text");
	else if (map && error)
		say("%s: %s: the census has the names that are in the Image", map, error);
	postmortem->kernel_read = true;
}

void vm_postmortem_begin(struct vm_postmortem *postmortem, struct vm_qemu *qemu,
			 const struct vm_options *options, void (*read_guest)(void *of), void *of)
{
	*postmortem = (struct vm_postmortem){
		.qemu = qemu,
		.options = options,
		.read_guest = read_guest,
		.read_guest_of = of,
		.censuses = json_array(),
	};
	for (size_t i = 0; i < options->census_count; i++)
		postmortem->requests[i] = options->census_at[i];
}

/* Writes the guest's memory; it stands still meanwhile. */
static void dump_guest(struct vm_postmortem *postmortem)
{
	struct vm_qmp *qmp = &postmortem->qemu->qmp;
	/* QEMU itself, whichever program started it */
	bool only;
	const pid_t pid = vm_hold_thread(qmp, &only);
	char path[32];
	json_t *done;

	snprintf(path, sizeof(path), "file:/dev/fd/%d", QEMU_FD_DUMP);
	if (pid > 0)
		vm_qemu_limit_files(pid, false);
	done = vm_qmp_execute(qmp, "dump-guest-memory",
			      json_pack("{s:b, s:s, s:s}", "paging", 0, "protocol", path, "format",
					"kdump-zlib"),
			      DUMP_TIMEOUT_S * postmortem->options->slow_host);
	if (pid > 0)
		vm_qemu_limit_files(pid, true);
	if (!done)
		say("dump.kdump: %s", qmp->error);
	postmortem->dumped = done != NULL;
	json_decref(done);
}

/* @groups NULL: there is none, and the monitor knows why. */
static void keep_census(struct vm_postmortem *postmortem, const char *reason, const char *phase,
			double guest_s, unsigned int cpus, json_t *groups)
{
	json_t *census;
	char label[64]; /* as in struct result */

	if (!groups) {
		say("no census (%s): %s", reason, postmortem->qemu->qmp.error);
		return;
	}
	text_copy(label, sizeof(label), postmortem->options->label);
	census = json_pack("{s:o, s:s, s:o, s:f, s:i, s:o}", "label", result_text(label), "reason",
			   reason, "phase", result_text(phase), "guest_s",
			   (int64_t)(guest_s * 1e6) / 1e6, "cpus", (int)cpus, "groups", groups);
	if (!census) {
		say("no census (%s): out of memory", reason);
		return;
	}
	if (!postmortem->options->quiet)
		vm_census_print(stderr, census);
	json_array_append_new(postmortem->censuses, census);
}

/* The stacks of a guest that is held; its memory too, if that was asked for. */
static json_t *look_at_guest(struct vm_postmortem *postmortem, unsigned int *cpus)
{
	json_t *groups;

	if (!postmortem->kernel_read)
		find_symbols(postmortem);
	groups = vm_census_take(&postmortem->qemu->qmp, &postmortem->kernel,
				CENSUS_TIMEOUT_S * postmortem->options->slow_host, cpus);
	if (groups && postmortem->options->dump)
		dump_guest(postmortem);
	return groups;
}

static bool monitor_answers(struct vm_postmortem *postmortem, const char *reason)
{
	struct vm_qmp *qmp = &postmortem->qemu->qmp;

	vm_qmp_read(qmp);
	if (!qmp->greeted)
		say("no census (%s): QEMU's monitor has never answered", reason);
	return qmp->greeted;
}

void vm_postmortem_take(struct vm_postmortem *postmortem, const char *reason, const char *phase,
			double guest_s)
{
	struct vm_qmp *qmp = &postmortem->qemu->qmp;
	unsigned int cpus = 0;
	json_t *groups = NULL;
	struct vm_hold hold;

	if (!monitor_answers(postmortem, reason))
		return;
	if (vm_hold_guest(&hold, qmp, false))
		groups = look_at_guest(postmortem, &cpus);
	keep_census(postmortem, reason, phase, guest_s, cpus, groups);
}

/* Whether the held guest is still in the phase: all that it said before it stood still is here. */
static bool is_in_phase(struct vm_postmortem *postmortem, const struct vm_census_request *request)
{
	postmortem->read_guest(postmortem->read_guest_of);
	return request->state == CENSUS_DUE && !postmortem->qemu->qmp.guest_ended;
}

static void take_requested(struct vm_postmortem *postmortem, struct vm_census_request *request,
			   const char *phase, double guest_s)
{
	struct vm_qmp *qmp = &postmortem->qemu->qmp;
	const char *reason = "requested";
	bool late = false;
	unsigned int cpus = 0;
	json_t *groups = NULL;
	struct vm_hold hold;

	if (monitor_answers(postmortem, reason)) {
		if (vm_hold_guest(&hold, qmp, !postmortem->options->dump)) {
			late = !is_in_phase(postmortem, request);
			if (!late)
				groups = look_at_guest(postmortem, &cpus);
		}
		if (!late)
			keep_census(postmortem, reason, phase, guest_s, cpus, groups);
		if (hold.stopped)
			say("the guest was stopped for this census: its times differ by some "
			    "microseconds from a run without");
		vm_hold_release(&hold, qmp);
	}
	request->state = late ? CENSUS_LATE : CENSUS_TAKEN;
}

static bool phase_fits(const struct vm_census_request *request, const char *phase)
{
	return !strncmp(phase, request->phase, strlen(request->phase));
}

void vm_postmortem_see_phase(struct vm_postmortem *postmortem, const char *phase, double guest_s)
{
	for (size_t i = 0; i < postmortem->options->census_count; i++) {
		struct vm_census_request *request = &postmortem->requests[i];

		if (request->state == CENSUS_DUE && !phase_fits(request, phase)) {
			request->state = CENSUS_MISSED;
		} else if (request->state == CENSUS_WANTED && phase_fits(request, phase)) {
			request->state = CENSUS_DUE;
			request->phase_s = guest_s;
			request->worked_s = -1;
		}
	}
}

bool vm_postmortem_tick(struct vm_postmortem *postmortem, const char *phase)
{
	bool waits = false;

	for (size_t i = 0; i < postmortem->options->census_count; i++) {
		struct vm_census_request *request = &postmortem->requests[i];
		double worked;

		waits |= request->state == CENSUS_WANTED || request->state == CENSUS_DUE;
		if (request->state != CENSUS_DUE)
			continue;
		worked = worked_s(postmortem);
		if (request->worked_s < 0)
			request->worked_s = worked;
		worked -= request->worked_s;
		if (worked < request->after_s)
			continue;
		take_requested(postmortem, request, phase, request->phase_s + worked);
	}
	return waits;
}

json_t *vm_postmortem_end(struct vm_postmortem *postmortem)
{
	for (size_t i = 0; i < postmortem->options->census_count; i++) {
		const struct vm_census_request *request = &postmortem->requests[i];

		if (request->state == CENSUS_WANTED)
			say("no census at '%s': the run had no such phase", request->phase);
		else if (request->state == CENSUS_LATE)
			say("no census at '%s': the phase ended before the guest stood still",
			    request->phase);
		else if (request->state != CENSUS_TAKEN)
			say("no census at '%s': the phase ended before %g s had passed in it",
			    request->phase, request->after_s);
	}
	kernel_free(&postmortem->kernel);
	if (json_array_size(postmortem->censuses))
		return json_pack("{s:s, s:i, s:o}", "schema", "icache-ipi-census", "version", 1,
				 "censuses", postmortem->censuses);
	json_decref(postmortem->censuses);
	return NULL;
}
