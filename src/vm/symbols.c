// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbols.c: names for addresses, from the System.map of the kernel that runs
 *
 * Only code counts: types t, T, w, W. A map of another build would give wrong names with all
 * confidence, so the Image itself must have its banner where the map says linux_banner is, and the
 * map's functions in its own table of symbols (kernel/kallsyms.c, KALLSYMS_BASE_RELATIVE).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm/vm.h"

/* A distribution's System.map has 10 MB, its Image 40. */
#define FILE_MAX_SIZE (512l << 20)
/* The last function of the map ends somewhere; none is larger. */
#define LAST_SIZE_MAX (1u << 16)

/* Where code begins and ends, and code that is gone after boot, in the order of struct vm_symbols. */
static const char *const code_markers[] = { "_stext", "_etext", "_sinittext", "_einittext" };
#define CODE_MARKERS (sizeof(code_markers) / sizeof(code_markers[0]))

/* Which of them @name is; CODE_MARKERS: none. */
static size_t code_marker(const char *name)
{
	size_t i = 0;

	while (i < CODE_MARKERS && strcmp(name, code_markers[i]))
		i++;
	return i;
}

/* Names of places, not of functions: "__irqentry_text_start" is where the first one begins. */
static bool is_marker(const char *name)
{
	const char *end = strrchr(name, '_');

	return code_marker(name) < CODE_MARKERS || !strcmp(name, "_text") || !strcmp(name, "_head") ||
	       *name == '$' || (end && (!strcmp(end, "_start") || !strcmp(end, "_end")) &&
				strstr(name, "text"));
}

static int compare_symbols(const void *a, const void *b)
{
	const struct vm_symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->name < y->name ? -1 : 1;	/* both point into the map: its order */
}

/* One line, "ADDRESS TYPE NAME", cut into its words in place; false when it is none. */
static bool parse_line(char *line, uint64_t *address, char *type, char **name)
{
	char *end;

	*address = strtoull(line, &end, 16);
	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ' || !end[3])
		return false;
	*type = end[1];
	*name = end + 3;
	return true;
}

const char *vm_symbols_parse(struct vm_symbols *symbols, char *text)
{
	size_t room = 0;

	*symbols = (struct vm_symbols) { .text = text };
	for (char *line = text, *next; line; line = next) {
		uint64_t address;
		char type, *name;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!parse_line(line, &address, &type, &name))
			continue;
		if (!strcmp(name, "_text"))
			symbols->text_address = address;
		else if (!strcmp(name, "linux_banner"))
			symbols->banner_address = address;
		else if (!strcmp(name, "kallsyms_offsets"))
			symbols->offsets_address = address;
		else if (!strcmp(name, "kallsyms_num_syms"))
			symbols->number_address = address;
		else if (code_marker(name) < CODE_MARKERS)
			symbols->code[code_marker(name)] = address;
		if (!strchr("tTwW", type) || is_marker(name))
			continue;
		if (symbols->count == room) {
			room = room ? 2 * room : 4096;
			symbols->list = realloc(symbols->list, room * sizeof(*symbols->list));
			if (!symbols->list)
				return "needs more memory than there is";
		}
		symbols->list[symbols->count++] = (struct vm_symbol) { address, name };
	}
	if (!symbols->count || !symbols->text_address)
		return "is not a System.map";
	qsort(symbols->list, symbols->count, sizeof(*symbols->list), compare_symbols);
	return NULL;
}

const char *vm_symbols_find(const struct vm_symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols->count;

	/* [low - 1] is the last one at or below the address. */
	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (symbols->list[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || (low == symbols->count &&
		     address - symbols->list[low - 1].address >= LAST_SIZE_MAX))
		return NULL;
	/* Of several names at one address the first in the map. */
	for (low--; low && symbols->list[low - 1].address == symbols->list[low].address;)
		low--;
	return symbols->list[low].name;
}

uint64_t vm_symbols_kernel_bits(const struct vm_symbols *symbols)
{
	uint64_t bits = 0;

	for (int bit = 63; bit >= 0 && symbols->text_address >> bit & 1; bit--)
		bits |= 1ull << bit;
	return bits;
}

/* A whole file and a 0 behind it; NULL: errno says why. */
static char *read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char *text = NULL;
	ssize_t got = 1;

	*size = 0;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) || status.st_size > FILE_MAX_SIZE)
		errno = EFBIG;
	else
		text = malloc(status.st_size + 1);
	while (text && got > 0 && *size < (size_t)status.st_size) {
		got = read(fd, text + *size, status.st_size - *size);
		*size += got > 0 ? got : 0;
	}
	if (text)
		text[*size] = '\0';
	close(fd);
	return text;
}

