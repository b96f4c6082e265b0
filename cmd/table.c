/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables made from options.def, and the help texts made from the tables.
 *
 * A usage line is "mmtrace NAME [-flags] [-x ARG] [--long ARG] OPERANDS": the one-letter flags in
 * one bracket, then every other option, each group in the order of the table. The SYNOPSIS of a
 * man page reads the same.
 */
#include "cmd/cli.h"

#include <string.h>

#define COMMAND(name, operands, help) { #name, operands, help, cmd_##name },
#define OPTION(command, letter, name, arg, help)
const struct cli_command cli_commands[] = {
#include "cmd/options.def"
	{ NULL, NULL, NULL, NULL }
};
#undef COMMAND
#undef OPTION

#define COMMAND(name, operands, help)
#define OPTION(command, letter, name, arg, help) \
	{ OPT_##command##_##name, #command, letter, #name, arg, help },
const struct cli_row cli_rows[] = {
#include "cmd/options.def"
	{ 0, NULL, 0, NULL, NULL, NULL }
};
#undef COMMAND
#undef OPTION

const struct cli_command *cli_command(const char *name)
{
	for (const struct cli_command *c = cli_commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const char *cli_long_name(const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "%s", name);
	for (char *p = buf; *p; p++)
		if (*p == '_')
			*p = '-';
	return buf;
}

static bool is_flag(const struct cli_row *row)
{
	return row->letter && !row->arg;
}

static void print_usage(const struct cli_command *command)
{
	char name[64];
	const char *sep = " [-";

	printf("usage: mmtrace %s", command->name);
	for (const struct cli_row *row = cli_rows; row->name; row++) {
		if (strcmp(row->command, command->name) != 0 || !is_flag(row))
			continue;
		printf("%s%c", sep, row->letter);
		sep = "";
	}
	if (!*sep)
		putchar(']');
	for (const struct cli_row *row = cli_rows; row->name; row++) {
		if (strcmp(row->command, command->name) != 0 || is_flag(row))
			continue;
		if (row->letter)
			printf(" [-%c", row->letter);
		else
			printf(" [--%s", cli_long_name(row->name, name, sizeof(name)));
		printf("%s%s]", row->arg ? " " : "", row->arg ? row->arg : "");
	}
	printf("%s%s\n", *command->operands ? " " : "", command->operands);
}

void cli_print_help(const struct cli_command *command)
{
	char name[64], left[128];

	print_usage(command);
	printf("\n%s\n\n", command->help);
	for (const struct cli_row *row = cli_rows; row->name; row++) {
		if (strcmp(row->command, command->name) != 0)
			continue;
		cli_long_name(row->name, name, sizeof(name));
		snprintf(left, sizeof(left), "--%s%s%s", name, row->arg ? " " : "",
			 row->arg ? row->arg : "");
		if (row->letter)
			printf("  -%c, %-26s %s\n", row->letter, left, row->help);
		else
			printf("      %-26s %s\n", left, row->help);
	}
	printf("\nMore in mmtrace-%s(1); exit status in mmtrace(1).\n", command->name);
}

void cli_print_overview(FILE *f)
{
	fprintf(f, "usage: mmtrace [--help] [--version] COMMAND [ARG...]\n\n"
		   "Record what Linux memory management does, replay it offline, compare.\n\n");
	for (const struct cli_command *c = cli_commands; c->name; c++)
		fprintf(f, "  %-12s %s\n", c->name, c->help);
	fprintf(f, "\n`mmtrace COMMAND --help` says more; so does mmtrace(1).\n");
}
