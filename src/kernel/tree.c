// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree.c: is the kernel that would be built from this source tree affected?
 *
 * The names are the evidence, exactly: flush_icache_range() in asm/cacheflush.h broadcasts,
 * __flush_icache_range() does not, and the comment of the merged fix names what it does not call.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/roles.h"
#include "kernel/source.h"
#include "kernel/tree.h"
#include "lib/file.h"

#define FLUSH "arch/arm64/mm/flush.c"
#define HEADER "arch/arm64/include/asm/cacheflush.h"
#define CACHE "arch/arm64/mm/cache.S"
#define UPROBES "arch/arm64/kernel/probes/uprobes.c"

/* The one that broadcasts since v4.19-rc1, in HEADER, and what it does besides. */
#define LOUD "flush_icache_range"
#define QUIET "__flush_icache_range"
#define QUIET_SINCE_5_14 "caches_clean_inval_pou"

const char *const kernel_tree_words[TREE_STATES] = {
	[TREE_NOT_RECOGNISED] = "not recognised", [TREE_AFFECTED] = "affected",
	[TREE_POSTED] = "fixed as posted",	  [TREE_MERGED] = "fixed as merged",
	[TREE_PREDATES] = "not affected",	  [TREE_PARTIAL] = "partly applied",
	[TREE_NONE] = "not an arm64 kernel tree",
};

const char *const kernel_tree_files[] = {
	"Makefile", "Kconfig", "arch/arm64/Kconfig", HEADER, CACHE, UPROBES, FLUSH, NULL
};

/* A parameter has a name of a word or two; no source file of these is larger than 16 KiB. */
enum { FLAG_NAME_SIZE = 64, SOURCE_MAXIMUM = 1 << 20 };

/* What the callers pass to sync_icache_aliases(), one bit for each answer found. */
enum { PASS_NOTHING = 1, PASS_POSTED = 2, PASS_WRONG = 4 };

/* The functions of FLUSH that count. */
struct functions {
	struct kernel_use pte, aliases, ptrace;
};

static struct kernel_slice whole(const char *text)
{
	return (struct kernel_slice){ text ? text : "", text ? strlen(text) : 0 };
}

/* Calls that interrupt other CPUs, by whatever name but LOUD. */
static int broadcasts(struct kernel_slice body)
{
	static const char *const names[] = {
		BROADCAST,     "smp_call_function", "smp_call_function_many",
		"on_each_cpu", "on_each_cpu_mask",  "on_each_cpu_cond"
	};
	int count = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		count += kernel_source_uses(body, names[i]);
	return count;
}

/* Is LOUD what its name says here? It is inline since the fault, and was assembly before. */
static bool range_broadcasts(const struct kernel_sources *sources)
{
	struct kernel_slice rest = whole(sources->header);
	struct kernel_use use;

	while (kernel_source_next(&rest, LOUD, &use))
		if (use.body.at && kernel_source_uses(use.body, BROADCAST))
			return true;
	return false;
}

static bool range_is_assembly(const struct kernel_sources *sources)
{
	struct kernel_slice rest = whole(sources->cache);
	struct kernel_use use;

	while (kernel_source_next(&rest, "ENTRY", &use))
		if (kernel_slice_is(kernel_source_last(use.arguments), LOUD))
			return true;
	return false;
}

/* What the uses of sync_icache_aliases() in @text pass; the posted form passes @value. */
static int passed(struct kernel_slice text, const char *value)
{
	struct kernel_use use;
	int seen = 0;

	while (kernel_source_next(&text, ROOT_ALIASES, &use)) {
		if (kernel_source_count(use.arguments) < 3)
			seen |= PASS_NOTHING;
		else if (kernel_slice_is(kernel_source_last(use.arguments), value))
			seen |= PASS_POSTED;
		else
			seen |= PASS_WRONG;
	}
	return seen;
}

/* The name of a parameter "bool NAME"; .length is 0 when it is something else. */
static struct kernel_slice bool_name(struct kernel_slice parameter)
{
	struct kernel_slice name = { 0 };

	if (kernel_slice_eat(&parameter, "bool"))
		name = kernel_source_last(parameter);
	return name.length <= FLAG_NAME_SIZE ? name : (struct kernel_slice){ 0 };
}

static int declared(struct kernel_slice header)
{
	struct kernel_use use;
	int seen = 0;

	while (kernel_source_next(&header, ROOT_ALIASES, &use)) {
		struct kernel_slice last = kernel_source_last(use.arguments);

		if (kernel_source_count(use.arguments) < 3)
			seen |= PASS_NOTHING;
		else
			seen |= kernel_slice_eat(&last, "bool") ? PASS_POSTED : PASS_WRONG;
	}
	return seen;
}

