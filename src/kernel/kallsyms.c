// SPDX-License-Identifier: GPL-2.0-only
/*
 * kallsyms.c: the symbol table a kernel carries inside itself, found by its structure
 *
 * What scripts/kallsyms.c of a kernel writes (4.6 to 7.x), in this order in .rodata:
 *
 *   to 6.3     addresses, base, number, names, markers, [sequence], tokens, token index
 *   from 6.4   number, names, markers, tokens, token index, addresses, [base], sequence
 *
 * names: per symbol a length (one byte, or two when bit 7 of the first is set) and that many
 * token numbers; expanded, the first character is the type nm(1) prints. markers: where in
 * names each 256th symbol starts. tokens: 256 strings; token index: where each starts.
 *
 * The search starts from what cannot be mistaken, the tokens of the ten digits, and goes from
 * there to each neighbour, believing none before its content agrees with what is known so far.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/kallsyms.h"

enum { TOKENS = 256, NAME_MAXIMUM = 520, MARKER_STEP = 256 };

/* Kernels of 4.19 to 7.2 take less than 20 million steps; this many take 0.2 s. */
static const uint64_t work_maximum = 100 * 1000 * 1000;

struct tables {
	const uint8_t *image;
	size_t size;
	bool big_endian;
	size_t tokens, token_index; /* where each table starts, in bytes from image */
	size_t markers, names;
	unsigned int marker_width; /* bytes: 4, or 8 before 4.20 */
	uint32_t count;		   /* symbols */
	size_t count_at;
	size_t addresses;
	enum kernel_kallsyms_encoding encoding;
	uint16_t token_at[TOKENS];
	uint64_t *work; /* steps left: a hostile image must not cost hours */
};

static uint64_t read_unsigned(const struct tables *tables, size_t at, unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value |= (uint64_t)tables->image[at + i]
			 << 8 * (tables->big_endian ? width - 1 - i : i);
	return value;
}

/* Account for @steps; false once the budget is spent. */
static bool work(const struct tables *tables, uint64_t steps)
{
	*tables->work -= steps < *tables->work ? steps : *tables->work;
	return *tables->work > 0;
}

static size_t align_up(size_t value, size_t alignment)
{
	return (value + alignment - 1) / alignment * alignment;
}

static bool all_zero(const struct tables *tables, size_t from, size_t to)
{
	for (; from < to; from++)
		if (tables->image[from])
			return false;
	return true;
}

/* Is there an index at @at for tokens of which the one for "0" is at @digits? */
static bool token_index_fits(struct tables *tables, size_t at, size_t digits)
{
	uint16_t *token_at = tables->token_at;

	if (read_unsigned(tables, at, 2) != 0)
		return false;
	for (int i = 0; i < TOKENS; i++) {
		token_at[i] = read_unsigned(tables, at + 2 * i, 2);
		if (i > 0 && token_at[i] <= token_at[i - 1])
			return false;
		if (i > '0' && i <= '9' && token_at[i] != token_at['0'] + 2 * (i - '0'))
			return false;
	}
	if (token_at['0'] > digits || digits - token_at['0'] + token_at[TOKENS - 1] >= at)
		return false;
	tables->tokens = digits - token_at['0'];
	tables->token_index = at;
	for (int i = 1; i < TOKENS; i++)
		if (tables->image[tables->tokens + token_at[i] - 1])
			return false;
	return true;
}

/* From the digits' tokens at @digits forward to the index of all tokens, either byte order. */
static bool find_token_index(struct tables *tables, size_t digits)
{
	size_t last = digits + 65536;

	if (last > tables->size - 2 * TOKENS)
		last = tables->size - 2 * TOKENS;
	for (size_t at = align_up(digits, 2); at <= last && work(tables, 1); at += 2) {
		if (tables->image[at] || tables->image[at + 1])
			continue;
		for (int order = 0; order < 2; order++) {
			tables->big_endian = order;
			if (token_index_fits(tables, at, digits))
				return true;
		}
	}
	return false;
}

/* Bytes of the entry at @at, its length included; 0 when it does not end before @end. */
static size_t name_size(const struct tables *tables, size_t at, size_t end, size_t *length_bytes)
{
	size_t length, bytes = 1;

	if (at >= end)
		return 0;
	length = tables->image[at];
	if (length & 0x80) {
		if (at + 1 >= end)
			return 0;
		length = (length & 0x7f) | (size_t)tables->image[at + 1] << 7;
		bytes = 2;
	}
	if (!length || length > NAME_MAXIMUM || at + bytes + length > end)
		return 0;
	if (length_bytes)
		*length_bytes = bytes;
	return bytes + length;
}

static uint64_t marker(const struct tables *tables, size_t i)
{
	return read_unsigned(tables, tables->markers + i * tables->marker_width,
			     tables->marker_width);
}

