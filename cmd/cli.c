/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options by the table, and how trouble is told. getopt_long() does the parsing; its messages are
 * ours, so that each begins with "mmtrace: COMMAND:" and unknown names get a suggestion.
 */
#include "cmd/cli.h"

#include "lib/base/escape.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OPTIONS 32

/* The rows of one command in getopt's shape. */
struct parser {
	struct option longs[MAX_OPTIONS + 1];
	char names[MAX_OPTIONS][32];
	char shorts[2 * MAX_OPTIONS + 3];
};

static void parser_fill(struct parser *p, const struct cli *c)
{
	const struct cli_command *command = cli_command(c->command);
	size_t n = 0, s = 0;

	memset(p, 0, sizeof(*p));
	/* operands that begin with "--" are another program's: its options are not ours */
	if (strncmp(command->operands, "[--", 3) == 0)
		p->shorts[s++] = '+';
	p->shorts[s++] = ':';
	for (const struct cli_row *row = cli_rows; row->name; row++) {
		if (strcmp(row->command, c->command) != 0)
			continue;
		MMT_BUG(n == MAX_OPTIONS);
		p->longs[n] = (struct option){
			.name = cli_long_name(row->name, p->names[n], sizeof(p->names[n])),
			.has_arg = row->arg ? required_argument : no_argument,
			.val = row->id,
		};
		n++;
		if (row->letter)
			p->shorts[s++] = row->letter;
		if (row->letter && row->arg)
			p->shorts[s++] = ':';
	}
}

static const struct cli_row *row_of(const struct cli *c, int val)
{
	for (const struct cli_row *row = cli_rows; row->name; row++)
		if (row->id == val ||
		    (row->letter && row->letter == val && strcmp(row->command, c->command) == 0))
			return row;
	return NULL;
}

/* getopt_long() refused the option at @at; say why. */
static void refused(const struct cli *c, const struct parser *p, int why, int at)
{
	const struct cli_row *row = optopt ? row_of(c, optopt) : NULL;
	const char *names[MAX_OPTIONS + 1];
	const char *word = c->argv[at], *near;
	size_t n = 0;
	char typed[64];

	if (row && why == ':') {
		cli_usage(c, "option --%s needs an argument: %s",
			  cli_long_name(row->name, typed, sizeof(typed)), row->arg);
	} else if (row) {
		cli_usage(c, "option --%s takes no argument",
			  cli_long_name(row->name, typed, sizeof(typed)));
	} else if (optopt) {
		cli_usage(c, "unknown option -%c", optopt);
	} else {
		for (; p->longs[n].name; n++)
			names[n] = p->longs[n].name;
		names[n] = NULL;
		snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(word + 2, "="), word + 2);
		near = cli_nearest(typed, names);
		cli_usage(c, "unknown option --%s%s%s%s", typed, near ? "; did you mean --" : "",
			  near ? near : "", near ? "?" : "");
	}
}

int cli_option(struct cli *c, const char **arg)
{
	const struct cli_row *row;
	struct parser p;
	int val, at = optind;

	parser_fill(&p, c);
	opterr = 0;
	val = getopt_long(c->argc, c->argv, p.shorts, p.longs, NULL);
	*arg = optarg;
	if (val == -1) {
		c->operand = optind;
		return 0;
	}
	if (val == '?' || val == ':') {
		/* permutation may have moved operands behind it */
		refused(c, &p, val, optind > at ? optind - 1 : at);
		return -1;
	}
	row = row_of(c, val);
	MMT_BUG(!row);
	if (strcmp(row->name, "help") == 0) {
		cli_print_help(cli_command(c->command));
		c->helped = true;
		return -1;
	}
	return row->id;
}

int cli_usage_status(const struct cli *c)
{
	return c->helped ? EXIT_OK : EXIT_TROUBLE;
}

/* Messages may quote what strangers wrote: no control byte reaches the terminal. */
static void say(const char *before, const char *text)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_wr w = { .alloc = &a };

	fflush(stdout);
	mmt_wr_escaped(&w, text);
	if (w.bad)
		fprintf(stderr, "mmtrace: out of memory\n");
	else
		fprintf(stderr, "%s%.*s\n", before, (int)w.len, (const char *)w.buf);
	mmt_wr_free(&w);
}

int cli_usage(const struct cli *c, const char *fmt, ...)
{
	char text[1024], before[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(before, sizeof(before), "mmtrace: %s: ", c->command);
	say(before, text);
	fprintf(stderr, "Try `mmtrace %s --help`.\n", c->command);
	return EXIT_TROUBLE;
}

int cli_fail(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say("mmtrace: ", text);
	return EXIT_TROUBLE;
}

void cli_warn(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say("mmtrace: warning: ", text);
}

int cli_exit_code(int code)
{
	switch (code) {
	case 0:
		return EXIT_OK;
	case ENOTSUP:
	case EDQUOT:
		return EXIT_CANNOT;
	case EBADMSG:
	case ENODATA:
		return EXIT_INCOMPLETE;
	default:
		return EXIT_TROUBLE;
	}
}

int cli_error(const struct mmt_err *e)
{
	char text[1024];

	say("mmtrace: ", mmt_err_format(e, text, sizeof(text)));
	return cli_exit_code(e->code);
}

bool cli_format(const struct cli *c, const char *format, const char *const *names, unsigned *which)
{
	char all[128] = "";

	*which = 0;
	for (unsigned i = 0; names[i]; i++) {
		size_t at = strlen(all);

		if (!format || strcmp(format, names[i]) == 0) {
			*which = i;
			return true;
		}
		snprintf(all + at, sizeof(all) - at, "%s%s", i ? ", " : "", names[i]);
	}
	cli_usage(c, "unknown format '%s'; there are %s", format, all);
	return false;
}
