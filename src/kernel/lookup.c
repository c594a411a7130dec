// SPDX-License-Identifier: GPL-2.0-only
/*
 * lookup.c: further files of a source tree that a name is defined in, and names that every kernel has
 */
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/reach.h"
#include "kernel/roles.h"
#include "lib/beneath.h"
#include "lib/file.h"

/* A kernel has 60,000 files; none of source text that counts is larger than a MiB. */
enum { FILE_MAXIMUM = 1 << 20, FILES_MAXIMUM = 200000, FOUND_MAXIMUM = 64, ASKED_MAXIMUM = 64 };

struct kernel_reach_asked {
	struct kernel_reach_asked *next;
	enum kernel_reach_scope scope;
	bool found;
	char name[];
};

/* Where to look, and how deep; a scope leaves out what the one before it has read. */
static const struct place {
	enum kernel_reach_scope scope;
	const char *folder;
} places[] = {
	{ KERNEL_REACH_ARM64, "arch/arm64" }, { KERNEL_REACH_SHARED, "include" },
	{ KERNEL_REACH_SHARED, "kernel" },    { KERNEL_REACH_SHARED, "mm" },
	{ KERNEL_REACH_SHARED, "lib" },	      { KERNEL_REACH_ALL, "block" },
	{ KERNEL_REACH_ALL, "crypto" },	      { KERNEL_REACH_ALL, "drivers" },
	{ KERNEL_REACH_ALL, "fs" },	      { KERNEL_REACH_ALL, "init" },
	{ KERNEL_REACH_ALL, "ipc" },	      { KERNEL_REACH_ALL, "net" },
	{ KERNEL_REACH_ALL, "security" },     { KERNEL_REACH_ALL, "sound" },
	{ KERNEL_REACH_ALL, "virt" },
};

/* Names that the assembler sets, and files that belong to the text: neither is read. */
static const char *is_told_elsewhere(const struct kernel_reach_file *file, const char *text)
{
	static const char *const sets[] = { ".set ", ".equ ", ".equiv ", ".set\t", ".equ\t" };

	for (size_t i = 0; file->assembly && i < sizeof(sets) / sizeof(*sets); i++)
		if (strstr(text, sets[i]))
			return "names that the assembler sets";
	for (const char *at = text; (at = strstr(at, "include")); at++)
		if (at[7 + strspn(at + 7, " \t")] == '"')
			return "an #include of a file beside it";
	return NULL;
}

bool kernel_reach_add(struct kernel_reach *reach, const char *path, const char *text, int rank)
{
	struct kernel_reach_file *file = calloc(1, sizeof(*file)), **last = &reach->files;
	const size_t length = strlen(path);

	if (!file || !(file->path = strdup(path)) ||
	    !(file->code = kernel_source_read(text, &file->macros))) {
		if (file)
			free(file->path);
		free(file);
		return false;
	}
	file->assembly = length > 2 && !strcmp(path + length - 2, ".S");
	file->header = length > 2 && !strcmp(path + length - 2, ".h");
	file->generic = strncmp(path, "arch/arm64/", 11);
	if (!file->generic)
		file->odd = kernel_source_oddity(text, file->macros);
	if (!rank && !file->odd && !strncmp(path, "arch/arm64/mm/", 14))
		file->odd = is_told_elsewhere(file, text);
	file->rank = rank;
	while (*last && (*last)->rank <= rank)
		last = &(*last)->next;
	file->next = *last;
	*last = file;
	return true;
}

static bool is_source(const char *name)
{
	const size_t length = strlen(name);

	return length > 2 && name[length - 2] == '.' && strchr("chS", name[length - 1]);
}

static bool is_listed(const struct kernel_reach *reach, const char *path)
{
	const struct kernel_reach_file *file = reach->files;

	while (file && strcmp(file->path, path))
		file = file->next;
	return file;
}

