// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c: what happened in a log: incidents, divided by time, and the stacks of each in groups
 */
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "triage/triage.h"

/* Reports of one incident come again every 20 to 120 seconds; silence of more than this ends it. */
enum { INCIDENT_GAP_S = 60, CLOCK_BACK_S = 30 };

/* Function names and commands: more than any kernel prints, and an end to what a forged log can use. */
enum { NAMES_SLOTS = 1 << 15, NAMES_MAX = 1 << 14, NAMES_BYTES = 1 << 20 };

const char *const triage_source_names[SOURCES] = {
	[SOURCE_OTHER] = "other",	 [SOURCE_LOCKUP] = "soft-lockup",
	[SOURCE_HARD] = "hard-lockup",	 [SOURCE_STALL] = "rcu-stall",
	[SOURCE_CPUS] = "cpu-backtrace", [SOURCE_HUNG] = "hung-task",
	[SOURCE_TASK] = "task",		 [SOURCE_CSD] = "csd-lock",
	[SOURCE_PANIC] = "panic",	 [SOURCE_VMCORE] = "vmcore",
};

struct names {
	const char *slots[NAMES_SLOTS];
	char bytes[NAMES_BYTES];
	size_t count, used;
};

static void cpus_set(struct triage_cpus *cpus, int cpu)
{
	if (cpu >= 0 && cpu < TRIAGE_CPUS_MAX)
		cpus->bits[cpu / 64] |= 1ull << cpu % 64;
}

struct triage_log *triage_log_new(const char *path)
{
	struct triage_log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->path = path;
	log->names = calloc(1, sizeof(*log->names));
	log->incidents = calloc(TRIAGE_INCIDENTS_MAX, sizeof(*log->incidents));
	if (log->names && log->incidents)
		return log;
	triage_log_free(log);
	return NULL;
}

static void incident_release(struct triage_incident *incident)
{
	for (size_t i = 0; i < incident->groups_count; i++)
		free(incident->groups[i].names);
	free(incident->groups);
}

void triage_log_free(struct triage_log *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < log->incidents_count; i++)
		incident_release(&log->incidents[i]);
	free(log->incidents);
	free(log->names);
	free(log);
}

const char *triage_log_name(struct triage_log *log, const char *name, size_t length)
{
	struct names *const names = log->names;
	uint32_t hash = 2166136261u;
	size_t slot;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	for (slot = hash % NAMES_SLOTS; names->slots[slot]; slot = (slot + 1) % NAMES_SLOTS)
		if (!strncmp(names->slots[slot], name, length) && !names->slots[slot][length])
			return names->slots[slot];
	if (names->count == NAMES_MAX || names->used + length + 1 > NAMES_BYTES) {
		/* What a verdict goes by is never lost. */
		char copy[STACKS_NAME_SIZE];
		const struct causes_function *function;

		snprintf(copy, sizeof(copy), "%.*s", (int)length, name);
		function = causes_find(copy);
		return function ? function->name : "(more)";
	}
	names->count++;
	names->slots[slot] = memcpy(names->bytes + names->used, name, length);
	names->used += length + 1;
	return names->slots[slot];
}

/* The incident that goes on, a new one where none does; the last of too many takes what comes. */
static struct triage_incident *incident_open(struct triage_log *log)
{
	struct triage_incident *incident;

	if (log->incidents_count && !log->divided)
		return &log->incidents[log->incidents_count - 1];
	log->divided = false;
	if (log->incidents_count == TRIAGE_INCIDENTS_MAX) {
		/* The last place is used again, once what was in it is judged. */
		incident = &log->incidents[TRIAGE_INCIDENTS_MAX - 1];
		triage_judge_incident(log, incident);
		log->more[incident->verdict] += incident->happened;
		if (log->decisive == incident)
			log->decisive = NULL;
		incident_release(incident);
	} else {
		incident = &log->incidents[log->incidents_count++];
	}
	*incident = (struct triage_incident){ .csd_cpu = -1, .csd_other = -1 };
	return incident;
}

void triage_log_divide(struct triage_log *log)
{
	log->divided = log->incidents_count > 0;
}

static void touch(struct triage_log *log, const struct triage_message *message)
{
	struct triage_incident *incident =
		log->incidents_count ? &log->incidents[log->incidents_count - 1] : NULL;

	if (incident && incident->timed && message->timed &&
	    incident->calendar == message->calendar &&
	    (message->seconds > incident->last + INCIDENT_GAP_S ||
	     message->seconds < incident->last - CLOCK_BACK_S))
		triage_log_divide(log);
	incident = incident_open(log);
	if (message->timed) {
		if (!incident->timed)
			incident->seconds = message->seconds;
		incident->last = message->seconds;
		incident->timed = true;
		incident->calendar = message->calendar;
	}
}

