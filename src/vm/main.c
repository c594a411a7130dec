// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi-vm: boot a kernel on N arm64 CPUs under QEMU, run the workload in it, watch it
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/say.h"
#include "lib/text.h"
#include "vm/vm.h"

/* clang-format off */
static const char usage[] =
"usage: icache-ipi-vm [OPTION]... IMAGE [-- WORKLOAD OPTION...]\n"
"Boots an arm64 Image under QEMU, runs icache-ipi-stress in it as init, and writes\n"
"result.json and console.log. The same Image gives the same numbers on any host.\n"
"If a guest dies or hangs, census.json has the stacks of all its CPUs.\n"
"\n"
"  -o, --output=DIR        write the results to DIR (default: .)\n"
"  -t, --tier=TIER         lockup: the situation of the original report, on 64 CPUs (default);\n"
"                          count: every row of the price list, on 8 CPUs and 2 nodes\n"
"  -c, --cpus=N            1 to 512 (default: that of the tier)\n"
"      --nodes=N           NUMA nodes (default: that of the tier)\n"
"  -m, --memory=MIB        memory (default: what the workload needs with the Image's page size)\n"
"      --cpu=MODEL         CPU model (default: cortex-a72, or neoverse-n1 with 16K pages, which\n"
"                          have PIPT I-caches); max means max,lpa2=off\n"
"      --accel=HOW         icount: QEMU runs the CPUs, by a clock of its own (default); tcg:\n"
"                          QEMU, by the host's clock; kvm: the CPUs of an arm64 host\n"
"      --shift=N           an instruction takes 2^N ns of guest time (default: 1; icount)\n"
"      --thresh=SECONDS    kernel.watchdog_thresh in the guest (default: 1; 10 without icount)\n"
"      --realistic         --shift=3 --thresh=10, the default threshold: \"stuck for 22s\"\n"
"      --label=TEXT        the kernel's name in reports (default: IMAGE)\n"
"      --fix=TEXT          the fix that was applied to it (default: unknown)\n"
"      --init=FILE         static arm64 program to run (default: icache-ipi-stress)\n"
"      --file=HOST[:NAME]  put the file HOST into the guest as /NAME; may be repeated\n"
"      --module=FILE[,PARAMETER...]  load this kernel module first; may be repeated\n"
"      --inject            let the module icache_ipi_repro put the fault into a fixed kernel\n"
"      --append=PARAMETER  add a kernel parameter; may be repeated\n"
"      --kaslr             give the kernel a seed for KASLR, always the same one\n"
"      --qemu=PROGRAM      QEMU 8.1 or newer (default: qemu-system-aarch64)\n"
"Deadlines, in seconds:\n"
"      --guest-deadline=S  guest time (default: 600)\n"
"      --boot-deadline=S   wall time until the workload writes something (default: 300)\n"
"      --silence=S         wall time without output of the guest (default: 600)\n"
"      --deadline=S        wall time of the whole run (default: 1800)\n"
"      --slow-host=FACTOR  multiply the wall times, not the work (default: 1); above 64 CPUs\n"
"                          the square of CPUs / 64 multiplies them, too\n"
"Post-mortem:\n"
"      --census-at=PHASE[+S]  save the stacks when the workload enters the first phase whose\n"
"                          name begins with PHASE, or S seconds of guest time later. This\n"
"                          does not change the run. May be repeated\n"
"      --system-map=FILE   names for the stacks (default: the one beside IMAGE)\n"
"      --dump              with each census, save the guest's memory for crash(8); dump.kdump\n"
"                          has the last one. This changes the times by microseconds\n"
"\n"
"  -j, --json              print the result object\n"
"  -q, --quiet             print no status line and no summary\n"
"      --show-command      print QEMU's command line and do nothing\n"
"  -h, --help, --version\n"
"\n"
"Exit: 0 fixed; 1 dormant or mitigated; 2 affected; 3 unknown; 64 usage. A run that panics,\n"
"hangs or is interrupted is unknown; result.json has the reason.\n";
/* clang-format on */

