// SPDX-License-Identifier: GPL-2.0-only
/*
 * modules.c: where our modules are, by what depmod wrote, and who put them there
 *
 * modules.dep of a kernel names the one file that modprobe takes for each module: that of make
 * modules_install, of dkms (in one of its places), of a package, or a link that weak-modules made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/machine.h"
#include "lib/paths.h"
#include "lib/text.h"
#include "status/status.h"

/* A line has a module and all that it needs: the longest of Debian's kernels has 1.5 KiB. */
#define DEP_SIZE_MAX (64ul << 20)
/* Of all kernels together: a file of holes costs nothing to make. */
#define DEPS_SIZE_MAX (256ul << 20)

/*
 * @field of the module file at @path, "" when it has none, by modinfo(8): it knows every compression.
 * false: it cannot read the file.
 */
static bool read_modinfo(const char *path, const char *field, char *value, size_t size)
{
	const char *const argv[] = { "modinfo", "-F", field, path, NULL };

	return !status_first_line(value, size, argv);
}

/* dkms has a link for each kernel that it installed a module for: kernel-KERNEL-ARCH, to VERSION/KERNEL/ARCH. */
static bool installed_by_dkms(const struct status_machine *machine,
			      const struct status_module *module, struct status_built *built)
{
	char pattern[512], target[256];
	glob_t found;
	ssize_t length = -1;

	snprintf(pattern, sizeof(pattern), "var/lib/dkms/%s/kernel-%s-*", module->package,
		 built->kernel);
	if (paths_find(machine->root, pattern, &found))
		length = readlink(found.gl_pathv[0], target, sizeof(target) - 1);
	globfree(&found);
	if (length < 0)
		return false;
	target[length] = '\0';
	target[strcspn(target, "/")] = '\0';
	snprintf(built->installer, sizeof(built->installer), "dkms, %.150s", target);
	return true;
}

/* weak-updates/NAME.ko is a link into the folder of the kernel that it was built for. */
static bool installed_by_weak_modules(struct status_built *built, const char *path,
				      const char *relative)
{
	static const char folder[] = "/lib/modules/";
	char target[1024], *kernel;
	ssize_t length;

	if (strncmp(relative, "weak-updates/", strlen("weak-updates/")))
		return false;
	length = readlink(path, target, sizeof(target) - 1);
	target[length < 0 ? 0 : length] = '\0';
	kernel = strstr(target, folder);
	if (kernel) {
		kernel += strlen(folder);
		kernel[strcspn(kernel, "/")] = '\0';
	}
	snprintf(built->installer, sizeof(built->installer), "weak-modules, which was for %s",
		 kernel ? kernel : "another kernel");
	return true;
}

/* "PACKAGE: PATH" by dpkg, or the package's name by rpm */
static bool installed_by_package(const struct status_machine *machine, struct status_built *built,
				 const char *relative)
{
	char *under = text("--root=%s", machine->root);
	char *pattern = text("*/lib/modules/%s/%s", built->kernel, relative);
	char *inside = text("/lib/modules/%s/%s", built->kernel, relative);
	const char *const dpkg[] = { "dpkg-query", "--search", pattern, NULL };
	/* This option came with dpkg 1.21. */
	const char *const dpkg_under[] = { "dpkg-query", under, "--search", pattern, NULL };
	char line[512];
	bool found = !status_first_line(line, sizeof(line), machine->root[0] ? dpkg_under : dpkg);

	if (found)
		line[strcspn(line, ":,")] = '\0';
	else
		found = status_ask_rpm(machine, inside, line, sizeof(line));
	if (found)
		snprintf(built->installer, sizeof(built->installer), "the package %.120s", line);
	free(under);
	free(pattern);
	free(inside);
	return found;
}

/* The module file at @path is for the running kernel: is it the one that is loaded? */
static void read_running(const struct status_machine *machine, struct status_module *module,
			 const char *path, const struct status_built *built)
{
	char name[128], loaded[64], installed[64];

	module->built_for_running = true;
	module->running_signed = built->signer[0];
	snprintf(name, sizeof(name), "sys/module/%s/srcversion", module->name);
	machine_line(machine->root, name, loaded, sizeof(loaded));
	module->stale = read_modinfo(path, "srcversion", installed, sizeof(installed)) &&
			loaded[0] && installed[0] && strcmp(loaded, installed);
}

/* @relative as modules.dep of @kernel has it: from the kernel's folder, or from the root. */
static void take_module(struct status_machine *machine, struct status_module *module,
			const char *kernel, const char *relative)
{
	struct status_built *built = &module->built[module->built_count];
	char *folder = text("/lib/modules/%s/", kernel);
	char *path;

	if (!strncmp(relative, folder, strlen(folder)))
		relative += strlen(folder);
	path = text("%s%s%s", machine->root, folder, relative);
	module->built_count++;
	text_copy(built->kernel, sizeof(built->kernel), kernel);
	built->unreadable = !read_modinfo(path, "signer", built->signer, sizeof(built->signer));
	if (built->unreadable)
		built->signer[0] = '\0';
	if (!installed_by_weak_modules(built, path, relative) &&
	    !installed_by_dkms(machine, module, built) &&
	    !installed_by_package(machine, built, relative))
		text_copy(built->installer, sizeof(built->installer), "no package");
	if (!strcmp(built->kernel, machine->release))
		read_running(machine, module, path, built);
	free(path);
	free(folder);
}

/* Does "PATH/NAME.ko[.COMPRESSION]" have the name of @module? The kernel takes '-' for '_'. */
static bool has_name(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	for (; *name && (*base == *name || (*base == '-' && *name == '_')); name++)
		base++;
	return !*name && !strncmp(base, ".ko", strlen(".ko"));
}

void status_read_built(struct status_machine *machine, struct status_module *module)
{
	const size_t prefix = strlen(machine->root) + strlen("/lib/modules/");
	glob_t found;
	const size_t count = paths_find(machine->root, "lib/modules/*/modules.dep", &found);
	size_t left = DEPS_SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		size_t size = 0;
		char *all = file_read(found.gl_pathv[i], left < DEP_SIZE_MAX ? left : DEP_SIZE_MAX,
				      &size),
		     *rest;
		char *kernel = text("%.*s", (int)strcspn(found.gl_pathv[i] + prefix, "/"),
				    found.gl_pathv[i] + prefix);

		for (char *line = all ? strtok_r(all, "\n", &rest) : NULL;
		     line && module->built_count < STATUS_KERNELS_MAX;
		     line = strtok_r(NULL, "\n", &rest)) {
			line[strcspn(line, ":")] = '\0';
			if (has_name(line, module->name))
				take_module(machine, module, kernel, line);
		}
		left -= size;
		free(kernel);
		free(all);
	}
	globfree(&found);
}
