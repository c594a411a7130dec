// SPDX-License-Identifier: GPL-2.0-only
/*
 * core.c: a dump of a machine's memory
 *
 * The formats: diskdump's header, bitmaps and page descriptors are those of makedumpfile's
 * diskdump_mod.h and IMPLEMENTATION; the flattened form is a header of 4096 bytes and records of offset
 * and size, big-endian, with the data behind each. ELF cores have a segment for each range of memory.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "kernel/core-unpack.h"
#include "kernel/core.h"

enum { RECORDS_MAX = 1 << 22, SEGMENTS_MAX = 4096, NOTE_AREAS_MAX = 64, NOTES_MAX = 64 << 20 };
/* Pages of the largest machine: 16 TiB of 4 KiB. */
#define FRAMES_MAX (1ull << 32)
#define ADDRESS_MAX (1ull << 52)
enum { PAGE_ZLIB = 1, PAGE_LZO = 2, PAGE_SNAPPY = 4, PAGE_ZSTD = 0x20 };

struct record {
	uint64_t offset, size, at;
};

struct segment {
	uint64_t address, size, at;
};

struct kernel_core {
	int fd;
	uint64_t file_size;
	bool flattened, elf;
	struct record *records;
	size_t records_count;
	struct segment *segments; /* ELF */
	size_t segments_count;
	struct segment notes[NOTE_AREAS_MAX]; /* by their place in the file; no address */
	size_t notes_count, notes_size;
	/* kdump */
	uint64_t page_size, frames, descriptors_at;
	uint8_t *present; /* the second bitmap */
	uint32_t *before; /* pages before each 4096th frame */
	uint64_t cached;  /* frame number of @page, or FRAMES_MAX */
	size_t cached_size;
	uint8_t page[KERNEL_CORE_PAGE_MAX], packed[2 * KERNEL_CORE_PAGE_MAX];
};

bool kernel_core_identify(const uint8_t *head, size_t size)
{
	return size >= 18 &&
	       (!memcmp(head, "KDUMP   ", 8) || !memcmp(head, "makedumpfile", 12) ||
		(!memcmp(head, ELFMAG, 4) && (head[16] == ET_CORE || head[17] == ET_CORE)));
}

const char *kernel_core_format(const struct kernel_core *core)
{
	return core->elf ? "ELF core" : core->flattened ? "flattened kdump" : "kdump";
}

static bool read_raw(const struct kernel_core *core, uint64_t at, void *to, size_t size)
{
	uint8_t *bytes = to;

	while (size) {
		const ssize_t got = at > INT64_MAX ? 0 : pread(core->fd, bytes, size, at);

		if (got <= 0)
			return false;
		bytes += got;
		at += got;
		size -= got;
	}
	return true;
}

