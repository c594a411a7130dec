// SPDX-License-Identifier: GPL-2.0-only
/*
 * edges.c: which functions are called, directly or through others, from a given one
 *
 * Flow does not matter here: a call counts whether or not a branch skips it, because a branch
 * may be rewritten at boot (alternatives, static keys) and what is on disk is not what runs.
 */
#include <string.h>

#include "kernel/a64.h"
#include "kernel/edges.h"
#include "kernel/roles.h"

/* Sets of bodies have a bit for each, in the order of edges->bodies. */
struct search {
	const struct kernel *kernel;
	struct kernel_edges *edges;
	int depth;			/* calls between the root and the body being read */
	int body;			/* the one being read */
	uint64_t calls[BODIES_MAXIMUM]; /* the bodies that each one calls or runs on into */
	uint64_t strangers;		/* not known to this program */
	uint64_t broadcasting;		/* call a broadcast themselves */
};

_Static_assert(BODIES_MAXIMUM <= 64, "a set of bodies is one word");

static void body_read(struct search *search, uint64_t start);

static void note_odd(struct kernel_edges *edges, unsigned int *counter, uint64_t at)
{
	if (!edges->unresolved && !edges->indirect && !edges->probes)
		edges->odd_at = at;
	++*counter;
}

static void edge_note(struct kernel_edges *edges, uint64_t at, uint64_t to, uint32_t word)
{
	if (edges->count < EDGES_KEPT)
		edges->kept[edges->count] = (struct kernel_edge){ at, to, word };
	edges->count++;
}

/* Where @start is in edges->bodies, or -1. */
static int body_find(const struct kernel_edges *edges, uint64_t start)
{
	for (int i = 0; i < edges->body_count; i++)
		if (edges->bodies[i] == start)
			return i;
	return -1;
}

/*
 * A linker's veneer (ADRP, ADD, BR) reaches what a BL cannot, and kallsyms has no name for it.
 * Returns where it leads, or @at itself.
 */
static uint64_t veneer_follow(const struct kernel *kernel, uint64_t at)
{
	uint32_t adrp, add, br;

	if (!kernel_holds(kernel, at) || !kernel_holds(kernel, at + 8))
		return at;
	adrp = kernel_word(kernel, at);
	add = kernel_word(kernel, at + 4);
	br = kernel_word(kernel, at + 8);
	if (!a64_is_adrp(adrp) || !a64_is_add(add) || !a64_is_br(br) || (add & 31) != (adrp & 31) ||
	    (add >> 5 & 31) != (adrp & 31) || (br >> 5 & 31) != (adrp & 31))
		return at;
	return a64_adr_value(adrp, at) + (add >> 10 & 0xfff);
}

/*
 * Compilers split a function (.cold, .part): a branch between the pieces may land anywhere in
 * them. Returns the start of the piece when both ends have the same plain name, else @to.
 */
static uint64_t piece_start(const struct kernel_symbols *symbols, uint64_t at, uint64_t to)
{
	const struct kernel_symbol *from = kernel_symbols_covering(symbols, at);
	const struct kernel_symbol *piece = kernel_symbols_covering(symbols, to);
	const char *name, *other;
	size_t length;

	if (!from || !piece)
		return to;
	name = kernel_symbol_name(symbols, from);
	other = kernel_symbol_name(symbols, piece);
	length = strcspn(name, ".$");
	return length == strcspn(other, ".$") && !strncmp(name, other, length) ? piece->offset : to;
}

/* The body being read calls the function at @to, or runs on into it. */
static void callee_take(struct search *search, uint64_t to)
{
	struct kernel_edges *edges = search->edges;
	enum kernel_role role = kernel_role_at(&search->kernel->symbols, to);
	int caller = search->body, callee = body_find(edges, to);

	if (role == ROLE_INNOCENT)
		return;
	if (role == ROLE_BROADCAST) {
		search->broadcasting |= UINT64_C(1) << caller;
		return;
	}
	if (callee < 0) {
		if (search->depth >= CHAIN_MAXIMUM - 2 || edges->body_count >= BODIES_MAXIMUM) {
			edges->too_deep++;
			return;
		}
		callee = edges->body_count;
		search->depth++;
		body_read(search, to);
		search->depth--;
		search->body = caller;
	}
	search->calls[caller] |= UINT64_C(1) << callee;
}

/* A branch from @at leaves its function for @to. */
static void edge_take(struct search *search, uint64_t at, uint64_t to, uint32_t word)
{
	struct kernel_edges *edges = search->edges;
	const struct kernel_symbols *symbols = &search->kernel->symbols;

	edge_note(edges, at, to, word);
	if (!kernel_symbols_at(symbols, to))
		to = veneer_follow(search->kernel, to);
	if (!kernel_symbols_at(symbols, to) && !a64_is_bl(word))
		to = piece_start(symbols, at, to);
	if (kernel_symbols_at(symbols, to))
		callee_take(search, to);
	else
		note_odd(edges, &edges->unresolved, at);
}

