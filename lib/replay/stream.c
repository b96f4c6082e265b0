// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace's frames to the survey and to the engine: by rows where most events are, one by one
 * elsewhere.
 *
 * What happens to blocks goes from its rows (wanted.c) straight to survey and allocator; anything
 * else that is wanted is put together as an event.
 *
 *	rows    alloc        free     other     alloc ...      one some rows on: prefetched
 *	          v            v        v
 *	        survey_alloc()  ...   survey_take(), replay_event()
 *
 * A row tells what a later event will touch, and that is asked for early: a record that is not in
 * the host's caches costs more than all the rest of an event.
 *
 * I1  Survey and engine see the same events in the same order, at the same times, as if each were
 *     given to replay_survey() and replay_event().
 * I2  Dictionary entries that stand before an event are defined before it is handled.
 *
 * Cost: see tests/bench/bench_replay.c.
 */
#include "lib/replay/stream.h"

#include "lib/replay/wanted.h"

#include <errno.h>

/* How far ahead, in rows. */
#define SOON  6
#define LATER 20
#define ROWS  64

struct stream {
	struct replay *r;
	struct mmt_reader *reader;
	const struct mmt_view *view;
	const struct wanted *wanted; /* of the frame in hand */
};

/* The next frame: 1; 0: there is none; -errno. */
static int next_frame(struct stream *s, struct mmt_err *e)
{
	int ret = mmt_reader_next_view(s->reader, &s->view, e);
	size_t bytes;

	s->wanted = mmt_reader_prepared(s->reader, &bytes);
	return ret;
}

/* The event of a row that is no page event, whole. */
static int event_at(struct stream *s, const struct wanted_row *row, struct mmt_event *ev,
		    struct mmt_err *e)
{
	mmt_view_event(s->view, row->page.task, row->page.cpu, row->page.gfp, row->page.pfn, ev);
	return mmt_reader_reach(s->reader, (uint32_t)row->page.time, e);
}

/* What is done with the events of one reading of the trace. */
struct reading {
	struct wanted_choice choice;
	/* before the rows of a frame */
	void (*begin)(struct stream *s);
	/* some rows before they are taken */
	void (*expect)(struct replay *r, const struct wanted_row *row);
	int (*page)(struct replay *r, const struct wanted_row *row, struct mmt_err *e);
	int (*other)(struct replay *r, const struct mmt_event *ev, const struct mmt_dict *dict,
		     struct mmt_err *e);
};

/* --- the survey --- */

static void survey_begin(struct stream *s)
{
	const struct wanted *w = s->wanted;

	survey_count(&s->r->survey, w->known, w->first_time, w->last_time, w->self);
}

static inline void survey_expect(struct replay *r, const struct wanted_row *row)
{
	population_prefetch(&r->survey.population, row[LATER].page.pfn);
	waiting_prefetch(&r->survey.flow.waiting, row[LATER].page.pfn);
}

static inline int survey_page(struct replay *r, const struct wanted_row *row, struct mmt_err *e)
{
	switch (row->page.role) {
	case WANTED_ALLOC:
		return survey_alloc(&r->survey, &row->page, e);
	case WANTED_FREE:
		return survey_free_page(&r->survey, &row->page, e);
	case WANTED_LOCKED:
		return survey_locked(&r->survey, &row->page, e);
	case WANTED_DRAIN:
		return survey_drain(&r->survey, &row->page, e);
	default:
		return survey_pages(&r->survey, row->page.time, row->page.pfn, row->page.gfp,
				    row->page.type, e);
	}
}

static const struct reading survey = {
	{ replay_survey_wants }, survey_begin, survey_expect, survey_page, replay_survey_take
};

/* --- the events --- */

static void replay_begin(struct stream *s)
{
	if (s->wanted->known)
		replay_note_losses(s->r, mmt_reader_state(s->reader));
}

static inline void replay_expect(struct replay *r, const struct wanted_row *row)
{
	allocator_expect(&r->allocator, row[SOON].page.pfn, row[LATER].page.pfn);
}

static inline int replay_page(struct replay *r, const struct wanted_row *row, struct mmt_err *e)
{
	int ret = replay_reach(r, row->page.time, e);

	if (ret)
		return ret;
	if (row->page.role == WANTED_ALLOC)
		return allocator_alloc_page(&r->allocator, &row->page, e);
	if (row->page.role == WANTED_FREE)
		return allocator_free_page(&r->allocator, &row->page, e);
	replay_drained(r, &row->page); /* nothing else is wanted */
	return 0;
}

static const struct reading events = {
	{ replay_wants }, replay_begin, replay_expect, replay_page, replay_event
};

