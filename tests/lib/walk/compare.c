// SPDX-License-Identifier: GPL-2.0-only
/*
 * compare.c: is what the walk claims to know what a processor does?
 *
 * compare make SEED COUNT   writes so many random programs for run.c
 * compare judge SEED COUNT  makes them again and reads what run.c made of them: every exit that the
 *                           processor took must be one that the walk reached, and every value that the
 *                           walk knows there must be the processor's
 */
#include <inttypes.h>
#include <stdio.h>

#include "case.h"
#include "kernel/roles.c"
#include "kernel/symbols.c"
#include "kernel/walk.c"

/* Registers by use, so that addresses stay addresses: index, base that moves, base that does not. */
enum { INDEX = 24, BASES = 25, FIXED = 28, SHOWN = 20 };

static uint64_t seed;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * UINT64_C(0x2545f4914f6cdd1d);
}

static unsigned int below(unsigned int limit)
{
	return (any() >> 32) % limit;
}

/* A register that may be written; 31 is SP or zero. */
static unsigned int written(void)
{
	unsigned int r = below(27);

	return r < 23 ? r : r < 26 ? r + 5 : r % 19;
}

/* What an instruction's registers are for. */
enum kind {
	DATA,	   /* values */
	MEMORY,	   /* Rn: an address, which may move */
	INDEXED,   /* the same, and Rm: an index */
	EXCLUSIVE, /* Rn: an aligned address, which does not */
	NO_BASE,   /* Rt: a value */
	AS_IT_IS,
	BRANCH, /* to a word further on */
	CALL,
	SERVICE, /* two words: a system call */
};

/* Instructions by class: which bits are given, which are random. */
static const struct class
{
	const char *name;
	uint32_t word, random;
	enum kind kind;
	unsigned int weight;
} classes[] = {
	{ "adr", 0x10000000, 0xe0ffffe0, DATA, 1 },
	{ "add immediate", 0x11000000, 0xe07ffc00, DATA, 6 },
	{ "logic immediate", 0x12000000, 0xe07ffc00, DATA, 6 },
	{ "move wide", 0x12800000, 0xe07fffe0, DATA, 8 },
	{ "bits, 64", 0x93400000, 0x603ffc00, DATA, 3 },
	{ "bits, 32", 0x13000000, 0x601f7c00, DATA, 3 },
	{ "bits extracted, 64", 0xd3400000, 0x003ffc00, DATA, 4 },
	{ "bits extracted, 32", 0x53000000, 0x001f7c00, DATA, 4 },
	{ "extr", 0x13800000, 0x80407c00, DATA, 1 },
	{ "any immediate", 0x10000000, 0xe3fffc00, DATA, 3 },
	{ "logic", 0x0a000000, 0xe0000000, DATA, 8 },
	{ "logic, shifted", 0x0a000000, 0xe0e0fc00, DATA, 3 },
	{ "add", 0x0b000000, 0xe0000000, DATA, 8 },
	{ "add, shifted", 0x0b000000, 0xe0c0fc00, DATA, 3 },
	{ "add, extended", 0x0b200000, 0xe000fc00, DATA, 2 },
	{ "carry", 0x1a000000, 0xe0000000, DATA, 2 },
	{ "conditional select", 0x1a800000, 0xc000f400, DATA, 4 },
	{ "conditional compare", 0x3a400000, 0xc01ffbef, AS_IT_IS, 3 },
	{ "shift", 0x1ac02000, 0x80000c00, DATA, 2 },
	{ "divide", 0x1ac00800, 0x80000400, DATA, 1 },
	{ "two sources", 0x1ac00000, 0x8000fc00, DATA, 1 },
	{ "one source", 0x5ac00000, 0x80001400, DATA, 2 },
	{ "sign an address", 0xdac10000, 0x00001c00, DATA, 2 },
	{ "multiply, add", 0x1b000000, 0x8000fc00, DATA, 2 },
	{ "three sources", 0x1b000000, 0x80e0fc00, DATA, 1 },
	{ "any registers", 0x0a000000, 0xf1e0fc00, DATA, 3 },
	{ "load, store", 0x38000000, 0xc4dffc00, MEMORY, 8 },
	{ "load, store, offset", 0x39000000, 0xc4fffc00, MEMORY, 6 },
	{ "load, store, index", 0x38206800, 0xc4c01000, INDEXED, 3 },
	{ "pair", 0x28000000, 0xc5ff8000, MEMORY, 8 },
	{ "literal", 0x18000000, 0xc40000e0, NO_BASE, 2 },
	{ "exclusive", 0x08007c00, 0xc0408000, EXCLUSIVE, 4 },
	{ "exclusive, pair, ordered, swap", 0x08000000, 0xc0e08000, EXCLUSIVE, 3 },
	{ "compare and swap pair", 0x08207c00, 0x404e800e, EXCLUSIVE, 3 },
	{ "atomic", 0x38200000, 0xc0c0f000, EXCLUSIVE, 4 },
	{ "tag, copy, RCpc", 0x19000000, 0xc0fff000, MEMORY, 1 },
	{ "vector structure", 0x0c9f0000, 0x4040fc00, MEMORY, 1 },
	{ "hint", 0xd503201f, 0x00000fe0, AS_IT_IS, 3 },
	{ "barrier", 0xd50330bf, 0x00000f00, AS_IT_IS, 1 },
	{ "mrs nzcv", 0xd53b4200, 0, NO_BASE, 1 },
	{ "mrs", 0xd53b0000, 0x000000e0, NO_BASE, 1 },
	{ "msr nzcv", 0xd51b4200, 0, NO_BASE, 1 },
	{ "cfinv, xaflag, axflag", 0xd500401f, 0x00000060, AS_IT_IS, 1 },
	{ "dc cvau", 0xd50b7b20 | FIXED, 0, AS_IT_IS, 1 },
	{ "ic ivau", 0xd50b7520 | FIXED, 0, AS_IT_IS, 1 },
	{ "svc", 0xd4000001, 0, SERVICE, 1 },
	{ "float", 0x1e200000, 0x80c0fc00, DATA, 2 },
	{ "float to integer", 0x1e200000, 0x80df0000, DATA, 3 },
	{ "compare floats", 0x1e202000, 0x005f03f8, AS_IT_IS, 1 },
	{ "vector", 0x0e000000, 0x61fffc00, DATA, 2 },
	{ "scalable", 0x04000000, 0x21fffc00, DATA, 2 },
	{ "b.cond", 0x54000000, 0x0000000f, BRANCH, 6 },
	{ "cbz", 0x34000000, 0x81000000, BRANCH, 8 },
	{ "tbz", 0x36000000, 0x81f80000, BRANCH, 8 },
	{ "b", 0x14000000, 0, BRANCH, 1 },
	{ "bl", 0x94000000, 0, CALL, 1 },
};

