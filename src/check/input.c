// SPDX-License-Identifier: GPL-2.0-only
/*
 * input.c: from what the user named to answers
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/check.h"
#include "kernel/core.h"
#include "kernel/load.h"
#include "kernel/package.h"
#include "kernel/rerouted.h"

/* Judges a kernel, which is consumed; not @loaded: what was read of it names it, @why says the rest. */
static void check_kernel(struct kernel *kernel, const struct kernel_runtime *runtime, bool loaded,
			 const char *why, struct kernel_finding *finding)
{
	if (loaded)
		kernel_finding_judge(finding, kernel, runtime);
	else
		kernel_finding_unknown(finding, why);
	memcpy(finding->build_id, kernel->build_id, sizeof(finding->build_id));
	memcpy(finding->banner, kernel->banner, sizeof(finding->banner));
	kernel_free(kernel);
}

/* Judges one kernel in memory, which is consumed. */
static void check_bytes(struct kernel_bytes *bytes, const struct check_options *options,
			struct kernel_finding *finding)
{
	const struct kernel_runtime file = { 0 };
	struct kernel kernel = { 0 };
	char why[REASON_SIZE] = "";
	const bool loaded = kernel_load(bytes, options->map, options->map_size, &kernel,
					finding->container, why);

	check_kernel(&kernel, &file, loaded, why, finding);
}

struct package {
	const char *path;
	enum kernel_format format;
	const struct check_options *options;
	struct check_answer **list;
	int kernels;
};

/* A package that lists a fixed kernel may hide another one. */
static bool member_check(void *context, const char *member, struct kernel_bytes *content)
{
	struct package *package = context;
	struct check_answer *answer;

	member += strspn(member, "./");
	answer = check_answer_new(package->list, package->path, member);
	package->kernels++;
	kernel_container_add(answer->finding.container, package->format);
	check_bytes(content, package->options, &answer->finding);
	return answer->finding.judgement.verdict != VERDICT_FIXED;
}

/* Why a whole package has no kernel in it, and where one is. */
static void no_kernel_say(int fd, enum kernel_format format, char why[static REASON_SIZE])
{
	char name[KERNEL_PACKAGE_NAME_SIZE];
	uint8_t type[2] = { 0 };

	/* The type in the lead of an RPM: 1 is a source package. */
	if (format == FORMAT_RPM && pread(fd, type, 2, 6) == 2 && type[1] == 1)
		snprintf(why, REASON_SIZE,
			 "this package holds sources: unpack them with rpm -i and rpmbuild -bp, "
			 "then check the folder of the tree");
	else if (format == FORMAT_DEB && kernel_package_names(fd, "linux-binary-", name))
		snprintf(why, REASON_SIZE, "no kernel in this package; it is in the package %s",
			 name);
	else
		snprintf(why, REASON_SIZE,
			 "no kernel in this package (modules, a meta package, or "
			 "debugging information without vmlinux)");
}

/* Is it the .dsc of a Debian source package, signed or not? */
static bool is_debian_source(const char *path, const uint8_t *head, size_t size)
{
	const size_t length = strlen(path);

	return length > 4 && !strcmp(path + length - 4, ".dsc") &&
	       (memmem(head, size, "Format: ", 8) ||
		memmem(head, size, "-----BEGIN PGP SIGNED", 21));
}

static void package_check(int fd, uint64_t size, enum kernel_format format, const char *path,
			  const struct check_options *options, struct check_answer **list)
{
	struct package package = { path, format, options, list, 0 };
	char why[REASON_SIZE];
	bool done = kernel_package_read(fd, size, format, member_check, &package, why);
	const off_t at = lseek(fd, 0, SEEK_CUR);
	struct check_answer *answer;

	for (answer = *list; at > 0 && answer; answer = answer->next)
		if (answer->path && !strcmp(answer->path, path))
			answer->finding.unread = size - at;
	if (done && package.kernels)
		return;
	answer = check_answer_new(list, path, NULL);
	kernel_container_add(answer->finding.container, format);
	if (done)
		no_kernel_say(fd, format, why);
	kernel_finding_unknown(&answer->finding, why);
}

/* The kernel that is in a dump of memory, as its machine ran it. */
static void core_check(const char *path, struct check_answer **list)
{
	struct kernel_finding *finding = &check_answer_new(list, path, NULL)->finding;
	struct kernel_runtime machine = { 0 };
	struct kernel kernel = { 0 };
	char why[REASON_SIZE];
	struct kernel_core *core = kernel_core_open(path, why);
	uint64_t address;
	bool loaded;

	if (core)
		snprintf(finding->container, sizeof(finding->container), "vmcore, %s",
			 kernel_core_format(core));
	loaded = core && kernel_core_load(core, &kernel, &address, why);
	if (loaded)
		kernel_rerouted_restore(&kernel, core, address, &machine);
	check_kernel(&kernel, &machine, loaded, why, finding);
	kernel_core_close(core);
}

static void file_check(int fd, uint64_t size, const char *path, const struct check_options *options,
		       struct check_answer **list)
{
	uint8_t head[FORMAT_HEAD];
	ssize_t got = pread(fd, head, sizeof(head), 0);
	enum kernel_format format = kernel_format_identify(head, got > 0 ? got : 0);
	struct kernel_bytes bytes = { 0 };
	char why[REASON_SIZE];
	struct check_answer *answer;

	if (got > 0 && kernel_core_identify(head, got)) {
		core_check(path, list);
		return;
	}
	if (format == FORMAT_DEB || format == FORMAT_RPM) {
		package_check(fd, size, format, path, options, list);
		return;
	}
	answer = check_answer_new(list, path, NULL);
	if (!kernel_is_stream(format) && format != FORMAT_ELF && format != FORMAT_IMAGE) {
		kernel_refuse(format, why); /* without reading what may be a disk image */
		if (is_debian_source(path, head, got > 0 ? got : 0))
			snprintf(why, sizeof(why),
				 "this names the sources of a Debian package: unpack them with "
				 "dpkg-source -x, then check the folder");
		kernel_finding_unknown(&answer->finding, why);
		return;
	}
	if (kernel_read_descriptor(fd, &bytes, why)) {
		check_bytes(&bytes, options, &answer->finding);
	} else {
		kernel_finding_unknown(&answer->finding, why);
	}
}

void check_input(const char *path, const struct check_options *options, struct check_answer **list)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;
	char why[REASON_SIZE];

	if (fd < 0 || fstat(fd, &status)) {
		snprintf(why, sizeof(why), "cannot open: %s", strerror(errno));
		kernel_finding_unknown(&check_answer_new(list, path, NULL)->finding, why);
	} else if (S_ISDIR(status.st_mode)) {
		kernel_finding_judge_tree(&check_answer_new(list, path, NULL)->finding, path);
	} else if (!S_ISREG(status.st_mode)) {
		kernel_finding_unknown(&check_answer_new(list, path, NULL)->finding,
				       "neither a file nor a folder");
	} else {
		file_check(fd, status.st_size, path, options, list);
	}
	if (fd >= 0)
		close(fd);
}