/* --- all frames --- */

static int other(struct stream *s, const struct reading *how, const struct wanted_row *row,
		 struct mmt_err *e)
{
	struct mmt_event ev;
	int ret = event_at(s, row, &ev, e);

	return ret ? ret : how->other(s->r, &ev, mmt_reader_dict(s->reader), e);
}

/* Inlined into two callers that know @how, so that no row costs an indirect call. */
static inline __attribute__((always_inline)) int
each_row(struct stream *s, const struct reading *how, uint64_t *at, struct mmt_err *e)
{
	const struct wanted_row *row = s->wanted->row, *end = row + s->wanted->nr;
	int ret = 0;

	how->begin(s);
	for (; row < end && !ret; row++) {
		__builtin_prefetch(row + ROWS);
		how->expect(s->r, row);
		if (row->page.role == WANTED_OTHER)
			ret = other(s, how, row, e);
		else
			ret = how->page(s->r, row, e);
	}
	*at = (uint64_t)(row - s->wanted->row) - 1;
	return ret;
}

static int survey_frame(struct stream *s, uint64_t *at, struct mmt_err *e)
{
	return each_row(s, &survey, at, e);
}

static int replay_frame(struct stream *s, uint64_t *at, struct mmt_err *e)
{
	return each_row(s, &events, at, e);
}

static void expect(struct mmt_reader *reader, const struct wanted_choice *choice)
{
	const struct mmt_prepare prepare = { .frame = wanted_prepare, .ctx = choice };

	mmt_reader_prepare(reader, &prepare);
	mmt_reader_read_ahead(reader);
}

/* The frames of a reader that expect() was told of. */
static int each_frame(struct replay *r, struct mmt_reader *reader,
		      const struct wanted_choice *choice,
		      int (*take)(struct stream *s, uint64_t *at, struct mmt_err *e), uint64_t *n,
		      struct mmt_err *e)
{
	struct stream s = { .r = r, .reader = reader };
	uint64_t row = 0;
	uint32_t at;
	int ret;

	while ((ret = next_frame(&s, e)) == 1) {
		ret = take(&s, &row, e);
		if (ret) {
			at = wanted_place(choice, s.view, row);
			*n += mmt_view_known(s.view, at + 1);
			mmt_reader_reach(reader, at, NULL);
			break;
		}
		*n += s.wanted->known;
	}
	return ret;
}

/* --- one by one --- */

/* Budgets and checks are by event. */
static bool one_by_one(const struct replay *r)
{
	return r->options->max_events || r->options->check;
}

/* The budget is asked in the survey, which comes first. */
static int survey_one(struct replay *r, const struct mmt_reader *reader, const struct mmt_event *ev,
		      uint64_t n, struct mmt_err *e)
{
	uint64_t most = r->options->max_events;

	if (n > most && most)
		return mmt_fail(e, EDQUOT, "budget of %llu events exceeded at event %llu",
				(unsigned long long)most, (unsigned long long)n);
	return replay_survey(r, ev, mmt_reader_dict(reader), e);
}

static int replay_one(struct replay *r, const struct mmt_reader *reader, const struct mmt_event *ev,
		      uint64_t n, struct mmt_err *e)
{
	(void)n;
	replay_note_losses(r, mmt_reader_state(reader));
	return replay_event(r, ev, mmt_reader_dict(reader), e);
}

static int each_event(struct replay *r, struct mmt_reader *reader,
		      int (*take)(struct replay *r, const struct mmt_reader *reader,
				  const struct mmt_event *ev, uint64_t n, struct mmt_err *e),
		      uint64_t *n, struct mmt_err *e)
{
	const struct mmt_event *ev;
	int ret;

	while ((ret = mmt_reader_next(reader, &ev, e)) == 1) {
		ret = take(r, reader, ev, ++*n, e);
		if (ret)
			break;
	}
	return ret;
}

int stream_survey(struct replay *r, struct mmt_reader *reader, uint64_t *n, struct mmt_err *e)
{
	*n = 0;
	if (one_by_one(r))
		return each_event(r, reader, survey_one, n, e);
	expect(reader, &survey.choice);
	return each_frame(r, reader, &survey.choice, survey_frame, n, e);
}

void stream_expect(struct replay *r, struct mmt_reader *reader)
{
	if (!one_by_one(r))
		expect(reader, &events.choice);
}

int stream_events(struct replay *r, struct mmt_reader *reader, uint64_t *n, struct mmt_err *e)
{
	*n = 0;
	if (one_by_one(r))
		return each_event(r, reader, replay_one, n, e);
	return each_frame(r, reader, &events.choice, replay_frame, n, e);
}
