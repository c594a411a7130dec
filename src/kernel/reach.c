// SPDX-License-Identifier: GPL-2.0-only
/*
 * reach.c: follows a function of a source tree through what it calls: which definitions a name has, in C
 * and in assembly, and what they come to together
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/body.h"
#include "kernel/slice.h"

struct kernel_reach_memo {
	struct kernel_reach_memo *next;
	unsigned int bits;
	char name[KERNEL_NAME_SIZE];
	char values[KERNEL_PARAMETERS];
};

static unsigned int function_walk(struct kernel_reach *reach, const char *name,
				  const struct kernel_reach_file *caller,
				  const enum kernel_value values[]);

static void chain_note(struct kernel_reach *reach, const struct kernel_reach_file *file,
		       const char *name)
{
	/* From the innermost two functions on where all of it is too long to read. */
	const unsigned int from = reach->depth > 3 ? reach->depth - 3 : 0;
	size_t used = 0;

	if (reach->chain[0] || reach->conditions || !reach->depth)
		return;
	for (unsigned int i = from; i < reach->depth && used < sizeof(reach->chain); i++)
		used += snprintf(reach->chain + used, sizeof(reach->chain) - used,
				 i == from ? "%.60s() calls " : "%.60s(), which calls ",
				 reach->names[i]);
	if (used < sizeof(reach->chain))
		snprintf(reach->chain + used, sizeof(reach->chain) - used, "%.60s() in %.80s", name,
			 file->path);
}

static unsigned int called(struct kernel_reach *reach, const struct kernel_reach_file *file,
			   const char *other, const enum kernel_value values[])
{
	if (kernel_reach_fame_of(other) != KERNEL_REACH_LOUD)
		return function_walk(reach, other, file, values) & ~KERNEL_REACH_DEFINED;
	chain_note(reach, file, other);
	return KERNEL_REACH_BROADCAST;
}

/* A mnemonic in small letters, "" for a longer word. */
static void mnemonic(struct kernel_slice word, char small[static 8])
{
	small[0] = '\0';
	if (word.length > 7)
		return;
	for (size_t i = 0; i < word.length; i++)
		small[i] = tolower((unsigned char)word.at[i]);
	small[word.length] = '\0';
}

/* Behind @commas of them on the line at @at, and blanks. */
static const char *operand(const char *at, const char *end, int commas)
{
	for (; at < end && (commas || *at == ' '); at++)
		commas -= *at == ',';
	return at;
}

/* Where the branch @small, whose operands begin at @at, has its target; NULL: it is no branch to a label. */
static const char *branch_target(const char *small, const char *at, const char *end)
{
	if (!strcmp(small, "b") || !strcmp(small, "bl")) {
		/* "b.eq label" */
		if (at < end && *at == '.')
			at += 1 + kernel_slice_word(at + 1, end).length;
		return operand(at, end, 0);
	}
	if (!strcmp(small, "cbz") || !strcmp(small, "cbnz"))
		return operand(at, end, 1);
	if (!strcmp(small, "tbz") || !strcmp(small, "tbnz"))
		return operand(at, end, 2);
	return NULL;
}

static bool is_obscure(const char *small, const struct kernel_slice word, const char *start)
{
	static const char *const any[] = { "br",    "blr",   "braa",   "brab",	 "blraa", "blrab",
					   "braaz", "brabz", "blraaz", "blrabz", NULL };
	static const char *const words[] = {
		"inst",	  "word", "long",  "quad", "byte", "hword", "xword",
		"short",  "int",  "4byte", "set",  "equ",  "equiv", "include",
		"incbin", "irp",  "irpc",  "rept", NULL
	};
	const struct kernel_slice lower = { small, strlen(small) };

	return kernel_slice_is_one_of(lower, any) ||
	       (word.at > start && word.at[-1] == '.' && kernel_slice_is_one_of(lower, words));
}

static unsigned int assembly_unknown(struct kernel_reach *reach,
				     const struct kernel_reach_file *file)
{
	kernel_body_say_unknown(reach, "goes where this program cannot follow",
				reach->depth ? reach->names[reach->depth - 1] : "", file);
	return KERNEL_REACH_UNKNOWN;
}

static unsigned int assembly_walk(struct kernel_reach *reach, const struct kernel_reach_file *file,
				  struct kernel_slice body, unsigned int nest);

