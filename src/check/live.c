// SPDX-License-Identifier: GPL-2.0-only
/*
 * live.c: the running kernel
 *
 * Best: its own code, /proc/kcore at the addresses of /proc/kallsyms (root; PROC_KCORE=y).
 * Else: a kernel file whose build-id is the one in /sys/kernel/notes; its name says nothing.
 * Either way the machine adds what it is (one CPU, VIPT) and what was loaded (our module).
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "check/check.h"
#include "kernel/a64.h"
#include "kernel/load.h"
#include "kernel/roles.h"
#include "lib/file.h"
#include "lib/machine.h"
#include "lib/paths.h"

struct live_machine {
	const char *root;
	char path[4096]; /* of the file opened last */
	char release[130];
	char build_id[41];
};

/* Open a file of the machine; @name without a leading slash. */
static FILE *live_open(struct live_machine *machine, const char *name)
{
	snprintf(machine->path, sizeof(machine->path), "%s/%s", machine->root, name);
	return file_open(machine->path);
}

/* What our module says of itself, from the code as it is now: "" when it is too old to say. */
static bool module_mitigates(struct live_machine *machine, bool probe_is_there)
{
	char state[32];

	machine_mitigation(machine->root, state, sizeof(state));
	return state[0] ? !strcmp(state, "mitigated") : probe_is_there;
}

/* The name of an enabled livepatch that replaces one of the roots, in @name; false: none. */
static bool livepatch_find(struct live_machine *machine, char *name, size_t size)
{
	static const char *const roots[] = { ROOT_PTE, ROOT_ALIASES };
	char pattern[128];
	glob_t found;
	bool is = false;

	for (int i = 0; i < 2 && !is; i++) {
		snprintf(pattern, sizeof(pattern), "sys/kernel/livepatch/*/vmlinux/%s,*", roots[i]);
		is = paths_find(machine->root, pattern, &found);
		if (is)
			snprintf(name, size, "%s",
				 found.gl_pathv[0] + strlen(machine->root) +
					 strlen("/sys/kernel/livepatch/"));
		name[is ? strcspn(name, "/") : 0] = '\0';
		globfree(&found);
	}
	return is;
}

static void runtime_read(struct live_machine *machine, struct kernel_runtime *runtime)
{
	char online[256];
	const char *icache;

	runtime->live = true;
	machine_line(machine->root, "sys/devices/system/cpu/online", online, sizeof(online));
	runtime->one_cpu = online[0] && !strpbrk(online, ",-");
	icache = machine->root[0] ? NULL : machine_icache(); /* --root describes another machine */
	runtime->vipt = icache && !strcmp(icache, "VIPT");
	runtime->mitigated = machine_module_is_live(machine->root, MACHINE_MITIGATION);
}

static void runtime_note(struct kernel_runtime *runtime, bool probe_seen)
{
	if (runtime->mitigated)
		snprintf(runtime->note, REASON_SIZE,
			 "the module " MACHINE_MITIGATION " is loaded%s",
			 probe_seen ? " and in place" :
				      "; without /proc/kcore it is not known whether it holds");
	else if (runtime->vipt)
		snprintf(runtime->note, REASON_SIZE,
			 "the instruction cache is VIPT: the kernel "
			 "takes another branch, which interrupts nobody");
	else if (runtime->one_cpu)
		snprintf(runtime->note, REASON_SIZE,
			 "one CPU is online: there is no other to "
			 "interrupt");
}

/* The kernel's own symbols, without those of modules. All zero: hidden from this user. */
static bool kallsyms_read(struct live_machine *machine, struct kernel_symbols *symbols,
			  char why[static REASON_SIZE])
{
	FILE *file = live_open(machine, "proc/kallsyms");
	char line[1024], name[512], type;
	uint64_t address, any = 0;

	if (!file) {
		snprintf(why, REASON_SIZE, "/proc/kallsyms: %s", strerror(errno));
		return false;
	}
	while (fgets(line, sizeof(line), file)) {
		if (strchr(line, '[') ||
		    sscanf(line, "%" SCNx64 " %c %511s", &address, &type, name) != 3)
			continue;
		any |= address;
		if (!kernel_symbols_add(symbols, address, type, name, strlen(name)))
			break;
	}
	fclose(file);
	if (!any) {
		kernel_symbols_free(symbols);
		snprintf(why, REASON_SIZE,
			 "/proc/kallsyms hides addresses (needs root and "
			 "kptr_restrict below 2)");
	}
	kernel_symbols_sort(symbols);
	return any;
}

