// SPDX-License-Identifier: GPL-2.0-only
/*
 * prometheus.c: a textfile for node_exporter, replaced in one step
 *
 * One series per verdict and input, 1 for the one that holds. Labels carry no free text: reasons
 * change and every change would be a new series.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check/check.h"
#include "lib/say.h"
#include "lib/textfile.h"

static void print_input(FILE *to, const struct check_answer *answer)
{
	textfile_label(to, answer->path);
	if (answer->member) {
		fputc(':', to);
		textfile_label(to, answer->member);
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

static void print_metrics(FILE *to, const void *context)
{
	const struct check_answer *const answers = context;
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
	return textfile_replace(path, print_metrics, answers, why);
}
