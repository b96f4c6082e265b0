/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace: find the command and run it. What every command needs is arranged here once: the three
 * standard descriptors exist, a closed pipe ends the program without words, and data that did not
 * reach stdout (a full disk is often noticed only when the last buffer goes out) is an error.
 */
#include "cmd/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A descriptor 0..2 left closed would be given to the next file opened, and written into. */
static bool standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

static int unknown_command(const char *word)
{
	const char *names[64];
	const char *near;
	size_t n = 0;

	for (const struct cli_command *c = cli_commands; c->name && n < 63; c++)
		names[n++] = c->name;
	names[n] = NULL;
	near = cli_nearest(word, names);
#ifdef MMT_WITHOUT_BPF
	if (strcmp(word, "record") == 0 || strcmp(word, "doctor") == 0)
		return cli_fail("%s: this mmtrace was built without BPF", word);
#endif
	if (word[0] == '-')
		cli_fail("unknown option '%s'", word);
	else
		cli_fail("unknown command '%s'%s%s%s", word, near ? "; did you mean " : "",
			 near ? near : "", near ? "?" : "");
	fprintf(stderr, "`mmtrace help` lists the commands.\n");
	return EXIT_TROUBLE;
}

/* What is still in stdout's buffer goes out; a failure counts unless there is a worse one. */
static int close_stdout(int status)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (fflush(stdout) != 0)
		failed = true;
	/* it failed earlier: why, the same again will tell */
	if (failed && !errno) {
		clearerr(stdout);
		if (putchar('\n') != EOF)
			fflush(stdout);
	}
	if (!failed || errno == EPIPE)
		return status;
	fprintf(stderr, "mmtrace: cannot write to standard output%s%s\n", errno ? ": " : "",
		errno ? strerror(errno) : "");
	return EXIT_TROUBLE;
}

static int run(int argc, char **argv)
{
	struct cli c = { .alloc = MMT_ALLOC_INIT, .io = MMT_IO_INIT };
	char *constants[] = { "list", "constants", NULL };
	const struct cli_command *command;

	if (argc < 2) {
		cli_print_overview(stderr);
		return EXIT_TROUBLE;
	}
	argc--;
	argv++;
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
		cli_print_overview(stdout);
		return EXIT_OK;
	}
	if (strcmp(argv[0], "--constants") == 0) {
		argv = constants;
		argc = 2;
	}
	command = cli_command(strcmp(argv[0], "--version") == 0 ? "version" : argv[0]);
	if (!command)
		return unknown_command(argv[0]);
	c.command = command->name;
	c.argc = argc;
	c.argv = argv;
	if (strcmp(command->name, "record") != 0)
		cli_json_memory();
	return command->run(&c);
}

int main(int argc, char **argv)
{
	if (!standard_descriptors())
		return EXIT_TROUBLE;
	signal(SIGPIPE, SIG_DFL);
	return close_stdout(run(argc, argv));
}
