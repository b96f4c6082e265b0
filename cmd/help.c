/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace help: the list of commands, or one command's man page on a terminal. Where no man page
 * is to be had, and in pipes, it is the text of `mmtrace COMMAND --help`.
 */
#include "cmd/cli.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* True if man(1) found and showed the page. */
static bool show_man_page(const char *command)
{
	char page[64];
	int status = -1, null;
	pid_t pid;

	snprintf(page, sizeof(page), "mmtrace-%s", command);
	pid = fork();
	if (pid == 0) {
		null = open("/dev/null", O_WRONLY);
		if (null >= 0)
			dup2(null, STDERR_FILENO);
		execlp("man", "man", page, (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int cmd_help(struct cli *c)
{
	const struct cli_command *command;
	const char *arg;

	if (cli_option(c, &arg) < 0)
		return cli_usage_status(c);
	if (c->operand == c->argc) {
		cli_print_overview(stdout);
		return EXIT_OK;
	}
	if (c->operand + 1 < c->argc)
		return cli_usage(c, "one command at a time");
	command = cli_command(c->argv[c->operand]);
	if (!command)
		return cli_usage(c, "there is no command '%s'", c->argv[c->operand]);
	if (!isatty(STDOUT_FILENO) || !show_man_page(command->name))
		cli_print_help(command);
	return EXIT_OK;
}
