// SPDX-License-Identifier: GPL-2.0-only
/*
 * who-program.c: the program that counts in the kernel, run by a small interpreter
 *
 * Maps and helpers are what the test says they are; the instructions are those that a kernel gets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "who/assemble.c"
#include "who/bpf.c"

enum { TURN = 10, TOTALS, COUNTS_0, COUNTS_1, STACKS_0, STACKS_1, ASKED, KEYS = 4 };

static const struct who_assembly parts = {
	.turn = TURN,
	.totals = TOTALS,
	.counts = { COUNTS_0, COUNTS_1 },
	.stacks = { STACKS_0, STACKS_1 },
	.caller_offset = 240,
	.cgroups = true,
	.asked = ASKED,
};

/* The kernel's side. */
static struct machine {
	uint32_t turn;
	struct who_value totals[2];
	uint64_t task, cgroup;
	struct counted {
		struct who_key key;
		struct who_value value;
	} counts[2][KEYS];
	size_t used[2];
	/* What bpf_get_stackid() answers without and with a frame skipped, and the maps it got. */
	int64_t stack[2];
	int stacks_map;
	uint64_t registers[40]; /* struct pt_regs */
	uint32_t own, asked[WHO_CPUS_MAX];
} machine;

static struct who_value *find_count(int half, const struct who_key *key)
{
	for (size_t i = 0; i < machine.used[half]; i++)
		if (!memcmp(&machine.counts[half][i].key, key, sizeof(*key)))
			return &machine.counts[half][i].value;
	return NULL;
}

static uint64_t look_up_map(uint64_t map, uint64_t key)
{
	uint32_t index;

	memcpy(&index, (void *)key, sizeof(index));
	switch (map) {
	case TURN: assert_int_equal(index, 0); return (uintptr_t)&machine.turn;
	case TOTALS: assert_true(index < 2); return (uintptr_t)&machine.totals[index];
	case ASKED: return index < WHO_CPUS_MAX ? (uintptr_t)&machine.asked[index] : 0;
	case COUNTS_0:
	case COUNTS_1: return (uintptr_t)find_count(map - COUNTS_0, (void *)key);
	default: fail(); return 0;
	}
}

static int64_t update_map(uint64_t map, uint64_t key, uint64_t value)
{
	const int half = map - COUNTS_0;

	assert_true(half == 0 || half == 1);
	if (machine.used[half] == KEYS)
		return -E2BIG;
	memcpy(&machine.counts[half][machine.used[half]].key, (void *)key, sizeof(struct who_key));
	memcpy(&machine.counts[half][machine.used[half]++].value, (void *)value,
	       sizeof(struct who_value));
	return 0;
}

static uint64_t helper(int number, const uint64_t *r)
{
	switch (number) {
	case BPF_FUNC_map_lookup_elem: return look_up_map(r[1], r[2]);
	case BPF_FUNC_map_update_elem: return update_map(r[1], r[2], r[3]);
	case BPF_FUNC_get_current_pid_tgid: return machine.task;
	case BPF_FUNC_get_current_cgroup_id: return machine.cgroup;
	case BPF_FUNC_get_current_comm:
		assert_int_equal(r[2], WHO_COMM_SIZE);
		memcpy((void *)r[1], "java\0\0\0\0\0\0\0\0\0\0\0", WHO_COMM_SIZE);
		return 0;
	case BPF_FUNC_get_smp_processor_id: return machine.own;
	case BPF_FUNC_probe_read:
		assert_int_equal(r[2], 8);
		memcpy((void *)r[1], (void *)r[3], 8);
		return 0;
	case BPF_FUNC_get_stackid:
		assert_int_equal(r[1], (uintptr_t)machine.registers);
		machine.stacks_map = r[2];
		return machine.stack[r[3]];
	default: fail(); return 0;
	}
}

static uint64_t load_from(uint64_t at, int size)
{
	uint32_t word;
	uint64_t twice;

	memcpy(&word, (void *)at, sizeof(word));
	if (size == BPF_W)
		return word;
	memcpy(&twice, (void *)at, sizeof(twice));
	return twice;
}

static bool jumps(int condition, uint64_t left, uint64_t right)
{
	switch (condition) {
	case BPF_JA: return true;
	case BPF_JEQ: return left == right;
	case BPF_JNE: return left != right;
	case BPF_JGE: return left >= right;
	case BPF_JSGE: return (int64_t)left >= (int64_t)right;
	default: fail(); return false;
	}
}

