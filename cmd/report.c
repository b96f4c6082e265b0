/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace report: a result for people, or checked and sorted for programs.
 */
#include "cmd/cli.h"
#include "lib/report/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* COLUMNS, else the terminal's width, else 80; a map narrower than 40 shows nothing. */
static unsigned terminal_width(void)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	uint64_t v;

	if (text && cli_parse_u64(text, 1000, &v) && v)
		return v < 40 ? 40 : (unsigned)v;
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col < 40 ? 40 : size.ws_col;
	return 80;
}

/* Shades need UTF-8. The names are read as setlocale(3) would, whether the locale is installed or
 * not: a container often has none, and its terminal is another machine's. */
static bool locale_is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *v = NULL;

	for (size_t i = 0; i < 3 && !(v && *v); i++)
		v = getenv(names[i]);
	return v && (strcasestr(v, "utf-8") || strcasestr(v, "utf8"));
}

int cmd_report(struct cli *c)
{
	static const char *const formats[] = { "text", "json", NULL };
	struct rep_style style = { .width = terminal_width() };
	struct mmt_wr w = { .alloc = &c->alloc };
	const char *arg, *format = NULL;
	unsigned which;
	json_t *result;
	bool partial;
	int option, status;

	while ((option = cli_option(c, &arg)) > 0) {
		if (option == OPT_report_ascii)
			style.ascii = true;
		else
			format = arg;
	}
	if (option < 0)
		return cli_usage_status(c);
	if (!cli_format(c, format, formats, &which))
		return EXIT_TROUBLE;
	if (c->operand + 1 != c->argc)
		return cli_usage(c, "name one result");
	result = cli_read_result(c, c->argv[c->operand], &status);
	if (!result)
		return status;
	partial = json_is_true(json_object_get(json_object_get(result, "flags"), "partial"));
	if (which) {
		status = cli_put_json(result);
	} else {
		style.ascii = style.ascii || !locale_is_utf8();
		style.colour = cli_colour();
		rep_text(&w, result, &style);
		status = cli_put_text(&w);
		json_decref(result);
	}
	return status ? status : partial ? EXIT_INCOMPLETE : EXIT_OK;
}
