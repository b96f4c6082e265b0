// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scenarios: text into a trace, and a replay's words about them.
 *
 * A scenario that is replayed directly becomes a trace in memory first, so that there is one way
 * for an event to reach the model.
 */
#include "cmd/scenario.h"

#include "lib/replay/scenario/key.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t no_string(void *ctx, const char *s, struct mmt_err *e)
{
	(void)ctx;
	(void)s;
	(void)e;
	return 1;
}

static int no_event(void *ctx, const struct mmt_event *ev, struct mmt_err *e)
{
	(void)ctx;
	(void)ev;
	(void)e;
	return 0;
}

int cli_scenario_check(const char *text, size_t n, const char *name)
{
	const struct mmt_scenario_sink sink = { .string = no_string,
						.event = no_event,
						.check_key = scenario_key_check,
						.check_setting = scenario_setting_check };
	struct mmt_err e = { 0 };

	if (!mmt_scenario_parse(text, n, &sink, &e))
		return EXIT_OK;
	mmt_err_path(&e, name);
	return cli_error(&e);
}

int cli_scenario_import(struct cli *c, const char *text, size_t n, const char *name, int fd)
{
	const struct mmt_scenario_sink checks = { .check_key = scenario_key_check,
						  .check_setting = scenario_setting_check };
	struct mmt_err e = { 0 };

	if (!mmt_scenario_import(text, n, name, &checks, &c->alloc, &c->io, fd, &e))
		return EXIT_OK;
	mmt_err_path(&e, name);
	return cli_error(&e);
}

int cli_scenario_open(struct cli *c, const char *text, size_t n, const char *name)
{
	int fd = memfd_create("scenario", MFD_CLOEXEC);

	if (fd < 0) {
		cli_fail("%s: cannot import: %s", name, strerror(errno));
		return -1;
	}
	if (!cli_scenario_import(c, text, n, name, fd))
		return fd;
	mmt_io_close(&c->io, fd);
	return -1;
}

static void print(void *ctx, const char *text)
{
	struct cli_scenario *s = ctx;

	fprintf(s->out, "%s\n", text);
}

static void failed(void *ctx, uint64_t line, const char *text)
{
	struct cli_scenario *s = ctx;

	cli_fail("%s:%" PRIu64 ": %s", s->r->scenario->name, line, text);
}

struct scenario_listener cli_scenario_listener(struct cli_scenario *s)
{
	return (struct scenario_listener){ .ctx = s, .print = print, .failed = failed };
}

void cli_scenario_summary(FILE *f, const struct replay *r)
{
	const struct scenario *scenario = r->scenario;
	bool swap = scenario->machine.has_swap, hw = scenario->machine.has_hw;

	/* the prints came first */
	fflush(stdout);
	if (swap || hw)
		cli_warn("%s: %s no effect yet", scenario->name,
			 swap && hw ? "swap= and hw have"
			 : swap	    ? "swap= has"
				    : "hw has");
	fprintf(f, "%s: %" PRIu64 " blocks allocated, %" PRIu64 " freed", scenario->name,
		scenario->allocs, scenario->frees);
	if (scenario->checks)
		fprintf(f, "; %" PRIu64 " assertions, %" PRIu64 " failed", scenario->checks,
			scenario->failed);
	fputc('\n', f);
}
