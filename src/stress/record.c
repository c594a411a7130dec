// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c: results out, as they come
 *
 *   table    for a person
 *   JSON     one object, the result of docs/schemas/result.schema.json without the VM's part
 *   stream   one JSON object a line ("record": machine, at, row, skip, end), for icache-ipi-vm, which
 *            must keep what came before the guest died. The last one says how many rows there were.
 *
 * Strings that go into JSON here are the kernel's and our own; json_string() escapes them.
 */
#include <inttypes.h>
#include <string.h>

#include "stress/stress.h"

static enum stress_record_format format;
static FILE *out;

void stress_record_open(enum stress_record_format wanted, FILE *file)
{
	format = wanted;
	out = file;
}

static void json_string(const char *name, const char *value, const char *after)
{
	fprintf(out, "\"%s\": \"", name);
	for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c < 0x20 || *c >= 0x7f)
			fprintf(out, "\\u%04x", *c);
		else
			fputc(*c, out);
	}
	fprintf(out, "\"%s", after);
}

static void json_number(const char *name, uint64_t value, const char *after)
{
	fprintf(out, "\"%s\": %" PRIu64 "%s", name, value, after);
}

static void json_machine(const struct stress_machine *machine)
{
	json_string("tool", ICACHE_IPI_VERSION, ", ");
	fprintf(out, "\"kernel\": {");
	json_string("release", machine->release, ", ");
	json_string("banner", machine->banner, ", ");
	json_string("build_id", machine->build_id, "}, \"machine\": {");
	json_number("cpus", machine->cpus, ", ");
	json_number("nodes", machine->nodes, ", ");
	json_number("page_size", machine->page_size, ", ");
	json_number("huge_page_size", machine->huge_size, ", ");
	json_number("watchdog_thresh", machine->watchdog_thresh, ", ");
	json_string("icache", machine->icache, ", ");
	json_string("mitigation", machine->mitigation, "}");
}

static void json_row(const struct row *row)
{
	json_string("scenario", row->scenario, ", ");
	json_string("step", row->step, "");
	for (size_t i = 0; i < row_fields_count; i++) {
		fprintf(out, ", ");
		json_number(row_fields[i].name, *row_number((struct row *)row, &row_fields[i]), "");
	}
}

void stress_record_machine(const struct stress_machine *machine)
{
	switch (format) {
	case RECORD_TABLE:
		fprintf(out,
			"kernel   %s\nmachine  %u CPUs, %s I-cache, %zu KiB pages, "
			"%zu KiB huge pages\n",
			machine->release, machine->cpus, machine->icache, machine->page_size >> 10,
			machine->huge_size >> 10);
		if (*machine->mitigation)
			fprintf(out, "module   icache_ipi_mitigate: %s\n", machine->mitigation);
		fputc('\n', out);
		fprintf(out, "%-8s  %-15s  %7s  %10s  %10s  %7s  %12s  %7s  %s\n", "scenario",
			"step", "at once", "operations", "IPIs", "control", "worst", "lockups",
			"fits code");
		break;
	case RECORD_JSON:
		fprintf(out, "{\"schema\": \"icache-ipi-result\", \"version\": 1, ");
		json_machine(machine);
		fprintf(out, ", \"rows\": [");
		break;
	case RECORD_STREAM:
		fprintf(out, "{\"record\": \"machine\", ");
		json_number("guest_ns", stress_now_ns(), ", ");
		json_machine(machine);
		fprintf(out, "}\n");
	}
	fflush(out);
}

void stress_record_at(const char *phase, uint64_t operations, uint64_t ipis)
{
	if (format != RECORD_STREAM)
		return;
	fprintf(out, "{\"record\": \"at\", ");
	json_string("phase", phase, ", ");
	json_number("guest_ns", stress_now_ns(), ", ");
	json_number("operations", operations, ", ");
	json_number("ipis", ipis, "}\n");
	fflush(out);
}

/* The forms whose price @row has: "affected", "posted, merged", "any", "none". */
static const char *fitting_forms(const struct row *row, const struct stress_machine *machine)
{
	const struct verdict_machine where = stress_verdict_machine(machine);
	static char names[64];
	unsigned int fitting = 0;

	names[0] = '\0';
	for (enum form form = 0; form < FORMS; form++)
		if (machine->cpus > 1 && verdict_row_fits(row, &where, form))
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
				 fitting++ ? ", " : "", form_names[form]);
	return fitting == FORMS ? "any" : fitting ? names : "none";
}

void stress_record_row(const struct row *row, const struct stress_machine *machine)
{
	static unsigned int rows;

	switch (format) {
	case RECORD_TABLE:
		fprintf(out,
			"%-8s  %-15s  %7" PRIu64 "  %10" PRIu64 "  %10" PRIu64 "  %7" PRIu64
			"  %9.3f ms  %7" PRIu64 "  %s\n",
			row->scenario, row->step, row->at_once, row->operations, row->ipis,
			row->control_ipis, row->worst_ns / 1e6, row->lockups,
			fitting_forms(row, machine));
		break;
	case RECORD_JSON:
		fprintf(out, "%s{", rows++ ? ", " : "");
		json_row(row);
		fprintf(out, "}");
		break;
	case RECORD_STREAM:
		fprintf(out, "{\"record\": \"row\", ");
		json_row(row);
		fprintf(out, "}\n");
	}
	fflush(out);
}

static void json_skip(const struct stress_skip *skip)
{
	json_string("scenario", skip->scenario, ", ");
	json_string("step", skip->step, ", ");
	json_string("reason", skip->reason, "}");
}

/* In JSON they come after the rows. */
void stress_record_skip(const struct stress_skip *skip)
{
	switch (format) {
	case RECORD_TABLE:
		fprintf(out, "%-8s  %-15s  skipped: %s\n", skip->scenario, skip->step,
			skip->reason);
		break;
	case RECORD_JSON: return;
	case RECORD_STREAM:
		fprintf(out, "{\"record\": \"skip\", ");
		json_skip(skip);
		fprintf(out, "\n");
	}
	fflush(out);
}

void stress_record_end(const struct stress *stress, const struct judgement *judgement)
{
	switch (format) {
	case RECORD_TABLE:
		fprintf(out, "\n%s: %s\n", verdict_names[judgement->verdict], judgement->reason);
		break;
	case RECORD_JSON:
		fprintf(out, "], \"skipped\": [");
		for (size_t i = 0; i < stress->skips_count; i++) {
			fprintf(out, "%s{", i ? ", " : "");
			json_skip(&stress->skips[i]);
		}
		fprintf(out, "], ");
		json_string("outcome", "completed", ", ");
		json_string("verdict", verdict_names[judgement->verdict], ", ");
		json_string("code", form_names[judgement->form], ", ");
		json_string("reason", judgement->reason, "}\n");
		break;
	case RECORD_STREAM:
		fprintf(out, "{\"record\": \"end\", ");
		json_number("rows", stress->rows_count, ", ");
		json_number("guest_ns", stress_now_ns(), ", ");
		json_string("reason", judgement->reason, "}\n");
	}
	fflush(out);
}
