// SPDX-License-Identifier: GPL-2.0-only
/*
 * package.c: the kernels inside a .deb or .rpm
 */
#include <archive.h>
#include <archive_entry.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/package.h"

/* A package may unpack to this many times its size: kernels with modules take 3 to 8. */
enum { PACKAGE_RATIO = 60, PACKAGE_FROM = 256 << 20 };

struct reading {
	uint64_t packed, unpacked; /* bytes of the package, bytes that came out of it so far */
	kernel_package_visitor *visit;
	void *context;
	char *why;
};

/* clang-format off */
static const char *const wanted[] = {
	"boot/vmlinu[xz]*", "boot/Image*", "boot/kernel*.img", "lib/modules/*/vmlinu[xz]*",
	"usr/lib/modules/*/vmlinu[xz]*", "lib/modules/*/Image*", "usr/lib/modules/*/Image*",
	"usr/lib/debug/boot/vmlinux*", "usr/lib/debug/lib/modules/*/vmlinux*",
	"usr/lib/debug/usr/lib/modules/*/vmlinux*",
};
/* clang-format on */

bool kernel_package_member_wanted(const char *name)
{
	while (*name == '.' || *name == '/')
		name++;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!fnmatch(wanted[i], name, FNM_PATHNAME))
			return true;
	return false;
}

static bool damaged(struct archive *archive, struct reading *reading)
{
	const char *detail = archive_error_string(archive);

	if (!reading->why[0])
		snprintf(reading->why, REASON_SIZE, "package is damaged or cut short: %s",
			 detail ? detail : "no detail");
	return false;
}

static bool within_bounds(struct reading *reading)
{
	if (reading->unpacked < PACKAGE_FROM || reading->unpacked / PACKAGE_RATIO < reading->packed)
		return true;
	snprintf(reading->why, REASON_SIZE,
		 "package expands more than %d times: no kernel package "
		 "does",
		 PACKAGE_RATIO);
	return false;
}

/* Read the current entry; into @content if that is not NULL, away if it is. */
static bool entry_read(struct archive *archive, struct reading *reading,
		       struct kernel_bytes *content)
{
	static _Thread_local char piece[1 << 16];
	la_ssize_t got;

	while ((got = archive_read_data(archive, piece, sizeof(piece))) > 0) {
		reading->unpacked += got;
		if (!within_bounds(reading) ||
		    (content &&
		     !kernel_bytes_append(content, piece, got, reading->packed, reading->why)))
			return false;
	}
	return got == 0 || damaged(archive, reading);
}

/* All members of a tar or cpio archive. */
static bool members_read(struct archive *archive, struct reading *reading)
{
	struct archive_entry *entry;
	int code;

	while ((code = archive_read_next_header(archive, &entry)) == ARCHIVE_OK ||
	       code == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(entry);
		bool is_wanted = name && archive_entry_filetype(entry) == AE_IFREG &&
				 !archive_entry_hardlink(entry) &&
				 kernel_package_member_wanted(name);
		struct kernel_bytes content = { 0 };

		if (!entry_read(archive, reading, is_wanted ? &content : NULL)) {
			kernel_bytes_free(&content);
			return false;
		}
		if (is_wanted)
			reading->visit(reading->context, name, &content);
	}
	return code == ARCHIVE_EOF || damaged(archive, reading);
}

/* The filters that are linked in; libarchive would run a program for any other. */
static struct archive *archive_new(void)
{
	struct archive *archive = archive_read_new();

	if (archive) {
		archive_read_support_filter_gzip(archive);
		archive_read_support_filter_xz(archive);
		archive_read_support_filter_lzma(archive);
		archive_read_support_filter_bzip2(archive);
		archive_read_support_filter_zstd(archive);
	}
	return archive;
}

struct outer {
	struct archive *archive;
	char piece[1 << 16];
};

static la_ssize_t outer_read(struct archive *inner, void *context, const void **data)
{
	struct outer *outer = context;

	(void)inner;
	*data = outer->piece;
	return archive_read_data(outer->archive, outer->piece, sizeof(outer->piece));
}

