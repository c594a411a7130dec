// SPDX-License-Identifier: GPL-2.0-only
/*
 * block.c: records that belong together, into stacks
 *
 * Lines of one CPU are a report: a heading, registers, "Call trace:", frames up to an entry. On a console
 * without callers the lines of several CPUs mix. A block holds records until a report is complete. It
 * is untidy as soon as its records cannot be one report after another; then nobody knows whose frame is
 * whose, and only what holds for every way to sort them is said.
 */
#include <stdlib.h>
#include <string.h>

#include "triage/triage.h"

enum { BLOCKS_MAX = 64, TOKENS_MAX = 4096 };

/* A stack is over, and so is a block, when this much else has come, or nothing for so long. */
enum { OTHER_LINES_MAX = 64, SILENCE_S = 5 };

struct token {
	enum triage_kind kind;
	int cpu, pid;
	const char *comm, *name;
	bool doubtful, user;
};

struct block {
	char key[TRIAGE_KEY_SIZE];
	bool used;
	uint64_t touched;
	double last;
	bool timed, calendar;
	struct token *tokens;
	size_t count;
	unsigned int others;
	/* How far the newest report is. */
	bool untidy, traced, in_trace, ended;
	int lockup_cpu, line_cpu; /* since the newest stack; -1: none */
	bool pc_seen, user;
	size_t frames; /* since the newest "Call trace:" */
	const char *last_name;
	/* The line before, to leave out what a second console repeats. */
	enum triage_kind last_kind;
	double repeated_at;
	int repeated_cpu;
	const char *repeated;
};

struct triage_blocks {
	struct triage_log *log;
	uint64_t clock;
	int part; /* of pstore: the newest fragment's number */
	struct block blocks[BLOCKS_MAX];
};

struct triage_blocks *triage_blocks_new(struct triage_log *log)
{
	struct triage_blocks *blocks = calloc(1, sizeof(*blocks));

	if (blocks)
		blocks->log = log;
	return blocks;
}

static void block_reset(struct block *block)
{
	block->count = 0;
	block->others = 0;
	block->untidy = block->traced = block->in_trace = block->ended = block->pc_seen =
		block->user = false;
	block->lockup_cpu = block->line_cpu = -1;
	block->frames = 0;
	block->last_name = NULL;
}

static bool is_heading(enum triage_kind kind)
{
	switch (kind) {
	case RECORD_LOCKUP:
	case RECORD_HARD:
	case RECORD_STALL:
	case RECORD_HUNG:
	case RECORD_CSD:
	case RECORD_PANIC:
	case RECORD_SHOW_CPU:
	case RECORD_SHOW_IDLE:
	case RECORD_SHOW_ALL:
	case RECORD_TASK:
	case RECORD_OOPS: return true;
	default: return false;
	}
}

/* Who prints a stack, as far as the records before it say so. */
struct heading {
	enum triage_source source;
	int cpu, pid;
	const char *comm;
	bool used;
};

static void heading_take(struct heading *heading, const struct token *token)
{
	static const enum triage_source sources[] = {
		[RECORD_LOCKUP] = SOURCE_LOCKUP, [RECORD_HARD] = SOURCE_HARD,
		[RECORD_STALL] = SOURCE_STALL,	 [RECORD_HUNG] = SOURCE_HUNG,
		[RECORD_CSD] = SOURCE_CSD,	 [RECORD_PANIC] = SOURCE_PANIC,
		[RECORD_SHOW_CPU] = SOURCE_CPUS, [RECORD_SHOW_IDLE] = SOURCE_CPUS,
		[RECORD_SHOW_ALL] = SOURCE_CPUS, [RECORD_TASK] = SOURCE_TASK,
		[RECORD_OOPS] = SOURCE_OTHER,
	};

	if (token->kind == RECORD_CPU_LINE) {
		if (heading->used)
			heading->source = SOURCE_OTHER;
	} else if (is_heading(token->kind)) {
		/* A hung task's line comes between its heading and its stack. */
		if (token->kind != RECORD_TASK || heading->source != SOURCE_HUNG || heading->used)
			heading->source = sources[token->kind];
		heading->cpu = -1;
	} else {
		return;
	}
	heading->used = false;
	if (token->cpu >= 0)
		heading->cpu = token->cpu;
	if (token->pid >= 0)
		heading->pid = token->pid;
	if (token->comm)
		heading->comm = token->comm;
}

static void stack_begin(struct triage_stack *stack, const struct heading *heading)
{
	*stack = (struct triage_stack){ .source = heading->source,
					.cpu = heading->cpu,
					.pid = heading->pid };
	if (heading->comm)
		strncat(stack->comm, heading->comm, sizeof(stack->comm) - 1);
}

