// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbols.c: names for addresses: from the System.map of the kernel that runs, or from its own table
 *
 * A map of another build would give wrong names with all confidence. One that is not the Image's own
 * is refused (kernel/map.h), and the Image's kallsyms has the names then.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/map.h"
#include "lib/file.h"
#include "vm/vm.h"

/* Makes @kernel of the file @image; false: it has no symbols that can be placed. */
static bool read_kernel(struct kernel *kernel, const char *image, const char *map, size_t map_size)
{
	char why[REASON_SIZE];

	*kernel = (struct kernel){ 0 };
	kernel->image = (uint8_t *)file_read(image, KERNEL_MAXIMUM, &kernel->size);
	return kernel->image && kernel_from_image(kernel, map, map_size, why);
}

static const char *read_with_map(struct kernel *kernel, const char *image, const char *map)
{
	size_t size;
	char *text = file_read(map, KERNEL_MAXIMUM, &size);
	bool placed;

	if (!text)
		return strerror(errno);
	placed = read_kernel(kernel, image, text, size);
	free(text);
	if (!kernel->symbols_from || strcmp(kernel->symbols_from, "map"))
		return "is not a System.map";
	return placed && kernel_map_fits(kernel) ? NULL :
						   "belongs to another kernel than the Image";
}

const char *vm_symbols_load(struct kernel *kernel, const char *image, const char *map)
{
	const char *error = "there is none beside the Image";
	bool placed = true;

	*kernel = (struct kernel){ 0 };
	if (map)
		error = read_with_map(kernel, image, map);
	if (error) {
		kernel_free(kernel);
		placed = read_kernel(kernel, image, NULL, 0);
	}
	if (placed && (kernel->base || kernel_find_base(kernel)))
		kernel_symbols_keep_functions(&kernel->symbols);
	else
		kernel_free(kernel);
	return error;
}

/* "TREE/arch/arm64/boot/Image" has it in TREE, "vmlinuz-X" beside it as "System.map-X". */
bool vm_symbols_find_map(const char *image, char *map, size_t size)
{
	static const char *const places[] = { "%.*s/../../../System.map", "%.*s/System.map",
					      "%.*s/System.map%s" };
	const char *slash = strrchr(image, '/'), *dash = strchr(slash ? slash : image, '-');
	const char *directory = slash ? image : ".";
	const int length = slash ? (int)(slash - image) : 1;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (i == 2 && !dash)
			break;
		if ((size_t)snprintf(map, size, places[i], length, directory, dash) < size &&
		    !access(map, R_OK))
			return true;
	}
	return false;
}
