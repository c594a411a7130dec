// SPDX-License-Identifier: GPL-2.0-only
/*
 * input.c: files and folders, and streams that are compressed, a piece at a time
 *
 * src/kernel unpacks into memory as a whole, which fits kernels and not logs: here nothing is held but
 * a window. What asks for a larger one than a log needs is refused.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "kernel/core.h"
#include "lib/text.h"
#include "triage/triage.h"

enum { PIECE = 128 << 10, DEPTH_MAX = 32 };
/* xz -9 takes 65 MiB to unpack, zstd --ultra -22 128 MiB: logs are packed with less. */
#define XZ_MEMORY (72u << 20)
enum { ZSTD_WINDOW_LOG = 25 };
/* What a file system put into a log that it lost is less; what was packed to keep us busy is more. */
#define UNENDED_MAX (1ul << 30)
/* Logs are packed 10 to 100 times. Above the first 1 GiB nothing may expand more than this. */
enum { RATIO_MAX = 1000, RATIO_FROM = 1 << 30 };

struct input {
	int fd;
	struct triage_reader *reader;
	uint8_t in[PIECE], out[PIECE];
	size_t got;		   /* bytes in @in */
	size_t unended;		   /* bytes since the end of a line */
	uint64_t packed, unpacked; /* bytes so far, of the file and of the log in it */
	char *why;
};

/* The next piece of the file; false at its end, and where reading fails (@why is set). */
static bool refill(struct input *input)
{
	ssize_t got;

	do
		got = read(input->fd, input->in, sizeof(input->in));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		snprintf(input->why, TRIAGE_REASON_SIZE, "cannot be read: %s", strerror(errno));
	input->got = got > 0 ? got : 0;
	input->packed += input->got;
	return got > 0;
}

static void feed(struct input *input, const uint8_t *bytes, size_t size)
{
	const uint8_t *end = memrchr(bytes, '\n', size);

	input->unended = end ? (size_t)(bytes + size - end - 1) : input->unended + size;
	input->unpacked += size;
	if (input->unended > UNENDED_MAX)
		snprintf(input->why, TRIAGE_REASON_SIZE,
			 "has more than 1 GiB without the end of a line: is it a log?");
	else if (input->unpacked > RATIO_FROM && input->unpacked / RATIO_MAX > input->packed)
		snprintf(input->why, TRIAGE_REASON_SIZE, "expands more than %d times: is it a log?",
			 RATIO_MAX);
	else
		triage_reader_feed(input->reader, (const char *)bytes, size);
}

/*
 * What nobody has written reads as NULs: a log that was cut while its writer went on begins with as many as
 * it had bytes (logrotate's copytruncate).
 */
static void skip_hole(struct input *input)
{
	const off_t here = lseek(input->fd, 0, SEEK_CUR);
	const off_t next = here < 0 ? here : lseek(input->fd, here, SEEK_DATA);

	if (next > here)
		feed(input, (const uint8_t *)"\n", 1);
	else if (next < 0 && here >= 0 && errno == ENXIO)
		lseek(input->fd, 0, SEEK_END);
}

static void read_plain(struct input *input)
{
	do {
		feed(input, input->in, input->got);
		skip_hole(input);
	} while (!*input->why && refill(input));
}

static void damaged(struct input *input, const char *what)
{
	snprintf(input->why, TRIAGE_REASON_SIZE,
		 "its %s stream is damaged, cut short, or wants too much memory", what);
}

/* Several members behind each other are one stream, as gzip(1) has it. */
static void read_gzip(struct input *input)
{
	z_stream stream = { .next_in = input->in, .avail_in = input->got };
	int code = inflateInit2(&stream, 15 + 16);
	bool more = true;

	while (!*input->why && (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR)) {
		if (!stream.avail_in) {
			more = refill(input);
			stream.next_in = input->in;
			stream.avail_in = input->got;
			if (!more)
				break;
		}
		if (code == Z_STREAM_END &&
		    (*stream.next_in != 0x1f || inflateReset(&stream) != Z_OK))
			break;
		stream.next_out = input->out;
		stream.avail_out = PIECE;
		code = inflate(&stream, Z_NO_FLUSH);
		feed(input, input->out, PIECE - stream.avail_out);
	}
	/* What is left in the window, once the file has ended. */
	while (code == Z_OK && !more && !*input->why) {
		stream.next_out = input->out;
		stream.avail_out = PIECE;
		code = inflate(&stream, Z_SYNC_FLUSH);
		feed(input, input->out, PIECE - stream.avail_out);
		if (stream.avail_out)
			break;
	}
	inflateEnd(&stream);
	if (code != Z_STREAM_END && !*input->why)
		damaged(input, "gzip");
}

static void read_xz(struct input *input)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret code = lzma_stream_decoder(&stream, XZ_MEMORY, LZMA_CONCATENATED);
	lzma_action action = LZMA_RUN;

	stream.next_in = input->in;
	stream.avail_in = input->got;
	while (code == LZMA_OK && !*input->why) {
		if (!stream.avail_in && action == LZMA_RUN) {
			if (!refill(input))
				action = LZMA_FINISH;
			stream.next_in = input->in;
			stream.avail_in = input->got;
		}
		stream.next_out = input->out;
		stream.avail_out = PIECE;
		code = lzma_code(&stream, action);
		feed(input, input->out, PIECE - stream.avail_out);
	}
	lzma_end(&stream);
	if (code != LZMA_STREAM_END && !*input->why)
		damaged(input, "xz");
}