/* clang-format off */
enum {
	OPTION_NODES = 256, OPTION_CPU, OPTION_SHIFT, OPTION_THRESH, OPTION_REALISTIC,
	OPTION_LABEL, OPTION_FIX, OPTION_INIT, OPTION_QEMU, OPTION_GUEST_DEADLINE,
	OPTION_BOOT_DEADLINE, OPTION_SILENCE, OPTION_DEADLINE, OPTION_SLOW_HOST,
	OPTION_SHOW_COMMAND, OPTION_VERSION, OPTION_FILE, OPTION_APPEND, OPTION_CENSUS_AT,
	OPTION_SYSTEM_MAP, OPTION_DUMP, OPTION_MODULE, OPTION_INJECT, OPTION_KASLR, OPTION_ACCEL
};
/* clang-format on */

enum { SHIFT_MAX = 10, SHIFT_DEFAULT };

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "tier", required_argument, NULL, 't' },
	{ "cpus", required_argument, NULL, 'c' },
	{ "nodes", required_argument, NULL, OPTION_NODES },
	{ "memory", required_argument, NULL, 'm' },
	{ "cpu", required_argument, NULL, OPTION_CPU },
	{ "accel", required_argument, NULL, OPTION_ACCEL },
	{ "shift", required_argument, NULL, OPTION_SHIFT },
	{ "thresh", required_argument, NULL, OPTION_THRESH },
	{ "realistic", no_argument, NULL, OPTION_REALISTIC },
	{ "label", required_argument, NULL, OPTION_LABEL },
	{ "fix", required_argument, NULL, OPTION_FIX },
	{ "init", required_argument, NULL, OPTION_INIT },
	{ "file", required_argument, NULL, OPTION_FILE },
	{ "module", required_argument, NULL, OPTION_MODULE },
	{ "inject", no_argument, NULL, OPTION_INJECT },
	{ "append", required_argument, NULL, OPTION_APPEND },
	{ "kaslr", no_argument, NULL, OPTION_KASLR },
	{ "qemu", required_argument, NULL, OPTION_QEMU },
	{ "guest-deadline", required_argument, NULL, OPTION_GUEST_DEADLINE },
	{ "boot-deadline", required_argument, NULL, OPTION_BOOT_DEADLINE },
	{ "silence", required_argument, NULL, OPTION_SILENCE },
	{ "deadline", required_argument, NULL, OPTION_DEADLINE },
	{ "slow-host", required_argument, NULL, OPTION_SLOW_HOST },
	{ "census-at", required_argument, NULL, OPTION_CENSUS_AT },
	{ "system-map", required_argument, NULL, OPTION_SYSTEM_MAP },
	{ "dump", no_argument, NULL, OPTION_DUMP },
	{ "json", no_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "show-command", no_argument, NULL, OPTION_SHOW_COMMAND },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ 0 },
};

/* Options that are one number: where it goes and what it may be. */
static const struct number_option {
	int option;
	size_t offset;
	unsigned int low, high;
} number_options[] = {
	{ 'c', offsetof(struct vm_options, cpus), 1, RESULT_CPUS_MAX },
	{ 'm', offsetof(struct vm_options, memory_mib), 256, 1 << 20 },
	{ OPTION_NODES, offsetof(struct vm_options, nodes), 1, 8 },
	{ OPTION_SHIFT, offsetof(struct vm_options, shift), 0, SHIFT_MAX },
	{ OPTION_THRESH, offsetof(struct vm_options, watchdog_thresh), 0, 60 },
	{ OPTION_GUEST_DEADLINE, offsetof(struct vm_options, guest_deadline_s), 1, 86400 },
	{ OPTION_BOOT_DEADLINE, offsetof(struct vm_options, boot_deadline_s), 1, 86400 },
	{ OPTION_SILENCE, offsetof(struct vm_options, silence_s), 1, 86400 },
	{ OPTION_DEADLINE, offsetof(struct vm_options, deadline_s), 1, 86400 },
	{ OPTION_SLOW_HOST, offsetof(struct vm_options, slow_host), 1, 1000 },
};

