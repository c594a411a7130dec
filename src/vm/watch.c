// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch.c: from QEMU's start to one of the outcomes
 *
 * The guest writes into two files in memory; every tick this reads what is new. Console bytes go to
 * console.log as they are and, line by line, to console.c; result bytes go, line by line, to
 * lib/result.c. Guest time is known from the newest timestamp in either, and from the board's clock
 * when the guest is silent. Three wall-clock limits (boot, silence, total) and one of guest time end a
 * run that does not end by itself; such a guest is looked at (postmortem.c) before it goes.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/say.h"
#include "lib/text.h"
#include "vm/vm.h"

#define TICK_MS 50
/* While a census is waited for: a phase may be short. */
#define TICK_CENSUS_MS 5
#define GUEST_CLOCK_S 1.0
/* How long after its last words a kernel may take to reset the machine. */
#define PANIC_S 10

/* One file the guest appends to, read line by line. */
struct channel {
	int fd;
	off_t offset;
	char line[65536];
	size_t used;
};

struct watch {
	struct vm_qemu *qemu;
	const struct vm_options *options;
	struct result *result;
	char reason[sizeof(((struct result *)NULL)->reason)]; /* why it is over */
	int console_log_fd;
	struct channel console, results;
	struct vm_console kernel;
	struct vm_postmortem postmortem;
	double guest_s; /* newest, from either channel or the clock */
	char phase[64];
	double started, booted, ended, last_byte, clock_read, panicked; /* wall clock, s */
	bool over;
	bool died; /* its last state is worth a census */
	bool status_shown;
};

/* The run is over: the first reason wins. */
static void end_run(struct watch *watch, enum result_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void end_run(struct watch *watch, enum result_outcome outcome, const char *format, ...)
{
	va_list arguments;

	if (watch->over)
		return;
	watch->over = true;
	watch->result->outcome = outcome;
	va_start(arguments, format);
	vsnprintf(watch->reason, sizeof(watch->reason), format, arguments);
	va_end(arguments);
	text_mend(watch->reason);
	text_make_printable(watch->reason);
}

static void take_console_line(struct watch *watch, const char *line, size_t length)
{
	(void)length;
	vm_console_take_line(&watch->kernel, line, watch->result->stuck_s);
	if (watch->kernel.guest_s > watch->guest_s)
		watch->guest_s = watch->kernel.guest_s;
}

static void take_result_line(struct watch *watch, const char *line, size_t length)
{
	json_t *at = NULL;
	const char *error = result_take_record(watch->result, line, length, &at);

	if (error) {
		end_run(watch, OUTCOME_GARBLED, "result stream: %s", error);
		return;
	}
	if (!watch->booted)
		watch->booted = vm_wall_s();
	if (watch->result->ended && !watch->ended) {
		watch->ended = vm_wall_s();
		vm_postmortem_see_phase(&watch->postmortem, "", watch->guest_s);
	}
	if (at) {
		const char *phase = json_string_value(json_object_get(at, "phase"));
		double guest_s = json_integer_value(json_object_get(at, "guest_ns")) / 1e9;

		text_copy(watch->phase, sizeof(watch->phase), phase ? phase : "");
		text_make_printable(watch->phase);
		if (guest_s < 0 || guest_s > GUEST_SECONDS_MAX)
			guest_s = 0;
		if (guest_s > watch->guest_s)
			watch->guest_s = guest_s;
		vm_postmortem_see_phase(&watch->postmortem, watch->phase, guest_s);
		json_decref(at);
	}
}

/* Keeps every byte of the console on disk; a full disk ends the run rather than the evidence. */
static void log_console(struct watch *watch, const char *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(watch->console_log_fd, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			end_run(watch, OUTCOME_INTERRUPTED, "console.log: %s", strerror(errno));
			return;
		}
		bytes += written;
		size -= written;
	}
}