static void stack_push(struct triage_stack *stack, const char *name)
{
	if (stack->depth < STACKS_DEPTH_MAX)
		stack->names[stack->depth++] = name;
}

/* Reports one after another. */
static void emit_in_turn(struct triage_blocks *blocks, const struct block *block)
{
	struct heading heading = { .cpu = -1, .pid = -1 };
	const char *pc = NULL, *lr = NULL;
	struct triage_stack stack;
	bool user = false;
	size_t i = 0;

	while (i < block->count) {
		const struct token *token = &block->tokens[i];

		if (token->kind == RECORD_PC) {
			pc = token->name;
			user = token->user;
		} else if (token->kind == RECORD_LR) {
			lr = token->name;
		}
		if (token->kind != RECORD_TRACE && token->kind != RECORD_FRAME) {
			/* A report that was cut before its stack has two names at least. */
			if (is_heading(token->kind) || i + 1 == block->count) {
				if ((pc || user) && !heading.used) {
					stack_begin(&stack, &heading);
					stack.user = user;
					if (!user)
						stack_push(&stack, pc);
					if (!user && lr && strcmp(lr, pc))
						stack_push(&stack, lr);
					triage_log_stack(blocks->log, &stack);
				}
				pc = lr = NULL;
				user = false;
			}
			heading_take(&heading, token);
			i++;
			continue;
		}
		stack_begin(&stack, &heading);
		for (i += token->kind == RECORD_TRACE; i < block->count; i++) {
			token = &block->tokens[i];
			if (token->kind != RECORD_FRAME)
				break;
			if (!token->doubtful)
				stack_push(&stack, token->name);
		}
		heading.used = true;
		pc = lr = NULL;
		user = false;
		triage_log_stack(blocks->log, &stack);
	}
}

static bool is_name(const struct token *token, const char *name)
{
	return token->kind == RECORD_FRAME &&
	       stacks_name_is(token->name, strlen(token->name), name);
}

static enum causes_role role_at(const struct block *block, size_t i)
{
	const struct causes_function *function =
		block->tokens[i].kind == RECORD_FRAME ? causes_find(block->tokens[i].name) : NULL;

	return function ? function->role : ROLE_OTHER;
}

/* What frames behind the first broadcast could have asked for it. */
struct callers {
	size_t aliases, pte, setter; /* index of one, or count */
	size_t because;
	enum cause cause;
	bool many; /* different causes */
};

static struct callers find_callers(const struct block *block, size_t from)
{
	struct callers found = { block->count, block->count,  block->count,
				 block->count, CAUSE_UNKNOWN, false };

	for (size_t i = from; i < block->count; i++) {
		const enum causes_role role = role_at(block, i);

		if (is_name(&block->tokens[i], "sync_icache_aliases"))
			found.aliases = i;
		else if (is_name(&block->tokens[i], "__sync_icache_dcache"))
			found.pte = i;
		else if (role == ROLE_USER_PTE && found.setter == block->count)
			found.setter = i;
		else if (role == ROLE_CAUSE) {
			const enum cause cause = causes_find(block->tokens[i].name)->cause;

			found.many |= found.cause != CAUSE_UNKNOWN && found.cause != cause;
			found.cause = cause;
			if (found.because == block->count)
				found.because = i;
		}
	}
	return found;
}

/*
 * Somebody broadcasts. Its caller stands behind it, wherever: when all that could be the caller mean the
 * same, that is it.
 */
static bool emit_mixed_sender(struct triage_blocks *blocks, const struct block *block)
{
	struct triage_stack stack = { .cpu = -1,
				      .pid = -1,
				      .mixed = true,
				      .source = SOURCE_LOCKUP };
	const size_t none = block->count;
	size_t first = none;
	struct callers callers;

	for (size_t i = 0; i < block->count; i++)
		if (is_name(&block->tokens[i], "kick_all_cpus_sync")) {
			first = i;
			break;
		}
	for (size_t i = 0; first == none && i < block->count; i++)
		if (role_at(block, i) == ROLE_BROADCAST)
			first = i;
	if (first == none)
		return false;
	stack_push(&stack, block->tokens[first].name);
	callers = find_callers(block, first + 1);
	if (callers.aliases != none || callers.pte != none) {
		const bool others = callers.cause != CAUSE_UNKNOWN;

		if (!others || callers.pte == none) {
			if (callers.aliases != none)
				stack_push(&stack, block->tokens[callers.aliases].name);
			if (callers.pte != none)
				stack_push(&stack, block->tokens[callers.pte].name);
			if (callers.pte != none && callers.setter != none)
				stack_push(&stack, block->tokens[callers.setter].name);
			if (others && !callers.many &&
			    (callers.cause == CAUSE_PTRACE || callers.cause == CAUSE_UPROBE))
				stack_push(&stack, block->tokens[callers.because].name);
			else if (others)
				stack.depth = 1;
		}
	} else if (callers.cause != CAUSE_UNKNOWN && !callers.many) {
		stack_push(&stack, block->tokens[callers.because].name);
	}
	triage_log_stack(blocks->log, &stack);
	return true;
}

