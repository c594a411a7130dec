// SPDX-License-Identifier: GPL-2.0-only
/*
 * command.c: runs the ordinary tools, with arguments as they are and no shell between
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backport/backport.h"

static volatile sig_atomic_t caught;
static bool uninterrupted;

static void catch (int number)
{
	caught = number;
}

void backport_command_catch_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = catch };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
}

void backport_command_uninterrupted(void)
{
	uninterrupted = true;
}

static void end_if_caught(void)
{
	if (caught && !uninterrupted)
		exit(128 + caught);
}

/* Ends what a program left running: orphans came to us. Where /proc does not name them, they stay. */
static void orphans_end(void)
{
	char *children, *end;

	/* Those of one that ends come to us in turn. */
	while ((children = backport_file_read("/proc/thread-self/children", NULL)) && *children) {
		for (char *at = children; *at; at = end + strspn(end, " ")) {
			const pid_t pid = strtol(at, &end, 10);

			if (pid <= 0)
				return;

			kill(pid, SIGKILL);
			while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
				;
		}
		free(children);
	}
	free(children);
}

/* Waits for @pid; a signal that ends us ends it first. */
static int wait_for(pid_t pid, bool contained)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			die(EXIT_UNKNOWN, "lost a process: %m");
		if (caught && !uninterrupted)
			kill(pid, SIGTERM);
	}
	if (contained)
		orphans_end();
	end_if_caught();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *take(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *all = malloc(size + 1);

	if (!all || pread(fd, all, size, 0) != size)
		die(EXIT_UNKNOWN, "cannot read the output of a program: %m");
	all[size] = '\0';
	return all;
}

static void connect_files(posix_spawn_file_actions_t *actions,
			  const struct backport_command *command, const int fds[2])
{
	posix_spawn_file_actions_addopen(actions, STDIN_FILENO, command->input ?: "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(actions, command->output ? fds[0] : STDERR_FILENO,
					 STDOUT_FILENO);
	if (command->errors)
		posix_spawn_file_actions_adddup2(actions, fds[command->errors != command->output],
						 STDERR_FILENO);
	else if (command->quiet)
		posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (command->directory)
		posix_spawn_file_actions_addchdir_np(actions, command->directory);
}

int backport_command_run(const struct backport_command *command, const char *const argv[])
{
	static const struct backport_command plain;
	const int fds[2] = { memfd_create("output", MFD_CLOEXEC),
			     memfd_create("errors", MFD_CLOEXEC) };
	posix_spawn_file_actions_t actions;
	int problem, code;
	pid_t pid;

	command = command ?: &plain;
	end_if_caught();
	if (fds[0] < 0 || fds[1] < 0 || posix_spawn_file_actions_init(&actions))
		die(EXIT_UNKNOWN, "cannot run %s: %m", argv[0]);
	connect_files(&actions, command, fds);
	prctl(PR_SET_CHILD_SUBREAPER, command->contained);
	problem = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (problem)
		die(EXIT_UNKNOWN, "cannot run %s: %s%s", argv[0], strerror(problem),
		    problem == ENOENT ? "; install it with apt or dnf" : "");
	code = wait_for(pid, command->contained);
	if (command->errors)
		*command->errors = take(fds[1]);
	if (command->output)
		*command->output = take(fds[0]);
	close(fds[0]);
	close(fds[1]);
	return code;
}

bool backport_command_ran_out(int code)
{
	return code == 124 || code == 128 + SIGKILL;
}

bool backport_command_exists(const char *name)
{
	char *rest = text("%s", getenv("PATH") ?: "/usr/bin:/bin"), *folder;

	while ((folder = strsep(&rest, ":")))
		if (!access(text("%s/%s", *folder ? folder : ".", name), X_OK))
			return true;
	return false;
}