/* Reads what is new; true when there was anything. */
static bool read_channel(struct watch *watch, struct channel *channel)
{
	const bool console = channel == &watch->console;
	bool any = false;
	char bytes[16384];
	ssize_t got;

	while ((got = pread(channel->fd, bytes, sizeof(bytes), channel->offset)) > 0) {
		any = true;
		channel->offset += got;
		if (console)
			log_console(watch, bytes, got);
		for (ssize_t i = 0; i < got; i++) {
			if (bytes[i] != '\n' && channel->used < sizeof(channel->line) - 1) {
				channel->line[channel->used++] = bytes[i];
				continue;
			}
			channel->line[channel->used] = '\0';
			if (console)
				take_console_line(watch, channel->line, channel->used);
			else
				take_result_line(watch, channel->line, channel->used);
			channel->used = 0;
		}
		if (channel->offset > CHANNEL_MAX) {
			end_run(watch, OUTCOME_GARBLED,
				"the guest wrote more than %ld MiB to its %s", CHANNEL_MAX >> 20,
				console ? "console" : "result channel");
			break;
		}
	}
	return any;
}

static void read_channels(struct watch *watch)
{
	const bool console = read_channel(watch, &watch->console);
	const bool results = read_channel(watch, &watch->results);

	if (console || results)
		watch->last_byte = vm_wall_s();
}

/* For postmortem.c, which knows no struct watch */
static void read_channels_of(void *watch)
{
	read_channels(watch);
}

/* The guest need not say anything for its own deadline to come. */
static void read_guest_clock(struct watch *watch)
{
	double guest_s;

	if (!watch->qemu->qmp.greeted || vm_wall_s() - watch->clock_read < GUEST_CLOCK_S)
		return;
	guest_s = vm_qemu_guest_s(watch->qemu);
	if (guest_s > watch->guest_s)
		watch->guest_s = guest_s;
	watch->clock_read = vm_wall_s();
}

static void check_deadlines(struct watch *watch)
{
	const struct vm_options *options = watch->options;
	const double now = vm_wall_s(), slow = options->slow_host;

	if (watch->over)
		return;
	if (watch->kernel.panicked && !watch->panicked)
		watch->panicked = now;
	if (watch->panicked && now - watch->panicked > PANIC_S * slow)
		end_run(watch, OUTCOME_PANIC, "%s", watch->kernel.panic);
	else if (watch->guest_s > options->guest_deadline_s)
		end_run(watch, watch->booted ? OUTCOME_TIMEOUT : OUTCOME_BOOT_FAILURE,
			"%.0f s of guest time passed (--guest-deadline)", watch->guest_s);
	else if (!watch->booted && now - watch->started > options->boot_deadline_s * slow)
		end_run(watch, OUTCOME_BOOT_FAILURE,
			"the workload did not start within %.0f s "
			"(--boot-deadline, --slow-host)",
			options->boot_deadline_s * slow);
	else if (now - watch->last_byte > options->silence_s * slow)
		end_run(watch, OUTCOME_STALLED, "nothing new for %.0f s (--silence, --slow-host)",
			options->silence_s * slow);
	else if (now - watch->started > options->deadline_s * slow)
		end_run(watch, OUTCOME_TIMEOUT, "not done after %.0f s (--deadline, --slow-host)",
			options->deadline_s * slow);
	watch->died = watch->over;
}

/* QEMU has ended, or its guest has (@status 0): why? @status is what waitpid() says. */
static void explain_end(struct watch *watch, int status)
{
	char message[512] = "";
	const ssize_t got = read(watch->qemu->error_fd, message, sizeof(message) - 1);

	if (got > 0)
		message[strcspn(message, "\n")] = '\0';
	if (watch->kernel.panicked)
		end_run(watch, OUTCOME_PANIC, "%s", watch->kernel.panic);
	else if (watch->result->ended)
		end_run(watch, OUTCOME_COMPLETED, "%s", watch->result->reason);
	else if (WIFSIGNALED(status))
		end_run(watch, OUTCOME_QEMU_FAILED, "QEMU was killed by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		end_run(watch, OUTCOME_QEMU_FAILED, "QEMU exited with %d: %.200s",
			WEXITSTATUS(status), message);
	else if (!watch->booted && watch->kernel.no_port)
		end_run(watch, OUTCOME_BOOT_FAILURE,
			"the kernel has no driver for the virtio port of the results; "
			"name virtio_mmio and virtio_console by --module if they are modules");
	else if (!watch->booted)
		end_run(watch, OUTCOME_BOOT_FAILURE, "the guest ended before the workload started");
	else
		end_run(watch, OUTCOME_GUEST_DIED, "the guest ended in the middle of '%s'",
			watch->phase);
}

