// SPDX-License-Identifier: GPL-2.0-only
/*
 * package.c: the kernels inside a .deb or .rpm
 */
#include <archive_entry.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/members.h"
#include "kernel/package.h"

/* What a package says of itself is read within these bounds: of 20,000 files 3 MiB at most. */
enum { INDEX_MAXIMUM = 32 << 20, FOLDERS_MAXIMUM = 1 << 20, LINE_SIZE = 4096 };

/* A package of Debian has one or two, and each may take some seconds. */
enum { KERNELS_MAXIMUM = 32 };

struct reading {
	struct kernel_members_bounds bounds;
	/* Possible kernels that the package lists, and those that were read; 0: it has no list. */
	uint64_t listed, visited;
	bool enough; /* what is not in the list need not be looked for */
	kernel_package_visitor *visit;
	void *context;
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

/* Read the current entry; into @content if that is not NULL, away if it is. */
static bool entry_read(struct archive *archive, struct reading *reading,
		       struct kernel_bytes *content)
{
	char piece[1 << 16];
	la_ssize_t got;

	while ((got = archive_read_data(archive, piece, sizeof(piece))) > 0) {
		reading->bounds.read += got;
		if (!kernel_members_within(&reading->bounds) ||
		    (content && !kernel_bytes_append(content, piece, got, reading->bounds.packed,
						     reading->bounds.why)))
			return false;
	}
	return got == 0 || kernel_members_damaged(archive, &reading->bounds);
}

/* All members of a tar or cpio archive, or up to the last kernel that the package lists, where that is enough. */
static bool members_visit(struct archive *archive, void *context)
{
	struct reading *reading = context;
	struct archive_entry *entry;
	int code;

	while ((code = archive_read_next_header(archive, &entry)) == ARCHIVE_OK ||
	       code == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(entry);
		const bool is_wanted = name && archive_entry_filetype(entry) == AE_IFREG &&
				       kernel_package_member_wanted(name);
		struct kernel_bytes content = { 0 };

		if (!entry_read(archive, reading, is_wanted ? &content : NULL)) {
			kernel_bytes_free(&content);
			return false;
		}
		if (!is_wanted)
			continue;
		if (reading->visited >= KERNELS_MAXIMUM) {
			kernel_bytes_free(&content);
			snprintf(reading->bounds.why, REASON_SIZE,
				 "package has more than %d kernels: none does", KERNELS_MAXIMUM);
			return false;
		}
		/* Of hard links cpio gives the content to the last one, and tar to the first. */
		if (content.size || archive_entry_nlink(entry) < 2)
			reading->enough |= reading->visit(reading->context, name, &content);
		if (++reading->visited == reading->listed && reading->enough)
			return true;
	}
	return code == ARCHIVE_EOF || kernel_members_damaged(archive, &reading->bounds);
}

/* The names in a text of lines "MD5  NAME". */
static uint64_t count_listed(char *text)
{
	uint64_t listed = 0;

	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		const char *name = strstr(line, "  ");

		listed += name && kernel_package_member_wanted(name + 2);
	}
	return listed;
}

/* control.tar of a .deb: its md5sums lists every regular file (deb-md5sums(5)). Without it, all is read. */
static bool control_tar_read(struct archive *tar, void *context)
{
	struct reading *reading = context;
	struct kernel_bytes sums = { 0 };
	struct archive_entry *entry;
	const char *name;
	int code;

	while ((code = archive_read_next_header(tar, &entry)) == ARCHIVE_OK ||
	       code == ARCHIVE_WARN) {
		name = archive_entry_pathname(entry);
		if (!name || (strcmp(name, "md5sums") && strcmp(name, "./md5sums")) ||
		    archive_entry_size(entry) > INDEX_MAXIMUM)
			continue;
		if (entry_read(tar, reading, &sums) &&
		    kernel_bytes_append(&sums, "", 1, 0, reading->bounds.why))
			reading->listed = count_listed((char *)sums.data);
		break;
	}
	kernel_bytes_free(&sums);
	return true;
}

