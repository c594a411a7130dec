// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c: any bytes as a log: judged, printed in all forms, and redacted
 *
 * The input comes in pieces, as from a pipe. What was printed holds no control character;
 * what was redacted is read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "triage/triage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct triage_log *read_log(const uint8_t *data, size_t size, FILE *redacted)
{
	struct triage_reader *reader = triage_reader_new("-", redacted);

	if (!reader)
		abort();
	for (size_t at = 0, piece = 7; at < size; at += piece, piece = piece * 5 % 4099 + 1)
		triage_reader_feed(reader, (const char *)data + at,
				   size - at < piece ? size - at : piece);
	return triage_reader_end(reader);
}

static void check_printable(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\n')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *redacted = NULL, *printed = NULL;
	size_t redacted_size, printed_size;
	FILE *copy = open_memstream(&redacted, &redacted_size);
	struct triage_log *log, *again;
	FILE *to;

	log = read_log(data, size, copy);
	fclose(copy);
	to = open_memstream(&printed, &printed_size);
	triage_print(to, log, DETAIL_LINE);
	triage_print(to, log, DETAIL_EXPLAIN);
	if (!triage_print_json(to, log))
		abort();
	fclose(to);
	check_printable(printed, printed_size);
	check_printable(redacted, redacted_size);
	again = read_log((const uint8_t *)redacted, redacted_size, NULL);
	triage_log_free(again);
	triage_log_free(log);
	free(redacted);
	free(printed);
	return 0;
}
