// SPDX-License-Identifier: GPL-2.0-only
/*
 * run.c: counting from the start to the end, and a table at each interval
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/say.h"
#include "who/who.h"

/* The kernel's maps have room for many seconds; they are emptied each second. */
#define STEP 1.0

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Signals that end the counting, or the command, arrive here; -1 and errno. */
static int open_signals(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, before);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static pid_t start_command(char **command, const sigset_t *signals)
{
	const pid_t child = fork();

	if (child)
		return child;
	sigprocmask(SIG_SETMASK, signals, NULL);
	signal(SIGXFSZ, SIG_DFL);
	execvp(command[0], command);
	say("cannot run %s: %s", command[0], strerror(errno));
	_exit(127);
}

enum event { NOTHING, STOP, KEY, RESIZED };

/* Waits for @seconds or less. @keys: the terminal is one to listen to. */
static enum event wait_for(int signals, double seconds, bool keys, pid_t child, int *status)
{
	struct pollfd on[] = { { .fd = signals, .events = POLLIN },
			       { .fd = STDIN_FILENO, .events = POLLIN } };
	struct signalfd_siginfo info;

	if (poll(on, keys ? 2 : 1, ceil(seconds * 1000)) <= 0)
		return NOTHING;
	if (keys && on[1].revents)
		return KEY;
	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return NOTHING;
	if (info.ssi_signo == SIGWINCH)
		return RESIZED;
	if (info.ssi_signo != SIGCHLD)
		return STOP;
	return child && waitpid(child, status, WNOHANG) == child ? STOP : NOTHING;
}

struct run {
	const struct who_options *options;
	struct who_watch watch;
	struct who_table table;
	int signals, status;
	pid_t child;
	double since; /* the start of what the table has */
	double drawn; /* the last time, of a view */
	enum who_order order;
	struct who_counters counters;
	bool failed; /* to write the series, the last time */
	enum exit_code code;
};

static void take(struct run *run)
{
	if (who_watch_take(&run->watch, who_table_add, &run->table))
		who_table_total(&run->table, run->watch.sent, run->watch.ipis);
}

/* Columns of the terminal that this goes to; 0: it goes elsewhere. */
static int terminal_width(void)
{
	struct winsize size;

	return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col >= 80 ? size.ws_col : 0;
}

static enum exit_code judge(const struct who_options *options, uint64_t ipis, double seconds)
{
	return ipis > options->most * seconds ? EXIT_AFFECTED : EXIT_GOOD;
}

/* Series instead of a table. They are tried again later: the folder may be full, or not there yet. */
static void write_series(struct run *run)
{
	char why[WHO_REASON_SIZE];

	who_prometheus_add(&run->counters, &run->table);
	if (who_prometheus_write(run->options->prometheus, &run->counters, why)) {
		run->failed = false;
		return;
	}
	if (!run->failed)
		say("%s", why);
	run->failed = true;
}

/* What was counted in this interval, which ended @at. */
static void show(struct run *run, double at)
{
	struct who_table *table = &run->table;

	table->seconds = at - run->since;
	table->missed += who_watch_missed(&run->watch);
	/* Of a view, too, the rate of all of its time. */
	table->seconds_before = 0;
	table->ipis_before = 0;
	for (size_t i = 0; i < table->count; i++)
		table->rows[i].ipis_before = 0;
	who_table_sort(table, WHO_BY_RATE);
	if (run->options->prometheus)
		write_series(run);
	else if (run->options->json)
		who_json(stdout, table);
	else
		who_print(stdout, table, terminal_width());
	/* say_begin() has the words for it. */
	if (fflush(stdout) || ferror(stdout))
		exit(EXIT_UNKNOWN);
	run->code = exit_worst(run->code, judge(run->options, table->ipis, table->seconds));
	who_table_clear(table);
	run->since = at;
}

/* What a view shows is all since its start, and rates since it was drawn before. */
static void draw(struct run *run, double at, bool mark)
{
	struct who_table *table = &run->table;

	table->seconds = at - run->since;
	table->missed += who_watch_missed(&run->watch);
	who_table_sort(table, run->order);
	who_live_draw(table, run->order);
	if (mark) {
		who_table_mark(table);
		run->drawn = at;
	}
}

