// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi-check: is this kernel affected? Evidence from its machine code
 */
#include <getopt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/check.h"
#include "kernel/load.h"
#include "lib/say.h"

/* Memory of one input is bounded (KERNEL_MAXIMUM); this bounds how many there are at a time. */
enum { JOBS_MAXIMUM = 4 };

static const struct option long_options[] = {
	{ "map", required_argument, NULL, 'm' },
	{ "files-from", required_argument, NULL, 'f' },
	{ "explain", no_argument, NULL, 'e' },
	{ "json", no_argument, NULL, 'j' },
	{ "nagios", no_argument, NULL, 'n' },
	{ "prometheus", required_argument, NULL, 'p' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "root", required_argument, NULL, 'r' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* clang-format off */
static const char help[] =
"usage: icache-ipi-check [OPTION...] [KERNEL...]\n"
"\n"
"Says whether a kernel interrupts every CPU each time it makes a user page executable.\n"
"KERNEL is a vmlinux, an arm64 Image, a vmlinuz (gzip, xz, lzma, zstd, lz4, bzip2, EFI zboot),\n"
"a .deb, a .rpm, vmcore or source tree. Without KERNEL, it checks the running kernel, best as root.\n"
"\n"
"  --map FILE           take the symbols of the one KERNEL from this System.map\n"
"  --files-from FILE    read the names of more kernels from FILE, one a line; - is stdin\n"
"  --explain            also print every instruction that counts and every control\n"
"  --json               print one JSON object a line, one for each kernel\n"
"  --nagios             print one line for all kernels\n"
"  --prometheus FILE    write a textfile for node_exporter; exit 0 once it is written\n"
"  --quiet              print nothing; only the exit code tells\n"
"  --root DIR           look for proc, sys and boot of the running kernel under DIR\n"
"\n"
"Exit: 0 fixed; 1 dormant or mitigated; 2 affected; 3 unknown; 64 usage. Of several kernels\n"
"the worst counts, in the order 2, 3, 1, 0.\n";
/* clang-format on */

enum style { STYLE_TEXT, STYLE_EXPLAIN, STYLE_JSON, STYLE_NAGIOS, STYLE_QUIET };

struct job {
	char *path; /* NULL: the running kernel */
	struct check_answer *answers;
	bool done;
};

static struct {
	enum style style;
	const char *prometheus;
	struct check_options options;
	struct kernel_bytes map;
	struct job *jobs;
	size_t count, room, next;
	pthread_mutex_t lock;
	pthread_cond_t finished;
} run = { .lock = PTHREAD_MUTEX_INITIALIZER, .finished = PTHREAD_COND_INITIALIZER };

static void job_add(const char *path)
{
	char *copy = path ? strdup(path) : NULL;

	if (run.count == run.room) {
		run.room = run.room ? 2 * run.room : 64;
		run.jobs = realloc(run.jobs, run.room * sizeof(*run.jobs));
	}
	if (!run.jobs || (path && !copy))
		die(EXIT_UNKNOWN, "out of memory");
	run.jobs[run.count++] = (struct job){ .path = copy };
}

static void jobs_free(void)
{
	while (run.count)
		free(run.jobs[--run.count].path);
	free(run.jobs);
}

static void files_from(const char *path)
{
	FILE *list = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	if (!list)
		die(EXIT_UNKNOWN, "cannot open %s: %m", path);
	while ((length = getline(&line, &room, list)) > 0) {
		if (line[length - 1] == '\n')
			line[--length] = '\0';
		if (length)
			job_add(line);
	}
	free(line);
	if (list != stdin)
		fclose(list);
}

static void map_read(const char *path)
{
	char why[REASON_SIZE];

	if (!kernel_read_file(path, &run.map, why))
		die(EXIT_UNKNOWN, "%s: %s", path, why);
	run.options.map = (const char *)run.map.data;
	run.options.map_size = run.map.size;
}

static void arguments_read(int argc, char **argv)
{
	bool listed = false;
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (option) {
		case 'm': map_read(optarg); break;
		case 'f':
			files_from(optarg);
			listed = true;
			break;
		case 'e': run.style = STYLE_EXPLAIN; break;
		case 'j': run.style = STYLE_JSON; break;
		case 'n': run.style = STYLE_NAGIOS; break;
		case 'q': run.style = STYLE_QUIET; break;
		case 'p': run.prometheus = optarg; break;
		case 'r': run.options.root = optarg; break;
		case 'V': puts("icache-ipi-check " ICACHE_IPI_VERSION); exit(EXIT_GOOD);
		case 'h': fputs(help, stdout); exit(EXIT_GOOD);
		default: say("try --help"); exit(EXIT_USAGE);
		}
	}
	for (; optind < argc; optind++)
		job_add(argv[optind]);
	if (listed && !run.count)
		die(EXIT_UNKNOWN, "the list of files is empty: nothing was checked");
	if (run.options.map && run.count != 1)
		die_usage("--map goes with exactly one kernel");
	if (!run.count)
		job_add(NULL);
}

static void *worker(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&run.lock);
	while (run.next < run.count) {
		struct job *job = &run.jobs[run.next++];

		pthread_mutex_unlock(&run.lock);
		if (job->path)
			check_input(job->path, &run.options, &job->answers);
		else
			check_live(&run.options, &job->answers);
		pthread_mutex_lock(&run.lock);
		job->done = true;
		pthread_cond_broadcast(&run.finished);
	}
	pthread_mutex_unlock(&run.lock);
	return NULL;
}