/* Does @after, what follows "if (flag)", say "LOUD(...); else QUIET(", whatever its layout? */
static bool is_posted_branch(struct kernel_slice after)
{
	const char *end = after.at + after.length, *semicolon;

	kernel_slice_eat(&after, "{");
	if (!kernel_slice_eat(&after, LOUD) || !(semicolon = memchr(after.at, ';', after.length)))
		return false;
	after = (struct kernel_slice){ semicolon + 1, end - semicolon - 1 };
	kernel_slice_eat(&after, "}");
	if (!kernel_slice_eat(&after, "else"))
		return false;
	kernel_slice_eat(&after, "{");
	return kernel_slice_eat(&after, QUIET);
}

/* Does the flag decide who is LOUD in @body, and is that all that is done with it? */
static bool branches_on(struct kernel_slice flag, struct kernel_slice body)
{
	const char *end = body.at + body.length, *after;
	struct kernel_slice rest = body;
	struct kernel_use test;
	bool found = false;

	while (!found && kernel_source_next(&rest, "if", &test)) {
		struct kernel_slice condition = kernel_source_last(test.arguments);

		after = test.arguments.at + test.arguments.length + 1;
		found = after < end && condition.length == flag.length &&
			!memcmp(condition.at, flag.at, flag.length) &&
			is_posted_branch((struct kernel_slice){ after, end - after });
	}
	return found && kernel_source_names(body, flag) == 1 && kernel_source_uses(body, LOUD) == 1;
}

static enum kernel_tree_state plain_state(const struct kernel_sources *sources,
					  struct kernel_slice body, char why[static REASON_SIZE])
{
	bool loud = kernel_source_uses(body, LOUD), direct = broadcasts(body);
	bool quiet = kernel_source_uses(body, QUIET) || kernel_source_uses(body, QUIET_SINCE_5_14);
	enum kernel_tree_state state = TREE_NOT_RECOGNISED;

	if (quiet && (loud || direct)) {
		snprintf(why, REASON_SIZE,
			 "%s() in " FLUSH " calls what broadcasts and what does "
			 "not",
			 ROOT_ALIASES);
	} else if (quiet) {
		state = TREE_MERGED;
		snprintf(why, REASON_SIZE, "%s() in " FLUSH " calls only cache maintenance",
			 ROOT_ALIASES);
	} else if (kernel_source_uses(body, BROADCAST) || (loud && range_broadcasts(sources))) {
		state = TREE_AFFECTED;
		snprintf(why, REASON_SIZE, "%s() in " FLUSH " calls %s", ROOT_ALIASES,
			 loud ? LOUD "(), which calls " BROADCAST "()" : BROADCAST "()");
	} else if (loud && !direct && range_is_assembly(sources)) {
		state = TREE_PREDATES;
		snprintf(why, REASON_SIZE, LOUD "() is the assembly of before 4.19");
	} else if (loud) {
		snprintf(why, REASON_SIZE,
			 "%s() in " FLUSH " calls " LOUD "(), which is neither "
			 "that of 4.19 nor an older one",
			 ROOT_ALIASES);
	} else {
		snprintf(why, REASON_SIZE,
			 "%s() in " FLUSH " calls nothing that this program "
			 "knows",
			 ROOT_ALIASES);
	}
	return state;
}

/* The posted form in a tree that has some of it: is all of it there? */
static enum kernel_tree_state posted_state(const struct kernel_sources *sources,
					   const struct functions *functions,
					   char why[static REASON_SIZE])
{
	struct kernel_slice flag = bool_name(kernel_source_last(functions->aliases.arguments));
	int pte = passed(functions->pte.body, "false");
	int ptrace = functions->ptrace.body.at ? passed(functions->ptrace.body, "true") : 0;
	int header = declared(whole(sources->header));
	int uprobes = passed(whole(sources->uprobes), "true");
	bool flush = flag.length && branches_on(flag, functions->aliases.body) &&
		     pte == PASS_POSTED && (ptrace | PASS_POSTED) == PASS_POSTED;

	header |= PASS_POSTED, uprobes |= PASS_POSTED;
	if (!flush || header != PASS_POSTED || uprobes != PASS_POSTED) {
		snprintf(why, REASON_SIZE, "only some hunks of the posted form are there:%s%s%s",
			 flush ? "" : " not all of " FLUSH,
			 header == PASS_POSTED ? "" : " not " HEADER,
			 uprobes == PASS_POSTED ? "" : " not " UPROBES);
		return TREE_PARTIAL;
	}
	if (broadcasts(functions->aliases.body) || !range_broadcasts(sources)) {
		snprintf(why, REASON_SIZE,
			 "%s() in " FLUSH " or " LOUD "() in " HEADER " is not as it was posted",
			 ROOT_ALIASES);
		return TREE_NOT_RECOGNISED;
	}
	snprintf(why, REASON_SIZE,
		 "%s() broadcasts only for 'bool %.*s', and a user pte passes "
		 "false",
		 ROOT_ALIASES, (int)flag.length, flag.at);
	return TREE_POSTED;
}