/* What a macro of the file comes to, of the assembler or of the preprocessor, that @body uses. */
static unsigned int assembly_macro(struct kernel_reach *reach, const struct kernel_reach_file *file,
				   const char *name, struct kernel_slice body, unsigned int nest)
{
	const size_t price = (strlen(file->code) + strlen(file->macros)) / 16;
	struct kernel_slice macro;
	const char *at = file->macros;
	unsigned int bits = 0;
	struct kernel_use use;

	if (price > reach->budget)
		return assembly_unknown(reach, file);
	reach->budget -= price;
	macro = kernel_source_assembly_macro(file->code, name);
	if (macro.length && (macro.at > body.at + body.length || macro.at + macro.length < body.at))
		bits |= assembly_walk(reach, file, macro, nest + 1);
	while (kernel_source_next_macro(&at, name, &use))
		bits |= assembly_walk(reach, file, use.body, nest + 1);
	return bits;
}

/* Assembly: what branches of it lead to, and of the macros that it uses. */
static unsigned int assembly_walk(struct kernel_reach *reach, const struct kernel_reach_file *file,
				  struct kernel_slice body, unsigned int nest)
{
	const char *end = body.at + body.length, *c = body.at;
	unsigned int bits = 0;
	char name[KERNEL_NAME_SIZE], small[8];

	if (nest > 4 || body.length > reach->budget)
		return assembly_unknown(reach, file);
	reach->budget -= body.length;
	while (c < end) {
		struct kernel_slice word = kernel_slice_word(c, end);
		const char *target;

		if (!word.length) {
			c++;
			continue;
		}
		c = word.at + word.length;
		mnemonic(word, small);
		if (kernel_slice_is(word, "ic") ||
		    (word.length > 16 && !memcmp(word.at, "invalidate_icache", 17)))
			bits |= KERNEL_REACH_MAINTAINS;
		if (is_obscure(small, word, body.at))
			bits |= assembly_unknown(reach, file);
		target = branch_target(small, c, end);
		if (target) {
			word = kernel_slice_word(target, end);
			if (end - target > 2 && !strncmp(target, ".L", 2))
				word = (struct kernel_slice){ target, 0 };
			else if (!word.length || word.length >= sizeof(name))
				bits |= assembly_unknown(reach, file);
			else if (!isdigit((unsigned char)*word.at)) {
				snprintf(name, sizeof(name), "%.*s", (int)word.length, word.at);
				bits |= called(reach, file, name, kernel_condition_any);
			}
			c = target + word.length;
		} else if (word.length < sizeof(name)) {
			snprintf(name, sizeof(name), "%.*s", (int)word.length, word.at);
			bits |= assembly_macro(reach, file, name, body, nest);
		}
	}
	return bits & ~KERNEL_REACH_DEFINED;
}

/* Maintenance by its name: a file of a part of a tree may hold no more than the entry. */
static bool is_maintenance_entry(const char *name)
{
	return strstr(name, "flush_icache") || strstr(name, "flush_cache_user_range") ||
	       strstr(name, "caches_clean_inval") || strstr(name, "invalidate_icache");
}

static unsigned int entry_walk(struct kernel_reach *reach, const struct kernel_reach_file *file,
			       const char *name, struct kernel_slice body)
{
	const struct kernel_slice word = kernel_slice_word(body.at, body.at + body.length);
	char other[KERNEL_NAME_SIZE];

	if (word.length && word.length == body.length && word.length < sizeof(other)) {
		snprintf(other, sizeof(other), "%.*s", (int)word.length, word.at);
		return called(reach, file, other, kernel_condition_any);
	}
	return assembly_walk(reach, file, body, 0) |
	       (is_maintenance_entry(name) ? KERNEL_REACH_MAINTAINS : 0);
}

/* The definitions of a name. */
struct found {
	unsigned int definitions, loud, bits;
};

static void found_add(struct found *found, unsigned int bits)
{
	found->definitions++;
	found->loud += !!(bits & KERNEL_REACH_BROADCAST);
	found->bits |= bits;
}

/* Those of a header, or of the caller's own file, are @near; @declared: some of the others are seen there. */
struct definitions {
	struct found near, far;
	bool declared;
};

