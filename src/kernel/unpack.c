// SPDX-License-Identifier: GPL-2.0-only
/*
 * unpack.c: what a file is, by its header; compressed streams into memory, within bounds
 */
#include <bzlib.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "kernel/unpack.h"

/* Output is made in pieces of this size, so that a bomb is noticed early. */
enum { PIECE = 1 << 20 };

/* A kernel expands 2 to 5 times. Above the first 64 MiB nothing may expand more than this. */
enum { RATIO_MAXIMUM = 100, RATIO_FROM = 64 << 20 };

/* clang-format off */
const char *const kernel_format_words[FORMATS] = {
	[FORMAT_ELF] = "ELF", [FORMAT_IMAGE] = "Image", [FORMAT_ZBOOT] = "zboot",
	[FORMAT_GZIP] = "gzip", [FORMAT_XZ] = "xz", [FORMAT_LZMA] = "lzma",
	[FORMAT_ZSTD] = "zstd", [FORMAT_LZ4_LEGACY] = "lz4", [FORMAT_LZ4] = "lz4",
	[FORMAT_BZIP2] = "bzip2", [FORMAT_LZO] = "lzo", [FORMAT_DEB] = "deb",
	[FORMAT_RPM] = "rpm", [FORMAT_X86] = "x86 bzImage", [FORMAT_UIMAGE] = "uImage",
	[FORMAT_FIT] = "FIT or device tree", [FORMAT_ANDROID] = "Android boot image",
	[FORMAT_PE] = "PE", [FORMAT_EMPTY] = "empty", [FORMAT_OTHER] = "not recognised",
};
/* clang-format on */

static const struct {
	size_t at, length;
	const char *magic;
	enum kernel_format format;
} magics[] = {
	{ 0, 4, "\177ELF", FORMAT_ELF },
	{ 4, 4, "zimg", FORMAT_ZBOOT },	      /* drivers/firmware/efi/libstub/zboot-header.S */
	{ 0x38, 4, "ARM\x64", FORMAT_IMAGE }, /* Documentation/arm64/booting.rst */
	{ 0x202, 4, "HdrS", FORMAT_X86 },     /* Documentation/x86/boot.rst */
	{ 0, 3, "\x1f\x8b\x08", FORMAT_GZIP },
	{ 0, 6,
	  "\xfd"
	  "7zXZ\0",
	  FORMAT_XZ },
	{ 0, 3, "\x5d\0\0", FORMAT_LZMA },
	{ 0, 4, "\x28\xb5\x2f\xfd", FORMAT_ZSTD },
	{ 0, 4, "\x02\x21\x4c\x18", FORMAT_LZ4_LEGACY },
	{ 0, 4, "\x04\x22\x4d\x18", FORMAT_LZ4 },
	{ 0, 3, "BZh", FORMAT_BZIP2 },
	{ 0, 4, "\x89LZO", FORMAT_LZO },
	{ 0, 8, "!<arch>\n", FORMAT_DEB },
	{ 0, 4, "\xed\xab\xee\xdb", FORMAT_RPM },
	{ 0, 4, "\x27\x05\x19\x56", FORMAT_UIMAGE },
	{ 0, 4, "\xd0\x0d\xfe\xed", FORMAT_FIT },
	{ 0, 8, "ANDROID!", FORMAT_ANDROID },
	{ 0, 2, "MZ", FORMAT_PE },
};

enum kernel_format kernel_format_identify(const uint8_t *head, size_t size)
{
	if (!size)
		return FORMAT_EMPTY;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (magics[i].at + magics[i].length <= size &&
		    !memcmp(head + magics[i].at, magics[i].magic, magics[i].length))
			return magics[i].format;
	return FORMAT_OTHER;
}

void kernel_bytes_free(struct kernel_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct kernel_bytes){ 0 };
}