enum { CLASSES = sizeof(classes) / sizeof(classes[0]) };

/* Programs that ended, by the classes in them; values and flags compared; branches one way. */
static unsigned int seen[CLASSES], ended, trapped, values, flags, wrong, one_way;

/* Each as often as its weight says. */
static int class_choose(void)
{
	unsigned int all = 0, chosen;
	int i = 0;

	for (int j = 0; j < CLASSES; j++)
		all += classes[j].weight;
	for (chosen = below(all); chosen >= classes[i].weight; i++)
		chosen -= classes[i].weight;
	return i;
}

/* Fill the register field at bit @at of @word, if @class leaves it free. */
static void field_fill(const struct class *class, uint32_t *word, unsigned int at, unsigned int r)
{
	if (!((class->word | class->random) >> at & 31))
		*word |= r << at;
}

/* An instruction for word @i of @count. */
static uint32_t word_make(const struct class *class, unsigned int i, unsigned int count)
{
	uint32_t word = class->word | (any() & class->random);
	unsigned int distance = 1 + below(count + EXITS - i - 1);

	switch (class->kind) {
	case DATA:
		field_fill(class, &word, 0, written());
		field_fill(class, &word, 5, below(32));
		field_fill(class, &word, 16, below(32));
		break;
	case MEMORY:
	case INDEXED:
	case EXCLUSIVE:
		field_fill(class, &word, 0, written());
		field_fill(class, &word, 5, class->kind == EXCLUSIVE ? FIXED : BASES + below(3));
		field_fill(class, &word, 16, class->kind == INDEXED ? INDEX : written());
		field_fill(class, &word, 10, written());
		break;
	case NO_BASE: word |= written(); break;
	case BRANCH:
		if (a64_is_b(word))
			return word | distance;
		if (!a64_is_b_cond(word))
			word |= below(23);
		return word | distance << 5;
	case CALL: return word | (CALLEE - i);
	default: break;
	}
	return word;
}

/* Numbers at which something happens, more often than others. */
static uint64_t value_make(void)
{
	static const uint64_t edges[] = {
		0,
		0,
		0,
		1,
		1,
		2,
		0xff,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		0x100000000,
		INT64_MAX,
		UINT64_C(1) << 63,
		UINT64_MAX
	};

	uint64_t value = any();

	return below(3) ? edges[below(sizeof(edges) / sizeof(edges[0]))] : value >> (value & 63);
}

/* A program, and the set of classes in it. */
static uint64_t case_make(struct walk_case *one)
{
	uint64_t in = 0;

	memset(one, 0, sizeof(*one));
	one->count = 2 + below(9);
	for (unsigned int i = 0; i < one->count; i++) {
		int c = class_choose();

		if (classes[c].kind == SERVICE && i + 1 == one->count)
			c = 0;
		in |= UINT64_C(1) << c;
		if (classes[c].kind == SERVICE)
			one->words[i++] = 0xd2801588; /* mov x8, #172: getpid */
		one->words[i] = word_make(&classes[c], i, one->count);
	}
	for (int k = 0; k < EXITS; k++)
		one->words[one->count + k] = 0xd65f03c0; /* ret */
	for (int r = 0; r < 31; r++)
		one->x[r] = value_make();
	one->x[INDEX] = 8 * below(16);
	for (int r = BASES; r <= FIXED; r++)
		one->x[r] = MEMORY_MIDDLE + 64 * below(32);
	one->nzcv = (uint64_t)below(16) << 28;
	return in;
}

