// SPDX-License-Identifier: GPL-2.0-only
/*
 * status: from the files of a made-up machine to facts, and from facts to what is left to do
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "status/judge.c"
#include "status/read.c"

static char root[] = "/tmp/icache-ipi-status.XXXXXX";

/* What icache-ipi-check answers; how often it was asked. */
static int answer, asked;

int status_first_line(char *line, size_t size, const char *const *argv)
{
	(void)size;
	assert_string_equal(argv[0], "check");
	*line = '\0';
	asked++;
	return answer;
}

void status_read_built(struct status_machine *machine, struct status_module *module)
{
	(void)machine;
	(void)module;
}

/* --- from facts to what is left to do --- */

struct facts {
	const char *state; /* of the module, if it is loaded */
	const char *reason, *source, *installer;
	int verdict;
	bool stale, foreign, elsewhere, apt, dnf, headers, failed, built, built_signed, signed_only;
	enum exit_code code;
	const char *next;
};

static void judges(void **state)
{
	static const struct facts cases[] = {
		/* Loaded: its own word counts, and nothing else does. */
		{ .state = "mitigated", .code = EXIT_DORMANT, .next = "nothing now" },
		{ .state = "mitigated",
		  .verdict = EXIT_AFFECTED,
		  .reason = "unknown-code",
		  .code = EXIT_DORMANT,
		  .next = "nothing now" },
		{ .state = "mitigated",
		  .stale = true,
		  .code = EXIT_DORMANT,
		  .next = "another version" },
		{ .state = "dormant",
		  .code = EXIT_DORMANT,
		  .next = "nothing: this machine never runs" },
		{ .state = "affected", .code = EXIT_AFFECTED, .next = "something else changed" },
		{ .state = "affected",
		  .stale = true,
		  .verdict = EXIT_GOOD,
		  .code = EXIT_AFFECTED,
		  .next = "something else changed" },
		{ .state = "", .code = EXIT_AFFECTED, .next = "something else changed" },
		{ .state = "mitigated not", .code = EXIT_AFFECTED, .next = "something else" },
		{ .state = "affected",
		  .elsewhere = true,
		  .code = EXIT_AFFECTED,
		  .next = "something else" },
		/* Another machine's business. */
		{ .foreign = true,
		  .code = EXIT_GOOD,
		  .next = "nothing: this machine is not arm64" },
		{ .elsewhere = true, .code = EXIT_GOOD, .next = "nothing here" },
		{ .foreign = true, .reason = "unknown-code", .code = EXIT_GOOD, .next = "nothing" },
		/* Refused: by its word. */
		{ .reason = "fixed",
		  .verdict = EXIT_AFFECTED,
		  .code = EXIT_GOOD,
		  .next = "nothing: this kernel does not need it" },
		{ .reason = "dormant",
		  .code = EXIT_DORMANT,
		  .next = "nothing: this machine never runs" },
		{ .reason = "patched", .code = EXIT_DORMANT, .next = "nothing: a live patch" },
		{ .reason = "locked-down",
		  .verdict = EXIT_GOOD,
		  .code = EXIT_UNKNOWN,
		  .next = "boot a kernel with the fix" },
		{ .reason = "unknown-code", .code = EXIT_AFFECTED, .next = "boot a kernel" },
		{ .reason = "no-probes", .code = EXIT_UNKNOWN, .next = "echo 1 >/sys" },
		{ .reason = "missed", .code = EXIT_UNKNOWN, .next = "try again" },
		{ .reason = "raced", .code = EXIT_UNKNOWN, .next = "try again" },
		{ .reason = "changed", .code = EXIT_UNKNOWN, .next = "end the probe" },
		{ .reason = "other-broadcast", .code = EXIT_AFFECTED, .next = "boot a kernel" },
		{ .reason = "fixed-not", .code = EXIT_UNKNOWN, .next = "see the word 'fixed-not'" },
		{ .reason = "fix", .code = EXIT_UNKNOWN, .next = "see the word 'fix'" },
		/* What the check says. */
		{ .verdict = EXIT_GOOD,
		  .code = EXIT_GOOD,
		  .next = "nothing: this kernel does not need it" },
		{ .verdict = EXIT_DORMANT,
		  .code = EXIT_DORMANT,
		  .next = "nothing: this kernel is dormant or mitigated" },
		{ .verdict = EXIT_AFFECTED,
		  .code = EXIT_UNKNOWN,
		  .next = "install icache-ipi-mitigate-dkms" },
		{ .verdict = EXIT_AFFECTED,
		  .apt = true,
		  .code = EXIT_UNKNOWN,
		  .next = "apt install icache-ipi-mitigate-dkms" },
		{ .verdict = EXIT_AFFECTED,
		  .dnf = true,
		  .code = EXIT_UNKNOWN,
		  .next = "dnf install icache-ipi-mitigate-dkms" },
		{ .verdict = EXIT_UNKNOWN,
		  .code = EXIT_UNKNOWN,
		  .next = "icache-ipi-check says whether this kernel is affected; if so: install" },
		/* What a module wants before it can be loaded. */
		{ .verdict = EXIT_AFFECTED,
		  .installer = "the package kmod-icache-ipi-mitigate",
		  .code = EXIT_UNKNOWN,
		  .next = "kmod-icache-ipi-mitigate is for 4.19.0-1-arm64" },
		{ .verdict = EXIT_AFFECTED,
		  .installer = "no package",
		  .code = EXIT_UNKNOWN,
		  .next = "install icache-ipi-mitigate-dkms" },
		{ .verdict = EXIT_AFFECTED,
		  .source = "0.2.0",
		  .apt = true,
		  .code = EXIT_UNKNOWN,
		  .next = "apt install linux-headers-4.19.0-2-arm64" },
		{ .verdict = EXIT_AFFECTED,
		  .source = "0.2.0",
		  .dnf = true,
		  .code = EXIT_UNKNOWN,
		  .next = "dnf install kernel-devel-4.19.0-2-arm64 && dkms autoinstall" },
		{ .verdict = EXIT_AFFECTED,
		  .source = "0.2.0",
		  .code = EXIT_UNKNOWN,
		  .next = "install the headers" },
		{ .verdict = EXIT_AFFECTED,
		  .source = "0.2.0",
		  .headers = true,
		  .failed = true,
		  .code = EXIT_UNKNOWN,
		  .next = "it did not build: /var/lib/dkms/icache-ipi-mitigate/0.2.0/build" },
		{ .verdict = EXIT_AFFECTED,
		  .source = "0.2.0",
		  .headers = true,
		  .code = EXIT_UNKNOWN,
		  .next = "dkms builds it for 4.19.0 to 4.19.19" },
		{ .verdict = EXIT_AFFECTED,
		  .built = true,
		  .code = EXIT_UNKNOWN,
		  .next = "modprobe" },
		{ .verdict = EXIT_UNKNOWN,
		  .built = true,
		  .code = EXIT_UNKNOWN,
		  .next = "modprobe" },
		{ .verdict = EXIT_AFFECTED,
		  .built = true,
		  .signed_only = true,
		  .code = EXIT_UNKNOWN,
		  .next = "this kernel loads only signed modules: mokutil --import /key" },
		{ .verdict = EXIT_AFFECTED,
		  .built = true,
		  .built_signed = true,
		  .signed_only = true,
		  .code = EXIT_UNKNOWN,
		  .next = "modprobe" },
		/* A module that has an answer is not waited for. */
		{ .verdict = EXIT_GOOD,
		  .built = true,
		  .signed_only = true,
		  .code = EXIT_GOOD,
		  .next = "nothing" },
	};
	static struct status_machine machine;
	enum exit_code code;
	char next[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct facts *facts = &cases[i];
		struct status_module *module = &machine.mitigate;

		memset(&machine, 0, sizeof(machine));
		strcpy(machine.release, "4.19.0-2-arm64");
		strcpy(machine.certificate, "/key");
		module->package = "icache-ipi-mitigate";
		module->loaded = facts->state;
		module->stale = facts->stale;
		module->failed = facts->failed;
		module->built_for_running = facts->built;
		module->running_signed = facts->built_signed;
		text_copy(machine.state, sizeof(machine.state), facts->state ?: "");
		text_copy(module->reason, sizeof(module->reason), facts->reason ?: "");
		text_copy(module->source, sizeof(module->source), facts->source ?: "");
		if (facts->installer) {
			module->built_count = 1;
			strcpy(module->built[0].kernel, "4.19.0-1-arm64");
			text_copy(module->built[0].installer, sizeof(module->built[0].installer),
				  facts->installer);
		}
		machine.verdict = facts->verdict;
		machine.foreign = facts->foreign;
		machine.elsewhere = facts->elsewhere;
		machine.apt = facts->apt;
		machine.dnf = facts->dnf;
		machine.headers = facts->headers;
		machine.signed_only = facts->signed_only;
		code = status_judge(&machine, next, sizeof(next));
		if (code != facts->code || strncmp(next, facts->next, strlen(facts->next)))
			fail_msg("case %zu: %d %s, and not %d %s", i, code, next, facts->code,
				 facts->next);
	}
}

