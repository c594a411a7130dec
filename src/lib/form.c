// SPDX-License-Identifier: GPL-2.0-only
/*
 * form.c: the words for what code a kernel carries
 */
#include <string.h>

#include "lib/form.h"

const char *const form_names[FORM_WORDS] = {
	[FORM_AFFECTED] = "affected", [FORM_POSTED] = "posted", [FORM_MERGED] = "merged",
	[FORM_FIXED] = "fixed",	      [FORM_NONE] = "",
};

enum form form_find(const char *name)
{
	enum form form = 0;

	while (form < FORM_WORDS && strcmp(name, form_names[form]))
		form++;
	return form;
}
