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
#include <glob.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "check/a64.h"
#include "check/live.h"
#include "check/roles.h"

/* modules/mitigate, as /proc/modules has it */
#define MITIGATION "icache_ipi_mitigate"

struct machine {
	const char *root;
	char path[4096];	/* of the file opened last */
	char release[130];
	char build_id[41];
};

/* Open a file of the machine; @name without a leading slash. */
static FILE *machine_open(struct machine *machine, const char *name)
{
	snprintf(machine->path, sizeof(machine->path), "%s/%s", machine->root, name);
	return fopen(machine->path, "re");
}

/* The first line of a small file, "" if there is none. */
static void machine_line(struct machine *machine, const char *name, char *line, size_t size)
{
	FILE *file = machine_open(machine, name);

	line[0] = '\0';
	if (file && fgets(line, size, file))
		line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
}

/* The GNU build-id among the notes the running kernel shows. */
static void build_id_read(struct machine *machine)
{
	FILE *file = machine_open(machine, "sys/kernel/notes");
	uint8_t notes[4096];
	size_t size = file ? fread(notes, 1, sizeof(notes), file) : 0;

	if (file)
		fclose(file);
	for (size_t at = 0; at + 36 <= size; at += 4) {
		Elf64_Nhdr note;

		memcpy(&note, notes + at, sizeof(note));
		if (note.n_namesz != 4 || note.n_descsz != 20 || note.n_type != NT_GNU_BUILD_ID ||
		    memcmp(notes + at + sizeof(note), "GNU", 4))
			continue;
		for (int i = 0; i < 20; i++)
			sprintf(machine->build_id + 2 * i, "%02x", notes[at + 16 + i]);
		return;
	}
}

#ifdef __aarch64__
/*
 * CTR_EL0.L1Ip (bits 15:14) of every CPU: one that is VIPT makes the kernel treat all so
 * (arch/arm64/kernel/cpuinfo.c). User space may read the register.
 */
static bool cpus_vipt(void)
{
	cpu_set_t allowed, one;
	bool vipt = false;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		CPU_ZERO(&allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		uint64_t ctr;

		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (!CPU_ISSET(cpu, &allowed) || sched_setaffinity(0, sizeof(one), &one))
			continue;
		__asm__ volatile("mrs %0, ctr_el0" : "=r"(ctr));
		vipt |= (ctr >> 14 & 3) == 1 || (ctr >> 14 & 3) == 2;
	}
	sched_setaffinity(0, sizeof(allowed), &allowed);
	return vipt;
}
#else
static bool cpus_vipt(void)
{
	return false;	/* --root describes another machine */
}
#endif

/* Is our module loaded and past its initialisation? */
static bool module_live(struct machine *machine)
{
	FILE *file = machine_open(machine, "proc/modules");
	char line[512], name[65], state[16];
	bool live = false;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%64s %*s %*s %*s %15s", name, state) == 2 &&
		    !strcmp(name, MITIGATION))
			live = !strcmp(state, "Live");
	if (file)
		fclose(file);
	return live;
}

/* What our module says of itself, from the code as it is now: "" when it is too old to say. */
static bool module_mitigates(struct machine *machine, bool probe_is_there)
{
	char state[32];

	machine_line(machine, "sys/module/" MITIGATION "/state", state, sizeof(state));
	return state[0] ? !strcmp(state, "mitigated") : probe_is_there;
}

/* The name of an enabled livepatch that replaces one of the roots, in @name; false: none. */
static bool livepatch_find(struct machine *machine, char *name, size_t size)
{
	static const char *const roots[] = { ROOT_PTE, ROOT_ALIASES };
	glob_t found;
	bool is = false;

	for (int i = 0; i < 2 && !is; i++) {
		snprintf(machine->path, sizeof(machine->path),
			 "%s/sys/kernel/livepatch/*/vmlinux/%s,*", machine->root, roots[i]);
		if (glob(machine->path, 0, NULL, &found))
			continue;
		is = true;
		snprintf(name, size, "%s", found.gl_pathv[0] + strlen(machine->root) +
			 strlen("/sys/kernel/livepatch/"));
		name[strcspn(name, "/")] = '\0';
		globfree(&found);
	}
	return is;
}

