// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk.c: can a function reach a broadcast, given what is known of its arguments?
 *
 * Constant propagation over machine code: per instruction the set of registers whose value is
 * known on every path that reaches it, joined where paths meet. A conditional branch on known
 * values is followed one way, any other both ways. An instruction this program does not know
 * makes the registers it could write unknown, so a mistake can only add paths, never hide one.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/a64.h"
#include "kernel/roles.h"
#include "kernel/walk.h"

enum { REGISTERS = 31, ZERO = 31, BODY_WORDS = 4096, WALK_BUDGET = 200000 };

struct state {
	struct kernel_known x[REGISTERS];
	struct kernel_known z, n; /* flags; C and V are never known */
	bool maintained;	  /* the caches were, on every path that leads here */
};

struct walker {
	const struct kernel *kernel;
	struct kernel_chain path;
	struct kernel_chain *chain; /* may be NULL */
	int budget;		    /* instructions left, over all functions */
	bool lost;
	bool bare;    /* a path comes back without having maintained the caches */
	bool alone;   /* callees are not walked */
	bool cut;     /* a path runs on where no function known to this program begins */
	bool skipped; /* no path takes a branch that matters */
};

/* One function being walked: a state for each of its instructions that was reached. */
struct body {
	uint64_t start, end, next; /* between the last two is padding */
	struct state *states;
	bool *reached, *queued;
	uint32_t *queue;
	int queue_length;
};

static bool function_walk(struct walker *walker, uint64_t start, const struct state *entry);

static struct kernel_known get(const struct state *state, unsigned int r)
{
	return r == ZERO ? (struct kernel_known){ true, 0 } : state->x[r];
}

static void set(struct state *state, unsigned int r, struct kernel_known value, bool wide)
{
	if (!wide)
		value.value = (uint32_t)value.value;
	if (r != ZERO)
		state->x[r] = value;
}

static void forget(struct state *state, unsigned int r)
{
	if (r < REGISTERS)
		state->x[r].is = false;
}

static void flags_forget(struct state *state)
{
	state->z.is = state->n.is = false;
}

/* Flags after a result; @wide: 64 bits. */
static void flags_set(struct state *state, struct kernel_known result, bool wide)
{
	uint64_t value = wide ? result.value : (uint32_t)result.value;

	state->z = (struct kernel_known){ result.is, value == 0 };
	state->n = (struct kernel_known){ result.is, value >> (wide ? 63 : 31) & 1 };
}

/* Bitmask immediate of a logical instruction (DecodeBitMasks in the manual); false: reserved. */
static bool bitmask_decode(uint32_t word, bool wide, uint64_t *mask)
{
	unsigned int n = word >> 22 & 1, s = word >> 10 & 63, r = word >> 16 & 63;
	unsigned int pattern = n << 6 | (~s & 63), size = 64;
	uint64_t element;

	while (size > 1 && !(pattern & size))
		size /= 2;
	if (size < 2 || (!wide && n))
		return false;
	s &= size - 1;
	r &= size - 1;
	if (s == size - 1)
		return false;
	element = (UINT64_C(1) << (s + 1)) - 1;
	if (r)
		element = element >> r | element << (size - r);
	if (size < 64)
		element &= (UINT64_C(1) << size) - 1;
	*mask = 0;
	for (unsigned int i = 0; i < 64; i += size)
		*mask |= element << i;
	return true;
}

/* AND, ORR, EOR, ANDS; @kind is bits 30:29. */
static void logic(struct state *state, uint32_t word, struct kernel_known a, struct kernel_known b)
{
	bool wide = word >> 31;
	unsigned int kind = word >> 29 & 3;
	struct kernel_known result = { a.is && b.is, 0 };

	result.value = kind == 1 ? a.value | b.value :
		       kind == 2 ? a.value ^ b.value :
				   a.value & b.value;
	/* Zero on one side of an AND settles it. */
	if ((kind == 0 || kind == 3) && ((a.is && !a.value) || (b.is && !b.value)))
		result = (struct kernel_known){ true, 0 };
	set(state, word & 31, result, wide);
	if (kind == 3)
		flags_set(state, result, wide);
}

/* ADD, ADDS, SUB, SUBS */
static void sum(struct state *state, uint32_t word, struct kernel_known a, struct kernel_known b)
{
	bool wide = word >> 31;
	struct kernel_known result = { a.is && b.is,
				       word >> 30 & 1 ? a.value - b.value : a.value + b.value };

	set(state, word & 31, result, wide);
	if (word >> 29 & 1)
		flags_set(state, result, wide);
}

