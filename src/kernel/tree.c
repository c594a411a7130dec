// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree.c: is the kernel that would be built from this source tree affected?
 *
 * What the path of a user pte calls is read down to its end (reach.h): whether that broadcasts, and that
 * it maintains the I-cache. No name of a cache function is evidence, and no comment.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/reach.h"
#include "kernel/roles.h"
#include "kernel/source.h"
#include "kernel/tree.h"
#include "lib/file.h"

#define FLUSH "arch/arm64/mm/flush.c"
#define HEADER "arch/arm64/include/asm/cacheflush.h"
#define CACHE "arch/arm64/mm/cache.S"
#define UPROBES "arch/arm64/kernel/probes/uprobes.c"

/* The one that broadcasts since v4.19-rc1. */
#define LOUD "flush_icache_range"

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

/* Is there a folder, or with @file a file, of this name in the tree? */
static bool has(const char *tree, const char *name, bool file)
{
	char path[PATH_MAX];
	struct stat status;

	return (size_t)snprintf(path, sizeof(path), "%s/%s", tree, name) < sizeof(path) &&
	       !stat(path, &status) && (file ? S_ISREG(status.st_mode) : S_ISDIR(status.st_mode));
}

static struct kernel_slice whole(const char *text)
{
	return (struct kernel_slice){ text ? text : "", text ? strlen(text) : 0 };
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

/* What the path of a user pte is made of. */
struct path {
	struct kernel_reach reach;
	struct kernel_use pte, aliases, ptrace;
	struct kernel_slice header, uprobes; /* as code; empty where there is none */
};

/* What could not be read, or what makes it undecided: for @why. */
static void unreadable(const struct kernel_reach *reach, unsigned int bits,
		       char why[static REASON_SIZE])
{
	if (bits & KERNEL_REACH_UNKNOWN)
		snprintf(why, REASON_SIZE, "%s", reach->unknown);
	else if (bits & KERNEL_REACH_BROADCAST)
		snprintf(why, REASON_SIZE, "%s() broadcasts, whatever it passes to %s()", ROOT_PTE,
			 ROOT_ALIASES);
	else if (bits & KERNEL_REACH_BROADCAST_IF)
		snprintf(why, REASON_SIZE,
			 "%s() broadcasts in some configurations, and in others not", ROOT_PTE);
	else
		snprintf(why, REASON_SIZE,
			 "%s() calls no I-cache maintenance that this program could read",
			 ROOT_PTE);
}

/* Is it known that this broadcasts never, and maintains? */
static bool is_quiet(unsigned int bits)
{
	return (bits & KERNEL_REACH_MAINTAINS) &&
	       !(bits &
		 (KERNEL_REACH_BROADCAST | KERNEL_REACH_BROADCAST_IF | KERNEL_REACH_UNKNOWN));
}

/* A tree without the posted form's argument. */
static enum kernel_tree_state plain_state(struct path *path, char why[static REASON_SIZE])
{
	const unsigned int bits = kernel_reach_function(&path->reach, ROOT_PTE);
	struct kernel_reach range = path->reach;
	unsigned int loud;

	if (bits & KERNEL_REACH_BROADCAST) {
		snprintf(why, REASON_SIZE, "%s", path->reach.chain);
		return TREE_AFFECTED;
	}
	if (!is_quiet(bits)) {
		unreadable(&path->reach, bits, why);
		return TREE_NOT_RECOGNISED;
	}
	/* Since the fault that one broadcasts, for others. */
	range.unknown[0] = '\0';
	loud = kernel_reach_function(&range, LOUD);
	path->reach.files = range.files, path->reach.memo = range.memo;
	path->reach.asked = range.asked;
	if ((loud & KERNEL_REACH_DEFINED) && is_quiet(loud)) {
		snprintf(why, REASON_SIZE,
			 LOUD "() does not broadcast in this tree, as before 4.19");
		return TREE_PREDATES;
	}
	snprintf(why, REASON_SIZE, "%s() calls only cache maintenance, and that does not broadcast",
		 ROOT_PTE);
	return TREE_MERGED;
}

/* The posted form in a tree that has some of it: is all of it there? */
static enum kernel_tree_state posted_state(struct path *path, char why[static REASON_SIZE])
{
	struct kernel_slice flag = bool_name(kernel_source_last(path->aliases.arguments));
	const unsigned int quiet = kernel_reach_last(&path->reach, ROOT_ALIASES, false);
	const unsigned int loud = kernel_reach_last(&path->reach, ROOT_ALIASES, true);
	int pte = passed(path->pte.body, "false");
	int ptrace = path->ptrace.body.at ? passed(path->ptrace.body, "true") : 0;
	int header = declared(path->header), uprobes = passed(path->uprobes, "true");
	bool flush = flag.length && pte == PASS_POSTED && (ptrace | PASS_POSTED) == PASS_POSTED &&
		     !(quiet & KERNEL_REACH_BROADCAST) && (loud & KERNEL_REACH_BROADCAST);

