// SPDX-License-Identifier: GPL-2.0-only
/*
 * prefix.c: what stands before a message: quotes, line numbers, levels, times, hosts, callers
 *
 * The kernel's own are those of kernel/printk/printk.c: "<6>", "[   12.345678]", and with PRINTK_CALLER
 * "[  T123]" or "[    C5]"; /dev/kmsg has "6,1234,12345678,-;". The others are those of dmesg(1) -T, -x,
 * -e, -d and --time-format, journalctl(1) -o short, short-precise, short-iso, short-monotonic,
 * short-unix and json, of syslog daemons (RFC 3164, 5424), and what people do to a log in a ticket.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "triage/triage.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Two digits at @at, or -1; a blank may stand for the first. */
static int two(const char *at)
{
	if (!is_digit(at[0]) && at[0] != ' ')
		return -1;
	if (!is_digit(at[1]))
		return -1;
	return (at[0] == ' ' ? 0 : at[0] - '0') * 10 + at[1] - '0';
}

/* "12:34:56" and ".123456" or ",123456" behind it: what is behind; NULL: it is no time of day. */
static char *read_clock(char *at, double *seconds)
{
	double part = 0.1;

	if (two(at) < 0 || at[2] != ':' || two(at + 3) < 0 || at[5] != ':' || two(at + 6) < 0)
		return NULL;
	*seconds += two(at) * 3600 + two(at + 3) * 60 + two(at + 6);
	at += 8;
	if ((*at == '.' || *at == ',') && is_digit(at[1]))
		for (at++; is_digit(*at); at++, part /= 10)
			*seconds += part * (*at - '0');
	return at;
}

static int month_at(const char *at)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (!isupper((unsigned char)at[0]) || !islower((unsigned char)at[1]) || !at[2])
		return -1;
	for (int i = 0; i < 12; i++)
		if (!strncmp(names + 3 * i, at, 3))
			return i;
	return -1;
}

/* Days since some day, which is the same for all dates here. */
static double days_of(int year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };

	return year * 365 + year / 4 + before[month] + day;
}

/* "Jan 17 07:42:31", "2019-01-17T07:42:31.123+08:00": what is behind; NULL: no date is there. */
static char *read_date(char *at, struct triage_message *message)
{
	double seconds = 0;
	char *next;
	int month;

	/* "Thu Jan 17 07:42:31 2019 kern.warn kernel: " */
	if (month_at(at) < 0 && isupper((unsigned char)*at) && strlen(at) > 20 && at[3] == ' ' &&
	    month_at(at + 4) >= 0)
		at += 4;
	month = month_at(at);
	if (month >= 0 && at[3] == ' ' && two(at + 4) >= 0 && at[6] == ' ') {
		seconds = 86400 * days_of(0, month, two(at + 4));
		next = read_clock(at + 7, &seconds);
		if (next && *next == ' ' && strspn(next + 1, "0123456789") == 4 && next[5] == ' ')
			next += 5;
	} else if (is_digit(at[0]) && is_digit(at[1]) && two(at + 2) >= 0 && at[4] == '-' &&
		   two(at + 5) >= 1 && two(at + 5) <= 12 && at[7] == '-' && two(at + 8) >= 0 &&
		   (at[10] == 'T' || at[10] == ' ')) {
		seconds = 86400 * days_of(atoi(at), two(at + 5) - 1, two(at + 8));
		next = read_clock(at + 11, &seconds);
		if (next && (*next == '+' || *next == '-'))
			next += 1 + strspn(next + 1, "0123456789:");
		else if (next && *next == 'Z')
			next++;
	} else {
		return NULL;
	}
	if (!next || (*next && *next != ' ' && *next != ':'))
		return NULL;
	message->seconds = seconds;
	message->timed = message->calendar = message->prefixed = true;
	return next + strspn(next, " ");
}

/* Adds to whose lines these are. */
static void add_key(struct triage_message *message, const char *text, size_t length)
{
	const size_t used = strlen(message->key);

	if (length > sizeof(message->key) - 2 - used)
		length = sizeof(message->key) - 2 - used;
	memcpy(message->key + used, text, length);
	message->key[used + length] = '/';
	message->key[used + length + 1] = '\0';
}

