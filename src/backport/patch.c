// SPDX-License-Identifier: GPL-2.0-only
/*
 * patch.c: a patch of ours as a package carries it
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "backport/backport.h"

/* The value of a field of the mail header, or NULL. */
static char *field(const char *mail, const char *name)
{
	char *rest = text("%s", mail), *line;

	while ((line = backport_line_next(&rest)) && *line)
		if (backport_text_starts(line, name))
			return line + strlen(name);
	return NULL;
}

/* "arm64: Do not ..." -> "arm64-do-not-..." */
static char *slug(const char *subject)
{
	char *made = text("%s", subject), *to = made;

	for (const char *from = subject; *from; from++) {
		if (isalnum((unsigned char)*from))
			*to++ = tolower((unsigned char)*from);
		else if (to > made && to[-1] != '-')
			*to++ = '-';
	}
	while (to > made && to[-1] == '-')
		to--;
	*to = '\0';
	return made;
}

static struct backport_patch patch_read(const char *path)
{
	struct backport_patch patch = { .content = backport_file_read(path, NULL) };
	const char *origin;

	if (!patch.content)
		die(EXIT_UNKNOWN, "cannot read %s: %m", path);
	patch.subject = field(patch.content, "Subject: ");
	origin = strstr(patch.content, "\nOrigin: ");
	if (!patch.subject || !origin)
		die(EXIT_UNKNOWN, "%s has no Subject or no Origin (DEP-3)", path);
	patch.name = text("%s.patch", slug(patch.subject));
	/* It came from upstream: nobody need send it there. */
	if (!field(patch.content, "Forwarded: "))
		patch.content = text("%.*s\nForwarded: not-needed%s", (int)(origin - patch.content),
				     patch.content, origin);
	return patch;
}

struct backport_patch *backport_patches_read(const struct backport_plan *plan, size_t *count)
{
	struct backport_patch *patches = NULL;

	*count = 0;
	for (size_t i = 0; i < plan->count; i++) {
		const struct backport_list paths = backport_series_patches(&plan->series[i]);

		for (size_t j = 0; j < paths.count; j++) {
			patches = reallocarray(patches, *count + 1, sizeof(*patches));
			if (!patches)
				die(EXIT_UNKNOWN, "out of memory");
			patches[(*count)++] = patch_read(paths.items[j]);
		}
	}
	return patches;
}