/* UBFM without a shift to the left: UXTB, UXTH, LSR, UBFX. */
static void bits_extract(struct state *state, uint32_t word)
{
	unsigned int low = word >> 16 & 63, high = word >> 10 & 63;
	struct kernel_known value = get(state, word >> 5 & 31);

	value.is = value.is && high >= low;
	if (value.is)
		value.value = value.value >> low &
			      (high - low == 63 ? UINT64_MAX :
						  (UINT64_C(1) << (high - low + 1)) - 1);
	set(state, word & 31, value, word >> 31);
}

static void wide_move(struct state *state, uint32_t word)
{
	unsigned int shift = (word >> 21 & 3) * 16;
	uint64_t immediate = (uint64_t)(word >> 5 & 0xffff) << shift;
	struct kernel_known value = { true, immediate };

	switch (word >> 29 & 3) {
	case 0: value.value = ~immediate; break;
	case 3:
		value = get(state, word & 31);
		value.value = (value.value & ~(UINT64_C(0xffff) << shift)) | immediate;
		break;
	}
	set(state, word & 31, value, word >> 31);
}

/*
 * Data processing, immediate operand (C4.1.86). Register 31 is SP in most of these. An address (ADR) is
 * not known: the kernel runs elsewhere than it lies here.
 */
static void step_immediate(struct state *state, uint32_t word)
{
	unsigned int rd = word & 31, rn = word >> 5 & 31;
	struct kernel_known operand = { true, word >> 10 & 0xfff };

	if ((word & 0x1f800000) == 0x11000000) {
		if (word >> 22 & 1)
			operand.value <<= 12;
		if (rn == 31)
			operand.is = false;
		sum(state, word, rn == 31 ? operand : get(state, rn), operand);
	} else if ((word & 0x1f800000) == 0x12000000) {
		operand.is = bitmask_decode(word, word >> 31, &operand.value);
		logic(state, word, get(state, rn), operand);
	} else if ((word & 0x1f800000) == 0x12800000) {
		wide_move(state, word);
	} else if ((word & 0x7f800000) == 0x53000000) {
		bits_extract(state, word);
	} else {
		forget(state, rd);
		if (rd == 31) /* AUTIASPPC */
			forget(state, 30);
	}
}

/* Data processing, register operands: what moves and tests a bool; all else is forgotten. */
static void step_register(struct state *state, uint32_t word)
{
	struct kernel_known a = get(state, word >> 5 & 31), b = get(state, word >> 16 & 31);

	if ((word & 0x1fe0fc00) == 0x0a000000) { /* logic, no shift */
		logic(state, word, a, b);
	} else if ((word & 0x1fe0fc00) == 0x0b000000) { /* add, sub, no shift */
		sum(state, word, a, b);
	} else {
		forget(state, word & 31);
		flags_forget(state);
	}
}

/* Loads and stores: registers that receive something become unknown. */
static void step_memory(struct state *state, uint32_t word)
{
	unsigned int rt = word & 31, rn = word >> 5 & 31;
	bool pair = (word & 0x3a000000) == 0x28000000;
	bool single = (word & 0x3a000000) == 0x38000000;
	bool vector = word >> 26 & 1;

	if (pair) {
		if (word >> 22 & 1 && !vector) {
			forget(state, rt);
			forget(state, word >> 10 & 31);
		}
		if (word >> 23 & 1) /* pre- or post-indexed, or no-allocate */
			forget(state, rn);
	} else if (single && (word >> 24 & 1)) { /* unsigned offset: no writeback */
		if (word >> 22 & 3 && !vector)
			forget(state, rt);
	} else if (single && !(word >> 21 & 1)) { /* unscaled, pre, post, unprivileged */
		if (word >> 22 & 3 && !vector)
			forget(state, rt);
		if (word >> 10 & 1)
			forget(state, rn);
	} else { /* exclusives, atomics, literals, rest */
		forget(state, rt);
		forget(state, rn);
		forget(state, word >> 10 & 31);
		forget(state, word >> 16 & 31);
		if ((word & 0xbfa07c00) == 0x08207c00 || (word & 0x3f007c00) == 0x09007c00 ||
		    (word & 0x3f200c00) == 0x19200c00) /* CASP, CASPT, RCWCASP */
			forget(state, (word >> 16 & 31) + 1);
		for (int i = 1; i < 8 && (word & 0xfffffc00) == 0xf83fd000; i++) /* LD64B */
			forget(state, rt + i);
		/* CPYP, SETP, RCWCASP; RCWCLR is among the atomics */
		if ((word & 0x3f000000) == 0x19000000 || (word & 0x3f200c00) == 0x38200000)
			flags_forget(state);
	}
}

