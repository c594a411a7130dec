// SPDX-License-Identifier: GPL-2.0-only
/*
 * core-log.c: the kernel's own log in a dump of memory
 *
 * VMCOREINFO says where it is and how it is laid out; Documentation/admin-guide/kdump/vmcoreinfo.rst has
 * what each line means. The ring: kernel/printk/printk_ringbuffer.h. Both sizes are limited, and so is what a forged
 * dump can cost.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core-log.h"
#include "kernel/kernel.h"

enum {
	RECORDS_MAX = 1 << 20, /* far more than any kernel has */
	LOG_MAX = 64 << 20,    /* bytes of all lines */
	TEXT_MAX = 4096,       /* of a record */
	RING_COMMITTED = 1,
	RING_FINALIZED = 2,
	RING_STATE_SHIFT = 62,
};

#define RING_ID_MASK (~0ull >> 2) /* the other bits are the state */
#define CALLER_IS_CPU 0x80000000u

/* Members of structs, and the sizes of some, as VMCOREINFO names them. */
enum place {
	RING_DESCRIPTORS,
	RING_TEXT,
	COUNT_BITS,
	DESCRIPTORS,
	INFOS,
	HEAD,
	TAIL,
	TEXT_BITS,
	TEXT,
	DESCRIPTOR_SIZE,
	STATE,
	BLOCK,
	BEGIN,
	NEXT,
	INFO_SIZE,
	INFO_TIME,
	INFO_LENGTH,
	INFO_CALLER,
	RECORD_SIZE,
	RECORD_LENGTH,
	RECORD_TIME,
	RECORD_TEXT,
	PLACES
};

static const char *const places[PLACES] = {
	[RING_DESCRIPTORS] = "OFFSET(printk_ringbuffer.desc_ring)",
	[RING_TEXT] = "OFFSET(printk_ringbuffer.text_data_ring)",
	[COUNT_BITS] = "OFFSET(prb_desc_ring.count_bits)",
	[DESCRIPTORS] = "OFFSET(prb_desc_ring.descs)",
	[INFOS] = "OFFSET(prb_desc_ring.infos)",
	[HEAD] = "OFFSET(prb_desc_ring.head_id)",
	[TAIL] = "OFFSET(prb_desc_ring.tail_id)",
	[TEXT_BITS] = "OFFSET(prb_data_ring.size_bits)",
	[TEXT] = "OFFSET(prb_data_ring.data)",
	[DESCRIPTOR_SIZE] = "SIZE(prb_desc)",
	[STATE] = "OFFSET(prb_desc.state_var)",
	[BLOCK] = "OFFSET(prb_desc.text_blk_lpos)",
	[BEGIN] = "OFFSET(prb_data_blk_lpos.begin)",
	[NEXT] = "OFFSET(prb_data_blk_lpos.next)",
	[INFO_SIZE] = "SIZE(printk_info)",
	[INFO_TIME] = "OFFSET(printk_info.ts_nsec)",
	[INFO_LENGTH] = "OFFSET(printk_info.text_len)",
	[INFO_CALLER] = "OFFSET(printk_info.caller_id)",
	[RECORD_SIZE] = "SIZE(printk_log)",
	[RECORD_LENGTH] = "OFFSET(printk_log.len)",
	[RECORD_TIME] = "OFFSET(printk_log.ts_nsec)",
	[RECORD_TEXT] = "OFFSET(printk_log.text_len)",
};

struct reader {
	kernel_stack_reader read;
	void *memory;
	const char *info;
	kernel_core_log_taker *take;
	void *context;
	bool known[PLACES];
	uint64_t place[PLACES];
	size_t left; /* of LOG_MAX */
};

/* The value of the line "@key=" of VMCOREINFO; false: it is not there. */
static bool find_info(const struct reader *reader, const char *key, int base, uint64_t *value)
{
	const size_t length = strlen(key);

	for (const char *at = reader->info; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, key, length) && at[length] == '=') {
			*value = strtoull(at + length + 1, NULL, base);
			return true;
		}
	}
	return false;
}

