// SPDX-License-Identifier: GPL-2.0-only
/*
 * initramfs.c: the guest's whole file system: /init, /dev/console, and files the user named
 *
 * It is built in memory and reaches QEMU as an inherited file descriptor, so that nothing is left
 * behind however this program ends. Times and owners are zero: the same init, the same bytes.
 */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/say.h"
#include "kernel/digest.h"
#include "vm/vm.h"

/* ELF header: e_machine at offset 18, 183 is EM_AARCH64. */
static bool is_arm64_elf(const unsigned char *data, size_t size)
{
	return size > 64 && data[0] == 0x7f && data[1] == 'E' && data[2] == 'L' && data[3] == 'F' &&
	       data[18] == 183;
}

static bool add_entry(struct archive *archive, const char *path, mode_t mode, dev_t device,
		      const void *data, size_t size)
{
	struct archive_entry *entry = archive_entry_new();
	bool added;

	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, mode);
	archive_entry_set_size(entry, size);
	archive_entry_set_mtime(entry, 0, 0);
	if (device)
		archive_entry_set_rdev(entry, device);
	added = archive_write_header(archive, entry) == ARCHIVE_OK &&
		(!size || archive_write_data(archive, data, size) == (la_ssize_t)size);
	archive_entry_free(entry);
	return added;
}

/* @file is HOST[:NAME]; it becomes /NAME, or what HOST is called. */
static bool add_file(struct archive *archive, const char *file)
{
	const char *colon = strrchr(file, ':');
	char *host = colon ? strndup(file, colon - file) : strdup(file);
	const char *name = colon ? colon + 1 : strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
	int fd = host ? open(host, O_RDONLY | O_CLOEXEC) : -1;
	struct stat status;
	void *data = MAP_FAILED;
	bool added;

	if (fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_size)
		data = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	added = data != MAP_FAILED && *name && !strchr(name, '/') &&
		add_entry(archive, name, S_IFREG | 0755, 0, data, status.st_size);
	if (!added)
		say("--file=%s: cannot put this into the guest: the file must not be empty, and its "
		    "name must have no '/'",
		    file);
	if (data != MAP_FAILED)
		munmap(data, status.st_size);
	if (fd >= 0)
		close(fd);
	free(host);
	return added;
}

static bool write_archive(int fd, const void *init, size_t size, char **files)
{
	struct archive *archive = archive_write_new();
	bool written;

	archive_write_set_format_cpio_newc(archive);
	written = archive_write_open_fd(archive, fd) == ARCHIVE_OK &&
		  add_entry(archive, "dev", S_IFDIR | 0755, 0, NULL, 0) &&
		  add_entry(archive, "dev/console", S_IFCHR | 0600, makedev(5, 1), NULL, 0) &&
		  add_entry(archive, "init", S_IFREG | 0755, 0, init, size);
	for (; written && files && *files; files++)
		written = add_file(archive, *files);
	written = written && archive_write_close(archive) == ARCHIVE_OK;
	archive_write_free(archive);
	return written;
}

static void digest_file(int fd, char sha256[65])
{
	struct stat status;
	void *data;

	fstat(fd, &status);
	data = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	kernel_digest(data, status.st_size, sha256);
	munmap(data, status.st_size);
}

int vm_initramfs_create(const char *init, char **files, char sha256[65])
{
	int source = open(init, O_RDONLY | O_CLOEXEC), fd = -1;
	void *data = MAP_FAILED;
	struct stat status;

	if (source < 0 || fstat(source, &status) || !S_ISREG(status.st_mode) || !status.st_size ||
	    (data = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, source, 0)) == MAP_FAILED)
		say("%s: cannot read the guest's init: 'make' builds it", init);
	else if (!is_arm64_elf(data, status.st_size))
		say("%s: not an arm64 program: the guest needs the cross-built workload", init);
	else if ((fd = memfd_create("initramfs", 0)) < 0 ||
		 !write_archive(fd, data, status.st_size, files)) {
		say("cannot build the initramfs in memory");
		if (fd >= 0)
			close(fd);
		fd = -1;
	} else {
		digest_file(fd, sha256);
	}
	if (data != MAP_FAILED)
		munmap(data, status.st_size);
	if (source >= 0)
		close(source);
	return fd;
}
