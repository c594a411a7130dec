// SPDX-License-Identifier: GPL-2.0-only
/*
 * reach.c: follows the statements of a function through what it calls, in source text
 *
 * A parameter that a caller gives true or false decides the conditions on it; of every other condition
 * both ways are followed. What cannot be followed is unknown, never quiet.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/reach.h"

enum { NEST_MAXIMUM = 60, PARAMETERS = 8, NAME_SIZE = 64 };

/* What a parameter is known to be. */
enum value { VALUE_FALSE, VALUE_TRUE, VALUE_NAMED, VALUE_ANY };

static const enum value any[PARAMETERS] = { VALUE_ANY, VALUE_ANY, VALUE_ANY, VALUE_ANY,
					    VALUE_ANY, VALUE_ANY, VALUE_ANY, VALUE_ANY };

struct binding {
	struct kernel_slice name;
	enum value value;
};

struct kernel_reach_memo {
	struct kernel_reach_memo *next;
	unsigned int bits;
	char name[NAME_SIZE];
	char values[PARAMETERS];
};

struct walk {
	struct kernel_reach *reach;
	const struct kernel_reach_file *file;
	const char *at, *end;
	struct binding bindings[PARAMETERS];
	unsigned int bits, nest;
	unsigned int conditions; /* open ones of the preprocessor */
	bool maybe_over;	 /* some configuration has returned */
	bool assumes; /* in truth(): the I-cache does not alias, as on what the fault is about */
};

static unsigned int function_walk(struct kernel_reach *reach, const char *name,
				  const struct kernel_reach_file *caller,
				  const enum value values[]);
static void expression(struct walk *walk, struct kernel_slice text, bool active);
static bool statement(struct walk *walk, bool active);

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void unknown_say(struct kernel_reach *reach, const char *what, const char *name,
			const struct kernel_reach_file *file)
{
	if (!reach->unknown[0])
		snprintf(reach->unknown, sizeof(reach->unknown), "%.60s() in %.100s %s", name,
			 file ? file->path : "this tree", what);
}

static const char *name_now(const struct kernel_reach *reach)
{
	return reach->depth ? reach->names[reach->depth - 1] : "";
}

static void walk_unknown(struct walk *walk, const char *what)
{
	walk->bits |= KERNEL_REACH_UNKNOWN;
	unknown_say(walk->reach, what, name_now(walk->reach), walk->file);
}

/* Takes in a sign of the preprocessor. */
static void sign_take(struct walk *walk, char c)
{
	if (c == KERNEL_SOURCE_IF)
		walk->conditions++;
	else if (c == KERNEL_SOURCE_ENDIF && walk->conditions)
		walk->conditions--;
}

static void gap_take(struct walk *walk)
{
	while (walk->at < walk->end && (unsigned char)*walk->at <= ' ')
		sign_take(walk, *walk->at++);
}

/* The word at the cursor, or .length 0. */
static struct kernel_slice word_at(const char *at, const char *end)
{
	const char *c = at;

	while (c < end && in_name(*c))
		c++;
	return (struct kernel_slice){ at, c - at };
}

static struct kernel_slice trim(struct kernel_slice text)
{
	while (text.length && (unsigned char)*text.at <= ' ')
		text.at++, text.length--;
	while (text.length && (unsigned char)text.at[text.length - 1] <= ' ')
		text.length--;
	return text;
}

static bool is_one_of(struct kernel_slice word, const char *const words[])
{
	for (; *words; words++)
		if (kernel_slice_is(word, *words))
			return true;
	return false;
}

/* Where @what stands outside of brackets; NULL: nowhere. */
static const char *outside_find(struct kernel_slice text, const char *what)
{
	const size_t length = strlen(what);
	int depth = 0;

	for (size_t i = 0; i + length <= text.length; i++) {
		const char c = text.at[i];

		if (!depth && !memcmp(text.at + i, what, length))
			return text.at + i;
		depth += (c == '(') + (c == '[') + (c == '{');
		depth -= (c == ')') + (c == ']') + (c == '}');
	}
	return NULL;
}