/* What a macro comes to; of one that is no more than another name, what that comes to. */
static void macro_walk(struct kernel_reach *reach, const struct kernel_reach_file *file,
		       const char *name, const struct kernel_use *use,
		       const enum kernel_value values[], struct found *found)
{
	const struct kernel_slice body = kernel_slice_trim(use->body);
	const struct kernel_slice word = kernel_slice_word(body.at, body.at + body.length);
	char other[KERNEL_NAME_SIZE];

	if (!word.length || word.length != body.length || word.length >= sizeof(other)) {
		found_add(found, kernel_body_walk(reach, file, use, values, called));
		return;
	}
	snprintf(other, sizeof(other), "%.*s", (int)word.length, word.at);
	if (strcmp(other, name) && !isdigit((unsigned char)*other))
		found_add(found, called(reach, file, other, values));
}

static void file_walk(struct kernel_reach *reach, const struct kernel_reach_file *file,
		      const char *name, const enum kernel_value values[], struct found *found,
		      struct found *macros)
{
	struct kernel_slice rest = { file->code, strlen(file->code) };
	const char *at = file->assembly ? file->code : file->macros;
	bool declared = false;
	struct kernel_use use;

	if (file->assembly) {
		while (kernel_source_next_entry(file->code, &at, name, &use.body))
			found_add(found, entry_walk(reach, file, name, use.body));
		return;
	}
	while (kernel_source_next_definition(&rest, name, &use, &declared))
		found_add(found, kernel_body_walk(reach, file, &use, values, called));
	while (kernel_source_next_macro(&at, name, &use))
		macro_walk(reach, file, name, &use, values, macros);
}

static bool is_declared(const struct kernel_reach_file *file, const char *name)
{
	struct kernel_slice rest = { file->code, strlen(file->code) };
	bool declared = false;
	struct kernel_use use;

	while (!declared && kernel_source_next_definition(&rest, name, &use, &declared))
		;
	return declared;
}

/* Follows every definition of @name in the files of the lowest rank that has one. */
static struct definitions definitions_walk(struct kernel_reach *reach, const char *name,
					   const struct kernel_reach_file *caller,
					   const enum kernel_value values[])
{
	struct definitions all = { 0 };
	int rank = INT_MAX;

	for (const struct kernel_reach_file *file = reach->files; file; file = file->next) {
		const bool near = !caller || file == caller || file->header;

		if (file->rank <= rank)
			file_walk(reach, file, name, values, near ? &all.near : &all.far,
				  &all.near);
		if (all.near.definitions + all.far.definitions && rank == INT_MAX)
			rank = file->rank;
		all.declared |= !file->assembly && (file->header || file == caller) &&
				is_declared(file, name);
	}
	return all;
}

/* What is known of a name that nothing was read of, or that nothing declares. */
static unsigned int stranger(struct kernel_reach *reach, const char *name, bool defined,
			     const struct kernel_reach_file *caller)
{
	/* What generic code calls is no business of arm64's caches; its own calls were looked at. */
	if (kernel_reach_fame_of(name) != KERNEL_REACH_STRANGER || (caller && caller->generic))
		return 0;
	if (!reach->whole && !kernel_reach_is_suspect(name))
		return 0;
	kernel_body_say_unknown(reach,
				defined ?
					"is called, and declared nowhere that this program reads" :
					"is called, and defined nowhere that this program reads",
				name, caller);
	return KERNEL_REACH_UNKNOWN;
}

/* Is there more to be looked for in the files of @scope? */
static bool is_missing(const struct definitions *all, const char *name,
		       const struct kernel_reach_file *caller, enum kernel_reach_scope scope)
{
	const enum kernel_reach_fame fame = kernel_reach_fame_of(name);

	if (fame == KERNEL_REACH_INNOCENT || (caller && caller->generic) || all->near.definitions)
		return false;
	if (all->far.definitions)
		return !all->declared && scope < KERNEL_REACH_ALL;
	return fame != KERNEL_REACH_FORGIVEN || scope == KERNEL_REACH_ARM64;
}