/* --- from files to facts --- */

static void put(const char *name, const char *content)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void run_rm(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	assert_int_equal(system(command), 0);
}

/* A machine with nothing but a kernel, anew. */
static int bare(void **state)
{
	static bool made;

	(void)state;
	if (!made)
		assert_non_null(mkdtemp(root));
	made = true;
	run_rm();
	put("proc/sys/kernel/osrelease", "4.19.0-2-arm64\n");
	answer = EXIT_UNKNOWN;
	asked = 0;
	return 0;
}

static int gone(void **state)
{
	(void)state;
	run_rm();
	return 0;
}

static struct status_machine *read_all(void)
{
	static struct status_machine machine;

	memset(&machine, 0, sizeof(machine));
	machine.root = root;
	machine.check = "check";
	status_read(&machine);
	return &machine;
}

/* Only what looks like one goes into paths and advice. */
static void release(void **state)
{
	static const char *const evil[] = { "4.19;reboot", "4.19 x",  "../../x", "$(reboot)",
					    "4.19'",	   "4.19`x`", "4/19" };

	(void)state;
	assert_string_equal(read_all()->release, "4.19.0-2-arm64");
	assert_false(read_all()->elsewhere);
	for (size_t i = 0; i < sizeof(evil) / sizeof(*evil); i++) {
		put("proc/sys/kernel/osrelease", evil[i]);
		assert_string_equal(read_all()->release, "");
		assert_true(read_all()->elsewhere);
	}
}