/* What a call leaves behind: x19..x29 are the caller's (AAPCS64 6.1.1). */
static void call_clobber(struct state *state)
{
	for (int r = 0; r <= 18; r++)
		state->x[r].is = false;
	state->x[30].is = false;
	flags_forget(state);
}

/* System instructions. Some write Rt, or the flags. */
static void step_system(struct state *state, uint32_t word)
{
	if (word >> 21 & 1)
		forget(state, word & 31);
	if ((word & 0xfff00000) == 0xd5700000) /* MRRS */
		forget(state, (word & 31) + 1);
	if (a64_is_hint(word) && !a64_is_nop(word)) {
		/* PACIA1716, PACIASP and their like sign one of these, CHKFEAT answers in x16. */
		forget(state, 16);
		forget(state, 17);
		forget(state, 30);
	}
	flags_forget(state);
}

/* One instruction that is no branch. */
static void step(struct state *state, uint32_t word)
{
	state->maintained |= a64_is_icache_maintenance(word);
	switch (word >> 25 & 15) { /* C4.1, op0 */
	case 8:
	case 9: step_immediate(state, word); break;
	case 10:
	case 11:
		if (a64_is_exception(word))
			call_clobber(state);
		else
			step_system(state, word);
		break;
	case 5:
	case 13: step_register(state, word); break;
	case 4:
	case 6:
	case 12:
	case 14: step_memory(state, word); break;
	default: /* vectors; some write a general register */
		forget(state, word & 31);
		flags_forget(state);
	}
}

/* Which ways a conditional branch can go: bit 0 not taken, bit 1 taken. */
static unsigned int ways(const struct state *state, uint32_t word)
{
	struct kernel_known value = get(state, word & 31);
	bool inverted = word >> 24 & 1, taken;

	if (a64_is_b_cond(word)) {
		unsigned int condition = word & 15;
		struct kernel_known flag = condition < 2 ? state->z : state->n;

		if ((condition > 1 && condition != 4 && condition != 5) || !flag.is)
			return 3;
		taken = flag.value == !(condition & 1);
	} else {
		if (!value.is)
			return 3;
		if (a64_is_tbz(word))
			value.value = value.value >> ((word >> 26 & 32) | (word >> 19 & 31)) & 1;
		else if (!(word >> 31))
			value.value = (uint32_t)value.value;
		taken = (value.value != 0) == inverted;
	}
	return taken ? 2 : 1;
}

/* Keep of @known what @other says too; true when something was lost. */
static bool known_join(struct kernel_known *known, const struct kernel_known *other)
{
	if (!known->is || (other->is && other->value == known->value))
		return false;
	known->is = false;
	return true;
}

/* Bring @state to the instruction at @to; queue it when that changes what is known there. */
static void body_reach(struct body *body, uint64_t to, const struct state *state)
{
	size_t i = (to - body->start) / 4;
	struct state *there = &body->states[i];
	bool changed = !body->reached[i];

	if (changed)
		*there = *state;
	body->reached[i] = true;
	for (int r = 0; r < REGISTERS; r++)
		changed |= known_join(&there->x[r], &state->x[r]);
	changed |= known_join(&there->z, &state->z);
	changed |= known_join(&there->n, &state->n);
	changed |= there->maintained && !state->maintained;
	there->maintained &= state->maintained;
	if (changed && !body->queued[i]) {
		body->queue[body->queue_length++] = i;
		body->queued[i] = true;
	}
}

/* Is this one of the names of what starts at @at? */
static bool is_named(const struct kernel_symbols *symbols, uint64_t at, const char *name)
{
	const struct kernel_symbol *symbol = kernel_symbols_at(symbols, at);
	const struct kernel_symbol *end = symbols->list + symbols->count;

	for (; symbol && symbol < end && symbol->offset == at; symbol++)
		if (kernel_symbol_name_is(kernel_symbol_name(symbols, symbol), name))
			return true;
	return false;
}