static void find_places(struct reader *reader)
{
	for (int i = 0; i < PLACES; i++)
		reader->known[i] = find_info(reader, places[i], 10, &reader->place[i]) &&
				   reader->place[i] < TEXT_MAX;
}

static bool all_known(const struct reader *reader, enum place first, enum place last)
{
	for (enum place i = first; i <= last; i++)
		if (!reader->known[i] && i != INFO_CALLER)
			return false;
	return true;
}

/* @size bytes of the kernel's memory, at most TEXT_MAX; false: not all are there. */
static bool read_bytes(const struct reader *reader, uint64_t address, void *to, size_t size)
{
	uint64_t words[TEXT_MAX / 8 + 2];
	const size_t skipped = address % 8, count = (skipped + size + 7) / 8;
	uint8_t *next = to;

	if (!reader->read(reader->memory, address - skipped, words, count))
		return false;
	for (size_t i = skipped; i < skipped + size; i++)
		*next++ = words[i / 8] >> i % 8 * 8;
	return true;
}

static bool read_number(const struct reader *reader, uint64_t address, size_t size, uint64_t *value)
{
	uint8_t bytes[8] = { 0 };

	if (!read_bytes(reader, address, bytes, size))
		return false;
	*value = kernel_little64(bytes);
	return true;
}

/* A member of @size bytes of the struct at @address. */
static bool read_member(const struct reader *reader, uint64_t address, enum place member,
			size_t size, uint64_t *value)
{
	return read_number(reader, address + reader->place[member], size, value);
}

/* A variable of the kernel. */
static bool read_symbol(const struct reader *reader, const char *name, size_t size, uint64_t *value)
{
	char key[40];
	uint64_t address;

	snprintf(key, sizeof(key), "SYMBOL(%s)", name);
	return find_info(reader, key, 16, &address) && read_number(reader, address, size, value);
}

/* A record as lines. @caller is a CPU's or a task's, by printk's own bit; 0: not known. */
static void take_record(struct reader *reader, uint64_t nanoseconds, uint32_t caller,
			uint64_t text_at, size_t size)
{
	char text[TEXT_MAX], line[TEXT_MAX + 64], who[24] = "";
	char *rest = text;

	if (size > sizeof(text) - 1)
		size = sizeof(text) - 1;
	if (size > reader->left || !read_bytes(reader, text_at, text, size))
		return;
	reader->left -= size;
	text[size] = '\0';
	if (caller)
		snprintf(who, sizeof(who), "[%c%u]", caller & CALLER_IS_CPU ? 'C' : 'T',
			 caller & ~CALLER_IS_CPU);
	for (char *part = strsep(&rest, "\n"); part; part = strsep(&rest, "\n")) {
		const int length =
			snprintf(line, sizeof(line), "[%5" PRIu64 ".%06" PRIu64 "]%s %s\n",
				 nanoseconds / 1000000000, nanoseconds / 1000 % 1000000, who, part);

		reader->take(reader->context, line, length);
	}
}

/* Linux 3.5 to 5.9: records with a header, one behind the other; a length of 0 leads to the beginning. */
static bool read_records(struct reader *reader)
{
	const uint64_t header = reader->place[RECORD_SIZE];
	uint64_t buffer, size, at, end;

	if (!all_known(reader, RECORD_SIZE, RECORD_TEXT) ||
	    !read_symbol(reader, "log_buf", 8, &buffer) ||
	    !read_symbol(reader, "log_buf_len", 4, &size) ||
	    !read_symbol(reader, "log_first_idx", 4, &at) ||
	    !read_symbol(reader, "log_next_idx", 4, &end))
		return false;
	for (int i = 0; at != end && at < size && i < RECORDS_MAX; i++) {
		uint64_t length, text, nanoseconds;

		if (!read_member(reader, buffer + at, RECORD_LENGTH, 2, &length))
			break;
		/* Only once: in the beginning there is no other place to go on. */
		if (!length && at <= end)
			break;
		if (length && read_member(reader, buffer + at, RECORD_TEXT, 2, &text) &&
		    read_member(reader, buffer + at, RECORD_TIME, 8, &nanoseconds) &&
		    header + text <= length)
			take_record(reader, nanoseconds, 0, buffer + at + header, text);
		at = length ? at + length : 0;
	}
	return true;
}