static void place(void **state)
{
	static const char *const marks[] = { "run/systemd/container", "run/.containerenv",
					     ".dockerenv" };
	char path[64];

	(void)state;
	assert_false(read_all()->foreign);
	put("proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n");
	assert_true(read_all()->foreign);
	put("proc/cpuinfo", "processor\t: 0\nX CPU implementer\t: 0x41\n");
	assert_true(read_all()->foreign);
	put("proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\n");
	assert_false(read_all()->foreign);
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		put(marks[i], "");
		assert_true(read_all()->elsewhere);
		snprintf(path, sizeof(path), "%s/%s", root, marks[i]);
		assert_int_equal(unlink(path), 0);
	}
	assert_false(read_all()->elsewhere);
}

/* The last line of the module's in the kernel's log counts; nobody else's does. */
static void log_lines(void **state)
{
#define REFUSED(word) \
	"icache_ipi_mitigate: event=refused reason=" word " error=-1 text=\"T: " word "\"\n"
#define LOADED "icache_ipi_mitigate: event=loaded method=branch veneer=0 text=\"reason=fixed\"\n"
	static const struct {
		const char *log, *reason, *refused;
	} cases[] = {
		{ "", "", "" },
		{ "3,2,2,-;" REFUSED("fixed"), "fixed", "T: fixed" },
		{ "0,2,2,-;" REFUSED("fixed"), "fixed", "T: fixed" },
		{ "7,2,2,-;" REFUSED("fixed"), "fixed", "T: fixed" },
		/* What programs write has a facility. */
		{ "8,2,2,-;" REFUSED("fixed"), "", "" },
		{ "12,2,2,-;" REFUSED("fixed"), "", "" },
		{ "3,2,2,-;" REFUSED("locked-down") "12,3,3,-;" REFUSED("fixed"), "locked-down",
		  "T: locked-down" },
		{ "3,2,2,-;" REFUSED("missed") "3,3,3,-;" REFUSED("fixed"), "fixed", "T: fixed" },
		{ "3,2,2,-;" REFUSED("fixed") "6,3,3,-;" LOADED, "", "T: fixed" },
		{ "6,2,2,-;" LOADED "3,3,3,-;" REFUSED("fixed"), "fixed", "T: fixed" },
		{ "3,2,2,-;" REFUSED("fixed") "12,3,3,-;" LOADED, "fixed", "T: fixed" },
		{ "3,2,2,-;x " REFUSED("fixed"), "", "" },
		{ "3,2,2,-;icache_ipi_mitigate2: event=refused reason=fixed\n", "", "" },
		{ "3,2,2,-;icache_ipi_repro: event=refused reason=fixed\n", "", "" },
		{ "3,2,2,-;icache_ipi_mitigate: refused reason=fixed\n", "", "" },
		{ "3,2,2,-;icache_ipi_mitigate: event=refusedly reason=fixed\n", "", "" },
		{ "3,2,2,-:" REFUSED("fixed"), "", "" },
		{ "x3,2,2,-;" REFUSED("fixed"), "", "" },
		{ "-3,2,2,-;" REFUSED("fixed"), "", "" },
		{ "3;" REFUSED("fixed"), "", "" },
		{ "3,2,2,-;icache_ipi_mitigate: event=refused reason=changed error=-1 text=\" reason=fixed\"\n",
		  "changed", " reason=fixed" },
	};

	(void)state;
	assert_false(read_all()->log_readable);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct status_machine *machine;

		put("dev/kmsg", cases[i].log);
		machine = read_all();
		assert_true(machine->log_readable);
		if (strcmp(machine->mitigate.reason, cases[i].reason) ||
		    strcmp(machine->mitigate.refused, cases[i].refused))
			fail_msg("%s: '%s' '%s'", cases[i].log, machine->mitigate.reason,
				 machine->mitigate.refused);
	}
}