/* data.tar of a .deb: an archive that is the current entry of another one. */
static bool data_tar_read(struct archive *ar, struct reading *reading)
{
	static _Thread_local struct outer outer;
	struct archive *tar = archive_new();
	bool done;

	outer.archive = ar;
	if (!tar)
		return false;
	archive_read_support_format_tar(tar);
	archive_read_support_format_empty(tar);
	if (archive_read_open(tar, &outer, NULL, outer_read, NULL) == ARCHIVE_OK)
		done = members_read(tar, reading);
	else
		done = damaged(tar, reading);
	archive_read_free(tar);
	return done;
}

/* A .deb is an ar archive of debian-binary, control.tar.* and data.tar.* (deb(5)). */
static bool deb_read(struct archive *ar, struct reading *reading)
{
	struct archive_entry *entry;

	while (archive_read_next_header(ar, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		if (name && !strncmp(name, "data.tar", 8))
			return data_tar_read(ar, reading);
	}
	if (archive_errno(ar))
		return damaged(ar, reading);
	snprintf(reading->why, REASON_SIZE, "an ar archive without data.tar, not a .deb");
	return false;
}

bool kernel_package_read(int fd, uint64_t size, enum kernel_format format,
			 kernel_package_visitor *visit, void *context, char why[static REASON_SIZE])
{
	struct reading reading = { .packed = size, .visit = visit, .context = context, .why = why };
	struct archive *archive = archive_new();
	bool done = false;

	why[0] = '\0';
	if (!archive) {
		snprintf(why, REASON_SIZE, "out of memory");
		return false;
	}
	if (format == FORMAT_DEB) {
		archive_read_support_format_ar(archive);
	} else {
		archive_read_support_filter_rpm(archive);
		archive_read_support_format_cpio(archive);
	}
	lseek(fd, 0, SEEK_SET);
	if (archive_read_open_fd(archive, fd, 1 << 16) == ARCHIVE_OK)
		done = format == FORMAT_DEB ? deb_read(archive, &reading) :
					      members_read(archive, &reading);
	else
		damaged(archive, &reading);
	archive_read_free(archive);
	return done;
}

/* The word of @text that starts with @start, as package names are made of; false: none. */
static bool name_copy(const char *text, const char *start,
		      char found[static KERNEL_PACKAGE_NAME_SIZE])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
	const char *at = strstr(text, start);
	const size_t length = at ? strspn(at, letters) : 0;

	if (!length || length >= KERNEL_PACKAGE_NAME_SIZE)
		return false;
	memcpy(found, at, length);
	found[length] = '\0';
	return true;
}

static bool control_names(struct archive *ar, const char *start,
			  char found[static KERNEL_PACKAGE_NAME_SIZE])
{
	static _Thread_local struct outer outer;
	static _Thread_local char control[1 << 16];
	struct archive *tar = archive_new();
	struct archive_entry *entry;
	bool done = false;
	la_ssize_t got;

	outer.archive = ar;
	if (!tar)
		return false;
	archive_read_support_format_tar(tar);
	if (archive_read_open(tar, &outer, NULL, outer_read, NULL) == ARCHIVE_OK)
		while (!done && archive_read_next_header(tar, &entry) == ARCHIVE_OK) {
			const char *name = archive_entry_pathname(entry);

			name += name && !strncmp(name, "./", 2) ? 2 : 0;
			if (!name || strcmp(name, "control"))
				continue;
			got = archive_read_data(tar, control, sizeof(control) - 1);
			control[got > 0 ? got : 0] = '\0';
			done = name_copy(control, start, found);
			break;
		}
	archive_read_free(tar);
	return done;
}

bool kernel_package_names(int fd, const char *start, char found[static KERNEL_PACKAGE_NAME_SIZE])
{
	struct archive *ar = archive_new();
	struct archive_entry *entry;
	bool done = false;

	if (!ar)
		return false;
	archive_read_support_format_ar(ar);
	lseek(fd, 0, SEEK_SET);
	if (archive_read_open_fd(ar, fd, 1 << 16) == ARCHIVE_OK)
		while (archive_read_next_header(ar, &entry) == ARCHIVE_OK) {
			const char *name = archive_entry_pathname(entry);

			if (name && !strncmp(name, "control.tar", 11)) {
				done = control_names(ar, start, found);
				break;
			}
		}
	archive_read_free(ar);
	return done;
}
