// SPDX-License-Identifier: GPL-2.0-only
/*
 * source.c: just enough C to find a function in a file and what it calls
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/source.h"

/* Brackets nest less than this in any kernel; a bound, so that no text takes long. */
enum { DEPTH_MAXIMUM = 64 };

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Is there a line's end, escaped, at @c? Its length then, else 0. */
static size_t splice_length(const char *c)
{
	return c[0] != '\\' ? 0 : c[1] == '\n' ? 2 : c[1] == '\r' && c[2] == '\n' ? 3 : 0;
}

/* Behind the comment that starts at @c. Behind an escaped end of line a // goes on. */
static const char *comment_skip(const char *c)
{
	const char *end;

	if (c[1] == '*') {
		end = strstr(c + 2, "*/");
		return end ? end + 2 : c + strlen(c);
	}
	while (*c && *c != '\n')
		c += splice_length(c) ?: 1;
	return c;
}

/* Behind the string or character constant that starts at @c. */
static const char *quote_skip(const char *c)
{
	char quote = *c++;

	while (*c && *c != quote && *c != '\n')
		c += c[0] == '\\' && c[1] ? 2 : 1;
	return *c == quote ? c + 1 : c;
}

/* At the end of the preprocessor line that starts at @c, continued lines and comments included. */
static const char *directive_skip(const char *c)
{
	while (*c && *c != '\n') {
		if (c[0] == '/' && c[1] == '*')
			c = comment_skip(c);
		else
			c += splice_length(c) ?: c[0] == '\\' && c[1] ? 2 : 1;
	}
	return c;
}

/* Behind blanks within the line. */
static const char *blanks_skip(const char *c)
{
	while (*c == ' ' || *c == '\t')
		c++;
	return c;
}

/* Is the preprocessor line at @c a "#word..."? */
static bool directive_is(const char *c, const char *word)
{
	return !strncmp(blanks_skip(c + 1), word, strlen(word));
}

/* Is it this condition, word by word, and nothing more? */
static bool condition_is(const char *c, const char *word, const char *what)
{
	c = blanks_skip(c + 1);
	if (strncmp(c, word, strlen(word)))
		return false;
	c = blanks_skip(c + strlen(word));
	if (strncmp(c, what, strlen(what)))
		return false;
	c = blanks_skip(c + strlen(what));
	return *c == '\0' || *c == '\n' || *c == '\r' ||
	       (c[0] == '/' && (c[1] == '*' || c[1] == '/'));
}

enum condition { CONDITION_OPEN, CONDITION_FALSE, CONDITION_TRUE };

/* Every arm64 kernel of the last ten years is SMP, and these files are read as C. */
static enum condition condition_of(const char *c, bool whole)
{
	if (condition_is(c, "if", "0") ||
	    (whole &&
	     (condition_is(c, "ifndef", "CONFIG_SMP") || condition_is(c, "ifdef", "__ASSEMBLY__") ||
	      condition_is(c, "ifdef", "__ASSEMBLER__"))))
		return CONDITION_FALSE;
	if (whole && (condition_is(c, "if", "1") || condition_is(c, "ifdef", "CONFIG_SMP") ||
		      condition_is(c, "ifndef", "__ASSEMBLY__") ||
		      condition_is(c, "ifndef", "__ASSEMBLER__")))
		return CONDITION_TRUE;
	return CONDITION_OPEN;
}

/* Where the text read now is: in @depth conditions, hidden since level @dead (0: not hidden). */
struct conditions {
	unsigned int depth, dead;
	unsigned char kind[256]; /* enum condition by level, of levels too deep the lowest bits */
	bool whole;
};