/* Read @size bytes at @address of the core file @fd, whose layout is this machine's ELF64. */
static bool core_read(int fd, uint64_t address, void *to, size_t size)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_machine != EM_AARCH64 ||
	    header.e_phentsize != sizeof(segment))
		return false;
	for (int i = 0; i < header.e_phnum; i++) {
		size_t done = 0;

		if (pread(fd, &segment, sizeof(segment), header.e_phoff + i * sizeof(segment)) !=
		    sizeof(segment))
			return false;
		if (segment.p_type != PT_LOAD || address < segment.p_vaddr ||
		    address - segment.p_vaddr > segment.p_memsz ||
		    size > segment.p_memsz - (address - segment.p_vaddr))
			continue;
		while (done < size) {
			ssize_t got = pread(fd, (char *)to + done, size - done,
					    segment.p_offset + (address - segment.p_vaddr) + done);

			if (got <= 0)
				return false;
			done += got;
		}
		return true;
	}
	return false;
}

/* Symbols are addresses until here; from here on offsets from _stext, like the code read. */
static bool code_read(int fd, struct kernel *kernel, char why[static REASON_SIZE])
{
	const struct kernel_symbol *start =
		kernel_symbols_find(&kernel->symbols, "_stext", true, NULL);
	const struct kernel_symbol *end =
		kernel_symbols_find(&kernel->symbols, "_etext", true, NULL);

	if (!start || !end || end->offset <= start->offset ||
	    end->offset - start->offset > KERNEL_MAXIMUM) {
		snprintf(why, REASON_SIZE, "/proc/kallsyms has no _stext and _etext around code");
		return false;
	}
	kernel->base = start->offset;
	kernel->size = kernel->text_end = end->offset - start->offset;
	kernel->image = malloc(kernel->size + 4);
	if (!kernel->image || !core_read(fd, kernel->base, kernel->image, kernel->size)) {
		snprintf(why, REASON_SIZE, "/proc/kcore does not give the kernel's code");
		return false;
	}
	for (size_t i = 0; i < kernel->symbols.count; i++)
		kernel->symbols.list[i].offset -= kernel->base;
	kernel_symbols_sort(&kernel->symbols);
	return true;
}

/*
 * __icache_flags, bit 0: ICACHEF_ALIASING (asm/cache.h). The kernel's own opinion beats the
 * register; without KALLSYMS_ALL the symbol is not there.
 */
static void icache_flags_read(int fd, const struct kernel *kernel, struct kernel_runtime *runtime)
{
	const struct kernel_symbol *flags =
		kernel_symbols_find(&kernel->symbols, "__icache_flags", true, NULL);
	uint64_t value;

	if (flags && core_read(fd, kernel->base + flags->offset, &value, sizeof(value)))
		runtime->vipt = value & 1;
}

/* Is there a breakpoint where our module puts its probe? */
static bool probe_seen(const struct kernel *kernel)
{
	const struct kernel_symbol *root =
		kernel_symbols_find(&kernel->symbols, ROOT_PTE, true, NULL);

	return root && kernel_holds(kernel, root->offset) &&
	       a64_is_brk(kernel_word(kernel, root->offset));
}

/* The kernel's code from memory. False with the reason in @why when that cannot be had. */
static bool memory_check(struct live_machine *machine, struct kernel_runtime *runtime,
			 struct kernel_finding *finding, char why[static REASON_SIZE])
{
	struct kernel kernel = { .symbols_from = "/proc/kallsyms" };
	bool done = false;
	int fd;

	if (!kallsyms_read(machine, &kernel.symbols, why))
		return false;
	snprintf(machine->path, sizeof(machine->path), "%s/proc/kcore", machine->root);
	fd = open(machine->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		snprintf(why, REASON_SIZE, "/proc/kcore: %s", strerror(errno));
	else
		done = code_read(fd, &kernel, why);
	if (done) {
		icache_flags_read(fd, &kernel, runtime);
		/* A module that is loaded but disarmed mitigates nothing. */
		runtime->mitigated = runtime->mitigated &&
				     module_mitigates(machine, probe_seen(&kernel));
		runtime_note(runtime, true);
		snprintf(finding->container, sizeof(finding->container), "/proc/kcore");
		kernel_finding_judge(finding, &kernel, runtime);
	}
	if (fd >= 0)
		close(fd);
	kernel_free(&kernel);
	return done;
}

/* Is the file at @path the running kernel? Then judge it. */
static bool file_is_running(const struct live_machine *machine, const char *path,
			    struct kernel_runtime *runtime, struct check_answer *answer)
{
	struct kernel_bytes bytes = { 0 };
	struct kernel kernel = { 0 };
	char why[REASON_SIZE], container[64] = "";
	bool same;

