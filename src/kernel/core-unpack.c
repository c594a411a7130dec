// SPDX-License-Identifier: GPL-2.0-only
/*
 * core-unpack.c: pages of a dump that are packed by lzo or snappy
 *
 * Formats: Documentation/staging/lzo.rst of Linux (LZO1X), format_description.txt of snappy. Both are runs
 * of literal bytes and copies of what was unpacked before.
 */
#include <string.h>

#include "kernel/core-unpack.h"

struct unpacking {
	const uint8_t *in, *in_end;
	uint8_t *page, *out, *out_end;
	bool damaged;
};

static unsigned int next_byte(struct unpacking *at)
{
	if (at->in == at->in_end) {
		at->damaged = true;
		return 0;
	}
	return *at->in++;
}

/* @bytes bytes, the lowest first. */
static uint32_t next_number(struct unpacking *at, unsigned int bytes)
{
	uint32_t number = 0;

	for (unsigned int i = 0; i < bytes; i++)
		number |= (uint32_t)next_byte(at) << 8 * i;
	return number;
}

static void copy_literals(struct unpacking *at, size_t length)
{
	if (length > (size_t)(at->in_end - at->in) || length > (size_t)(at->out_end - at->out)) {
		at->damaged = true;
		return;
	}
	memcpy(at->out, at->in, length);
	at->in += length;
	at->out += length;
}

/* What is copied may reach into itself. */
static void copy_match(struct unpacking *at, size_t distance, size_t length)
{
	if (!distance || distance > (size_t)(at->out - at->page) ||
	    length > (size_t)(at->out_end - at->out)) {
		at->damaged = true;
		return;
	}
	for (; length; length--, at->out++)
		*at->out = at->out[-(ptrdiff_t)distance];
}

/* A length that did not fit into its instruction: each zero byte adds 255. */
static size_t lzo_length(struct unpacking *at, size_t given, size_t most)
{
	size_t length = most;
	unsigned int byte;

	if (given)
		return given;
	while (!(byte = next_byte(at)) && !at->damaged)
		length += 255;
	return length + byte;
}

/* Where the end of a stream is an instruction of its own: a distance of 16 KiB, less what it adds. */
enum { LZO_FAR = 16384, LZO_FIRST = 17, LZO_AFTER_RUN = 4, LZO_SHORT_MOST = 2049 };

/*
 * One instruction. @literals are those that came before it: none, 1 to 3, or LZO_AFTER_RUN. Returns those
 * behind it. *@end: it was the last one.
 */
static unsigned int lzo_step(struct unpacking *at, unsigned int literals, bool *end)
{
	const unsigned int code = next_byte(at);
	size_t length, distance;
	uint32_t more;

	if (code < 16 && !literals) {
		copy_literals(at, lzo_length(at, code, 15) + 3);
		return LZO_AFTER_RUN;
	}
	if (code < 16) {
		distance = (next_byte(at) << 2) + (code >> 2);
		distance += literals == LZO_AFTER_RUN ? LZO_SHORT_MOST : 1;
		length = literals == LZO_AFTER_RUN ? 3 : 2;
		more = code;
	} else if (code >= 64) {
		distance = (next_byte(at) << 3) + (code >> 2 & 7) + 1;
		length = (code >> 5) + 1;
		more = code;
	} else if (code >= 32) {
		length = lzo_length(at, code & 31, 31) + 2;
		more = next_number(at, 2);
		distance = (more >> 2) + 1;
	} else {
		length = lzo_length(at, code & 7, 7) + 2;
		more = next_number(at, 2);
		distance = LZO_FAR + ((code & 8) << 11) + (more >> 2);
		*end = distance == LZO_FAR;
		if (*end)
			return 0;
	}
	copy_match(at, distance, length);
	copy_literals(at, more & 3);
	return more & 3;
}

bool kernel_unpack_lzo(const uint8_t *packed, size_t size, uint8_t *page, size_t page_size)
{
	struct unpacking at = { packed, packed + size, page, page, page + page_size, false };
	unsigned int literals = 0;
	bool end = false;

	if (size && *packed > LZO_FIRST) {
		literals = next_byte(&at) - LZO_FIRST;
		copy_literals(&at, literals);
		literals = literals < LZO_AFTER_RUN ? literals : LZO_AFTER_RUN;
	}
	while (!at.damaged && !end)
		literals = lzo_step(&at, literals, &end);
	return !at.damaged && at.out == at.out_end;
}

static void snappy_step(struct unpacking *at)
{
	const unsigned int tag = next_byte(at), value = tag >> 2;
	size_t length = value + 1;

	switch (tag & 3) {
	case 0:
		if (value >= 60)
			length = (size_t)next_number(at, value - 59) + 1;
		copy_literals(at, length);
		break;
	case 1: copy_match(at, (tag >> 5) << 8 | next_byte(at), (value & 7) + 4); break;
	case 2: copy_match(at, next_number(at, 2), length); break;
	default: copy_match(at, next_number(at, 4), length); break;
	}
}

bool kernel_unpack_snappy(const uint8_t *packed, size_t size, uint8_t *page, size_t page_size)
{
	struct unpacking at = { packed, packed + size, page, page, page + page_size, false };
	uint64_t wanted = 0;

	for (unsigned int shift = 0; shift < 35; shift += 7) {
		const unsigned int byte = next_byte(&at);

		wanted |= (uint64_t)(byte & 127) << shift;
		if (byte < 128)
			break;
	}
	while (!at.damaged && at.in < at.in_end)
		snappy_step(&at);
	return !at.damaged && wanted == page_size && at.out == at.out_end;
}