/* True for what maintains caches itself, not for the two functions that decide whether to. */
static bool maintains(const struct kernel_symbols *symbols, uint64_t at)
{
	return kernel_role_at(symbols, at) == ROLE_FLUSH && !is_named(symbols, at, ROOT_PTE) &&
	       !is_named(symbols, at, ROOT_ALIASES);
}

/* The function at @to is entered from @at. True: it broadcasts. */
static bool callee_walk(struct walker *walker, uint64_t at, uint64_t to, const struct state *state)
{
	const struct kernel_symbols *symbols = &walker->kernel->symbols;
	enum kernel_role role = kernel_symbols_at(symbols, to) ? kernel_role_at(symbols, to) :
								 ROLE_INNOCENT;
	struct kernel_chain *path = &walker->path;
	struct state entry;
	bool broadcasts;

	if (!kernel_symbols_at(symbols, to))
		walker->lost = true;
	if (role == ROLE_INNOCENT || walker->alone)
		return false;
	if (maintains(symbols, to)) {
		entry = *state;
		entry.maintained = true;
		state = &entry;
	}
	if (path->length == CHAIN_MAXIMUM) {
		walker->lost = true;
		return false;
	}
	path->edges[path->length++] =
		(struct kernel_edge){ at, to, kernel_word(walker->kernel, at) };
	broadcasts = role == ROLE_BROADCAST;
	if (broadcasts && walker->chain && !walker->chain->length)
		*walker->chain = *path;
	/* What this program does not know is edges.c's to judge. */
	if (role == ROLE_FLUSH)
		broadcasts = function_walk(walker, to, state);
	path->length--;
	return broadcasts;
}

/* The function ends here, or in one that is not walked. */
static void leave(struct walker *walker, const struct state *state)
{
	walker->bare |= !state->maintained;
}

/* Go to @to, inside the body or out of it for good. True: that broadcasts. */
static bool branch(struct walker *walker, struct body *body, uint64_t at, uint64_t to,
		   const struct state *state)
{
	if (to < body->start || to >= body->end) {
		walker->cut |= to >= body->end && to < body->next;
		if (kernel_role_at(&walker->kernel->symbols, to) != ROLE_FLUSH)
			leave(walker, state);
		return callee_walk(walker, at, to, state);
	}
	body_reach(body, to, state);
	return false;
}

/*
 * Go on behind the instruction at @at, be it in the next function. One that this program does not know is
 * not a call, of which edges.c tells: any label amid a function cuts it in two.
 */
static bool run_on(struct walker *walker, struct body *body, uint64_t at, const struct state *state)
{
	if (at + 4 >= body->end && kernel_role_at(&walker->kernel->symbols, at + 4) < ROLE_FLUSH)
		walker->lost = walker->cut = true;
	return branch(walker, body, at, at + 4, state);
}

/* Does the function at @at return? Behind a call of one that does not, the next function may begin. */
static bool comes_back(const struct kernel_symbols *symbols, uint64_t at)
{
	static const char *const never[] = { "panic", "__stack_chk_fail", "fortify_panic",
					     "__fortify_panic",
					     "__ubsan_handle_builtin_unreachable" };

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (is_named(symbols, at, never[i]))
			return false;
	return true;
}

/* Carry out the instruction at @at. True: it leads to a broadcast. */
static bool instruction_walk(struct walker *walker, struct body *body, uint64_t at)
{
	struct state state = body->states[(at - body->start) / 4];
	uint32_t word = kernel_word(walker->kernel, at);
	bool broadcasts = false;
	unsigned int way;

	walker->lost |= a64_is_indirect(word) || a64_is_other_branch(word);
	if (a64_is_return(word))
		leave(walker, &state);
	if (a64_is_return(word) || word == 0 ||
	    (a64_is_indirect(word) && !a64_is_indirect_call(word)))
		return false;
	if (a64_is_b(word))
		return branch(walker, body, at, a64_target(word, at), &state);
	if (a64_is_indirect_call(word)) {
		call_clobber(&state);
	} else if (a64_is_bl(word)) {
		broadcasts = callee_walk(walker, at, a64_target(word, at), &state);
		/* If the callee comes back bare, that was noted. */
		state.maintained |= kernel_role_at(&walker->kernel->symbols,
						   a64_target(word, at)) == ROLE_FLUSH;
		call_clobber(&state);
	} else if (a64_is_b_cond(word) || a64_is_cbz(word) || a64_is_tbz(word)) {
		way = ways(&state, word);
		if (way & 2)
			broadcasts = branch(walker, body, at, a64_target(word, at), &state);
		if (!(way & 1))
			return broadcasts;
	} else {
		step(&state, word);
	}
	if (at + 4 < body->end ||
	    (a64_is_bl(word) ? comes_back(&walker->kernel->symbols, a64_target(word, at)) :
			       !a64_is_brk(word)))
		broadcasts |= run_on(walker, body, at, &state);
	return broadcasts;
}

