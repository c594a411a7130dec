// SPDX-License-Identifier: GPL-2.0-only
/*
 * census.c: the stacks of all CPUs at one instant, grouped by equal call chain
 *
 * Everything comes through QEMU's monitor: the registers of all CPUs with one "info registers -a"
 * (2 ms for 64 CPUs), stacks with "x", a kilobyte at a time (0.4 ms each, two or three a CPU; a dump
 * of the guest's memory would take a hundred times that). A CPU's memory is read through its own
 * page tables, and only when it is in the kernel: in user mode those do not show the kernel.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/causes.h"
#include "lib/say.h"
#include "lib/stacks.h"
#include "lib/text.h"
#include "vm/vm.h"

#define BLOCK_WORDS 128
#define BLOCK_SIZE (8 * BLOCK_WORDS)
#define BLOCKS 8
/* A line of text has room for these; the JSON has all of them. */
#define LINE_WIDTH 120

/* The last blocks read of one CPU's memory. */
struct reader {
	struct vm_qmp *qmp;
	int cpu;
	double deadline;
	unsigned int reads;
	struct block {
		uint64_t address;
		size_t got;
		uint64_t words[BLOCK_WORDS];
	} blocks[BLOCKS];
};

static double time_left(double deadline)
{
	const double left = deadline - vm_wall_s();

	return left > 0 ? left : 0;
}

static const struct block *find_block(struct reader *reader, uint64_t address)
{
	const uint64_t base = address & ~(uint64_t)(BLOCK_SIZE - 1);
	struct block *block;
	char command[64];
	json_t *text;

	for (unsigned int i = 0; i < BLOCKS && i < reader->reads; i++)
		if (reader->blocks[i].address == base)
			return &reader->blocks[i];
	block = &reader->blocks[reader->reads++ % BLOCKS];
	block->address = base;
	snprintf(command, sizeof(command), "x /%dgx 0x%" PRIx64, BLOCK_WORDS, base);
	text = vm_qmp_monitor(reader->qmp, reader->cpu, command, time_left(reader->deadline));
	block->got = text ? vm_memory_parse(json_string_value(text), base, block->words,
					    BLOCK_WORDS) :
			    0;
	json_decref(text);
	return block;
}

static bool read_memory(void *context, uint64_t address, uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++, address += 8) {
		const struct block *block = find_block(context, address);
		const size_t index = (address - block->address) / 8;

		if (index >= block->got)
			return false;
		words[i] = block->words[index];
	}
	return true;
}

/* One call chain, and the CPUs that are in it. */
struct group {
	enum kind { KIND_KERNEL, KIND_UNREADABLE, KIND_USER, KIND_IDLE } kind;
	json_t *frames, *cpus;
};

static const char *const kind_names[] = { "kernel", "unreadable", "user", "idle" };

static bool is_idle_function(const char *name)
{
	const struct causes_function *function = causes_find(name);

	return function && function->role == ROLE_IDLE;
}

static void name_frames(const struct kernel_stack *stack, const struct kernel *kernel,
			json_t *frames)
{
	for (size_t i = 0; i < stack->depth; i++) {
		const char *name = kernel_function_at(kernel, stack->pc[i]);
		char shown[STACKS_NAME_SIZE];

		if (name)
			text_copy(shown, sizeof(shown), name);
		else
			snprintf(shown, sizeof(shown), "0x%" PRIx64, stack->pc[i]);
		text_make_printable(shown);
		json_array_append_new(frames, json_string(shown));
	}
}

/* What CPU @number does, into @group->kind and @group->frames. */
static void look_at_cpu(struct vm_qmp *qmp, double deadline, const struct kernel_registers *cpu,
			int number, const struct kernel *kernel, struct group *group)
{
	static struct reader reader;
	struct kernel_stack stack;

	group->frames = json_array();
	if (!cpu->pc_known || !cpu->level_known) {
		group->kind = KIND_UNREADABLE;
		return;
	}
	if (!cpu->level) {
		group->kind = KIND_USER;
		return;
	}
	/* Never started (PSCI CPU_ON has not come): as reset left it. */
	if (!cpu->pc && !cpu->fp && !cpu->lr) {
		group->kind = KIND_IDLE;
		json_array_append_new(group->frames, json_string("(off)"));
		return;
	}
	reader = (struct reader){ .qmp = qmp, .cpu = number, .deadline = deadline };
	kernel_stack_walk(cpu, kernel, read_memory, &reader, &stack);
	name_frames(&stack, kernel, group->frames);
	group->kind = stack.end == STACK_COMPLETE ? KIND_KERNEL : KIND_UNREADABLE;
	/* How it came to idle, and at which instruction of that it is, makes no difference. */
	if (is_idle_function(json_string_value(json_array_get(group->frames, 0)))) {
		group->kind = KIND_IDLE;
		json_array_clear(group->frames);
		json_array_append_new(group->frames, json_string("do_idle"));
	}
}

