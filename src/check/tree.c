// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree.c: is the kernel that would be built from this source tree affected?
 *
 * The names are the evidence, exactly: flush_icache_range() in asm/cacheflush.h broadcasts,
 * __flush_icache_range() does not, and the comment of the merged fix names what it does not call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/input.h"
#include "check/roles.h"
#include "check/source.h"
#include "check/tree.h"

#define FLUSH "arch/arm64/mm/flush.c"
#define HEADER "arch/arm64/include/asm/cacheflush.h"
#define UPROBES "arch/arm64/kernel/probes/uprobes.c"

/* The signs of the posted form, one bit each. */
enum {
	SIGN_DEFINITION = 1,	/* sync_icache_aliases() takes a third argument */
	SIGN_BRANCH = 2,	/* ... and broadcasts only if it is true */
	SIGN_PTE = 4,		/* __sync_icache_dcache() passes false */
	SIGN_PTRACE = 8,	/* flush_ptrace_access() passes true */
	SIGN_PROTOTYPE = 16,	/* the header declares three parameters */
	SIGN_UPROBES = 32,	/* uprobes pass true */
	SIGNS_ALL = 63,
};

static struct slice whole(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

/* Does the call of sync_icache_aliases() in @body pass @value as a third argument? */
static bool passes(struct slice body, const char *value)
{
	struct slice arguments = source_call(body, ROOT_ALIASES);

	return arguments.at && source_count(arguments) == 3 &&
	       slice_is(source_last(arguments), value);
}

static bool function_passes(const char *text, const char *function, const char *value)
{
	struct slice parameters, body;

	return source_definition(text, function, &parameters, &body) && passes(body, value);
}

/* "if (sync)" before the call that broadcasts, "else" before the one that does not. */
static bool branches_on_sync(struct slice body)
{
	const char *end = body.at + body.length, *condition = NULL, *other;
	struct slice loud = source_call(body, "flush_icache_range"), test = body;

	while ((test = source_call(test, "if")).at) {
		if (slice_is(test, "sync"))
			condition = test.at;
		test.length = end - test.at;
	}
	other = condition ? memmem(condition, end - condition, "else", 4) : NULL;
	return loud.at && other && condition < loud.at && loud.at < other &&
	       source_call((struct slice){ other, end - other }, "__flush_icache_range").at;
}

static int posted_signs(const char *flush, const char *header, const char *uprobes,
			struct slice parameters, struct slice body)
{
	int signs = 0;

	if (source_count(parameters) == 3)
		signs |= SIGN_DEFINITION;
	if (slice_is(source_last(parameters), "bool sync") && branches_on_sync(body))
		signs |= SIGN_BRANCH;
	if (function_passes(flush, ROOT_PTE, "false"))
		signs |= SIGN_PTE;
	if (function_passes(flush, "flush_ptrace_access", "true"))
		signs |= SIGN_PTRACE;
	if (source_count(source_call(whole(header), ROOT_ALIASES)) == 3)
		signs |= SIGN_PROTOTYPE;
	if (!uprobes || passes(whole(uprobes), "true"))
		signs |= SIGN_UPROBES;
	return signs;
}

/* Does calling flush_icache_range() broadcast? It is inline since the fault, assembly before. */
static bool range_broadcasts(const char *header, bool *is_inline)
{
	struct slice parameters, body;

	*is_inline = source_definition(header, "flush_icache_range", &parameters, &body);
	return *is_inline && source_call(body, BROADCAST).at;
}

static enum form plain_form(const char *header, struct slice body, char why[static REASON_SIZE])
{
	bool calls_range = source_call(body, "flush_icache_range").at, is_inline;
	bool broadcasts = range_broadcasts(header, &is_inline);

	if (source_call(body, BROADCAST).at || (calls_range && broadcasts)) {
		snprintf(why, REASON_SIZE, "%s() in " FLUSH " calls %s", ROOT_ALIASES,
			 calls_range ? "flush_icache_range(), which calls " BROADCAST "()" :
			 BROADCAST "()");
		return FORM_AFFECTED;
	}
	if (source_call(body, "__flush_icache_range").at ||
	    source_call(body, "caches_clean_inval_pou").at) {
		snprintf(why, REASON_SIZE, "%s() in " FLUSH " calls only cache maintenance",
			 ROOT_ALIASES);
		return FORM_MERGED;
	}
	if (calls_range && !is_inline && source_call(whole(header), "flush_icache_range").at) {
		snprintf(why, REASON_SIZE, "flush_icache_range() is the assembly of before 4.19");
		return FORM_PREDATES;
	}
	snprintf(why, REASON_SIZE, "%s() in " FLUSH " calls nothing this program knows",
		 ROOT_ALIASES);
	return FORM_NONE;
}

static enum form stripped_form(const char *flush, const char *header, const char *uprobes,
			       char why[static REASON_SIZE])
{
	struct slice parameters, body, dcache_parameters, dcache;
	int signs;

	if (!source_definition(flush, ROOT_ALIASES, &parameters, &body) ||
	    !source_definition(flush, ROOT_PTE, &dcache_parameters, &dcache) ||
	    !source_call(dcache, ROOT_ALIASES).at) {
		snprintf(why, REASON_SIZE, "no %s() that calls %s() in " FLUSH, ROOT_PTE,
			 ROOT_ALIASES);
		return FORM_NONE;
	}
	if (memchr(body.at, '#', body.length) || memchr(dcache.at, '#', dcache.length)) {
		snprintf(why, REASON_SIZE, "preprocessor lines inside %s() or %s()", ROOT_ALIASES,
			 ROOT_PTE);
		return FORM_NONE;
	}
	signs = posted_signs(flush, header, uprobes, parameters, body);
	if (signs == SIGNS_ALL) {
		snprintf(why, REASON_SIZE, "%s() broadcasts only for 'bool sync', and a user pte "
			 "passes false", ROOT_ALIASES);
		return FORM_POSTED;
	}
	if (signs & ~(uprobes ? 0 : SIGN_UPROBES)) {
		snprintf(why, REASON_SIZE, "only some hunks of the posted form are there:%s%s%s",
			 signs & SIGN_BRANCH && signs & SIGN_PTE && signs & SIGN_PTRACE ? "" :
			 " not all of " FLUSH, signs & SIGN_PROTOTYPE ? "" : " not " HEADER,
			 signs & SIGN_UPROBES ? "" : " not " UPROBES);
		return FORM_PARTIAL;
	}
	return plain_form(header, body, why);
}

enum form tree_form(const char *flush, const char *header, const char *uprobes,
		    char why[static REASON_SIZE])
{
	char *stripped[3] = { source_strip(flush), source_strip(header),
			      uprobes ? source_strip(uprobes) : NULL };
	enum form form = FORM_NONE;

	snprintf(why, REASON_SIZE, "out of memory");
	if (stripped[0] && stripped[1] && (stripped[2] || !uprobes))
		form = stripped_form(stripped[0], stripped[1], stripped[2], why);
	for (int i = 0; i < 3; i++)
		free(stripped[i]);
	return form;
}

/* One file of the tree, NUL-terminated, or NULL. */
static char *file_read(const char *tree, const char *name)
{
	struct bytes bytes = { 0 };
	char path[4096], why[REASON_SIZE];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", tree, name) >= sizeof(path) ||
	    !input_read_file(path, &bytes, why))
		return NULL;
	if (bytes.size > 1 << 20 || !bytes_append(&bytes, "", 1, 0, why))
		bytes_free(&bytes);
	return (char *)bytes.data;
}

void tree_check(const char *path, struct result *result)
{
	const struct runtime file = { 0 };
	char *flush = file_read(path, FLUSH), *header = file_read(path, HEADER);
	char *uprobes = file_read(path, UPROBES), why[REASON_SIZE];
	enum form form;

	if (flush && header) {
		snprintf(result->container, sizeof(result->container), "source tree");
		form = tree_form(flush, header, uprobes, why);
		judge(NULL, form, &file, &result->judgement);
		result->method = "source";
		snprintf(result->judgement.reason, REASON_SIZE, "%s", why);
	} else {
		snprintf(result->container, sizeof(result->container), "folder");
		result_unknown(result, "a folder, but no kernel source tree with " FLUSH
			       " and " HEADER);
	}
	free(flush);
	free(header);
	free(uprobes);
}