/* False with the reason in @why when the functions are not there, once, and without conditions. */
static bool functions_find(const char *flush, struct functions *functions,
			   char why[static REASON_SIZE])
{
	struct kernel_use *pte = &functions->pte, *aliases = &functions->aliases;

	if (kernel_source_definition(flush, ROOT_ALIASES, aliases) != 1 ||
	    kernel_source_definition(flush, ROOT_PTE, pte) != 1 ||
	    !kernel_source_uses(pte->body, ROOT_ALIASES))
		snprintf(why, REASON_SIZE, "no %s() that calls %s(), each defined once, in " FLUSH,
			 ROOT_PTE, ROOT_ALIASES);
	else if (memchr(aliases->body.at, '#', aliases->body.length) ||
		 memchr(pte->body.at, '#', pte->body.length))
		snprintf(why, REASON_SIZE, "preprocessor lines inside %s() or %s()", ROOT_ALIASES,
			 ROOT_PTE);
	else if (broadcasts(pte->body) || kernel_source_uses(pte->body, LOUD))
		snprintf(why, REASON_SIZE, "%s() itself broadcasts", ROOT_PTE);
	else
		return true;
	return false;
}

static enum kernel_tree_state stripped_state(const struct kernel_sources *sources,
					     char why[static REASON_SIZE])
{
	struct functions functions;
	int seen;

	if (!functions_find(sources->flush, &functions, why))
		return TREE_NOT_RECOGNISED;
	kernel_source_definition(sources->flush, "flush_ptrace_access", &functions.ptrace);
	seen = passed(functions.pte.body, "false") | declared(whole(sources->header)) |
	       passed(whole(sources->uprobes), "true");
	if (functions.ptrace.body.at)
		seen |= passed(functions.ptrace.body, "true");
	if (seen == PASS_NOTHING && kernel_source_count(functions.aliases.arguments) < 3)
		return plain_state(sources, functions.aliases.body, why);
	return posted_state(sources, &functions, why);
}

static void sources_free(struct kernel_sources *sources)
{
	free(sources->flush);
	free(sources->header);
	free(sources->cache);
	free(sources->uprobes);
}

enum kernel_tree_state kernel_tree_judge(const struct kernel_sources *sources,
					 char why[static REASON_SIZE])
{
	struct kernel_sources stripped = { 0 };
	enum kernel_tree_state state = TREE_NOT_RECOGNISED;

	if (!sources->flush) {
		snprintf(why, REASON_SIZE, "no " FLUSH);
		return TREE_NOT_RECOGNISED;
	}
	stripped.flush = kernel_source_strip(sources->flush);
	stripped.header = sources->header ? kernel_source_strip(sources->header) : NULL;
	stripped.cache = sources->cache ? kernel_source_strip(sources->cache) : NULL;
	stripped.uprobes = sources->uprobes ? kernel_source_strip(sources->uprobes) : NULL;
	if (!stripped.flush || !stripped.header != !sources->header ||
	    !stripped.cache != !sources->cache || !stripped.uprobes != !sources->uprobes)
		snprintf(why, REASON_SIZE, "out of memory");
	else
		state = stripped_state(&stripped, why);
	sources_free(&stripped);
	return state;
}

/*
 * Where @name is in the folder @tree, links followed, in @path; false with the reason in @why
 * when that is no file of the tree's own. A missing one is "" and true.
 */
static bool file_find(const char *tree, const char *name, char path[static PATH_MAX],
		      char why[static REASON_SIZE])
{
	char named[PATH_MAX], root[PATH_MAX];
	struct stat status;
	size_t length;

	path[0] = '\0';
	errno = ENAMETOOLONG;
	if ((size_t)snprintf(named, sizeof(named), "%s/%s", tree, name) >= sizeof(named) ||
	    !realpath(tree, root) || !realpath(named, path)) {
		path[0] = '\0';
		if (errno == ENOENT && lstat(named, &status))
			return true;
		snprintf(why, REASON_SIZE, "%s: %s", name, strerror(errno));
		return false;
	}
	length = strlen(root) > 1 ? strlen(root) : 0;
	if (strncmp(path, root, length) || path[length] != '/')
		snprintf(why, REASON_SIZE, "%s is a link that leads out of the tree", name);
	else if (lstat(path, &status) || !S_ISREG(status.st_mode))
		snprintf(why, REASON_SIZE, "%s is no file", name);
	else if (status.st_size > SOURCE_MAXIMUM)
		snprintf(why, REASON_SIZE, "%s is too large for source text", name);
	else
		return true;
	return false;
}

