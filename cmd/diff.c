/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace diff: two results, metric by metric; the exit status is the answer.
 */
#include "lib/report/diff.h"
#include "cmd/cli.h"
#include "lib/replay/metric.h"

#define OVERRIDES_MAX 256

struct options {
	const char *format;
	bool force;
	struct rep_override overrides[OVERRIDES_MAX];
	size_t nr_overrides;
};

/* 0; or -1: *@status is the exit code. */
static int parse_options(struct cli *c, struct options *o, int *status)
{
	struct mmt_err e = { 0 };
	const char *arg;
	int option;

	while ((option = cli_option(c, &arg)) > 0) {
		if (option == OPT_diff_format) {
			o->format = arg;
		} else if (option == OPT_diff_force) {
			o->force = true;
		} else if (o->nr_overrides == OVERRIDES_MAX) {
			*status = cli_usage(c, "more than %d thresholds", OVERRIDES_MAX);
			return -1;
		} else if (rep_override_parse(arg, &o->overrides[o->nr_overrides++], &e)) {
			*status = cli_usage(c, "%s", e.text);
			return -1;
		}
	}
	*status = cli_usage_status(c);
	return option;
}

/* The registry's limit; a metric it does not know is not judged. */
static struct rep_limit limit_of(const char *name)
{
	const struct metric *m = metric_by_name(name);

	if (!m || m->rel < 0)
		return (struct rep_limit){ .judged = false };
	return (struct rep_limit){ .judged = true, .permille = m->rel, .abs = m->abs };
}

static int compare(struct cli *c, const struct options *o, const json_t *base,
		   const json_t *candidate, bool json)
{
	struct mmt_wr w = { .alloc = &c->alloc };
	struct mmt_err e = { 0 };
	struct rep_diff d;
	int status;

	if (rep_diff(&d, base, candidate, limit_of, o->overrides, o->nr_overrides, o->force,
		     &c->alloc, &e))
		return cli_error(&e);
	if (json) {
		status = cli_put_json(rep_diff_json(&d));
	} else {
		rep_diff_text(&w, &d, cli_colour());
		status = cli_put_text(&w);
	}
	if (!status && d.count[REP_CROSSED])
		status = EXIT_NO;
	rep_diff_free(&d);
	return status;
}

int cmd_diff(struct cli *c)
{
	static const char *const formats[] = { "text", "json", NULL };
	struct options o = { 0 };
	json_t *base, *candidate;
	unsigned which;
	int status;

	if (parse_options(c, &o, &status) < 0)
		return status;
	if (!cli_format(c, o.format, formats, &which))
		return EXIT_TROUBLE;
	if (c->operand + 2 != c->argc)
		return cli_usage(c, "name two results: base and candidate");
	base = cli_read_result(c, c->argv[c->operand], &status);
	candidate = base ? cli_read_result(c, c->argv[c->operand + 1], &status) : NULL;
	if (candidate)
		status = compare(c, &o, base, candidate, which == 1);
	json_decref(candidate);
	json_decref(base);
	return status;
}