static struct kernel_slice before(struct kernel_slice text, const char *at)
{
	return (struct kernel_slice){ text.at, at - text.at };
}

static struct kernel_slice behind(struct kernel_slice text, const char *at)
{
	return (struct kernel_slice){ at, text.at + text.length - at };
}

static enum value constant(struct kernel_slice text)
{
	static const char *const no[] = { "false", "0", NULL }, *const yes[] = {
		"true", "1", NULL
	};
	bool named = true;

	text = trim(text);
	if (is_one_of(text, no))
		return VALUE_FALSE;
	if (is_one_of(text, yes))
		return VALUE_TRUE;
	for (size_t i = 0; i < text.length; i++)
		named &= isupper((unsigned char)text.at[i]) || isdigit((unsigned char)text.at[i]) ||
			 text.at[i] == '_' || text.at[i] == '|' || text.at[i] == ' ';
	return named && text.length ? VALUE_NAMED : VALUE_ANY;
}

static enum value negated(enum value value)
{
	return value == VALUE_FALSE ? VALUE_TRUE : value == VALUE_TRUE ? VALUE_FALSE : VALUE_ANY;
}

static enum value both(enum value left, enum value right, enum value decides)
{
	if (left == decides || right == decides)
		return decides;
	return left == right && left != VALUE_NAMED ? left : VALUE_ANY;
}

/* What the condition is, by what is known of the parameters. */
static enum value truth(const struct walk *walk, struct kernel_slice text, unsigned int nest)
{
	static const char *const hints[] = { "likely", "unlikely", NULL };
	struct kernel_slice word, inner;
	const char *at;

	text = trim(text);
	if (nest > NEST_MAXIMUM || !text.length)
		return VALUE_ANY;
	if ((at = outside_find(text, "||")))
		return both(truth(walk, before(text, at), nest + 1),
			    truth(walk, behind(text, at + 2), nest + 1), VALUE_TRUE);
	if ((at = outside_find(text, "&&")))
		return both(truth(walk, before(text, at), nest + 1),
			    truth(walk, behind(text, at + 2), nest + 1), VALUE_FALSE);
	if ((at = outside_find(text, "==")) || (at = outside_find(text, "!="))) {
		const enum value left = truth(walk, before(text, at), nest + 1);
		const enum value right = truth(walk, behind(text, at + 2), nest + 1);

		if (left > VALUE_TRUE || right > VALUE_TRUE)
			return VALUE_ANY;
		return (left == right) == (*at == '=') ? VALUE_TRUE : VALUE_FALSE;
	}
	if ((at = outside_find(text, "&")))
		return both(truth(walk, before(text, at), nest + 1),
			    truth(walk, behind(text, at + 1), nest + 1),
			    VALUE_FALSE) == VALUE_FALSE ?
			       VALUE_FALSE :
			       VALUE_ANY;
	if (*text.at == '!')
		return negated(truth(walk, behind(text, text.at + 1), nest + 1));
	word = word_at(text.at, text.at + text.length);
	at = word.at + word.length;
	at += at < text.at + text.length && *at == ' ';
	if ((!word.length || is_one_of(word, hints)) && at < text.at + text.length && *at == '(') {
		inner = kernel_source_enclosed(at, text.at + text.length, '(', ')');
		if (inner.at + inner.length + 1 == text.at + text.length)
			return truth(walk, inner, nest + 1);
	}
	if (walk->assumes && kernel_slice_is(word, "icache_is_aliasing"))
		return VALUE_FALSE;
	for (size_t i = 0; i < PARAMETERS && walk->bindings[i].name.length; i++)
		if (walk->bindings[i].name.length == text.length &&
		    !memcmp(walk->bindings[i].name.at, text.at, text.length))
			return walk->bindings[i].value;
	return constant(text) == VALUE_NAMED ? VALUE_ANY : constant(text);
}

