// SPDX-License-Identifier: GPL-2.0-only
/*
 * assemble.c: the program that runs in the kernel at each broadcast, or call
 *
 * In words:
 *
 *	ipis = how many other CPUs the call is for, of those that are asked about; none: the end
 *	half = turn; totals[half] += { 1, ipis }
 *	key = process, its name, its cgroup, who called, the stack (if there is room for it)
 *	counts[half][key] += { 1, ipis }
 *
 * It runs with preemption disabled and never within itself on one CPU (kernel/trace/bpf_trace.c,
 * trace_call_bpf), so that additions to values of this CPU need no lock.
 */
#include <errno.h>
#include <string.h>

#include "who/who.h"

/* What the program keeps on its stack, from its frame pointer. */
enum {
	AT_KEY = -(int)sizeof(struct who_key),
	AT_VALUE = AT_KEY - (int)sizeof(struct who_value),
	AT_INDEX = AT_VALUE - 8,
	AT_WORD = AT_INDEX - 8,
};

/* Registers that calls preserve. */
enum { CONTEXT = BPF_REG_6, TASK = BPF_REG_7, PROCESS = BPF_REG_8, HALF = BPF_REG_9 };
/* The same ones, while the argument is read. */
enum { OWN = BPF_REG_7, ARGUMENT = BPF_REG_8, SUM = BPF_REG_9 };

struct writer {
	struct bpf_insn *at, *start;
	/* Jumps to the end, whose place is known when it is written. */
	struct bpf_insn *to_end[16];
	int ends;
};

static struct bpf_insn *put(struct writer *to, uint8_t code, uint8_t target, uint8_t source,
			    int16_t offset, int32_t value)
{
	*to->at = (struct bpf_insn){ .code = code,
				     .dst_reg = target,
				     .src_reg = source,
				     .off = offset,
				     .imm = value };
	return to->at++;
}

static void move(struct writer *to, int target, int source)
{
	put(to, BPF_ALU64 | BPF_MOV | BPF_X, target, source, 0, 0);
}

static void set(struct writer *to, int target, int32_t value)
{
	put(to, BPF_ALU64 | BPF_MOV | BPF_K, target, 0, 0, value);
}

/* A map's address: two instructions (kernel/bpf/verifier.c, replace_map_fd_with_map_ptr). */
static void set_map(struct writer *to, int target, int map)
{
	put(to, BPF_LD | BPF_DW | BPF_IMM, target, BPF_PSEUDO_MAP_FD, 0, map);
	put(to, 0, 0, 0, 0, 0);
}

static void set_long(struct writer *to, int target, uint64_t value)
{
	put(to, BPF_LD | BPF_DW | BPF_IMM, target, 0, 0, value);
	put(to, 0, 0, 0, 0, value >> 32);
}

static void calculate(struct writer *to, int operation, int target, int source)
{
	put(to, BPF_ALU64 | operation | BPF_X, target, source, 0, 0);
}

static void calculate_with(struct writer *to, int operation, int target, int32_t value)
{
	put(to, BPF_ALU64 | operation | BPF_K, target, 0, 0, value);
}

static void load(struct writer *to, int size, int target, int source, int offset)
{
	put(to, BPF_LDX | BPF_MEM | size, target, source, offset, 0);
}

static void store(struct writer *to, int size, int target, int offset, int source)
{
	put(to, BPF_STX | BPF_MEM | size, target, source, offset, 0);
}

static void store_value(struct writer *to, int size, int target, int offset, int32_t value)
{
	put(to, BPF_ST | BPF_MEM | size, target, 0, offset, value);
}

static void call(struct writer *to, int function)
{
	put(to, BPF_JMP | BPF_CALL, 0, 0, 0, function);
}

/* A jump forward, whose target is set by land(). */
static struct bpf_insn *jump(struct writer *to, int condition, int target, int32_t value)
{
	return put(to, BPF_JMP | condition | BPF_K, target, 0, 0, value);
}

static void land(struct writer *to, struct bpf_insn *jump)
{
	jump->off = to->at - jump - 1;
}