static void runtime_read(struct machine *machine, struct runtime *runtime)
{
	char online[256];

	runtime->live = true;
	machine_line(machine, "sys/devices/system/cpu/online", online, sizeof(online));
	runtime->one_cpu = online[0] && !strpbrk(online, ",-");
	runtime->vipt = !machine->root[0] && cpus_vipt();
	runtime->mitigated = module_live(machine);
}

static void runtime_note(struct runtime *runtime, bool probe_seen)
{
	if (runtime->mitigated)
		snprintf(runtime->note, REASON_SIZE, "the module " MITIGATION " is loaded%s",
			 probe_seen ? " and in place" :
			 "; whether it is in place was not looked at (no /proc/kcore)");
	else if (runtime->vipt)
		snprintf(runtime->note, REASON_SIZE, "the instruction cache is VIPT: the kernel "
			 "takes another branch, which interrupts nobody");
	else if (runtime->one_cpu)
		snprintf(runtime->note, REASON_SIZE, "one CPU is online: there is no other to "
			 "interrupt");
}

/* The kernel's own symbols, without those of modules. All zero: hidden from this user. */
static bool kallsyms_read(struct machine *machine, struct symbols *symbols,
			  char why[static REASON_SIZE])
{
	FILE *file = machine_open(machine, "proc/kallsyms");
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
		if (!symbols_add(symbols, address, type, name, strlen(name)))
			break;
	}
	fclose(file);
	if (!any) {
		symbols_free(symbols);
		snprintf(why, REASON_SIZE, "/proc/kallsyms hides addresses (needs root and "
			 "kptr_restrict below 2)");
	}
	symbols_sort(symbols);
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
			ssize_t got = pread(fd, (char *)to + done, size - done, segment.p_offset +
					    (address - segment.p_vaddr) + done);

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
	const struct symbol *start = symbols_find(&kernel->symbols, "_stext", true, NULL);
	const struct symbol *end = symbols_find(&kernel->symbols, "_etext", true, NULL);

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
	symbols_sort(&kernel->symbols);
	return true;
}

/*
 * __icache_flags, bit 0: ICACHEF_ALIASING (asm/cache.h). The kernel's own opinion beats the
 * register; without KALLSYMS_ALL the symbol is not there.
 */
static void icache_flags_read(int fd, const struct kernel *kernel, struct runtime *runtime)
{
	const struct symbol *flags = symbols_find(&kernel->symbols, "__icache_flags", true, NULL);
	uint64_t value;

	if (flags && core_read(fd, kernel->base + flags->offset, &value, sizeof(value)))
		runtime->vipt = value & 1;
}

/* Is there a breakpoint where our module puts its probe? */
static bool probe_seen(const struct kernel *kernel)
{
	const struct symbol *root = symbols_find(&kernel->symbols, ROOT_PTE, true, NULL);

	return root && kernel_holds(kernel, root->offset) &&
	       a64_is_brk(kernel_word(kernel, root->offset));
}

/* The kernel's code from memory. False with the reason in @why when that cannot be had. */
static bool memory_check(struct machine *machine, struct runtime *runtime, struct result *result,
			 char why[static REASON_SIZE])
{
	struct kernel kernel = { .symbols_from = "/proc/kallsyms" };
	bool done = false;
	int fd;

	if (!kallsyms_read(machine, &kernel.symbols, why))
		return false;
	snprintf(machine->path, sizeof(machine->path), "%s/proc/kcore", machine->root);
	fd = open(machine->path, O_RDONLY | O_CLOEXEC);
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
		snprintf(result->container, sizeof(result->container), "/proc/kcore");
		result_judge_kernel(result, &kernel, runtime);
	}
	if (fd >= 0)
		close(fd);
	kernel_free(&kernel);
	return done;
}