/* True when @option is a number; sets it or ends the program with the range that is allowed. */
static bool take_number_option(struct vm_options *options, int option, const char *text)
{
	for (size_t i = 0; i < sizeof(number_options) / sizeof(number_options[0]); i++) {
		const struct number_option *known = &number_options[i];
		unsigned long number;
		char *end;

		if (known->option != option)
			continue;
		number = strtoul(text, &end, 10);
		if (*text < '0' || *text > '9' || *end || number < known->low ||
		    number > known->high)
			die_usage("'%s': a number from %u to %u is wanted", text, known->low,
				  known->high);
		*(unsigned int *)((char *)options + known->offset) = number;
		return true;
	}
	return false;
}

/* Adds @word to a NULL-terminated list that may be NULL. */
static void add_word(char ***list, char *word)
{
	size_t count = 0;

	while (*list && (*list)[count])
		count++;
	*list = realloc(*list, (count + 2) * sizeof(**list));
	if (!*list)
		die(EXIT_UNKNOWN, "out of memory");
	(*list)[count] = word;
	(*list)[count + 1] = NULL;
}

static void take_census_at(struct vm_options *options, const char *text)
{
	if (options->census_count == CENSUS_REQUESTS_MAX)
		die_usage("--census-at: %d at most", CENSUS_REQUESTS_MAX);
	if (!vm_census_request_parse(text, &options->census_at[options->census_count++]))
		die_usage("'%s': PHASE or PHASE+SECONDS is wanted", text);
}

static void take_option(struct vm_options *options, int option)
{
	switch (option) {
	case 'o': options->output = optarg; break;
	case 't':
		options->count_tier = !strcmp(optarg, "count");
		if (!options->count_tier && strcmp(optarg, "lockup"))
			die_usage("--tier is lockup or count, not '%s'", optarg);
		break;
	case OPTION_ACCEL:
		if (!vm_accel_parse(optarg, &options->accel))
			die_usage("--accel is icount, tcg or kvm, not '%s'", optarg);
		break;
	case OPTION_CPU: options->cpu = optarg; break;
	case OPTION_REALISTIC:
		options->shift = 3;
		options->watchdog_thresh = 10;
		break;
	case OPTION_LABEL: options->label = optarg; break;
	case OPTION_FIX: options->fix = optarg; break;
	case OPTION_INIT:
		options->init = optarg;
		options->own_init = true;
		break;
	case OPTION_FILE: add_word(&options->files, optarg); break;
	case OPTION_MODULE:
		add_word(&options->files, strndup(optarg, strcspn(optarg, ",")));
		add_word(&options->modules, optarg);
		break;
	case OPTION_INJECT: options->inject = true; break;
	case OPTION_KASLR: options->kaslr = true; break;
	case OPTION_APPEND: add_word(&options->append, optarg); break;
	case OPTION_QEMU: options->qemu = optarg; break;
	case OPTION_CENSUS_AT: take_census_at(options, optarg); break;
	case OPTION_SYSTEM_MAP: options->system_map = optarg; break;
	case OPTION_DUMP: options->dump = true; break;
	case 'j': options->json = true; break;
	case 'q': options->quiet = true; break;
	case OPTION_SHOW_COMMAND: options->show_command = true; break;
	case 'h': fputs(usage, stdout); exit(EXIT_GOOD);
	case OPTION_VERSION: puts("icache-ipi-vm " ICACHE_IPI_VERSION); exit(EXIT_GOOD);
	default: say("try --help"); exit(EXIT_USAGE);
	}
}

