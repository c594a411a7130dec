// SPDX-License-Identifier: GPL-2.0-only
/*
 * condition.c: what a condition in C is, by what is known of a function's parameters
 */
#include <ctype.h>
#include <string.h>

#include "kernel/condition.h"
#include "kernel/slice.h"

enum { NEST_MAXIMUM = 60 };

const enum kernel_value kernel_condition_any[KERNEL_PARAMETERS] = {
	KERNEL_VALUE_ANY, KERNEL_VALUE_ANY, KERNEL_VALUE_ANY, KERNEL_VALUE_ANY,
	KERNEL_VALUE_ANY, KERNEL_VALUE_ANY, KERNEL_VALUE_ANY, KERNEL_VALUE_ANY
};

enum kernel_value kernel_condition_constant(struct kernel_slice text)
{
	static const char *const no[] = { "false", "0", NULL }, *const yes[] = {
		"true", "1", NULL
	};
	bool named = true;

	text = kernel_slice_trim(text);
	if (kernel_slice_is_one_of(text, no))
		return KERNEL_VALUE_FALSE;
	if (kernel_slice_is_one_of(text, yes))
		return KERNEL_VALUE_TRUE;
	for (size_t i = 0; i < text.length; i++)
		named &= isupper((unsigned char)text.at[i]) || isdigit((unsigned char)text.at[i]) ||
			 text.at[i] == '_' || text.at[i] == '|' || text.at[i] == ' ';
	return named && text.length ? KERNEL_VALUE_NAMED : KERNEL_VALUE_ANY;
}

static enum kernel_value negated(enum kernel_value value)
{
	return value == KERNEL_VALUE_FALSE ? KERNEL_VALUE_TRUE :
	       value == KERNEL_VALUE_TRUE  ? KERNEL_VALUE_FALSE :
					     KERNEL_VALUE_ANY;
}

static enum kernel_value both(enum kernel_value left, enum kernel_value right,
			      enum kernel_value decides)
{
	if (left == decides || right == decides)
		return decides;
	return left == right && left != KERNEL_VALUE_NAMED ? left : KERNEL_VALUE_ANY;
}

/* What the condition is, by what is known of the parameters. */
static enum kernel_value truth(const struct kernel_binding known[KERNEL_PARAMETERS],
			       bool no_aliasing, struct kernel_slice text, unsigned int nest)
{
	static const char *const hints[] = { "likely", "unlikely", NULL };
	struct kernel_slice word, inner;
	const char *at;

	text = kernel_slice_trim(text);
	/* What binds less than "||", and what is no truth at all, is not for here. */
	if (nest > NEST_MAXIMUM || !text.length || kernel_slice_find(text, ",") ||
	    kernel_slice_find(text, "?"))
		return KERNEL_VALUE_ANY;
	if ((at = kernel_slice_find(text, "||")))
		return both(truth(known, no_aliasing, kernel_slice_before(text, at), nest + 1),
			    truth(known, no_aliasing, kernel_slice_behind(text, at + 2), nest + 1),
			    KERNEL_VALUE_TRUE);
	if ((at = kernel_slice_find(text, "&&")))
		return both(truth(known, no_aliasing, kernel_slice_before(text, at), nest + 1),
			    truth(known, no_aliasing, kernel_slice_behind(text, at + 2), nest + 1),
			    KERNEL_VALUE_FALSE);
	if (kernel_slice_find(text, "|") || kernel_slice_find(text, "^"))
		return KERNEL_VALUE_ANY;
	if ((at = kernel_slice_find(text, "&")))
		return both(truth(known, no_aliasing, kernel_slice_before(text, at), nest + 1),
			    truth(known, no_aliasing, kernel_slice_behind(text, at + 1), nest + 1),
			    KERNEL_VALUE_FALSE) == KERNEL_VALUE_FALSE ?
			       KERNEL_VALUE_FALSE :
			       KERNEL_VALUE_ANY;
	if ((at = kernel_slice_find(text, "==")) || (at = kernel_slice_find(text, "!="))) {
		const enum kernel_value left = truth(known, no_aliasing,
						     kernel_slice_before(text, at), nest + 1);
		const enum kernel_value right = truth(known, no_aliasing,
						      kernel_slice_behind(text, at + 2), nest + 1);

		if (left > KERNEL_VALUE_TRUE || right > KERNEL_VALUE_TRUE)
			return KERNEL_VALUE_ANY;
		return (left == right) == (*at == '=') ? KERNEL_VALUE_TRUE : KERNEL_VALUE_FALSE;
	}
	if (*text.at == '!')
		return negated(truth(known, no_aliasing, kernel_slice_behind(text, text.at + 1),
				     nest + 1));
	word = kernel_slice_word(text.at, text.at + text.length);
	at = word.at + word.length;
	at += at < text.at + text.length && *at == ' ';
	if ((!word.length || kernel_slice_is_one_of(word, hints)) && at < text.at + text.length &&
	    *at == '(') {
		inner = kernel_source_enclosed(at, text.at + text.length, '(', ')');
		if (inner.at + inner.length + 1 == text.at + text.length)
			return truth(known, no_aliasing, inner, nest + 1);
	}
	if (no_aliasing && kernel_slice_is(word, "icache_is_aliasing"))
		return KERNEL_VALUE_FALSE;
	for (size_t i = 0; i < KERNEL_PARAMETERS && known[i].name.length; i++)
		if (known[i].name.length == text.length &&
		    !memcmp(known[i].name.at, text.at, text.length))
			return known[i].value;
	return kernel_condition_constant(text) == KERNEL_VALUE_NAMED ?
		       KERNEL_VALUE_ANY :
		       kernel_condition_constant(text);
}