static void word_read(struct search *search, uint64_t at, uint64_t start, uint64_t end)
{
	struct kernel_edges *edges = search->edges;
	uint32_t word = kernel_word(search->kernel, at);
	uint64_t to;

	if (a64_is_indirect(word)) {
		note_odd(edges, &edges->indirect, at);
	} else if (word == 0 || (a64_is_brk(word) && !a64_is_compiled_brk(word)) ||
		   (a64_is_brk(word) && at == start)) {
		note_odd(edges, &edges->probes, at);
	} else if (a64_is_icache_maintenance(word)) {
		edges->maintenance++;
	} else if (a64_is_direct(word)) {
		to = a64_target(word, at);
		if (to < start || to >= end || a64_is_bl(word))
			edge_take(search, at, to, word);
	} else if (a64_is_other_branch(word)) {
		edge_note(edges, at, at, word);
		note_odd(edges, &edges->unresolved, at);
	}
}

static bool is_end(uint32_t word)
{
	return a64_is_return(word) || a64_is_b(word) || a64_is_br(word) || a64_is_brk(word);
}

/* Zero words and NOPs behind the last instruction are padding, not code. */
static uint64_t padding_trim(const struct kernel *kernel, uint64_t start, uint64_t end)
{
	uint64_t last = end;

	while (last > start + 4 &&
	       (kernel_word(kernel, last - 4) == 0 || a64_is_nop(kernel_word(kernel, last - 4))))
		last -= 4;
	return last > start && is_end(kernel_word(kernel, last - 4)) ? last : end;
}

/*
 * cache.S: __flush_icache_range runs on into __flush_cache_user_range. A stranger is not taken for the
 * rest of a function: the last word may be no code (kCFI has a number before each function), and walk.c
 * sees what is run into.
 */
static bool runs_on(const struct kernel *kernel, uint64_t end)
{
	uint32_t last = kernel_word(kernel, end - 4);
	enum kernel_role role = kernel_role_at(&kernel->symbols, end);

	/* A call at the end of a function does not come back. */
	return !is_end(last) &&
	       (role == ROLE_FLUSH || (role == ROLE_BROADCAST && !a64_is_bl(last)));
}

static void body_read(struct search *search, uint64_t start)
{
	const struct kernel *kernel = search->kernel;
	uint64_t end = kernel_symbols_end_of(&kernel->symbols, start, kernel->size & ~3ull);

	search->body = search->edges->body_count++;
	search->edges->bodies[search->body] = start;
	if (kernel_role_at(&kernel->symbols, start) == ROLE_STRANGER)
		search->strangers |= UINT64_C(1) << search->body;
	if (start % 4 || end - start > 65536 || end > kernel->size) {
		search->edges->too_deep++;
		return;
	}
	end = padding_trim(kernel, start, end & ~3ull);
	for (uint64_t at = start; at < end; at += 4)
		word_read(search, at, start, end);
	if (end > start && runs_on(kernel, end))
		callee_take(search, end);
}

/* Do these bodies broadcast, or any that they lead to? */
static bool broadcast_reached(const struct search *search, uint64_t bodies)
{
	uint64_t before;

	do {
		before = bodies;
		for (int i = 0; i < BODIES_MAXIMUM; i++)
			if (bodies >> i & 1)
				bodies |= search->calls[i];
	} while (bodies != before);
	return bodies & search->broadcasting;
}

void kernel_edges_collect(const struct kernel *kernel, uint64_t root, struct kernel_edges *edges)
{
	struct search search = { .kernel = kernel, .edges = edges };

	memset(edges, 0, sizeof(*edges));
	body_read(&search, root);
	edges->broadcasts = search.broadcasting;
	edges->strangers_broadcast = broadcast_reached(&search, search.strangers);
}

bool kernel_edges_read_body(const struct kernel *kernel, const struct kernel_edges *edges,
			    uint64_t offset)
{
	const struct kernel_symbol *symbol = kernel_symbols_covering(&kernel->symbols, offset);

	return symbol && body_find(edges, symbol->offset) >= 0;
}

unsigned int kernel_callers_count(const struct kernel *kernel, uint64_t target,
				  const struct kernel_edges *except)
{
	unsigned int count = 0;

	for (uint64_t at = kernel->text_start; at < kernel->text_end; at += 4) {
		uint32_t word;

		if (!kernel_holds(kernel, at))
			break;
		word = kernel_word(kernel, at);
		if ((a64_is_bl(word) || a64_is_b(word)) && a64_target(word, at) == target &&
		    !(except && kernel_edges_read_body(kernel, except, at)))
			count++;
	}
	return count;
}
