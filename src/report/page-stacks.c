// SPDX-License-Identifier: GPL-2.0-only
/*
 * page-stacks.c: the stacks of all CPUs on the page: a guest's censuses, and incidents of logs
 */
#include <inttypes.h>
#include <string.h>

#include "lib/text.h"
#include "report/census.h"
#include "report/frame.h"
#include "report/incidents.h"
#include "report/page-stacks.h"
#include "report/pictures.h"
#include "report/text.h"

#define CENSUS_BARS_MAX 12

/* A bar for each stack: how many CPUs share it. Those after the first twelve share one bar. */
static void draw_groups(FILE *to, const json_t *groups, const char *name)
{
	struct report_bar bars[CENSUS_BARS_MAX + 1] = { 0 };
	const json_t *group;
	size_t i, count = 0;
	char text[256];

	json_array_foreach(groups, i, group) {
		const enum census_act act = report_census_act(group);
		const bool rest = i >= CENSUS_BARS_MAX;
		struct report_bar *bar = &bars[rest ? CENSUS_BARS_MAX : i];

		count = bar - bars + 1;
		bar->kind = report_census_colours[rest ? CENSUS_UNREADABLE : act];
		bar->value += json_integer_value(json_object_get(group, "count"));
		snprintf(bar->number, sizeof(bar->number), "%.0f CPU%s", bar->value,
			 bar->value == 1 ? "" : "s");
		report_census_chain(group, text, sizeof(text));
		text_mend(text);
		snprintf(bar->words, sizeof(bar->words), "%s%s%s",
			 rest ? "other stacks" : report_census_act_names[act],
			 rest || act >= CENSUS_USER ? "" : ": ",
			 rest || act >= CENSUS_USER ? "" : text);
	}
	report_draw_bars(to, name, "CPUs by what they do", bars, count);
}

static void print_group(FILE *to, const json_t *group)
{
	const enum census_act act = report_census_act(group);
	char text[8192];

	fprintf(to,
		"<tr><td class=\"n\">%" PRId64 "</td><td><span class=\"swatch\" "
		"style=\"background:var(--%s)\"></span>%s</td><td><code>",
		(int64_t)json_integer_value(json_object_get(group, "count")),
		report_census_colours[act], report_census_act_names[act]);
	report_census_chain(group, text, sizeof(text));
	report_print_markup(to, text);
	report_census_cpus(group, text, sizeof(text));
	fprintf(to, "</code></td><td class=\"cpus\">%s</td></tr>\n", text);
}

/* The picture and the table of @groups; @name makes ids unique. */
static void print_groups(FILE *to, const json_t *groups, const char *name)
{
	const json_t *group;
	size_t i;

	if (!json_array_size(groups))
		return;
	fputs("<figure>\n", to);
	draw_groups(to, groups, name);
	fputs("</figure>\n", to);
	fputs(SCROLL("Stacks") "<table>\n<thead><tr><th scope=\"col\" class=\"n\">CPUs</th>"
			       "<th scope=\"col\">Doing</th><th scope=\"col\">Stack, innermost first</th>"
			       "<th scope=\"col\">Which</th></tr></thead>\n<tbody>\n",
	      to);
	json_array_foreach(groups, i, group)
		print_group(to, group);
	fputs("</tbody></table></div>\n", to);
}

static void print_census(FILE *to, const json_t *census, size_t number)
{
	char name[32];

	fputs("<article class=\"census\">\n<h3>", to);
	report_print_bdi(to, json_string_value(json_object_get(census, "label")));
	fprintf(to, "</h3>\n<p>All %" PRId64 " CPUs at %.3f s of guest time, in phase \xe2\x80\x9c",
		(int64_t)json_integer_value(json_object_get(census, "cpus")),
		json_number_value(json_object_get(census, "guest_s")));
	report_print_bdi(to, json_string_value(json_object_get(census, "phase")));
	fputs("\xe2\x80\x9d; reason: ", to);
	report_print_bdi(to, json_string_value(json_object_get(census, "reason")));
	fputs(".</p>\n", to);
	snprintf(name, sizeof(name), "census-%zu", number);
	print_groups(to, json_object_get(census, "groups"), name);
	fputs("</article>\n", to);
}

void report_print_censuses(FILE *to, const struct report *report)
{
	size_t number = 0, j;
	const json_t *census;

	fputs("<section id=\"census\">\n<h2>Census</h2>\n<p class=\"note\">The stacks of all "
	      "CPUs at one instant, grouped by equal call chain.</p>\n",
	      to);
	for (size_t i = 0; i < report->count; i++)
		json_array_foreach(report->censuses[i], j, census)
			print_census(to, census, ++number);
	fputs("</section>\n", to);
}

/* "this fault", in the colour of what it means for a kernel. */
static void print_answer(FILE *to, const char *verdict)
{
	static const struct {
		const char *id, *look, *sign;
	} answers[] = {
		{ "this-fault", "affected", "\xe2\x9c\x97" },
		{ "not-this-fault", "fixed", "\xe2\x9c\x93" },
		{ "cannot-tell", "unknown", "?" },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (!strcmp(verdict, answers[i].id))
			fprintf(to, "<span class=\"badge %s\">%s %s</span>", answers[i].look,
				answers[i].sign, report_triage_words(verdict));
}

static void print_incident(FILE *to, const json_t *incident, size_t number)
{
	char name[32];

	fputs("<p>", to);
	print_answer(to, json_string_value(json_object_get(incident, "verdict")));
	if (json_is_true(json_object_get(incident, "timed")))
		fprintf(to, " at %.1f s", json_number_value(json_object_get(incident, "seconds")));
	fputs(": ", to);
	report_print_bdi(to, json_string_value(json_object_get(incident, "reason")));
	fputs(".</p>\n", to);
	snprintf(name, sizeof(name), "incident-%zu", number);
	print_groups(to, json_object_get(incident, "groups"), name);
}

void report_print_incidents(FILE *to, const struct report *report)
{
	size_t number = 0, i;
	const json_t *incident;

	fputs("<section id=\"incidents\">\n<h2>Incidents</h2>\n<p class=\"note\">Lockups in logs and vmcores, as "
	      "icache-ipi-triage judges them.</p>\n",
	      to);
	for (size_t log = 0; log < report->triaged; log++) {
		const json_t *answer = report->triage[log];
		const json_t *incidents = json_object_get(answer, "incidents");

		fputs("<article class=\"census\">\n<h3>", to);
		report_print_bdi(to, json_string_value(json_object_get(answer, "path")));
		fputs("</h3>\n", to);
		if (!json_array_size(incidents)) {
			fputs("<p>", to);
			print_answer(to, json_string_value(json_object_get(answer, "verdict")));
			fputs(": ", to);
			report_print_bdi(to, json_string_value(json_object_get(answer, "reason")));
			fputs(".</p>\n", to);
		}
		json_array_foreach(incidents, i, incident)
			print_incident(to, incident, ++number);
		fputs("</article>\n", to);
	}
	fputs("</section>\n", to);
}
