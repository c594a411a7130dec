/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parts.h: an input of several files, one behind the other with a form feed between
 */
#ifndef ICACHE_IPI_FUZZ_PARTS_H
#define ICACHE_IPI_FUZZ_PARTS_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct parts {
	const uint8_t *at, *end;
};

/* The next part of @parts and its @size; NULL when there is none. */
static inline const uint8_t *parts_next(struct parts *parts, size_t *size)
{
	const uint8_t *part = parts->at, *cut;

	if (!part)
		return NULL;
	cut = memchr(part, '\f', parts->end - part);
	*size = (cut ? cut : parts->end) - part;
	parts->at = cut ? cut + 1 : NULL;
	return part;
}

/* A copy of the part that ends in a NUL, for the caller to free. */
static inline char *parts_text(const uint8_t *part, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, part, size);
	text[size] = '\0';
	return text;
}

/* Work in the folder that the test made for this target (tests/lib/fuzz.sh), once. */
static inline void parts_enter_folder(void)
{
	static int entered;

	if (!entered++ && chdir(getenv("FUZZ_FOLDER")))
		abort();
}

/* @name in the working folder becomes the part, or is gone when @part is NULL. */
static inline void parts_write(const char *name, const uint8_t *part, size_t size)
{
	FILE *file = part ? fopen(name, "we") : NULL;

	if (!part) {
		unlink(name);
		return;
	}
	if (!file || fwrite(part, 1, size, file) != size || fclose(file))
		abort();
}

/* What is printed for people has no control character but newlines and @allowed. */
static inline void parts_check_printable(const char *text, size_t size, const char *allowed)
{
	for (size_t i = 0; i < size; i++)
		if (((unsigned char)text[i] < ' ' || text[i] == 127) && text[i] != '\n' &&
		    (!text[i] || !strchr(allowed, text[i])))
			abort();
}

/* What is printed for programs is JSON. A DEL is itself in it. */
static inline void parts_check_json(const char *text, size_t size)
{
	json_t *json = json_loadb(text, size, 0, NULL);

	if (!json)
		abort();
	json_decref(json);
}

#endif
