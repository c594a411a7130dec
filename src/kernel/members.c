// SPDX-License-Identifier: GPL-2.0-only
/*
 * members.c: an archive in a package: unpacked by one compressor at most, and within bounds
 *
 * libarchive would take off one compressor after another, and look within what comes out for the start of
 * the next one, or of a member: of 1 KiB that was packed three times that takes hours. So one
 * object of libarchive unpacks, another one reads members, and what goes between them is counted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/members.h"

/* A package may unpack to this many times its size: kernels with modules take 3 to 8. */
enum { PACKAGE_RATIO = 60, PACKAGE_FROM = 256 << 20, PIECE = 1 << 16 };

struct stream {
	struct kernel_members_bounds *bounds;
	struct archive *ar; /* its current entry is what is packed; NULL: it is in @fd */
	int fd;
	struct archive *unpacker;
	la_ssize_t first; /* bytes in @packed that the unpacker has not got yet */
	char packed[PIECE], unpacked[PIECE];
};

bool kernel_members_within(struct kernel_members_bounds *bounds)
{
	const uint64_t most = bounds->unpacked > bounds->read ? bounds->unpacked : bounds->read;

	if (most < PACKAGE_FROM || most / PACKAGE_RATIO < bounds->packed)
		return true;
	snprintf(bounds->why, REASON_SIZE,
		 "package expands more than %d times: no kernel package does", PACKAGE_RATIO);
	return false;
}

bool kernel_members_damaged(struct archive *archive, struct kernel_members_bounds *bounds)
{
	const char *detail = archive_error_string(archive);

	if (!bounds->why[0])
		snprintf(bounds->why, REASON_SIZE, "package is damaged or cut short: %s",
			 detail ? detail : "no detail");
	return false;
}

static la_ssize_t packed_next(struct stream *stream)
{
	return stream->ar ? archive_read_data(stream->ar, stream->packed, PIECE) :
			    read(stream->fd, stream->packed, PIECE);
}

static la_ssize_t packed_read(struct archive *unpacker, void *context, const void **data)
{
	struct stream *stream = context;
	la_ssize_t got = stream->first;

	stream->first = 0;
	if (!got)
		got = packed_next(stream);
	if (got < 0)
		archive_set_error(unpacker, EIO, "%s",
				  stream->ar ? archive_error_string(stream->ar) : "cannot read");
	*data = stream->packed;
	return got < 0 ? ARCHIVE_FATAL : got;
}

static la_ssize_t unpacked_read(struct archive *archive, void *context, const void **data)
{
	struct stream *stream = context;
	const la_ssize_t got = archive_read_data(stream->unpacker, stream->unpacked, PIECE);

	*data = stream->unpacked;
	stream->bounds->unpacked += got > 0 ? got : 0;
	if (got >= 0 && kernel_members_within(stream->bounds))
		return got;
	archive_set_error(archive, EIO, "%s", archive_error_string(stream->unpacker));
	return ARCHIVE_FATAL;
}

/*
 * One filter by the first bytes, and none for what comes out of it. None that would run a program. Until
 * 3.5 libarchive cannot be told to use zstd, and is asked to look for that alone.
 */
static bool filter_choose(struct archive *unpacker, const char *head, size_t size)
{
	switch (kernel_format_identify((const uint8_t *)head, size)) {
	case FORMAT_GZIP: return !archive_read_append_filter(unpacker, ARCHIVE_FILTER_GZIP);
	case FORMAT_XZ: return !archive_read_append_filter(unpacker, ARCHIVE_FILTER_XZ);
	case FORMAT_LZMA: return !archive_read_append_filter(unpacker, ARCHIVE_FILTER_LZMA);
	case FORMAT_BZIP2: return !archive_read_append_filter(unpacker, ARCHIVE_FILTER_BZIP2);
	case FORMAT_ZSTD:
		return !archive_read_append_filter(unpacker, ARCHIVE_FILTER_ZSTD) ||
		       !archive_read_support_filter_zstd(unpacker);
	default: return true;
	}
}

/* Its one entry is all that comes out; of nothing, there is none. */
static bool unpacker_open(struct stream *stream)
{
	struct archive *unpacker = stream->unpacker;
	struct archive_entry *entry;
	int code;

	stream->first = packed_next(stream);
	if (stream->first < 0)
		return stream->ar ? kernel_members_damaged(stream->ar, stream->bounds) : false;
	archive_read_support_format_raw(unpacker);
	archive_read_support_format_empty(unpacker);
	if (!filter_choose(unpacker, stream->packed, stream->first) ||
	    archive_read_open(unpacker, stream, NULL, packed_read, NULL) != ARCHIVE_OK)
		return kernel_members_damaged(unpacker, stream->bounds);
	/* The compressor, and what hands over the bytes. */
	if (archive_filter_count(unpacker) > 2) {
		snprintf(stream->bounds->why, REASON_SIZE, "package is packed more than once");
		return false;
	}
	code = archive_read_next_header(unpacker, &entry);
	return code == ARCHIVE_OK || code == ARCHIVE_EOF ||
	       kernel_members_damaged(unpacker, stream->bounds);
}

static bool stream_read(struct stream *stream, struct archive *archive, kernel_members_reader *read,
			void *context)
{
	if (!unpacker_open(stream))
		return false;
	if (archive_read_open(archive, stream, NULL, unpacked_read, NULL) != ARCHIVE_OK)
		return kernel_members_damaged(archive, stream->bounds);
	return read(archive, context);
}

/* Consumes @archive, whose formats are chosen. */
static bool members_read(struct archive *archive, struct archive *ar, int fd,
			 struct kernel_members_bounds *bounds, kernel_members_reader *read,
			 void *context)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	bool done = false;

	if (stream) {
		stream->bounds = bounds;
		stream->ar = ar;
		stream->fd = fd;
		stream->unpacker = archive_read_new();
	}
	if (archive && stream && stream->unpacker)
		done = stream_read(stream, archive, read, context);
	else
		snprintf(bounds->why, REASON_SIZE, "out of memory");
	/* It may still ask the stream. */
	archive_read_free(archive);
	if (stream)
		archive_read_free(stream->unpacker);
	free(stream);
	return done;
}

bool kernel_members_read_tar(struct archive *ar, struct kernel_members_bounds *bounds,
			     kernel_members_reader *read, void *context)
{
	struct archive *tar = archive_read_new();

	if (tar) {
		archive_read_support_format_tar(tar);
		archive_read_support_format_empty(tar);
	}
	return members_read(tar, ar, -1, bounds, read, context);
}

bool kernel_members_read_cpio(int fd, struct kernel_members_bounds *bounds,
			      kernel_members_reader *read, void *context)
{
	struct archive *cpio = archive_read_new();

	if (cpio)
		archive_read_support_format_cpio(cpio);
	return members_read(cpio, NULL, fd, bounds, read, context);
}
