// SPDX-License-Identifier: GPL-2.0-only
/*
 * json.c: the table as one JSON object (docs/schemas/icache-ipi-who.schema.json)
 */
#include <inttypes.h>
#include <string.h>

#include "lib/text.h"
#include "who/who.h"

static void print_string(FILE *to, const char *value)
{
	fputc('"', to);
	for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(to, "\\%c", *c);
		else if (*c < 0x20)
			fprintf(to, "\\u%04x", *c);
		else
			fputc(*c, to);
	}
	fputc('"', to);
}

static void print_row(FILE *to, const struct who_row *row)
{
	fprintf(to, "    {\"cause\": \"%s\", \"process\": %" PRIu32 ", \"name\": ",
		causes_ids[row->cause], row->process);
	print_string(to, row->comm);
	fputs(", \"cgroup\": ", to);
	print_string(to, row->cgroup);
	fprintf(to, ", \"broadcasts\": %" PRIu64 ", \"ipis\": %" PRIu64 ", \"path\": [",
		row->broadcasts, row->ipis);
	for (size_t i = 0; i < row->depth; i++) {
		fputs(i ? ", " : "", to);
		print_string(to, row->chain[i]);
	}
	fputs("]}", to);
}

/* What arrived at each CPU that is asked about; of calls, what it sent. */
static void print_cpus(FILE *to, const struct who_table *table)
{
	const char *before = "";

	for (unsigned int cpu = 0; cpu < WHO_CPUS_MAX; cpu++) {
		if (!table->to.has[cpu])
			continue;
		fprintf(to, "%s{\"cpu\": %u, \"sent\": %" PRIu64, before, cpu, table->sent[cpu]);
		if (!table->all)
			fprintf(to, ", \"received\": %" PRIu64, who_table_arrived(table, cpu));
		fputc('}', to);
		before = ", ";
	}
}

void who_json(FILE *to, const struct who_table *table)
{
	fprintf(to,
		"{\n"
		"  \"schema\": \"icache-ipi-who\", \"version\": 1, \"tool\": \"%s\",\n"
		"  \"seconds\": %.6f, \"cpus_online\": %u,%s\n"
		"  \"broadcasts\": %" PRIu64 ", \"ipis\": %" PRIu64 ", \"lost\": %" PRIu64
		", \"missed\": %" PRIu64 ",\n"
		"  \"rows\": [",
		ICACHE_IPI_VERSION, table->seconds, table->online.count,
		table->all ? " \"all\": true," : "", table->broadcasts, table->ipis, table->lost,
		table->missed);
	for (size_t i = 0; i < table->count; i++) {
		fputs(i ? ",\n" : "\n", to);
		print_row(to, &table->rows[i]);
	}
	fputs(table->count ? "\n  ],\n  \"cpus\": [" : "],\n  \"cpus\": [", to);
	print_cpus(to, table);
	fputs("]\n}\n", to);
}