/* Does the text speak of a parameter that has a value? */
static bool speaks_of_bound(const struct walk *walk, struct kernel_slice text)
{
	for (size_t i = 0; i < PARAMETERS && walk->bindings[i].name.length; i++)
		if (walk->bindings[i].value != VALUE_ANY &&
		    kernel_source_names(text, walk->bindings[i].name))
			return true;
	return false;
}

static enum value decide(struct walk *walk, struct kernel_slice condition, bool active)
{
	const enum value value = truth(walk, condition, 0);

	if (value <= VALUE_TRUE)
		return value;
	if (active && speaks_of_bound(walk, condition))
		walk_unknown(
			walk,
			"has a condition on a parameter that this program does not understand");
	return VALUE_ANY;
}

/* What the condition is where no I-cache aliases: maintenance in the other branch is no maintenance. */
static enum value decide_maintenance(struct walk *walk, struct kernel_slice condition)
{
	enum value value;

	walk->assumes = true;
	value = truth(walk, condition, 0);
	walk->assumes = false;
	return value;
}

/* A branch; @counts: maintenance in it counts. */
static bool branch_walk(struct walk *walk, bool active, bool counts)
{
	const unsigned int before_it = walk->bits & KERNEL_REACH_MAINTAINS;
	const bool ends = statement(walk, active);

	if (!counts)
		walk->bits = (walk->bits & ~KERNEL_REACH_MAINTAINS) | before_it;
	return ends;
}

/* What a callee has comes to here, too. */
static void take_bits(struct walk *walk, unsigned int bits)
{
	if ((bits & KERNEL_REACH_BROADCAST) && (walk->conditions || walk->maybe_over))
		bits = (bits & ~KERNEL_REACH_BROADCAST) | KERNEL_REACH_BROADCAST_IF;
	walk->bits |= bits & ~KERNEL_REACH_DEFINED;
}

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

/* What calling @other from @file comes to. */
static unsigned int called(struct kernel_reach *reach, const struct kernel_reach_file *file,
			   const char *other, const enum value values[])
{
	if (kernel_reach_fame_of(other) != KERNEL_REACH_LOUD)
		return function_walk(reach, other, file, values) & ~KERNEL_REACH_DEFINED;
	chain_note(reach, file, other);
	return KERNEL_REACH_BROADCAST;
}

static void call(struct walk *walk, struct kernel_slice word, struct kernel_slice arguments)
{
	enum value values[PARAMETERS];
	char name[NAME_SIZE];
	const char *comma;
	size_t i = 0;

	if (word.length >= sizeof(name)) {
		walk_unknown(walk, "calls a function with a name that is too long");
		return;
	}
	memcpy(name, word.at, word.length);
	name[word.length] = '\0';
	for (; i < PARAMETERS && trim(arguments).length; i++) {
		comma = outside_find(arguments, ",");
		values[i] = constant(comma ? before(arguments, comma) : arguments);
		arguments = comma ? behind(arguments, comma + 1) : (struct kernel_slice){ 0 };
	}
	for (; i < PARAMETERS; i++)
		values[i] = VALUE_ANY;
	walk->reach->conditions += walk->conditions || walk->maybe_over;
	take_bits(walk, called(walk->reach, walk->file, name, values));
	walk->reach->conditions -= walk->conditions || walk->maybe_over;
}

static void arguments_walk(struct walk *walk, struct kernel_slice arguments, bool active)
{
	const char *comma;

	while ((comma = outside_find(arguments, ","))) {
		expression(walk, before(arguments, comma), active);
		arguments = behind(arguments, comma + 1);
	}
	expression(walk, arguments, active);
}

