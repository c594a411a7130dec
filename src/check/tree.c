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

#include "check/roles.h"
#include "check/source.h"
#include "check/tree.h"

#define FLUSH "arch/arm64/mm/flush.c"
#define HEADER "arch/arm64/include/asm/cacheflush.h"
#define CACHE "arch/arm64/mm/cache.S"
#define UPROBES "arch/arm64/kernel/probes/uprobes.c"

/* The one that broadcasts since v4.19-rc1, in HEADER, and what it does besides. */
#define LOUD "flush_icache_range"
#define QUIET "__flush_icache_range"
#define QUIET_SINCE_5_14 "caches_clean_inval_pou"

/* No source file of these is larger than 16 KiB. */
enum { SOURCE_MAXIMUM = 1 << 20 };

/* What the callers pass to sync_icache_aliases(), one bit for each answer found. */
enum { PASS_NOTHING = 1, PASS_POSTED = 2, PASS_WRONG = 4 };

/* The functions of FLUSH that count. */
struct functions {
	struct use pte, aliases, ptrace;
};

static struct slice whole(const char *text)
{
	return (struct slice){ text ? text : "", text ? strlen(text) : 0 };
}

/* Calls that interrupt other CPUs, by whatever name but LOUD. */
static int broadcasts(struct slice body)
{
	static const char *const names[] = { BROADCAST, "smp_call_function",
		"smp_call_function_many", "on_each_cpu", "on_each_cpu_mask", "on_each_cpu_cond" };
	int count = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		count += source_uses(body, names[i]);
	return count;
}

/* Is LOUD what its name says here? It is inline since the fault, and was assembly before. */
static bool range_broadcasts(const struct sources *sources)
{
	struct slice rest = whole(sources->header);
	struct use use;

	while (source_next(&rest, LOUD, &use))
		if (use.body.at && source_uses(use.body, BROADCAST))
			return true;
	return false;
}

static bool range_is_assembly(const struct sources *sources)
{
	struct slice rest = whole(sources->cache);
	struct use use;

	while (source_next(&rest, "ENTRY", &use))
		if (slice_is(source_last(use.arguments), LOUD))
			return true;
	return false;
}

/* What the uses of sync_icache_aliases() in @text pass; the posted form passes @value. */
static int passed(struct slice text, const char *value)
{
	struct use use;
	int seen = 0;

	while (source_next(&text, ROOT_ALIASES, &use)) {
		if (source_count(use.arguments) < 3)
			seen |= PASS_NOTHING;
		else if (slice_is(source_last(use.arguments), value))
			seen |= PASS_POSTED;
		else
			seen |= PASS_WRONG;
	}
	return seen;
}

/* The name of a parameter "bool NAME"; .length is 0 when it is something else. */
static struct slice bool_name(struct slice parameter)
{
	struct slice name = { 0 };

	if (slice_eat(&parameter, "bool"))
		name = source_last(parameter);
	return name.length <= NAME_SIZE ? name : (struct slice){ 0 };
}

static int declared(struct slice header)
{
	struct use use;
	int seen = 0;

	while (source_next(&header, ROOT_ALIASES, &use)) {
		struct slice last = source_last(use.arguments);

		if (source_count(use.arguments) < 3)
			seen |= PASS_NOTHING;
		else
			seen |= slice_eat(&last, "bool") ? PASS_POSTED : PASS_WRONG;
	}
	return seen;
}

/* Does @after, what follows "if (flag)", say "LOUD(...); else QUIET(", whatever its layout? */
static bool is_posted_branch(struct slice after)
{
	const char *end = after.at + after.length, *semicolon;

	slice_eat(&after, "{");
	if (!slice_eat(&after, LOUD) || !(semicolon = memchr(after.at, ';', after.length)))
		return false;
	after = (struct slice){ semicolon + 1, end - semicolon - 1 };
	slice_eat(&after, "}");
	if (!slice_eat(&after, "else"))
		return false;
	slice_eat(&after, "{");
	return slice_eat(&after, QUIET);
}

