// SPDX-License-Identifier: GPL-2.0-only
/*
 * dmesg.c: any bytes as what a kernel says of its log, and behind the first 0 as the memory that has it
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/core-log.h"
#include "kernel/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct memory {
	const uint8_t *bytes;
	size_t size;
} memory;

static bool read_memory(void *context, uint64_t address, uint64_t *words, size_t count)
{
	const struct memory *all = context;

	if (address > all->size || count > (all->size - address) / 8)
		return false;
	for (size_t i = 0; i < count; i++)
		words[i] = kernel_little64(all->bytes + address + 8 * i);
	return true;
}

static void take(void *context, const char *text, size_t size)
{
	size_t *lines = context;

	if (!size || text[size - 1] != '\n' || memchr(text, '\n', size) != text + size - 1)
		abort();
	++*lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\0', size);
	size_t lines = 0;

	if (!end)
		return 0;
	memory = (struct memory){ .bytes = end + 1, .size = size - (end + 1 - data) };
	kernel_core_log(read_memory, &memory, (const char *)data, take, &lines);
	return 0;
}