/* Take in the preprocessor line at @c. The sign that it leaves, ' ' for none. */
static char condition_read(struct conditions *at, const char *c)
{
	unsigned char *kind = &at->kind[at->depth % 256];
	const bool was_dead = at->dead;

	if (directive_is(c, "if")) {
		kind = &at->kind[++at->depth % 256];
		*kind = condition_of(c, at->whole);
		if (!was_dead && *kind == CONDITION_FALSE)
			at->dead = at->depth;
		return was_dead || *kind != CONDITION_OPEN ? ' ' : KERNEL_SOURCE_IF;
	}
	if (directive_is(c, "endif") && at->depth) {
		const bool shown = *kind == CONDITION_OPEN && (!was_dead || at->dead == at->depth);

		at->dead = at->dead == at->depth ? 0 : at->dead;
		at->depth--;
		return shown ? KERNEL_SOURCE_ENDIF : ' ';
	}
	if (directive_is(c, "el") && at->depth && *kind != CONDITION_OPEN) {
		if (was_dead && at->dead < at->depth)
			return ' ';
		if (*kind == CONDITION_TRUE) {
			at->dead = at->depth;
			return ' ';
		}
		if (!was_dead) /* an "#elif" has been taken already */
			return KERNEL_SOURCE_ELSE;
		at->dead = 0;
		if (directive_is(c, "else"))
			return ' ';
		*kind = at->whole ? CONDITION_OPEN : *kind;
		return KERNEL_SOURCE_IF;
	}
	if (was_dead)
		return ' ';
	return directive_is(c, "el")	? KERNEL_SOURCE_ELSE :
	       directive_is(c, "endif") ? KERNEL_SOURCE_ENDIF :
					  '#';
}

/* Does the string or constant from @c to @end hold an instruction that invalidates I-cache? */
static bool is_maintenance(const char *c, const char *end)
{
	for (; end - c > 4; c++)
		if (!in_name(c[0]) && c[1] == 'i' && c[2] == 'c' &&
		    (isspace((unsigned char)c[3]) || c[3] == '\\'))
			return true;
	return false;
}

/* The escapes of C that stand for blanks, from @c on. */
static const char *escaped_blanks_skip(const char *c)
{
	while (*c == ' ' || *c == '\t' || (*c == '\\' && strchr("tn", c[1])))
		c += 1 + (*c == '\\');
	return c;
}

/*
 * Does the string from @c to @end hold an instruction that goes elsewhere, or bytes that may be one? A label of
 * the string itself, a number, and "%l[...]" of C are no other place. What is cut may go on in the next string.
 */
static bool is_jump(const char *c, const char *end)
{
	static const char *const words[] = {
		"b",	 "bl",	 "br",	 "blr",	   "cbz",      "cbnz",	  "tbz",    "tbnz", ".inst",
		".word", ".set", ".equ", ".equiv", ".include", ".incbin", ".4byte", ".long"
	};

	for (c++; c < end; c++) {
		const char *word = c, *behind;

		if (*c == '\\') {
			c++;
			if (!strchr("tn\"\\\n", *c))
				return true;
			continue;
		}
		if (in_name(c[-1]) && !(c[-2] == '\\' && strchr("tn", c[-1])))
			continue;
		while (c < end && (in_name(*c) || *c == '.'))
			c++;
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
			const size_t length = strlen(words[i]);

			if (strncasecmp(word, words[i], length) ||
			    ((size_t)(c - word) != length && !(length == 1 && word[1] == '.')))
				continue;
			behind = escaped_blanks_skip(c);
			if (behind >= end - 1 || word[0] == '.' ||
			    (!isdigit((unsigned char)*behind) && strncmp(behind, "%l", 2)))
				return true;
		}
		if (c > word)
			c--;
	}
	return false;
}

struct stripped {
	char *to, *start;
	char *macros; /* where the next one goes; NULL: only the text is wanted */
};

static void strip(const char *text, struct stripped *out, bool line_start);

static size_t name_length(const char *c)
{
	size_t length = 0;

	while (in_name(c[length]))
		length++;
	return length;
}

/*
 * The macro that the line at @c defines, as the function "NAME(...) {...}".
 */
static char *macro_write(const char *c, char *to)
{
	const char *end = directive_skip(c), *name = blanks_skip(blanks_skip(c + 1) + 6), *body;
	char *line = malloc(end - name + 1), *put = line;
	struct stripped out = { 0 };
	size_t length = 0;

	for (body = name; line && body < end;)
		if (splice_length(body))
			body += splice_length(body), *put++ = ' ';
		else
			*put++ = *body++;
	if (line) {
		*put = '\0';
		length = name_length(line);
		out.start = out.to = malloc(put - line + 2);
	}
	if (out.start && length) {
		body = line + length;
		if (*body == '(')
			body += strcspn(body, ")") + (strchr(body, ')') ? 1 : 0);
		strip(body, &out, false);
		*to++ = '\n';
		to = mempcpy(to, line, body - line);
		to = stpcpy(to, line[length] == '(' ? " {" : "() {");
		to = mempcpy(to, out.start, out.to - out.start);
		*to++ = '}';
	}
	free(out.start);
	free(line);
	return to;
}

