/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rpm.h: what the files about spec files share
 */
#ifndef ICACHE_IPI_BACKPORT_RPM_H
#define ICACHE_IPI_BACKPORT_RPM_H

#include "backport/backport.h"

/* Fedora and RHEL keep it, empty, for a patch of the user's. */
#define RPM_TEST_PATCH "linux-kernel-test.patch"

/* A spec file, and where rpmbuild looks for what it names. */
struct backport_rpm {
	const char *path;	      /* of the spec */
	const char *sources;	      /* %_sourcedir */
	const char *text;	      /* as it is */
	const char *parsed;	      /* its macros expanded, its conditionals decided, by rpm */
	struct backport_list missing; /* sources and patches that it names and that are not there */
	const struct backport_list *defines;
};

/*
 * rpm-package.c: reads the spec at @path and has rpm expand it, which runs what its macros run. Or the
 * program ends.
 */
void backport_rpm_open(struct backport_rpm *rpm, const char *path,
		       const struct backport_list *defines);
/* The file that a line "Source9: https://host/NAME" or "Patch1: NAME" is about; NULL: no such line. */
char *backport_rpm_tag_file(const char *line, const char *tag);
/* Unpacks the archive @path into a new, empty @folder; packs that again. False: tar(1) said why. */
bool backport_rpm_unpack(const char *path, const char *folder);
bool backport_rpm_pack(const char *path, const char *folder);
/* The last line that @matches, or NULL. */
const char *backport_rpm_last_line(const char *spec, bool (*matches)(const char *line));
/* The path of a source of that name. */
const char *backport_rpm_source(const struct backport_rpm *rpm, const char *name);
/* Is the line of rpm->text that starts at @at in force? No: it is in a conditional that is off. */
bool backport_rpm_is_active(const struct backport_rpm *rpm, const char *at);
/* The first conditional around that line, outermost first, that is off: "%if ... (line 7)". */
char *backport_rpm_conditional(const struct backport_rpm *rpm, const char *at);
/* Where a conditional ends that the line at @at is in: its last %endif's line; @at where there is none. */
const char *backport_rpm_outside(const char *spec, const char *at);

/* rpm-series.c: series.conf, and the tarball of the patches that it names */

/* The tarball; NULL: the spec has none, or no series.conf. */
const char *backport_rpm_series_tarball(const struct backport_rpm *rpm);
/* Is it in force? Else @why says what turns it off, and @next what turns it on. */
bool backport_rpm_series_is_active(const struct backport_rpm *rpm, const char **why,
				   const char **next);
/* The changes that put the patch in, or take it out. Or the program ends. */
void backport_rpm_series_add(const struct backport_rpm *rpm, const struct backport_patch *patch,
			     struct backport_changes *changes);
void backport_rpm_series_remove(const struct backport_rpm *rpm, const struct backport_patch *patch,
				struct backport_changes *changes);

/*
 * rpm-prove.c: has rpmbuild prepare the package with @changes made, in a place of ours, and reads the
 * trees that come of it. True when that is @goal; else @why says what came of it. @patch is ours; where
 * sources are missing, stand-ins take their place, made from the files of @plan.
 */
bool backport_rpm_prove(const struct backport_rpm *rpm, const struct backport_changes *changes,
			const struct backport_plan *plan, const struct backport_patch *patch,
			const char *goal, const char **why);

#endif
