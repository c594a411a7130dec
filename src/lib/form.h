/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * form.h: which code a kernel carries: no fix, the fix as posted, the fix as merged
 */
#ifndef ICACHE_IPI_LIB_FORM_H
#define ICACHE_IPI_LIB_FORM_H

enum form {
	FORM_AFFECTED,	    /* every user pte broadcasts */
	FORM_POSTED,	    /* an argument says who broadcasts; user ptes do not */
	FORM_MERGED,	    /* nothing in sync_icache_aliases() broadcasts */
	FORMS,		    /* a kernel carries one of those above; below is what is known of it */
	FORM_FIXED = FORMS, /* posted or merged; what was measured fits both */
	FORM_NONE,	    /* not found out, or none fits */
	FORM_WORDS
};

/* "affected", "posted", "merged", "fixed", "" */
extern const char *const form_names[FORM_WORDS];

/* The form called @name; FORM_WORDS when it is none of form_names[]. */
enum form form_find(const char *name);

#endif