static void strip(const char *text, struct stripped *out, bool line_start)
{
	struct conditions at = { .whole = out->macros };
	const bool marks = out->macros;

	while (*text) {
		const char *from = text;
		char left = *text;

		if (text[0] == '/' && (text[1] == '*' || text[1] == '/')) {
			text = comment_skip(text);
			left = ' ';
		} else if (*text == '"' || *text == '\'') {
			text = quote_skip(text);
			left = marks && is_jump(from, text)	   ? KERNEL_SOURCE_JUMPS :
			       marks && is_maintenance(from, text) ? KERNEL_SOURCE_MAINTAINS :
								     '0';
		} else if (*text == '#' && line_start) {
			text = directive_skip(text);
			left = condition_read(&at, from);
			if (marks && left == '#' && directive_is(from, "define") && !at.dead)
				out->macros = macro_write(from, out->macros);
			left = left == ' ' ? ' ' : !marks ? '#' : left == '#' ? ' ' : left;
			line_start = true;
			if (!at.dead &&
			    (left != ' ' || (out->to > out->start && out->to[-1] != ' ')))
				*out->to++ = left;
			continue;
		} else if ((unsigned char)*text <= ' ' || *text == 127) {
			line_start |= *text++ == '\n';
			left = ' ';
		} else {
			text += splice_length(text) ?: 1;
			left = splice_length(from) ? ' ' : left;
		}
		line_start &= left == ' ';
		if (!at.dead && (left != ' ' || (out->to > out->start && out->to[-1] != ' ')))
			*out->to++ = left;
	}
}

char *kernel_source_strip(const char *text)
{
	struct stripped out = { .start = malloc(strlen(text) + 2) };

	out.to = out.start;
	if (out.start) {
		strip(text, &out, true);
		*out.to = '\0';
	}
	return out.start;
}

char *kernel_source_read(const char *text, char **macros)
{
	struct stripped out = { .start = malloc(strlen(text) + 2) };

	/* "#define X" becomes "\nX() {}": no macro gets longer. */
	*macros = out.macros = malloc(strlen(text) + 2);
	out.to = out.start;
	if (!out.start || !out.macros) {
		free(out.start);
		free(*macros);
		return NULL;
	}
	strip(text, &out, true);
	*out.to = *out.macros = '\0';
	return out.start;
}

/* Behind the ends of lines that are escaped at @c; gcc lets blanks stand before them. */
static const char *splices_skip(const char *c)
{
	while (*c == '\\') {
		const char *end = c + 1 + strspn(c + 1, " \t\r\v\f");

		if (*end != '\n')
			break;
		c = end + 1;
	}
	return c;
}

/* Would the characters be one sign without what is between them? */
static bool joins(char before, char after)
{
	return (in_name(before) && in_name(after)) || (before == '/' && strchr("*/", after)) ||
	       (before == '*' && after == '/') || before == '#';
}

/* Is the line at @c, of the preprocessor, written as nobody does who wants to be read? */
static bool is_odd_directive(const char *c)
{
	c = blanks_skip(c + 1);
	if (strncmp(c, "define", 6))
		return *c && !isalnum((unsigned char)*c) && !strchr("\r\n#", *c);
	return !blanks_skip(c + 6) || c[6] == '\0' || !strchr(" \t", c[6]) ||
	       !in_name(*blanks_skip(c + 6));
}

/* An asm label, the name of another function: no instruction has a '_'. */
static bool is_label(const char *c)
{
	const char *word = c + 1 + strspn(c + 1, "( \t\n\"");
	const size_t length = name_length(word);

	return word[length] == '"' && memchr(word, '_', length);
}

