// SPDX-License-Identifier: GPL-2.0-only
/*
 * semantic.c: the change by Coccinelle, for forks whose context has drifted away from the patches
 *
 * Coccinelle makes it, in the callers that the posting knows. What any other caller needs is for a
 * person: each is pointed at, and nothing is changed. icache-ipi-check judges the result.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backport/backport.h"
#include "lib/file.h"

#define NAME "sync_icache_aliases"

/* What no source has: those of a kernel that use it have some KB, and the name a few times. */
#define SOURCE_MAX_SIZE (1ul << 20)
#define USES_MAX 1000

/* One place where the name stands in code. */
struct use {
	size_t line;
	bool settled;	  /* defined, declared, exported, or called with true or false */
	const char *body; /* of the definition, with its length; or NULL */
	size_t length;
};

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Comments, strings and constants become blanks; every line stays where it is. */
static char *code_only(const char *source)
{
	char *code = text("%s", source), *c = code;

	while (*c) {
		const char *end = c[0] == '/' && c[1] == '*' ? "*/" :
				  c[0] == '/' && c[1] == '/' ? "\n" :
				  *c == '"'		     ? "\"" :
				  *c == '\''		     ? "'" :
							       NULL;
		const bool quoted = end && (*end == '"' || *end == '\'');
		char *from = c++;

		if (!end)
			continue;
		c += !quoted;
		while (*c && strncmp(c, end, strlen(end)) && !(quoted && *c == '\n'))
			c += quoted && c[0] == '\\' && c[1] ? 2 : 1;
		c += *c && *c != '\n' && *end != '\n' ? strlen(end) : 0;
		for (; from < c; from++)
			if (*from != '\n')
				*from = ' ';
	}
	return code;
}

/* Behind the bracket that closes the one at @open; NULL: none does. */
static const char *bracket_skip(const char *open)
{
	const char left = *open, right = left == '(' ? ')' : '}';
	int depth = 0;

	for (const char *c = open; *c; c++) {
		depth += (*c == left) - (*c == right);
		if (!depth)
			return c + 1;
	}
	return NULL;
}

/* Does the last argument before the closing bracket say so? */
static bool argument_is(const char *close, const char *open, const char *what)
{
	const ptrdiff_t length = strlen(what);
	const char *end = close;

	while (end > open && isspace((unsigned char)end[-1]))
		end--;
	return end - open > length && !memcmp(end - length, what, length) &&
	       !in_name(end[-length - 1]);
}

static bool is_exported(const char *code, const char *at)
{
	static const char *const macros[] = { "EXPORT_SYMBOL(", "EXPORT_SYMBOL_GPL(" };

	for (size_t i = 0; i < sizeof(macros) / sizeof(*macros); i++) {
		const size_t length = strlen(macros[i]);

		if ((size_t)(at - code) >= length && !memcmp(at - length, macros[i], length))
			return true;
	}
	return false;
}

static struct use use_read(const char *code, const char *at)
{
	const char *open = at + strlen(NAME), *close, *next;
	struct use use = { .line = 1, .settled = is_exported(code, at) };

	for (const char *c = code; c < at; c++)
		use.line += *c == '\n';
	open += strspn(open, " \t\n");
	close = *open == '(' ? bracket_skip(open) : NULL;
	if (!close)
		return use;
	next = close + strspn(close, " \t\n");
	if (*next == '{' && bracket_skip(next)) {
		use.body = next;
		use.length = bracket_skip(next) - next;
	}
	use.settled = use.body || argument_is(close - 1, open, "true") ||
		      argument_is(close - 1, open, "false") ||
		      argument_is(close - 1, open, "bool sync");
	return use;
}

/* All of them in one file, in order; the text that bodies point to stays. */
static struct use *uses_find(const char *path, size_t *count)
{
	char *source = file_read(path, SOURCE_MAX_SIZE, NULL);
	const char *code = source ? code_only(source) : "", *at = code;
	struct use *uses = NULL;

	if (!source && errno == EFBIG)
		backport_refuse(text("%s is too large for source text", path),
				"nothing was changed");
	for (*count = 0; (at = strstr(at, NAME)); at += strlen(NAME)) {
		if ((at > code && in_name(at[-1])) || in_name(at[strlen(NAME)]))
			continue;
		if (*count == USES_MAX)
			backport_refuse(text("%s uses " NAME "() more than %d times", path,
					     USES_MAX),
					"nothing was changed; look at that file");
		uses = reallocarray(uses, *count + 1, sizeof(*uses));
		if (!uses)
			die(EXIT_UNKNOWN, "out of memory");
		uses[(*count)++] = use_read(code, at);
	}
	return uses;
}

/* Every file of the tree that speaks of the function (none of git's or quilt's), and those that decide. */
static struct backport_list files_concerned(const char *tree)
{
	char *found;
	const struct backport_command heard = { .directory = tree, .output = &found };
	struct backport_list files = { 0 };