static void show_status(struct watch *watch)
{
	const struct result *result = watch->result;
	uint64_t operations = 0, ipis = 0;
	char *line;

	if (watch->options->quiet || !isatty(STDERR_FILENO))
		return;
	for (size_t i = 0; i < result->rows_count; i++) {
		operations += !strcmp(result->rows[i].step, "split") ? result->rows[i].operations :
								       0;
		ipis += result->rows[i].ipis;
	}
	line = text("%s: %.0f s, guest %.2f s, %s, %lu splits, %lu IPIs, %u lockups",
		    watch->options->label, vm_wall_s() - watch->started, watch->guest_s,
		    watch->booted ? watch->phase : "booting", (unsigned long)operations,
		    (unsigned long)ipis, result_lockups(result));
	fputs("\r\033[K", stderr);
	text_print(stderr, line);
	free(line);
	watch->status_shown = true;
}

static void clear_status(const struct watch *watch)
{
	if (watch->status_shown)
		fputs("\r\033[K", stderr);
}

static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* True when the guest or QEMU has ended by itself. */
static bool check_end(struct watch *watch)
{
	struct vm_qemu *qemu = watch->qemu;
	int status = 0;

	vm_qmp_read(&qemu->qmp);
	if (waitpid(qemu->pid, &status, WNOHANG) == qemu->pid)
		qemu->pid = 0;
	else if (!qemu->qmp.guest_ended)
		return false;
	/* Ended first, read second: nothing can be written in between. */
	read_channels(watch);
	watch->died = watch->kernel.panicked && !watch->over;
	explain_end(watch, status);
	return true;
}

static void follow(struct watch *watch, int signal_fd)
{
	const struct vm_qmp *qmp = &watch->qemu->qmp;
	bool census_waits = false;

	while (!watch->over) {
		struct pollfd wait[] = {
			{ .fd = signal_fd, .events = POLLIN },
			{ .fd = qmp->broken ? -1 : qmp->fd, .events = POLLIN },
		};
		struct signalfd_siginfo signal;

		poll(wait, 2, census_waits ? TICK_CENSUS_MS : TICK_MS);
		while (read(signal_fd, &signal, sizeof(signal)) == sizeof(signal))
			if (signal.ssi_signo != SIGCHLD)
				end_run(watch, OUTCOME_INTERRUPTED, "%s",
					strsignal(signal.ssi_signo));
		if (check_end(watch))
			break;
		read_channels(watch);
		if (!watch->over) {
			census_waits = vm_postmortem_tick(&watch->postmortem, watch->phase);
			read_guest_clock(watch);
		}
		check_deadlines(watch);
		show_status(watch);
	}
	clear_status(watch);
}

/* Before a guest that did not end as it should is told to go. */
static void look_at_the_dead(struct watch *watch)
{
	const char *phase = watch->booted ? watch->phase : "boot";

	if (watch->died && watch->qemu->pid)
		vm_postmortem_take(&watch->postmortem, result_outcome_names[watch->result->outcome],
				   phase, watch->guest_s);
}

bool vm_watch_run(struct vm_qemu *qemu, const struct vm_options *options, struct result *result,
		  int console_log_fd, json_t **censuses)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	const int signal_fd = catch_signals();
	double end;
	bool dumped;

	if (!watch || signal_fd < 0)
		die(EXIT_UNKNOWN, "out of memory");
	watch->qemu = qemu;
	watch->options = options;
	watch->result = result;
	watch->console_log_fd = console_log_fd;
	watch->console.fd = qemu->console_fd;
	watch->results.fd = qemu->results_fd;
	watch->started = watch->last_byte = watch->clock_read = vm_wall_s();
	vm_postmortem_begin(&watch->postmortem, qemu, options, read_channels_of, watch);
	follow(watch, signal_fd);
	look_at_the_dead(watch);
	if (qemu->pid) {
		vm_qemu_stop(qemu);
		read_channels(watch);
	}
	/* What the guest says after that is no reason. */
	memcpy(result->reason, watch->reason, sizeof(result->reason));
	end = vm_wall_s();
	result->host = json_pack("{s:f, s:f, s:f}", "boot_s",
				 watch->booted ? watch->booted - watch->started : 0.0, "work_s",
				 watch->ended ? watch->ended - watch->booted : 0.0, "total_s",
				 end - watch->started);
	*censuses = vm_postmortem_end(&watch->postmortem);
	dumped = watch->postmortem.dumped;
	vm_qmp_close(&qemu->qmp);
	close(signal_fd);
	free(watch);
	return dumped;
}