static uint64_t result_of(int operation, uint64_t left, uint64_t right)
{
	switch (operation) {
	case BPF_MOV: return right;
	case BPF_ADD: return left + right;
	case BPF_SUB: return left - right;
	case BPF_MUL: return left * right;
	case BPF_AND: return left & right;
	case BPF_XOR: return left ^ right;
	case BPF_LSH: return left << right;
	case BPF_RSH: return left >> right;
	default: fail(); return 0;
	}
}

/* One hit of the probe. */
static void hit(const struct bpf_insn *program, size_t count)
{
	uint64_t stack[64], r[11] = { [1] = (uintptr_t)machine.registers };
	size_t at = 0;

	memset(stack, 0xa5, sizeof(stack));
	r[10] = (uintptr_t)(stack + 64);
	for (int steps = 0; steps < WHO_PROGRAM_MAX; steps++) {
		const struct bpf_insn *now = &program[at++];
		const uint64_t right = BPF_SRC(now->code) == BPF_X ? r[now->src_reg] :
								     (uint64_t)(int64_t)now->imm;
		uint64_t *target = &r[now->dst_reg];

		assert_true(at <= count);
		switch (BPF_CLASS(now->code)) {
		case BPF_ALU64: *target = result_of(BPF_OP(now->code), *target, right); break;
		case BPF_LD:
			*target = now->src_reg == BPF_PSEUDO_MAP_FD ?
					  (uint64_t)now->imm :
					  (uint32_t)now->imm | (uint64_t)now[1].imm << 32;
			at++;
			break;
		case BPF_LDX:
			*target = load_from(r[now->src_reg] + now->off, BPF_SIZE(now->code));
			break;
		case BPF_ST:
		case BPF_STX: {
			const uint64_t value = BPF_CLASS(now->code) == BPF_ST ? (uint64_t)now->imm :
										r[now->src_reg];

			memcpy((void *)(*target + now->off), &value,
			       BPF_SIZE(now->code) == BPF_W ? 4 : 8);
			break;
		}
		case BPF_JMP:
			if (BPF_OP(now->code) == BPF_EXIT)
				return;
			if (BPF_OP(now->code) == BPF_CALL) {
				r[0] = helper(now->imm, r);
				/* What a call does not preserve is no value any more. */
				for (int i = 1; i <= 5; i++)
					r[i] = 0xdeaddeaddeaddead;
			} else if (jumps(BPF_OP(now->code), *target, right)) {
				at += now->off;
			}
			break;
		default: fail();
		}
	}
	fail_msg("it does not end");
}

/* A machine on which thread @thread of @process broadcasts. */
static void prepare(uint32_t process, uint32_t thread)
{
	memset(&machine, 0, sizeof(machine));
	machine.task = (uint64_t)process << 32 | thread;
	machine.cgroup = 4711;
	machine.stack[0] = 7;
	machine.registers[30] = 0xffff800010203040;
}

static void test_counts(void **state)
{
	struct bpf_insn program[WHO_PROGRAM_MAX];
	const size_t count = who_assemble(program, &parts);
	const struct who_key *key = &machine.counts[0][0].key;

	(void)state;
	prepare(300, 300);
	for (int i = 0; i < 3; i++)
		hit(program, count);
	assert_int_equal(machine.totals[0].calls, 3);
	assert_int_equal(machine.totals[1].calls, 0);
	assert_int_equal(machine.used[0], 1);
	assert_int_equal(machine.counts[0][0].value.calls, 3);
	assert_int_equal(key->process, 300);
	assert_int_equal(key->leader, 1);
	assert_int_equal(key->stack, 7);
	assert_int_equal(key->skipped, 0);
	assert_int_equal(key->caller, 0xffff800010203040);
	assert_int_equal(key->cgroup, 4711);
	assert_string_equal(key->comm, "java");
	assert_int_equal(machine.stacks_map, STACKS_0);
	/* Another thread, path or caller is another key. */
	machine.task++;
	hit(program, count);
	assert_int_equal(machine.counts[0][1].key.leader, 0);
	machine.stack[0] = 8;
	hit(program, count);
	machine.registers[30]++;
	hit(program, count);
	assert_int_equal(machine.used[0], 4);
	assert_int_equal(machine.totals[0].calls, 6);
}

static void test_halves(void **state)
{
	struct bpf_insn program[WHO_PROGRAM_MAX];
	const size_t count = who_assemble(program, &parts);

	(void)state;
	prepare(300, 301);
	hit(program, count);
	machine.turn = 1;
	hit(program, count);
	hit(program, count);
	assert_int_equal(machine.totals[0].calls, 1);
	assert_int_equal(machine.totals[1].calls, 2);
	assert_int_equal(machine.counts[0][0].value.calls, 1);
	assert_int_equal(machine.counts[1][0].value.calls, 2);
	assert_int_equal(machine.stacks_map, STACKS_1);
}