/* What the walk is told of the state that a program begins with: the truth, and not all of it. */
static struct state entry_make(const struct walk_case *one)
{
	struct state entry = { 0 };

	entry.z = (struct kernel_known){ below(2), one->nzcv >> 30 & 1 };
	entry.n = (struct kernel_known){ below(2), one->nzcv >> 31 & 1 };

	for (int r = 0; r < 31; r++)
		entry.x[r] = (struct kernel_known){ below(4), one->x[r] };
	return entry;
}

static void contradict(const struct walk_case *one, uint64_t exit, const char *what, uint64_t walk,
		       uint64_t is)
{
	if (wrong++ >= SHOWN)
		return;
	printf("contradiction: %s at exit %" PRIu64 ": the walk has %#" PRIx64
	       ", the processor %#" PRIx64 "; program:",
	       what, exit, walk, is);
	for (unsigned int i = 0; i < one->count; i++)
		printf(" %08" PRIx32, one->words[i]);
	printf("\n");
}

/* Compare what the walk knows at the exit that the processor took. */
static void end_judge(const struct walk_case *one, const struct state *known,
		      const struct walk_end *end)
{
	char name[24];

	for (int r = 0; r < 31; r++) {
		values += known->x[r].is;
		sprintf(name, "x%d", r);
		if (known->x[r].is && known->x[r].value != end->x[r])
			contradict(one, end->exit, name, known->x[r].value, end->x[r]);
	}
	flags += known->z.is + known->n.is;
	if (known->z.is && known->z.value != (end->nzcv >> 30 & 1))
		contradict(one, end->exit, "z", known->z.value, end->nzcv);
	if (known->n.is && known->n.value != (end->nzcv >> 31 & 1))
		contradict(one, end->exit, "n", known->n.value, end->nzcv);
}

/* Walk the program, as kernel_walk() does a function. */
static void case_judge(const struct walk_case *one, const struct state *entry,
		       const struct walk_end *end)
{
	static uint8_t image[4 * (CALLEE + 1)];
	struct kernel kernel = { .image = image, .size = sizeof(image) };
	struct walker walker = { .kernel = &kernel, .budget = WALK_BUDGET };
	struct state states[CALLEE] = { 0 };
	bool reached[CALLEE] = { 0 }, queued[CALLEE] = { 0 };
	uint32_t queue[CALLEE];
	struct body body = { .end = 4 * CALLEE,
			     .next = 4 * CALLEE,
			     .states = states,
			     .reached = reached,
			     .queued = queued,
			     .queue = queue };
	unsigned int exits = 0;

	memset(image, 0, sizeof(image));
	for (unsigned int i = 0; i < one->count + EXITS; i++)
		for (int byte = 0; byte < 4; byte++)
			image[4 * i + byte] = one->words[i] >> (8 * byte);
	kernel_symbols_add(&kernel.symbols, 0, 't', "program", 7);
	kernel_symbols_add(&kernel.symbols, sizeof(image) - 4, 't', "callee", 6);
	body_walk(&walker, &body, entry);
	kernel_symbols_free(&kernel.symbols);
	if (end->exit == TRAPPED)
		return;
	for (int k = 0; k < EXITS; k++)
		exits += reached[one->count + k];
	one_way += exits == 1;
	if (end->exit >= EXITS || !reached[one->count + end->exit])
		contradict(one, end->exit, "a path that the walk does not follow", 0, 1);
	else
		end_judge(one, &states[one->count + end->exit], end);
}

int main(int argc, char **argv)
{
	unsigned int count = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	bool judge = argc == 4 && !strcmp(argv[1], "judge");
	struct walk_end end;

	if (!count || (!judge && strcmp(argv[1], "make")))
		return 64;
	seed = strtoull(argv[2], NULL, 10);
	for (unsigned int i = 0; i < count; i++) {
		static struct walk_case one;
		uint64_t in = case_make(&one);
		struct state entry = entry_make(&one);

		if (!judge) {
			if (fwrite(&one, sizeof(one), 1, stdout) != 1)
				return 1;
			continue;
		}
		if (fread(&end, sizeof(end), 1, stdin) != 1) {
			printf("the processor answered %u of %u programs\n", i, count);
			return 1;
		}
		case_judge(&one, &entry, &end);
		trapped += end.exit == TRAPPED;
		ended += end.exit != TRAPPED;
		for (int c = 0; c < CLASSES; c++)
			seen[c] += end.exit != TRAPPED && in >> c & 1;
	}
	if (judge) {
		for (int c = 0; c < CLASSES; c++)
			printf("class %u %s\n", seen[c], classes[c].name);
		printf("ended %u\ntrapped %u\nvalues %u\nflags %u\none-way %u\nwrong %u\n", ended,
		       trapped, values, flags, one_way, wrong);
	}
	return 0;
}
