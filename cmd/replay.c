// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmtrace replay: a trace through the model.
 *
 * The trace is read twice (cmd/twice.h), and a scenario becomes a trace in memory. The result goes
 * to -o as JSON, the summary to stdout, or to stderr beside a result; what a scenario prints goes
 * to stdout, all else of it to stderr.
 */
#include "cmd/output.h"
#include "cmd/scenario.h"
#include "cmd/twice.h"
#include "lib/base/json.h"
#include "lib/replay/result.h"
#include "lib/replay/tunable_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SET_FILE_MAX (1u << 20)

struct request {
	struct mmt_alloc *alloc;
	struct tunable_change *change;
	size_t nr, cap;
	const char *set_file; /* being read */
	unsigned others,
		first_other; /* settings in it that are none of ours, the first one's line */
	const char *trace, *output;
	uint64_t max_lost;
	bool force, quiet;
};

static int add_change(void *ctx, const struct tunable_change *change, struct mmt_err *e)
{
	struct request *q = ctx;
	struct tunable_change *grown =
		mmt_grow(q->alloc, q->change, &q->cap, q->nr + 1, sizeof(*grown));

	if (!grown)
		return mmt_fail(e, ENOMEM, "no memory for a setting");
	q->change = grown;
	q->change[q->nr++] = *change;
	return 0;
}

static int add_set(struct request *q, const char *text)
{
	struct tunable_change change;
	struct mmt_err e = { 0 };

	if (tunable_parse(text, &change, &e) || add_change(q, &change, &e))
		return cli_error(&e);
	return EXIT_OK;
}

/* Settings of a file that are left out: told as they come, those of others together. */
static void left_out(void *ctx, unsigned line, const char *why)
{
	struct request *q = ctx;

	if (why)
		cli_warn("%s:%u: left out: %s", q->set_file, line, why);
	else if (!q->others++)
		q->first_other = line;
}

static int add_file(struct cli *c, struct request *q, const char *path)
{
	const struct tunable_sink sink = { .ctx = q, .change = add_change, .left_out = left_out };
	struct mmt_err e = { 0 };
	size_t n;
	uint8_t *text = cli_read_file(c, path, SET_FILE_MAX, &n);
	int err;

	if (!text)
		return EXIT_TROUBLE;
	q->set_file = path;
	q->others = 0;
	err = tunable_file_parse((const char *)text, n, &sink, &e);
	mmt_free(&c->alloc, text);
	if (err) {
		mmt_err_path(&e, path);
		return cli_error(&e);
	}
	if (q->others)
		cli_warn("%s:%u: left out: %u settings of other parts of the kernel, this is the "
			 "first",
			 path, q->first_other, q->others);
	return EXIT_OK;
}

/* -1: go on; else the exit code. */
static int parse(struct cli *c, struct request *q)
{
	const char *arg;
	int option, status;

	while ((option = cli_option(c, &arg)) > 0) {
		switch (option) {
		case OPT_replay_output:
			q->output = arg;
			break;
		case OPT_replay_mode:
			if (strcmp(arg, "allocator") != 0)
				return cli_usage(c, "mode '%s' is not known; there is 'allocator'",
						 arg);
			break;
		case OPT_replay_set:
			status = add_set(q, arg);
			if (status)
				return status;
			break;
		case OPT_replay_set_file:
			status = add_file(c, q, arg);
			if (status)
				return status;
			break;
		case OPT_replay_max_lost:
			if (!cli_parse_u64(arg, UINT64_MAX, &q->max_lost))
				return cli_usage(c, "--max-lost wants a number, not '%s'", arg);
			break;
		case OPT_replay_force:
			q->force = true;
			break;
		case OPT_replay_quiet:
			q->quiet = true;
			break;
		}
	}
	if (option < 0)
		return cli_usage_status(c);
	if (c->operand + 1 != c->argc)
		return cli_usage(c, "name one trace");
	q->trace = c->argv[c->operand];
	return -1;
}

/* --- the summary --- */

#define U(x) ((unsigned long long)(x))

/* Text of a trace or the command line, without what could steer a terminal. */
static void put_plain(FILE *f, const char *s)
{
	for (; *s; s++)
		fputc(*s >= ' ' && *s < 0x7f ? *s : '?', f);
}