/* Room for @more bytes, if they are within bounds. */
static bool bytes_reserve(struct kernel_bytes *bytes, size_t more, uint64_t packed,
			  char why[static REASON_SIZE])
{
	uint64_t wanted = (uint64_t)bytes->size + more;
	size_t room = bytes->room ? bytes->room : 2 * PIECE;
	uint8_t *bigger;

	if (wanted > KERNEL_MAXIMUM) {
		snprintf(why, REASON_SIZE, "larger than %u MiB: no kernel is",
			 KERNEL_MAXIMUM >> 20);
		return false;
	}
	if (packed && wanted > RATIO_FROM && wanted / RATIO_MAXIMUM > packed) {
		snprintf(why, REASON_SIZE, "expands more than %d times: no kernel does",
			 RATIO_MAXIMUM);
		return false;
	}
	while (room < wanted)
		room += room / 2;
	bigger = room == bytes->room ? bytes->data : realloc(bytes->data, room);
	if (!bigger) {
		snprintf(why, REASON_SIZE, "out of memory at %zu bytes", room);
		return false;
	}
	bytes->data = bigger;
	bytes->room = room;
	return true;
}

bool kernel_bytes_append(struct kernel_bytes *bytes, const void *data, size_t size, uint64_t packed,
			 char why[static REASON_SIZE])
{
	if (!bytes_reserve(bytes, size, packed, why))
		return false;
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
	return true;
}

static bool broken(const char *what, char why[static REASON_SIZE])
{
	snprintf(why, REASON_SIZE, "%s stream is damaged or cut short", what);
	return false;
}

static bool gzip_unpack(const uint8_t *data, size_t size, struct kernel_bytes *out,
			char why[static REASON_SIZE])
{
	z_stream stream = { .next_in = (uint8_t *)data, .avail_in = size };
	int code = inflateInit2(&stream, 15 + 16);
	bool fits = true;

	while (code == Z_OK && (fits = bytes_reserve(out, PIECE, size, why))) {
		stream.next_out = out->data + out->size;
		stream.avail_out = PIECE;
		code = inflate(&stream, Z_NO_FLUSH);
		out->size += PIECE - stream.avail_out;
	}
	inflateEnd(&stream);
	return fits && (code == Z_STREAM_END || broken("gzip", why));
}

/* xz and lzma: one library, two decoders. */
static bool lzma_unpack(bool alone, const uint8_t *data, size_t size, struct kernel_bytes *out,
			char why[static REASON_SIZE])
{
	const uint64_t memory = 192 << 20;
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret code = alone ? lzma_alone_decoder(&stream, memory) :
				lzma_stream_decoder(&stream, memory, 0);
	bool fits = true;

	stream.next_in = data;
	stream.avail_in = size;
	while (code == LZMA_OK && (fits = bytes_reserve(out, PIECE, size, why))) {
		stream.next_out = out->data + out->size;
		stream.avail_out = PIECE;
		code = lzma_code(&stream, LZMA_RUN);
		out->size += PIECE - stream.avail_out;
		if (code == LZMA_OK && !stream.avail_in && stream.avail_out)
			code = LZMA_DATA_ERROR;
	}
	lzma_end(&stream);
	return fits && (code == LZMA_STREAM_END || broken(alone ? "lzma" : "xz", why));
}

static bool zstd_unpack(const uint8_t *data, size_t size, struct kernel_bytes *out,
			char why[static REASON_SIZE])
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = { data, size, 0 };
	size_t left = 1;
	bool fits = true;

	while (stream && left && !ZSTD_isError(left) &&
	       (fits = bytes_reserve(out, PIECE, size, why))) {
		ZSTD_outBuffer piece = { out->data + out->size, PIECE, 0 };

		left = ZSTD_decompressStream(stream, &piece, &in);
		out->size += piece.pos;
		if (left && !piece.pos && in.pos == in.size)
			break;
	}
	ZSTD_freeDStream(stream);
	return fits && (!left || broken("zstd", why));
}

static bool lz4_unpack(const uint8_t *data, size_t size, struct kernel_bytes *out,
		       char why[static REASON_SIZE])
{
	LZ4F_dctx *stream = NULL;
	size_t left = LZ4F_createDecompressionContext(&stream, LZ4F_VERSION) ? 0 : 1, at = 0;
	bool fits = true;

	while (stream && left && !LZ4F_isError(left) &&
	       (fits = bytes_reserve(out, PIECE, size, why))) {
		size_t made = PIECE, taken = size - at;

		left = LZ4F_decompress(stream, out->data + out->size, &made, data + at, &taken,
				       NULL);
		out->size += made;
		at += taken;
		if (!made && !taken)
			break;
	}
	LZ4F_freeDecompressionContext(stream);
	return fits && (!left || broken("lz4", why));
}