/* A name alone: an alias or a macro without arguments that calls something. */
static void mention(struct walk *walk, struct kernel_slice word)
{
	char name[NAME_SIZE];

	if (word.length >= sizeof(name))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)word.length, word.at);
	for (const struct kernel_reach_file *file = walk->reach->files; file; file = file->next) {
		const char *at = file->macros;
		struct kernel_use use;

		while (kernel_source_next_macro(&at, name, &use))
			if (!use.arguments.length && memchr(use.body.at, '(', use.body.length)) {
				call(walk, word, (struct kernel_slice){ 0 });
				return;
			}
	}
}

static const char *const types[] = {
	"sizeof",	 "typeof", "__typeof__", "__typeof",  "offsetof", "void",	  "int",
	"long",		 "char",   "bool",	 "unsigned",  "volatile", "__volatile__", "return",
	"__attribute__", "const",  "static",	 "__aligned", NULL
};

/* The word at @c, what it calls with the brackets behind it; returns behind both. */
static const char *word_walk(struct walk *walk, struct kernel_slice text, const char *c)
{
	static const char *const assembly[] = { "asm", "__asm__", "__asm", NULL };
	const char *end = text.at + text.length, *after, *back = c;
	const struct kernel_slice word = word_at(c, end);
	struct kernel_slice in;

	while (back > text.at && back[-1] == ' ')
		back--;
	after = word.at + word.length;
	while (after < end && (*after == ' ' || (is_one_of(word, assembly) && in_name(*after))))
		after++;
	if (after >= end || *after != '(') {
		if (!isdigit((unsigned char)*c) && (back == text.at || back[-1] != '.'))
			mention(walk, word);
		return word.at + word.length;
	}
	in = kernel_source_enclosed(after, end, '(', ')');
	if (in.at + in.length >= end || !kernel_source_closes(in, end)) {
		walk_unknown(walk, "has brackets that do not close");
		return end;
	}
	if (is_one_of(word, assembly) && memchr(in.at, KERNEL_SOURCE_MAINTAINS, in.length))
		walk->bits |= KERNEL_REACH_MAINTAINS;
	if (!is_one_of(word, types))
		arguments_walk(walk, in, true);
	if ((back > text.at && back[-1] == '.') ||
	    (back - text.at > 1 && back[-1] == '>' && back[-2] == '-'))
		walk_unknown(walk, "calls a function by a pointer");
	else if (!is_one_of(word, types) && !is_one_of(word, assembly))
		call(walk, word, in);
	return in.at + in.length + 1;
}

/* Everything that an expression without conditions calls. */
static void calls(struct walk *walk, struct kernel_slice text)
{
	const char *end = text.at + text.length, *c = text.at;
	struct kernel_slice in;

	while (c < end) {
		if (in_name(*c)) {
			c = word_walk(walk, text, c);
		} else if (*c == '(' || *c == '{') {
			in = kernel_source_enclosed(c, end, *c, *c == '(' ? ')' : '}');
			if (!kernel_source_closes(in, end)) {
				walk_unknown(walk, "has brackets that do not close");
				return;
			}
			if (*c == '(') {
				expression(walk, in, true);
				c = in.at + in.length + 1;
				if (in.length && *in.at == '*' && c < end && *c == '(')
					walk_unknown(walk, "calls a function by a pointer");
			} else {
				struct walk inner = *walk;

				inner.at = in.at;
				inner.end = in.at + in.length;
				while (inner.at < inner.end)
					statement(&inner, true);
				walk->bits |= inner.bits;
				c = in.at + in.length + 1;
			}
		} else {
			sign_take(walk, *c++);
		}
	}
}

