// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi: the front door; `icache-ipi COMMAND` runs icache-ipi-COMMAND, as git does
 *
 * A command is looked for inside this program, beside it, then on PATH. Those we know of and do not
 * find get a word about what brings them. Only the one file has programs inside (src/one).
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/beside.h"
#include "lib/inside.h"
#include "lib/say.h"

#define PREFIX "icache-ipi-"

static const struct command {
	const char *name, *what, *brought_by;
} commands[] = {
	{ "check", "is a kernel affected? A file, a package, a tree, or the running kernel",
	  "package icache-ipi" },
	{ "triage", "is the lockup in a log this fault? dmesg, journal, console, pstore",
	  "package icache-ipi" },
	{ "who", "which process and which path in the kernel interrupts all CPUs?",
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

/* The program @name that is inside this one, or NULL. */
static const struct inside_program *find_inside(const char *name)
{
	for (const struct inside_program *program = one_programs; program && program->name;
	     program++)
		if (!strcmp(program->name, name))
			return program;
	return NULL;
}

/* The folder that this program is in; "" where nobody can tell, and nothing has to be beside it. */
static const char *own_directory(void)
{
	static char path[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	path[length < 0 ? 0 : length] = '\0';
	slash = strrchr(path, '/');
	if (!slash && one_programs)
		return "";
	if (!slash)
		die(EXIT_UNKNOWN, "cannot tell where this program is: is /proc mounted?");
	*slash = '\0';
	return path;
}

static bool find_in(char *path, const char *directory, int length, const char *name)
{
	return snprintf(path, PATH_MAX, "%.*s/" PREFIX "%s", length, directory, name) < PATH_MAX &&
	       access(path, X_OK) == 0;
}

/* Leaves in @path, of PATH_MAX bytes, where icache-ipi-@name is. */
static bool find_command(char *path, const char *name)
{
	const char *directory = own_directory(), *end;

	if (*directory && find_in(path, directory, strlen(directory), name) && beside_is_ours(path))
		return true;
	for (directory = getenv("PATH"); directory && *directory; directory = end + (*end == ':')) {
		end = strchrnul(directory, ':');
		/* An empty entry means the current folder, which is nobody's wish here. */
		if (end > directory && find_in(path, directory, end - directory, name))
			return true;
	}
	return false;
}

static bool is_there(const char *name)
{
	char path[PATH_MAX];

	return find_inside(name) || find_command(path, name);
}

static void print_help(FILE *file)
{
	fputs("usage: icache-ipi COMMAND [ARGUMENT]...\n"
	      "       icache-ipi help [COMMAND]\n"
	      "\n"
	      "Linux 4.19.0 to 4.19.19 on arm64 interrupts every CPU when a page of a process\n"
	      "becomes executable. These commands find affected kernels, prove it, and fix them.\n"
	      "\n",
	      file);
	for (int i = 0; i < COMMANDS; i++)
		if (is_there(commands[i].name))
			fprintf(file, "  %-9s %s\n", commands[i].name, commands[i].what);
	for (int i = 0; i < COMMANDS; i++)
		if (!is_there(commands[i].name))
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

/* Ends the program as icache-ipi-@name does; @argv[0] becomes what it is called by. */
static void run(const char *name, int argc, char **argv)
{
	const struct inside_program *inside = find_inside(name);
	char path[PATH_MAX];

	if (inside) {
		snprintf(path, sizeof(path), PREFIX "%s", name);
		argv[0] = path;
		exit(inside->run(argc, argv));
	}
	for (const char *letter = name; *letter; letter++)
		if (!isalnum((unsigned char)*letter) && (*letter != '-' || letter == name))
			refuse(name);
	if (!*name || !find_command(path, name))
		refuse(name);
	argv[0] = path;
	execv(path, argv);
	die(EXIT_UNKNOWN, "cannot run %s: %s", path, strerror(errno));
}

/* The program inside that the one file is called by, as through a link of that name; or NULL. */
static const struct inside_program *called_by(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL, *name = slash ? slash + 1 : path;

	if (!name || strncmp(name, PREFIX, strlen(PREFIX)))
		return NULL;
	return find_inside(name + strlen(PREFIX));
}

int main(int argc, char **argv)
{
	const struct inside_program *self = called_by(argv[0]);

	if (self)
		return self->run(argc, argv);
	say_begin("icache-ipi");
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
			run(argv[2], 2, command);
		print_help(stdout);
		return EXIT_GOOD;
	}
	if (argv[1][0] == '-')
		die_usage("no option '%s' before the command", argv[1]);
	run(argv[1], argc - 1, argv + 1);
}