static void note_lockup(struct triage_incident *incident, const struct triage_record *record)
{
	incident->lockups++;
	cpus_set(&incident->locked, record->cpu);
	if (record->seconds > incident->longest_s)
		incident->longest_s = record->seconds;
	if (record->seconds && (!incident->shortest_s || record->seconds < incident->shortest_s))
		incident->shortest_s = record->seconds;
}

/* What the record tells of the machine, whichever incident it is in. */
static void note_machine(struct triage_log *log, const struct triage_record *record)
{
	if (record->release[0] && !log->release[0])
		memcpy(log->release, record->release, sizeof(log->release));
	/* What arm64 alone prints outweighs one odd line. */
	if (record->arch == ARCH_ARM64 || (record->arch && log->arch == ARCH_UNKNOWN))
		log->arch = record->arch;
	log->virtual_machine |= record->virtual_machine;
	if (record->kind == RECORD_CPUS)
		log->cpus = record->cpu;
}

void triage_log_event(struct triage_log *log, const struct triage_message *message,
		      const struct triage_record *record)
{
	struct triage_incident *incident;

	note_machine(log, record);
	if (record->kind == RECORD_BOOT)
		triage_log_divide(log);
	if (record->kind == RECORD_NONE || record->kind == RECORD_BOOT ||
	    record->kind == RECORD_CPUS || record->kind == RECORD_BARE_NAME ||
	    record->kind == RECORD_INSIDE || record->kind == RECORD_FRAGMENT)
		return;
	touch(log, message);
	incident = &log->incidents[log->incidents_count - 1];
	switch (record->kind) {
	case RECORD_LOCKUP: note_lockup(incident, record); break;
	case RECORD_HARD:
		incident->hard++;
		cpus_set(&incident->locked, record->cpu);
		break;
	case RECORD_STALL: incident->stalls++; break;
	case RECORD_HUNG: incident->hung++; break;
	case RECORD_PANIC: incident->panics++; break;
	case RECORD_CSD:
		incident->csd++;
		incident->csd_cpu = record->cpu;
		incident->csd_other = record->other_cpu;
		text_copy(incident->csd_function, sizeof(incident->csd_function), record->name);
		break;
	case RECORD_SHOW_ALL: incident->shows_all = true; break;
	case RECORD_STARVED: incident->starved = true; break;
	case RECORD_SHOW_CPU: incident->shown++; break;
	/* An idle CPU is nothing that happened; who asked for its stack has said why. */
	case RECORD_SHOW_IDLE: incident->shown++; return;
	default: return;
	}
	incident->happened = true;
}

static bool same_chain(const struct triage_group *group, const struct triage_stack *stack)
{
	if (group->depth != stack->depth || group->mixed != stack->mixed ||
	    group->is.source != stack->source)
		return false;
	if (!group->depth)
		return stack->user == (group->is.judged.act == ACT_USER);
	for (size_t i = 0; i < group->depth; i++)
		if (group->names[i] != stack->names[i])
			return false;
	return true;
}

static struct triage_group *group_new(struct triage_incident *incident,
				      const struct triage_stack *stack)
{
	struct triage_group *bigger, *group;

	if (incident->groups_count == TRIAGE_GROUPS_MAX)
		return NULL;
	if (incident->groups_count == incident->groups_room) {
		incident->groups_room += 8;
		bigger = realloc(incident->groups, incident->groups_room * sizeof(*bigger));
		if (!bigger) {
			incident->groups_room -= 8;
			return NULL;
		}
		incident->groups = bigger;
	}
	group = &incident->groups[incident->groups_count];
	*group = (struct triage_group){
		.is = { stack->source, causes_judge(stack->names, stack->depth) },
		.cpu = stack->cpu,
		.pid = stack->pid,
		.mixed = stack->mixed,
		.depth = stack->depth
	};
	if (stack->user)
		group->is.judged.act = ACT_USER;
	memcpy(group->comm, stack->comm, sizeof(group->comm));
	group->names = malloc((stack->depth + 1) * sizeof(*group->names));
	if (!group->names)
		return NULL;
	memcpy(group->names, stack->names, stack->depth * sizeof(*group->names));
	incident->groups_count++;
	return group;
}

void triage_log_stack(struct triage_log *log, const struct triage_stack *stack)
{
	struct triage_incident *incident;
	struct triage_group *group = NULL;

	/* A stack ends what began before: it is no reason for a new incident. */
	incident = log->incidents_count ? &log->incidents[log->incidents_count - 1] :
					  incident_open(log);
	for (size_t i = 0; i < incident->groups_count && !group; i++)
		if (same_chain(&incident->groups[i], stack))
			group = &incident->groups[i];
	if (!group)
		group = group_new(incident, stack);
	if (!group) {
		incident->lost++;
		return;
	}
	group->count++;
	cpus_set(&group->cpus, stack->cpu);
}
