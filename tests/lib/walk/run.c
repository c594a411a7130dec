// SPDX-License-Identifier: GPL-2.0-only
/*
 * run.c: run programs of A64 words on a processor of this kind: struct walk_case in, struct walk_end out
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "case.h"

enum { STUBS = 128, PAGE = 65536 };

/* What the assembly below loads and stores. */
struct context {
	uint64_t x[31], sp, nzcv, exit; /* 0, 248, 256, 264 */
	uint64_t own_sp;		/* 272 */
};
struct context context;
extern uint32_t page[];
void enter(void);

__asm__(".text\n.balign 65536\n.globl page\npage: .skip 65536\n"
	".globl enter\nenter:\n"
	"	stp x29, x30, [sp, #-160]!\n	stp x19, x20, [sp, #16]\n	stp x21, x22, [sp, #32]\n"
	"	stp x23, x24, [sp, #48]\n	stp x25, x26, [sp, #64]\n	stp x27, x28, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n	stp d10, d11, [sp, #112]\n	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	adrp x0, context\n	add x0, x0, :lo12:context\n"
	"	mov x1, sp\n	str x1, [x0, #272]\n	ldr x1, [x0, #256]\n	msr nzcv, x1\n"
	"	ldr x1, [x0, #248]\n	mov sp, x1\n"
	"	ldp x2, x3, [x0, #16]\n	ldp x4, x5, [x0, #32]\n	ldp x6, x7, [x0, #48]\n"
	"	ldp x8, x9, [x0, #64]\n	ldp x10, x11, [x0, #80]\n	ldp x12, x13, [x0, #96]\n"
	"	ldp x14, x15, [x0, #112]\n	ldp x16, x17, [x0, #128]\n	ldp x18, x19, [x0, #144]\n"
	"	ldp x20, x21, [x0, #160]\n	ldp x22, x23, [x0, #176]\n	ldp x24, x25, [x0, #192]\n"
	"	ldp x26, x27, [x0, #208]\n	ldp x28, x29, [x0, #224]\n	ldr x30, [x0, #240]\n"
	"	ldp x0, x1, [x0]\n	b page\n"
	/* x0 is in d31, the number of the exit in d30 */
	".globl leave\nleave:\n"
	"	adrp x0, context\n	add x0, x0, :lo12:context\n"
	"	stp x2, x3, [x0, #16]\n	stp x4, x5, [x0, #32]\n	stp x6, x7, [x0, #48]\n"
	"	stp x8, x9, [x0, #64]\n	stp x10, x11, [x0, #80]\n	stp x12, x13, [x0, #96]\n"
	"	stp x14, x15, [x0, #112]\n	stp x16, x17, [x0, #128]\n	stp x18, x19, [x0, #144]\n"
	"	stp x20, x21, [x0, #160]\n	stp x22, x23, [x0, #176]\n	stp x24, x25, [x0, #192]\n"
	"	stp x26, x27, [x0, #208]\n	stp x28, x29, [x0, #224]\n	str x30, [x0, #240]\n"
	"	fmov x2, d31\n	stp x2, x1, [x0]\n	mrs x1, nzcv\n	str x1, [x0, #256]\n"
	"	str d30, [x0, #264]\n	ldr x1, [x0, #272]\n	mov sp, x1\n"
	"	ldp d14, d15, [sp, #144]\n	ldp d12, d13, [sp, #128]\n	ldp d10, d11, [sp, #112]\n"
	"	ldp d8, d9, [sp, #96]\n	ldp x27, x28, [sp, #80]\n	ldp x25, x26, [sp, #64]\n"
	"	ldp x23, x24, [sp, #48]\n	ldp x21, x22, [sp, #32]\n	ldp x19, x20, [sp, #16]\n"
	"	ldp x29, x30, [sp], #160\n	ret\n");
extern uint32_t leave[];

static sigjmp_buf refused;

static void refuse(int signal)
{
	siglongjmp(refused, signal);
}

static void handlers_set(void)
{
	static const int signals[] = { SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE };
	struct sigaction action = { .sa_handler = refuse, .sa_flags = SA_ONSTACK };
	const stack_t stack = { .ss_sp = malloc(1 << 20), .ss_size = 1 << 20 };

	sigaltstack(&stack, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

static uint32_t jump(const uint32_t *from, const uint32_t *to)
{
	return 0x14000000 | ((to - from) & 0x3ffffff);
}

/* What is the same for every program: the way out of each exit, and the callee. */
static void page_fill(void)
{
	uint32_t *at = &page[CALLEE];

	for (int k = 0; k < EXITS; k++) {
		uint32_t *stub = &page[STUBS + 4 * k];

		stub[0] = 0x9e67001f;	       /* fmov d31, x0 */
		stub[1] = 0xd2800000 | k << 5; /* mov x0, #k */
		stub[2] = 0x9e67001e;	       /* fmov d30, x0 */
		stub[3] = jump(&stub[3], leave);
	}
	for (int r = 0; r <= 18; r++)
		*at++ = (r % 3 ? 0x92800000 : 0xd2800000) | (0x1000 + 77 * r) << 5 | r; /* mov */
	*at++ = 0xf1400c1f; /* cmp x0, #3, lsl #12 */
	*at = 0xd65f03c0;   /* ret */
}

static void case_run(const struct walk_case *one, struct walk_end *end)
{
	memcpy(page, one->words, 4 * one->count);
	for (int k = 0; k < EXITS; k++)
		page[one->count + k] = jump(&page[one->count + k], &page[STUBS + 4 * k]);
	__builtin___clear_cache((char *)page, (char *)&page[CALLEE]);
	memcpy(context.x, one->x, sizeof(context.x));
	context.sp = MEMORY_MIDDLE;
	context.nzcv = one->nzcv;
	end->exit = TRAPPED;
	if (sigsetjmp(refused, 1))
		return;
	enter();
	memcpy(end->x, context.x, sizeof(end->x));
	end->nzcv = context.nzcv;
	end->exit = context.exit;
}

int main(void)
{
	static struct walk_case one;
	struct walk_end end;
	void *memory = mmap((void *)(MEMORY_MIDDLE - MEMORY_SIDE), 2 * MEMORY_SIDE,
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (memory != (void *)(MEMORY_MIDDLE - MEMORY_SIDE) ||
	    mprotect(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC)) {
		perror("memory");
		return 1;
	}
	handlers_set();
	page_fill();
	while (fread(&one, sizeof(one), 1, stdin) == 1) {
		memset(memory, 0x5a, 4096);
		memset(&end, 0, sizeof(end));
		case_run(&one, &end);
		if (fwrite(&end, sizeof(end), 1, stdout) != 1)
			return 1;
	}
	return 0;
}