/* One file of the tree as text in *@text, NULL when it has none. */
static bool source_read(const char *tree, const char *name, char **text,
			char why[static REASON_SIZE])
{
	char path[PATH_MAX];
	size_t size = 0;
	int fd;

	if (!file_find(tree, name, path, why))
		return false;
	if (!path[0])
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	*text = fd >= 0 ? file_read_fd(fd, SOURCE_MAXIMUM, &size) : NULL;
	if (!*text)
		snprintf(why, REASON_SIZE, "%s: %s", name, strerror(errno));
	else if (strlen(*text) != size)
		snprintf(why, REASON_SIZE, "%s is not text", name);
	if (fd >= 0)
		close(fd);
	return *text && strlen(*text) == size;
}

/* Is there a folder, or with @file a file, of this name in the tree? */
static bool has(const char *tree, const char *name, bool file)
{
	char path[PATH_MAX];
	struct stat status;

	return (size_t)snprintf(path, sizeof(path), "%s/%s", tree, name) < sizeof(path) &&
	       !stat(path, &status) && (file ? S_ISREG(status.st_mode) : S_ISDIR(status.st_mode));
}

/* Does the top Makefile set PATCHLEVEL, as a kernel's does? */
static bool has_patchlevel(const char *tree)
{
	char *makefile = NULL, *line, why[REASON_SIZE];
	bool found = false;

	if (source_read(tree, "Makefile", &makefile, why))
		for (line = makefile; line && !found; line = strchr(line, '\n')) {
			line += *line == '\n';
			found = !strncmp(line, "PATCHLEVEL", 10) &&
				line[10 + strspn(line + 10, " ")] == '=';
		}
	free(makefile);
	return found;
}

/* True with the reason in @why when @tree is no arm64 kernel tree. */
static bool is_no_tree(const char *tree, char why[static REASON_SIZE])
{
	char source[PATH_MAX], target[100];
	struct stat status;
	ssize_t length;

	snprintf(source, sizeof(source), "%.4000s/source", tree);
	length = readlink(source, target, sizeof(target));
	if (stat(tree, &status))
		snprintf(why, REASON_SIZE, "there is nothing at %.180s", tree);
	else if (!S_ISDIR(status.st_mode))
		snprintf(why, REASON_SIZE, "%.180s is a file, not a folder", tree);
	else if (access(tree, R_OK | X_OK))
		snprintf(why, REASON_SIZE, "%.180s cannot be read by this user", tree);
	else if (length > 0 && !has(tree, "Kconfig", true))
		snprintf(why, REASON_SIZE,
			 "%.100s is the build folder of a kernel: its source is "
			 "%.*s",
			 tree, (int)length, target);
	else if (!has_patchlevel(tree))
		snprintf(why, REASON_SIZE,
			 "%.150s is not a kernel tree: no Makefile with a "
			 "PATCHLEVEL in it",
			 tree);
	else if (!has(tree, "arch/arm64", false))
		snprintf(why, REASON_SIZE, "%.150s is a kernel tree without arch/arm64", tree);
	else if (!has(tree, "arch/arm64/Kconfig", true) || !has(tree, "arch/arm64/mm", false))
		snprintf(why, REASON_SIZE, "%.150s holds kernel headers only: no arch/arm64/mm",
			 tree);
	else
		return false;
	return true;
}

enum kernel_tree_state kernel_tree_read(const char *path, char why[static REASON_SIZE])
{
	enum kernel_tree_state state = TREE_NOT_RECOGNISED;
	struct kernel_sources sources = { 0 };

	if (is_no_tree(path, why))
		return TREE_NONE;
	if (source_read(path, FLUSH, &sources.flush, why) &&
	    source_read(path, HEADER, &sources.header, why) &&
	    source_read(path, CACHE, &sources.cache, why) &&
	    source_read(path, UPROBES, &sources.uprobes, why))
		state = kernel_tree_judge(&sources, why);
	sources_free(&sources);
	return state;
}

enum verdict kernel_tree_verdict(enum kernel_tree_state state)
{
	switch (state) {
	case TREE_AFFECTED: return VERDICT_AFFECTED;
	case TREE_POSTED:
	case TREE_MERGED:
	case TREE_PREDATES: return VERDICT_FIXED;
	default: return VERDICT_UNKNOWN;
	}
}

enum form kernel_tree_form(enum kernel_tree_state state)
{
	switch (state) {
	case TREE_AFFECTED: return FORM_AFFECTED;
	case TREE_POSTED: return FORM_POSTED;
	case TREE_MERGED: return FORM_MERGED;
	default: return FORM_NONE;
	}
}