static void expression(struct walk *walk, struct kernel_slice text, bool active)
{
	const char *at, *colon;
	enum value value, counts;
	unsigned int maintains;

	if (!active || !text.length)
		return;
	if (++walk->nest > NEST_MAXIMUM || text.length > walk->reach->budget) {
		walk->reach->budget = 0;
		walk_unknown(walk, "is nested too deeply or too long");
	} else if ((at = outside_find(text, "?"))) {
		struct kernel_slice condition = before(text, at);
		const char *equals = outside_find(condition, "=");

		walk->reach->budget -= text.length;
		if (equals && equals[1] != '=' && equals > condition.at &&
		    !strchr("=!<>", equals[-1]))
			condition = behind(condition, equals + 1);
		kernel_slice_eat(&condition, "return");
		expression(walk, before(text, at), true);
		value = decide(walk, condition, true);
		colon = outside_find(behind(text, at + 1), ":");
		colon = colon ?: text.at + text.length - 1;
		counts = decide_maintenance(walk, condition);
		maintains = walk->bits & KERNEL_REACH_MAINTAINS;
		expression(walk, before(behind(text, at + 1), colon), value != VALUE_FALSE);
		if (counts == VALUE_FALSE)
			walk->bits = (walk->bits & ~KERNEL_REACH_MAINTAINS) | maintains;
		maintains = walk->bits & KERNEL_REACH_MAINTAINS;
		expression(walk, behind(text, colon + 1), value != VALUE_TRUE);
		if (counts == VALUE_TRUE)
			walk->bits = (walk->bits & ~KERNEL_REACH_MAINTAINS) | maintains;
	} else if ((at = outside_find(text, "||")) || (at = outside_find(text, "&&"))) {
		walk->reach->budget -= text.length;
		expression(walk, before(text, at), true);
		value = decide(walk, before(text, at), true);
		expression(walk, behind(text, at + 2),
			   value != (*at == '|' ? VALUE_TRUE : VALUE_FALSE));
	} else {
		walk->reach->budget -= text.length;
		calls(walk, text);
	}
	walk->nest--;
}

/* Up to the ';' that ends it. */
static struct kernel_slice until_semicolon(struct walk *walk)
{
	const struct kernel_slice rest = { walk->at, walk->end - walk->at };
	const char *semicolon = outside_find(rest, ";");
	const struct kernel_slice text = semicolon ? before(rest, semicolon) : rest;

	walk->at = semicolon ? semicolon + 1 : walk->end;
	return text;
}

static struct kernel_slice condition_take(struct walk *walk)
{
	struct kernel_slice in = { 0 };

	gap_take(walk);
	if (walk->at < walk->end && *walk->at == '(') {
		in = kernel_source_enclosed(walk->at, walk->end, '(', ')');
		if (kernel_source_closes(in, walk->end)) {
			walk->at = in.at + in.length + 1;
			return in;
		}
	}
	walk_unknown(walk, "has brackets that do not close");
	walk->at = walk->end;
	return (struct kernel_slice){ walk->end, 0 };
}

static bool word_take(struct walk *walk, const char *what)
{
	struct kernel_slice word;

	gap_take(walk);
	word = word_at(walk->at, walk->end);
	if (!kernel_slice_is(word, what))
		return false;
	walk->at += word.length;
	return true;
}

static bool if_walk(struct walk *walk, bool active)
{
	const struct kernel_slice condition = condition_take(walk);
	const enum value value = decide(walk, condition, active);
	const enum value counts = decide_maintenance(walk, condition);
	const unsigned int conditions = walk->conditions;
	bool then_ends, else_ends = false;

	expression(walk, condition, active);
	gap_take(walk);
	then_ends = walk->conditions == conditions;
	then_ends &= branch_walk(walk, active && value != VALUE_FALSE, counts != VALUE_FALSE);
	if (word_take(walk, "else")) {
		gap_take(walk);
		else_ends = walk->conditions == conditions;
		else_ends &= branch_walk(walk, active && value != VALUE_TRUE, counts != VALUE_TRUE);
	}
	return value == VALUE_TRUE  ? then_ends :
	       value == VALUE_FALSE ? else_ends :
				      then_ends && else_ends;
}

