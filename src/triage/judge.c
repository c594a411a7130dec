// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge.c: is the fault in it?
 *
 * By the stack of the sender. Who waits cannot tell who holds the lock; a release, and a name anywhere
 * else in the log, prove nothing.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "triage/triage.h"

const char *const triage_verdict_names[TRIAGE_VERDICTS] = {
	[TRIAGE_NOT_THIS] = "not this fault",
	[TRIAGE_CANNOT_TELL] = "cannot tell",
	[TRIAGE_THIS_FAULT] = "this fault",
};

enum exit_code triage_judge_exit(enum triage_verdict verdict)
{
	static const enum exit_code codes[] = { [TRIAGE_NOT_THIS] = EXIT_GOOD,
						[TRIAGE_CANNOT_TELL] = EXIT_UNKNOWN,
						[TRIAGE_THIS_FAULT] = EXIT_AFFECTED };

	return codes[verdict];
}

bool triage_judge_release(const char *release)
{
	unsigned int major, minor, patch = 0;

	if (sscanf(release, "%u.%u.%u", &major, &minor, &patch) < 2 || major != 4)
		return false;
	return (minor == 19 && patch <= 19) || (minor == 20 && patch <= 6);
}

static void __attribute__((format(printf, 5, 6))) decide(
	struct triage_incident *incident, enum triage_verdict verdict,
	const struct triage_group *group, const char *rule, const char *format, ...)
{
	va_list arguments;

	incident->verdict = verdict;
	incident->group = group;
	incident->cause = group ? group->is.judged.cause : CAUSE_UNKNOWN;
	incident->rule = rule;
	va_start(arguments, format);
	vsnprintf(incident->reason, sizeof(incident->reason), format, arguments);
	va_end(arguments);
}

/* Stacks of who runs or hangs; those of an oops, and of tasks that only sleep, count when there are no others. */
static bool counts(const struct triage_incident *incident, const struct triage_group *group)
{
	if (group->is.source == SOURCE_OTHER)
		return !incident->happened;
	return group->is.source != SOURCE_TASK || group->is.judged.act != ACT_SLEEPS_MM ||
	       incident->hung;
}

/* The most frequent group that does @act; a broadcast of any cause with CAUSES. */
static const struct triage_group *find(const struct triage_incident *incident, enum causes_act act,
				       enum cause cause)
{
	const struct triage_group *best = NULL;

	for (size_t i = 0; i < incident->groups_count; i++) {
		const struct triage_group *group = &incident->groups[i];
		const struct causes_finding *is = &group->is.judged;
		const bool wanted = is->act == act && (cause == CAUSES || is->cause == cause);

		if (wanted && (act == ACT_BROADCASTS || counts(incident, group)) &&
		    (!best || group->count > best->count))
			best = group;
	}
	return best;
}

static const char *name_of(const struct triage_group *group)
{
	return group->depth ? group->names[group->is.judged.at] : "?";
}

/* A broadcast with a known cause; the most frequent. */
static const struct triage_group *find_other_sender(const struct triage_incident *incident)
{
	const struct triage_group *best = NULL;

	for (enum cause cause = CAUSE_USER_PTE + 1; cause < CAUSES; cause++) {
		const struct triage_group *group = find(incident, ACT_BROADCASTS, cause);

		/* Who prints stacks asks the others for theirs: a sender by trade. */
		if (group && cause != CAUSE_BACKTRACE && (!best || group->count > best->count))
			best = group;
	}
	return best;
}

/* CPUs that are reported to hang while they wait for the lock of a page table. */
static const struct triage_group *find_victim(const struct triage_incident *incident)
{
	for (size_t i = 0; i < incident->groups_count; i++) {
		const struct triage_group *group = &incident->groups[i];

		if (group->is.judged.act == ACT_WAITS_PTE &&
		    (group->is.source == SOURCE_LOCKUP || group->is.source == SOURCE_HARD ||
		     group->is.source == SOURCE_PANIC))
			return group;
	}
	return NULL;
}

static const char *const by_sender = "the stack of the CPU that interrupts all others decides";
static const char *const by_waiters = "who waits for a lock does not show who holds it";
static const char *const by_none =
	"no CPU interrupts all others, and none waits for a page table's lock";

static bool judge_foreign(const struct triage_log *log, struct triage_incident *incident)
{
	const struct triage_group *group = NULL;

	if (log->arch <= ARCH_ARM64)
		return false;
	group = find_other_sender(incident);
	decide(incident, TRIAGE_NOT_THIS, group, "only arm64 kernels have this fault",
	       "the log is of %s, and only arm64 kernels have this fault%s%s",
	       triage_arch_names[log->arch], group ? "; the cause here: " : "",
	       group ? causes_words[group->is.judged.cause] : "");
	return true;
}

