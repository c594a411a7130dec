// SPDX-License-Identifier: GPL-2.0-only
/*
 * cleanup.c: what a run leaves behind is nothing but what it was asked for
 */
#include <stdlib.h>

#include "backport/backport.h"

const char *backport_work, *backport_unfinished;

static void clean_up(void)
{
	backport_command_uninterrupted();
	if (backport_unfinished)
		backport_tree_remove(backport_unfinished);
	if (backport_work)
		backport_remove_all(backport_work);
}

void backport_cleanup_begin(void)
{
	char *work = text("%s/icache-ipi.XXXXXX", getenv("TMPDIR") ?: "/tmp");

	atexit(clean_up);
	if (!mkdtemp(work))
		die(EXIT_UNKNOWN, "cannot write to %s: %m; set TMPDIR", backport_folder_of(work));
	backport_work = work;
}
