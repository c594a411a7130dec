// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch.c: kprobes, each with one program for all CPUs, and maps in two halves
 *
 * An event of the kprobe PMU belongs to one CPU, but its program runs at the hits of every CPU: the
 * kernel calls it before it looks for events of the CPU (kernel/trace/trace_kprobe.c,
 * kprobe_perf_func). So a probe is one event, however many CPUs there are. All of it are file
 * descriptors: the kernel takes them away with the process.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/machine.h"
#include "who/who.h"

/* Processes times paths between two readings, at most; beyond that hits are counted as lost. */
enum { KEYS_MAX = 4096, STACKS_MAX = 8192 };

/* Where struct pt_regs has x30, sp and x0 (arch/arm64/include/uapi/asm/ptrace.h), or rsp and rdi. */
#ifdef __aarch64__
enum { CALLER_OFFSET = 30 * 8, STACK_OFFSET = 31 * 8, ARGUMENT_OFFSET = 0 };
#else
enum { CALLER_OFFSET = -1, STACK_OFFSET = 19 * 8, ARGUMENT_OFFSET = 14 * 8 };
#endif

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_all(struct who_watch *watch)
{
	struct who_assembly *parts = &watch->parts;

	who_watch_disarm(watch);
	for (int i = 0; i < WHO_PROBES; i++)
		close_one(&watch->programs[i]);
	for (int half = 0; half < WHO_HALVES; half++) {
		close_one(&parts->counts[half]);
		close_one(&parts->stacks[half]);
	}
	close_one(&parts->turn);
	close_one(&parts->totals);
	close_one(&parts->asked);
}

/* An administrator may allow shorter stacks than we ask for (kernel/bpf/stackmap.c). */
static uint32_t allowed_depth(const char *root)
{
	char line[32];
	long most;

	machine_line(root, "proc/sys/kernel/perf_event_max_stack", line, sizeof(line));
	most = atol(line);
	return most > 0 && most < WHO_DEPTH ? most : WHO_DEPTH;
}

static bool make_maps(struct who_assembly *parts, const char *root)
{
	const uint32_t depth = allowed_depth(root);

	parts->turn = who_bpf_map(BPF_MAP_TYPE_ARRAY, 4, 4, 1);
	parts->totals = who_bpf_map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct who_value),
				    WHO_HALVES);
	for (int half = 0; half < WHO_HALVES && parts->totals >= 0; half++) {
		parts->counts[half] = who_bpf_map(BPF_MAP_TYPE_PERCPU_HASH, sizeof(struct who_key),
						  sizeof(struct who_value), KEYS_MAX);
		if (parts->counts[half] < 0)
			return false;
		parts->stacks[half] = who_bpf_map(BPF_MAP_TYPE_STACK_TRACE, 4, 8 * depth,
						  STACKS_MAX);
		if (parts->stacks[half] < 0)
			return false;
	}
	return parts->turn >= 0 && parts->totals >= 0;
}

/* The CPUs that are asked about, for calls to one and for calls to many. */
static bool make_asked(struct who_assembly *parts, const struct who_cpus *to)
{
	const uint32_t one = 1;

	parts->asked = who_bpf_map(BPF_MAP_TYPE_ARRAY, 4, 4, WHO_CPUS_MAX);
	if (parts->asked < 0)
		return false;
	for (uint32_t cpu = 0; cpu < WHO_CPUS_MAX; cpu++) {
		if (!to->has[cpu])
			continue;
		parts->mask[cpu / 64] |= UINT64_C(1) << cpu % 64;
		if (who_bpf_update(parts->asked, &cpu, &one))
			return false;
	}
	return true;
}

/* With the cgroup where the kernel has them. */
static int load_program(struct who_assembly *parts)
{
	static struct bpf_insn program[WHO_PROGRAM_MAX];
	int fd;

	parts->cgroups = true;
	fd = who_bpf_load(program, who_assemble(program, parts));
	if (fd >= 0 || errno != EINVAL)
		return fd;
	parts->cgroups = false;
	return who_bpf_load(program, who_assemble(program, parts));
}

static int open_event(const char *root, const char *function)
{
	struct perf_event_attr attributes;
	struct who_cpus online;
	char type[32];
	int cpu = 0;

	machine_line(root, "sys/bus/event_source/devices/kprobe/type", type, sizeof(type));
	memset(&attributes, 0, sizeof(attributes));
	attributes.size = sizeof(attributes);
	attributes.type = atoi(type);
	attributes.config1 = (uintptr_t)function;
	if (who_cpus_read(&online, root, "online"))
		while (!online.has[cpu])
			cpu++;
	return syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* Kernels before 5.11 charge maps to this limit. */
static void raise_limit(void)
{
	const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &limit);
}