/*
 * The workload, from where this program is: `make` leaves it in arm64/, `make install` in
 * ../lib/icache-ipi/.
 */
static const char *default_init(void)
{
	static const char *const places[] = { "arm64", "../lib/icache-ipi" };
	static char path[PATH_MAX + 64];
	char self[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		die(EXIT_UNKNOWN,
		    "cannot tell where this program is: name the program to run with --init");
	self[length] = '\0';
	dirname(self);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s/icache-ipi-stress", self, places[i]);
		if (access(path, R_OK) == 0)
			return path;
	}
	die(EXIT_UNKNOWN,
	    "no icache-ipi-stress in arm64 or ../lib/icache-ipi beside %s: "
	    "name it with --init, or install icache-ipi-vm again",
	    self);
}

/* What goes with --accel, and what does not. */
static void settle_accel(struct vm_options *options)
{
	const bool icount = options->accel == ACCEL_ICOUNT;

	if (!icount && options->shift != SHIFT_DEFAULT)
		die_usage("--shift and --realistic are for --accel=icount, not for %s",
			  vm_accel_names[options->accel]);
	for (size_t i = 0; !icount && i < options->census_count; i++)
		if (options->census_at[i].after_s > 0)
			die_usage("--census-at=PHASE+S is for --accel=icount: without +S, please");
	if (options->shift == SHIFT_DEFAULT)
		options->shift = 1;
	/* By the host's clock a CPU waits for the host, too, which is no lockup. */
	if (options->watchdog_thresh == THRESH_OF_ACCEL)
		options->watchdog_thresh = icount ? 1 : 10;
}

static void parse_options(int argc, char **argv, struct vm_options *options)
{
	int option;

	while ((option = getopt_long(argc, argv, "o:t:c:m:jqh", long_options, NULL)) >= 0)
		if (!take_number_option(options, option, optarg))
			take_option(options, option);
	if (optind == argc)
		die_usage("which Image?");
	options->image = argv[optind];
	options->stress = argv + optind + 1;
	if (*options->stress && !strcmp(*options->stress, "--"))
		options->stress++;
	else if (*options->stress && strcmp(argv[optind - 1], "--"))
		die_usage("one Image; options for the workload follow '--'");
	for (char **word = options->modules; word && *word; word++)
		if (strpbrk(*word, ": \t\n\""))
			die_usage("'%s': no blanks and no colon in a module's name", *word);
	for (char **word = options->append; word && *word; word++)
		if (strpbrk(*word, " \t\n\""))
			die_usage("'%s': no blanks in a kernel parameter", *word);
	for (char **word = options->stress; *word; word++)
		if (strpbrk(*word, " \t\n\""))
			die_usage("'%s': no blanks in the workload's options", *word);
	settle_accel(options);
	if (!options->cpus)
		options->cpus = options->count_tier ? 8 : 64;
	if (!options->nodes)
		options->nodes = options->count_tier && options->cpus % 2 == 0 ? 2 : 1;
	if (options->cpus % options->nodes)
		die_usage("%u CPUs cannot be shared evenly by %u nodes", options->cpus,
			  options->nodes);
	/*
	 * One thread looks after all CPUs between any two events, so that of twice as many each takes
	 * more than twice as long to start: 8 s for 64, 45 s for 128.
	 */
	if (options->cpus > 64)
		options->slow_host *= options->cpus / 64 * (options->cpus / 64);
	if (!options->label)
		options->label = options->image;
	if (!options->init)
		options->init = default_init();
}

/* A CPU like the report's, with a PIPT I-cache. That one knows no pages of 16 KiB. */
static const char *default_cpu(unsigned int page_kib)
{
	return page_kib == 16 ? "neoverse-n1" : "cortex-a72";
}

/*
 * Guest memory: two huge pages per CPU on top of 512 MiB, at least 1 GiB. At 64K pages a huge page
 * has 512 MiB, and eight at once are what fits (--at-once for the workload).
 */