/* A lockup within a function that sets user ptes may lie between two broadcasts. */
static bool is_between(const struct triage_group *group)
{
	const struct causes_function *function = causes_find(group->names[group->is.judged.start]);

	return function && (function->role == ROLE_USER_PTE || function->role == ROLE_PTE_LOCK);
}

/* True when the function that decided of @group sets ptes, or splits a huge page to do so. */
static bool sets_ptes(const struct triage_group *group)
{
	const char *name = group->names[group->is.judged.at];
	const struct causes_function *function = causes_find(name);

	return (function && function->role == ROLE_USER_PTE) ||
	       stacks_name_is(name, strlen(name), "__split_huge_pmd");
}

/* Of CPUs that are busy, those in a function that sets ptes, or else in one that holds their lock. */
static const struct triage_group *find_holder(const struct triage_incident *incident)
{
	const struct triage_group *best = find(incident, ACT_MAINTAINS, CAUSES);

	for (size_t i = 0; i < incident->groups_count && !best; i++) {
		const struct triage_group *group = &incident->groups[i];

		if (group->is.judged.act == ACT_BUSY && sets_ptes(group))
			best = group;
	}
	for (size_t i = 0; i < incident->groups_count && !best; i++) {
		const struct triage_group *group = &incident->groups[i];

		if (group->is.judged.act == ACT_BUSY && is_between(group))
			best = group;
	}
	return best;
}

static unsigned int count_cpus(const struct triage_incident *incident, enum causes_act act,
			       bool setting)
{
	unsigned int count = 0;

	for (size_t i = 0; i < incident->groups_count; i++)
		if (incident->groups[i].is.judged.act == act &&
		    (!setting || sets_ptes(&incident->groups[i])))
			count += incident->groups[i].count;
	return count;
}

static const char *const by_code = "the kernel's code decides what its stacks can mean";
static const char *const by_all =
	"the stacks of all CPUs are there: who holds a lock is among them";

/* What keeps this vmcore from showing all that the CPUs did; NULL: nothing. */
static const char *unread(const struct triage_log *log)
{
	if (!log->cpus_unread)
		return log->cpus_uncounted ? "how many CPUs ran is not known" : NULL;
	return log->cpus_unread == log->cpus_seen ? "the stack of each CPU cannot be read" :
	       log->cpus_unread == 1		  ? "the stack of a CPU cannot be read" :
						    "the stacks of some CPUs cannot be read";
}

/* Of a kernel whose user ptes interrupt all CPUs, and nobody does so at this instant. */
static bool judge_holder(const struct triage_log *log, struct triage_incident *incident)
{
	const struct triage_group *waiter = find(incident, ACT_WAITS_PTE, CAUSES);
	const struct triage_group *holder = find_holder(incident);
	const unsigned int waiting = count_cpus(incident, ACT_WAITS_PTE, false);

	if (holder && holder->is.judged.act == ACT_MAINTAINS) {
		decide(incident, TRIAGE_THIS_FAULT, holder, by_code,
		       "a CPU makes a user page executable, and the code of this kernel then interrupts all others");
		return true;
	}
	if (!waiter)
		return false;
	if (holder && sets_ptes(holder))
		decide(incident, TRIAGE_THIS_FAULT, holder, by_code,
		       "%u CPUs wait for the lock of a page table; its holder is between two pages, each of which interrupts all CPUs",
		       waiting);
	else if (unread(log))
		decide(incident, TRIAGE_CANNOT_TELL, waiter, by_waiters,
		       "CPUs wait for the lock of a page table, and %s", unread(log));
	else if (!holder && count_cpus(incident, ACT_WAITS_PTE, true) > 1 &&
		 !find_other_sender(incident))
		decide(incident, TRIAGE_THIS_FAULT, waiter, by_all,
		       "%u CPUs hand the lock of a page table on, to interrupt all CPUs with each page",
		       waiting);
	else
		return false;
	return true;
}

/* What is left, when every CPU was seen. */
static void judge_seen(const struct triage_log *log, struct triage_incident *incident)
{
	const struct triage_group *waiter = find(incident, ACT_WAITS_PTE, CAUSES);
	const struct triage_group *group = find_other_sender(incident);

	if (group)
		decide(incident, TRIAGE_NOT_THIS, group, by_sender,
		       "a CPU interrupts all others because %s; fixed kernels do so, too",
		       causes_words[group->is.judged.cause]);
	else if ((group = find(incident, ACT_BROADCASTS, CAUSE_UNKNOWN)))
		decide(incident, TRIAGE_NOT_THIS, group, by_sender,
		       "a CPU interrupts all others for %s, which sets no page of a process",
		       name_of(group));
	else if (waiter)
		decide(incident, TRIAGE_NOT_THIS, waiter, by_all,
		       "CPUs wait for a lock in %s, and no CPU interrupts all others",
		       name_of(waiter));
	else if (!log->cpus)
		decide(incident, TRIAGE_CANNOT_TELL, NULL, by_all,
		       "the kernel in this vmcore is affected, and the dump has no registers of its CPUs");
	else if (unread(log))
		decide(incident, TRIAGE_CANNOT_TELL, NULL, by_all,
		       "the kernel in this vmcore is affected, and %s", unread(log));
	else
		decide(incident, TRIAGE_NOT_THIS, NULL, by_all,
		       "none of %u CPUs interrupts all others, and none waits for the lock of a page table",
		       log->cpus_seen);
}

