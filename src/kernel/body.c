// SPDX-License-Identifier: GPL-2.0-only
/*
 * body.c: follows the statements of one function of C, and what they call
 *
 * A parameter that a caller gives true or false decides the conditions on it; of every other condition
 * both ways are followed. What cannot be followed is unknown, never quiet.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "kernel/body.h"
#include "kernel/slice.h"

enum { NEST_MAXIMUM = 60 };

struct walk {
	struct kernel_reach *reach;
	const struct kernel_reach_file *file;
	kernel_body_callee *callee;
	const char *at, *end;
	struct kernel_binding bindings[KERNEL_PARAMETERS];
	unsigned int bits, nest;
	unsigned int conditions;    /* open ones of the preprocessor */
	unsigned int dead_switches; /* around the statement, in code that is not reached */
	bool maybe_over;	    /* some configuration has returned */
};

static void expression(struct walk *walk, struct kernel_slice text, bool active);
static bool statement(struct walk *walk, bool active);

void kernel_body_say_unknown(struct kernel_reach *reach, const char *what, const char *name,
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
	kernel_body_say_unknown(walk->reach, what, name_now(walk->reach), walk->file);
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

static enum kernel_value decide(struct walk *walk, struct kernel_slice condition, bool active)
{
	const enum kernel_value value = kernel_condition_truth(walk->bindings, false, condition);

	if (value <= KERNEL_VALUE_TRUE)
		return value;
	if (active && kernel_condition_speaks_of(walk->bindings, condition))
		walk_unknown(
			walk,
			"has a condition on a parameter that this program does not understand");
	return KERNEL_VALUE_ANY;
}

/* What the condition is where no I-cache aliases: maintenance in the other branch is no maintenance. */
static enum kernel_value decide_maintenance(const struct walk *walk, struct kernel_slice condition)
{
	return kernel_condition_truth(walk->bindings, true, condition);
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

static void macro_look(struct walk *walk, const char *name);

static void call(struct walk *walk, struct kernel_slice word, struct kernel_slice arguments)
{
	enum kernel_value values[KERNEL_PARAMETERS];
	char name[KERNEL_NAME_SIZE];
	const char *comma;
	size_t i = 0;

	if (word.length >= sizeof(name)) {
		walk_unknown(walk, "calls a function with a name that is too long");
		return;
	}
	memcpy(name, word.at, word.length);
	name[word.length] = '\0';
	for (; i < KERNEL_PARAMETERS && kernel_slice_trim(arguments).length; i++) {
		comma = kernel_slice_find(arguments, ",");
		values[i] = kernel_condition_constant(
			comma ? kernel_slice_before(arguments, comma) : arguments);
		arguments = comma ? kernel_slice_behind(arguments, comma + 1) :
				    (struct kernel_slice){ 0 };
	}
	for (; i < KERNEL_PARAMETERS; i++)
		values[i] = KERNEL_VALUE_ANY;
	macro_look(walk, name);
	walk->reach->conditions += walk->conditions || walk->maybe_over;
	take_bits(walk, walk->callee(walk->reach, walk->file, name, values));
	walk->reach->conditions -= walk->conditions || walk->maybe_over;
}

static void arguments_walk(struct walk *walk, struct kernel_slice arguments, bool active)
{
	const char *comma;

	while ((comma = kernel_slice_find(arguments, ","))) {
		expression(walk, kernel_slice_before(arguments, comma), active);
		arguments = kernel_slice_behind(arguments, comma + 1);
	}
	expression(walk, arguments, active);
}

/* Does a macro called @name speak of a parameter, and not by one of its own? */
static void macro_look(struct walk *walk, const char *name)
{
	for (const struct kernel_reach_file *file = walk->reach->files; file; file = file->next) {
		const char *at = file->macros;
		struct kernel_use use;

		while (kernel_source_next_macro(&at, name, &use))
			if (kernel_condition_speaks_of(walk->bindings, use.body))
				walk_unknown(walk, "has a macro that names a parameter");
	}
}

/* Is it a function that a file which was read defines? */
static bool is_function(struct walk *walk, const char *name)
{
	for (const struct kernel_reach_file *file = walk->reach->files; file; file = file->next) {
		struct kernel_slice rest = { file->code, strlen(file->code) };
		struct kernel_use use;
		bool declared;

		/* A bound, so that many names in a large file take no long time. */
		if (walk->reach->budget < rest.length / 256)
			return false;
		walk->reach->budget -= rest.length / 256;
		if (!file->assembly && kernel_source_next_definition(&rest, name, &use, &declared))
			return true;
	}
	return false;
}

/* A name alone: an alias, a macro without arguments that calls something, a function that a pointer is set to. */
static void mention(struct walk *walk, struct kernel_slice word)
{
	char name[KERNEL_NAME_SIZE];

	if (word.length >= sizeof(name))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)word.length, word.at);
	if (kernel_reach_fame_of(name) == KERNEL_REACH_LOUD)
		walk_unknown(walk, "names a function that interrupts CPUs, without a call");
	macro_look(walk, name);
	for (const struct kernel_reach_file *file = walk->reach->files; file; file = file->next) {
		const char *at = file->macros;
		struct kernel_use use;

		while (kernel_source_next_macro(&at, name, &use))
			if (!use.arguments.length && memchr(use.body.at, '(', use.body.length)) {
				call(walk, word, (struct kernel_slice){ 0 });
				return;
			}
	}
	if (is_function(walk, name))
		call(walk, word, (struct kernel_slice){ 0 });
}