/* Where descriptors, what they say of their records, and the text of these lie; sizes are powers of two. */
struct ring {
	uint64_t descriptors, infos, text;
	uint64_t count, text_size;
	uint64_t head, tail;
};

static bool find_ring(const struct reader *reader, struct ring *ring)
{
	uint64_t at, descriptors, text, bits, text_bits;

	if (!all_known(reader, RING_DESCRIPTORS, INFO_CALLER) ||
	    !read_symbol(reader, "prb", 8, &at))
		return false;
	descriptors = at + reader->place[RING_DESCRIPTORS];
	text = at + reader->place[RING_TEXT];
	if (!read_member(reader, descriptors, COUNT_BITS, 4, &bits) ||
	    !read_member(reader, descriptors, DESCRIPTORS, 8, &ring->descriptors) ||
	    !read_member(reader, descriptors, INFOS, 8, &ring->infos) ||
	    !read_member(reader, descriptors, HEAD, 8, &ring->head) ||
	    !read_member(reader, descriptors, TAIL, 8, &ring->tail) ||
	    !read_member(reader, text, TEXT_BITS, 4, &text_bits) ||
	    !read_member(reader, text, TEXT, 8, &ring->text) || bits > 20 || text_bits > 30)
		return false;
	ring->count = 1ull << bits;
	ring->text_size = 1ull << text_bits;
	return true;
}

static void read_record(struct reader *reader, const struct ring *ring, uint64_t id)
{
	const uint64_t number = id % ring->count;
	const uint64_t at = ring->descriptors + number * reader->place[DESCRIPTOR_SIZE];
	const uint64_t info = ring->infos + number * reader->place[INFO_SIZE];
	uint64_t state, begin, end, nanoseconds, size, caller = 0;

	if (!read_member(reader, at, STATE, 8, &state) || (state & RING_ID_MASK) != id ||
	    state >> RING_STATE_SHIFT < RING_COMMITTED ||
	    state >> RING_STATE_SHIFT > RING_FINALIZED ||
	    !read_member(reader, at + reader->place[BLOCK], BEGIN, 8, &begin) ||
	    !read_member(reader, at + reader->place[BLOCK], NEXT, 8, &end) ||
	    !read_member(reader, info, INFO_TIME, 8, &nanoseconds) ||
	    !read_member(reader, info, INFO_LENGTH, 2, &size))
		return;
	if (reader->known[INFO_CALLER])
		read_member(reader, info, INFO_CALLER, 4, &caller);
	/* An odd position: a record without text. A block does not wrap: it begins anew at the start. */
	if (begin & 1 || begin == end)
		return;
	begin %= ring->text_size;
	end %= ring->text_size;
	if (begin > end)
		begin = 0;
	/* Its descriptor's number comes first. */
	begin += 8;
	if (begin > end)
		return;
	take_record(reader, nanoseconds, caller, ring->text + begin,
		    size < end - begin ? size : end - begin);
}

static bool read_ring(struct reader *reader)
{
	struct ring ring;

	if (!find_ring(reader, &ring))
		return false;
	for (uint64_t i = 0; i < ring.count; i++) {
		const uint64_t id = (ring.tail + i) & RING_ID_MASK;

		read_record(reader, &ring, id);
		if (id == (ring.head & RING_ID_MASK))
			break;
	}
	return true;
}

bool kernel_core_log(kernel_stack_reader read, void *memory, const char *info,
		     kernel_core_log_taker *take, void *context)
{
	struct reader reader = { .read = read,
				 .memory = memory,
				 .info = info,
				 .take = take,
				 .context = context,
				 .left = LOG_MAX };

	find_places(&reader);
	return read_ring(&reader) || read_records(&reader);
}
