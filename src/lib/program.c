// SPDX-License-Identifier: GPL-2.0-only
/*
 * program.c: ask another program one question, and wait for its answer no longer than said
 */
#include "lib/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* More than this is no answer to a question. */
#define OUTPUT_MAX (1ul << 20)

static void become(const struct program_call *call, int out)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may close its output, and stay. */
	signal(SIGALRM, SIG_DFL);
	alarm(call->seconds);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	if (call->no_stderr)
		dup2(null, STDERR_FILENO);
	if (call->path)
		setenv("PATH", call->path, 1);
	execvp(call->argv[0], (char *const *)call->argv);
	_exit(127);
}

static long milliseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads to the end of @in, and keeps what fits into @line; false: @deadline came first, or too much. */
static bool read_all(int in, long deadline, char *line, size_t size)
{
	char rest[4096];
	size_t length = 0, all = 0;

	while (all <= OUTPUT_MAX) {
		struct pollfd wait = { .fd = in, .events = POLLIN };
		const long left = deadline - milliseconds_now();
		ssize_t got;

		if (left <= 0)
			return false;
		if (poll(&wait, 1, (int)left) <= 0)
			continue;
		got = read(in, rest, sizeof(rest));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return true;
		all += got;
		if ((size_t)got > size - 1 - length)
			got = size - 1 - length;
		memcpy(line + length, rest, got);
		length += got;
		line[length] = '\0';
	}
	return false;
}

static int ask(const struct program_call *call, char *line, size_t size)
{
	int out[2], status = 0;
	bool ended;
	pid_t pid;

	line[0] = '\0';
	if (pipe2(out, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid)
		become(call, out[1]);
	close(out[1]);
	if (pid > 0)
		setpgid(pid, pid); /* whoever of the two is first */
	ended = pid > 0 && read_all(out[0], milliseconds_now() + call->seconds * 1000l, line, size);
	close(out[0]);
	if (pid < 0)
		return -1;
	if (!ended)
		kill(-pid, SIGKILL); /* a child of it may be what holds the pipe */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	line[strcspn(line, "\n")] = '\0';
	return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int program_first_line(const struct program_call *call, char *line, size_t size)
{
	const long start = milliseconds_now();
	struct program_call within = *call;
	int code;

	line[0] = '\0';
	if (call->budget && *call->budget <= 0)
		return -1;
	if (call->budget && *call->budget < call->seconds * 1000l)
		within.seconds = (*call->budget + 999) / 1000;
	code = ask(&within, line, size);
	if (call->budget)
		*call->budget -= milliseconds_now() - start;
	return code;
}
