/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace convert: a trace into one of this version, whole or a part of it.
 *
 * A whole copy keeps the original's id, and so is the same input to a replay; a part gets its own.
 */
#include "cmd/rewrite.h"
#include "lib/trace/edit/slice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct convert {
	struct rewrite out;
	struct mmt_slice_options slice;
	struct cli_trace in;
	bool kinds[MMT_KIND_MAX + 1];
};

static bool parse_instant(const char *text, struct mmt_slice_time *t)
{
	t->set = true;
	t->absolute = *text == '@';
	return cli_parse_time(text + t->absolute, &t->ns);
}

/* -1: go on; else the exit code. */
static int take_option(struct cli *c, struct convert *v, int option, const char *arg)
{
	switch (option) {
	case OPT_convert_output:
		v->out.path = arg;
		return -1;
	case OPT_convert_from:
		return parse_instant(arg, &v->slice.from)
			       ? -1
			       : cli_usage(c, "--from needs a time, not '%s'", arg);
	case OPT_convert_to:
		return parse_instant(arg, &v->slice.to)
			       ? -1
			       : cli_usage(c, "--to needs a time, not '%s'", arg);
	case OPT_convert_pid:
		v->slice.by_pid = true;
		return cli_parse_u64(arg, UINT32_MAX, &v->slice.pid)
			       ? -1
			       : cli_usage(c, "--pid needs a number, not '%s'", arg);
	case OPT_convert_cgroup:
		v->slice.cgroup = arg;
		return *arg == '/' ? -1 : cli_usage(c, "--cgroup needs a path, not '%s'", arg);
	case OPT_convert_events:
		v->slice.kinds = v->kinds;
		v->slice.kinds_text = arg;
		return cli_events_wanted(c, arg, v->kinds) ? -1 : EXIT_TROUBLE;
	case OPT_convert_level:
		return cli_parse_u64(arg, 19, &v->out.level) && v->out.level
			       ? -1
			       : cli_usage(c, "--level needs a number from 1 to 19, not '%s'", arg);
	case OPT_convert_force:
		v->out.force = true;
		return -1;
	default:
		v->out.quiet = true;
		return -1;
	}
}

static bool keep_loss(void *ctx, const struct mmt_loss *loss)
{
	return mmt_slice_loss(ctx, loss);
}

/* An event that is wanted. A snapshot that told changes since one that is not tells all. */
static int copy_wanted(struct mmt_copy *c, struct mmt_slice *slice, const struct mmt_event *ev,
		       const struct mmt_dict *dict, struct mmt_err *e)
{
	size_t rows = slice ? mmt_slice_rows(slice) : 0;
	struct mmt_event out = *ev;
	int err;

	if (rows)
		out.v[MMT_F(snapshot_begin, changes)] = 0;
	err = mmt_copy_event(c, &out, true, e);
	for (size_t i = 0; !err && i < rows; i++) {
		if (mmt_slice_row(slice, i, dict, &out))
			err = mmt_copy_event(c, &out, true, e);
	}
	return err;
}

/* Every event that @slice (NULL: all) wants; exit code. */
static int copy_events(struct convert *v, struct mmt_copy *c, struct mmt_slice *slice)
{
	const struct mmt_dict *dict = mmt_reader_dict(v->in.reader);
	const struct mmt_event *ev;
	struct mmt_err e = { 0 };
	int status = EXIT_OK, err = 0;

	while (!err && cli_trace_next(&v->in, &ev, &status) > 0) {
		int wants = slice ? mmt_slice_wants(slice, ev, dict, &e) : 1;

		v->out.events++;
		err = wants < 0 ? wants : mmt_copy_sync(c, &e);
		if (!err && wants)
			err = copy_wanted(c, slice, ev, dict, &e);
	}
	if (!err && !status)
		err = mmt_copy_sync(c, &e);
	if (!err && !status && !slice)
		err = mmt_copy_rest(c, true, &e);
	return err ? rewrite_failed(&v->out, &e) : status;
}

static int convert(struct convert *v)
{
	static const struct mmt_copy_ops ops = { .loss = keep_loss };
	const json_t *header = mmt_reader_header(v->in.reader), *trailer;
	uint64_t id = mmt_reader_state(v->in.reader)->file_id;
	struct mmt_alloc *a = &v->out.cli->alloc;
	struct mmt_slice *slice = NULL;
	json_t *own = NULL;
	struct mmt_copy copy = { 0 };
	struct mmt_err e = { 0 };
	int status;

	if (mmt_slice_is_part(&v->slice)) {
		slice = mmt_slice_new(a, &v->slice);
		own = mmt_slice_header(header, &v->slice);
		id = mmt_slice_id(id, &v->slice);
		if (!slice || !own) {
			mmt_slice_free(slice);
			json_decref(own);
			return cli_fail("out of memory");
		}
	}
	status = rewrite_open(&v->out, own ? own : header, id);
	json_decref(own);
	if (!status &&
	    mmt_copy_init(&copy, a, v->in.reader, v->out.writer, slice ? &ops : NULL, slice, &e))
		status = rewrite_failed(&v->out, &e);
	copy.whole = !slice;
	if (!status)
		status = copy_events(v, &copy, slice);
	mmt_copy_free(&copy);
	mmt_slice_free(slice);
	trailer = mmt_reader_trailer(v->in.reader);
	return status ? status
		      : rewrite_end(&v->out, &v->in,
				    trailer ? json_object_get(trailer, "overhead") : NULL);
}

int cmd_convert(struct cli *c)
{
	struct convert v = { .out = { .cli = c, .fd = -1 } };
	const char *arg;
	int option, status = -1;

	while (status < 0 && (option = cli_option(c, &arg)) > 0)
		status = take_option(c, &v, option, arg);
	if (status >= 0)
		return status;
	if (option < 0)
		return cli_usage_status(c);
	if (c->operand + 1 != c->argc)
		return cli_usage(c, "name one trace");
	status = rewrite_check(&v.out);
	if (status)
		return status;
	status = cli_trace_open(c, c->argv[c->operand], &v.in);
	if (status)
		return status;
	status = convert(&v);
	rewrite_close(&v.out);
	cli_trace_close(&v.in);
	return status;
}