/* The statements up to the end of @in. True: it returns at the end of them at the latest. */
static bool block_walk(struct walk *walk, struct kernel_slice in, bool active)
{
	const char *end = walk->end;
	bool ends = false;

	walk->at = in.at;
	walk->end = in.at + in.length;
	while (walk->at < walk->end) {
		const char *at = walk->at;
		struct kernel_slice word;

		gap_take(walk);
		word = word_at(walk->at, walk->end);
		/* A label: whoever jumps there comes by. */
		if (word.length) {
			const char *after = word.at + word.length;

			after += after < walk->end && *after == ' ';
			if ((after < walk->end && *after == ':') || kernel_slice_is(word, "case") ||
			    kernel_slice_is(word, "default"))
				ends = false;
		}
		if (walk->at < walk->end && statement(walk, active && !ends)) {
			ends = ends || !walk->conditions;
			walk->maybe_over |= walk->conditions;
		}
		if (walk->at == at)
			walk->at++;
	}
	walk->end = end;
	return ends;
}

static bool brackets_walk(struct walk *walk, bool active)
{
	const struct kernel_slice in = kernel_source_enclosed(walk->at, walk->end, '{', '}');
	bool ends;

	if (!kernel_source_closes(in, walk->end)) {
		walk_unknown(walk, "has brackets that do not close");
		walk->at = walk->end;
		return false;
	}
	ends = block_walk(walk, in, active);
	walk->at = in.at + in.length + 1;
	return ends;
}

static bool loop_walk(struct walk *walk, bool active)
{
	const struct kernel_slice head = condition_take(walk);
	struct kernel_slice rest = head;
	const char *semicolon;

	while ((semicolon = outside_find(rest, ";"))) {
		expression(walk, before(rest, semicolon), active);
		rest = behind(rest, semicolon + 1);
	}
	expression(walk, rest, active);
	statement(walk, active);
	return false;
}

static bool do_walk(struct walk *walk, bool active)
{
	const bool ends = statement(walk, active);

	if (word_take(walk, "while"))
		expression(walk, condition_take(walk), active);
	gap_take(walk);
	walk->at += walk->at < walk->end && *walk->at == ';';
	return ends;
}

/* Is a parameter that has a value changed, or its address taken? */
static bool changes_bound(const struct walk *walk, struct kernel_slice text)
{
	const char *equals = outside_find(text, "=");

	if (equals && (equals + 1 == text.at + text.length || equals[1] != '=') &&
	    equals > text.at && !strchr("!<>", equals[-1]))
		return speaks_of_bound(walk, before(text, equals));
	return (memmem(text.at, text.length, "++", 2) || memmem(text.at, text.length, "--", 2) ||
		memchr(text.at, '&', text.length)) &&
	       speaks_of_bound(walk, text) && !memmem(text.at, text.length, "&&", 2);
}

static bool plain_walk(struct walk *walk, struct kernel_slice word, bool active)
{
	const bool returns = kernel_slice_is(word, "return");
	const struct kernel_slice text = until_semicolon(walk);

	if (active && changes_bound(walk, text))
		walk_unknown(walk, "changes a parameter");
	expression(walk, text, active);
	for (size_t i = 0; !active && i < text.length; i++)
		sign_take(walk, text.at[i]);
	return returns && active;
}