/* False: it is time to stop. */
static bool obey(struct run *run, enum event event)
{
	bool zero = false;

	if (event == KEY && !who_live_key(&run->order, &zero))
		return false;
	if (zero) {
		who_table_clear(&run->table);
		run->since = run->drawn = now();
	}
	if (event == KEY || event == RESIZED)
		draw(run, now(), false);
	return event != STOP;
}

/* Until the time is over, the command has ended, or a signal says so. */
static void count(struct run *run)
{
	const struct who_options *options = run->options;
	const double end = run->since + options->seconds;

	for (double at = run->since; at < end; at = now()) {
		const double next =
			fmin((options->live ? run->drawn : run->since) + options->interval, end);
		const enum event event = wait_for(run->signals, fmax(fmin(STEP, next - at), 0),
						  options->live, run->child, &run->status);

		if (event == STOP || (options->live && !obey(run, event)))
			break;
		take(run);
		at = now();
		if (at < next || next >= end)
			continue;
		if (options->live)
			draw(run, at, true);
		else
			show(run, at);
	}
}

static void open_run(struct run *run, const struct who_options *options)
{
	struct who_wish wish = { .process = options->process, .all = options->all };
	char why[WHO_REASON_SIZE];
	sigset_t before;

	run->options = options;
	run->signals = open_signals(&before);
	if (run->signals < 0)
		die(EXIT_UNKNOWN, "cannot wait for signals: %s", strerror(errno));
	if (!who_table_open(&run->table, options->root, options->cpus, why))
		die(EXIT_UNKNOWN, "%s", why);
#ifndef __aarch64__
	run->table.foreign = true;
#endif
	run->table.all = options->all;
	wish.to = &run->table.to;
	wish.names = run->table.names;
	if (!who_watch_open(&run->watch, options->root, &wish, why))
		die(EXIT_UNKNOWN, "%s", why);
	run->since = run->drawn = now();
	run->child = options->command ? start_command(options->command, &before) : 0;
	if (run->child < 0)
		die(EXIT_UNKNOWN, "cannot start %s: %s", options->command[0], strerror(errno));
}

enum exit_code who_run(const struct who_options *options)
{
	static struct run run;
	double end;

	open_run(&run, options);
	/* A counter is seen to rise only if it was there before. */
	if (options->prometheus)
		write_series(&run);
	if (run.failed)
		exit(EXIT_UNKNOWN);
	if (options->live) {
		who_live_open();
		draw(&run, run.since, false);
	}
	count(&run);
	end = now();
	if (options->live)
		who_live_close();
	who_watch_disarm(&run.watch);
	for (int half = 0; half < WHO_HALVES; half++)
		take(&run);
	show(&run, end);
	if (WIFEXITED(run.status) && WEXITSTATUS(run.status))
		say("%s ended with %d", options->command[0], WEXITSTATUS(run.status));
	if (run.failed)
		run.code = EXIT_UNKNOWN;
	who_watch_free(&run.watch);
	who_table_close(&run.table);
	close(run.signals);
	return run.code;
}

/* Of a kernel that cannot tell more, which @why says: how many there were. */
enum exit_code who_run_rates(const struct who_options *options, const char *why)
{
	const double start = now();
	double end = start + options->seconds;
	uint64_t before, after;
	sigset_t signals_before;
	const int signals = open_signals(&signals_before);

	if (options->json || options->all || options->process || options->cpus ||
	    options->command || options->interval < INFINITY || options->prometheus)
		die(EXIT_UNKNOWN, "%s: --duration and --max-per-second are all it can have", why);
	if (!who_rates_read(options->root, &before))
		die(EXIT_UNKNOWN, "/proc/interrupts has no row 'Function call interrupts'");
	say("%s", why);
	while (now() < end && wait_for(signals, fmin(1, end - now()), false, 0, NULL) != STOP)
		;
	if (!who_rates_read(options->root, &after))
		die(EXIT_UNKNOWN, "/proc/interrupts lost its row 'Function call interrupts'");
	if (after < before)
		die(EXIT_UNKNOWN, "/proc/interrupts counts less than before: did a CPU go offline? "
				  "Try again");
	end = now() - start;
	printf("%.1f s: %llu function-call interrupts, %.0f a second\n", end,
	       (unsigned long long)(after - before), (after - before) / end);
	return judge(options, after - before, end);
}