static void end_if(struct writer *to, int condition, int target, int32_t value)
{
	to->to_end[to->ends++] = jump(to, condition, target, value);
}

/* R0 = where @map has the value of the key on the stack at @offset, or 0. */
static void look_up(struct writer *to, int map, int offset)
{
	set_map(to, BPF_REG_1, map);
	move(to, BPF_REG_2, BPF_REG_10);
	calculate_with(to, BPF_ADD, BPF_REG_2, offset);
	call(to, BPF_FUNC_map_lookup_elem);
}

/* *(struct who_value *)R0 += the one on the stack */
static void increase(struct writer *to)
{
	for (int at = 0; at < (int)sizeof(struct who_value); at += 8) {
		load(to, BPF_DW, BPF_REG_1, BPF_REG_0, at);
		load(to, BPF_DW, BPF_REG_2, BPF_REG_10, AT_VALUE + at);
		calculate(to, BPF_ADD, BPF_REG_1, BPF_REG_2);
		store(to, BPF_DW, BPF_REG_0, at, BPF_REG_1);
	}
}

/* R1 = the eight bytes of the kernel at R3; 0 where it has none */
static void read_word(struct writer *to)
{
	move(to, BPF_REG_1, BPF_REG_10);
	calculate_with(to, BPF_ADD, BPF_REG_1, AT_WORD);
	set(to, BPF_REG_2, 8);
	call(to, BPF_FUNC_probe_read);
	load(to, BPF_DW, BPF_REG_1, BPF_REG_10, AT_WORD);
}

/* R1 = the number of bits in R1, by adding neighbours; R2 is used. */
static void count_bits(struct writer *to)
{
	static const uint64_t masks[] = { 0x5555555555555555, 0x3333333333333333,
					  0x0f0f0f0f0f0f0f0f };

	for (int i = 0; i < 3; i++) {
		move(to, BPF_REG_2, BPF_REG_1);
		calculate_with(to, BPF_RSH, BPF_REG_2, 1 << i);
		set_long(to, BPF_REG_3, masks[i]);
		calculate(to, BPF_AND, BPF_REG_1, BPF_REG_3);
		calculate(to, BPF_AND, BPF_REG_2, BPF_REG_3);
		calculate(to, BPF_ADD, BPF_REG_1, BPF_REG_2);
	}
	set_long(to, BPF_REG_3, 0x0101010101010101);
	calculate(to, BPF_MUL, BPF_REG_1, BPF_REG_3);
	calculate_with(to, BPF_RSH, BPF_REG_1, 56);
}

/* The CPUs of @word of the mask that are asked about, without the own one. */
static void count_word(struct writer *to, const struct who_assembly *parts, int word)
{
	struct bpf_insn *elsewhere;

	move(to, BPF_REG_3, ARGUMENT);
	calculate_with(to, BPF_ADD, BPF_REG_3, 8 * word);
	read_word(to);
	set_long(to, BPF_REG_2, parts->mask[word]);
	calculate(to, BPF_AND, BPF_REG_1, BPF_REG_2);
	move(to, BPF_REG_2, OWN);
	calculate_with(to, BPF_RSH, BPF_REG_2, 6);
	elsewhere = jump(to, BPF_JNE, BPF_REG_2, word);
	move(to, BPF_REG_2, OWN);
	calculate_with(to, BPF_AND, BPF_REG_2, 63);
	set(to, BPF_REG_3, 1);
	calculate(to, BPF_LSH, BPF_REG_3, BPF_REG_2);
	calculate_with(to, BPF_XOR, BPF_REG_3, -1);
	calculate(to, BPF_AND, BPF_REG_1, BPF_REG_3);
	land(to, elsewhere);
	count_bits(to);
	calculate(to, BPF_ADD, SUM, BPF_REG_1);
}

static void count_many(struct writer *to, const struct who_assembly *parts)
{
	set(to, SUM, 0);
	for (int word = 0; word < WHO_CPUS_MAX / 64; word++)
		if (parts->mask[word])
			count_word(to, parts, word);
	end_if(to, BPF_JEQ, SUM, 0);
	store(to, BPF_DW, BPF_REG_10, AT_VALUE + 8, SUM);
}

