/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace completion bash: a completion function with the commands and options of the table in
 * it, so that it works without starting mmtrace for each key. Operands complete as file names.
 */
#include "cmd/cli.h"

#include <string.h>

static void print_words(const char *command)
{
	char name[64];

	printf("\t%s) words='", command);
	for (const struct cli_row *row = cli_rows; row->name; row++)
		if (strcmp(row->command, command) == 0)
			printf("--%s ", cli_long_name(row->name, name, sizeof(name)));
	printf("';;\n");
}

static void print_bash(void)
{
	printf("# mmtrace completion for bash: source it, or install it as\n"
	       "# /usr/share/bash-completion/completions/mmtrace\n"
	       "_mmtrace()\n{\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} words=''\n"
	       "\tCOMPREPLY=()\n"
	       "\tif ((COMP_CWORD == 1)); then\n\t\twords='--help --version");
	for (const struct cli_command *c = cli_commands; c->name; c++)
		printf(" %s", c->name);
	printf("'\n\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	       "\t\treturn\n\tfi\n"
	       "\tcase ${COMP_WORDS[1]} in\n");
	for (const struct cli_command *c = cli_commands; c->name; c++)
		print_words(c->name);
	printf("\tesac\n"
	       "\tcase ${COMP_WORDS[1]}:$word in\n"
	       "\t*:-*) ;;\n"
	       "\thelp:*) words='");
	for (const struct cli_command *c = cli_commands; c->name; c++)
		printf("%s ", c->name);
	printf("';;\n"
	       "\tlist:*) words='events metrics tunables constants gfp';;\n"
	       "\tcompletion:*) words='bash';;\n"
	       "\t*)\n\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n\t\treturn\n\t\t;;\n"
	       "\tesac\n"
	       "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	       "}\n"
	       "complete -o filenames -F _mmtrace mmtrace\n");
}

int cmd_completion(struct cli *c)
{
	const char *arg;

	if (cli_option(c, &arg) < 0)
		return cli_usage_status(c);
	if (c->operand + 1 != c->argc)
		return cli_usage(c, "name one shell: bash");
	if (strcmp(c->argv[c->operand], "bash") != 0)
		return cli_usage(c, "no completions for shell '%s'; there are bash",
				 c->argv[c->operand]);
	print_bash();
	return EXIT_OK;
}