const char *kernel_source_oddity(const char *text, const char *macros)
{
	static const char *const keywords[] = { "if",	 "else",  "return",   "for",  "while",
						"do",	 "goto",  "switch",   "case", "default",
						"break", "false", "continue", "true" };
	static const char *const calls[] = { "cleanup",	  "__cleanup__", "__cleanup", "alias",
					     "__alias__", "__alias",	 "ifunc" };
	bool line_start = true;
	struct kernel_use use;

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		const char *at = macros;

		if (kernel_source_next_macro(&at, keywords[i], &use))
			return "a macro that is called like a word of the language";
	}
	for (const char *c = text; *c; c++) {
		const char *behind = splices_skip(c);

		if (behind != c && c > text && *behind && joins(c[-1], *behind))
			return "an end of line within a word";
		if (c[0] == '%' && c[1] == ':' && line_start)
			return "a digraph";
		if (c[0] == '#' && line_start && is_odd_directive(c))
			return "a line of the preprocessor that this program cannot read";
		if (c[0] == '\\' && (c[1] == 'u' || c[1] == 'U') &&
		    strspn(c + 2, "0123456789abcdefABCDEF") >= 4)
			return "a name in other letters";
		if (c[0] == 'R' && c[1] == '"' && c[2 + strcspn(c + 2, " ()\\\t\n\"")] == '(' &&
		    (c == text || !in_name(c[-1]) || strchr("LuU8", c[-1])))
			return "a raw string";
		line_start = *c == '\n' || (line_start && (unsigned char)*c <= ' ');
		if (!in_name(*c) || (c > text && in_name(c[-1])))
			continue;
		for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
			if (name_length(c) == strlen(calls[i]) &&
			    !strncmp(c, calls[i], name_length(c)) &&
			    *blanks_skip(c + name_length(c)) == '(')
				return "an attribute that calls another function";
		if ((!strncmp(c, "asm", 3) && is_label(c + 2)) ||
		    (!strncmp(c, "__asm", 5) && is_label(c + (strncmp(c, "__asm__", 7) ? 4 : 6))))
			return "a function that the assembler calls by another name";
	}
	return NULL;
}

/* What lies between the bracket at @open and its partner; nothing when there is none in reach. */
struct kernel_slice kernel_source_enclosed(const char *open, const char *end, char left, char right)
{
	int depth = 0;

	for (const char *c = open; c < end && depth < DEPTH_MAXIMUM; c++) {
		depth += *c == left;
		depth -= *c == right;
		if (depth == 0)
			return (struct kernel_slice){ open + 1, c - open - 1 };
	}
	return (struct kernel_slice){ open + 1, 0 };
}

bool kernel_source_closes(struct kernel_slice inside, const char *end)
{
	const char *at = inside.at + inside.length;

	return at < end && (*at == ')' || *at == '}');
}

bool kernel_source_next(struct kernel_slice *rest, const char *name, struct kernel_use *use)
{
	const char *end = rest->at + rest->length, *at = rest->at;
	size_t length = strlen(name);

	while (at < end && (at = memmem(at, end - at, name, length))) {
		const char *after = at + length + (at + length < end && at[length] == ' ');

		if ((at != rest->at && in_name(at[-1])) || after >= end || *after != '(') {
			at++;
			continue;
		}
		*use = (struct kernel_use){
			.arguments = kernel_source_enclosed(after, end, '(', ')')
		};
		*rest = (struct kernel_slice){ after + 1, end - after - 1 };
		after = use->arguments.at + use->arguments.length + 1;
		after += after < end && *after == ' ';
		if (after < end && *after == '{')
			use->body = kernel_source_enclosed(after, end, '{', '}');
		return true;
	}
	return false;
}

bool kernel_source_next_call(struct kernel_slice *rest, const char **name, struct kernel_use *use)
{
	const char *end = rest->at + rest->length, *at = rest->at, *after;

	while (at < end) {
		if (!in_name(*at)) {
			at++;
			continue;
		}
		for (after = at; after < end && in_name(*after);)
			after++;
		if (after + (after < end && *after == ' ') < end && after[*after == ' '] == '(') {
			*name = at;
			after += *after == ' ';
			*use = (struct kernel_use){
				.arguments = kernel_source_enclosed(after, end, '(', ')')
			};
			*rest = (struct kernel_slice){ after + 1, end - after - 1 };
			return true;
		}
		at = after;
	}
	return false;
}

