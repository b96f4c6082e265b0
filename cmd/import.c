// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmtrace import: what is no trace becomes one.
 */
#include "cmd/scenario.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int import(struct cli *c, const char *input, const char *output, bool force)
{
	const char *slash = strrchr(input, '/');
	size_t n;
	uint8_t *text = cli_read_file(c, input, MMT_SCENARIO_BYTES_MAX, &n);
	int fd = -1, status;

	if (!text)
		return EXIT_TROUBLE;
	/* a text with an error leaves no file, and none is overwritten for it */
	status = cli_scenario_check((const char *)text, n, input);
	if (!status)
		fd = cli_open_output(c, output, true, force);
	if (!status && fd < 0)
		status = EXIT_TROUBLE;
	/* a trace holds no path that was not asked for: the last part of the name is enough */
	if (!status)
		status = cli_scenario_import(c, (const char *)text, n, slash ? slash + 1 : input,
					     fd);
	mmt_free(&c->alloc, text);
	if (fd > STDERR_FILENO) {
		int err = mmt_io_close(&c->io, fd);

		if (err && !status)
			status = cli_fail("%s: cannot write: %s", output, strerror(-err));
	}
	return status;
}

int cmd_import(struct cli *c)
{
	const char *arg, *output = NULL;
	bool force = false;
	int option;

	while ((option = cli_option(c, &arg)) > 0) {
		if (option == OPT_import_output)
			output = arg;
		else
			force = true;
	}
	if (option < 0)
		return cli_usage_status(c);
	if (c->operand + 1 != c->argc)
		return cli_usage(c, "name one scenario");
	if (!output)
		return cli_usage(c, "-o says where the trace goes");
	return import(c, c->argv[c->operand], output, force);
}