/* One statement from the cursor on, which moves behind it. True: nothing behind it is reached. */
static bool statement(struct walk *walk, bool active)
{
	static const char *const loops[] = { "for", "while", "switch", NULL };
	struct kernel_slice word;
	bool ends = false;

	gap_take(walk);
	if (walk->at >= walk->end)
		return false;
	word = word_at(walk->at, walk->end);
	if (++walk->nest > NEST_MAXIMUM) {
		walk_unknown(walk, "is nested too deeply");
		walk->at = walk->end;
	} else if (*walk->at == '{') {
		ends = brackets_walk(walk, active);
	} else if (*walk->at == ';' || *walk->at == '}' || *walk->at == ':') {
		walk->at++;
	} else if (word_take(walk, "if")) {
		ends = if_walk(walk, active);
	} else if (is_one_of(word, loops)) {
		walk->at += word.length;
		ends = loop_walk(walk, active);
	} else if (word_take(walk, "do")) {
		ends = do_walk(walk, active);
	} else {
		const char *after = word.at + word.length;

		after += after < walk->end && *after == ' ';
		if (word.length && after < walk->end && *after == ':')
			walk->at = after + 1;
		else if (kernel_slice_is(word, "case") &&
			 memchr(walk->at, ':', walk->end - walk->at))
			walk->at = (const char *)memchr(walk->at, ':', walk->end - walk->at) + 1;
		else
			ends = plain_walk(walk, word, active);
	}
	walk->nest--;
	return ends;
}

/* Do the conditions of the preprocessor keep the brackets of @body whole? */
static bool is_balanced(struct kernel_slice body)
{
	int stack[NEST_MAXIMUM], depth = 0, top = 0;

	for (size_t i = 0; i < body.length; i++) {
		const char c = body.at[i];

		depth += (c == '{') + (c == '(') - (c == '}') - (c == ')');
		if (c == KERNEL_SOURCE_IF) {
			if (top == NEST_MAXIMUM)
				return false;
			stack[top++] = depth;
		} else if (c == KERNEL_SOURCE_ELSE || c == KERNEL_SOURCE_ENDIF) {
			if (!top || stack[top - 1] != depth)
				return false;
			top -= c == KERNEL_SOURCE_ENDIF;
		}
	}
	return !top;
}

/* The names of the parameters, with what the caller gives them. */
static void parameters_bind(struct walk *walk, struct kernel_slice parameters,
			    const enum value values[])
{
	for (size_t i = 0; i < PARAMETERS && parameters.length; i++) {
		const char *comma = outside_find(parameters, ",");
		struct kernel_slice one = trim(comma ? before(parameters, comma) : parameters);
		const char *end = one.at + one.length, *name = end;

		while (name > one.at && in_name(name[-1]))
			name--;
		walk->bindings[i] = (struct binding){ { name, end - name }, values[i] };
		if (name == end)
			walk->bindings[i] = (struct binding){ { "?", 1 }, VALUE_ANY };
		parameters = comma ? behind(parameters, comma + 1) : (struct kernel_slice){ 0 };
	}
}

static unsigned int body_walk(struct kernel_reach *reach, const struct kernel_reach_file *file,
			      const struct kernel_use *use, const enum value values[])
{
	struct walk walk = { .reach = reach, .file = file };

	if (!kernel_source_closes(use->body, file->code + strlen(file->code)) &&
	    !kernel_source_closes(use->body, file->macros + strlen(file->macros))) {
		walk_unknown(&walk, "has brackets that do not close");
		return walk.bits;
	}
	if (!is_balanced(use->body)) {
		walk_unknown(&walk, "has brackets that preprocessor lines cut apart");
		return walk.bits;
	}
	if (use->body.length > reach->budget) {
		walk_unknown(&walk, "leads to more than this program reads");
		return walk.bits;
	}
	reach->budget -= use->body.length;
	parameters_bind(&walk, use->arguments, values);
	walk.end = use->body.at + use->body.length;
	block_walk(&walk, use->body, true);
	return walk.bits;
}

/* Assembly: what a line "bl NAME" or "b NAME" of it leads to, and of the macros that it uses. */
static unsigned int assembly_walk(struct kernel_reach *reach, const struct kernel_reach_file *file,
				  struct kernel_slice body, unsigned int nest)
{
	const char *end = body.at + body.length, *c = body.at;
	unsigned int bits = 0;
	char name[NAME_SIZE];