/* Does the flag decide who is LOUD in @body, and is that all that is done with it? */
static bool branches_on(struct slice flag, struct slice body)
{
	const char *end = body.at + body.length, *after;
	struct slice rest = body;
	struct use test;
	bool found = false;

	while (!found && source_next(&rest, "if", &test)) {
		struct slice condition = source_last(test.arguments);

		after = test.arguments.at + test.arguments.length + 1;
		found = after < end && condition.length == flag.length &&
			!memcmp(condition.at, flag.at, flag.length) &&
			is_posted_branch((struct slice){ after, end - after });
	}
	return found && source_names(body, flag) == 1 && source_uses(body, LOUD) == 1;
}

static enum form plain_form(const struct sources *sources, struct slice body,
			    char why[static REASON_SIZE])
{
	bool loud = source_uses(body, LOUD), direct = broadcasts(body);
	bool quiet = source_uses(body, QUIET) || source_uses(body, QUIET_SINCE_5_14);
	enum form form = FORM_NONE;

	if (quiet && (loud || direct)) {
		snprintf(why, REASON_SIZE, "%s() in " FLUSH " calls what broadcasts and what does "
			 "not", ROOT_ALIASES);
	} else if (quiet) {
		form = FORM_MERGED;
		snprintf(why, REASON_SIZE, "%s() in " FLUSH " calls only cache maintenance",
			 ROOT_ALIASES);
	} else if (source_uses(body, BROADCAST) || (loud && range_broadcasts(sources))) {
		form = FORM_AFFECTED;
		snprintf(why, REASON_SIZE, "%s() in " FLUSH " calls %s", ROOT_ALIASES,
			 loud ? LOUD "(), which calls " BROADCAST "()" : BROADCAST "()");
	} else if (loud && !direct && range_is_assembly(sources)) {
		form = FORM_PREDATES;
		snprintf(why, REASON_SIZE, LOUD "() is the assembly of before 4.19");
	} else if (loud) {
		snprintf(why, REASON_SIZE, "%s() in " FLUSH " calls " LOUD "(), which is neither "
			 "that of 4.19 nor an older one", ROOT_ALIASES);
	} else {
		snprintf(why, REASON_SIZE, "%s() in " FLUSH " calls nothing that this program "
			 "knows", ROOT_ALIASES);
	}
	return form;
}

/* The posted form in a tree that has some of it: is all of it there? */
static enum form posted_form(const struct sources *sources, const struct functions *functions,
			     char why[static REASON_SIZE])
{
	struct slice flag = bool_name(source_last(functions->aliases.arguments));
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
		return FORM_PARTIAL;
	}
	if (broadcasts(functions->aliases.body) || !range_broadcasts(sources)) {
		snprintf(why, REASON_SIZE, "%s() in " FLUSH " or " LOUD "() in " HEADER
			 " is not as it was posted", ROOT_ALIASES);
		return FORM_NONE;
	}
	snprintf(why, REASON_SIZE, "%s() broadcasts only for 'bool %.*s', and a user pte passes "
		 "false", ROOT_ALIASES, (int)flag.length, flag.at);
	return FORM_POSTED;
}

/* False with the reason in @why when the functions are not there, once, and without conditions. */
static bool functions_find(const char *flush, struct functions *functions,
			   char why[static REASON_SIZE])
{
	struct use *pte = &functions->pte, *aliases = &functions->aliases;

	if (source_definition(flush, ROOT_ALIASES, aliases) != 1 ||
	    source_definition(flush, ROOT_PTE, pte) != 1 || !source_uses(pte->body, ROOT_ALIASES))
		snprintf(why, REASON_SIZE, "no %s() that calls %s(), each defined once, in " FLUSH,
			 ROOT_PTE, ROOT_ALIASES);
	else if (memchr(aliases->body.at, '#', aliases->body.length) ||
		 memchr(pte->body.at, '#', pte->body.length))
		snprintf(why, REASON_SIZE, "preprocessor lines inside %s() or %s()", ROOT_ALIASES,
			 ROOT_PTE);
	else if (broadcasts(pte->body) || source_uses(pte->body, LOUD))
		snprintf(why, REASON_SIZE, "%s() itself broadcasts", ROOT_PTE);
	else
		return true;
	return false;
}

static enum form stripped_form(const struct sources *sources, char why[static REASON_SIZE])
{
	struct functions functions;
	int seen;