/* A place that another stack has: once more without the innermost frame; no place at all. */
static void test_collision(void **state)
{
	struct bpf_insn program[WHO_PROGRAM_MAX];
	const size_t count = who_assemble(program, &parts);

	(void)state;
	prepare(300, 300);
	machine.stack[0] = -EEXIST;
	machine.stack[1] = 9;
	hit(program, count);
	assert_int_equal(machine.counts[0][0].key.stack, 9);
	assert_int_equal(machine.counts[0][0].key.skipped, 1);
	machine.stack[1] = -EEXIST;
	hit(program, count);
	assert_int_equal(machine.counts[0][1].key.stack, -EEXIST);
	assert_int_equal(machine.totals[0].calls, 2);
}

/* No room for a key: the total has the hit nevertheless. */
static void test_full(void **state)
{
	struct bpf_insn program[WHO_PROGRAM_MAX];
	const size_t count = who_assemble(program, &parts);
	uint64_t sum = 0;

	(void)state;
	prepare(300, 300);
	for (int i = 0; i < 9; i++) {
		machine.stack[0] = i;
		hit(program, count);
	}
	for (size_t i = 0; i < KEYS; i++)
		sum += machine.counts[0][i].value.calls;
	assert_int_equal(machine.totals[0].calls, 9);
	assert_int_equal(sum, KEYS);
}

static void test_one_process(void **state)
{
	struct who_assembly of_one = parts;
	struct bpf_insn program[WHO_PROGRAM_MAX];
	size_t count;

	(void)state;
	of_one.process = 300;
	of_one.cgroups = false;
	of_one.caller_offset = -1;
	count = who_assemble(program, &of_one);
	prepare(299, 300);
	hit(program, count);
	assert_int_equal(machine.totals[0].calls, 0);
	prepare(300, 301);
	hit(program, count);
	assert_int_equal(machine.totals[0].calls, 1);
	assert_int_equal(machine.counts[0][0].key.cgroup, 0);
	assert_int_equal(machine.counts[0][0].key.caller, 0);
}

/* A call from CPU 65 for CPUs 0, 63, 64, 65 and 200, of which all but 63 and its own are asked about. */
static void test_many(void **state)
{
	struct who_assembly for_many = parts;
	static struct bpf_insn program[WHO_PROGRAM_MAX];
	uint64_t mask[WHO_CPUS_MAX / 64] = { 1 | UINT64_C(1) << 63, 3, 0, 1 << 8 };
	size_t count;

	(void)state;
	for_many.argument = WHO_FOR_MANY;
	for_many.probe = 2;
	memset(for_many.mask, 0xff, 4 * 8);
	for_many.mask[0] >>= 1;
	count = who_assemble(program, &for_many);
	prepare(300, 300);
	machine.registers[0] = (uintptr_t)mask;
	machine.own = 65;
	hit(program, count);
	hit(program, count);
	assert_int_equal(machine.totals[0].calls, 2);
	assert_int_equal(machine.totals[0].ipis, 6);
	assert_int_equal(machine.counts[0][0].value.ipis, 6);
	assert_int_equal(machine.counts[0][0].key.probe, 2);
	assert_int_equal(machine.counts[0][0].key.process, 300);
	/* Nobody that is asked about: no call. */
	mask[0] = UINT64_C(1) << 63;
	mask[1] = 2;
	mask[3] = 0;
	hit(program, count);
	assert_int_equal(machine.totals[0].calls, 2);
	mask[0] = mask[1] = mask[2] = mask[3] = UINT64_MAX;
	hit(program, count);
	assert_int_equal(machine.totals[0].ipis, 6 + 256 - 2);
}

/* The most CPUs that there are: it is no longer than old kernels take. */
static void test_most(void **state)
{
	struct who_assembly for_many = parts;
	static struct bpf_insn program[WHO_PROGRAM_MAX];
	static uint64_t mask[WHO_CPUS_MAX / 64];
	size_t count;

	(void)state;
	for_many.argument = WHO_FOR_MANY;
	memset(for_many.mask, 0xff, sizeof(for_many.mask));
	memset(mask, 0xff, sizeof(mask));
	count = who_assemble(program, &for_many);
	assert_true(count <= 4096);
	prepare(300, 300);
	machine.registers[0] = (uintptr_t)mask;
	machine.own = 4095;
	hit(program, count);
	assert_int_equal(machine.totals[0].ipis, 4095);
}