/* "T123" or "C5", with blanks before it, in brackets: printk's caller. */
static char *read_caller(char *at, struct triage_message *message)
{
	char *from = at, *end;

	if (*at != '[')
		return at;
	from = at + 1 + strspn(at + 1, " ");
	if (*from != 'T' && *from != 'C')
		return at;
	for (end = from + 1; is_digit(*end); end++)
		;
	if (end == from + 1 || *end != ']')
		return at;
	add_key(message, from, end - from);
	message->tagged = message->prefixed = true;
	return end + 1 + (end[1] == ' ');
}

/* "[   12.345678]", "[12.345678@3]", "[Thu Jan 17 07:42:31 2019]", "[Jan17 07:42]", "[  +0.000123]". */
static char *read_bracket(char *at, struct triage_message *message)
{
	char *from = at + 1 + strspn(at + 1, " "), *end;
	double seconds = 0;

	if (is_digit(*from)) {
		for (end = from; is_digit(*end); end++)
			seconds = seconds * 10 + (*end - '0');
		if (*end != '.' || !is_digit(end[1]) || end - from > 12)
			return NULL;
		double part = 0.1;

		for (end++; is_digit(*end); end++, part /= 10)
			seconds += part * (*end - '0');
		/* dmesg -d adds the time since the line before: "[   12.345678 <    0.000100>]" */
		if (*end == ' ')
			end += strcspn(end, "]");
		if (*end == '@' && is_digit(end[1])) {
			char *cpu = end + 1;

			for (end = cpu; is_digit(*end); end++)
				;
			add_key(message, cpu - 1, end - cpu + 1);
			message->tagged = true;
		}
		if (*end != ']')
			return NULL;
		message->seconds = seconds;
		message->timed = true;
		message->calendar = false;
	} else if (*from == '+' && is_digit(from[1])) {
		end = from + 1 + strspn(from + 1, "0123456789.");
		if (*end != ']')
			return NULL;
	} else if (isupper((unsigned char)*from) && strlen(from) > 10) {
		/* The name of a weekday may stand before the month. */
		char *month = month_at(from) < 0 && from[3] == ' ' ? from + 4 : from;

		if (month_at(month) < 0)
			return NULL;
		end = strchr(from, ']');
		if (!end || end - from > 30)
			return NULL;
		seconds = 86400 * days_of(0, month_at(month), 0);
		if (month[3] == ' ' && two(month + 4) >= 0 && read_clock(month + 7, &seconds)) {
			message->seconds = seconds + 86400.0 * two(month + 4);
			message->timed = message->calendar = true;
		}
	} else {
		return NULL;
	}
	message->prefixed = true;
	return read_caller(end + 1 + (end[1] == ' '), message);
}

/* "6,1234,12345678,-;message", "4,1234,12345678,-,caller=T123;message" */
static char *read_kmsg(char *at, struct triage_message *message)
{
	char *end = at, *flags;
	double numbers[3] = { 0 };

	for (int i = 0; i < 3; i++) {
		char *from = end;

		for (; is_digit(*end); end++)
			numbers[i] = numbers[i] * 10 + (*end - '0');
		if (end == from || end - from > 18 || *end != ',')
			return NULL;
		end++;
	}
	flags = end;
	end = strchr(flags, ';');
	if (!end || end - flags > 60)
		return NULL;
	message->seconds = numbers[2] / 1e6;
	message->timed = message->prefixed = true;
	message->calendar = false;
	flags = strstr(flags, "caller=");
	if (flags && flags < end) {
		add_key(message, flags + 7, end - flags - 7);
		message->tagged = true;
	}
	return end + 1;
}

/* dmesg -x: "kern  :warn  : " */
static char *read_facility(char *at)
{
	char *end = at;

	if (strncmp(at, "kern", 4) && strncmp(at, "user", 4) && strncmp(at, "daemon", 6))
		return at;
	for (int i = 0; i < 2; i++) {
		while (islower((unsigned char)*end))
			end++;
		end += strspn(end, " ");
		if (*end++ != ':')
			return at;
	}
	return end + strspn(end, " ");
}