static void answer_print(const struct check_answer *answer)
{
	if (run.style == STYLE_JSON && !check_print_json(stdout, answer))
		die(EXIT_UNKNOWN, "cannot print a result: out of memory, or output closed");
	if (run.style == STYLE_TEXT || run.style == STYLE_EXPLAIN)
		check_print_text(stdout, answer, run.style == STYLE_EXPLAIN);
	fflush(stdout);
}

/* Print answers in the order of the command line, each as soon as those before it are done. */
static struct check_answer *answers_collect(void)
{
	struct check_answer *all = NULL, **end = &all;

	for (size_t i = 0; i < run.count; i++) {
		pthread_mutex_lock(&run.lock);
		while (!run.jobs[i].done)
			pthread_cond_wait(&run.finished, &run.lock);
		pthread_mutex_unlock(&run.lock);
		*end = run.jobs[i].answers;
		for (; *end; end = &(*end)->next)
			answer_print(*end);
	}
	return all;
}

static struct check_answer *jobs_run(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = cpus < 1 ? 1 : cpus > JOBS_MAXIMUM ? JOBS_MAXIMUM : cpus, started = 0;
	pthread_t threads[JOBS_MAXIMUM];
	struct check_answer *answers;

	while (run.count > 1 && started < count && started < run.count &&
	       !pthread_create(&threads[started], NULL, worker, NULL))
		started++;
	if (!started)
		worker(NULL);
	answers = answers_collect();
	while (started)
		pthread_join(threads[--started], NULL);
	return answers;
}

int main(int argc, char **argv)
{
	enum exit_code code = EXIT_GOOD;
	struct check_answer *answers;
	char why[REASON_SIZE];

	say_begin("icache-ipi-check");
	run.options.root = "";
	arguments_read(argc, argv);
	answers = jobs_run();
	for (const struct check_answer *answer = answers; answer; answer = answer->next)
		code = exit_worst(code, verdict_exit(answer->finding.judgement.verdict));
	if (run.style == STYLE_NAGIOS)
		check_print_nagios(stdout, answers, code);
	if (run.prometheus && !check_print_prometheus(run.prometheus, answers, why))
		die(EXIT_UNKNOWN, "%s", why);
	check_answers_free(answers);
	kernel_bytes_free(&run.map);
	jobs_free();
	return run.prometheus ? EXIT_GOOD : code;
}
