// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters.c: /proc/interrupts, /proc/vmstat and /proc/self/smaps
 *
 * Files stay open and the buffer is touched beforehand: a reading between two samples must not
 * fault a page in.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/say.h"
#include "stress/stress.h"

/* Enough for 1,000 interrupts on 512 CPUs, 11 characters a cell. */
#define BUFFER_SIZE (8u << 20)

static const char *const vm_names[VM_COUNTERS] = {
	[VM_FAULT] = "pgfault",
	[VM_THP_FAULT] = "thp_fault_alloc",
	[VM_SPLIT_PMD] = "thp_split_pmd",
	[VM_SPLIT_PAGE] = "thp_split_page",
	[VM_MIGRATE] = "pgmigrate_success",
};

static char *buffer;
static unsigned int probed;
static int interrupts_fd = -1, vmstat_fd = -1, smaps_fd = -1, profile_fd = -1;

/* Reads @fd from its beginning into the buffer; a string. */
static const char *read_whole(int fd)
{
	size_t used = 0;
	ssize_t got;

	while (used < BUFFER_SIZE - 1 &&
	       (got = pread(fd, buffer + used, BUFFER_SIZE - 1 - used, used)) > 0)
		used += got;
	buffer[used] = '\0';
	return buffer;
}

/* Sum over all CPUs of the row whose description is "Function call interrupts". */
static bool sum_ipis(const char *text, uint64_t *sum)
{
	const char *end = strstr(text, "Function call interrupts"), *at = end;

	if (!end)
		return false;
	while (at > text && at[-1] != '\n')
		at--;
	at = memchr(at, ':', end - at);
	if (!at)
		return false;
	*sum = 0;
	for (at++; at < end;) {
		char *next;
		unsigned long long cell = strtoull(at, &next, 10);

		if (next == at || next > end)
			break;
		*sum += cell;
		at = next;
	}
	return true;
}

/* Value of the line "NAME value" of /proc/vmstat. */
static bool find_value(const char *text, const char *name, uint64_t *value)
{
	size_t length = strlen(name);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ' ') {
			*value = strtoull(line + length, NULL, 10);
			return true;
		}
	}
	return false;
}

const char *stress_counters_open(void)
{
	uint64_t value;

	buffer = malloc(BUFFER_SIZE);
	interrupts_fd = open("/proc/interrupts", O_RDONLY | O_CLOEXEC);
	vmstat_fd = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	smaps_fd = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);
	if (!buffer || interrupts_fd < 0 || vmstat_fd < 0 || smaps_fd < 0)
		return "cannot open /proc/interrupts, /proc/vmstat and /proc/self/smaps";
	memset(buffer, 0, BUFFER_SIZE);
	if (!sum_ipis(read_whole(interrupts_fd), &value))
		return "no row 'Function call interrupts' in /proc/interrupts: one CPU, or a "
		       "kernel that hides it";
	if (!find_value(read_whole(vmstat_fd), vm_names[VM_FAULT], &value))
		return "no pgfault in /proc/vmstat (CONFIG_VM_EVENT_COUNTERS)";
	return NULL;
}

static bool write_tracing(const char *name, const char *text)
{
	char path[128];
	bool written;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/tracing/%s", name);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	return written;
}

/* The maintenance function has another name since 5.14. */
static bool probe_maintenance(void)
{
	return write_tracing("kprobe_events", "p:icache_ipi/maintenance __flush_icache_range") ||
	       write_tracing("kprobe_events", "p:icache_ipi/maintenance caches_clean_inval_pou");
}

/* The profile counts hits whether they are traced or not: the trace itself stays off. */
unsigned int stress_counters_probe(bool maintenances)
{
	if (!write_tracing("tracing_on", "0") ||
	    !write_tracing("kprobe_events", "p:icache_ipi/broadcast kick_all_cpus_sync"))
		return 0;
	probed = maintenances && probe_maintenance() ? 2 : 1;
	profile_fd = open("/sys/kernel/debug/tracing/kprobe_profile", O_RDONLY | O_CLOEXEC);
	if (profile_fd < 0 || !write_tracing("events/icache_ipi/enable", "1"))
		probed = 0;
	return probed;
}

/* Hits and misses of the line "  EVENT  HITS  MISSES" of @profile. */
static uint64_t find_hits(const char *profile, const char *event)
{
	const char *at = strstr(profile, event);
	unsigned long long hits = 0, misses = 0;

	if (!at || sscanf(at + strlen(event), "%llu %llu", &hits, &misses) != 2)
		die(EXIT_UNKNOWN, "the kprobe '%s' vanished", event);
	return hits + misses;
}

void stress_counters_read(struct stress_counters *counters)
{
	const char *text;

	counters->broadcasts = counters->maintenances = 0;
	if (probed) {
		text = read_whole(profile_fd);
		counters->broadcasts = find_hits(text, "broadcast");
		if (probed > 1)
			counters->maintenances = find_hits(text, "maintenance");
	}
	text = read_whole(vmstat_fd);
	for (int i = 0; i < VM_COUNTERS; i++)
		if (!find_value(text, vm_names[i], &counters->vm[i]))
			counters->vm[i] = 0;
	if (!sum_ipis(read_whole(interrupts_fd), &counters->ipis))
		die(EXIT_UNKNOWN, "/proc/interrupts lost its row meanwhile");
}

uint64_t stress_counters_huge_bytes(const void *start, size_t size)
{
	const uintptr_t low = (uintptr_t)start, high = low + size;
	const char *line = read_whole(smaps_fd);
	bool inside = false;
	uint64_t kib = 0;

	while (line && *line) {
		char *next;
		const uintptr_t from = strtoull(line, &next, 16);

		/* "FROM-TO ..." opens a mapping, "Name: value" lines follow. */
		if (*next == '-')
			inside = from < high && strtoull(next + 1, NULL, 16) > low;
		else if (inside && !strncmp(line, "AnonHugePages:", 14))
			kib += strtoull(line + 14, NULL, 10);
		line = strchr(line, '\n');
		line += line ? 1 : 0;
	}
	return kib << 10;
}