/*
 * What `lz4 -l` writes and liblz4 has no call for: a magic number, then per 8 MiB of output the
 * size of a block and the block. A size that cannot be one is the kernel's own size, appended.
 */
static bool lz4_legacy_unpack(const uint8_t *data, size_t size, struct kernel_bytes *out,
			      char why[static REASON_SIZE])
{
	const int block_size = 8 << 20;

	for (size_t at = 4; size - at >= 4;) {
		uint32_t length = kernel_little32(data + at);
		int made;

		if (length > size - at - 4) {
			if (size - at <= 8 && out->size)
				break;
			return broken("lz4", why);
		}
		if (!bytes_reserve(out, block_size, size, why))
			return false;
		made = LZ4_decompress_safe((const char *)data + at + 4,
					   (char *)out->data + out->size, length, block_size);
		if (made < 0)
			return broken("lz4", why);
		out->size += made;
		at += 4 + length;
	}
	return out->size || broken("lz4", why);
}

static bool bzip2_unpack(const uint8_t *data, size_t size, struct kernel_bytes *out,
			 char why[static REASON_SIZE])
{
	bz_stream stream = { .next_in = (char *)data, .avail_in = size };
	int code = BZ2_bzDecompressInit(&stream, 0, 0);
	bool fits = true;

	while (code == BZ_OK && (fits = bytes_reserve(out, PIECE, size, why))) {
		stream.next_out = (char *)out->data + out->size;
		stream.avail_out = PIECE;
		code = BZ2_bzDecompress(&stream);
		out->size += PIECE - stream.avail_out;
		if (code == BZ_OK && !stream.avail_in && stream.avail_out)
			break;
	}
	BZ2_bzDecompressEnd(&stream);
	return fits && (code == BZ_STREAM_END || broken("bzip2", why));
}

/* EFI zboot: where the payload is, how long, and the name of the compressor (zboot-header.S). */
static bool zboot_unpack(const uint8_t *data, size_t size, struct kernel_bytes *out,
			 char why[static REASON_SIZE])
{
	static const struct {
		const char *name;
		enum kernel_format format;
	} compressors[] = {
		{ "gzip", FORMAT_GZIP }, { "lz4", FORMAT_LZ4_LEGACY }, { "lzma", FORMAT_LZMA },
		{ "xzkern", FORMAT_XZ }, { "xz", FORMAT_XZ },	       { "zstd22", FORMAT_ZSTD },
		{ "zstd", FORMAT_ZSTD }, { "bzip2", FORMAT_BZIP2 },
	};
	char name[16] = "";
	uint64_t offset, length;

	if (size < 64)
		return broken("zboot", why);
	offset = kernel_little32(data + 8);
	length = kernel_little32(data + 12);
	memcpy(name, data + 0x18, sizeof(name) - 1);
	if (!offset || offset > size || length > size - offset)
		return broken("zboot", why);
	for (size_t i = 0; i < sizeof(compressors) / sizeof(compressors[0]); i++)
		if (!strcmp(name, compressors[i].name))
			return kernel_unpack(compressors[i].format, data + offset, length, out,
					     why);
	for (char *c = name; *c; c++)
		*c = *c < ' ' || *c > '~' ? '?' : *c;
	snprintf(why, REASON_SIZE, "zboot with compressor '%s', which this program cannot unpack",
		 name);
	return false;
}

bool kernel_unpack(enum kernel_format format, const uint8_t *data, size_t size,
		   struct kernel_bytes *out, char why[static REASON_SIZE])
{
	switch (format) {
	case FORMAT_ZBOOT: return zboot_unpack(data, size, out, why);
	case FORMAT_GZIP: return gzip_unpack(data, size, out, why);
	case FORMAT_XZ: return lzma_unpack(false, data, size, out, why);
	case FORMAT_LZMA: return lzma_unpack(true, data, size, out, why);
	case FORMAT_ZSTD: return zstd_unpack(data, size, out, why);
	case FORMAT_LZ4: return lz4_unpack(data, size, out, why);
	case FORMAT_LZ4_LEGACY: return lz4_legacy_unpack(data, size, out, why);
	case FORMAT_BZIP2: return bzip2_unpack(data, size, out, why);
	default:
		snprintf(why, REASON_SIZE, "%s: this program cannot unpack it",
			 kernel_format_words[format]);
		return false;
	}
}