static const char *const types[] = {
	"sizeof",	 "typeof", "__typeof__", "__typeof",  "offsetof", "void",	  "int",
	"long",		 "char",   "bool",	 "unsigned",  "volatile", "__volatile__", "return",
	"__attribute__", "const",  "static",	 "__aligned", NULL
};

/* What stands in their brackets is not run, but for the length of an array. */
static const char *const unrun[] = { "__attribute__", "__aligned",  "offsetof", "sizeof",
				     "typeof",	      "__typeof__", "__typeof", NULL };

/* The word at @c, what it calls with the brackets behind it; returns behind both. */
static const char *word_walk(struct walk *walk, struct kernel_slice text, const char *c)
{
	static const char *const assembly[] = { "asm", "__asm__", "__asm", NULL };
	const char *end = text.at + text.length, *after, *back = c;
	const struct kernel_slice word = kernel_slice_word(c, end);
	struct kernel_slice in;

	while (back > text.at && back[-1] == ' ')
		back--;
	after = word.at + word.length;
	while (after < end && (*after == ' ' || (kernel_slice_is_one_of(word, assembly) &&
						 kernel_slice_in_name(*after))))
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
	if (kernel_slice_is_one_of(word, assembly) &&
	    memchr(in.at, KERNEL_SOURCE_MAINTAINS, in.length))
		walk->bits |= KERNEL_REACH_MAINTAINS;
	if (kernel_slice_is_one_of(word, assembly)) {
		if (memchr(in.at, KERNEL_SOURCE_JUMPS, in.length))
			walk_unknown(walk, "has an instruction that goes elsewhere");
		if (kernel_condition_speaks_of(walk->bindings, in))
			walk_unknown(walk, "gives a parameter to an instruction");
	}
	if (!kernel_slice_is_one_of(word, unrun) || memchr(in.at, '[', in.length))
		arguments_walk(walk, in, true);
	if ((back > text.at && back[-1] == '.') ||
	    (back - text.at > 1 && back[-1] == '>' && back[-2] == '-'))
		walk_unknown(walk, "calls a function by a pointer");
	else if (!kernel_slice_is_one_of(word, types) && !kernel_slice_is_one_of(word, assembly))
		call(walk, word, in);
	return in.at + in.length + 1;
}