/* CPUs that spin: as many as there are slow paths. For which lock: where all agree. */
static bool emit_mixed_waiters(struct triage_blocks *blocks, const struct block *block)
{
	struct triage_stack stack = { .cpu = -1,
				      .pid = -1,
				      .mixed = true,
				      .source = SOURCE_LOCKUP };
	size_t waiters = 0, spin = 0, taker = block->count, in_mm = block->count;

	for (size_t i = 0; i < block->count; i++) {
		const enum causes_role role = role_at(block, i);

		if (role == ROLE_SPIN && strstr(block->tokens[i].name, "slowpath")) {
			waiters++;
			spin = i;
		}
		/* The taker of most stands behind it in most, also where lines mix. */
		if (role == ROLE_PTE_LOCK &&
		    (taker == block->count || (i && role_at(block, i - 1) == ROLE_SPIN)))
			taker = i;
		if (role == ROLE_MM && in_mm == block->count)
			in_mm = i;
	}
	if (!waiters)
		return false;
	stack_push(&stack, block->tokens[spin].name);
	if (taker != block->count)
		stack_push(&stack, block->tokens[taker].name);
	else if (in_mm != block->count)
		stack_push(&stack, block->tokens[in_mm].name);
	else if (spin + 1 < block->count && block->tokens[spin + 1].kind == RECORD_FRAME)
		stack_push(&stack, block->tokens[spin + 1].name);
	for (size_t i = 0; i < waiters; i++)
		triage_log_stack(blocks->log, &stack);
	return true;
}

static void emit_mixed(struct triage_blocks *blocks, const struct block *block)
{
	const struct triage_stack
		nothing = { .cpu = -1, .pid = -1, .mixed = true, .source = SOURCE_LOCKUP };
	bool sender = emit_mixed_sender(blocks, block), waiters = emit_mixed_waiters(blocks, block);

	if (!sender && !waiters)
		triage_log_stack(blocks->log, &nothing);
}

static void block_end(struct triage_blocks *blocks, struct block *block)
{
	if (!block->count)
		return;
	if (block->untidy)
		emit_mixed(blocks, block);
	else
		emit_in_turn(blocks, block);
	block_reset(block);
}

static bool silent_since(const struct block *block, const struct triage_message *message)
{
	return block->timed && message->timed && block->calendar == message->calendar &&
	       (message->seconds > block->last + SILENCE_S ||
		message->seconds < block->last - SILENCE_S);
}

/* The block of the message's key; the one that nobody used for longest makes room. */
static struct block *block_find(struct triage_blocks *blocks, const struct triage_message *message)
{
	struct block *oldest = &blocks->blocks[0];

	for (size_t i = 0; i < BLOCKS_MAX; i++) {
		struct block *block = &blocks->blocks[i];

		if (block->used && !strcmp(block->key, message->key))
			return block;
		if (!block->used || block->touched < oldest->touched)
			oldest = block;
		if (!block->used)
			break;
	}
	block_end(blocks, oldest);
	if (!oldest->tokens)
		oldest->tokens = calloc(TOKENS_MAX, sizeof(*oldest->tokens));
	if (!oldest->tokens)
		return NULL;
	block_reset(oldest);
	memcpy(oldest->key, message->key, sizeof(oldest->key));
	oldest->used = true;
	oldest->last_kind = RECORD_NONE;
	return oldest;
}

/* A frame behind the end of a stack is of another one, except that entries come in twos and threes. */
static bool frame_fits(const struct block *block, const char *name)
{
	const struct causes_function *function = causes_find(name);

	if (!block->ended)
		return true;
	return function && function->role == ROLE_ENTRY && block->last_name &&
	       strcmp(name, block->last_name) != 0;
}

static void take_frame(struct block *block, const struct token *token)
{
	const struct causes_function *function = causes_find(token->name);

	if (!block->in_trace && block->traced && block->frames)
		block->untidy = true;
	if (!token->doubtful && !frame_fits(block, token->name))
		block->untidy = true;
	block->in_trace = block->traced = true;
	block->frames++;
	block->last_name = token->name;
	block->ended |= function && function->role == ROLE_ENTRY && !token->doubtful;
}