	if (nest > 4 || body.length > reach->budget)
		return 0;
	reach->budget -= body.length;
	while (c < end) {
		struct kernel_slice word = word_at(c, end), macro;
		const char *after = word.at + word.length;

		if (!word.length) {
			c++;
			continue;
		}
		c = after;
		while (after < end && *after == ' ')
			after++;
		if (kernel_slice_is(word, "ic") ||
		    (word.length > 16 && !memcmp(word.at, "invalidate_icache", 17)))
			bits |= KERNEL_REACH_MAINTAINS;
		if (kernel_slice_is(word, "bl") || kernel_slice_is(word, "b")) {
			word = word_at(after, end);
			if (!word.length || word.length >= sizeof(name) ||
			    isdigit((unsigned char)*word.at))
				continue;
			snprintf(name, sizeof(name), "%.*s", (int)word.length, word.at);
			bits |= called(reach, file, name, any);
			c = word.at + word.length;
		} else if (word.length < sizeof(name)) {
			snprintf(name, sizeof(name), "%.*s", (int)word.length, word.at);
			macro = kernel_source_assembly_macro(file->code, name);
			if (macro.length && (macro.at > end || macro.at + macro.length < body.at))
				bits |= assembly_walk(reach, file, macro, nest + 1);
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
	const struct kernel_slice word = word_at(body.at, body.at + body.length);
	char other[NAME_SIZE];

	if (word.length && word.length == body.length && word.length < sizeof(other)) {
		snprintf(other, sizeof(other), "%.*s", (int)word.length, word.at);
		return called(reach, file, other, any);
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
		       const char *name, const struct kernel_use *use, const enum value values[],
		       struct found *found)
{
	const struct kernel_slice body = trim(use->body);
	const struct kernel_slice word = word_at(body.at, body.at + body.length);
	char other[NAME_SIZE];

	if (!word.length || word.length != body.length || word.length >= sizeof(other)) {
		found_add(found, body_walk(reach, file, use, values));
		return;
	}
	snprintf(other, sizeof(other), "%.*s", (int)word.length, word.at);
	if (strcmp(other, name) && !isdigit((unsigned char)*other))
		found_add(found, called(reach, file, other, values));
}

static void file_walk(struct kernel_reach *reach, const struct kernel_reach_file *file,
		      const char *name, const enum value values[], struct found *found,
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
		found_add(found, body_walk(reach, file, &use, values));
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
					   const enum value values[])
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
	unknown_say(reach,
		    defined ? "is called, and declared nowhere that this program reads" :
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
				     const enum value values[])
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
				  const struct kernel_reach_file *caller, const enum value values[])
{
	struct kernel_reach_memo *memo;
	char known[PARAMETERS];

	for (size_t i = 0; i < PARAMETERS; i++)
		known[i] = values[i];
	for (memo = reach->memo; memo; memo = memo->next)
		if (!strcmp(memo->name, name) && !memcmp(memo->values, known, sizeof(known)))
			return memo->bits;
	memo = calloc(1, sizeof(*memo));
	if (!memo || reach->depth == sizeof(reach->names) / sizeof(*reach->names)) {
		free(memo);
		unknown_say(reach, "is too many calls away", name, caller);
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
	return function_walk(reach, name, NULL, any);
}

unsigned int kernel_reach_called(struct kernel_reach *reach, const char *path, const char *name)
{
	const struct kernel_reach_file *file = reach->files;

	while (file && strcmp(file->path, path))
		file = file->next;
	return function_walk(reach, name, file, any);
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
	enum value values[PARAMETERS];
	struct kernel_use use;
	int count;

	memcpy(values, any, sizeof(values));
	if (!kernel_reach_definition(reach, name, &use, &file))
		return 0;
	count = kernel_source_count(use.arguments);
	if (count > 0 && count <= PARAMETERS)
		values[count - 1] = value ? VALUE_TRUE : VALUE_FALSE;
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