/* The definitions of @name, those of further files where these have none. */
static unsigned int definitions_find(struct kernel_reach *reach, const char *name,
				     const struct kernel_reach_file *caller,
				     const enum kernel_value values[])
{
	struct definitions all = definitions_walk(reach, name, caller, values);
	struct found found = all.near;

	for (int scope = KERNEL_REACH_ARM64; scope <= KERNEL_REACH_ALL; scope++)
		if (is_missing(&all, name, caller, scope) && kernel_reach_look(reach, name, scope))
			all = definitions_walk(reach, name, caller, values);
	found = all.near;
	/* What a header defines hides what others define, unless it declares that as well. */
	if (!found.definitions || all.declared) {
		found.definitions += all.far.definitions;
		found.loud += all.far.loud;
		found.bits |= all.far.bits;
	}
	if (found.loud && found.loud < found.definitions)
		found.bits = (found.bits & ~KERNEL_REACH_BROADCAST) | KERNEL_REACH_BROADCAST_IF;
	if (!found.definitions || (!all.near.definitions && !all.declared && reach->headers &&
				   caller && !caller->assembly))
		found.bits |= stranger(reach, name, found.definitions, caller);
	return found.bits | (found.definitions ? KERNEL_REACH_DEFINED : 0);
}

static unsigned int function_walk(struct kernel_reach *reach, const char *name,
				  const struct kernel_reach_file *caller,
				  const enum kernel_value values[])
{
	struct kernel_reach_memo *memo;
	char known[KERNEL_PARAMETERS];

	for (size_t i = 0; i < KERNEL_PARAMETERS; i++)
		known[i] = values[i];
	for (memo = reach->memo; memo; memo = memo->next)
		if (!strcmp(memo->name, name) && !memcmp(memo->values, known, sizeof(known)))
			return memo->bits;
	memo = calloc(1, sizeof(*memo));
	if (!memo || reach->depth == sizeof(reach->names) / sizeof(*reach->names)) {
		free(memo);
		kernel_body_say_unknown(reach, "is too many calls away", name, caller);
		return KERNEL_REACH_UNKNOWN;
	}
	/* Until it is known: what it comes to by calling itself is what it comes to anyway. */
	snprintf(memo->name, sizeof(memo->name), "%s", name);
	memcpy(memo->values, known, sizeof(known));
	memo->next = reach->memo;
	reach->memo = memo;
	reach->names[reach->depth++] = memo->name;
	memo->bits = definitions_find(reach, memo->name, caller, values);
	reach->depth--;
	return memo->bits;
}

unsigned int kernel_reach_function(struct kernel_reach *reach, const char *name)
{
	return function_walk(reach, name, NULL, kernel_condition_any);
}

unsigned int kernel_reach_called(struct kernel_reach *reach, const char *path, const char *name)
{
	const struct kernel_reach_file *file = reach->files;

	while (file && strcmp(file->path, path))
		file = file->next;
	return function_walk(reach, name, file, kernel_condition_any);
}

bool kernel_reach_definition(struct kernel_reach *reach, const char *name, struct kernel_use *use,
			     const struct kernel_reach_file **found)
{
	bool declared;

	for (int scope = -1; scope <= KERNEL_REACH_ARM64; scope++) {
		if (scope >= 0 && !kernel_reach_look(reach, name, scope))
			continue;
		for (*found = reach->files; *found; *found = (*found)->next) {
			struct kernel_slice rest = { (*found)->code, strlen((*found)->code) };

			if (!(*found)->assembly &&
			    kernel_source_next_definition(&rest, name, use, &declared))
				return true;
		}
	}
	return false;
}

unsigned int kernel_reach_last(struct kernel_reach *reach, const char *name, bool value)
{
	const struct kernel_reach_file *file;
	enum kernel_value values[KERNEL_PARAMETERS];
	struct kernel_use use;
	int count;

	memcpy(values, kernel_condition_any, sizeof(values));
	if (!kernel_reach_definition(reach, name, &use, &file))
		return 0;
	count = kernel_source_count(use.arguments);
	if (count > 0 && count <= KERNEL_PARAMETERS)
		values[count - 1] = value ? KERNEL_VALUE_TRUE : KERNEL_VALUE_FALSE;
	return function_walk(reach, name, NULL, values);
}

void kernel_reach_free(struct kernel_reach *reach)
{
	while (reach->memo) {
		struct kernel_reach_memo *memo = reach->memo;

		reach->memo = memo->next;
		free(memo);
	}
	kernel_reach_files_free(reach);
}