int kernel_source_uses(struct kernel_slice text, const char *name)
{
	struct kernel_use use;
	int uses = 0;

	while (kernel_source_next(&text, name, &use))
		uses++;
	return uses;
}

int kernel_source_names(struct kernel_slice text, struct kernel_slice name)
{
	const char *end = text.at + text.length, *at = text.at;
	int names = 0;

	while (at < end && (at = memmem(at, end - at, name.at, name.length))) {
		const char *after = at + name.length;

		names += (at == text.at || !in_name(at[-1])) && (after == end || !in_name(*after));
		at = after;
	}
	return names;
}

/* Behind blanks and signs of preprocessor lines. */
static const char *gap_skip(const char *c, const char *end)
{
	while (c < end && (unsigned char)*c <= ' ')
		c++;
	return c;
}

/* Does what stands before @at, in text from @start, look like the type of a function? */
static bool follows_type(const char *start, const char *at)
{
	static const char *const words[] = { "return", "else", "do", "case", "goto", "sizeof" };
	const char *end = at, *word;

	while (end > start && (unsigned char)end[-1] <= ' ')
		end--;
	if (end == start || end[-1] == '*')
		return end != start;
	for (word = end; word > start && in_name(word[-1]);)
		word--;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if ((size_t)(end - word) == strlen(words[i]) && !memcmp(word, words[i], end - word))
			return false;
	return word < end;
}

/* Behind attributes after the parameters of a function: words, with arguments or without. */
static const char *attributes_skip(const char *c, const char *end)
{
	for (int i = 0; i < 8; i++) {
		struct kernel_slice in;

		c = gap_skip(c, end);
		if (c >= end || !in_name(*c))
			break;
		while (c < end && in_name(*c))
			c++;
		c = gap_skip(c, end);
		if (c < end && *c == '(') {
			in = kernel_source_enclosed(c, end, '(', ')');
			c = in.at + in.length + 1;
		}
	}
	return c;
}

bool kernel_source_next_definition(struct kernel_slice *rest, const char *name,
				   struct kernel_use *use, bool *declared)
{
	const char *start = rest->at, *end = rest->at + rest->length;

	while (kernel_source_next(rest, name, use)) {
		const char *at = use->arguments.at - 1, *after;

		while (at > start && !in_name(at[-1]))
			at--;
		after = attributes_skip(use->arguments.at + use->arguments.length + 1, end);
		if (!follows_type(start, at - strlen(name)) || after >= end)
			continue;
		if (*after == ';' || *after == ',')
			*declared = true;
		if (*after == '{') {
			use->body = kernel_source_enclosed(after, end, '{', '}');
			return true;
		}
	}
	return false;
}

int kernel_source_definition(const char *text, const char *name, struct kernel_use *found)
{
	struct kernel_slice rest = { text, strlen(text) };
	struct kernel_use use;
	int definitions = 0;

	*found = (struct kernel_use){ 0 };
	while (kernel_source_next(&rest, name, &use)) {
		if (!use.body.at)
			continue;
		if (!definitions++)
			*found = use;
	}
	return definitions;
}

bool kernel_source_next_macro(const char **rest, const char *name, struct kernel_use *use)
{
	const size_t length = strlen(name);

	for (const char *at = *rest; (at = strchr(at, '\n')); at++) {
		const char *end = at + 1 + strcspn(at + 1, "\n"), *open = at + 1 + length;

		if (end - at < (ptrdiff_t)length + 4 || memcmp(at + 1, name, length) ||
		    *open != '(')
			continue;
		use->arguments = kernel_source_enclosed(open, end, '(', ')');
		open = memchr(open, '{', end - open);
		if (!open)
			continue;
		use->body = (struct kernel_slice){ open + 1, end - open - 2 };
		*rest = end;
		return true;
	}
	return false;
}

/* The word that ends at @end, blanks skipped, in text from @start. */
static struct kernel_slice word_before(const char *start, const char *end)
{
	const char *word;