static void read_zstd(struct input *input)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	size_t left =
		stream ? ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG) : 1;
	bool more = stream != NULL;

	while (more && !ZSTD_isError(left) && !*input->why) {
		ZSTD_inBuffer in = { input->in, input->got, 0 };
		bool full = true;

		while ((in.pos < in.size || full) && !ZSTD_isError(left) && !*input->why) {
			ZSTD_outBuffer out = { input->out, PIECE, 0 };

			left = ZSTD_decompressStream(stream, &out, &in);
			feed(input, input->out, out.pos);
			full = out.pos == PIECE;
		}
		more = refill(input);
	}
	ZSTD_freeDStream(stream);
	if (left && !*input->why)
		damaged(input, "zstd");
}

static void read_any(struct input *input)
{
	const uint8_t *head = input->in;

	if (input->got > 2 && !memcmp(head, "\x1f\x8b\x08", 3))
		read_gzip(input);
	else if (input->got > 5 && !memcmp(head,
					   "\xfd"
					   "7zXZ",
					   6))
		read_xz(input);
	else if (input->got > 3 && !memcmp(head, "\x28\xb5\x2f\xfd", 4))
		read_zstd(input);
	else
		read_plain(input);
}

/* Neither waits for a FIFO nor takes what is no file; standard input may be anything. */
static int open_input(const char *path, char *why)
{
	const int fd =
		strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : 0;
	struct stat status;

	if (fd < 0) {
		snprintf(why, TRIAGE_REASON_SIZE, "cannot be opened: %s", strerror(errno));
		return -1;
	}
	if (fd && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))) {
		snprintf(why, TRIAGE_REASON_SIZE, "is no regular file");
		close(fd);
		return -1;
	}
	return fd;
}

enum triage_input triage_input_read(const char *path, FILE *redacted, struct triage_log **log,
				    char why[static TRIAGE_REASON_SIZE])
{
	enum triage_input kind = INPUT_LOG;
	struct input *input = calloc(1, sizeof(*input));

	*log = NULL;
	*why = '\0';
	if (!input || !(input->reader = triage_reader_new(path, redacted))) {
		snprintf(why, TRIAGE_REASON_SIZE, "out of memory");
		free(input);
		return INPUT_FAILED;
	}
	input->why = why;
	input->fd = open_input(path, why);
	if (input->fd >= 0) {
		refill(input);
		if (kernel_core_identify(input->in, input->got))
			kind = INPUT_VMCORE;
		else if (!*why)
			read_any(input);
		if (input->fd)
			close(input->fd);
	}
	*log = triage_reader_end(input->reader);
	free(input);
	if (*why)
		kind = INPUT_FAILED;
	if (kind != INPUT_LOG) {
		triage_log_free(*log);
		*log = NULL;
	}
	return kind;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, sorted; NULL: errno says why. */
static char **list_folder(const char *path, size_t *count)
{
	DIR *folder = opendir(path);
	size_t room = 64;
	char **names = folder ? malloc(room * sizeof(*names)) : NULL;
	const struct dirent *entry;

	*count = 0;
	while (names && (entry = readdir(folder))) {
		char **bigger = names;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (*count == room)
			bigger = realloc(names, 2 * room * sizeof(*names));
		if (!bigger)
			break;
		room *= 1 + (*count == room);
		names = bigger;
		names[(*count)++] = text("%s/%s", path, entry->d_name);
	}
	if (folder)
		closedir(folder);
	if (names)
		qsort(names, *count, sizeof(*names), compare_names);
	return names;
}

static bool walk(const char *path, int depth, void (*take)(void *context, const char *path),
		 void *context, char *why)
{
	struct stat status;
	size_t count;
	char **names;

	if (depth && lstat(path, &status)) {
		/* It may have gone since it was listed. */
		if (errno == ENOENT)
			return true;
		snprintf(why, TRIAGE_REASON_SIZE, "%s", strerror(errno));
		return false;
	}
	if (depth && S_ISREG(status.st_mode)) {
		take(context, path);
		return true;
	}
	/* A link within a folder leads somewhere that nobody named. */
	if (depth && !S_ISDIR(status.st_mode))
		return true;
	names = depth < DEPTH_MAX ? list_folder(path, &count) : NULL;
	if (!names) {
		snprintf(why, TRIAGE_REASON_SIZE, "cannot list a folder: %s",
			 depth < DEPTH_MAX ? strerror(errno) : "too many in each other");
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		walk(names[i], depth + 1, take, context, why);
		free(names[i]);
	}
	free(names);
	return !*why;
}

bool triage_input_walk(const char *path, void (*take)(void *context, const char *path),
		       void *context, char why[static TRIAGE_REASON_SIZE])
{
	struct stat status;

	*why = '\0';
	if (strcmp(path, "-") && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return walk(path, 0, take, context, why);
	take(context, path);
	return true;
}