/* The Image's bytes at @address, @size of them, or NULL. */
static const char *find_bytes(const struct vm_symbols *symbols, const char *image, size_t image_size,
			      uint64_t address, uint64_t size)
{
	const uint64_t offset = address - symbols->text_address;

	return address > symbols->text_address && offset < image_size &&
	       size <= image_size - offset ? image + offset : NULL;
}

/*
 * Parts that are linked into the Image without being of the kernel, and with KALLSYMS_ALL off all that
 * is in neither range of code, are not in the table (scripts/kallsyms.c).
 */
static bool is_in_table(const struct vm_symbols *symbols, const struct vm_symbol *symbol)
{
	const uint64_t *code = symbols->code, address = symbol->address;

	return strncmp(symbol->name, "__efistub_", 10) && strncmp(symbol->name, "__kvm_nvhe_", 11) &&
	       (!code[0] || (address >= code[0] && address < code[1]) ||
		(address >= code[2] && address < code[3]));
}

/*
 * Both are sorted; the table counts from @base. In the kernels of the proof not one is missing. A map
 * that is wrong about one name in a thousand still names stacks, and one that is refused for what a
 * linker does names none.
 */
static bool fits_table(const struct vm_symbols *symbols, uint64_t base, const uint32_t *table,
		       uint32_t count)
{
	size_t at = 0, sought = 0, missing = 0;

	for (size_t i = 0; i < symbols->count; i++) {
		const uint64_t wanted = symbols->list[i].address - base;

		if (!is_in_table(symbols, &symbols->list[i]))
			continue;
		while (at < count && table[at] < wanted)
			at++;
		sought++;
		missing += at == count || table[at] != wanted;
	}
	return sought && missing <= sought / 1000;
}

static bool fits_image(const struct vm_symbols *symbols, const char *image, size_t size)
{
	static const char banner[] = "Linux version ";
	const char *found = find_bytes(symbols, image, size, symbols->banner_address,
				       sizeof(banner));
	uint32_t count = 0, *table;
	bool fits;

	if (!found || memcmp(found, banner, sizeof(banner) - 1))
		return false;
	found = find_bytes(symbols, image, size, symbols->number_address, sizeof(count));
	if (!found)
		return true;	/* built without a table */
	memcpy(&count, found, sizeof(count));
	found = find_bytes(symbols, image, size, symbols->offsets_address,
			   sizeof(*table) * (uint64_t)count);
	if (!found)
		return true;
	table = malloc(sizeof(*table) * count + 1);
	if (!table)
		return false;
	memcpy(table, found, sizeof(*table) * count);
	/* With KALLSYMS_ALL its first symbol is _text, without it is the first of the code. */
	fits = fits_table(symbols, symbols->text_address, table, count) ||
	       fits_table(symbols, symbols->code[0], table, count);
	free(table);
	return fits;
}

const char *vm_symbols_load(struct vm_symbols *symbols, const char *map, const char *image)
{
	size_t map_size, image_size;
	char *text = read_file(map, &map_size), *code;
	const char *error;

	*symbols = (struct vm_symbols) { 0 };
	if (!text)
		return strerror(errno);
	code = read_file(image, &image_size);
	error = vm_symbols_parse(symbols, text);
	if (!error && (!code || !fits_image(symbols, code, image_size)))
		error = "belongs to another kernel than the Image";
	free(code);
	if (error)
		vm_symbols_release(symbols);
	return error;
}

/* "TREE/arch/arm64/boot/Image" has it in TREE, "vmlinuz-X" beside it as "System.map-X". */
bool vm_symbols_find_map(const char *image, char *map, size_t size)
{
	static const char *const places[] = { "%.*s/../../../System.map", "%.*s/System.map",
					      "%.*s/System.map%s" };
	const char *slash = strrchr(image, '/'), *dash = strchr(slash ? slash : image, '-');
	const char *directory = slash ? image : ".";
	const int length = slash ? (int)(slash - image) : 1;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (i == 2 && !dash)
			break;
		if ((size_t)snprintf(map, size, places[i], length, directory, dash) < size &&
		    !access(map, R_OK))
			return true;
	}
	return false;
}

void vm_symbols_release(struct vm_symbols *symbols)
{
	free(symbols->list);
	free(symbols->text);
	*symbols = (struct vm_symbols) { 0 };
}