/* The index of the last record that begins at or before @offset; records_count: none does. */
static size_t record_find(const struct kernel_core *core, uint64_t offset)
{
	size_t low = 0, high = core->records_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (core->records[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : core->records_count;
}

/* Bytes of the dump, as they lie in the file that is not flattened; false where there are none. */
static bool read_dump(const struct kernel_core *core, uint64_t offset, void *to, size_t size)
{
	uint8_t *bytes = to;

	if (!core->flattened)
		return read_raw(core, offset, to, size);
	while (size) {
		const size_t i = record_find(core, offset);
		const struct record *record = &core->records[i];
		uint64_t skip, part;

		if (i == core->records_count || offset - record->offset >= record->size)
			return false;
		skip = offset - record->offset;
		part = record->size - skip < size ? record->size - skip : size;
		if (i + 1 < core->records_count && core->records[i + 1].offset - offset < part)
			part = core->records[i + 1].offset - offset;
		if (!part || !read_raw(core, record->at + skip, bytes, part))
			return false;
		bytes += part;
		offset += part;
		size -= part;
	}
	return true;
}

static uint64_t big64(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

static int compare_records(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Reads the table of a flattened dump: what was written to the same place later counts. */
static bool read_records(struct kernel_core *core, char why[static REASON_SIZE])
{
	uint64_t at = 4096;
	size_t room = 0, kept = 0;
	uint8_t head[16];

	snprintf(why, REASON_SIZE, "its flattened records are damaged or cut short");
	for (;;) {
		struct record record;

		if (!read_raw(core, at, head, sizeof(head)))
			return false;
		record = (struct record){ big64(head), big64(head + 8), at + 16 };
		if (record.offset == UINT64_MAX && record.size == UINT64_MAX)
			break;
		if (record.size > INT64_MAX - record.at || record.offset > INT64_MAX ||
		    core->records_count == RECORDS_MAX)
			return false;
		if (core->records_count == room) {
			struct record *bigger;

			room = room ? 2 * room : 1024;
			bigger = realloc(core->records, room * sizeof(*bigger));
			if (!bigger)
				return false;
			core->records = bigger;
		}
		core->records[core->records_count++] = record;
		at = record.at + record.size;
	}
	if (!core->records_count)
		return false;
	qsort(core->records, core->records_count, sizeof(*core->records), compare_records);
	for (size_t i = 0; i < core->records_count; i++) {
		if (kept && core->records[kept - 1].offset == core->records[i].offset)
			kept--;
		core->records[kept++] = core->records[i];
	}
	core->records_count = kept;
	return true;
}

/* How many pages come before each 4096th frame: a page's descriptor is found by counting. */
static bool count_pages(struct kernel_core *core)
{
	uint32_t count = 0;

	core->before = calloc(core->frames / 4096 + 1, sizeof(*core->before));
	if (!core->before)
		return false;
	for (uint64_t frame = 0; frame < core->frames; frame += 8) {
		if (frame % 4096 == 0)
			core->before[frame / 4096] = count;
		count += __builtin_popcount(core->present[frame / 8]);
	}
	return true;
}

/* Notes of @size bytes at @at: those of a CPU, or of all. */
static void add_notes(struct kernel_core *core, uint64_t at, uint64_t size)
{
	if (!size || size > NOTES_MAX - core->notes_size || core->notes_count == NOTE_AREAS_MAX)
		return;
	core->notes[core->notes_count++] = (struct segment){ .size = size, .at = at };
	core->notes_size += size;
}

/* diskdump's header: see disk_dump_header and kdump_sub_header. */
static bool read_kdump(struct kernel_core *core, char why[static REASON_SIZE])
{
	uint8_t head[464], sub[104];
	uint64_t blocks, sub_blocks, half;
	int32_t version;
	uint8_t last;

	snprintf(why, REASON_SIZE, "its header makes no sense");
	if (!read_dump(core, 0, head, sizeof(head)) || memcmp(head, "KDUMP   ", 8))
		return false;
	version = kernel_little32(head + 8);
	core->page_size = kernel_little32(head + 428);
	sub_blocks = kernel_little32(head + 432);
	blocks = kernel_little32(head + 436);
	core->frames = kernel_little32(head + 440);
	if (core->page_size < 4096 || core->page_size > KERNEL_CORE_PAGE_MAX ||
	    (core->page_size & (core->page_size - 1)) || sub_blocks > 1 << 20 || version < 1)
		return false;
	if (version >= 4 && read_dump(core, core->page_size, sub, sizeof(sub))) {
		add_notes(core, kernel_little64(sub + 48), kernel_little64(sub + 56));
		if (version >= 6 && kernel_little64(sub + 96))
			core->frames = kernel_little64(sub + 96);
	}
	half = blocks / 2 * core->page_size;
	if (!core->frames || core->frames > FRAMES_MAX || half < (core->frames + 7) / 8 ||
	    half > FRAMES_MAX / 8 + KERNEL_CORE_PAGE_MAX)
		return false;
	core->descriptors_at = (1 + sub_blocks + blocks) * core->page_size;
	snprintf(why, REASON_SIZE, "its bitmap of pages cannot be read");
	/* Memory is for what the file has, not for what its header says. */
	if (!read_dump(core, core->descriptors_at - 1, &last, 1))
		return false;
	core->present = calloc(1, half + 512);
	if (!core->present ||
	    !read_dump(core, (1 + sub_blocks) * core->page_size + half, core->present, half))
		return false;
	return count_pages(core);
}

static bool read_elf(struct kernel_core *core, char why[static REASON_SIZE])
{
	Elf64_Ehdr head;
	Elf64_Phdr program;

	snprintf(why, REASON_SIZE, "its ELF header is none of a 64-bit little-endian core file");
	if (!read_dump(core, 0, &head, sizeof(head)) || head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_ident[EI_DATA] != ELFDATA2LSB || head.e_phentsize != sizeof(program))
		return false;
	core->segments = calloc(SEGMENTS_MAX, sizeof(*core->segments));
	for (size_t i = 0; core->segments && i < head.e_phnum && i < SEGMENTS_MAX; i++) {
		if (!read_dump(core, head.e_phoff + i * sizeof(program), &program, sizeof(program)))
			return false;
		/* A file that was cut short has less than its header says. */
		if (program.p_offset >= core->file_size)
			continue;
		if (program.p_filesz > core->file_size - program.p_offset)
			program.p_filesz = core->file_size - program.p_offset;
		if (program.p_type == PT_NOTE)
			add_notes(core, program.p_offset, program.p_filesz);
		if (program.p_type == PT_LOAD && program.p_filesz && program.p_paddr < ADDRESS_MAX)
			core->segments[core->segments_count++] = (struct segment){
				program.p_paddr, program.p_filesz, program.p_offset
			};
	}
	core->elf = true;
	core->page_size = 4096;
	return core->segments_count > 0;
}

struct kernel_core *kernel_core_open(const char *path, char why[static REASON_SIZE])
{
	struct kernel_core *core = calloc(1, sizeof(*core));
	uint8_t head[64] = { 0 };
	struct stat status;
	bool good = false;

	snprintf(why, REASON_SIZE, "out of memory");
	if (!core)
		return NULL;
	core->cached = FRAMES_MAX;
	core->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (core->fd < 0 || fstat(core->fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		snprintf(why, REASON_SIZE, "cannot be opened: %s",
			 core->fd < 0 ? strerror(errno) : "no regular file");
	} else {
		core->file_size = status.st_size;
		read_raw(core, 0, head, 17);
		core->flattened = !memcmp(head, "makedumpfile", 12);
		good = !core->flattened || read_records(core, why);
		if (good)
			good = memcmp(head, ELFMAG, 4) ? read_kdump(core, why) :
							 read_elf(core, why);
	}
	if (good)
		return core;
	kernel_core_close(core);
	return NULL;
}

void kernel_core_close(struct kernel_core *core)
{
	if (!core)
		return;
	if (core->fd >= 0)
		close(core->fd);
	free(core->records);
	free(core->segments);
	free(core->present);
	free(core->before);
	free(core);
}

static bool is_present(const struct kernel_core *core, uint64_t frame)
{
	return frame < core->frames && core->present[frame / 8] >> frame % 8 & 1;
}

/* The place of the frame's descriptor among all. */
static uint64_t descriptor_of(const struct kernel_core *core, uint64_t frame)
{
	uint64_t index = core->before[frame / 4096], at = frame / 4096 * 4096;

	for (; at + 8 <= frame; at += 8)
		index += __builtin_popcount(core->present[at / 8]);
	return index + __builtin_popcount(core->present[at / 8] & ((1u << frame % 8) - 1));
}

/* Has core->page hold the frame; false: the dump has left it out, or it is damaged. */
static bool load_frame(struct kernel_core *core, uint64_t frame)
{
	uint8_t descriptor[24];
	uint32_t size, flags;
	uLongf made = core->page_size;

	if (core->cached == frame)
		return true;
	if (!is_present(core, frame) ||
	    !read_dump(core, core->descriptors_at + 24 * descriptor_of(core, frame), descriptor,
		       sizeof(descriptor)))
		return false;
	size = kernel_little32(descriptor + 8);
	flags = kernel_little32(descriptor + 12);
	core->cached = FRAMES_MAX;
	if (size > sizeof(core->packed) ||
	    !read_dump(core, kernel_little64(descriptor), core->packed, size))
		return false;
	if (flags & PAGE_ZLIB) {
		if (uncompress(core->page, &made, core->packed, size) != Z_OK ||
		    made != core->page_size)
			return false;
	} else if (flags & PAGE_ZSTD) {
		if (ZSTD_decompress(core->page, core->page_size, core->packed, size) !=
		    core->page_size)
			return false;
	} else if (flags & PAGE_LZO) {
		if (!kernel_unpack_lzo(core->packed, size, core->page, core->page_size))
			return false;
	} else if (flags & PAGE_SNAPPY) {
		if (!kernel_unpack_snappy(core->packed, size, core->page, core->page_size))
			return false;
	} else if (size != core->page_size) {
		return false;
	} else {
		memcpy(core->page, core->packed, size);
	}
	core->cached = frame;
	return true;
}

static bool read_segment(const struct kernel_core *core, uint64_t address, void *to, size_t size)
{
	for (size_t i = 0; i < core->segments_count; i++) {
		const struct segment *segment = &core->segments[i];

		if (address >= segment->address && address - segment->address < segment->size &&
		    size <= segment->size - (address - segment->address))
			return read_raw(core, segment->at + (address - segment->address), to, size);
	}
	return false;
}

size_t kernel_core_read(struct kernel_core *core, uint64_t address, void *to, size_t size)
{
	uint8_t *bytes = to;
	size_t there = 0;

	while (size) {
		const size_t within = address % core->page_size;
		const size_t part = core->page_size - within < size ? core->page_size - within :
								      size;
		bool found;

		if (core->elf) {
			found = read_segment(core, address, bytes, part);
		} else {
			found = load_frame(core, address / core->page_size);
			if (found)
				memcpy(bytes, core->page + within, part);
		}
		if (!found)
			memset(bytes, 0, part);
		there += found ? part : 0;
		bytes += part;
		address += part;
		size -= part;
	}
	return there;
}

uint64_t kernel_core_next(const struct kernel_core *core, uint64_t address)
{
	uint64_t frame = address / core->page_size, nearest = UINT64_MAX;

	for (size_t i = 0; i < core->segments_count; i++) {
		const struct segment *segment = &core->segments[i];

		if (address >= segment->address && address - segment->address < segment->size)
			return address;
		if (segment->address > address && segment->address < nearest)
			nearest = segment->address;
	}
	if (core->elf || is_present(core, frame))
		return core->elf ? nearest : address;
	while (frame < core->frames && !is_present(core, frame))
		frame += frame % 8 || core->present[frame / 8] ? 1 : 8;
	return frame < core->frames ? frame * core->page_size : UINT64_MAX;
}

bool kernel_core_range(const struct kernel_core *core, size_t index, uint64_t *from, uint64_t *to)
{
	if (index >= (core->elf ? core->segments_count : 1))
		return false;
	*from = core->elf ? core->segments[index].address : 0;
	*to = core->elf ? *from + core->segments[index].size : core->frames * core->page_size;
	return true;
}

uint8_t *kernel_core_notes(const struct kernel_core *core, size_t *size)
{
	uint8_t *notes = malloc(core->notes_size + 1);

	*size = 0;
	for (size_t i = 0; notes && i < core->notes_count; i++)
		if (read_dump(core, core->notes[i].at, notes + *size, core->notes[i].size))
			*size += core->notes[i].size;
	return notes;
}
