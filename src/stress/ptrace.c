// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptrace.c: scenario "ptrace": a debugger writes into another process
 *
 * copy_to_user_page() keeps the I-cache coherent when the area may be executed
 * (arch/arm64/mm/flush.c): there the posted fix goes on broadcasting and the merged one does not.
 * A page that is still shared with another process is copied first, as in scenario "fault".
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/stress.h"

#define PAGES 16u /* of one lap */

/* In the child: makes the pages its own if @own, then stops under the parent's hand. */
static void be_traced(struct stress_stage *stage, pid_t parent, bool own)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(1);
	if (own)
		stress_stage_touch(stage, true);
	raise(SIGSTOP);
	_exit(0);
}

static bool map_traced_pages(struct stress_stage *stage, bool own)
{
	const pid_t parent = getpid();
	char path[32];
	int status;

	if (!stress_stage_map_pages(stage, PAGES, stage->protection))
		return false;
	stress_stage_touch(stage, true);
	stage->child = fork();
	if (!stage->child)
		be_traced(stage, parent, own);
	if (stage->child < 0) {
		stage->child = 0;
		return false;
	}
	if (waitpid(stage->child, &status, 0) != stage->child || !WIFSTOPPED(status)) {
		stage->child = 0;
		errno = EPERM;
		return false;
	}
	snprintf(path, sizeof(path), "/proc/%d/mem", stage->child);
	stage->fd = open(path, O_RDWR | O_CLOEXEC);
	return stage->fd > 0;
}

static bool map_own(struct stress_stage *stage)
{
	return map_traced_pages(stage, true);
}

static bool map_shared(struct stress_stage *stage)
{
	return map_traced_pages(stage, false);
}

static bool poke(struct stress_stage *stage, unsigned int operation)
{
	return !ptrace(PTRACE_POKETEXT, stage->child, stress_stage_page(stage, operation), 'Z');
}

static bool peek(struct stress_stage *stage, unsigned int operation)
{
	errno = 0;
	ptrace(PTRACE_PEEKTEXT, stage->child, stress_stage_page(stage, operation), NULL);
	return !errno;
}

static bool write_mem(struct stress_stage *stage, unsigned int operation)
{
	return pwrite(stage->fd, "Z", 1, (uintptr_t)stress_stage_page(stage, operation)) == 1;
}

static bool write_vector(struct stress_stage *stage, unsigned int operation)
{
	struct iovec local = { .iov_base = "Z", .iov_len = 1 };
	struct iovec remote = { .iov_base = stress_stage_page(stage, operation), .iov_len = 1 };

	return process_vm_writev(stage->child, &local, 1, &remote, 1, 0) == 1;
}

/* Operations whose byte the other process now has. */
static unsigned int count_written(struct stress_stage *stage)
{
	unsigned int written = 0;
	char byte;

	for (unsigned int i = 0; i < PAGES; i++)
		written += pread(stage->fd, &byte, 1, (uintptr_t)stress_stage_page(stage, i)) ==
				   1 &&
			   byte == 'Z';
	return written;
}

/* clang-format off */
static const struct stress_step steps[] = {
	{ .name = "poke", .operations = PAGES, .ptes = 1, .witness = WITNESS_EFFECT,
	  .prepare = map_own, .work = poke, .verify = count_written },
	{ .name = "poke-cow", .operations = PAGES, .ptes = 1, .witness = WITNESS_EFFECT,
	  .prepare = map_shared, .work = poke, .verify = count_written },
	{ .name = "peek", .operations = PAGES, .ptes = 1, .witness = WITNESS_EFFECT,
	  .prepare = map_own, .work = peek },
	{ .name = "mem", .operations = PAGES, .ptes = 1, .witness = WITNESS_EFFECT,
	  .prepare = map_own, .work = write_mem, .verify = count_written },
	{ .name = "mem-cow", .operations = PAGES, .ptes = 1, .witness = WITNESS_EFFECT,
	  .prepare = map_shared, .work = write_mem, .verify = count_written },
	{ .name = "writev", .operations = PAGES, .ptes = 1, .witness = WITNESS_EFFECT,
	  .prepare = map_own, .work = write_vector, .verify = count_written },
};
/* clang-format on */

const struct stress_scenario stress_scenario_ptrace = {
	.name = "ptrace",
	.summary = "write into another process's code as a debugger does: the posted fix still "
		   "broadcasts",
	.control = "an area without PROT_EXEC",
	.steps = steps,
	.steps_count = sizeof(steps) / sizeof(steps[0]),
};
