// SPDX-License-Identifier: GPL-2.0-only
/*
 * list.c: strings and lists of them
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backport/backport.h"

bool backport_text_starts(const char *string, const char *start)
{
	return !strncmp(string, start, strlen(start));
}

void backport_list_add(struct backport_list *list, const char *item)
{
	list->items = reallocarray(list->items, list->count + 2, sizeof(*list->items));
	if (!list->items)
		die(EXIT_UNKNOWN, "out of memory");
	list->items[list->count++] = item;
	list->items[list->count] = NULL;
}

bool backport_list_has(const struct backport_list *list, const char *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i], item))
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void backport_list_sort(struct backport_list *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare);
}

char *backport_list_join(const struct backport_list *list, const char *between)
{
	char *joined;
	size_t size;
	FILE *to = open_memstream(&joined, &size);

	for (size_t i = 0; to && i < list->count; i++)
		fprintf(to, "%s%s", i ? between : "", list->items[i]);
	if (!to || fclose(to))
		die(EXIT_UNKNOWN, "out of memory");
	return joined;
}

char *backport_line_next(char **rest)
{
	char *line = *rest, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	*rest = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return line;
}

void backport_refuse(const char *what, const char *next)
{
	say("%s", what);
	die(EXIT_UNKNOWN, "%s", next);
}

char *backport_lines_without(const char *string, bool (*is_out)(const char *line, const void *what),
			     const void *what)
{
	char *rest = text("%s", string), *line;
	char *made = text("%s\n", string), *to = made; /* the most that it can be */

	while ((line = backport_line_next(&rest)))
		if (!is_out(line, what))
			to = stpcpy(stpcpy(to, line), "\n");
	*to = '\0';
	return made;
}
