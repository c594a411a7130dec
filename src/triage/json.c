// SPDX-License-Identifier: GPL-2.0-only
/*
 * json.c: the answer, for programs: docs/schemas/icache-ipi-triage.schema.json
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "result/result.h"
#include "triage/triage.h"

static const char *const verdict_ids[TRIAGE_VERDICTS] = {
	[TRIAGE_NOT_THIS] = "not-this-fault",
	[TRIAGE_CANNOT_TELL] = "cannot-tell",
	[TRIAGE_THIS_FAULT] = "this-fault",
};

static json_t *cpus_json(const struct triage_cpus *cpus)
{
	json_t *list = json_array();

	for (int cpu = 0; cpu < TRIAGE_CPUS_MAX; cpu++)
		if (cpus->bits[cpu / 64] >> cpu % 64 & 1)
			json_array_append_new(list, json_integer(cpu));
	return list;
}

static json_t *group_json(const struct triage_group *group)
{
	json_t *frames = json_array();

	for (size_t i = group->is.judged.start; i < group->depth; i++)
		json_array_append_new(frames, result_text(group->names[i]));
	return json_pack(
		"{s:s, s:s, s:s?, s:i, s:o, s:o, s:b, s:o?, s:o?}", "source",
		triage_source_names[group->is.source], "act",
		causes_act_names[group->is.judged.act], "cause",
		group->is.judged.act == ACT_BROADCASTS ? causes_ids[group->is.judged.cause] : NULL,
		"count", (int)group->count, "cpus", cpus_json(&group->cpus), "frames", frames,
		"mixed", group->mixed, "comm",
		group->comm[0] ? result_text(group->comm) : json_null(), "pid",
		group->pid >= 0 ? json_integer(group->pid) : json_null());
}

static json_t *incident_json(const struct triage_incident *incident)
{
	json_t *groups = json_array();

	for (size_t i = 0; i < incident->groups_count; i++)
		json_array_append_new(groups, group_json(&incident->groups[i]));
	return json_pack(
		"{s:s, s:s?, s:o, s:s, s:o?, s:o?, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:i, s:i, s:i, s:o}",
		"verdict", verdict_ids[incident->verdict], "cause",
		incident->cause != CAUSE_UNKNOWN ? causes_ids[incident->cause] : NULL, "reason",
		result_text(incident->reason), "rule", incident->rule, "seconds",
		incident->timed ? json_real(incident->seconds) : json_null(), "clock",
		incident->timed ? json_string(incident->calendar ? "calendar" : "boot") :
				  json_null(),
		"soft_lockups", (int)incident->lockups, "hard_lockups", (int)incident->hard,
		"rcu_stalls", (int)incident->stalls, "hung_tasks", (int)incident->hung, "csd_locks",
		(int)incident->csd, "panics", (int)incident->panics, "locked_cpus",
		cpus_json(&incident->locked), "shortest_s", (int)incident->shortest_s, "longest_s",
		(int)incident->longest_s, "stacks_lost", (int)incident->lost, "groups", groups);
}

bool triage_print_json(FILE *to, const struct triage_log *log)
{
	static const char *const codes[] = { [CODE_UNKNOWN] = NULL,
					     [CODE_AFFECTED] = "affected",
					     [CODE_FIXED] = "fixed",
					     [CODE_MITIGATED] = "mitigated" };
	json_t *incidents = json_array(), *object;
	char *text;

	for (size_t i = 0; i < log->incidents_count; i++)
		if (!log->incidents[i].left_out)
			json_array_append_new(incidents, incident_json(&log->incidents[i]));
	object = json_pack(
		"{s:s, s:i, s:s, s:o, s:s, s:o, s:o?, s:b, s:s?, s:b, s:o?, s:s?, s:i, s:i, s:o}",
		"schema", "icache-ipi-triage", "version", 1, "tool",
		"icache-ipi-triage " ICACHE_IPI_VERSION, "path", result_text(log->path), "verdict",
		verdict_ids[log->verdict], "reason", result_text(log->reason), "release",
		log->release[0] ? result_text(log->release) : json_null(),
		"release_in_affected_range", triage_judge_release(log->release), "arch",
		log->arch ? triage_arch_names[log->arch] : NULL, "virtual_machine",
		log->virtual_machine, "cpus", log->cpus ? json_integer(log->cpus) : json_null(),
		"code", codes[log->code], "cpus_unread", (int)log->cpus_unread, "more_incidents",
		(int)(log->more[0] + log->more[1] + log->more[2]), "incidents", incidents);
	text = object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	json_decref(object);
	if (!text)
		return false;
	fprintf(to, "%s\n", text);
	free(text);
	return true;
}