	header |= PASS_POSTED, uprobes |= PASS_POSTED;
	if (pte == PASS_POSTED && header == PASS_POSTED && uprobes == PASS_POSTED &&
	    (quiet & KERNEL_REACH_BROADCAST) && kernel_source_uses(path->aliases.body, BROADCAST)) {
		snprintf(why, REASON_SIZE, "%s() broadcasts for user ptes, too", ROOT_ALIASES);
		return TREE_NOT_RECOGNISED;
	}
	if (!flush || header != PASS_POSTED || uprobes != PASS_POSTED) {
		snprintf(why, REASON_SIZE, "only some hunks of the posted form are there:%s%s%s",
			 flush ? "" : " not all of " FLUSH,
			 header == PASS_POSTED ? "" : " not " HEADER,
			 uprobes == PASS_POSTED ? "" : " not " UPROBES);
		return TREE_PARTIAL;
	}
	if (!is_quiet(quiet) || !is_quiet(kernel_reach_function(&path->reach, ROOT_PTE))) {
		unreadable(&path->reach, quiet | kernel_reach_function(&path->reach, ROOT_PTE),
			   why);
		return TREE_NOT_RECOGNISED;
	}
	snprintf(why, REASON_SIZE,
		 "%s() broadcasts only for 'bool %.*s', and a user pte passes "
		 "false",
		 ROOT_ALIASES, (int)flag.length, flag.at);
	return TREE_POSTED;
}

static const char *code_of(const struct kernel_reach *reach, const char *path)
{
	for (const struct kernel_reach_file *file = reach->files; file; file = file->next)
		if (!strcmp(file->path, path))
			return file->code;
	return NULL;
}

static enum kernel_tree_state path_state(struct path *path, char why[static REASON_SIZE])
{
	const struct kernel_reach_file *file;
	const char *flush = code_of(&path->reach, FLUSH);
	int seen;

