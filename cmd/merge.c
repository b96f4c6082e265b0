/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace merge: the parts of a recording as one trace.
 *
 * Each part is opened twice: for its header first, since all are compared, and put in the order in
 * which they were begun, before anything is written.
 */
#include "lib/trace/edit/merge.h"
#include "cmd/rewrite.h"
#include "lib/base/json.h"

#include <stdlib.h>
#include <string.h>

struct part {
	const char *path;
	uint64_t begun; /* by the host's monotonic clock */
	uint64_t file_id;
};

struct merge {
	struct rewrite out;
	struct part *part;
	size_t nr;
	json_t *header;	  /* of the first, in the order given */
	json_t *overhead; /* of all together */
	struct mmt_merge *state;
};

static int by_time(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return x->begun < y->begun ? -1 : x->begun > y->begun;
}

/* Compare part @i with the first; exit code. */
static int look(struct merge *m, size_t i)
{
	struct part *p = &m->part[i];
	struct cli_trace t;
	struct mmt_err e = { 0 };
	const json_t *header;
	int status = cli_trace_open(m->out.cli, p->path, &t);

	if (status)
		return status;
	header = mmt_reader_header(t.reader);
	p->file_id = mmt_reader_state(t.reader)->file_id;
	mmt_json_get_u64(json_object_get(header, "clock"), "monotonic_ns", &p->begun);
	if (!m->header)
		m->header = json_deep_copy(header);
	else if (mmt_merge_check(m->header, header, &e)) {
		mmt_err_path(&e, p->path);
		status = cli_error(&e);
	}
	for (size_t j = 0; j < i && !status; j++)
		if (m->part[j].file_id == p->file_id)
			status = cli_fail("%s: is the same trace as %s", p->path, m->part[j].path);
	cli_trace_close(&t);
	return status;
}

/* Numbers of a part's overhead, added up. */
static void add_overhead(struct merge *m, const json_t *overhead)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)overhead, key, v)
	{
		json_int_t sum = json_integer_value(json_object_get(m->overhead, key));

		if (json_is_integer(v))
			json_object_set_new(m->overhead, key,
					    json_integer(sum + json_integer_value(v)));
	}
}

/* Every event of an open part; exit code. */
static int copy_events(struct merge *m, struct cli_trace *t)
{
	static const struct mmt_copy_ops ops = { .id = mmt_merge_id };
	const struct mmt_event *ev;
	struct mmt_copy copy = { 0 };
	struct mmt_err e = { 0 };
	int status = EXIT_OK;
	int err = mmt_merge_part(m->state, &e);

	if (!err)
		err = mmt_copy_init(&copy, &m->out.cli->alloc, t->reader, m->out.writer, &ops,
				    m->state, &e);
	while (!err && cli_trace_next(t, &ev, &status) > 0) {
		m->out.events++;
		err = mmt_copy_sync(&copy, &e);
		if (!err && mmt_merge_wants(m->state, ev))
			err = mmt_copy_event(&copy, ev, true, &e);
	}
	if (!err && !status)
		err = mmt_copy_sync(&copy, &e) ?: mmt_copy_rest(&copy, true, &e);
	mmt_copy_free(&copy);
	return err ? rewrite_failed(&m->out, &e) : status;
}

/* A part and, at the last, the end of the output; exit code. */
static int take(struct merge *m, size_t i)
{
	struct mmt_err e = { 0 };
	struct cli_trace t;
	const json_t *trailer;
	int status = cli_trace_open(m->out.cli, m->part[i].path, &t);

	if (status)
		return status;
	status = copy_events(m, &t);
	if (!status && mmt_merge_overlap(m->state))
		cli_warn("%s: %llu events left out: the part before tells of their time",
			 m->part[i].path, (unsigned long long)mmt_merge_overlap(m->state));
	trailer = mmt_reader_trailer(t.reader);
	if (!status && trailer)
		add_overhead(m, json_object_get(trailer, "overhead"));
	if (!status && i + 1 == m->nr)
		status = rewrite_end(&m->out, &t, m->overhead);
	else if (!status)
		status = cli_trace_status(&t);
	/* the end of a part without trailer is missing in the middle of the whole */
	if (status == EXIT_INCOMPLETE && i + 1 < m->nr && !mmt_reader_state(t.reader)->sealed &&
	    mmt_writer_gap(m->out.writer, 1, &e))
		status = rewrite_failed(&m->out, &e);
	cli_trace_close(&t);
	return status;
}

static int merge(struct merge *m)
{
	uint64_t id = 0;
	int status = EXIT_OK, worst = EXIT_OK;

	for (size_t i = 0; i < m->nr && !status; i++)
		status = look(m, i);
	if (status)
		return status;
	qsort(m->part, m->nr, sizeof(*m->part), by_time);
	for (size_t i = 0; i < m->nr; i++)
		id = (id ^ m->part[i].file_id) * UINT64_C(0x9e3779b97f4a7c15);
	if (!mmt_json_set(m->header, "parts", mmt_json_u64(m->nr)))
		return cli_fail("out of memory");
	status = rewrite_open(&m->out, m->header, id);
	for (size_t i = 0; i < m->nr && (!status || status == EXIT_INCOMPLETE); i++) {
		status = take(m, i);
		worst = status > worst ? status : worst;
	}
	return status && status != EXIT_INCOMPLETE ? status : worst;
}

int cmd_merge(struct cli *c)
{
	struct merge m = { .out = { .cli = c, .fd = -1 } };
	const char *arg;
	int option, status;

	while ((option = cli_option(c, &arg)) > 0) {
		if (option == OPT_merge_output)
			m.out.path = arg;
		else if (option == OPT_merge_force)
			m.out.force = true;
		else
			m.out.quiet = true;
	}
	if (option < 0)
		return cli_usage_status(c);
	if (c->operand + 2 > c->argc)
		return cli_usage(c, "name the traces to merge, two or more");
	status = rewrite_check(&m.out);
	if (status)
		return status;
	m.nr = (size_t)(c->argc - c->operand);
	m.part = mmt_calloc(&c->alloc, m.nr, sizeof(*m.part));
	m.state = mmt_merge_new(&c->alloc);
	m.overhead = json_object();
	for (size_t i = 0; m.part && i < m.nr && !status; i++) {
		m.part[i].path = c->argv[c->operand + (int)i];
		if (strcmp(m.part[i].path, "-") == 0)
			status = cli_usage(c, "parts are read twice: name files");
	}
	if (!status)
		status = m.part && m.state && m.overhead ? merge(&m) : cli_fail("out of memory");
	rewrite_close(&m.out);
	mmt_merge_free(m.state);
	mmt_free(&c->alloc, m.part);
	json_decref(m.header);
	json_decref(m.overhead);
	return status;
}