/* What is probed, and what there is to know of it. False: the kernel has no such function, which is @why. */
static bool choose(struct who_watch *watch, const struct who_wish *wish,
		   char why[static WHO_REASON_SIZE])
{
	uint64_t size;

	watch->probed[0] = WHO_KICK;
	if (!wish->all)
		return true;
	/* All three in one place: what goes through another one is counted there alone. */
	watch->probed[0] =
		who_names_address(wish->names, WHO_MANY_COND, &size) ? WHO_MANY_COND : WHO_MANY;
	watch->probed[1] = WHO_ONE;
	watch->probed[2] = WHO_ONE_ASYNC;
	for (int i = 0; i < WHO_PROBES; i++)
		if (!who_names_address(wish->names, watch->probed[i], &size)) {
			snprintf(why, WHO_REASON_SIZE,
				 "this kernel has no function %s, which --all counts: leave it out",
				 watch->probed[i]);
			return false;
		}
	watch->parts.inside = who_names_address(wish->names, watch->probed[0],
						&watch->parts.inside_size);
	return true;
}

/* Programs are loaded and probes armed first: both broadcast, and none of it is counted. */
static const char *arm(struct who_watch *watch, const char *root, const struct who_wish *wish)
{
	static char failed[64];
	struct who_assembly *parts = &watch->parts;

	raise_limit();
	if (!make_maps(parts, root) || (wish->all && !make_asked(parts, wish->to)))
		return "make maps for BPF";
	for (int i = 0; i < WHO_PROBES && watch->probed[i]; i++) {
		parts->probe = i;
		parts->argument = !wish->all ? WHO_FOR_ALL : !i ? WHO_FOR_MANY : WHO_FOR_ONE;
		watch->programs[i] = load_program(parts);
		if (watch->programs[i] < 0)
			return "load a BPF program";
		watch->events[i] = open_event(root, watch->probed[i]);
		if (watch->events[i] < 0) {
			snprintf(failed, sizeof(failed), "set a kprobe on %s", watch->probed[i]);
			return failed;
		}
	}
	for (int i = 0; i < WHO_PROBES && watch->probed[i]; i++)
		if (ioctl(watch->events[i], PERF_EVENT_IOC_SET_BPF, watch->programs[i]))
			return "attach a BPF program to a kprobe";
	return NULL;
}

static bool get_memory(struct who_watch *watch)
{
	watch->values = calloc(watch->cpus, sizeof(*watch->values));
	watch->zeros = calloc(watch->cpus, sizeof(*watch->zeros));
	watch->sent = calloc(watch->cpus, sizeof(*watch->sent));
	watch->by_cpu = calloc(watch->cpus, sizeof(*watch->by_cpu));
	watch->before[0] = calloc(watch->cpus, sizeof(*watch->before[0]));
	watch->before[1] = calloc(watch->cpus, sizeof(*watch->before[1]));
	return watch->values && watch->zeros && watch->sent && watch->by_cpu && watch->before[0] &&
	       watch->before[1];
}

bool who_watch_open(struct who_watch *watch, const char *root, const struct who_wish *wish,
		    char why[static WHO_REASON_SIZE])
{
	struct who_cpus possible;
	const char *failed;

	*watch = (struct who_watch){
		.parts = { .turn = -1,
			   .totals = -1,
			   .counts = { -1, -1 },
			   .stacks = { -1, -1 },
			   .asked = -1,
			   .process = wish->process,
			   .caller_offset = CALLER_OFFSET,
			   .stack_offset = STACK_OFFSET,
			   .argument_offset = ARGUMENT_OFFSET },
		.programs = { -1, -1, -1 },
		.events = { -1, -1, -1 },
	};
	if (!who_cpus_read(&possible, root, "possible")) {
		snprintf(why, WHO_REASON_SIZE,
			 "cannot read /sys/devices/system/cpu/possible: is /sys mounted?");
		return false;
	}
	if (!choose(watch, wish, why))
		return false;
	watch->cpus = possible.count;
	failed = get_memory(watch) ? arm(watch, root, wish) : "get memory";
	if (!failed)
		return true;
	who_refuse_errno(root, failed, why);
	who_watch_free(watch);
	return false;
}

void who_watch_disarm(struct who_watch *watch)
{
	for (int i = 0; i < WHO_PROBES; i++)
		close_one(&watch->events[i]);
}

void who_watch_free(struct who_watch *watch)
{
	close_all(watch);
	free(watch->values);
	free(watch->zeros);
	free(watch->sent);
	free(watch->by_cpu);
	free(watch->before[0]);
	free(watch->before[1]);
}