	path->header = whole(code_of(&path->reach, HEADER));
	path->uprobes = whole(code_of(&path->reach, UPROBES));
	if (!kernel_reach_definition(&path->reach, ROOT_PTE, &path->pte, &file)) {
		snprintf(why, REASON_SIZE, "no %s() in " FLUSH, ROOT_PTE);
		return TREE_NOT_RECOGNISED;
	}
	kernel_reach_definition(&path->reach, ROOT_ALIASES, &path->aliases, &file);
	kernel_source_definition(flush, "flush_ptrace_access", &path->ptrace);
	seen = passed(path->pte.body, "false") | declared(path->header) |
	       passed(path->uprobes, "true");
	if (path->ptrace.body.at)
		seen |= passed(path->ptrace.body, "true");
	if ((seen | PASS_NOTHING) == PASS_NOTHING &&
	    kernel_source_count(path->aliases.arguments) < 3)
		return plain_state(path, why);
	return posted_state(path, why);
}

/* A line that a merge left behind; 0: none. */
static unsigned int conflict_line(const char *text)
{
	static const char *const markers[] = { "<<<<<<<", "|||||||", ">>>>>>>" };
	unsigned int line = 1;

	for (; text && *text; line++) {
		for (size_t i = 0; i < sizeof(markers) / sizeof(*markers); i++)
			if (!strncmp(text, markers[i], 7) && (!text[7] || strchr(" \r\n", text[7])))
				return line;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return 0;
}

static const struct {
	const char *path;
	size_t text; /* where in struct kernel_sources */
} deciding[] = {
	{ FLUSH, offsetof(struct kernel_sources, flush) },
	{ HEADER, offsetof(struct kernel_sources, header) },
	{ CACHE, offsetof(struct kernel_sources, cache) },
	{ UPROBES, offsetof(struct kernel_sources, uprobes) },
};

static char **text_of_file(const struct kernel_sources *sources, size_t i)
{
	return (char **)((char *)sources + deciding[i].text);
}

/* False: out of memory. */
static bool path_read(struct path *path, const struct kernel_sources *sources)
{
	path->reach = (struct kernel_reach){
		.folder = sources->folder,
		.over = sources->over,
		.budget = KERNEL_REACH_BUDGET,
		.headers = sources->header && sources->header[strspn(sources->header, " \t\r\n")],
		.whole = sources->folder && has(sources->folder, "kernel/smp.c", true),
	};
	for (size_t i = 0; i < sizeof(deciding) / sizeof(*deciding); i++) {
		const char *text = *text_of_file(sources, i);

		if (text && !kernel_reach_add(&path->reach, deciding[i].path, text, 0))
			return false;
	}
	return true;
}

/* No tree is fixed by text that means one thing here and another one to a compiler. */
static enum kernel_tree_state odd_state(const struct kernel_reach *reach,
					enum kernel_tree_state state, char why[static REASON_SIZE])
{
	if (kernel_tree_verdict(state) != VERDICT_FIXED)
		return state;
	for (const struct kernel_reach_file *file = reach->files; file; file = file->next)
		if (file->odd) {
			snprintf(why, REASON_SIZE, "%.120s has %s", file->path, file->odd);
			return TREE_NOT_RECOGNISED;
		}
	return state;
}

enum kernel_tree_state kernel_tree_judge(const struct kernel_sources *sources,
					 char why[static REASON_SIZE])
{
	enum kernel_tree_state state = TREE_NOT_RECOGNISED;
	struct path path = { 0 };

	if (!sources->flush) {
		snprintf(why, REASON_SIZE, "no " FLUSH);
		return TREE_NOT_RECOGNISED;
	}
	for (size_t i = 0; i < sizeof(deciding) / sizeof(*deciding); i++) {
		const unsigned int line = conflict_line(*text_of_file(sources, i));

		if (line) {
			snprintf(why, REASON_SIZE,
				 "%s:%u: a conflict of a merge is left in the file",
				 deciding[i].path, line);
			return TREE_NOT_RECOGNISED;
		}
	}
	if (path_read(&path, sources))
		state = odd_state(&path.reach, path_state(&path, why), why);
	else
		snprintf(why, REASON_SIZE, "out of memory");
	kernel_reach_free(&path.reach);
	return state;
}

static void sources_free(struct kernel_sources *sources)
{
	free(sources->flush);
	free(sources->header);
	free(sources->cache);
	free(sources->uprobes);
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

/* How many folders are opened in search of a kernel below one that is none, and how deep. */
enum { SEARCH_FOLDERS = 2000, SEARCH_DEPTH = 3 };

/* The first folder of @folder, by name, that holds a kernel tree, in @found; false: none. */
static bool tree_below(const char *folder, int depth, unsigned int *opened,
		       char found[static PATH_MAX])
{
	struct dirent **entries;
	const int count = *opened < SEARCH_FOLDERS ? scandir(folder, &entries, NULL, alphasort) :
						     -1;
	char path[PATH_MAX];
	struct stat status;
	bool done = false;

	*opened += 1;
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (!done && *name != '.' &&
		    (size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) < sizeof(path) &&
		    !lstat(path, &status) && S_ISDIR(status.st_mode)) {
			done = has(path, FLUSH, true);
			if (done)
				strcpy(found, path);
			else if (depth > 1)
				done = tree_below(path, depth - 1, opened, found);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return done;
}

static void say_no_tree(const char *tree, char why[static REASON_SIZE])
{
	char found[PATH_MAX];
	unsigned int opened = 0;

	if (tree_below(tree, SEARCH_DEPTH, &opened, found))
		snprintf(why, REASON_SIZE, "%.90s is not a kernel tree; there is one in %.125s",
			 tree, found);
	else
		snprintf(why, REASON_SIZE,
			 "%.150s is not a kernel tree: no Makefile with a "
			 "PATCHLEVEL in it",
			 tree);
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
	else if (has(tree, FLUSH, true))
		return false;
	else if (!has_patchlevel(tree))
		say_no_tree(tree, why);
	else if (!has(tree, "arch/arm64", false))
		snprintf(why, REASON_SIZE, "%.150s is a kernel tree without arch/arm64", tree);
	else if (!has(tree, "arch/arm64/Kconfig", true) || !has(tree, "arch/arm64/mm", false))
		snprintf(why, REASON_SIZE, "%.150s holds kernel headers only: no arch/arm64/mm",
			 tree);
	else
		return false;
	return true;
}

static bool sources_read(const char *tree, struct kernel_sources *sources,
			 char why[static REASON_SIZE])
{
	for (size_t i = 0; i < sizeof(deciding) / sizeof(*deciding); i++)
		if (!source_read(tree, deciding[i].path, text_of_file(sources, i), why))
			return false;
	return true;
}

static enum kernel_tree_state state_read(const char *path, struct kernel_sources *sources,
					 char why[static REASON_SIZE])
{
	enum kernel_tree_state state = TREE_NOT_RECOGNISED;

	if (sources_read(path, sources, why))
		state = kernel_tree_judge(sources, why);
	sources_free(sources);
	return state;
}

enum kernel_tree_state kernel_tree_read(const char *path, char why[static REASON_SIZE])
{
	if (is_no_tree(path, why))
		return TREE_NONE;
	return state_read(path, &(struct kernel_sources){ .folder = path }, why);
}

enum kernel_tree_state kernel_tree_read_over(const char *tree, const char *over,
					     char why[static REASON_SIZE])
{
	if (is_no_tree(over, why))
		return TREE_NONE;
	return state_read(over, &(struct kernel_sources){ .folder = tree, .over = over }, why);
}

/* May flush.c call it instead of LOUD? */
static bool is_quiet_name(struct kernel_reach *reach, const char *name)
{
	const unsigned int bits = kernel_reach_called(reach, FLUSH, name);

	return (bits & KERNEL_REACH_DEFINED) && is_quiet(bits);
}

/* A callee of LOUD that gets the same two arguments; false: none of them is quiet. */
static bool quiet_callee(struct kernel_reach *reach, char name[static KERNEL_TREE_NAME_SIZE])
{
	const struct kernel_reach_file *file;
	struct kernel_use loud, use;
	struct kernel_slice rest;
	const char *at;

	if (!kernel_reach_definition(reach, LOUD, &loud, &file))
		return false;
	rest = loud.body;
	for (at = rest.at; kernel_source_next_call(&rest, &at, &use);) {
		const struct kernel_slice word = { at, use.arguments.at - 1 - at };
		const size_t length = word.length -
				      (word.length && word.at[word.length - 1] == ' ');

		if (kernel_source_count(use.arguments) != 2 || length >= KERNEL_TREE_NAME_SIZE)
			continue;
		snprintf(name, KERNEL_TREE_NAME_SIZE, "%.*s", (int)length, word.at);
		if (is_quiet_name(reach, name))
			return true;
	}
	return false;
}

static bool quiet_find(struct kernel_reach *reach, char name[static KERNEL_TREE_NAME_SIZE])
{
	static const char *const known[] = { "__flush_icache_range", "caches_clean_inval_pou" };

	if (quiet_callee(reach, name))
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (is_quiet_name(reach, strcpy(name, known[i])))
			return true;
	return false;
}

bool kernel_tree_quiet(const char *path, char name[static KERNEL_TREE_NAME_SIZE],
		       char why[static REASON_SIZE])
{
	struct kernel_sources sources = { .folder = path };
	struct path read = { 0 };
	bool found = false;

	if (sources_read(path, &sources, why)) {
		if (path_read(&read, &sources))
			found = quiet_find(&read.reach, name);
		if (!found)
			snprintf(why, REASON_SIZE,
				 "no function of this tree that " FLUSH " sees does what " LOUD
				 "() does without a broadcast");
	}
	kernel_reach_free(&read.reach);
	sources_free(&sources);
	return found;
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
