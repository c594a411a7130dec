// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbols.c: names and places of a kernel's functions, whatever table they came from
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/symbols.h"

/* Bytes of all names together; kernels have up to 10 MiB. */
#define NAMES_MAXIMUM (64u << 20)

/*
 * Room for @more elements of @size bytes after @used: the memory, moved or not, or NULL. Doubles,
 * so that adding stays cheap.
 */
static void *grow(void *memory, size_t *room, size_t used, size_t more, size_t size)
{
	size_t wanted = *room ? *room : 4096;

	while (wanted < used + more)
		wanted *= 2;
	if (wanted == *room)
		return memory;
	memory = realloc(memory, wanted * size);
	if (memory)
		*room = wanted;
	return memory;
}

bool kernel_symbols_add(struct kernel_symbols *symbols, uint64_t offset, char type,
			const char *name, size_t length)
{
	struct kernel_symbol *symbol;
	void *memory;

	if (symbols->count >= SYMBOLS_MAXIMUM || symbols->names_used + length + 1 > NAMES_MAXIMUM)
		return false;
	memory = grow(symbols->list, &symbols->room, symbols->count, 1, sizeof(*symbol));
	if (!memory)
		return false;
	symbols->list = memory;
	memory = grow(symbols->names, &symbols->names_room, symbols->names_used, length + 1, 1);
	if (!memory)
		return false;
	symbols->names = memory;
	symbol = &symbols->list[symbols->count++];
	symbol->offset = offset;
	symbol->type = type;
	symbol->name = symbols->names_used;
	memcpy(symbols->names + symbols->names_used, name, length);
	symbols->names[symbols->names_used + length] = '\0';
	symbols->names_used += length + 1;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct kernel_symbol *left = a, *right = b;

	if (left->offset != right->offset)
		return left->offset < right->offset ? -1 : 1;
	return (left->name > right->name) - (left->name < right->name);
}

void kernel_symbols_sort(struct kernel_symbols *symbols)
{
	for (size_t i = 1; i < symbols->count; i++) {
		if (symbols->list[i - 1].offset <= symbols->list[i].offset)
			continue;
		qsort(symbols->list, symbols->count, sizeof(*symbols->list), compare);
		return;
	}
}

void kernel_symbols_free(struct kernel_symbols *symbols)
{
	free(symbols->list);
	free(symbols->names);
	memset(symbols, 0, sizeof(*symbols));
}

/* Names of places, not of functions. */
static bool is_marker(const char *name)
{
	static const char *const places[] = { "_head",	"_text",      "_stext",
					      "_etext", "_sinittext", "_einittext" };
	const char *end = strrchr(name, '_');

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!strcmp(name, places[i]))
			return true;
	return *name == '$' ||
	       (end && (!strcmp(end, "_start") || !strcmp(end, "_end")) && strstr(name, "text"));
}

bool kernel_symbol_is_function(const struct kernel_symbols *symbols,
			       const struct kernel_symbol *symbol)
{
	return kernel_symbol_is_text(symbol) && !is_marker(kernel_symbol_name(symbols, symbol));
}

void kernel_symbols_keep_functions(struct kernel_symbols *symbols)
{
	size_t kept = 0;

	for (size_t i = 0; i < symbols->count; i++)
		if (kernel_symbol_is_function(symbols, &symbols->list[i]))
			symbols->list[kept++] = symbols->list[i];
	symbols->count = kept;
}

bool kernel_symbol_name_is(const char *name, const char *wanted)
{
	size_t length = strlen(wanted);

	return !strncmp(name, wanted, length) &&
	       (name[length] == '\0' || name[length] == '.' || name[length] == '$');
}

const struct kernel_symbol *kernel_symbols_find(const struct kernel_symbols *symbols,
						const char *name, bool exact, size_t *copies)
{
	const struct kernel_symbol *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < symbols->count; i++) {
		const char *other = kernel_symbol_name(symbols, &symbols->list[i]);

		if (exact ? strcmp(other, name) : !kernel_symbol_name_is(other, name))
			continue;
		/* The plain name is the function itself, a suffixed one only a part of it. */
		if (!found || !strcmp(other, name))
			found = &symbols->list[i];
		count++;
	}
	if (copies)
		*copies = count;
	return found;
}

/* Index of the first symbol at or after @offset. */
static size_t lower_bound(const struct kernel_symbols *symbols, uint64_t offset)
{
	size_t low = 0, high = symbols->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->list[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct kernel_symbol *kernel_symbols_at(const struct kernel_symbols *symbols, uint64_t offset)
{
	for (size_t i = lower_bound(symbols, offset);
	     i < symbols->count && symbols->list[i].offset == offset; i++)
		if (kernel_symbol_is_text(&symbols->list[i]))
			return &symbols->list[i];
	return NULL;
}

const struct kernel_symbol *kernel_symbols_covering(const struct kernel_symbols *symbols,
						    uint64_t offset)
{
	for (size_t i = lower_bound(symbols, offset + 1); i-- > 0;)
		if (kernel_symbol_is_text(&symbols->list[i]))
			return kernel_symbols_at(symbols, symbols->list[i].offset);
	return NULL;
}

uint64_t kernel_symbols_end_of(const struct kernel_symbols *symbols, uint64_t offset,
			       uint64_t limit)
{
	for (size_t i = lower_bound(symbols, offset + 1); i < symbols->count; i++)
		if (kernel_symbol_is_text(&symbols->list[i]))
			return symbols->list[i].offset < limit ? symbols->list[i].offset : limit;
	return limit;
}