/* Everything that an expression without conditions calls. */
static void calls(struct walk *walk, struct kernel_slice text)
{
	const char *end = text.at + text.length, *c = text.at;
	struct kernel_slice in;

	while (c < end) {
		if (kernel_slice_in_name(*c)) {
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
	enum kernel_value value, counts;
	unsigned int maintains;

	if (!active || !text.length)
		return;
	if (++walk->nest > NEST_MAXIMUM || text.length > walk->reach->budget) {
		walk->reach->budget = 0;
		walk_unknown(walk, "is nested too deeply or too long");
	} else if (kernel_slice_find(text, ",")) {
		walk->reach->budget -= text.length;
		arguments_walk(walk, text, true);
	} else if ((at = kernel_slice_find(text, "?"))) {
		struct kernel_slice condition = kernel_slice_before(text, at);
		const char *equals = kernel_slice_find(condition, "=");

		walk->reach->budget -= text.length;
		if (equals && equals[1] != '=' && equals > condition.at &&
		    !strchr("=!<>", equals[-1]))
			condition = kernel_slice_behind(condition, equals + 1);
		kernel_slice_eat(&condition, "return");
		expression(walk, kernel_slice_before(text, at), true);
		value = decide(walk, condition, true);
		colon = kernel_slice_find(kernel_slice_behind(text, at + 1), ":");
		colon = colon ?: text.at + text.length - 1;
		counts = decide_maintenance(walk, condition);
		maintains = walk->bits & KERNEL_REACH_MAINTAINS;
		expression(walk, kernel_slice_before(kernel_slice_behind(text, at + 1), colon),
			   value != KERNEL_VALUE_FALSE);
		if (counts == KERNEL_VALUE_FALSE)
			walk->bits = (walk->bits & ~KERNEL_REACH_MAINTAINS) | maintains;
		maintains = walk->bits & KERNEL_REACH_MAINTAINS;
		expression(walk, kernel_slice_behind(text, colon + 1), value != KERNEL_VALUE_TRUE);
		if (counts == KERNEL_VALUE_TRUE)
			walk->bits = (walk->bits & ~KERNEL_REACH_MAINTAINS) | maintains;
	} else if ((at = kernel_slice_find(text, "||")) || (at = kernel_slice_find(text, "&&"))) {
		walk->reach->budget -= text.length;
		expression(walk, kernel_slice_before(text, at), true);
		value = decide(walk, kernel_slice_before(text, at), true);
		expression(walk, kernel_slice_behind(text, at + 2),
			   value != (*at == '|' ? KERNEL_VALUE_TRUE : KERNEL_VALUE_FALSE));
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
	const char *semicolon = kernel_slice_find(rest, ";");
	const struct kernel_slice text = semicolon ? kernel_slice_before(rest, semicolon) : rest;

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
	word = kernel_slice_word(walk->at, walk->end);
	if (!kernel_slice_is(word, what))
		return false;
	walk->at += word.length;
	return true;
}

static bool if_walk(struct walk *walk, bool active)
{
	const struct kernel_slice condition = condition_take(walk);
	const enum kernel_value value = decide(walk, condition, active);
	const enum kernel_value counts = decide_maintenance(walk, condition);
	const unsigned int conditions = walk->conditions;
	bool then_ends, else_ends = false;

	expression(walk, condition, active);
	gap_take(walk);
	then_ends = walk->conditions == conditions;
	then_ends &= branch_walk(walk, active && value != KERNEL_VALUE_FALSE,
				 counts != KERNEL_VALUE_FALSE);
	if (word_take(walk, "else")) {
		gap_take(walk);
		else_ends = walk->conditions == conditions;
		else_ends &= branch_walk(walk, active && value != KERNEL_VALUE_TRUE,
					 counts != KERNEL_VALUE_TRUE);
	}
	return value == KERNEL_VALUE_TRUE  ? then_ends :
	       value == KERNEL_VALUE_FALSE ? else_ends :
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
		word = kernel_slice_word(walk->at, walk->end);
		/* A label: whoever jumps there comes by. */
		if (word.length) {
			const char *after = word.at + word.length;

			after += after < walk->end && *after == ' ';
			if (kernel_slice_is(word, "case") || kernel_slice_is(word, "default")) {
				ends = false;
				active |= !walk->dead_switches;
			} else if (after < walk->end && *after == ':') {
				ends = false;
				active = true;
			}
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
	const unsigned int dead_switches = walk->dead_switches;
	const struct kernel_slice head = condition_take(walk);
	struct kernel_slice rest = head;
	const char *semicolon;

	while ((semicolon = kernel_slice_find(rest, ";"))) {
		expression(walk, kernel_slice_before(rest, semicolon), active);
		rest = kernel_slice_behind(rest, semicolon + 1);
	}
	expression(walk, rest, active);
	/* Whoever jumps to a label in it has come by here. */
	walk->dead_switches += !active;
	statement(walk, active);
	walk->dead_switches = dead_switches;
	return false;
}

static bool do_walk(struct walk *walk, bool active)
{
	const char *from = walk->at;
	bool ends = statement(walk, active);
	const struct kernel_slice body = { from, walk->at - from };

	/* Who leaves it so comes to what is behind it. */
	if (kernel_source_names(body, (struct kernel_slice){ "break", 5 }) ||
	    kernel_source_names(body, (struct kernel_slice){ "continue", 8 }))
		ends = false;
	if (word_take(walk, "while"))
		expression(walk, condition_take(walk), active);
	gap_take(walk);
	walk->at += walk->at < walk->end && *walk->at == ';';
	return ends;
}

static bool plain_walk(struct walk *walk, struct kernel_slice word, bool active)
{
	const bool returns = kernel_slice_is(word, "return");
	const struct kernel_slice text = until_semicolon(walk);

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
	word = kernel_slice_word(walk->at, walk->end);
	if (++walk->nest > NEST_MAXIMUM) {
		walk_unknown(walk, "is nested too deeply");
		walk->at = walk->end;
	} else if (*walk->at == '{') {
		ends = brackets_walk(walk, active);
	} else if (*walk->at == ';' || *walk->at == '}' || *walk->at == ':') {
		walk->at++;
	} else if (word_take(walk, "if")) {
		ends = if_walk(walk, active);
	} else if (kernel_slice_is_one_of(word, loops)) {
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

unsigned int kernel_body_walk(struct kernel_reach *reach, const struct kernel_reach_file *file,
			      const struct kernel_use *use, const enum kernel_value values[],
			      kernel_body_callee *callee)
{
	struct walk walk = { .reach = reach, .file = file, .callee = callee };

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
	kernel_condition_bind(walk.bindings, use->arguments, values);
	walk.end = use->body.at + use->body.length;
	if (kernel_condition_changes(walk.bindings, use->body))
		walk_unknown(&walk, "changes a parameter");
	block_walk(&walk, use->body, true);
	return walk.bits;
}