/* What the check says counts where it was asked, and where it knows. */
static void verdict(void **state)
{
	static const struct {
		int answer;
		enum exit_code verdict;
	} cases[] = {
		{ 0, EXIT_GOOD },     { 1, EXIT_DORMANT },  { 2, EXIT_AFFECTED },
		{ 3, EXIT_UNKNOWN },  { 64, EXIT_UNKNOWN }, { 127, EXIT_UNKNOWN },
		{ -1, EXIT_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		answer = cases[i].answer;
		assert_int_equal(read_all()->verdict, cases[i].verdict);
	}
	assert_int_equal(asked, sizeof(cases) / sizeof(*cases));
	answer = 0;
	put("run/systemd/container", "lxc\n");
	assert_int_equal(read_all()->verdict, EXIT_UNKNOWN);
	bare(NULL);
	put("proc/cpuinfo", "processor\t: 0\n");
	assert_int_equal(read_all()->verdict, EXIT_UNKNOWN);
	bare(NULL);
	put("sys/module/icache_ipi_mitigate/state", "mitigated\n");
	assert_int_equal(read_all()->verdict, EXIT_UNKNOWN);
	assert_true(read_all()->mitigate.loaded);
	assert_string_equal(read_all()->state, "mitigated");
	assert_int_equal(asked, 0);
}

/* Which modules the kernel takes. */
static void signatures(void **state)
{
	static const struct {
		const char *lockdown, *enforce;
		const char *word;
		bool only;
	} cases[] = {
		{ "[none] integrity confidentiality\n", "N\n", "none", false },
		{ "[none] integrity confidentiality\n", "Y\n", "none", true },
		{ "none [integrity] confidentiality\n", "N\n", "integrity", true },
		{ "none integrity [confidentiality]\n", "N\n", "confidentiality", true },
		{ "none integrity confidentiality\n", "N\n", "", false },
		/* Without signatures there is nothing to ask for. */
		{ "none [integrity] confidentiality\n", NULL, "integrity", false },
		{ NULL, "N\n", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct status_machine *machine;

		bare(NULL);
		if (cases[i].lockdown)
			put("sys/kernel/security/lockdown", cases[i].lockdown);
		if (cases[i].enforce)
			put("sys/module/module/parameters/sig_enforce", cases[i].enforce);
		machine = read_all();
		assert_string_equal(machine->lockdown, cases[i].word);
		assert_int_equal(machine->signed_only, cases[i].only);
		assert_string_equal(machine->secure_boot, "no EFI");
	}
}

static void sources(void **state)
{
	(void)state;
	assert_string_equal(read_all()->mitigate.source, "");
	put("usr/src/icache-ipi-mitigate-0.1.0/dkms.conf", "");
	put("usr/src/icache-ipi-mitigate-0.2.0/dkms.conf", "");
	put("usr/src/icache-ipi-mitigate-x/dkms.conf", "");
	put("usr/src/icache-ipi-mitigate-0.3.0/other", "");
	assert_string_equal(read_all()->mitigate.source, "0.2.0");
	assert_string_equal(read_all()->repro.source, "");
	assert_false(read_all()->headers);
	put("lib/modules/4.19.0-1-arm64/build/Makefile", "");
	assert_false(read_all()->headers);
	put("lib/modules/4.19.0-2-arm64/build/Makefile", "");
	assert_true(read_all()->headers);
	/* The log of a build that failed: of this kernel, or of another one. */
#define LOG "var/lib/dkms/icache-ipi-mitigate/0.2.0/build/make.log"
	assert_false(read_all()->mitigate.failed);
	put(LOG,
	    "DKMS make.log for icache-ipi-mitigate-0.2.0 for kernel 4.19.0-2-arm64 (aarch64)\n");
	assert_true(read_all()->mitigate.failed);
	put(LOG,
	    "DKMS make.log for icache-ipi-mitigate-0.2.0 for kernel 4.19.0-2-arm64-x (aarch64)\n");
	assert_false(read_all()->mitigate.failed);
	put(LOG,
	    "DKMS make.log for icache-ipi-mitigate-0.2.0 for kernel 4.19.0-1-arm64 (aarch64)\n");
	assert_false(read_all()->mitigate.failed);
	put(LOG, "");
	assert_false(read_all()->mitigate.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test_setup_teardown(release, bare, gone),
		cmocka_unit_test_setup_teardown(place, bare, gone),
		cmocka_unit_test_setup_teardown(log_lines, bare, gone),
		cmocka_unit_test_setup_teardown(verdict, bare, gone),
		cmocka_unit_test_setup_teardown(signatures, bare, gone),
		cmocka_unit_test_setup_teardown(sources, bare, gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
