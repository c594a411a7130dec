// SPDX-License-Identifier: GPL-2.0-only
/*
 * spec.c: any text as a spec file, parted by form feeds: the spec, what rpm says of it. What an export
 * would make of it names the patch; taken out again, nothing does.
 */
#include "fuzz/program.h"

/* Their functions are their own. */
#include "backport/rpm.c"
#undef BUILDID_READY
#include "backport/rpm-package.c"
#include "backport/rpm-prove.c"
#include "backport/rpm-series.c"

static void check_export(const struct backport_rpm *rpm, const struct trial *trial)
{
	for (int attempt = 0; attempt < 4; attempt++) {
		struct backport_changes changes = { 0 };
		const char *name = trial->patch->name;

		if (!patches_change(trial, attempt < 2, attempt % 2, &changes))
			continue;
		if (changes.count != 2 || !strstr(changes.items[1].data, name) ||
		    strstr(spec_without(changes.items[1].data, name), name))
			abort();
	}
}

static void run_input(struct parts *parts)
{
	const char *spec = program_text(parts);
	struct backport_list none = { 0 };
	struct backport_rpm rpm = { .path = "kernel.spec",
				    .sources = ".",
				    .text = spec,
				    .parsed = program_text(parts),
				    .defines = &none };
	const struct backport_patch patch = { .name = "fix.patch",
					      .subject = "fix",
					      .content = "" };
	const struct trial trial = { .rpm = &rpm, .patch = &patch };
	const char *at = backport_rpm_last_line(spec, is_series_tag);

	rpm.missing = named_files(rpm.parsed, rpm.sources);
	for (size_t i = 0; i < rpm.missing.count; i++)
		if (strchr(rpm.missing.items[i], '/'))
			abort();
	top_folders(&rpm);
	names_archive(&rpm);
	backport_rpm_series_tarball(&rpm);
	is_others_patch(&rpm, "other.patch", &patch);
	line_replaced(spec, BUILDID_OURS, BUILDID_OURS);
	backport_lines_without(spec, line_has, "patches/fix.patch");
	if (at)
		backport_rpm_outside(spec, at);
	last_words(text("%s", spec));
	first_error(text("%s", spec));
	check_export(&rpm, &trial);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parts_enter_folder();
	program_run(run_input, data, size);
	return 0;
}