/* A vmcore: the code of its kernel is known, and so are the stacks of all CPUs. */
static bool judge_core(const struct triage_log *log, struct triage_incident *incident)
{
	const struct triage_group *group = find_other_sender(incident);

	if (log->code == CODE_UNKNOWN)
		return false;
	if (log->code == CODE_FIXED || log->code == CODE_MITIGATED) {
		decide(incident, TRIAGE_NOT_THIS, group, by_code,
		       "the kernel in this vmcore is %s: a user page interrupts no other CPU%s%s",
		       log->code == CODE_FIXED ? "fixed" : "mitigated",
		       group ? "; the cause here: " : "",
		       group ? causes_words[group->is.judged.cause] : "");
		return true;
	}
	group = find(incident, ACT_BROADCASTS, CAUSE_USER_PTE);
	if (group)
		decide(incident, TRIAGE_THIS_FAULT, group, by_sender,
		       "a CPU interrupts all others because a user page becomes executable");
	else if (!judge_holder(log, incident))
		judge_seen(log, incident);
	return true;
}

static bool judge_senders(struct triage_incident *incident)
{
	const struct triage_group *group = find(incident, ACT_BROADCASTS, CAUSE_USER_PTE), *victim;

	if (group) {
		decide(incident, TRIAGE_THIS_FAULT, group, by_sender,
		       "a CPU interrupts all others because a user page becomes executable");
		return true;
	}
	group = find_other_sender(incident);
	victim = find_victim(incident);
	if (group && victim) {
		decide(incident, TRIAGE_CANNOT_TELL, victim, by_waiters,
		       "a CPU interrupts all others because %s, but it does not hold the page table's lock that others hang at",
		       causes_words[group->is.judged.cause]);
		return true;
	}
	if (group) {
		decide(incident, TRIAGE_NOT_THIS, group, by_sender,
		       "a CPU interrupts all others because %s%s",
		       causes_words[group->is.judged.cause],
		       group->is.judged.cause == CAUSE_OLD_SPLIT ? "" :
								   "; fixed kernels do so, too");
		return true;
	}
	group = find(incident, ACT_BROADCASTS, CAUSE_UNKNOWN);
	if (!group)
		return false;
	if (victim || group->mixed || group->is.judged.in_mm || !group->is.judged.whole)
		decide(incident, TRIAGE_CANNOT_TELL, group, by_sender,
		       "a CPU interrupts all others, and the log does not show why");
	else
		decide(incident, TRIAGE_NOT_THIS, group, by_sender,
		       "a CPU interrupts all others for %s, which sets no page of a process",
		       group->names[group->is.judged.at + 1 < group->depth ?
					    group->is.judged.at + 1 :
					    group->is.judged.at]);
	return true;
}

static bool judge_waiters(struct triage_incident *incident)
{
	const struct triage_group *group = find(incident, ACT_WAITS_PTE, CAUSES);

	if (group) {
		const struct causes_function *taker = causes_find(name_of(group));

		decide(incident, TRIAGE_CANNOT_TELL, group, by_waiters,
		       taker && taker->role == ROLE_SPIN ?
			       "CPUs wait for a lock, and their stacks are cut before the one who takes it" :
			       "CPUs wait for the lock of a page table, and no stack shows what its holder does");
		return true;
	}
	group = find(incident, ACT_MAINTAINS, CAUSES);
	if (group) {
		decide(incident, TRIAGE_CANNOT_TELL, group, by_sender,
		       "a CPU makes a user page executable, and the log does not show that it interrupts others");
		return true;
	}
	return false;
}

static bool judge_csd(struct triage_incident *incident)
{
	const struct triage_group *group = find(incident, ACT_CALLS_ONE, CAUSES);

	if (group) {
		decide(incident, TRIAGE_NOT_THIS, group, by_sender,
		       "a CPU waits for the answer of one other CPU, not of all");
		return true;
	}
	if (!incident->csd)
		return false;
	if (!strcmp(incident->csd_function, "do_nothing") || !incident->csd_function[0])
		decide(incident, TRIAGE_CANNOT_TELL, NULL, by_sender,
		       "CPU %d does not answer a CPU that interrupts all others; the log does not show why that one does",
		       incident->csd_other);
	else
		decide(incident, TRIAGE_NOT_THIS, NULL, by_sender,
		       "CPU %d does not answer a call of %s", incident->csd_other,
		       incident->csd_function);
	return true;
}