	if (!functions_find(sources->flush, &functions, why))
		return FORM_NONE;
	source_definition(sources->flush, "flush_ptrace_access", &functions.ptrace);
	seen = passed(functions.pte.body, "false") | declared(whole(sources->header)) |
	       passed(whole(sources->uprobes), "true");
	if (functions.ptrace.body.at)
		seen |= passed(functions.ptrace.body, "true");
	if (seen == PASS_NOTHING && source_count(functions.aliases.arguments) < 3)
		return plain_form(sources, functions.aliases.body, why);
	return posted_form(sources, &functions, why);
}

static void sources_free(struct sources *sources)
{
	free(sources->flush);
	free(sources->header);
	free(sources->cache);
	free(sources->uprobes);
}

enum form tree_form(const struct sources *sources, char why[static REASON_SIZE])
{
	struct sources stripped = { 0 };
	enum form form = FORM_NONE;

	if (!sources->flush) {
		snprintf(why, REASON_SIZE, "no " FLUSH);
		return FORM_NONE;
	}
	stripped.flush = source_strip(sources->flush);
	stripped.header = sources->header ? source_strip(sources->header) : NULL;
	stripped.cache = sources->cache ? source_strip(sources->cache) : NULL;
	stripped.uprobes = sources->uprobes ? source_strip(sources->uprobes) : NULL;
	if (!stripped.flush || !stripped.header != !sources->header ||
	    !stripped.cache != !sources->cache || !stripped.uprobes != !sources->uprobes)
		snprintf(why, REASON_SIZE, "out of memory");
	else
		form = stripped_form(&stripped, why);
	sources_free(&stripped);
	return form;
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
static bool file_read(const char *tree, const char *name, char **text,
		      char why[static REASON_SIZE])
{
	char path[PATH_MAX];
	ssize_t size = 0, got = 1;
	int fd;

	if (!file_find(tree, name, path, why))
		return false;
	if (!path[0])
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	*text = malloc(SOURCE_MAXIMUM + 1);
	while (fd >= 0 && *text && got > 0 && size < SOURCE_MAXIMUM) {
		got = read(fd, *text + size, SOURCE_MAXIMUM - size);
		size += got > 0 ? got : 0;
	}
	if (fd < 0 || !*text || got < 0)
		snprintf(why, REASON_SIZE, "%s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (fd < 0 || !*text || got < 0)
		return false;
	(*text)[size] = '\0';
	if (strlen(*text) == (size_t)size)
		return true;
	snprintf(why, REASON_SIZE, "%s is not text", name);
	return false;
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

	if (file_read(tree, "Makefile", &makefile, why))
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
		snprintf(why, REASON_SIZE, "%.100s is the build folder of a kernel: its source is "
			 "%.*s", tree, (int)length, target);
	else if (!has_patchlevel(tree))
		snprintf(why, REASON_SIZE, "%.150s is not a kernel tree: no Makefile with a "
			 "PATCHLEVEL in it", tree);
	else if (!has(tree, "arch/arm64", false))
		snprintf(why, REASON_SIZE, "%.150s is a kernel tree without arch/arm64", tree);
	else if (!has(tree, "arch/arm64/Kconfig", true) || !has(tree, "arch/arm64/mm", false))
		snprintf(why, REASON_SIZE, "%.150s holds kernel headers only: no arch/arm64/mm",
			 tree);
	else
		return false;
	return true;
}

void tree_check(const char *path, struct result *result)
{
	const struct runtime file = { 0 };
	struct sources sources = { 0 };
	enum form form = FORM_NONE;
	char why[REASON_SIZE];

	snprintf(result->container, sizeof(result->container), "folder");
	if (is_no_tree(path, why)) {
		form = FORM_NO_TREE;
	} else {
		snprintf(result->container, sizeof(result->container), "source tree");
		result->method = "source";
		if (file_read(path, FLUSH, &sources.flush, why) &&
		    file_read(path, HEADER, &sources.header, why) &&
		    file_read(path, CACHE, &sources.cache, why) &&
		    file_read(path, UPROBES, &sources.uprobes, why))
			form = tree_form(&sources, why);
	}
	judge(NULL, form, &file, &result->judgement);
	snprintf(result->judgement.reason, REASON_SIZE, "%s", why);
	result->is_tree = true;
	sources_free(&sources);
}
