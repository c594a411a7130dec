// SPDX-License-Identifier: GPL-2.0-only
/*
 * read.c: a whole log, as it comes
 */
#include <stdlib.h>
#include <string.h>

#include "triage/triage.h"

/* Consoles and mail programs break lines at these columns. */
static const size_t wrap_columns[] = { 72, 76, 78, 79, 80, 100, 120, 132, 160, 200 };

struct triage_reader {
	struct triage_log *log;
	struct triage_blocks *blocks;
	struct triage_redactor *redactor;
	struct triage_lines lines;
	char *line; /* what line.c collects */
	char *held; /* a line that the next one may belong to */
	size_t held_length;
};

static bool is_wrap_column(size_t length)
{
	for (size_t i = 0; i < sizeof(wrap_columns) / sizeof(wrap_columns[0]); i++)
		if (wrap_columns[i] == length)
			return true;
	return false;
}

/* Where a second message begins within @text, "...[  123.456789] ", as consoles glue them; or NULL. */
static char *find_glued(char *text)
{
	for (char *at = strchr(text, '['); at; at = strchr(at + 1, '[')) {
		char *digits = at + 1 + strspn(at + 1, " "), *point = digits;

		point += strspn(point, "0123456789");
		if (at > text && point > digits && *point == '.' &&
		    strspn(point + 1, "0123456789") == 6 && point[7] == ']')
			return at;
	}
	return NULL;
}

static void take_one(struct triage_reader *reader, const struct triage_message *message)
{
	struct triage_record record;

	triage_record_read(message, &record);
	reader->log->messages += record.kind != RECORD_NONE && record.kind != RECORD_BARE_NAME;
	if (reader->redactor)
		triage_redactor_take(reader->redactor, message, &record);
	triage_blocks_take(reader->blocks, message, &record);
}

/* @message, and those behind it on its line, of which a forged one has a thousand. */
static void take_message(struct triage_reader *reader, struct triage_message *message)
{
	char *glued;

	while ((glued = message->foreign ? NULL : find_glued(message->text))) {
		const char kept = *glued;
		char key[sizeof(message->key)];

		*glued = '\0';
		take_one(reader, message);
		*glued = kept;
		memcpy(key, message->key, sizeof(key));
		triage_prefix_read(glued, message);
		memcpy(message->key, key, sizeof(key));
	}
	take_one(reader, message);
}

static void take_held(struct triage_reader *reader)
{
	struct triage_message message;

	if (!reader->held_length)
		return;
	reader->held_length = 0;
	triage_prefix_read(reader->held, &message);
	take_message(reader, &message);
}

/*
 * A line that is as long as a console is wide, and begins like a log's, may go on in the next one, which
 * does not begin so.
 */
static void take_line(void *context, char *line, size_t length)
{
	struct triage_reader *reader = context;
	struct triage_message message;

	reader->log->lines++;
	if (reader->held_length) {
		char copy[256];

		snprintf(copy, sizeof(copy), "%.*s", (int)sizeof(copy) - 1, line);
		triage_prefix_read(copy, &message);
		if (!message.prefixed && *line != ' ' && *line != '\t' &&
		    reader->held_length + length < TRIAGE_LINE_MAX) {
			memcpy(reader->held + reader->held_length, line, length + 1);
			/* It may have gone on for more than a line. */
			reader->held_length += length;
			if (is_wrap_column(length))
				return;
			take_held(reader);
			return;
		}
		take_held(reader);
	}
	if (is_wrap_column(length) && (*line == '[' || *line == '<' || strchr(line, '['))) {
		memcpy(reader->held, line, length + 1);
		reader->held_length = length;
		return;
	}
	triage_prefix_read(line, &message);
	take_message(reader, &message);
}

static void reader_free(struct triage_reader *reader)
{
	triage_blocks_free(reader->blocks);
	triage_redactor_free(reader->redactor);
	free(reader->line);
	free(reader->held);
	free(reader);
}

struct triage_reader *triage_reader_new(const char *path, FILE *redacted)
{
	struct triage_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->log = triage_log_new(path);
	reader->blocks = reader->log ? triage_blocks_new(reader->log) : NULL;
	reader->line = malloc(TRIAGE_LINE_MAX);
	reader->held = malloc(2 * TRIAGE_LINE_MAX);
	if (redacted)
		reader->redactor = triage_redactor_new(redacted);
	reader->lines =
		(struct triage_lines){ .take = take_line, .context = reader, .line = reader->line };
	if (reader->blocks && reader->line && reader->held && (!redacted || reader->redactor))
		return reader;
	triage_log_free(reader->log);
	reader_free(reader);
	return NULL;
}

void triage_reader_feed(struct triage_reader *reader, const char *data, size_t size)
{
	triage_lines_feed(&reader->lines, data, size);
}

struct triage_log *triage_reader_end(struct triage_reader *reader)
{
	struct triage_log *log = reader->log;

	triage_lines_end(&reader->lines);
	take_held(reader);
	triage_blocks_end(reader->blocks);
	triage_judge_log(log);
	reader_free(reader);
	return log;
}
