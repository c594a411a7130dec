// SPDX-License-Identifier: GPL-2.0-only
/*
 * names.c: the running kernel's functions, from /proc/kallsyms
 */
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "who/who.h"

/* Of a file in proc: 64 MiB is ten times what a kernel of a distribution has. */
#define KALLSYMS_MAX (64u << 20)
#define MODULES_MAX (1u << 20)
/* No function is longer: what lies further behind one is none of it. */
#define FUNCTION_MAX (64u << 10)

struct name {
	uint64_t address;
	const char *text; /* into names.kallsyms */
};

struct who_names {
	char *root, *kallsyms, *modules;
	struct name *list;
	size_t count, room;
};

static char *read_file(const char *root, const char *name, size_t limit)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", root, name) >= sizeof(path))
		return NULL;
	return file_read(path, limit, NULL);
}

static int compare_names(const void *a, const void *b)
{
	const struct name *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

static bool add_name(struct who_names *names, uint64_t address, const char *text)
{
	if (names->count == names->room) {
		const size_t room = names->room ? 2 * names->room : 65536;
		struct name *list = realloc(names->list, room * sizeof(*list));

		if (!list)
			return false;
		names->list = list;
		names->room = room;
	}
	names->list[names->count++] = (struct name){ address, text };
	return true;
}

/* "ffff800010010000 T name\t[module]": functions stay; "$x" marks code in modules and is no name. */
static bool parse_line(struct who_names *names, char *line)
{
	char *at, *name;
	const uint64_t address = strtoull(line, &at, 16);

	if (at == line || *at != ' ' || !at[1] || at[2] != ' ' || !strchr("tTwW", at[1]))
		return true;
	name = at + 3;
	if (!*name || *name == '$' || !address)
		return true;
	name[strcspn(name, "\t ")] = '\0';
	return add_name(names, address, name);
}

static bool parse(struct who_names *names)
{
	char *rest;

	names->count = 0;
	for (char *line = strtok_r(names->kallsyms, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (!parse_line(names, line))
			return false;
	if (names->count)
		qsort(names->list, names->count, sizeof(*names->list), compare_names);
	return true;
}

struct who_names *who_names_read(const char *root, char why[static WHO_REASON_SIZE])
{
	struct who_names *names = calloc(1, sizeof(*names));
	bool parsed = false;

	if (names) {
		names->root = strdup(root);
		names->modules = read_file(root, "proc/modules", MODULES_MAX);
		names->kallsyms = read_file(root, "proc/kallsyms", KALLSYMS_MAX);
		parsed = names->root && names->kallsyms && parse(names);
	}
	if (parsed && names->count)
		return names;
	if (!names || (names->kallsyms && !parsed))
		snprintf(why, WHO_REASON_SIZE, "there is no memory for the kernel's names");
	else if (!names->kallsyms)
		snprintf(why, WHO_REASON_SIZE,
			 "cannot read /proc/kallsyms: mount /proc, or boot a kernel with "
			 "CONFIG_KALLSYMS");
	else
		snprintf(why, WHO_REASON_SIZE,
			 "/proc/kallsyms hides the addresses of functions: run this as root, with "
			 "'sysctl kernel.kptr_restrict=1'");
	who_names_free(names);
	return NULL;
}

void who_names_refresh(struct who_names *names)
{
	char why[WHO_REASON_SIZE], *modules = read_file(names->root, "proc/modules", MODULES_MAX);
	const bool same = modules && names->modules && !strcmp(modules, names->modules);
	struct who_names *fresh;

	free(modules);
	if (same || !(fresh = who_names_read(names->root, why)))
		return;
	free(names->root);
	free(names->kallsyms);
	free(names->modules);
	free(names->list);
	*names = *fresh;
	free(fresh);
}

const char *who_names_find(const struct who_names *names, uint64_t address)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (names->list[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - names->list[low - 1].address > FUNCTION_MAX)
		return NULL;
	/* Of several names for one function the first in the table. */
	while (low > 1 && names->list[low - 2].address == names->list[low - 1].address)
		low--;
	return names->list[low - 1].text;
}

uint64_t who_names_address(const struct who_names *names, const char *name, uint64_t *size)
{
	for (size_t i = 0; i < names->count; i++) {
		const uint64_t start = names->list[i].address;
		size_t next = i + 1;

		if (strcmp(names->list[i].text, name))
			continue;
		while (next < names->count && names->list[next].address == start)
			next++;
		*size = next < names->count ? names->list[next].address - start : FUNCTION_MAX;
		return start;
	}
	return 0;
}

void who_names_free(struct who_names *names)
{
	if (!names)
		return;
	free(names->root);
	free(names->kallsyms);
	free(names->modules);
	free(names->list);
	free(names);
}