/* Until Linux 5.11, a call for many CPUs of which one is there comes by here. */
static void end_if_inside(struct writer *to, const struct who_assembly *parts)
{
	struct bpf_insn *outside;

	if (parts->caller_offset >= 0) {
		load(to, BPF_DW, BPF_REG_1, CONTEXT, parts->caller_offset);
	} else {
		load(to, BPF_DW, BPF_REG_3, CONTEXT, parts->stack_offset);
		read_word(to);
	}
	set_long(to, BPF_REG_2, parts->inside);
	calculate(to, BPF_SUB, BPF_REG_1, BPF_REG_2);
	outside = jump(to, BPF_JGE, BPF_REG_1, parts->inside_size);
	to->to_end[to->ends++] = jump(to, BPF_JA, 0, 0);
	land(to, outside);
}

/* A call to the own CPU interrupts nobody. */
static void count_one(struct writer *to, const struct who_assembly *parts)
{
	calculate_with(to, BPF_LSH, ARGUMENT, 32);
	calculate_with(to, BPF_RSH, ARGUMENT, 32);
	to->to_end[to->ends++] = put(to, BPF_JMP | BPF_JEQ | BPF_X, ARGUMENT, OWN, 0, 0);
	store(to, BPF_W, BPF_REG_10, AT_INDEX, ARGUMENT);
	look_up(to, parts->asked, AT_INDEX);
	end_if(to, BPF_JEQ, BPF_REG_0, 0);
	load(to, BPF_W, BPF_REG_1, BPF_REG_0, 0);
	end_if(to, BPF_JEQ, BPF_REG_1, 0);
	end_if_inside(to, parts);
	store_value(to, BPF_DW, BPF_REG_10, AT_VALUE + 8, 1);
}

static void find_value(struct writer *to, const struct who_assembly *parts)
{
	store_value(to, BPF_DW, BPF_REG_10, AT_VALUE, 1);
	store_value(to, BPF_DW, BPF_REG_10, AT_VALUE + 8, 0);
	if (parts->argument == WHO_FOR_ALL)
		return;
	load(to, BPF_DW, ARGUMENT, CONTEXT, parts->argument_offset);
	call(to, BPF_FUNC_get_smp_processor_id);
	move(to, OWN, BPF_REG_0);
	if (parts->argument == WHO_FOR_MANY)
		count_many(to, parts);
	else
		count_one(to, parts);
}

static void read_process(struct writer *to, const struct who_assembly *parts)
{
	call(to, BPF_FUNC_get_current_pid_tgid);
	move(to, TASK, BPF_REG_0);
	move(to, PROCESS, BPF_REG_0);
	put(to, BPF_ALU64 | BPF_RSH | BPF_K, PROCESS, 0, 0, 32);
	if (parts->process)
		end_if(to, BPF_JNE, PROCESS, parts->process);
}

static void count_total(struct writer *to, const struct who_assembly *parts)
{
	store_value(to, BPF_W, BPF_REG_10, AT_INDEX, 0);
	look_up(to, parts->turn, AT_INDEX);
	end_if(to, BPF_JEQ, BPF_REG_0, 0);
	load(to, BPF_W, HALF, BPF_REG_0, 0);
	store(to, BPF_W, BPF_REG_10, AT_INDEX, HALF);
	look_up(to, parts->totals, AT_INDEX);
	end_if(to, BPF_JEQ, BPF_REG_0, 0);
	increase(to);
}

#define KEY(member) (AT_KEY + (int)offsetof(struct who_key, member))