static bool body_walk(struct walker *walker, struct body *body, const struct state *entry)
{
	bool broadcasts = false;

	body_reach(body, body->start, entry);
	while (body->queue_length && walker->budget-- > 0) {
		uint32_t i = body->queue[--body->queue_length];

		body->queued[i] = false;
		broadcasts |= instruction_walk(walker, body, body->start + 4ull * i);
	}
	if (walker->budget <= 0)
		walker->lost = walker->cut = true;
	return broadcasts;
}

/* Is there a branch out of the body, to what matters here, that no path has reached? */
static bool body_skips(const struct kernel *kernel, const struct body *body)
{
	for (uint64_t at = body->start; at < body->end; at += 4) {
		uint32_t word = kernel_word(kernel, at);

		if (!body->reached[(at - body->start) / 4] && a64_is_direct(word) &&
		    kernel_role_at(&kernel->symbols, a64_target(word, at)) >= ROLE_FLUSH)
			return true;
	}
	return false;
}

static bool function_walk(struct walker *walker, uint64_t start, const struct state *entry)
{
	const struct kernel *kernel = walker->kernel;
	struct body body = { .start = start };
	bool broadcasts = false;
	size_t words;

	body.end = kernel_symbols_end_of(&kernel->symbols, start, kernel->size & ~3ull) & ~3ull;
	body.next = body.end;
	/* NOPs behind the last instruction are padding. */
	while (body.end <= kernel->size && body.end > start + 4 &&
	       a64_is_nop(kernel_word(kernel, body.end - 4)))
		body.end -= 4;
	words = (body.end - start) / 4;
	if (!kernel_holds(kernel, start) || body.end <= start || words > BODY_WORDS) {
		walker->lost = walker->cut = true;
		return false;
	}
	body.states = calloc(words, sizeof(*body.states));
	body.reached = calloc(words, sizeof(*body.reached));
	body.queued = calloc(words, sizeof(*body.queued));
	body.queue = calloc(words, sizeof(*body.queue));
	if (body.states && body.reached && body.queued && body.queue) {
		broadcasts = body_walk(walker, &body, entry);
		walker->skipped |= body_skips(kernel, &body);
	} else {
		walker->lost = walker->cut = true;
	}
	free(body.states);
	free(body.reached);
	free(body.queued);
	free(body.queue);
	return broadcasts;
}

enum kernel_walk_result kernel_walk(const struct kernel *kernel, uint64_t root,
				    const struct kernel_arguments *arguments,
				    struct kernel_chain *chain)
{
	struct walker walker = { .kernel = kernel, .chain = chain, .budget = WALK_BUDGET };
	struct state entry = { 0 };

	if (chain)
		chain->length = 0;
	memcpy(entry.x, arguments->x, sizeof(arguments->x));
	if (function_walk(&walker, root, &entry))
		return WALK_BROADCAST;
	return walker.lost ? WALK_LOST : WALK_CLEAN;
}

bool kernel_walk_maintains(const struct kernel *kernel, uint64_t root)
{
	struct walker walker = { .kernel = kernel, .budget = WALK_BUDGET };
	const struct state entry = { 0 };

	function_walk(&walker, root, &entry);
	return !walker.bare && !walker.lost;
}

bool kernel_walk_covers(const struct kernel *kernel, uint64_t root)
{
	struct walker walker = { .kernel = kernel, .budget = WALK_BUDGET, .alone = true };
	const struct state entry = { 0 };

	function_walk(&walker, root, &entry);
	return !walker.skipped && !walker.lost;
}

bool kernel_walk_is_cut(const struct kernel *kernel, uint64_t root)
{
	struct walker walker = { .kernel = kernel, .budget = WALK_BUDGET, .alone = true };
	const struct state entry = { 0 };

	function_walk(&walker, root, &entry);
	return walker.cut;
}
