// SPDX-License-Identifier: GPL-2.0-only
/*
 * core.c: a vmcore: what the kernel in it can do, which no stack can contradict
 *
 * A kernel without the code of the fault has not had the fault. Of one that has the code, the stacks
 * would decide, and those of a vmcore are not read.
 */
#include <string.h>

#include "kernel/core.h"
#include "kernel/finding.h"
#include "lib/text.h"
#include "triage/triage.h"

static void judge(struct triage_log *log, const struct kernel *kernel)
{
	static const char begin[] = "Linux version ";
	const struct kernel_runtime file = { 0 };
	struct kernel_finding finding = { 0 };

	kernel_finding_judge(&finding, kernel, &file);
	log->arch = ARCH_ARM64;
	if (!strncmp(kernel->banner, begin, sizeof(begin) - 1)) {
		text_copy(log->release, sizeof(log->release), kernel->banner + sizeof(begin) - 1);
		log->release[strcspn(log->release, " ")] = '\0';
		text_make_printable(log->release);
	}
	if (finding.judgement.verdict == VERDICT_FIXED) {
		log->verdict = TRIAGE_NOT_THIS;
		snprintf(log->reason, sizeof(log->reason),
			 "the kernel in this vmcore is fixed: a user page interrupts no other CPU");
	} else if (finding.judgement.verdict == VERDICT_AFFECTED) {
		snprintf(
			log->reason, sizeof(log->reason),
			"the kernel in this vmcore is affected; the stacks in its log decide: triage vmcore-dmesg.txt");
	} else {
		snprintf(log->reason, sizeof(log->reason), "the kernel in this vmcore: %s",
			 finding.judgement.reason);
	}
}

struct triage_log *triage_core_judge(const char *path)
{
	struct triage_log *log = triage_log_new(path);
	struct kernel kernel = { 0 };
	char why[REASON_SIZE];
	struct kernel_core *core;
	uint64_t address;

	if (!log)
		return NULL;
	log->verdict = TRIAGE_CANNOT_TELL;
	core = kernel_core_open(path, why);
	if (core && kernel_core_load(core, &kernel, &address, why))
		judge(log, &kernel);
	else
		snprintf(log->reason, sizeof(log->reason), "%s", why);
	kernel_free(&kernel);
	kernel_core_close(core);
	return log;
}