enum kernel_value kernel_condition_truth(const struct kernel_binding known[KERNEL_PARAMETERS],
					 bool no_aliasing, struct kernel_slice text)
{
	return truth(known, no_aliasing, text, 0);
}

bool kernel_condition_speaks_of(const struct kernel_binding known[KERNEL_PARAMETERS],
				struct kernel_slice text)
{
	for (size_t i = 0; i < KERNEL_PARAMETERS && known[i].name.length; i++)
		if (known[i].value != KERNEL_VALUE_ANY && kernel_source_names(text, known[i].name))
			return true;
	return false;
}

/* Is it the address of what stands at @at that is taken, or "++" and "--" before it? */
static bool changed_from_before(const char *start, const char *at)
{
	size_t ands = 0;

	while (at > start && (at[-1] == ' ' || at[-1] == '('))
		at--;
	if (at - start >= 2 && at[-1] == at[-2] && (at[-1] == '+' || at[-1] == '-'))
		return true;
	for (; at > start && at[-1] == '&'; at--)
		ands++;
	while (at > start && at[-1] == ' ')
		at--;
	/* "a & b" and "a && b" take no address; "(type)&b" does. */
	return ands > 2 ||
	       (ands == 1 && (at == start || !(kernel_slice_in_name(at[-1]) || at[-1] == ']')));
}

/* Is what stands before @at assigned to? */
static bool changed_from_behind(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == ')'))
		at++;
	if (end - at >= 2 && at[0] == at[1] && (*at == '+' || *at == '-'))
		return true;
	if (end - at >= 3 && at[0] == at[1] && (*at == '<' || *at == '>'))
		at += 2;
	else if (at < end && strchr("+-*/%&|^", *at))
		at++;
	return at < end && *at == '=' && (at + 1 == end || at[1] != '=');
}

bool kernel_condition_changes(const struct kernel_binding known[KERNEL_PARAMETERS],
			      struct kernel_slice text)
{
	const char *end = text.at + text.length;

	for (size_t i = 0; i < KERNEL_PARAMETERS && known[i].name.length; i++) {
		const struct kernel_slice name = known[i].name;
		const char *at = known[i].value == KERNEL_VALUE_ANY ? end : text.at;

		while (at < end && (at = memmem(at, end - at, name.at, name.length))) {
			const char *behind = at + name.length;

			if ((at == text.at || !kernel_slice_in_name(at[-1])) &&
			    (behind == end || !kernel_slice_in_name(*behind)) &&
			    (changed_from_before(text.at, at) || changed_from_behind(behind, end)))
				return true;
			at = behind;
		}
	}
	return false;
}

void kernel_condition_bind(struct kernel_binding known[KERNEL_PARAMETERS],
			   struct kernel_slice parameters, const enum kernel_value values[])
{
	for (size_t i = 0; i < KERNEL_PARAMETERS && parameters.length; i++) {
		const char *comma = kernel_slice_find(parameters, ",");
		struct kernel_slice one = kernel_slice_trim(
			comma ? kernel_slice_before(parameters, comma) : parameters);
		const char *end = one.at + one.length, *name = end;

		while (name > one.at && kernel_slice_in_name(name[-1]))
			name--;
		known[i] = (struct kernel_binding){ { name, end - name }, values[i] };
		if (name == end)
			known[i] = (struct kernel_binding){ { "?", 1 }, KERNEL_VALUE_ANY };
		parameters = comma ? kernel_slice_behind(parameters, comma + 1) :
				     (struct kernel_slice){ 0 };
	}
}