/* A .deb is an ar archive of debian-binary, control.tar.* and data.tar.* (deb(5)). */
static bool deb_read(struct archive *ar, struct reading *reading)
{
	struct archive_entry *entry;

	while (archive_read_next_header(ar, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		if (name && !strncmp(name, "control.tar", 11) &&
		    !kernel_members_read_tar(ar, &reading->bounds, control_tar_read, reading))
			return false;
		if (name && !strncmp(name, "data.tar", 8))
			return kernel_members_read_tar(ar, &reading->bounds, members_visit,
						       reading);
	}
	if (archive_errno(ar))
		return kernel_members_damaged(ar, &reading->bounds);
	snprintf(reading->bounds.why, REASON_SIZE, "an ar archive without data.tar, not a .deb");
	return false;
}

/* --- the header of an RPM: its list of files (rpm's docs/manual/format.md, tags.md) --- */

enum {
	RPM_LEAD = 96,
	RPM_TAG_FILEMODES = 1030,
	RPM_TAG_FILEFLAGS = 1037,
	RPM_TAG_DIRINDEXES = 1116,
	RPM_TAG_BASENAMES = 1117,
	RPM_TAG_DIRNAMES = 1118,
	RPM_FLAG_GHOST = 1 << 6, /* listed, and not in the package */
};

/* One header: entries of 16 bytes, then their data. */
struct rpm_header {
	uint8_t *bytes; /* malloc()ed: entries and data, and a NUL */
	uint32_t entries, size;
};

static uint32_t big(const uint8_t *at, int width)
{
	uint32_t value = 0;

	while (width--)
		value = value << 8 | *at++;
	return value;
}

/* The header at *@at, which becomes where it ends. */
static bool rpm_header_read(int fd, uint64_t *at, struct rpm_header *header)
{
	uint8_t intro[16];
	uint64_t size;

	*header = (struct rpm_header){ 0 };
	if (pread(fd, intro, sizeof(intro), *at) != sizeof(intro) ||
	    memcmp(intro, "\x8e\xad\xe8\x01", 4))
		return false;
	header->entries = big(intro + 8, 4);
	header->size = big(intro + 12, 4);
	size = 16ull * header->entries + header->size;
	*at += sizeof(intro) + size;
	if (size > INDEX_MAXIMUM)
		return false;
	header->bytes = calloc(1, size + 1);
	return header->bytes && pread(fd, header->bytes, size, *at - size) == (ssize_t)size;
}

/* The data of @tag, @count values of @width bytes each (0: strings); NULL where it has none such. */
static const uint8_t *rpm_tag(const struct rpm_header *header, uint32_t tag, uint32_t width,
			      uint32_t *count)
{
	for (uint32_t i = 0; i < header->entries; i++) {
		const uint8_t *entry = header->bytes + 16ull * i;
		const uint32_t offset = big(entry + 8, 4);

		*count = big(entry + 12, 4);
		if (big(entry, 4) == tag && offset <= header->size &&
		    (uint64_t)width * *count <= header->size - offset)
			return header->bytes + 16ull * header->entries + offset;
	}
	return NULL;
}

/* @string, or NULL beyond the end. */
static const char *rpm_within(const struct rpm_header *header, const char *string)
{
	const char *end = (const char *)header->bytes + 16ull * header->entries + header->size;

	return string < end ? string : NULL;
}

static const char *rpm_next(const struct rpm_header *header, const char *string)
{
	return rpm_within(header, string + strlen(string) + 1);
}

/* The @count strings from @at on, to be freed; NULL where there are not as many, or too many. */
static const char **rpm_strings(const struct rpm_header *header, const uint8_t *at, uint32_t count)
{
	const char *string = at ? rpm_within(header, (const char *)at) : NULL,
		   **strings = count > FOLDERS_MAXIMUM ? NULL :
							 malloc((count + 1) * sizeof(*strings));
	uint32_t found = 0;

	for (; strings && string && found < count; string = rpm_next(header, string))
		strings[found++] = string;
	if (found == count)
		return strings;
	free(strings);
	return NULL;
}

/* As the last parts of all names that are wanted begin. */
static bool can_be_kernel(const char *name)
{
	return !strncmp(name, "vmlinu", 6) || !strncmp(name, "Image", 5) ||
	       !strncmp(name, "kernel", 6);
}

/* How many regular files that are in the package can be kernels. */
static uint64_t rpm_count(const struct rpm_header *header)
{
	uint32_t files, folders, count;
	const uint8_t *names = rpm_tag(header, RPM_TAG_BASENAMES, 0, &files);
	const uint8_t *indexes = rpm_tag(header, RPM_TAG_DIRINDEXES, 4, &count);
	const bool same = indexes && count == files;
	const uint8_t *modes = rpm_tag(header, RPM_TAG_FILEMODES, 2, &count);
	const bool moded = modes && count == files;
	const uint8_t *flags = rpm_tag(header, RPM_TAG_FILEFLAGS, 4, &count);
	const bool flagged = flags && count == files;
	const uint8_t *at = rpm_tag(header, RPM_TAG_DIRNAMES, 0, &folders);
	const char **dirs = rpm_strings(header, at, folders);
	const char *name = names ? rpm_within(header, (const char *)names) : NULL;
	uint64_t listed = 0;

	if (!dirs || !same || !moded || !flagged)
		name = NULL;
	for (uint32_t i = 0; name && i < files; i++, name = rpm_next(header, name)) {
		const uint32_t folder = big(indexes + 4 * i, 4);
		char path[LINE_SIZE];

		if (folder >= folders || !can_be_kernel(name) ||
		    (big(modes + 2 * i, 2) & S_IFMT) != S_IFREG ||
		    big(flags + 4 * i, 4) & RPM_FLAG_GHOST)
			continue;
		snprintf(path, sizeof(path), "%s%s", dirs[folder], name);
		listed += kernel_package_member_wanted(path);
	}
	free(dirs);
	return listed;
}

/*
 * Behind the lead comes the header of signatures, on eight bytes, then the header, then the archive.
 * libarchive would look for that in all of what comes.
 */
static bool rpm_read(int fd, struct reading *reading)
{
	struct rpm_header signatures, header = { 0 };
	uint64_t at = RPM_LEAD;
	bool done = rpm_header_read(fd, &at, &signatures);

	if (done) {
		at = (at + 7) / 8 * 8;
		done = rpm_header_read(fd, &at, &header);
	}
	if (done)
		reading->listed = rpm_count(&header);
	free(signatures.bytes);
	free(header.bytes);
	if (done && lseek(fd, at, SEEK_SET) >= 0)
		return kernel_members_read_cpio(fd, &reading->bounds, members_visit, reading);
	snprintf(reading->bounds.why, REASON_SIZE,
		 "package is damaged or cut short: its header cannot be read");
	return false;
}

/* The ar archive that a .deb is; NULL: no memory, or no such archive, which is @why. */
static struct archive *deb_open(int fd, char why[static REASON_SIZE])
{
	struct kernel_members_bounds bounds = { .why = why };
	struct archive *ar = archive_read_new();

	if (!ar) {
		snprintf(why, REASON_SIZE, "out of memory");
		return NULL;
	}
	archive_read_support_format_ar(ar);
	lseek(fd, 0, SEEK_SET);
	if (archive_read_open_fd(ar, fd, 1 << 16) == ARCHIVE_OK)
		return ar;
	kernel_members_damaged(ar, &bounds);
	archive_read_free(ar);
	return NULL;
}

bool kernel_package_read(int fd, uint64_t size, enum kernel_format format,
			 kernel_package_visitor *visit, void *context, char why[static REASON_SIZE])
{
	struct reading reading = { .bounds = { .packed = size, .why = why },
				   .visit = visit,
				   .context = context };
	struct archive *ar;
	bool done;

	why[0] = '\0';
	if (format == FORMAT_RPM)
		return rpm_read(fd, &reading);
	ar = deb_open(fd, why);
	done = ar && deb_read(ar, &reading);
	archive_read_free(ar);
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

struct search {
	const char *start;
	char *found;
};

static bool control_names(struct archive *tar, void *context)
{
	const struct search *search = context;
	char control[1 << 16];
	struct archive_entry *entry;
	la_ssize_t got;

	while (archive_read_next_header(tar, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		name += name && !strncmp(name, "./", 2) ? 2 : 0;
		if (!name || strcmp(name, "control"))
			continue;
		got = archive_read_data(tar, control, sizeof(control) - 1);
		control[got > 0 ? got : 0] = '\0';
		return name_copy(control, search->start, search->found);
	}
	return false;
}

bool kernel_package_names(int fd, const char *start, char found[static KERNEL_PACKAGE_NAME_SIZE])
{
	struct search search = { start, found };
	char why[REASON_SIZE] = "";
	struct kernel_members_bounds bounds = { .why = why };
	struct archive *ar = deb_open(fd, why);
	struct archive_entry *entry;
	bool done = false;

	while (ar && archive_read_next_header(ar, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		if (name && !strncmp(name, "control.tar", 11)) {
			done = kernel_members_read_tar(ar, &bounds, control_names, &search);
			break;
		}
	}
	archive_read_free(ar);
	return done;
}