static void print_zones(FILE *f, const struct replay *r)
{
	const struct compare *c = &r->compare;

	if (!c->nr) {
		fprintf(f, "no snapshot during the trace: nothing to compare with\n");
		return;
	}
	fprintf(f, "\nfree pages at the last snapshot (%llu ms)\n",
		U(c->time[c->nr - 1] / 1000000));
	fprintf(f, "  %-12s %12s %12s %8s   %10s %10s\n", "zone", "recorded", "model", "error",
		"recorded", "model");
	fprintf(f, "  %-12s %12s %12s %8s   %10s %10s\n", "", "free", "free", "", "per-CPU",
		"per-CPU");
	for (unsigned i = 0; i < c->nr_zones; i++) {
		const struct sample_zone *s = &c->sample[(c->nr - 1) * c->nr_zones + i];
		struct mm_zone_view v;
		char name[32];
		uint64_t error = fidelity_error(s->recorded_free, s->free);

		mm_view_zone(c->sys, i, &v);
		snprintf(name, sizeof(name), "%u %s", v.node, v.name);
		if (s->recorded)
			fprintf(f, "  %-12s %12llu %12llu %6llu.%llu%%   %10llu %10llu\n", name,
				U(s->recorded_free), U(s->free), U(error / 10), U(error % 10),
				U(s->recorded_pcp), U(s->pcp));
		else
			fprintf(f, "  %-12s %12s %12llu %8s   %10s %10llu\n", name, "-", U(s->free),
				"", "-", U(s->pcp));
	}
	fprintf(f, "\nfree blocks at the last snapshot, by order\n");
	for (unsigned i = 0; i < c->nr_zones; i++) {
		const struct sample_zone *s = &c->sample[(c->nr - 1) * c->nr_zones + i];
		struct mm_zone_view v;

		mm_view_zone(c->sys, i, &v);
		if (s->recorded) {
			fprintf(f, "  %u %-8s recorded", v.node, v.name);
			for (unsigned order = 0; order < NR_PAGE_ORDERS; order++)
				fprintf(f, " %6llu", U(s->recorded_blocks[order]));
			fprintf(f, "\n");
		}
		fprintf(f, "  %u %-8s    model", v.node, v.name);
		for (unsigned order = 0; order < NR_PAGE_ORDERS; order++)
			fprintf(f, " %6llu", U(s->blocks[order]));
		fprintf(f, "\n");
	}
}

static void print_fidelity(FILE *f, const struct replay *r)
{
	const struct compare *c = &r->compare;
	uint64_t exact = 0, checks = 0;

	if (!r->base)
		return;
	for (size_t i = 0; i < c->nr_fidelity; i++) {
		const struct fidelity *row = &c->fidelity[i];

		if (strcmp(row->at, "formula") != 0)
			continue;
		checks++;
		exact += row->recorded == row->model;
	}
	fprintf(f, "\nfidelity\n");
	fprintf(f,
		"  watermarks, reserves and per-CPU sizes by formula: %llu of %llu as recorded\n",
		U(exact), U(checks));
	for (size_t i = 0; i < c->nr_fidelity; i++) {
		const struct fidelity *row = &c->fidelity[i];
		bool formula = strcmp(row->at, "formula") == 0 && row->recorded != row->model;
		bool worst = strcmp(row->at, "worst") == 0 &&
			     (strcmp(row->metric, "free_pages") == 0 ||
			      strcmp(row->metric, "free_and_pcp_pages") == 0);

		if (!formula && !worst && strcmp(row->at, "total") != 0)
			continue;
		fprintf(f, "  %-8s %-22s %-8s recorded %llu, model %llu, error %llu.%llu%%\n",
			row->at, row->metric, row->zone ? row->zone : "", U(row->recorded),
			U(row->model), U(row->error_permille / 10), U(row->error_permille % 10));
	}
}

static void print_host_only(FILE *f, const struct host_only *h)
{
	bool any = false;

	for (unsigned i = 0; i < host_only_count(); i++) {
		if (!h->count[i])
			continue;
		if (!any)
			fprintf(f, "\ncounted by the host from its first to its last snapshot\n");
		any = true;
		fprintf(f, "  %-22s recorded %llu, not modelled\n", host_only_at(i)->name,
			U(h->count[i]));
	}
}

