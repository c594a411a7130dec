// SPDX-License-Identifier: GPL-2.0-only
/*
 * journal.c: any text as the journal of backport --in-place, in a tree of a stranger. Nothing but sources of
 * the tree changes, whatever it names.
 */
#include "fuzz/program.h"

/* Its functions are its own. */
#include "backport/inplace.c"

static const char old[] = "old\n", new[] = "new\n";

static void run_input(struct parts *parts)
{
	journal_replay("tree", program_text(parts));
}

static void write_text(const char *name, const char *content)
{
	parts_write(name, (const uint8_t *)content, strlen(content));
}

/* The tree, and what is beside it: as the input before must have left all but the first two files */
static void prepare_folder(void)
{
	static bool done;

	parts_enter_folder();
	if (!done &&
	    system("rm -rf tree outside; mkdir -p tree/arch/mm tree/.git tree/" IN_PLACE_FOLDER
		   " outside && ln -s ../outside tree/out && ln -s ../outside/x.c tree/y.c"))
		abort();
	if (!done) {
		write_text("outside/x.c", old);
		write_text("tree/.git/config", old);
		write_text("tree/.git/x.c", old);
		write_text("tree/Makefile", old);
		top = open("tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	done = true;
	write_text("tree/arch/mm/flush.c", old);
	write_text("tree/a.h", old);
	write_text("tree/" IN_PLACE_FOLDER "/0", new);
	write_text("tree/" IN_PLACE_FOLDER "/1", new);
	write_text("tree/" IN_PLACE_FOLDER "/2", new);
}

static void must_be(const char *name, const char *content)
{
	size_t size;
	char *found = file_read(name, 4096, &size);

	if (!found || strcmp(found, content))
		abort();
	free(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stat status;

	prepare_folder();
	program_run(run_input, data, size);
	must_be("outside/x.c", old);
	must_be("tree/.git/config", old);
	must_be("tree/.git/x.c", old);
	must_be("tree/Makefile", old);
	if (lstat("tree/y.c", &status) || !S_ISLNK(status.st_mode))
		abort();
	return 0;
}