static void test_one(void **state)
{
	struct who_assembly for_one = parts;
	static struct bpf_insn program[WHO_PROGRAM_MAX];
	uint64_t stack = 0xffff800010003010;
	size_t count;

	(void)state;
	for_one.argument = WHO_FOR_ONE;
	for_one.inside = 0xffff800010003000;
	for_one.inside_size = 0x100;
	count = who_assemble(program, &for_one);
	prepare(300, 300);
	machine.asked[5] = 1;
	machine.own = 4;
	/* Of an int, the upper half of the register is anything. */
	machine.registers[0] = 0xabcdef0000000005;
	hit(program, count);
	assert_int_equal(machine.totals[0].calls, 1);
	assert_int_equal(machine.totals[0].ipis, 1);
	/* Itself, one that is not asked about, none; and from within the other function. */
	machine.own = 5;
	hit(program, count);
	machine.own = 4;
	machine.registers[0] = 6;
	hit(program, count);
	machine.registers[0] = UINT32_MAX;
	hit(program, count);
	machine.registers[0] = 5;
	machine.registers[30] = 0xffff8000100030ff;
	hit(program, count);
	assert_int_equal(machine.totals[0].calls, 1);
	machine.registers[30]++;
	hit(program, count);
	assert_int_equal(machine.totals[0].calls, 2);
	/* Where the caller's address is on the stack. */
	for_one.caller_offset = -1;
	for_one.stack_offset = 19 * 8;
	machine.registers[19] = (uintptr_t)&stack;
	count = who_assemble(program, &for_one);
	hit(program, count);
	assert_int_equal(machine.totals[0].calls, 2);
	stack -= 0x100;
	hit(program, count);
	assert_int_equal(machine.totals[0].calls, 3);
}

/* The verifier of the kernel at hand takes it, where it lets us ask. */
static void test_verifier(void **state)
{
	struct who_assembly real = {
		.caller_offset = -1,
		.cgroups = true,
		.process = 300,
		.stack_offset = 19 * 8,
		.argument_offset = 14 * 8,
		.inside = 1,
		.inside_size = 1
	};
	static struct bpf_insn program[WHO_PROGRAM_MAX];
	int fd;

	(void)state;
	real.turn = who_bpf_map(BPF_MAP_TYPE_ARRAY, 4, 4, 1);
	if (real.turn < 0)
		skip();
	real.totals = who_bpf_map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct who_value),
				  WHO_HALVES);
	real.asked = who_bpf_map(BPF_MAP_TYPE_ARRAY, 4, 4, WHO_CPUS_MAX);
	for (int half = 0; half < WHO_HALVES; half++) {
		real.counts[half] = who_bpf_map(BPF_MAP_TYPE_PERCPU_HASH, sizeof(struct who_key),
						sizeof(struct who_value), 16);
		real.stacks[half] = who_bpf_map(BPF_MAP_TYPE_STACK_TRACE, 4, 8 * WHO_DEPTH, 16);
	}
	memset(real.mask, 0xff, sizeof(real.mask));
	for (real.argument = WHO_FOR_ALL; real.argument <= WHO_FOR_ONE; real.argument++) {
		fd = who_bpf_load(program, who_assemble(program, &real));
		if (fd < 0 && (errno == EPERM || errno == EACCES || errno == EINVAL) && geteuid())
			skip();
		assert_true(fd >= 0);
		assert_int_equal(who_bpf_missed(fd), 0);
	}
}

static void test_version(void **state)
{
	const struct {
		uint32_t name_size, size, type;
		char name[8];
		uint32_t version;
	} note = { 6, 4, 0, "Linux", 0x4132d }, other = { 6, 4, 1, "Linux", 1 };

	(void)state;
	assert_int_equal(version_note((const void *)&note, sizeof(note)), 0x4132d);
	assert_int_equal(version_note((const void *)&note, sizeof(note) - 1), 0);
	assert_int_equal(version_note((const void *)&other, sizeof(other)), 0);
	assert_int_equal(version_note((const void *)&note, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),	    cmocka_unit_test(test_halves),
		cmocka_unit_test(test_collision),   cmocka_unit_test(test_full),
		cmocka_unit_test(test_one_process), cmocka_unit_test(test_verifier),
		cmocka_unit_test(test_version),	    cmocka_unit_test(test_many),
		cmocka_unit_test(test_most),	    cmocka_unit_test(test_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