static bool judge_busy(const struct triage_log *log, struct triage_incident *incident)
{
	const struct triage_group *group = find(incident, ACT_BUSY, CAUSES);

	if (group && is_between(group)) {
		decide(incident, TRIAGE_CANNOT_TELL, group, by_sender,
		       "a CPU hangs in %s, which can lie between two interrupts of all CPUs",
		       name_of(group));
		return true;
	}
	if (group) {
		decide(incident, TRIAGE_NOT_THIS, group, by_none, "a CPU is busy in %s%s",
		       name_of(group),
		       log->virtual_machine ? ", or its virtual CPU was starved" : "");
		return true;
	}
	group = find(incident, ACT_IDLE, CAUSES);
	if (!group)
		group = find(incident, ACT_USER, CAUSES);
	/* Among the stacks of all CPUs some are always idle, and that explains nothing. */
	if (group && group->is.source != SOURCE_CPUS && group->is.source != SOURCE_TASK) {
		decide(incident, TRIAGE_NOT_THIS, group, by_none,
		       group->is.judged.act == ACT_IDLE ?
			       "the CPU that is reported is idle: it was starved, or its timer came late" :
			       "the CPU that is reported runs a program: the watchdog's thread got no turn");
		return true;
	}
	return false;
}

static bool judge_others(const struct triage_log *log, struct triage_incident *incident)
{
	const struct triage_group *group = find(incident, ACT_WAITS, CAUSES);

	if (group) {
		decide(incident, TRIAGE_NOT_THIS, group, by_none,
		       "CPUs contend for a spin lock in %s, and none interrupts all others",
		       name_of(group));
		return true;
	}
	group = find(incident, ACT_STOPPED, CAUSES);
	if (group) {
		decide(incident, TRIAGE_NOT_THIS, group, by_none, "%s",
		       causes_words[CAUSE_STOP_MACHINE]);
		return true;
	}
	group = find(incident, ACT_SLEEPS_MM, CAUSES);
	if (group) {
		decide(incident, TRIAGE_CANNOT_TELL, group, by_waiters,
		       "tasks sleep for a lock of a process's memory, and no stack shows what its holder does");
		return true;
	}
	if (judge_busy(log, incident))
		return true;
	group = find(incident, ACT_SLEEPS, CAUSES);
	if (group) {
		decide(incident, TRIAGE_NOT_THIS, group, by_none,
		       "tasks sleep in %s, which no interrupt of all CPUs makes wait",
		       name_of(group));
		return true;
	}
	if (incident->starved && !incident->lockups && !incident->hard) {
		decide(incident, TRIAGE_NOT_THIS, NULL, by_none,
		       "a thread of RCU got no turn on its CPU: the CPU, or the virtual CPU, was starved");
		return true;
	}
	return false;
}

void triage_judge_incident(const struct triage_log *log, struct triage_incident *incident)
{
	if (!judge_foreign(log, incident) && !judge_core(log, incident) &&
	    !judge_senders(incident) && !judge_waiters(incident) && !judge_csd(incident) &&
	    !judge_others(log, incident))
		decide(incident, TRIAGE_CANNOT_TELL, NULL, by_sender,
		       incident->happened ?
			       "the log reports a lockup without the stack of a CPU that is in it" :
			       "the log has no report of a lockup, a stall or a hung task");
}

/* A stack alone, of a warning for example, is no incident where there are real ones. */
static bool is_real(const struct triage_log *log, const struct triage_incident *incident)
{
	if (incident->happened)
		return true;
	for (size_t i = 0; i < log->incidents_count; i++)
		if (log->incidents[i].happened)
			return incident->verdict == TRIAGE_THIS_FAULT;
	return true;
}

void triage_judge_log(struct triage_log *log)
{
	for (size_t i = 0; i < log->incidents_count; i++)
		triage_judge_incident(log, &log->incidents[i]);
	for (size_t i = 0; i < log->incidents_count; i++) {
		struct triage_incident *incident = &log->incidents[i];

		incident->left_out = !is_real(log, incident);
		if (incident->left_out)
			continue;

		if (!log->decisive || incident->verdict > log->decisive->verdict)
			log->decisive = incident;
	}
	log->verdict = log->decisive ? log->decisive->verdict : TRIAGE_CANNOT_TELL;
	for (int verdict = TRIAGE_VERDICTS - 1; verdict > (int)log->verdict; verdict--)
		if (log->more[verdict]) {
			log->verdict = verdict;
			break;
		}
	snprintf(log->reason, sizeof(log->reason), "%s",
		 log->decisive ?
			 log->decisive->reason :
			 "there is no kernel's report of a lockup, a stall or a hung task in it");
}