	run(&heard, "grep", "--recursive", "--files-with-matches", "--null", "--word-regexp",
	    "--include=*.[chS]", "--exclude-dir=.git", "--exclude-dir=.pc",
	    "--exclude-dir=" IN_PLACE_FOLDER, "--regexp=" NAME, "--", ".");
	/* Two NULs end it. */
	for (const char *name = found; *name; name += strlen(name) + 1) {
		/* A journal, and a message, would take it for two. */
		if (strchr(name, '\n'))
			backport_refuse(text("%s has the end of a line in its name", name),
					"nothing was changed; give it another name");
		backport_list_add(&files, name + strlen("./"));
	}
	for (int i = 0; kernel_tree_files[i]; i++)
		if (!backport_list_has(&files, kernel_tree_files[i]))
			backport_list_add(&files, kernel_tree_files[i]);
	backport_list_sort(&files);
	return files;
}

/* Upstream's comment in the place of its sign, where the script put that: indented as the sign is. */
static void comment_write(const char *path)
{
	static const char sign[] = "/* ICACHE_IPI_COMMENT */\n";
	static const char *const lines[] = {
		"/*\n", " * Don't issue kick_all_cpus_sync() after I-cache invalidation\n",
		" * for user mappings.\n", " */\n"
	};
	const char *data = backport_file_read(path, NULL), *rest = data, *at;
	char *made;
	size_t size;
	FILE *to;

	if (!data || !strstr(data, sign))
		return;
	to = open_memstream(&made, &size);
	for (; to && (at = strstr(rest, sign)); rest = at + strlen(sign)) {
		const char *line = at;

		while (line > data && line[-1] != '\n')
			line--;
		fwrite(rest, 1, at - rest, to);
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			fprintf(to, "%.*s%s", i ? (int)(at - line) : 0, line, lines[i]);
	}
	if (!to || fputs(rest, to) < 0 || fclose(to))
		die(EXIT_UNKNOWN, "out of memory");
	backport_file_replace(path, made, size);
}

static void transform(const char *folder, const char *script, const struct backport_list *files)
{
	char *said;
	const struct backport_command heard = { .directory = folder,
						.output = &said,
						.errors = &said };
	struct backport_list argv = { 0 };

	backport_list_add(&argv, "spatch");
	backport_list_add(&argv, "--sp-file");
	backport_list_add(&argv, script);
	backport_list_add(&argv, "--in-place");
	backport_list_add(&argv, "--no-includes");
	backport_list_add(&argv, "--very-quiet");
	for (size_t i = 0; i < files->count; i++) {
		const char *file = files->items[i], *end = file + strlen(file) - 2;

		if ((!strcmp(end, ".c") || !strcmp(end, ".h")) &&
		    backport_path_exists(text("%s/%s", folder, file)))
			backport_list_add(&argv, text("./%s", file));
	}
	if (backport_command_run(&heard, argv.items))
		backport_refuse(text("spatch failed: %.400s", said), "nothing was changed");
	for (size_t i = 0; i < files->count; i++)
		comment_write(text("%s/%s", folder, files->items[i]));
}

/* Does a word of the body read "sync", which is to be the new parameter's name? */
static bool body_says_sync(const struct use *use)
{
	for (const char *at = use->body;
	     use->body && (at = strstr(at, "sync")) && at < use->body + use->length; at++)
		if (!in_name(at[-1]) && !in_name(at[4]))
			return true;
	return false;
}

/* Points at what a person has to decide: lines as they are in the tree. */
static size_t undecided_report(const struct backport_plan *plan, const struct backport_list *files,
			       bool renames)
{
	size_t undecided = 0, before, after;

	for (size_t i = 0; i < files->count; i++) {
		const char *file = files->items[i];
		const struct use *old = uses_find(text("%s/%s", plan->old, file), &before);
		const struct use *new = uses_find(text("%s/%s", plan->new, file), &after);

		for (size_t j = 0; j < before; j++) {
			if (renames && body_says_sync(&old[j])) {
				say("%s:%zu: " NAME "() has a 'sync' of its own", file,
				    old[j].line);
				undecided++;
			} else if (before != after || !new[j].settled) {
				say("%s:%zu: " NAME "() is used: must every CPU be interrupted?",
				    file, old[j].line);
				undecided++;
			}
		}
	}
	return undecided;
}