/* Leaves in @watch->sent and ipis what is new in the totals of @half; returns the calls' sum. */
static uint64_t read_totals(struct who_watch *watch, uint32_t half)
{
	uint64_t sum = 0;

	watch->ipis = 0;
	if (who_bpf_lookup(watch->parts.totals, &half, watch->values))
		memcpy(watch->values, watch->before[half], watch->cpus * sizeof(*watch->values));
	for (unsigned int i = 0; i < watch->cpus; i++) {
		watch->sent[i] = watch->values[i].calls - watch->before[half][i].calls;
		watch->ipis += watch->values[i].ipis - watch->before[half][i].ipis;
		sum += watch->sent[i];
	}
	return sum;
}

/*
 * From here on the other half is counted in, and nobody is still at work in the old one: kprobes run
 * with preemption disabled, and this waits for all that do (kernel/sched/membarrier.c). Where the kernel
 * has no such call, as with nohz_full=, a pause has to do; what comes later is seen to be lost.
 */
static void take_turns(struct who_watch *watch)
{
	enum { GLOBAL = 1, PAUSE_US = 20000 };
	const uint32_t index = 0;

	watch->half ^= 1;
	who_bpf_update(watch->parts.turn, &index, &watch->half);
	if (syscall(SYS_membarrier, GLOBAL, 0, 0))
		usleep(PAUSE_US);
}

/*
 * The chain of @key: the probed function, its caller, and what called that. An arm64 kernel walks a stack
 * from the frame pointer, which is still the caller's where a function begins: the caller is missing.
 */
static void read_chain(struct who_watch *watch, uint32_t half, const struct who_key *key,
		       struct who_sample *sample)
{
	uint64_t frames[WHO_DEPTH] = { 0 };
	size_t i = !key->skipped;

	sample->depth = 0;
	if (key->stack < 0 || who_bpf_lookup(watch->parts.stacks[half], &key->stack, frames))
		return;
	sample->chain[sample->depth++] = key->skipped ? 0 : frames[0];
	if (key->caller && frames[i] != key->caller)
		sample->chain[sample->depth++] = key->caller;
	for (; i < WHO_DEPTH && frames[i]; i++)
		sample->chain[sample->depth++] = frames[i];
}

/* Emptied before it is deleted: kernels before 5.10 give the place to another key with its values. */
static bool drop_key(struct who_watch *watch, uint32_t half, const struct who_key *key)
{
	return !who_bpf_update(watch->parts.counts[half], key, watch->zeros) &&
	       !who_bpf_delete(watch->parts.counts[half], key);
}

static void drop_stacks(struct who_watch *watch, uint32_t half)
{
	uint32_t stack;

	while (!who_bpf_next(watch->parts.stacks[half], NULL, &stack))
		if (who_bpf_delete(watch->parts.stacks[half], &stack))
			return;
}

static void take_key(struct who_watch *watch, uint32_t half, const struct who_key *key,
		     who_sample_to *to, void *context)
{
	struct who_sample sample = { .process = key->process,
				     .leader = key->leader,
				     .cgroup = key->cgroup,
				     .by_cpu = watch->by_cpu,
				     .cpus = watch->cpus };

	if (key->probe >= WHO_PROBES || !watch->probed[key->probe] ||
	    who_bpf_lookup(watch->parts.counts[half], key, watch->values))
		return;
	sample.probed = watch->probed[key->probe];
	memcpy(sample.comm, key->comm, WHO_COMM_SIZE);
	for (unsigned int i = 0; i < watch->cpus; i++) {
		watch->by_cpu[i] = watch->values[i].calls;
		sample.calls += watch->values[i].calls;
		sample.ipis += watch->values[i].ipis;
	}
	read_chain(watch, half, key, &sample);
	to(context, &sample);
}

uint64_t who_watch_take(struct who_watch *watch, who_sample_to *to, void *context)
{
	const uint32_t half = watch->half;
	struct who_key key;
	uint64_t counted = read_totals(watch, half);

	if (!counted)
		return 0;
	take_turns(watch);
	counted = read_totals(watch, half);
	memcpy(watch->before[half], watch->values, watch->cpus * sizeof(*watch->values));
	while (!who_bpf_next(watch->parts.counts[half], NULL, &key)) {
		take_key(watch, half, &key, to, context);
		if (!drop_key(watch, half, &key))
			break;
	}
	drop_stacks(watch, half);
	return counted;
}

uint64_t who_watch_missed(struct who_watch *watch)
{
	const uint64_t before = watch->missed;

	watch->missed = 0;
	for (int i = 0; i < WHO_PROBES && watch->probed[i]; i++)
		watch->missed += who_bpf_missed(watch->programs[i]);
	return watch->missed - before;
}