/* The file of the first folder that has it. */
static int folder_open(const int folders[2], const char *path)
{
	int fd = -1;

	for (int i = 0; fd < 0 && i < 2; i++)
		if (folders[i] >= 0)
			fd = beneath_open(folders[i], path,
					  O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
	return fd;
}

/* Adds the file if it has @name in it. */
static bool file_look(struct kernel_reach *reach, const int folders[2], const char *path,
		      const char *name, int rank)
{
	int fd = folder_open(folders, path);
	size_t size = 0;
	char *text = fd < 0 ? NULL : file_read_fd(fd, FILE_MAXIMUM, &size);
	const bool found = text && strlen(text) == size && strstr(text, name) &&
			   !is_listed(reach, path) && kernel_reach_add(reach, path, text, rank);

	free(text);
	if (fd >= 0)
		close(fd);
	return found;
}

static bool place_look(struct kernel_reach *reach, const int folders[2], const struct place *place,
		       const char *name)
{
	const size_t root = strlen(reach->folder) + 1;
	char *path = malloc(root + strlen(place->folder) + 1), *roots[] = { path, NULL };
	FTS *walk = NULL;
	FTSENT *entry;
	unsigned int files = 0, found = 0;

	if (path) {
		strcat(strcat(strcpy(path, reach->folder), "/"), place->folder);
		walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	}
	while (walk && files < FILES_MAXIMUM && found < FOUND_MAXIMUM && (entry = fts_read(walk)))
		if (entry->fts_info == FTS_F && is_source(entry->fts_name)) {
			files++;
			found += file_look(reach, folders, entry->fts_path + root, name,
					   1 + place->scope);
		}
	if (walk)
		fts_close(walk);
	free(path);
	return found;
}

/* The note that @name was looked for; a new one with .found false. NULL: no more. */
static struct kernel_reach_asked *asked_note(struct kernel_reach *reach, const char *name,
					     enum kernel_reach_scope scope)
{
	struct kernel_reach_asked **at = &reach->asked;
	unsigned int count = 0;

	for (; *at; at = &(*at)->next, count++)
		if ((*at)->scope == scope && !strcmp((*at)->name, name))
			return NULL;
	if (count >= ASKED_MAXIMUM)
		return NULL;
	*at = calloc(1, sizeof(**at) + strlen(name) + 1);
	if (*at) {
		(*at)->scope = scope;
		strcpy((*at)->name, name);
	}
	return *at;
}

bool kernel_reach_look(struct kernel_reach *reach, const char *name, enum kernel_reach_scope scope)
{
	struct kernel_reach_asked *asked = reach->folder ? asked_note(reach, name, scope) : NULL;
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int folders[2] = { -1, -1 };

	if (!asked)
		return false;
	if (reach->over)
		folders[0] = open(reach->over, flags);
	folders[1] = open(reach->folder, flags);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (places[i].scope == scope)
			asked->found |= place_look(reach, folders, &places[i], name);
	for (int i = 0; i < 2; i++)
		if (folders[i] >= 0)
			close(folders[i]);
	return asked->found;
}

void kernel_reach_files_free(struct kernel_reach *reach)
{
	while (reach->files) {
		struct kernel_reach_file *file = reach->files;

		reach->files = file->next;
		free(file->path);
		free(file->code);
		free(file->macros);
		free(file);
	}
	while (reach->asked) {
		struct kernel_reach_asked *asked = reach->asked;

		reach->asked = asked->next;
		free(asked);
	}
}

/* kernel/smp.c and its like; what roles.c knows of machine code counts, too. */
static const char *const loud[] = {
	"on_each_cpu_cond",
	"schedule_on_each_cpu",
	"stop_machine",
	"stop_machine_cpuslocked",
	"wake_up_all_idle_cpus",
	"smp_cross_call",
	"arch_send_call_function_ipi_mask",
	NULL
};

/* Maintenance beside the deciding one: an excerpt of a tree may lack its definition. */
static const char *const forgiven[] = {
	"__flush_icache_all",	   "icache_inval_all_pou",    "__flush_dcache_area",
	"__inval_dcache_area",	   "__clean_dcache_area_pou", "__clean_dcache_area_poc",
	"__clean_dcache_area_pop", "dcache_clean_pou",	      "dcache_clean_poc",
	"dcache_inval_poc",	   "dcache_clean_inval_poc",  NULL
};

/* A final '*' stands for any rest. */
static const char *const innocent[] = {
	/* pages */
	"page_address", "page_to_virt", "page_to_phys", "page_to_pfn", "page_size", "page_mapping",
	"page_mapping_file", "page_file_mapping", "page_folio", "page_is_*", "page_count",
	"page_mapcount", "page_kasan_tag*", "page_zone", "page_to_nid", "pfn_to_page", "pfn_valid",
	"pfn_to_kaddr", "phys_to_page", "virt_to_page", "virt_to_phys", "virt_to_head_page",
	"virt_addr_valid", "phys_to_virt", "compound_head", "compound_order", "compound_nr",
	"thp_order", "thp_size", "thp_nr_pages", "hpage_nr_pages", "Page*", "SetPage*",
	"ClearPage*", "TestSetPage*", "TestClearPage*", "folio_address", "folio_size",
	"folio_order", "folio_nr_pages", "folio_flags", "folio_page", "folio_test_*", "folio_set_*",
	"folio_clear_*", "folio_mapping", "nth_page", "lowmem_page_address", "is_zero_pfn",
	"is_vmalloc_addr", "kmap", "kunmap", "kmap_atomic", "kunmap_atomic", "kmap_local_*",
	"kunmap_local", "__kunmap_atomic",
	/* page tables */
	"pte_*", "pmd_*", "pud_*", "pgd_*", "__pte", "__pmd", "__pte_to_phys",
	/* bits, barriers, atomics */
	"test_bit", "set_bit", "clear_bit", "change_bit", "test_and_set_bit", "test_and_clear_bit",
	"__test_bit", "__set_bit", "__clear_bit", "__test_and_set_bit", "arch_test_bit",
	"test_bit_acquire", "test_and_set_bit_lock", "clear_bit_unlock", "BIT", "BIT_ULL",
	"GENMASK", "dsb", "dmb", "isb", "mb", "rmb", "wmb", "smp_mb", "smp_rmb", "smp_wmb",
	"barrier", "smp_mb__before_atomic", "smp_mb__after_atomic", "smp_store_release",
	"smp_load_acquire", "READ_ONCE", "WRITE_ONCE", "ACCESS_ONCE", "atomic_*", "atomic64_*",
	"atomic_long_*", "this_cpu_*", "__this_cpu_*", "raw_cpu_*", "per_cpu", "per_cpu_ptr",
	"get_cpu", "put_cpu", "get_cpu_var", "put_cpu_var", "smp_processor_id",
	"raw_smp_processor_id", "num_online_cpus", "cpu_online", "cpu_relax", "cpumask_*",
	"preempt_*", "irqs_disabled", "local_irq_*", "in_interrupt", "in_atomic", "might_sleep",
	"cond_resched", "rcu_read_lock", "rcu_read_unlock", "spin_lock*", "spin_unlock*",
	"raw_spin_*", "lockdep_*",
	/* caches and features of the machine */
	"icache_is_*", "cache_is_*", "cache_line_size", "cpus_have_*", "cpu_have_*",
	"this_cpu_has_cap", "alternative_has_*", "system_*", "arm64_*_enabled", "read_cpuid*",
	"read_sysreg*", "read_sanitised_ftr_reg", "static_branch_*", "static_key_*",
	"untagged_addr", "kasan_*", "kgdb_connected",
	/* words of the language and of its macros */
	"likely", "unlikely", "IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_ALIGNED", "ALIGN",
	"ALIGN_DOWN", "PAGE_ALIGN", "PFN_*", "min", "max", "min_t", "max_t", "clamp", "swap",
	"ARRAY_SIZE", "container_of", "BUG", "BUG_ON", "BUILD_BUG_ON", "WARN", "WARN_ON",
	"WARN_ON_ONCE", "WARN_ONCE", "VM_BUG_ON*", "VM_WARN_ON*", "pr_*", "printk", "printk_once",
	"printk_ratelimited", "trace_*", "dump_stack", "memcpy", "memset", "memmove", "memcmp",
	"ktime_get*", "sched_clock", "local_clock", "get_cycles", "jiffies*", "ERR_PTR", "IS_ERR",
	"PTR_ERR", "__builtin_*", "__user", "alternative_*", "ALTERNATIVE", "unreachable", NULL
};

static bool is_listed_in(const char *const patterns[], const char *name)
{
	for (; *patterns; patterns++) {
		const size_t length = strlen(*patterns);
		const char *star = memchr(*patterns, '*', length);

		if (!star ? !strcmp(*patterns, name) :
		    star[1] ?
			    !strncmp(*patterns, name, star - *patterns) && strlen(name) >= length &&
				    !strcmp(name + strlen(name) - strlen(star + 1), star + 1) :
			    !strncmp(*patterns, name, length - 1))
			return true;
	}
	return false;
}

enum kernel_reach_fame kernel_reach_fame_of(const char *name)
{
	if (kernel_role_of(name) == ROLE_BROADCAST || is_listed_in(loud, name))
		return KERNEL_REACH_LOUD;
	if (is_listed_in(innocent, name))
		return KERNEL_REACH_INNOCENT;
	return is_listed_in(forgiven, name) ? KERNEL_REACH_FORGIVEN : KERNEL_REACH_STRANGER;
}

bool kernel_reach_is_suspect(const char *name)
{
	static const char *const parts[] = { "cache", "flush", "sync", "inval", "clean", "kick",
					     "ipi",   "cpu",   "smp",  "call",	"cast",	 "CACHE",
					     "FLUSH", "SYNC",  "KICK", "CPU" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strstr(name, parts[i]))
			return true;
	return false;
}
