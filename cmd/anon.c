/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace anon: a trace that may be given away, whose replay is that of the original.
 *
 * It is read twice: first for the addresses that are in use, then to write. The seed is drawn from
 * the host's random numbers, unless a test gives one, and is kept nowhere.
 */
#include "lib/trace/edit/anon.h"
#include "cmd/rewrite.h"
#include "cmd/twice.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

struct anon {
	struct rewrite out;
	struct cli_twice in;
	struct cli_trace t; /* the second reading */
	struct mmt_anon *state;
	uint64_t seed;
	bool seeded;
};

static int failed_in(const struct anon *a, struct mmt_err *e)
{
	mmt_err_path(e, a->in.path);
	return cli_error(e);
}

/* The first reading; exit code. */
static int look(struct anon *a)
{
	struct mmt_err e = { 0 };
	struct mmt_reader *r = cli_twice_reader(&a->in, &e);
	const struct mmt_event *ev;
	int err = r ? 0 : -e.code;

	while (r && (err = mmt_reader_next(r, &ev, &e)) > 0) {
		if (mmt_event_info(ev->kind)->group == MMT_G_SCENARIO) {
			err = mmt_fail(&e, ENOTSUP,
				       "a scenario is its author's text: it cannot be anonymous");
			break;
		}
		mmt_anon_look(a->state, ev);
	}
	mmt_reader_free(r);
	if (!err)
		err = mmt_anon_place(a->state, &e);
	return err ? failed_in(a, &e) : EXIT_OK;
}

/* The second one: every event into the output. */
static int copy_events(struct anon *a, struct mmt_copy *c)
{
	const struct mmt_dict *dict = mmt_reader_dict(a->t.reader);
	const struct mmt_event *ev;
	struct mmt_err e = { 0 };
	int status = EXIT_OK, err = 0;

	while (err >= 0 && cli_trace_next(&a->t, &ev, &status) > 0) {
		struct mmt_event out = *ev;

		a->out.events++;
		err = mmt_copy_sync(c, &e);
		if (!err)
			err = mmt_anon_event(a->state, &out, dict, a->out.writer, &e);
		if (err > 0)
			err = mmt_copy_event(c, &out, false, &e);
	}
	if (err >= 0 && !status)
		err = mmt_copy_sync(c, &e);
	if (err >= 0 && !status)
		err = mmt_copy_rest(c, false, &e);
	return err < 0 ? rewrite_failed(&a->out, &e) : status;
}

static int end(struct anon *a)
{
	const json_t *trailer = mmt_reader_trailer(a->t.reader);
	json_t *overhead = mmt_anon_overhead(trailer ? json_object_get(trailer, "overhead") : NULL);
	uint64_t unknown = mmt_reader_state(a->t.reader)->unknown;
	int status = overhead ? rewrite_end(&a->out, &a->t, overhead) : cli_fail("out of memory");

	json_decref(overhead);
	if (unknown && !a->out.quiet)
		cli_warn("%llu events of kinds this version does not know are left out",
			 (unsigned long long)unknown);
	return status;
}

static int write_trace(struct anon *a)
{
	static const struct mmt_copy_ops ops = { .entry = mmt_anon_entry };
	struct mmt_alloc *alloc = &a->out.cli->alloc;
	struct mmt_copy copy = { 0 };
	struct mmt_err e = { 0 };
	json_t *header;
	int status;

	a->t = (struct cli_trace){ .cli = a->out.cli, .path = a->in.path, .fd = -1 };
	a->t.reader = cli_twice_reader(&a->in, &e);
	if (!a->t.reader)
		return failed_in(a, &e);
	header = mmt_anon_header(mmt_reader_header(a->t.reader));
	status = header ? rewrite_open(&a->out, header, mmt_reader_state(a->t.reader)->file_id)
			: cli_fail("out of memory");
	json_decref(header);
	if (!status && mmt_copy_init(&copy, alloc, a->t.reader, a->out.writer, &ops, a->state, &e))
		status = rewrite_failed(&a->out, &e);
	copy.whole = true;
	if (!status)
		status = copy_events(a, &copy);
	if (!status)
		status = end(a);
	mmt_copy_free(&copy);
	rewrite_close(&a->out);
	cli_trace_close(&a->t);
	return status;
}

static int run(struct anon *a)
{
	struct mmt_alloc *alloc = &a->out.cli->alloc;
	int status;

	if (!a->seeded && getrandom(&a->seed, sizeof(a->seed), 0) != sizeof(a->seed))
		return cli_fail("the host has no random numbers: %s", strerror(errno));
	a->state = mmt_anon_new(alloc, a->seed);
	if (!a->state)
		return cli_fail("out of memory");
	status = cli_twice_open(&a->in);
	if (!status)
		status = look(a);
	if (!status)
		status = write_trace(a);
	cli_twice_close(&a->in);
	mmt_anon_free(a->state);
	return status;
}

int cmd_anon(struct cli *c)
{
	struct anon a = { .out = { .cli = c, .fd = -1 }, .in = { .cli = c, .fd = -1 } };
	const char *arg;
	int option, status;

	while ((option = cli_option(c, &arg)) > 0) {
		switch (option) {
		case OPT_anon_output:
			a.out.path = arg;
			break;
		case OPT_anon_seed:
			a.seeded = true;
			if (!cli_parse_u64(arg, UINT64_MAX, &a.seed))
				return cli_usage(c, "--seed needs a number, not '%s'", arg);
			break;
		case OPT_anon_force:
			a.out.force = true;
			break;
		default:
			a.out.quiet = true;
			break;
		}
	}
	if (option < 0)
		return cli_usage_status(c);
	if (c->operand + 1 != c->argc)
		return cli_usage(c, "name one trace");
	status = rewrite_check(&a.out);
	if (status)
		return status;
	a.in.path = c->argv[c->operand];
	return run(&a);
}