/* Adds the CPU to the group it is like; takes over @one's frames. */
static size_t add_to_groups(struct group *groups, size_t count, struct group one, int cpu)
{
	size_t i = 0;

	while (i < count &&
	       (groups[i].kind != one.kind || !json_equal(groups[i].frames, one.frames)))
		i++;
	if (i < count) {
		json_decref(one.frames);
	} else {
		groups[count++] = one;
		groups[i].cpus = json_array();
	}
	json_array_append_new(groups[i].cpus, json_integer(cpu));
	return count;
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	const size_t many = json_array_size(x->cpus), more = json_array_size(y->cpus);

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (many != more)
		return many > more ? -1 : 1;
	return json_integer_value(json_array_get(x->cpus, 0)) <
			       json_integer_value(json_array_get(y->cpus, 0)) ?
		       -1 :
		       1;
}

/* Working CPUs first, the most frequent chain first; what idles comes last. */
static json_t *list_groups(struct group *groups, size_t count)
{
	json_t *list = json_array();

	qsort(groups, count, sizeof(*groups), compare_groups);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list,
				      json_pack("{s:i, s:o, s:s, s:o}", "count",
						(int)json_array_size(groups[i].cpus), "cpus",
						groups[i].cpus, "kind", kind_names[groups[i].kind],
						"frames", groups[i].frames));
	return list;
}

json_t *vm_census_take(struct vm_qmp *qmp, const struct kernel *kernel, double timeout_s,
		       unsigned int *cpus)
{
	static struct kernel_registers registers[RESULT_CPUS_MAX];
	static struct group groups[RESULT_CPUS_MAX];
	const double deadline = vm_wall_s() + timeout_s;
	json_t *dump = vm_qmp_monitor(qmp, -1, "info registers -a", timeout_s);
	size_t count = 0;

	*cpus = dump ? vm_registers_parse(json_string_value(dump), registers, RESULT_CPUS_MAX) : 0;
	if (dump && !*cpus)
		snprintf(qmp->error, sizeof(qmp->error), "QEMU's registers name no CPU");
	json_decref(dump);
	if (!*cpus)
		return NULL;
	for (unsigned int cpu = 0; cpu < *cpus; cpu++) {
		struct group one = { 0 };

		look_at_cpu(qmp, deadline, &registers[cpu], cpu, kernel, &one);
		count = add_to_groups(groups, count, one, cpu);
	}
	return list_groups(groups, count);
}

static void print_group(FILE *out, const json_t *group)
{
	const json_t *frames = json_object_get(group, "frames"), *frame;
	const char *kind = json_string_value(json_object_get(group, "kind"));
	const char *names[KERNEL_STACK_MAX];
	const int width = fprintf(out, "%7d x ",
				  (int)json_integer_value(json_object_get(group, "count")));
	size_t count = 0, i;

	json_array_foreach(frames, i, frame)
		if (count < KERNEL_STACK_MAX)
			names[count++] = json_string_value(frame);
	if (!strcmp(kind, "user"))
		fprintf(out, "user mode");
	else if (!strcmp(kind, "idle"))
		fprintf(out, "%s", names[0][0] == '(' ? "not started" : "idle");
	else
		stacks_print_chain(out, names, count, LINE_WIDTH - width);
	fprintf(out, "%s\n", strcmp(kind, "unreadable") ? "" : " < (unreadable)");
}

void vm_census_print(FILE *out, const json_t *census)
{
	const json_t *group;
	size_t i;

	text_line(out, "%s: census of %d CPUs, %s, in '%s' at %.2f s of guest time",
		  json_string_value(json_object_get(census, "label")),
		  (int)json_integer_value(json_object_get(census, "cpus")),
		  json_string_value(json_object_get(census, "reason")),
		  json_string_value(json_object_get(census, "phase")),
		  json_number_value(json_object_get(census, "guest_s")));
	json_array_foreach(json_object_get(census, "groups"), i, group)
		print_group(out, group);
}