static void print_summary(FILE *f, const struct replay *r)
{
	const struct allocator *a = &r->allocator;
	uint64_t events = a->allocs + a->frees;
	uint64_t permille = events ? a->faithful * 1000 / events : 1000;

	fprintf(f, "mode allocator (open loop): %s, model profile %s, recorded on Linux ",
		r->base ? "the recorded machine" : "what if", mm_profile_name(r->values.profile));
	put_plain(f, r->kernel);
	fputc('\n', f);
	if (replay_other_kernel(r) &&
	    r->values.profile == mm_profile_for(r->kernel_major, r->kernel_minor))
		fprintf(f, "  Linux %u.%u has no profile of its own: %s stands in for it\n",
			r->kernel_major, r->kernel_minor, mm_profile_name(r->values.profile));
	for (size_t i = 0; i < r->options->nr_changes; i++) {
		const struct tunable_change *c = &r->options->change[i];

		fprintf(f, "  %s = ", c->key);
		put_plain(f, c->text);
		fputc('\n', f);
	}
	fprintf(f, "replayed %llu allocations and %llu frees, %llu.%llu%% of them faithfully\n",
		U(a->allocs), U(a->frees), U(permille / 10), U(permille % 10));
	for (unsigned i = 0; i < NR_DIVERGENCES; i++)
		if (a->divergence[i])
			fprintf(f, "  %10llu %-20s %s\n", U(a->divergence[i]),
				divergence_name((enum divergence)i),
				divergence_help((enum divergence)i));
	fprintf(f,
		"at the start %llu pages free (recorded %llu), %llu in per-CPU lists, %llu in use\n",
		U(r->initial.free_pages), U(r->initial.recorded_free_pages),
		U(r->initial.pcp_pages), U(r->initial.used_pages));
	fprintf(f, "  inferred: %llu per-CPU pages, %llu pageblock types, %llu managed pages\n",
		U(r->initial.inferred_pcp_pages), U(r->initial.inferred_pageblocks),
		U(r->initial.inferred_managed_pages));
	if (r->initial.late_pages)
		fprintf(f,
			"  %llu pages were given to a zone after its watermarks were set, at boot\n",
			U(r->initial.late_pages));
	if (r->initial.moved_pages || r->initial.evicted_pages)
		fprintf(f, "  %llu pages moved, %llu did not fit\n", U(r->initial.moved_pages),
			U(r->initial.evicted_pages));
	if (a->onlined_pages)
		fprintf(f, "  %llu pages came under management while recording\n",
			U(a->onlined_pages));
	if (a->compared)
		fprintf(f,
			"placement: same zone %llu.%llu%%, same pageblock %llu.%llu%%, same frame "
			"%llu.%llu%%\n",
			U(a->same_zone * 1000 / a->compared / 10),
			U(a->same_zone * 1000 / a->compared % 10),
			U(a->same_pageblock * 1000 / a->compared / 10),
			U(a->same_pageblock * 1000 / a->compared % 10),
			U(a->same_frame * 1000 / a->compared / 10),
			U(a->same_frame * 1000 / a->compared % 10));
	print_zones(f, r);
	print_fidelity(f, r);
	print_host_only(f, &r->survey.host_only);
}

/* --- the command --- */

static int write_result(struct cli *c, const struct request *q, const struct replay *r)
{
	struct mmt_err e = { 0 };
	json_t *result = result_build(r, &e);
	char *text = result ? mmt_json_text(result) : NULL;
	struct cli_output out;
	int status, err;

	json_decref(result);
	if (!text) {
		mmt_fail(&e, ENOMEM, "no memory for the result");
		return cli_error(&e);
	}
	status = cli_output_open(c, &out, q->output, false, q->force);
	if (!status)
		status = cli_write(c, out.fd, q->output, text);
	free(text);
	if (!status && cli_output_name(&out, &e) < 0) {
		mmt_err_path(&e, q->output);
		status = cli_error(&e);
	}
	err = cli_output_close(c, &out, false);
	if (err && !status)
		status = cli_fail("%s: cannot write: %s", q->output, strerror(-err));
	return status;
}

static int completeness(const struct request *q, const struct replay *r)
{
	if (!r->state.complete) {
		cli_warn("%s: incomplete: %s", q->trace, r->why_incomplete);
		return EXIT_INCOMPLETE;
	}
	if (r->state.lost > q->max_lost) {
		cli_warn("%s: %llu events were lost, more than --max-lost %llu", q->trace,
			 U(r->state.lost), U(q->max_lost));
		return EXIT_INCOMPLETE;
	}
	return EXIT_OK;
}

static int run(struct cli *c, const struct request *q)
{
	struct cli_twice s = { .cli = c, .path = q->trace, .fd = -1 };
	struct replay_source source = { .open = cli_twice_reader, .ctx = &s };
	struct replay *r = mmt_calloc(&c->alloc, 1, sizeof(*r));
	bool to_stdout = q->output && strcmp(q->output, "-") == 0;
	struct cli_scenario scenario = { .r = r, .out = to_stdout ? stderr : stdout };
	struct scenario_listener listener = cli_scenario_listener(&scenario);
	struct replay_options options = { .change = q->change,
					  .nr_changes = q->nr,
					  .listener = &listener };
	struct mmt_err e = { 0 };
	int status = r ? cli_twice_open(&s) : EXIT_TROUBLE;

	if (!r)
		cli_fail("no memory");
	if (!status && replay_run(r, &c->alloc, &source, &options, &e)) {
		mmt_err_path(&e, e.line && r->scenario ? r->scenario->name : q->trace);
		status = cli_error(&e);
	} else if (!status) {
		if (q->output)
			status = write_result(c, q, r);
		if (!status && !q->quiet && r->scenario)
			cli_scenario_summary(stderr, r);
		else if (!status && !q->quiet && !to_stdout)
			print_summary(q->output ? stderr : stdout, r);
		if (!status)
			status = completeness(q, r);
		if (!status && r->scenario && r->scenario->failed)
			status = EXIT_NO;
	}
	if (r)
		replay_free(r);
	mmt_free(&c->alloc, r);
	cli_twice_close(&s);
	return status;
}

int cmd_replay(struct cli *c)
{
	struct request q = { .alloc = &c->alloc };
	int status = parse(c, &q);

	if (status < 0)
		status = run(c, &q);
	mmt_free(&c->alloc, q.change);
	return status;
}
