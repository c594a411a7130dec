// SPDX-License-Identifier: GPL-2.0-only
/*
 * prometheus.c: a textfile for node_exporter, replaced in one step
 *
 * One series per verdict and input, 1 for the one that holds. Labels carry no free text: reasons
 * change and every change would be a new series.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check/check.h"

/* A label's value: backslash, quote and line feed are escaped (the exposition format). */
static void print_label(FILE *to, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", to);
		else if (*value == '\\' || *value == '"')
			fprintf(to, "\\%c", *value);
		else
			fputc(*value, to);
	}
}

static void print_series(FILE *to, const struct check_answer *answer)
{
	for (int i = 0; i < VERDICTS; i++) {
		fputs("icache_ipi_kernel_verdict{input=\"", to);
		print_label(to, answer->path);
		if (answer->member) {
			fputc(':', to);
			print_label(to, answer->member);
		}
		fprintf(to, "\",state=\"%s\"} %d\n", verdict_names[i],
			answer->finding.judgement.verdict == (enum verdict)i);
	}
}

static void print_metrics(FILE *to, const struct check_answer *answers)
{
	fputs("# HELP icache_ipi_kernel_verdict Does setting executable user ptes interrupt all "
	      "CPUs? 1 for the state that holds.\n"
	      "# TYPE icache_ipi_kernel_verdict gauge\n", to);
	for (const struct check_answer *answer = answers; answer; answer = answer->next)
		print_series(to, answer);
	fputs("# HELP icache_ipi_check_info The program and the kernel it looked at.\n"
	      "# TYPE icache_ipi_check_info gauge\n", to);
	for (const struct check_answer *answer = answers; answer; answer = answer->next) {
		fputs("icache_ipi_check_info{input=\"", to);
		print_label(to, answer->path);
		if (answer->member) {
			fputc(':', to);
			print_label(to, answer->member);
		}
		fprintf(to, "\",build_id=\"%s\",version=\"%s\"} 1\n", answer->finding.build_id,
			ICACHE_IPI_VERSION);
	}
	fprintf(to, "# HELP icache_ipi_check_timestamp_seconds When this was found out.\n"
		"# TYPE icache_ipi_check_timestamp_seconds gauge\n"
		"icache_ipi_check_timestamp_seconds %lld\n", (long long)time(NULL));
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
	if (fd >= 0 && !fchmod(fd, 0644))	/* the collector runs as another user */
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
