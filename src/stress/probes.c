// SPDX-License-Identifier: GPL-2.0-only
/*
 * probes.c: scenarios "uprobe" and "kprobe": the kernel itself writes code
 *
 * Both kinds are set by perf_event_open(), so that the kernel takes them away when this program
 * ends, however it ends. A uprobe replaces the probed page, and a hit copies the displaced
 * instruction into a slot of the process's XOL page (kernel/events/uprobes.c): there the posted fix
 * goes on broadcasting and the merged one does not. A kprobe writes such a slot for the kernel: all
 * three broadcast.
 */
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stress/stress.h"

#define HITS 16u /* of one lap */

/* The number the kernel gave a dynamic event source, e.g. "uprobe"; 0: there is none. */
static unsigned int source_type(const char *name)
{
	char path[96];
	unsigned int type = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", name);
	file = fopen(path, "re");
	if (file && fscanf(file, "%u", &type) != 1)
		type = 0;
	if (file)
		fclose(file);
	return type;
}

static int open_event(struct perf_event_attr *attribute, pid_t pid, int cpu)
{
	attribute->size = sizeof(*attribute);
	return syscall(SYS_perf_event_open, attribute, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Probes the first instruction of @stage's file in this process. */
static bool set_uprobe(struct stress_stage *stage)
{
	struct perf_event_attr attribute = { .type = source_type("uprobe") };
	char path[48];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", stage->fd);
	attribute.uprobe_path = (uintptr_t)path;
	stage->event = open_event(&attribute, 0, -1);
	return stage->event > 0;
}

/* A breakpoint goes wherever the file may be executed: the control maps it without PROT_EXEC. */
static bool map_code(struct stress_stage *stage)
{
	if (!stress_stage_map_file(stage, 1, stage->protection & ~PROT_WRITE))
		return false;
	stress_stage_touch(stage, false);
	return true;
}

static bool map_code_probed(struct stress_stage *stage)
{
	return map_code(stage) && set_uprobe(stage);
}

static bool enable(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	return set_uprobe(stage);
}

static bool disable(struct stress_stage *stage, unsigned int operation)
{
	const int event = stage->event;

	(void)operation;
	stage->event = 0;
	return !close(event);
}

/* What is called is executable in both halves; only one of them is probed. */
static bool map_call(struct stress_stage *stage)
{
	if (!stress_stage_map_file(stage, 1, PROT_READ | PROT_EXEC))
		return false;
	stress_code_call(stress_stage_page(stage, 0));
	return !stage->exec || set_uprobe(stage);
}

static bool map_call_hit(struct stress_stage *stage)
{
	if (!map_call(stage))
		return false;
	stress_code_call(stress_stage_page(stage, 0));
	return true;
}

static bool hit(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	return stress_code_call(stress_stage_page(stage, 0)) == 0;
}

/* Each hit is counted by the event itself. */
static unsigned int count_hits(struct stress_stage *stage)
{
	uint64_t hits = 0;

	return read(stage->event, &hits, sizeof(hits)) == sizeof(hits) ? hits : 0;
}

static unsigned int count_first(struct stress_stage *stage)
{
	return stage->exec ? count_hits(stage) : 1;
}

static unsigned int count_later(struct stress_stage *stage)
{
	return stage->exec ? count_hits(stage) - 1 : HITS;
}

static const char *needs_uprobes(const struct stress *stress)
{
	if (!source_type("uprobe"))
		return "no event source 'uprobe' (CONFIG_UPROBE_EVENTS, Linux 4.17)";
	return stress_needs_root(stress);
}

/* clang-format off */
static const struct stress_step uprobe_steps[] = {
	{ .name = "enable", .operations = 1, .ptes = 1, .witness = WITNESS_EFFECT, .fresh = true,
	  .prepare = map_code, .work = enable },
	{ .name = "disable", .operations = 1, .ptes = 1, .witness = WITNESS_EFFECT, .fresh = true,
	  .prepare = map_code_probed, .work = disable },
	{ .name = "first-hit", .operations = 1, .ptes = 1, .witness = WITNESS_EFFECT,
	  .fresh = true, .prepare = map_call, .work = hit, .verify = count_first },
	{ .name = "later-hit", .operations = HITS, .ptes = 1, .witness = WITNESS_EFFECT,
	  .fresh = true, .prepare = map_call_hit, .work = hit, .verify = count_later },
};
/* clang-format on */

const struct stress_scenario stress_scenario_uprobe = {
	.name = "uprobe",
	.summary =
		"set a probe in user space, hit it, take it away: the posted fix still broadcasts",
	.control = "a mapping without PROT_EXEC; for hits, the same call without a probe",
	.needs = needs_uprobes,
	.steps = uprobe_steps,
	.steps_count = sizeof(uprobe_steps) / sizeof(uprobe_steps[0]),
};

/*
 * A function that is rarely called, and whose first instruction can be executed in a slot. The
 * control opens an event that counts nothing.
 */
static bool set_kprobe(struct stress_stage *stage, unsigned int operation)
{
	struct perf_event_attr attribute = { .type = PERF_TYPE_SOFTWARE,
					     .config = PERF_COUNT_SW_DUMMY };

	(void)operation;
	if (stage->exec) {
		attribute.type = source_type("kprobe");
		attribute.config = 0;
		attribute.kprobe_func = (uintptr_t)"sync_icache_aliases";
	}
	stage->event = open_event(&attribute, -1, 0);
	return stage->event > 0;
}

static bool prepare_nothing(struct stress_stage *stage)
{
	(void)stage;
	return true;
}

static const char *needs_kprobes(const struct stress *stress)
{
	if (!source_type("kprobe"))
		return "no event source 'kprobe' (CONFIG_KPROBE_EVENTS, Linux 4.17)";
	return stress_needs_guest(stress);
}

/* clang-format off */
static const struct stress_step kprobe_steps[] = {
	{ .name = "register", .operations = 1, .ptes = 1, .witness = WITNESS_EFFECT,
	  .prepare = prepare_nothing, .work = set_kprobe },
};
/* clang-format on */

const struct stress_scenario stress_scenario_kprobe = {
	.name = "kprobe",
	.summary = "set a probe in the kernel: every kernel broadcasts (positive control)",
	.control = "an event that counts nothing",
	.needs = needs_kprobes,
	.steps = kprobe_steps,
	.steps_count = sizeof(kprobe_steps) / sizeof(kprobe_steps[0]),
};
