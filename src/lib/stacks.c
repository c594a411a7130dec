// SPDX-License-Identifier: GPL-2.0-only
/*
 * stacks.c: call chains as texts have them
 *
 * How kernels print a frame: %pS gives "name+0xoffset/0xsize [module]" (lib/vsprintf.c). arm64 puts
 * " " before it since 4.15 and "[<address>] " until then (arch/arm64/kernel/traps.c), and " (P)" and
 * other letters behind it since 6.13 (arch/arm64/kernel/stacktrace.c). x86 marks what may be left over
 * on the stack with "? ". scripts/decode_stacktrace.sh replaces the offset by "(file:line)".
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stacks.h"

static bool is_name_start(char c)
{
	return isalpha((unsigned char)c) || c == '_' || c == '.' || c == '$';
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$';
}

/* "[<ffff000008081234>] ", "[<0>]", "[<(____ptrval____)>]", "[c000000007da3d80]": what is behind. */
static const char *skip_address(const char *at)
{
	const char *end;

	if (*at != '[')
		return at;
	end = strchr(at, ']');
	if (!end || end - at > 40)
		return at;
	for (const char *c = at + 1; c < end; c++)
		if (!isxdigit((unsigned char)*c) && !strchr("<>()_ nulptrvax", *c))
			return at;
	return end + 1 + strspn(end + 1, " ");
}

/* "#3 [ffff00001234] name at ffff0000": crash's bt; with -s "name+292 at ffff0000". */
static const char *skip_crash_number(const char *at)
{
	if (*at != '#' || !isdigit((unsigned char)at[1]))
		return at;
	at += 1 + strspn(at + 1, "0123456789");
	return at + strspn(at, " ");
}

/* "(name) from [<..>] (caller+0x..)" and "name from caller+0x..": arm's own ways. */
static bool parse_from(const char *at, struct stacks_frame *frame)
{
	const char *end;

	if (*at != '(' || !is_name_start(at[1]))
		return false;
	for (end = at + 1; is_name_char(*end); end++)
		;
	if (strncmp(end, ") from ", 7) && strncmp(end, "+0x", 3))
		return false;
	frame->name = at + 1;
	frame->length = end - at - 1;
	frame->sure = true;
	return true;
}

/* What may stand behind a name that has no offset. */
static bool ends_like_a_frame(const char *rest, struct stacks_frame *frame)
{
	if (!*rest)
		return true;
	frame->sure = !strncmp(rest, " at ", 4) || !strncmp(rest, " from ", 6);
	if (frame->sure)
		return isxdigit((unsigned char)rest[strchr(rest + 1, ' ') - rest + 1]) ||
		       strstr(rest, "+0x");
	/* "(mm/slub.c:3026)" or "mm/slub.c:3026 [inline]" */
	if (*rest == ' ' && (rest[1] == '(' || isalpha((unsigned char)rest[1])) &&
	    strstr(rest, ".c:") && !strstr(rest, ". ")) {
		frame->sure = true;
		return true;
	}
	return !strcspn(rest, " \t");
}

bool stacks_parse_frame(const char *line, struct stacks_frame *frame)
{
	const char *at = line + strspn(line, " \t"), *end;

	*frame = (struct stacks_frame){ 0 };
	at = skip_address(skip_address(skip_crash_number(at)));
	if (!strncmp(at, "? ", 2)) {
		frame->doubtful = true;
		at = skip_address(at + 2);
	}
	if (parse_from(at, frame))
		return true;
	if (!is_name_start(*at))
		return false;
	for (end = at; is_name_char(*end); end++)
		;
	frame->name = at;
	frame->length = end - at;
	if (frame->length >= STACKS_NAME_SIZE)
		return false;
	if (!strncmp(end, "+0x", 3)) {
		frame->sure = true;
		return true;
	}
	if (*end == '+' && !strncmp(end + 1 + strspn(end + 1, "0123456789"), " at ", 4))
		end += 1 + strspn(end + 1, "0123456789");
	/* Words of a sentence are no functions: a name alone has an underscore, or a few letters. */
	return ends_like_a_frame(end, frame) && (frame->sure || !*end) && frame->length > 3;
}

bool stacks_name_is(const char *name, size_t length, const char *wanted)
{
	const size_t size = strlen(wanted);

	return length >= size && !memcmp(name, wanted, size) &&
	       (length == size || name[size] == '.' || name[size] == '$');
}

const char *stacks_short_name(const char *name, size_t *length)
{
	static const char *const prefixes[] = { "__arm64_sys_", "__se_sys_", "__sys_", "sys_" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const size_t size = strlen(prefixes[i]);

		if (!strncmp(name, prefixes[i], size)) {
			name += size;
			break;
		}
	}
	*length = strcspn(name, ".");
	return name;
}

bool stacks_is_syscall_entry(const char *name)
{
	return !strncmp(name, "el0_", 4) || !strncmp(name, "el0t_64_", 8) ||
	       !strncmp(name, "do_el0_svc", 10) || !strncmp(name, "invoke_syscall", 14);
}

int stacks_print_chain(FILE *to, const char *const *names, size_t count, int width)
{
	int used = 0;

	for (size_t i = 0; i < count; i++) {
		size_t length;
		const char *name = stacks_short_name(names[i], &length);

		if (i && stacks_is_syscall_entry(name))
			break;
		if (i && used + (int)length + 3 > width)
			return used + fprintf(to, " < ...");
		used += fprintf(to, "%s%.*s", i ? " < " : "", (int)length, name);
	}
	return used;
}
