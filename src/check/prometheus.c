// SPDX-License-Identifier: GPL-2.0-only
/*
 * prometheus.c: a textfile for node_exporter, replaced in one step
 *
 * One series per verdict and input, 1 for the one that holds. Labels carry no free text: reasons
 * change and every change would be a new series.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check/check.h"
#include "lib/say.h"
#include "lib/text.h"

/* A label's value: UTF-8, with backslash, quote and line feed escaped (the exposition format). */
static void print_label(FILE *to, const char *value)
{
	for (const char *end; *value; value = end) {
		end = value + text_step(value);
		if (*value == '\n')
			fputs("\\n", to);
		else if (*value == '\\' || *value == '"')
			fprintf(to, "\\%c", *value);
		else if (text_utf8(value))
			fwrite(value, 1, end - value, to);
		else
			fputc('?', to);
	}
}

static void print_input(FILE *to, const struct check_answer *answer)
{
	print_label(to, answer->path);
	if (answer->member) {
		fputc(':', to);
		print_label(to, answer->member);
	}
}

static char *input_of(const struct check_answer *answer)
{
	char *input = NULL;
	size_t size;
	FILE *to = open_memstream(&input, &size);

	if (to)
		print_input(to, answer);
	if (!to || fclose(to))
		die(EXIT_UNKNOWN, "out of memory");
	return input;
}

static int compare_inputs(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A series may be there once: the collector takes nothing of a file that has one twice. */
static bool is_new(void **seen, const struct check_answer *answer)
{
	char *input = input_of(answer), **node = tsearch(input, seen, compare_inputs);

	if (!node)
		die(EXIT_UNKNOWN, "out of memory");
	if (*node == input)
		return true;
	free(input);
	return false;
}

static void print_series(FILE *to, const struct check_answer *answer)
{
	for (int i = 0; i < VERDICTS; i++) {
		fputs("icache_ipi_kernel_verdict{input=\"", to);
		print_input(to, answer);
		fprintf(to, "\",state=\"%s\"} %d\n", verdict_names[i],
			answer->finding.judgement.verdict == (enum verdict)i);
	}
}

static void print_metrics(FILE *to, const struct check_answer *answers)
{
	void *verdicts = NULL, *infos = NULL;

	fputs("# HELP icache_ipi_kernel_verdict Does setting executable user ptes interrupt all "
	      "CPUs? 1 for the state that holds.\n"
	      "# TYPE icache_ipi_kernel_verdict gauge\n",
	      to);
	for (const struct check_answer *answer = answers; answer; answer = answer->next)
		if (is_new(&verdicts, answer))
			print_series(to, answer);
	fputs("# HELP icache_ipi_check_info The program and the kernel it looked at.\n"
	      "# TYPE icache_ipi_check_info gauge\n",
	      to);
	for (const struct check_answer *answer = answers; answer; answer = answer->next) {
		if (!is_new(&infos, answer))
			continue;
		fputs("icache_ipi_check_info{input=\"", to);
		print_input(to, answer);
		fprintf(to, "\",build_id=\"%s\",version=\"%s\"} 1\n", answer->finding.build_id,
			ICACHE_IPI_VERSION);
	}
	fprintf(to,
		"# HELP icache_ipi_check_timestamp_seconds When this was found out.\n"
		"# TYPE icache_ipi_check_timestamp_seconds gauge\n"
		"icache_ipi_check_timestamp_seconds %lld\n",
		(long long)time(NULL));
	tdestroy(verdicts, free);
	tdestroy(infos, free);
}

bool check_print_prometheus(const char *path, const struct check_answer *answers,
			    char why[static REASON_SIZE])
{
	char *temporary;
	FILE *to = NULL;
	int fd = -1;
	bool done;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		snprintf(why, REASON_SIZE, "out of memory");
		return false;
	}
	fd = mkstemp(temporary);
	if (fd >= 0 && !fchmod(fd, 0644)) /* the collector runs as another user */
		to = fdopen(fd, "w");
	if (to)
		print_metrics(to, answers);
	done = to && !fflush(to) && !ferror(to) && !rename(temporary, path);
	if (!done) {
		snprintf(why, REASON_SIZE, "cannot write %.150s: %s", path, strerror(errno));
		if (fd >= 0)
			unlink(temporary);
	}
	if (to)
		fclose(to);
	else if (fd >= 0)
		close(fd);
	free(temporary);
	return done;
}
