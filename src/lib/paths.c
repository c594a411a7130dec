// SPDX-License-Identifier: GPL-2.0-only
/*
 * paths.c: what matches a pattern below a folder
 *
 * Not in the workload: glob() brings the name service into a static program, for "~".
 */
#include <stdio.h>
#include <string.h>

#include "lib/paths.h"

size_t paths_find(const char *root, const char *pattern, glob_t *found)
{
	const size_t length = strlen(root);
	char path[4096];
	size_t used = 0;

	*found = (glob_t){ 0 };
	/* A folder may have any name; only @pattern is one. */
	for (size_t i = 0; i < length && used + 2 < sizeof(path); i++) {
		if (strchr("*?[]\\", root[i]))
			path[used++] = '\\';
		path[used++] = root[i];
	}
	if ((size_t)snprintf(path + used, sizeof(path) - used, "/%s", pattern) >=
		    sizeof(path) - used ||
	    glob(path, 0, NULL, found))
		return 0;
	/* As said in the header, whatever glob() makes of it. */
	for (size_t i = 0; i < found->gl_pathc; i++)
		if (strncmp(found->gl_pathv[i], root, length))
			return 0;
	return found->gl_pathc;
}