	while (end > start && end[-1] == ' ')
		end--;
	for (word = end; word > start && in_name(word[-1]);)
		word--;
	return (struct kernel_slice){ word, end - word };
}

static bool has_part(struct kernel_slice word, const char *part)
{
	return word.length && memmem(word.at, word.length, part, strlen(part));
}

/* The next place where the word @name stands. */
static const char *name_next(const char *at, const char *start, const char *name)
{
	for (; (at = strstr(at, name)); at++)
		if ((at == start || !in_name(at[-1])) && !in_name(at[strlen(name)]))
			return at;
	return NULL;
}

/* From the entry of @name at @from to its end, or to the end of the file. */
static struct kernel_slice entry_body(const char *code, const char *from, const char *name)
{
	const char *at = from;

	while ((at = name_next(at, code, name))) {
		const char *open = at;

		while (open > from && open[-1] == ' ')
			open--;
		if (open > from && open[-1] == '(' && has_part(word_before(from, open - 1), "END"))
			break;
		at++;
	}
	return (struct kernel_slice){ from, at ? (size_t)(at - from) : strlen(from) };
}

bool kernel_source_next_entry(const char *code, const char **rest, const char *name,
			      struct kernel_slice *body)
{
	const char *at = *rest;

	for (; (at = name_next(at, code, name)); at++) {
		const char *after = at + strlen(name), *open = at;
		struct kernel_slice macro = { 0 };

		while (open > code && open[-1] == ' ')
			open--;
		if (open > code && open[-1] == '(')
			macro = word_before(code, open - 1);
		after += *after == ' ';
		if (*after != ':' && (has_part(macro, "END") ||
				      !(has_part(macro, "ENTRY") || has_part(macro, "START") ||
					has_part(macro, "WEAK") || has_part(macro, "ALIAS"))))
			continue;
		*rest = after;
		*body = entry_body(code, after, name);
		/* MACRO(alias, function): what the alias leads to is all of its body. */
		if (*after == ',' && has_part(macro, "ALIAS")) {
			after += strspn(after, ", ");
			*body = (struct kernel_slice){ after, strcspn(after, ") ") };
		}
		return true;
	}
	return false;
}

struct kernel_slice kernel_source_assembly_macro(const char *code, const char *name)
{
	const char *at = code, *end;

	while ((at = name_next(at, code, name))) {
		const struct kernel_slice word = word_before(code, at);

		end = strstr(at, ".endm");
		if (end && word.at > code && word.at[-1] == '.' && kernel_slice_is(word, "macro"))
			return (struct kernel_slice){ at + strlen(name), end - at - strlen(name) };
		at++;
	}
	return (struct kernel_slice){ 0 };
}

int kernel_source_count(struct kernel_slice list)
{
	int depth = 0, count = 0;

	for (size_t i = 0; i < list.length; i++) {
		depth += list.at[i] == '(';
		depth -= list.at[i] == ')';
		if (!count && list.at[i] != ' ')
			count = 1;
		count += list.at[i] == ',' && depth == 0;
	}
	return count;
}

struct kernel_slice kernel_source_last(struct kernel_slice list)
{
	int depth = 0;
	size_t start = 0;

	for (size_t i = 0; i < list.length; i++) {
		depth += list.at[i] == '(';
		depth -= list.at[i] == ')';
		if (list.at[i] == ',' && depth == 0)
			start = i + 1;
	}
	list.at += start;
	list.length -= start;
	while (list.length && *list.at == ' ')
		list.at++, list.length--;
	while (list.length && list.at[list.length - 1] == ' ')
		list.length--;
	return list;
}

bool kernel_slice_eat(struct kernel_slice *text, const char *word)
{
	size_t length = strlen(word);

	while (text->length && *text->at == ' ')
		text->at++, text->length--;
	if (text->length < length || memcmp(text->at, word, length) ||
	    (in_name(word[length - 1]) && text->length > length && in_name(text->at[length])))
		return false;
	text->at += length;
	text->length -= length;
	return true;
}

bool kernel_slice_is(struct kernel_slice slice, const char *text)
{
	return slice.length == strlen(text) && !memcmp(slice.at, text, slice.length);
}
