// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmtrace export: a trace in another format.
 */
#include "cmd/scenario.h"
#include "cmd/trace.h"
#include "lib/base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct output {
	struct cli *cli;
	int fd;
};

static int put(void *ctx, const void *p, size_t n, struct mmt_err *e)
{
	const struct output *out = ctx;
	int ret = mmt_io_write(&out->cli->io, out->fd, p, n);

	return ret ? mmt_fail_errno(e, -ret, "cannot write") : 0;
}

/* A setting that a replay of the scenario will take. */
static bool may_set(const char *key, const char *value)
{
	struct tunable_change change;
	char text[192];

	if (snprintf(text, sizeof(text), "%s=%s", key, value) >= (int)sizeof(text))
		return false;
	return !tunable_parse(text, &change, NULL) && change.tunable->timed && !change.timed;
}

/* The profile that a replay of the trace would follow, or NULL. */
static const char *profile_of(const struct cli_trace *t)
{
	const json_t *kernel = json_object_get(mmt_reader_header(t->reader), "kernel");
	unsigned major, minor;

	if (sscanf(mmt_json_get_str(kernel, "release", ""), "%u.%u", &major, &minor) != 2)
		return NULL;
	return mm_profile_name(mm_profile_for(major, minor));
}

/* What a scenario cannot tell of a recorded trace. */
static void tell(const struct mmt_scenario_export *x, const char *path)
{
	const struct {
		uint64_t n;
		const char *what;
	} left[] = {
		{ x->early, "page events before the start snapshot was complete" },
		{ x->refused, "requests that the host refused" },
		{ x->unknown_free, "frees of blocks that were in use at the start" },
		{ x->in_pieces, "frees of parts of a block, told as frees of all of it" },
		{ x->other, "other events of demand" },
	};

	if (!x->allocs && !x->frees)
		return;
	fprintf(stderr, "mmtrace: %s: %" PRIu64 " allocations and %" PRIu64 " frees\n", path,
		x->allocs, x->frees);
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		if (left[i].n)
			fprintf(stderr, "mmtrace: %s: not told: %" PRIu64 " %s\n", path, left[i].n,
				left[i].what);
}

static int export(struct cli *c, struct cli_trace *t, const char *output, bool force)
{
	struct output out = { .cli = c };
	struct mmt_scenario_exporter x = {
		.ctx = &out, .write = put, .may_set = may_set, .profile = profile_of(t)
	};
	struct mmt_scenario_export told;
	struct mmt_err e = { 0 };
	int status = EXIT_OK;

	out.fd = cli_open_output(c, output, false, force);
	if (out.fd < 0)
		return EXIT_TROUBLE;
	if (mmt_scenario_export(t->reader, &x, &c->alloc, &told, &e)) {
		mmt_err_path(&e, t->path);
		status = cli_error(&e);
	} else {
		tell(&told, t->path);
		status = cli_trace_status(t);
	}
	if (out.fd > STDERR_FILENO) {
		int err = mmt_io_close(&c->io, out.fd);

		if (err && !status)
			status = cli_fail("%s: cannot write: %s", output, strerror(-err));
	}
	return status;
}

int cmd_export(struct cli *c)
{
	const char *arg, *output = "-", *to = "scenario";
	struct cli_trace t;
	bool force = false;
	int option, status;

	while ((option = cli_option(c, &arg)) > 0) {
		if (option == OPT_export_to)
			to = arg;
		else if (option == OPT_export_output)
			output = arg;
		else
			force = true;
	}
	if (option < 0)
		return cli_usage_status(c);
	if (strcmp(to, "scenario") != 0)
		return cli_usage(c, "format '%s' is not known; there is 'scenario'", to);
	if (c->operand + 1 != c->argc)
		return cli_usage(c, "name one trace");
	status = cli_trace_open(c, c->argv[c->operand], &t);
	if (status)
		return status;
	status = export(c, &t, output, force);
	cli_trace_close(&t);
	return status;
}