/* "kernel: " at @at, or behind a host and perhaps more words, as daemons have it; NULL: it is not there. */
static char *find_kernel_tag(char *at)
{
	char *tag = at;

	for (int words = 0; words < 4 && *tag; words++) {
		char *end = tag + strcspn(tag, " ");

		if (!strncmp(tag, "kernel:", 7) || !strncmp(tag, "[kernel]", 8) ||
		    !strncmp(tag, "kernel - ", 9))
			return tag;
		/* A program's tag ends the search: what is behind it are its words. */
		if (end > tag && end[-1] == ':')
			return NULL;
		tag = end + strspn(end, " ");
	}
	return NULL;
}

/* Behind a date: "host kernel: ", "host program[12]: ", "kernel: ", or only "host " of a network console. */
static char *read_host(char *at, struct triage_message *message)
{
	char *end = at + strcspn(at, " "), *tag = find_kernel_tag(at), *colon;

	if (tag) {
		if (tag > at)
			add_key(message, at, end - at);
		if (strncmp(tag, "kernel -", 8))
			return tag + strcspn(tag, ":]") + 1 + (tag[strcspn(tag, ":]") + 1] == ' ');
		/* RFC 5424: "host kernel - - - " */
		for (tag += 7; !strncmp(tag, "- ", 2); tag += 2)
			;
		return tag;
	}
	if (!*end || *at == '[' || end[-1] == ':')
		return at;
	tag = end + strspn(end, " ");
	if (*tag == '[') {
		add_key(message, at, end - at);
		return tag;
	}
	colon = strchr(tag, ':');
	if (colon && colon > tag + 1 && colon - tag < 60 && colon[1] == ' ' &&
	    memchr(tag, ' ', colon - tag) == NULL)
		message->foreign = true;
	return at;
}

/* A number in hexadecimal of four digits. */
static unsigned int hex4(const char *at)
{
	char four[5] = { 0 };

	memcpy(four, at, strnlen(at, 4));
	return strtoul(four, NULL, 16);
}

/* Undoes JSON's escapes of the string at @at, in place; NULL: it has no end. */
static char *unescape(char *at, char **end)
{
	char *to = at, *from = at;

	for (; *from && *from != '"'; from++) {
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		from++;
		if (!*from)
			return NULL;
		if (*from == 'u' && strlen(from) > 4) {
			const unsigned int code = hex4(from + 1);

			*to++ = code >= ' ' && code < 0x7f ? (char)code : ' ';
			from += 4;
		} else {
			*to++ = *from == 't' || *from == 'n' ? ' ' : *from;
		}
	}
	if (!*from)
		return NULL;
	*end = from + 1;
	*to = '\0';
	return at;
}

/* The value of the member @name of a flat object, or NULL. Its bytes are changed. */
static char *json_find(char *object, const char *name)
{
	char *at = strstr(object, name);

	if (!at)
		return NULL;
	at += strlen(name);
	at += strspn(at, " ");
	if (*at++ != ':')
		return NULL;
	return at + strspn(at, " ");
}

/* An array of numbers, which journalctl writes for what is no text, into bytes, in place. */
static void json_bytes(char *at)
{
	char *to = at, *from = at + 1;

	while (*from && *from != ']') {
		const long byte = strtol(from, &from, 10);

		if (byte >= ' ' && byte < 0x7f)
			*to++ = (char)byte;
		from += strcspn(from, "0123456789]");
	}
	*to = '\0';
}

/* journalctl -o json: one object a line. */
static bool read_json(char *line, struct triage_message *message)
{
	char *text = json_find(line, "\"MESSAGE\""), *value, *end;
	char host[64] = "";
	bool of_kernel;

	if (!text)
		return false;
	of_kernel = strstr(line, "\"_TRANSPORT\":\"kernel\"") ||
		    strstr(line, "\"_TRANSPORT\" : \"kernel\"") ||
		    strstr(line, "\"_TRANSPORT\": \"kernel\"") ||
		    strstr(line, "\"SYSLOG_IDENTIFIER\":\"kernel\"") ||
		    strstr(line, "\"SYSLOG_IDENTIFIER\" : \"kernel\"") ||
		    strstr(line, "\"SYSLOG_IDENTIFIER\": \"kernel\"");
	value = json_find(line, "\"_SOURCE_MONOTONIC_TIMESTAMP\"");
	if (!value)
		value = json_find(line, "\"__MONOTONIC_TIMESTAMP\"");
	if (value) {
		message->seconds = strtod(value + (*value == '"'), NULL) / 1e6;
		/* No machine runs that long, and no clock counts backwards. */
		message->timed = message->seconds >= 0 && message->seconds < 1e12;
		if (!message->timed)
			message->seconds = 0;
	}
	value = json_find(line, "\"_HOSTNAME\"");
	if (value && *value == '"')
		strncat(host, value + 1,
			strcspn(value + 1, "\"") < 60 ? strcspn(value + 1, "\"") : 60);
	add_key(message, host, strlen(host));
	message->foreign = !of_kernel;
	message->prefixed = true;
	if (*text == '[')
		json_bytes(text);
	else if (*text != '"' || !(text = unescape(text + 1, &end)))
		return false;
	message->text = text;
	return true;
}

