/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * refuse.h: why a module does not do what it was asked: one word of a fixed list, for programs
 *
 * A module that was refused leaves no file behind, so the word goes to the kernel's log. A line
 * begins with the module's name and "event=refused reason=WORD error=NUMBER"; the text behind is
 * for people. icache-ipi-status reads the word, the manual page icache-ipi-mitigate(8) explains it.
 */
#ifndef ICACHE_IPI_REFUSE_H
#define ICACHE_IPI_REFUSE_H

#include <linux/printk.h>

enum refusal {
	REFUSAL_FIXED,			/* nothing to do */
	REFUSAL_DORMANT,
	REFUSAL_PATCHED,
	REFUSAL_AFFECTED,		/* only to put the fault back */
	REFUSAL_LOCKED_DOWN,		/* the kernel forbids it */
	REFUSAL_NO_PROBES,		/* the kernel could not be tried */
	REFUSAL_MISSED,
	REFUSAL_OTHER_BROADCAST,
	REFUSAL_NO_FUNCTION,		/* not the code that is known */
	REFUSAL_UNKNOWN_CODE,
	REFUSAL_CHANGED,		/* somebody else is there */
	REFUSAL_RACED,
	REFUSAL_NO_BRANCH,		/* not by this method */
	REFUSAL_INEFFECTIVE,
	REFUSAL_BAD_PARAMETER,
	REFUSAL_NOT_ARMED,
	REFUSAL_NO_DEBUGFS,
	REFUSAL_ERROR,			/* what the error number says */
	REFUSALS
};

extern const char *const refusal_words[REFUSALS];

/* Says why, at level @print (pr_err ...); its value is @error, negative, to be returned. */
#define refuse(print, reason, error, format, ...)						\
({												\
	const int refuse_error = (error);							\
												\
	print("event=refused reason=%s error=%d text=\"" format "\"\n", refusal_words[reason],	\
	      refuse_error, ##__VA_ARGS__);							\
	refuse_error;										\
})

#endif
