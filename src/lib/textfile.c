// SPDX-License-Identifier: GPL-2.0-only
/*
 * textfile.c: a file for node_exporter's textfile collector, and the labels in it
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/text.h"
#include "lib/textfile.h"

void textfile_label(FILE *to, const char *value)
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

bool textfile_replace(const char *path, void (*print)(FILE *to, const void *context),
		      const void *context, char why[static TEXTFILE_REASON_SIZE])
{
	char *temporary;
	FILE *to = NULL;
	int fd = -1;
	bool done;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		snprintf(why, TEXTFILE_REASON_SIZE, "out of memory");
		return false;
	}
	fd = mkstemp(temporary);
	if (fd >= 0 && !fchmod(fd, 0644))
		to = fdopen(fd, "w");
	if (to)
		print(to, context);
	done = to && !fflush(to) && !ferror(to) && !rename(temporary, path);
	if (!done) {
		snprintf(why, TEXTFILE_REASON_SIZE, "cannot write %.150s: %s", path,
			 strerror(errno));
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
