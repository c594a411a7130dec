// SPDX-License-Identifier: GPL-2.0-only
/*
 * live.c: the view on a terminal, like top
 *
 * A few sequences that every terminal since the VT100 knows, and the alternate screen, which others
 * ignore (console_codes(4)).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/text.h"
#include "who/who.h"

#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"
#define REVERSE "\033[7m"
#define PLAIN "\033[0m"

static struct termios before;
static bool taken;

static void put_text(const char *text)
{
	file_write_fd(STDOUT_FILENO, text, strlen(text));
}

void who_live_close(void)
{
	if (!taken)
		return;
	taken = false;
	put_text(LEAVE);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void who_live_open(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &before))
		return;
	raw = before;
	/* One key at a time, not shown; a stopped program would leave the terminal like this. */
	raw.c_lflag &= ~(ICANON | ECHO);
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	put_text(ENTER);
	taken = true;
	atexit(who_live_close);
}

static struct winsize terminal_size(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		size = (struct winsize){ .ws_col = 80, .ws_row = 24 };
	return size;
}

/* As much of @line as has room, in whole characters. */
static void print_cut(FILE *to, char *line, size_t columns)
{
	if (strlen(line) > columns) {
		line[columns] = '\0';
		text_mend(line);
	}
	fprintf(to, "%s" CLEAR_LINE, line);
}

static const char *keys(enum who_order order, bool all)
{
	static const char *const lines[] = {
		[WHO_BY_RATE] = "by IPIs/s",
		[WHO_BY_BROADCASTS] = "by broadcasts",
		[WHO_BY_PROCESS] = "by process",
		[WHO_BY_CAUSE] = "by cause",
	};

	return all && order == WHO_BY_BROADCASTS ? "by calls" : lines[order];
}

static void print_lines(FILE *to, char *lines, struct winsize size)
{
	int row = 0;

	for (char *line = lines, *end; *line && row < size.ws_row - 1; line = end) {
		const bool columns = !strncmp(line, "  IPIs/s", 8);

		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		fputs(columns ? REVERSE : "", to);
		print_cut(to, line, size.ws_col);
		fprintf(to, "%s\r\n", columns ? PLAIN : "");
		row++;
	}
}

void who_live_draw(const struct who_table *table, enum who_order order)
{
	const struct winsize size = terminal_size();
	char *lines = NULL, *screen = NULL, last[128];
	size_t bytes;
	FILE *to = open_memstream(&lines, &bytes);

	if (!to)
		return;
	who_print_head(to, table);
	who_print_notes(to, table);
	who_print_rows(to, table, size.ws_col);
	if (fclose(to))
		return;
	to = open_memstream(&screen, &bytes);
	if (to) {
		fputs(HOME, to);
		print_lines(to, lines, size);
		fprintf(to, CLEAR_BELOW "\033[%d;1H" REVERSE, size.ws_row);
		snprintf(last, sizeof(last),
			 "%-14s sort: i IPIs/s, b %s, p process, c cause; z zero; q quit",
			 keys(order, table->all), table->all ? "calls" : "broadcasts");
		print_cut(to, last, size.ws_col);
		fputs(PLAIN, to);
		if (!fclose(to))
			put_text(screen);
	}
	free(lines);
	free(screen);
}

bool who_live_key(enum who_order *order, bool *zero)
{
	char key;

	/* A terminal that is gone wants no view. */
	if (read(STDIN_FILENO, &key, 1) != 1)
		return false;
	switch (key) {
	case 'q': return false;
	case 'i': *order = WHO_BY_RATE; break;
	case 'b': *order = WHO_BY_BROADCASTS; break;
	case 'p': *order = WHO_BY_PROCESS; break;
	case 'c': *order = WHO_BY_CAUSE; break;
	case 'z': *zero = true; break;
	default: break;
	}
	return true;
}