/* The script of a form, with the quiet function that this tree has. */
static const char *script_write(const char *form, const char *quiet, const char *work)
{
	const char *from = text("%s/semantic/%s.cocci", backport_series_patches_dir, form);
	const char *to = text("%s/%s.cocci", work, form), *made = "", *name;
	const char *script = backport_file_read(from, NULL);

	if (!script)
		die(EXIT_UNKNOWN, "cannot read %s: %m", from);
	for (; (name = strstr(script, "__flush_icache_range(")); script = name + 20)
		made = text("%s%.*s%s", made, (int)(name - script), script, quiet);
	made = text("%s%s", made, script);
	backport_file_replace(to, made, strlen(made));
	return to;
}

/* The files as staged, once more: the trial that found the callers is over. */
static void restore(struct backport_plan *plan, const struct backport_list *files, const char *work)
{
	backport_remove_all(plan->old);
	backport_remove_all(plan->new);
	plan->crlf = (struct backport_list){ 0 };
	backport_plan_stage(plan, files, work);
}

void backport_plan_check_callers(const struct backport_plan *plan)
{
	struct backport_list files;
	size_t unsettled = 0, count;

	if (strcmp(backport_plan_goal(plan), kernel_tree_words[TREE_POSTED]))
		return;
	files = files_concerned(plan->tree);
	for (size_t i = 0; i < files.count; i++) {
		const char *file = files.items[i];
		const char *in = backport_list_has(&plan->files, file) ? plan->new : plan->tree;
		const struct use *uses = uses_find(text("%s/%s", in, file), &count);

		for (size_t j = 0; j < count; j++)
			if (!uses[j].settled) {
				say("%s:%zu: " NAME "() is used, which gets an argument", file,
				    uses[j].line);
				unsettled++;
			}
	}
	if (unsettled)
		backport_refuse(
			text("%zu calls would not compile any more: nothing was changed",
			     unsettled),
			"add ', true' (as before the fix) or ', false' to each and take --semantic, "
			"or take --series merged");
}

/* Semantic patches are for affected trees alone: on any other they would make it worse. */
static void refuse_state(const struct backport_plan *plan, const char *why)
{
	const char *next = "compare flush.c with patches/README.md";

	if (backport_text_starts(plan->was, "fixed"))
		next = "it has a form of the fix already";
	else if (!strcmp(plan->was, "not affected"))
		next = "this kernel does not have the fault and needs no fix";
	else if (!strcmp(plan->was, "partly applied"))
		next = "part of the posted form is in: undo it or finish it by hand";
	else if (*why)
		next = why;
	backport_refuse(text("--semantic is for a tree that is 'affected'; this one is '%s'",
			     plan->was),
			text("nothing was changed; %s", next));
}

static void callers_check(const struct backport_plan *plan, const struct backport_list *files,
			  bool posted, bool callers_checked)
{
	const size_t undecided = undecided_report(plan, files, posted);

	if (undecided && posted)
		backport_refuse(
			text("%zu calls need a decision: nothing was changed", undecided),
			"add ', true' (as before the fix) or ', false' to each, then run this again");
	if (undecided && !callers_checked)
		backport_refuse(text("%zu calls would lose their broadcast: nothing was changed",
				     undecided),
				"take --series posted, or add --callers-checked if they need none");
}

void backport_plan_prepare_semantic(struct backport_plan *plan, const char *work,
				    bool callers_checked)
{
	const bool posted = !strcmp(plan->series[0].name, "posted");
	char why[REASON_SIZE] = "", quiet[KERNEL_TREE_NAME_SIZE];
	const char *state = backport_tree_read(plan->tree, why);
	struct backport_list files;

	if (strcmp(state, kernel_tree_words[TREE_AFFECTED]))
		refuse_state(plan, why);
	if (!kernel_tree_quiet(plan->tree, quiet, why)) {
		text_make_printable(why);
		backport_refuse(why, "nothing was changed; change this tree by hand");
	}
	files = files_concerned(plan->tree);
	plan->script = script_write(plan->series[0].name, quiet, work);
	backport_plan_stage(plan, &files, work);
	transform(plan->new, posted ? plan->script : script_write("posted", quiet, work), &files);
	callers_check(plan, &files, posted, callers_checked);
	if (!posted) {
		restore(plan, &files, work);
		transform(plan->new, plan->script, &files);
	}
	state = backport_tree_read_over(plan->tree, plan->new, why);
	if (strcmp(state, backport_plan_goal(plan)))
		backport_refuse(text("after semantic/%s the code should be '%s', and is '%s' %s",
				     backport_base_of(plan->script), backport_plan_goal(plan),
				     state, why),
				"nothing was changed; change this tree by hand");
	backport_plan_restore_crlf(plan);
	for (size_t i = 0; i < files.count; i++) {
		const char *new = backport_file_read(text("%s/%s", plan->new, files.items[i]),
						     NULL);
		const char *old = backport_file_read(text("%s/%s", plan->old, files.items[i]),
						     NULL);

		if (new && old && strcmp(new, old))
			backport_list_add(&plan->files, files.items[i]);
	}
	backport_plan_check_links(plan);
}