/* Walk @count names from tables->names: every 256th must start where its marker says. */
static bool names_meet_markers(const struct tables *tables, uint32_t count)
{
	size_t at = tables->names;

	for (uint32_t i = 0; i < count; i++) {
		size_t size;

		if (i % MARKER_STEP == 0 && at - tables->names != marker(tables, i / MARKER_STEP))
			return false;
		size = name_size(tables, at, tables->markers, NULL);
		if (!size || !work(tables, 1))
			return false;
		at += size;
	}
	return tables->markers - at < 260 && all_zero(tables, at, tables->markers);
}

/* The number of symbols stands right before the names: 4 bytes, or 8 and a 256-byte alignment. */
static bool find_count(struct tables *tables, size_t entries)
{
	static const struct {
		unsigned int before, width;
	} places[] = {
		{ 4, 4 }, { 8, 4 }, { 8, 8 }, { 256, 8 }, { 256, 4 },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint64_t count;

		if (tables->names < places[i].before)
			continue;
		tables->count_at = tables->names - places[i].before;
		count = read_unsigned(tables, tables->count_at, places[i].width);
		if (!count || count > SYMBOLS_MAXIMUM ||
		    (count + MARKER_STEP - 1) / MARKER_STEP != entries ||
		    !all_zero(tables, tables->count_at + places[i].width, tables->names) ||
		    !names_meet_markers(tables, count))
			continue;
		tables->count = count;
		return true;
	}
	return false;
}

/*
 * Names end shortly before the markers, and the last marker says where the last (up to) 256 of
 * them start: that leaves a short stretch in which the names can begin. Cheap test first.
 */
static bool find_names(struct tables *tables, size_t entries)
{
	uint64_t last = marker(tables, entries - 1);
	size_t high, low;

	if (last >= tables->markers)
		return false;
	high = tables->markers - last;
	low = high > MARKER_STEP * (NAME_MAXIMUM + 2) + 260 ?
		      high - MARKER_STEP * (NAME_MAXIMUM + 2) - 260 :
		      0;
	for (size_t at = high / 4 * 4; at >= 4 && at >= low && work(tables, 1); at -= 4) {
		tables->names = at;
		if (find_count(tables, entries))
			return true;
	}
	return false;
}

/* How many markers start at tables->markers: 0, then steps that 256 names can take. */
static size_t marker_run(const struct tables *tables)
{
	size_t room = (tables->tokens - tables->markers) / tables->marker_width, entries;
	uint64_t previous = 0;

	if (room > SYMBOLS_MAXIMUM / MARKER_STEP)
		room = SYMBOLS_MAXIMUM / MARKER_STEP;
	if (!room || marker(tables, 0))
		return 0;
	for (entries = 1; entries < room; entries++) {
		uint64_t next = marker(tables, entries);

		if (next < previous + 2 * MARKER_STEP ||
		    next > previous + MARKER_STEP * (NAME_MAXIMUM + 2))
			break;
		previous = next;
	}
	return entries;
}

/*
 * Backward from the tokens to the markers. Three bytes a symbol may lie in between (6.2, 6.3);
 * read as markers they could lengthen the run by an entry or two.
 */
static bool find_markers(struct tables *tables)
{
	size_t low = tables->tokens > 4 * SYMBOLS_MAXIMUM ? tables->tokens - 4 * SYMBOLS_MAXIMUM :
							    0;

	for (size_t at = tables->tokens / 4 * 4; at >= low + 4 && work(tables, 1);) {
		at -= 4;
		if (read_unsigned(tables, at, 4))
			continue;
		tables->markers = at;
		for (tables->marker_width = 4; tables->marker_width <= 8;
		     tables->marker_width += 4) {
			size_t entries = marker_run(tables);

			/* A lone zero is any padding; no kernel has fewer than 512 symbols. */
			for (size_t less = 0; less < 4 && entries >= less + 2; less++)
				if (find_names(tables, entries - less))
					return true;
		}
	}
	return false;
}

/* Does an address array of @encoding at @at hold ascending values that make sense? */
static bool addresses_fit(const struct tables *tables, size_t at,
			  enum kernel_kallsyms_encoding encoding)
{
	unsigned int width = encoding == KALLSYMS_ABSOLUTE ? 8 : 4;
	uint64_t previous = 0, first = 0;

	if (at > tables->size || (tables->size - at) / width < tables->count)
		return false;
	for (uint32_t i = 0; i < tables->count && work(tables, 1); i++) {
		uint64_t value = read_unsigned(tables, at + (size_t)i * width, width);

		if (encoding == KALLSYMS_PLACE_RELATIVE)
			value = at + 4 * (size_t)i + (int32_t)(value);
		if (i == 0)
			first = value;
		else if (value < previous)
			return false;
		previous = value;
	}
	/* The base is _text, and the first symbol in the table that or _stext. */
	if (encoding == KALLSYMS_BASE_RELATIVE && first >= 2 << 20)
		return false;
	/* Code comes before the table: an entry that points at itself is the other encoding. */
	if (encoding == KALLSYMS_PLACE_RELATIVE && first >= at)
		return false;
	if (encoding == KALLSYMS_ABSOLUTE && first < UINT64_C(0xffff) << 48)
		return false;
	return *tables->work && previous - first >= tables->count && previous - first < UINT32_MAX;
}