static unsigned int enough_memory(unsigned int page_kib, unsigned int cpus)
{
	const unsigned int huge_mib = page_kib * page_kib / 8; /* page x page / 8 bytes a pte */
	const unsigned int at_once = huge_mib >= 512 && cpus > 8 ? 8 : cpus;
	const unsigned int mib = 512 + 2 * at_once * huge_mib + huge_mib;

	return mib < 1024 ? 1024 : mib;
}

/* Opens @directory for results, made if need be, and keeps a second run out of it. */
static int open_output(const char *directory)
{
	int fd;

	if (mkdir(directory, 0777) && errno != EEXIST)
		die(EXIT_UNKNOWN, "%s: %s", directory, strerror(errno));
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die(EXIT_UNKNOWN, "%s: %s", directory, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		die(EXIT_UNKNOWN,
		    "%s: another run writes there: name another directory with "
		    "--output",
		    directory);
	return fd;
}

/* Writes @object, which it takes over, as @name in the directory: whole or not at all. */
static bool write_json(int directory_fd, const char *name, json_t *object)
{
	char *text = object ? json_dumps(object, JSON_INDENT(2) | JSON_ENSURE_ASCII) : NULL;
	const size_t length = text ? strlen(text) : 0;
	bool written = false;

	if (!text) {
		say("%s: cannot be made: out of memory", name);
	} else {
		text[length] = '\n'; /* in the place of its NUL */
		written = file_replace_at(directory_fd, name, text, length + 1,
					  file_default_mode());
		if (!written)
			say("%s: %s", name, strerror(errno));
	}
	free(text);
	json_decref(object);
	return written;
}

/* An empty file for the guest's memory, under a name that it keeps only when it is whole. */
static int open_dump(int directory_fd)
{
	int fd = file_create_at(directory_fd, ".dump.kdump", 0666);

	if (fd < 0)
		die(EXIT_UNKNOWN, "dump.kdump: %s", strerror(errno));
	return fd;
}

static void close_dump(int directory_fd, int dump_fd, bool whole)
{
	if (dump_fd < 0)
		return;
	if (!whole || renameat(directory_fd, ".dump.kdump", directory_fd, "dump.kdump"))
		unlinkat(directory_fd, ".dump.kdump", 0);
	close(dump_fd);
}

static json_t *describe_vm(const struct vm_qemu *qemu, const struct vm_options *options,
			   const struct vm_image *image, const char *initramfs_sha256)
{
	json_t *command = json_array(), *object;

	for (char **argument = qemu->argv; *argument; argument++)
		json_array_append_new(command, result_text(*argument));
	object = json_pack("{s:s, s:o, s:s, s:s, s:s}", "qemu", qemu->version, "command", command,
			   "accel", vm_accel_names[options->accel], "image_sha256", image->sha256,
			   "initramfs_sha256", initramfs_sha256);
	if (options->accel == ACCEL_ICOUNT)
		json_object_set_new(object, "icount_shift", json_integer(options->shift));
	/* Whoever reads the result shall know that another program has counted. */
	if (options->own_init)
		json_object_set_new(object, "own_init", json_true());
	if (image->has_programs)
		json_object_set_new(object, "own_initramfs", json_true());
	return object;
}

/* What the workload cannot know: how many CPUs were asked for. */
static void check_cpus(struct result *result, unsigned int cpus)
{
	if (result->outcome != OUTCOME_COMPLETED || result->cpus == cpus)
		return;
	result->verdict = VERDICT_UNKNOWN;
	snprintf(result->reason, sizeof(result->reason), "%u CPUs were asked for, %u came up", cpus,
		 result->cpus);
}

static void print_summary(const struct vm_options *options, const struct result *result)
{
	if (options->json) {
		json_t *object = result_to_json(result);

		if (!object)
			say("the result cannot be printed: out of memory");
		else
			json_dumpf(object, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		putchar('\n');
		json_decref(object);
	} else if (!options->quiet) {
		text_line(stdout, "%s: %s: %s%s%s", options->label, verdict_names[result->verdict],
			  result->outcome == OUTCOME_COMPLETED ?
				  "" :
				  result_outcome_names[result->outcome],
			  result->outcome == OUTCOME_COMPLETED ? "" : ": ", result->reason);
		if (options->accel != ACCEL_ICOUNT && !options->count_tier)
			text_line(stdout,
				  "%s: --accel=%s: the verdict is by counts; times and lockups "
				  "are by the host's clock",
				  options->label, vm_accel_names[options->accel]);
	}
}

int main(int argc, char **argv)
{
	/* The first three hold memory until the program ends. */
	static struct vm_options options = {
		.output = ".",
		.qemu = "qemu-system-aarch64",
		.fix = "unknown",
		.shift = SHIFT_DEFAULT,
		.watchdog_thresh = THRESH_OF_ACCEL,
		.guest_deadline_s = 600,
		.boot_deadline_s = 300,
		.silence_s = 600,
		.deadline_s = 1800,
		.slow_host = 1,
	};
	static struct result result;
	static struct vm_qemu qemu = { .dump_fd = -1 };
	struct vm_image image;
	char initramfs_sha256[65];
	int directory_fd, console_fd, initramfs_fd;
	const char *error;
	json_t *censuses;
	bool written, dumped;

	say_begin("icache-ipi-vm");
	/* A file size limit is an error of write(), not a reason to die. */
	signal(SIGXFSZ, SIG_IGN);
	parse_options(argc, argv, &options);
	error = vm_image_read(options.image, &image);
	if (error)
		die(EXIT_UNKNOWN, "%s: %s", options.image, error);
	if (!options.cpu)
		options.cpu = options.accel == ACCEL_KVM ? "host" : default_cpu(image.page_kib);
	if (!options.memory_mib)
		options.memory_mib = enough_memory(image.page_kib, options.cpus);
	vm_qemu_build_argv(&qemu, &options);
	if (options.show_command) {
		vm_qemu_print_command(&qemu);
		return EXIT_GOOD;
	}
	vm_accel_check(&options);
	error = vm_qemu_version(options.qemu, qemu.version, sizeof(qemu.version));
	if (error)
		die(EXIT_UNKNOWN, "%s %s", options.qemu, error);
	initramfs_fd = vm_initramfs_create(options.init, options.files, initramfs_sha256);
	if (initramfs_fd < 0)
		return EXIT_UNKNOWN;
	directory_fd = open_output(options.output);
	for (const char *const *name =
		     (const char *const[]){ "result.json", "census.json", "dump.kdump", NULL };
	     *name; name++)
		unlinkat(directory_fd, *name, 0);
	console_fd = file_create_at(directory_fd, "console.log", 0666);
	if (console_fd < 0)
		die(EXIT_UNKNOWN, "%s/console.log: %s", options.output, strerror(errno));

	text_copy(result.label, sizeof(result.label), options.label);
	text_copy(result.fix, sizeof(result.fix), options.fix);
	result.vm = describe_vm(&qemu, &options, &image, initramfs_sha256);
	if (options.dump)
		qemu.dump_fd = open_dump(directory_fd);
	if (!vm_qemu_start(&qemu, initramfs_fd))
		return EXIT_UNKNOWN;
	close(initramfs_fd);
	dumped = vm_watch_run(&qemu, &options, &result, console_fd, &censuses);
	result_judge(&result);
	check_cpus(&result, options.cpus);

	close_dump(directory_fd, qemu.dump_fd, dumped);
	written = !censuses || write_json(directory_fd, "census.json", censuses);
	written &= write_json(directory_fd, "result.json", result_to_json(&result));
	print_summary(&options, &result);
	return written ? verdict_exit(result.verdict) : EXIT_UNKNOWN;
}