/* Is the file at @path the running kernel? Then judge it. */
static bool file_is_running(const struct machine *machine, const char *path,
			    struct runtime *runtime, struct result *result)
{
	const struct options none = { .root = "" };
	struct bytes bytes = { 0 };
	struct kernel kernel = { 0 };
	char why[REASON_SIZE], container[64] = "";
	bool same;

	if (!input_read_file(path, &bytes, why))
		return false;
	input_kernel(&bytes, &none, &kernel, container, why);
	same = kernel.image && kernel_has_build_id(&kernel, machine->build_id);
	if (same) {
		snprintf(result->container, sizeof(result->container), "%s", container);
		result->member = strdup(path);
		runtime_note(runtime, false);
		if (kernel.symbols.count)
			result_judge_kernel(result, &kernel, runtime);
		else
			result_unknown(result, why);
	}
	kernel_free(&kernel);
	return same;
}

/* Look for a file of the running kernel where distributions put it. */
static bool disk_check(struct machine *machine, struct runtime *runtime, struct result *result)
{
	static const char *const places[] = {
		"boot/vmlinuz-%s", "boot/Image-%s", "boot/vmlinux-%s", "lib/modules/%s/vmlinuz",
		"usr/lib/modules/%s/vmlinuz", "lib/modules/%s/build/vmlinux",
		"usr/lib/debug/boot/vmlinux-%s", "usr/lib/debug/lib/modules/%s/vmlinux",
		"boot/Image", "boot/vmlinuz",
	};

	for (size_t i = 0; machine->build_id[0] && i < sizeof(places) / sizeof(places[0]); i++) {
		const char *release = strstr(places[i], "%s");
		int before = release ? release - places[i] : (int)strlen(places[i]);

		snprintf(machine->path, sizeof(machine->path), "%s/%.*s%s%s", machine->root,
			 before, places[i], release ? machine->release : "",
			 release ? release + 2 : "");
		if (file_is_running(machine, machine->path, runtime, result))
			return true;
	}
	return false;
}

/* Why nothing can be said about this machine at all, in @why; false: go on. */
static bool hopeless(struct machine *machine, char why[static REASON_SIZE])
{
	struct utsname name;
	char patch[64];

	if (!machine->root[0] && !uname(&name) && strcmp(name.machine, "aarch64")) {
		snprintf(why, REASON_SIZE, "this machine is %s, the fault exists on arm64 only; "
			 "name a kernel to check", name.machine);
		return true;
	}
	if (livepatch_find(machine, patch, sizeof(patch))) {
		snprintf(why, REASON_SIZE, "the livepatch %s replaces one of the functions, and "
			 "what it does instead is not read", patch);
		return true;
	}
	return false;
}

void live_check(const struct options *options, struct result **list)
{
	struct result *result = result_new(list, "running kernel", NULL);
	struct machine machine = { .root = options->root };
	struct runtime runtime = { 0 };
	char why[REASON_SIZE], reason[REASON_SIZE];

	machine_line(&machine, "proc/sys/kernel/osrelease", machine.release,
		     sizeof(machine.release));
	machine_line(&machine, "proc/version", result->banner, sizeof(result->banner));
	build_id_read(&machine);
	memcpy(result->build_id, machine.build_id, sizeof(result->build_id));
	if (hopeless(&machine, why)) {
		result_unknown(result, why);
		return;
	}
	runtime_read(&machine, &runtime);
	if (memory_check(&machine, &runtime, result, why) ||
	    disk_check(&machine, &runtime, result))
		return;
	snprintf(reason, sizeof(reason), "%.120s; and no kernel in /boot or /lib/modules has its "
		 "build-id (%.12s...)", why, machine.build_id[0] ? machine.build_id : "none");
	result_unknown(result, reason);
}