/* Try one place; more than one that fits is no proof of either. */
static void try_addresses(struct tables *tables, size_t at, enum kernel_kallsyms_encoding encoding,
			  int *fits)
{
	if ((*fits && at == tables->addresses && encoding == tables->encoding) ||
	    !addresses_fit(tables, at, encoding))
		return;
	tables->addresses = at;
	tables->encoding = encoding;
	++*fits;
}

static bool find_addresses(struct tables *tables)
{
	static const unsigned int alignments[] = { 8, 256 };
	size_t after = tables->token_index + 2 * TOKENS;
	int fits = 0;

	try_addresses(tables, align_up(after, 4), KALLSYMS_PLACE_RELATIVE, &fits);
	try_addresses(tables, align_up(after, 8), KALLSYMS_BASE_RELATIVE, &fits);
	for (int i = 0; i < 2; i++) {
		size_t alignment = alignments[i];
		size_t u32 = align_up(4 * (size_t)tables->count, alignment);
		size_t u64 = align_up(8 * (size_t)tables->count, alignment);

		if (tables->count_at % alignment)
			continue;
		if (tables->count_at >= alignment + u32)
			try_addresses(tables, tables->count_at - alignment - u32,
				      KALLSYMS_BASE_RELATIVE, &fits);
		if (tables->count_at >= u64)
			try_addresses(tables, tables->count_at - u64, KALLSYMS_ABSOLUTE, &fits);
	}
	return fits == 1;
}

/* Expand the name at @at into @text; its type is the first character. Returns its length. */
static size_t name_expand(const struct tables *tables, size_t at, char text[static 1024])
{
	size_t bytes, size = name_size(tables, at, tables->markers, &bytes), used = 0;

	for (size_t i = bytes; i < size; i++) {
		unsigned int token = tables->image[at + i];
		const uint8_t *from = tables->image + tables->tokens + tables->token_at[token];

		/* token_index_fits() saw a NUL before the next token, and one before the index. */
		for (; *from && used < 1023; from++)
			text[used++] = *from;
	}
	text[used] = '\0';
	return used;
}

static bool names_expand(const struct tables *tables, struct kernel_symbols *symbols)
{
	size_t at = tables->names;

	for (uint32_t i = 0; i < tables->count; i++) {
		unsigned int width = tables->encoding == KALLSYMS_ABSOLUTE ? 8 : 4;
		size_t place = tables->addresses + (size_t)i * width;
		uint64_t value = read_unsigned(tables, place, width);
		char text[1024];
		size_t length = name_expand(tables, at, text);

		if (tables->encoding == KALLSYMS_PLACE_RELATIVE)
			value = place + (int32_t)(value);
		if (length < 2 || text[0] < 'A' || text[0] > 'z' ||
		    !kernel_symbols_add(symbols, value, text[0], text + 1, length - 1))
			return false;
		at += name_size(tables, at, tables->markers, NULL);
	}
	kernel_symbols_sort(symbols);
	return true;
}

/* All from one place that looks like the digits' tokens. @why keeps the furthest failure. */
static bool tables_find(struct tables *tables, size_t digits, int *furthest, char *why)
{
	static const char *const steps[] = {
		"no token index behind the digits' tokens",
		"no markers and names that agree with each other before the tokens",
		"no address array that fits, or more than one",
	};
	int step = 0;

	if (find_token_index(tables, digits)) {
		step = 1;
		if (find_markers(tables)) {
			step = 2;
			if (find_addresses(tables))
				return true;
		}
	}
	if (step >= *furthest) {
		*furthest = step;
		snprintf(why, 160, "kallsyms: %s", steps[step]);
	}
	return false;
}

bool kernel_kallsyms_find(const uint8_t *image, size_t size, struct kernel_symbols *symbols,
			  enum kernel_kallsyms_encoding *encoding, char why[static 160])
{
	static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";
	const uint8_t *from = image, *hit;
	uint64_t work_left = work_maximum;
	int furthest = 0;

	snprintf(why, 160, "kallsyms: no table in this image");
	if (size < 4096)
		return false;
	while ((hit = memmem(from, size - (from - image), digits, sizeof(digits)))) {
		struct tables tables = { .image = image, .size = size, .work = &work_left };

		if (!work(&tables, 1))
			break;
		from = hit + 1;
		if (!tables_find(&tables, hit - image, &furthest, why))
			continue;
		*encoding = tables.encoding;
		if (names_expand(&tables, symbols))
			return true;
		kernel_symbols_free(symbols);
		snprintf(why, 160, "kallsyms: a name without a type, or out of memory");
	}
	return false;
}