	if (!kernel_read_file(path, &bytes, why))
		return false;
	kernel_load(&bytes, NULL, 0, &kernel, container, why);
	same = kernel.image && kernel_has_build_id(&kernel, machine->build_id);
	if (same) {
		snprintf(answer->finding.container, sizeof(answer->finding.container), "%s",
			 container);
		answer->member = strdup(path);
		runtime_note(runtime, false);
		if (kernel.symbols.count)
			kernel_finding_judge(&answer->finding, &kernel, runtime);
		else
			kernel_finding_unknown(&answer->finding, why);
	}
	kernel_free(&kernel);
	return same;
}

/* Look for a file of the running kernel where distributions put it. */
static bool disk_check(struct live_machine *machine, struct kernel_runtime *runtime,
		       struct check_answer *answer)
{
	static const char *const places[] = {
		"boot/vmlinuz-%s",
		"boot/Image-%s",
		"boot/vmlinux-%s",
		"lib/modules/%s/vmlinuz",
		"usr/lib/modules/%s/vmlinuz",
		"lib/modules/%s/build/vmlinux",
		"usr/lib/debug/boot/vmlinux-%s",
		"usr/lib/debug/lib/modules/%s/vmlinux",
		"boot/Image",
		"boot/vmlinuz",
	};

	for (size_t i = 0; machine->build_id[0] && i < sizeof(places) / sizeof(places[0]); i++) {
		const char *release = strstr(places[i], "%s");
		int before = release ? release - places[i] : (int)strlen(places[i]);

		snprintf(machine->path, sizeof(machine->path), "%s/%.*s%s%s", machine->root, before,
			 places[i], release ? machine->release : "", release ? release + 2 : "");
		if (file_is_running(machine, machine->path, runtime, answer))
			return true;
	}
	return false;
}

/* Why nothing can be said about this machine at all, in @why; false: go on. */
static bool hopeless(struct live_machine *machine, char why[static REASON_SIZE])
{
	struct utsname name;
	char patch[64];

	if (!machine->root[0] && !uname(&name) && strcmp(name.machine, "aarch64")) {
		snprintf(why, REASON_SIZE,
			 "this machine is %s, the fault exists on arm64 only; "
			 "name a kernel to check",
			 name.machine);
		return true;
	}
	if (livepatch_find(machine, patch, sizeof(patch))) {
		snprintf(why, REASON_SIZE,
			 "the livepatch %s replaces one of the functions, and "
			 "this program does not read the replacement",
			 patch);
		return true;
	}
	return false;
}

void check_live(const struct check_options *options, struct check_answer **list)
{
	struct check_answer *answer = check_answer_new(list, "running kernel", NULL);
	struct kernel_finding *finding = &answer->finding;
	struct live_machine machine = { .root = options->root };
	struct kernel_runtime runtime = { 0 };
	char why[REASON_SIZE], reason[REASON_SIZE];

	machine_line(machine.root, "proc/sys/kernel/osrelease", machine.release,
		     sizeof(machine.release));
	machine_line(machine.root, "proc/version", finding->banner, sizeof(finding->banner));
	machine_build_id(machine.root, machine.build_id, sizeof(machine.build_id));
	memcpy(finding->build_id, machine.build_id, sizeof(finding->build_id));
	if (hopeless(&machine, why)) {
		kernel_finding_unknown(finding, why);
		return;
	}
	runtime_read(&machine, &runtime);
	if (memory_check(&machine, &runtime, finding, why) ||
	    disk_check(&machine, &runtime, answer))
		return;
	snprintf(reason, sizeof(reason),
		 "%.120s; and no kernel in /boot or /lib/modules has its "
		 "build-id (%.12s...)",
		 why, machine.build_id[0] ? machine.build_id : "none");
	kernel_finding_unknown(finding, reason);
}
