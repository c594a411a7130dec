// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi: the front door; `icache-ipi COMMAND` runs icache-ipi-COMMAND, as git does
 *
 * A command is looked for beside this program, then on PATH. Those we know of and do not find get
 * a word about what brings them.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/say.h"

static const struct command {
	const char *name, *what, *brought_by;
} commands[] = {
	{ "check", "is a kernel affected? A file, a package, a tree, or the running kernel",
	  "package icache-ipi" },
	{ "triage", "is the lockup in a log this fault? dmesg, journal, console, pstore",
	  "package icache-ipi" },
	{ "status", "which of our kernel modules does this machine have, and what is left to do?",
	  "package icache-ipi" },
	{ "stress", "make pages executable on this machine, and count the interrupts",
	  "package icache-ipi, on arm64 alone" },
	{ "vm", "boot a kernel on many emulated arm64 CPUs and measure it",
	  "package icache-ipi-vm" },
	{ "report", "compare results: a table, TAP, JUnit, one page of HTML",
	  "package icache-ipi" },
	{ "proof", "build a kernel without and with the fix, boot both, compare them",
	  "package icache-ipi-vm" },
	{ "backport", "is a kernel tree affected? Put the fix into it, a branch, a package",
	  "package icache-ipi-vm" },
	{ "matrix", "run the proof for many kernels, page sizes and machines",
	  "make matrix, in the source tree" },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* The folder that this program is in. */
static const char *own_directory(void)
{
	static char path[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	path[length < 0 ? 0 : length] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		die(EXIT_UNKNOWN, "cannot tell where this program is: is /proc mounted?");
	*slash = '\0';
	return path;
}

static bool find_in(char *path, const char *directory, int length, const char *name)
{
	return snprintf(path, PATH_MAX, "%.*s/icache-ipi-%s", length, directory, name) < PATH_MAX &&
	       access(path, X_OK) == 0;
}

/* Leaves in @path, of PATH_MAX bytes, where icache-ipi-@name is. */
static bool find_command(char *path, const char *name)
{
	const char *directory = own_directory(), *end;

	if (find_in(path, directory, strlen(directory), name))
		return true;
	for (directory = getenv("PATH"); directory && *directory; directory = end + (*end == ':')) {
		end = strchrnul(directory, ':');
		/* An empty entry means the current folder, which is nobody's wish here. */
		if (end > directory && find_in(path, directory, end - directory, name))
			return true;
	}
	return false;
}

static void print_help(FILE *file)
{
	char path[PATH_MAX];

	fputs("usage: icache-ipi COMMAND [ARGUMENT]...\n"
	      "       icache-ipi help [COMMAND]\n"
	      "\n"
	      "Linux 4.19.0 to 4.19.19 on arm64 interrupts every CPU when a page of a process\n"
	      "becomes executable. These commands find affected kernels, prove it, and fix them.\n"
	      "\n",
	      file);
	for (int i = 0; i < COMMANDS; i++)
		if (find_command(path, commands[i].name))
			fprintf(file, "  %-9s %s\n", commands[i].name, commands[i].what);
	for (int i = 0; i < COMMANDS; i++)
		if (!find_command(path, commands[i].name))
			fprintf(file, "  %-9s (not installed; %s)\n", commands[i].name,
				commands[i].brought_by);
	fputs("\n"
	      "  --help, --version\n"
	      "\n"
	      "COMMAND is the program icache-ipi-COMMAND, with a manual page of that name.\n"
	      "The exit code is that of the command. Exit: 0 good; 1 dormant or mitigated;\n"
	      "2 affected or FAIL; 3 unknown, or not installed; 64 usage.\n",
	      file);
}

/* Ends the program: a command that another package brings, or none at all. */
static void refuse(const char *name)
{
	for (int i = 0; i < COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			die(EXIT_UNKNOWN, "'%s' is not installed here: try %s", name,
			    commands[i].brought_by);
	die_usage("no command '%s'", name);
}

static void run(const char *name, char **argv)
{
	char path[PATH_MAX];

	for (const char *letter = name; *letter; letter++)
		if (!isalnum((unsigned char)*letter) && (*letter != '-' || letter == name))
			refuse(name);
	if (!*name || !find_command(path, name))
		refuse(name);
	argv[0] = path;
	execv(path, argv);
	die(EXIT_UNKNOWN, "cannot run %s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	say_program = "icache-ipi";
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("icache-ipi " ICACHE_IPI_VERSION);
		return EXIT_GOOD;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		char help[] = "--help", *command[] = { NULL, help, NULL };

		if (argc > 3)
			die_usage("help for one command at a time");
		if (argc == 3)
			run(argv[2], command);
		print_help(stdout);
		return EXIT_GOOD;
	}
	if (argv[1][0] == '-')
		die_usage("no option '%s' before the command", argv[1]);
	run(argv[1], argv + 1);
}
