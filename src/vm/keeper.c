// SPDX-License-Identifier: GPL-2.0-only
/*
 * keeper.c: the process between this program and QEMU, so that nothing that QEMU started is left behind
 *
 * --qemu may name a program that starts QEMU and stays beside it, or goes. Whatever a descendant does, a
 * session or a process group of its own among it, when its parent ends it becomes a child of the keeper
 * (prctl(2), PR_SET_CHILD_SUBREAPER). The keeper ends them all when the one that it started ends, when it
 * is told to, and when this program is gone, be it by SIGKILL.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vm/vm.h"

/* How long what was asked to end may take for it, in s. */
#define GRACE_S 1
/* The kernel sends it when the parent is gone. */
#define PARENT_GONE SIGHUP

struct keeper {
	pid_t child;
	bool ended;
	int status; /* of the child, once it has ended */
};

/* The parent of the process that /proc calls @name; 0 when it is none, or gone. */
static pid_t parent_of(const char *name)
{
	char path[64], text[512];
	const char *after;
	int parent = 0;
	ssize_t got;
	int fd;

	if (*name < '1' || *name > '9')
		return 0;
	snprintf(path, sizeof(path), "/proc/%.20s/stat", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	/* "PID (NAME) STATE PARENT": a name may have any byte in it (proc(5)). */
	after = strrchr(text, ')');
	return after && sscanf(after, ") %*c %d", &parent) == 1 ? parent : 0;
}

static void signal_children(int signal)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;

	while (processes && (entry = readdir(processes)))
		if (parent_of(entry->d_name) == getpid())
			kill(atoi(entry->d_name), signal);
	if (processes)
		closedir(processes);
}

/* Takes in who has ended; false: no child is left. */
static bool reap(struct keeper *keeper)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != keeper->child)
			continue;
		keeper->ended = true;
		keeper->status = status;
	}
	return !pid;
}

/* Those of a child that ends come to the keeper: until none comes. */
static void end_all(struct keeper *keeper)
{
	const struct timespec pause = { .tv_nsec = 2 * 1000 * 1000 };

	while (reap(keeper)) {
		/* Without /proc, at least the one that is known, and its group */
		if (!keeper->ended)
			kill(-keeper->child, SIGKILL);
		signal_children(SIGKILL);
		nanosleep(&pause, NULL);
	}
}

/* As its child did, so that this program sees how that one ended. */
static void __attribute__((noreturn)) end_alike(int status)
{
	const struct rlimit none = { 0 };
	sigset_t all;

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	raise(WTERMSIG(status));
	_exit(128 + WTERMSIG(status));
}

void vm_keeper_begin(pid_t parent)
{
	sigset_t all;

	/* A terminal's ^C is for the parent alone. */
	setpgid(0, 0);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, PARENT_GONE);
	if (getppid() != parent)
		_exit(126);
}

void vm_keeper_keep(pid_t child)
{
	struct keeper keeper = { .child = child };
	const struct timespec grace = { .tv_sec = GRACE_S };
	sigset_t wanted;
	int signal;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, PARENT_GONE);
	while (!keeper.ended && reap(&keeper) && !keeper.ended) {
		signal = sigwaitinfo(&wanted, NULL);
		if (signal == SIGTERM) {
			signal_children(SIGTERM);
			sigdelset(&wanted, SIGTERM);
			/* The next signal is that of an end, or nothing comes. */
			sigtimedwait(&wanted, NULL, &grace);
		}
		if (signal == SIGTERM || signal == PARENT_GONE)
			break;
	}
	end_all(&keeper);
	end_alike(keeper.status);
}
