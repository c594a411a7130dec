// SPDX-License-Identifier: GPL-2.0-only
/*
 * gnuplot.c: gnuplot as a child process
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/say.h"
#include "report/gnuplot.h"

#define GNUPLOT_SECONDS 60		/* a picture takes 0.1 s; this is a gnuplot that hangs */
#define GNUPLOT_BYTES_MAX (16 << 20)

struct child {
	pid_t pid;
	int to, from;		/* our ends of its stdin and stdout; -1: closed */
};

/* Its own few variables: gnuplot reads a dozen, and numbers must not follow the locale. */
static bool start(struct child *child, const char *program)
{
	char path[4096];
	char *const argv[] = { (char *)program, "--default-settings", NULL };
	char *const environment[] = { path, "LC_ALL=C", "HOME=/", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int in[2], out[2], error;

	snprintf(path, sizeof(path), "PATH=%s", getenv("PATH") ? getenv("PATH") : "");
	if (pipe2(in, O_CLOEXEC))
		return false;
	if (pipe2(out, O_CLOEXEC)) {
		close(in[0]);
		close(in[1]);
		return false;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	/* We ignore SIGPIPE; the child must not. */
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	error = posix_spawnp(&child->pid, program, &actions, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	child->to = in[1];
	child->from = out[0];
	fcntl(child->to, F_SETFL, O_NONBLOCK);
	if (!error)
		return true;
	close(child->to);
	close(child->from);
	errno = error;
	return false;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Sends what is left of the script; closes the pipe behind it. False when the child is gone. */
static bool send_some(struct child *child, const char **script, size_t *length)
{
	const ssize_t sent = *length ? write(child->to, *script, *length) : 0;

	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	*script += sent;
	*length -= sent;
	if (!*length)
		close_end(&child->to);
	return true;
}

/* Takes what has come; closes the pipe at its end. */
static bool take_some(struct child *child, FILE *svg, size_t *taken)
{
	char buffer[16384];
	const ssize_t count = read(child->from, buffer, sizeof(buffer));

	if (count < 0)
		return errno == EINTR;
	if (!count)
		close_end(&child->from);
	*taken += count;
	return fwrite(buffer, 1, count, svg) == (size_t)count && *taken <= GNUPLOT_BYTES_MAX;
}

static int milliseconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

/* Both directions at once: either pipe may fill up first. */
static bool converse(struct child *child, const char *script, size_t length, FILE *svg)
{
	struct timespec start;
	size_t taken = 0;
	bool good = true;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (good && child->from >= 0) {
		struct pollfd fds[] = {
			{ .fd = child->from, .events = POLLIN },
			{ .fd = child->to, .events = POLLOUT },
		};
		const int left = GNUPLOT_SECONDS * 1000 - milliseconds_since(&start);

		if (left <= 0 || (poll(fds, 2, left) < 0 && errno != EINTR))
			return false;
		if (fds[1].revents)
			good = send_some(child, &script, &length);
		if (good && fds[0].revents)
			good = take_some(child, svg, &taken);
	}
	return good;
}

/* True when the child ended by itself and well. */
static bool end(struct child *child, bool conversed)
{
	int status;

	if (!conversed)
		kill(child->pid, SIGKILL);
	close_end(&child->to);
	close_end(&child->from);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	return conversed && WIFEXITED(status) && !WEXITSTATUS(status);
}

char *gnuplot_run(const char *program, const char *script, size_t length)
{
	struct child child;
	char *text = NULL;
	size_t size;
	FILE *svg = open_memstream(&text, &size);
	bool good;

	if (!svg || !start(&child, program)) {
		say("%s: %s: install gnuplot (Debian: gnuplot-nox), or say --no-pictures", program,
		    strerror(errno));
		if (svg)
			fclose(svg);
		free(text);
		return NULL;
	}
	good = converse(&child, script, length, svg);
	good = end(&child, good) && good;
	good = !fclose(svg) && good && strstr(text, "</svg>");
	if (good)
		return text;
	say("%s did not draw the picture: see what it says above, or say --no-pictures", program);
	free(text);
	return NULL;
}

FILE *gnuplot_open(struct picture *picture)
{
	const size_t muted = gnuplot_colour("muted"), rule = gnuplot_colour("rule");
	FILE *script = open_memstream(&picture->script, &picture->script_length);

	if (!script)
		return NULL;
	fprintf(script, "set terminal svg size %d,%d dynamic noenhanced font 'sans-serif,13'\n"
		"set datafile missing 'x'\nunset key\nset border 3 lc rgb " GNUPLOT_COLOUR "\n"
		"set tics nomirror out scale 0.5 textcolor rgb " GNUPLOT_COLOUR "\n"
		"set grid ytics lt 1 lw 1 lc rgb " GNUPLOT_COLOUR "\n", picture->width,
		picture->height, muted, muted, rule);
	return script;
}

bool gnuplot_draw(FILE *to, const char *program, struct picture *picture, FILE *script)
{
	char *svg = NULL;
	bool good = false;

	if (script && !fclose(script))
		svg = gnuplot_run(program, picture->script, picture->script_length);
	if (svg) {
		good = gnuplot_embed(to, svg, picture);
		if (!good)
			say("%s writes an SVG of a kind not known here: say --no-pictures", program);
	}
	free(svg);
	free(picture->script);
	return good;
}