/* Notes whether the record can follow those that came. */
static void watch_order(struct block *block, const struct token *token)
{
	switch (token->kind) {
	case RECORD_FRAME: take_frame(block, token); return;
	case RECORD_TRACE:
		block->untidy |= block->traced && !block->frames && block->in_trace;
		block->in_trace = block->traced = true;
		block->ended = block->pc_seen = block->user = false;
		block->frames = 0;
		block->lockup_cpu = block->line_cpu = -1;
		return;
	case RECORD_LOCKUP:
		block->untidy |= block->lockup_cpu >= 0 && block->lockup_cpu != token->cpu;
		block->lockup_cpu = token->cpu;
		break;
	case RECORD_CPU_LINE:
		block->untidy |= block->line_cpu >= 0 && block->line_cpu != token->cpu;
		block->line_cpu = token->cpu;
		break;
	case RECORD_PC:
		block->untidy |= block->pc_seen;
		block->pc_seen = true;
		block->user |= token->user;
		break;
	case RECORD_INSIDE: return;
	default: break;
	}
	/* A "Call trace:" whose first frame has not come belongs to somebody who was interrupted. */
	block->untidy |= block->in_trace && !block->frames;
	block->in_trace = false;
}

static bool is_repeated(struct block *block, const struct triage_message *message,
			const struct triage_record *record, const char *name)
{
	const bool same = message->timed && !message->calendar && block->repeated == name &&
			  block->last_kind == record->kind && block->repeated_cpu == record->cpu &&
			  block->repeated_at == message->seconds;

	block->repeated = name;
	block->repeated_cpu = record->cpu;
	block->last_kind = record->kind;
	block->repeated_at = message->seconds;
	return same;
}

static void block_take(struct triage_blocks *blocks, struct block *block,
		       const struct triage_message *message, const struct triage_record *record)
{
	struct triage_log *const log = blocks->log;
	struct token token = { .kind = record->kind,
			       .cpu = record->cpu,
			       .pid = record->pid,
			       .doubtful = record->doubtful,
			       .user = record->user };

	if (token.kind == RECORD_BARE_NAME)
		token.kind = RECORD_FRAME;
	if (record->comm[0])
		token.comm = triage_log_name(log, record->comm, strlen(record->comm));
	if (record->name[0])
		token.name = triage_log_name(log, record->name, strlen(record->name));
	if (is_repeated(block, message, record, token.name ? token.name : token.comm))
		return;
	if (token.kind == RECORD_FRAME && !token.name)
		return;
	/* It is one line, whole, wherever it falls among the lines of another CPU's stack. */
	if (token.kind == RECORD_SHOW_IDLE)
		return;
	/* The report before is complete, or of a machine where it makes no difference. */
	if (record->in_turn)
		block_end(blocks, block);
	if (!block->untidy &&
	    ((is_heading(token.kind) && block->frames &&
	      (block->ended || log->arch > ARCH_ARM64)) ||
	     ((is_heading(token.kind) || token.kind == RECORD_CPU_LINE) && block->user)))
		block_end(blocks, block);
	if (block->count == TOKENS_MAX)
		block_end(blocks, block);
	watch_order(block, &token);
	block->tokens[block->count++] = token;
	block->others = 0;
	block->last = message->seconds;
	block->timed = message->timed;
	block->calendar = message->calendar;
	block->touched = ++blocks->clock;
}

/* A fragment of pstore: the one before it in time has the next higher number. */
static void take_fragment(struct triage_blocks *blocks, int part)
{
	if (part != blocks->part - 1)
		triage_blocks_end(blocks);
	blocks->part = part;
}

void triage_blocks_take(struct triage_blocks *blocks, const struct triage_message *message,
			const struct triage_record *record)
{
	struct block *block;

	if (record->kind == RECORD_FRAGMENT) {
		take_fragment(blocks, record->cpu);
		return;
	}
	if (record->kind == RECORD_BOOT)
		triage_blocks_end(blocks);
	for (size_t i = 0; i < BLOCKS_MAX && blocks->blocks[i].used; i++)
		if (blocks->blocks[i].count && silent_since(&blocks->blocks[i], message))
			block_end(blocks, &blocks->blocks[i]);
	triage_log_event(blocks->log, message, record);
	if (record->kind == RECORD_NONE || record->kind == RECORD_BOOT ||
	    record->kind == RECORD_CPUS)
		return;
	block = block_find(blocks, message);
	if (!block || (record->kind == RECORD_BARE_NAME && !block->in_trace))
		return;
	block_take(blocks, block, message, record);
}

void triage_blocks_end(struct triage_blocks *blocks)
{
	for (size_t i = 0; i < BLOCKS_MAX && blocks->blocks[i].used; i++)
		block_end(blocks, &blocks->blocks[i]);
}

void triage_blocks_free(struct triage_blocks *blocks)
{
	if (!blocks)
		return;
	for (size_t i = 0; i < BLOCKS_MAX; i++)
		free(blocks->blocks[i].tokens);
	free(blocks);
}