static void fill_key(struct writer *to, const struct who_assembly *parts)
{
	struct bpf_insn *other;

	store_value(to, BPF_DW, BPF_REG_10, KEY(caller), 0);
	store_value(to, BPF_DW, BPF_REG_10, KEY(cgroup), 0);
	store_value(to, BPF_W, BPF_REG_10, KEY(leader), 0);
	store_value(to, BPF_W, BPF_REG_10, KEY(skipped), 0);
	store_value(to, BPF_W, BPF_REG_10, KEY(probe), parts->probe);
	store_value(to, BPF_W, BPF_REG_10, KEY(zero), 0);
	store(to, BPF_W, BPF_REG_10, KEY(process), PROCESS);
	/* The lower half is the thread. */
	put(to, BPF_ALU64 | BPF_LSH | BPF_K, TASK, 0, 0, 32);
	put(to, BPF_ALU64 | BPF_RSH | BPF_K, TASK, 0, 0, 32);
	other = put(to, BPF_JMP | BPF_JNE | BPF_X, TASK, PROCESS, 0, 0);
	store_value(to, BPF_W, BPF_REG_10, KEY(leader), 1);
	land(to, other);
	if (parts->caller_offset >= 0) {
		load(to, BPF_DW, BPF_REG_1, CONTEXT, parts->caller_offset);
		store(to, BPF_DW, BPF_REG_10, KEY(caller), BPF_REG_1);
	}
	move(to, BPF_REG_1, BPF_REG_10);
	calculate_with(to, BPF_ADD, BPF_REG_1, KEY(comm));
	set(to, BPF_REG_2, WHO_COMM_SIZE);
	call(to, BPF_FUNC_get_current_comm);
	if (parts->cgroups) {
		call(to, BPF_FUNC_get_current_cgroup_id);
		store(to, BPF_DW, BPF_REG_10, KEY(cgroup), BPF_REG_0);
	}
}

static void get_stack(struct writer *to, int map, int skip)
{
	move(to, BPF_REG_1, CONTEXT);
	set_map(to, BPF_REG_2, map);
	set(to, BPF_REG_3, skip);
	call(to, BPF_FUNC_get_stackid);
}

/*
 * The number of the stack in its map, which is the place that its hash has. Another stack may be there
 * (-EEXIST): without the innermost frame, which is the same for all, this one has another hash.
 */
static void find_stack(struct writer *to, int map)
{
	struct bpf_insn *found;

	get_stack(to, map, 0);
	found = jump(to, BPF_JSGE, BPF_REG_0, 0);
	store_value(to, BPF_W, BPF_REG_10, KEY(skipped), 1);
	get_stack(to, map, 1);
	land(to, found);
	store(to, BPF_W, BPF_REG_10, KEY(stack), BPF_REG_0);
}

/* Another CPU may insert the key meanwhile: then this sets the value of this CPU, which was 0. */
static void count_key(struct writer *to, int map)
{
	struct bpf_insn *absent;

	look_up(to, map, AT_KEY);
	absent = jump(to, BPF_JEQ, BPF_REG_0, 0);
	increase(to);
	to->to_end[to->ends++] = jump(to, BPF_JA, 0, 0);
	land(to, absent);
	set_map(to, BPF_REG_1, map);
	move(to, BPF_REG_2, BPF_REG_10);
	calculate_with(to, BPF_ADD, BPF_REG_2, AT_KEY);
	move(to, BPF_REG_3, BPF_REG_10);
	calculate_with(to, BPF_ADD, BPF_REG_3, AT_VALUE);
	set(to, BPF_REG_4, BPF_ANY);
	call(to, BPF_FUNC_map_update_elem);
}

size_t who_assemble(struct bpf_insn program[WHO_PROGRAM_MAX], const struct who_assembly *parts)
{
	struct writer to = { .at = program, .start = program };
	struct bpf_insn *second;

	move(&to, CONTEXT, BPF_REG_1);
	find_value(&to, parts);
	read_process(&to, parts);
	count_total(&to, parts);
	fill_key(&to, parts);
	second = jump(&to, BPF_JNE, HALF, 0);
	find_stack(&to, parts->stacks[0]);
	count_key(&to, parts->counts[0]);
	to.to_end[to.ends++] = jump(&to, BPF_JA, 0, 0);
	land(&to, second);
	find_stack(&to, parts->stacks[1]);
	count_key(&to, parts->counts[1]);
	for (int i = 0; i < to.ends; i++)
		land(&to, to.to_end[i]);
	/* 0: no event for perf. */
	set(&to, BPF_REG_0, 0);
	put(&to, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return to.at - to.start;
}