/* "16407: ", "7344 | ": a line's number, where what is behind it begins like a log's line. */
static char *skip_line_number(char *at)
{
	char *end = at;

	while (is_digit(*end))
		end++;
	if (end == at || end - at > 9)
		return at;
	/* U+2502, a vertical line, as pagers draw it */
	while (*end == ' ' || *end == '\t' || *end == ':' || *end == '|' ||
	       !strncmp(end, "\xe2\x94\x82", 3))
		end += *end == '\xe2' ? 3 : 1;
	return *end == '[' || *end == '<' || (is_digit(*end) && strchr(end, ';')) ||
			       month_at(end) >= 0 ?
		       end :
		       at;
}

static char *skip_quotes(char *at)
{
	for (;;) {
		at += strspn(at, " \t");
		if (*at == '>' && (at[1] == ' ' || at[1] == '>' || at[1] == '['))
			at++;
		else if (*at == '|' && at[1] == ' ')
			at++;
		else
			return at;
	}
}

/* "<6>": the level, and behind it perhaps RFC 5424's version. */
static char *skip_level(char *at, struct triage_message *message)
{
	char *end = at + 1;

	if (*at != '<' || !is_digit(*end))
		return at;
	while (is_digit(*end))
		end++;
	if (*end != '>' || end - at > 4)
		return at;
	message->prefixed = true;
	end++;
	return !strncmp(end, "1 2", 3) ? end + 2 : end;
}

/* "1547711551.123456 host kernel: ", journalctl -o short-unix */
static char *read_unix_time(char *at, struct triage_message *message)
{
	char *end = at;
	double seconds = 0;

	for (; is_digit(*end); end++)
		seconds = seconds * 10 + (*end - '0');
	if (end - at != 10 || *end != '.')
		return NULL;
	end += 1 + strspn(end + 1, "0123456789");
	if (*end != ' ')
		return NULL;
	message->seconds = seconds;
	message->timed = message->calendar = message->prefixed = true;
	return end + 1;
}

/* "node7 kernel: ", "kernel: " behind "[  12.345678] ", journalctl -o short-monotonic; a wall's "kernel:[ 1.2]". */
static char *skip_tag(char *at, struct triage_message *message)
{
	char *end = at + strcspn(at, " ");

	if (!strncmp(at, "kernel:", 7))
		return at + 7 + (at[7] == ' ');
	if (*end == ' ' && !strncmp(end + 1, "kernel: ", 8)) {
		add_key(message, at, end - at);
		return end + 9;
	}
	return at;
}

void triage_prefix_read(char *line, struct triage_message *message)
{
	char *at, *next;

	*message = (struct triage_message){ 0 };
	message->text = line;
	at = skip_quotes(line);
	if (*at == '{' && read_json(at, message))
		return;
	at = skip_line_number(at);
	at = skip_level(at, message);
	at = read_facility(at);
	if (is_digit(*at) && (next = read_kmsg(at, message))) {
		message->text = next;
		return;
	}
	next = read_date(at, message);
	if (!next && is_digit(*at))
		next = read_unix_time(at, message);
	if (next) {
		/* dmesg --time-format=iso has a comma, and no host behind it. */
		at = memchr(at, ',', next - at) ? next : read_host(next, message);
		if (is_digit(*at) && (next = read_kmsg(at, message)))
			at = next;
	}
	at = skip_tag(at, message);
	at = skip_level(at, message);
	if (*at == '[' && (next = read_bracket(at, message)))
		at = skip_tag(next, message);
	else
		at = read_caller(at, message);
	message->text = at;
}
