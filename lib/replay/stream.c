// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace's frames to the survey and to the engine: by rows where most events are, one by one
 * elsewhere.
 *
 * Allocations and frees go from their rows (wanted.c) straight to survey and allocator; anything
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
	mmt_view_event(s->view, row->page.task, row->page.cpu, row->page.gfp,
		       (uint32_t)row->page.pfn, ev);
	return mmt_reader_reach(s->reader, row->i, e);
}

/* --- the survey --- */

static int survey_other(struct stream *s, const struct wanted_row *row, struct mmt_err *e)
{
	struct mmt_event ev;
	int ret = event_at(s, row, &ev, e);

	return ret ? ret : replay_survey_take(s->r, &ev, mmt_reader_dict(s->reader), e);
}

static int survey_frame(struct stream *s, uint32_t *at, struct mmt_err *e)
{
	struct survey *survey = &s->r->survey;
	const struct wanted *w = s->wanted;
	const struct wanted_row *row = w->row, *end = row + w->nr;
	int ret = 0;

	survey_count(survey, w->known, w->first_time, w->last_time, w->self);
	for (; row < end && !ret; row++) {
		*at = row->i;
		population_prefetch(&survey->population, (pfn_t)row[LATER].page.pfn);
		if (row->role == WANTED_OTHER) {
			ret = survey_other(s, row, e);
			continue;
		}
		if (row->role == WANTED_ALLOC)
			ret = survey_alloc(survey, &row->page, e);
		else
			ret = survey_free_page(survey, &row->page, e);
	}
	return ret;
}

/* --- the events --- */

static int replay_other(struct stream *s, const struct wanted_row *row, struct mmt_err *e)
{
	struct mmt_event ev;
	int ret = event_at(s, row, &ev, e);

	return ret ? ret : replay_event(s->r, &ev, mmt_reader_dict(s->reader), e);
}

static int replay_frame(struct stream *s, uint32_t *at, struct mmt_err *e)
{
	struct allocator *a = &s->r->allocator;
	const struct wanted_row *row = s->wanted->row, *end = row + s->wanted->nr;
	int ret = 0;

	for (; row < end && !ret; row++) {
		*at = row->i;
		allocator_expect(a, (pfn_t)row[SOON].page.pfn, (pfn_t)row[LATER].page.pfn);
		if (row->role == WANTED_OTHER) {
			ret = replay_other(s, row, e);
			continue;
		}
		ret = replay_reach(s->r, row->page.time, e);
		if (ret)
			break;
		if (row->role == WANTED_ALLOC)
			ret = allocator_alloc_page(a, &row->page, e);
		else
			ret = allocator_free_page(a, &row->page, e);
	}
	return ret;
}

/* --- all frames --- */

static int each_frame(struct replay *r, struct mmt_reader *reader,
		      const struct wanted_choice *choice,
		      int (*take)(struct stream *s, uint32_t *at, struct mmt_err *e), bool losses,
		      uint64_t *n, struct mmt_err *e)
{
	const struct mmt_prepare prepare = { .frame = wanted_prepare, .ctx = choice };
	const struct mmt_reader_state *state = mmt_reader_state(reader);
	struct stream s = { .r = r, .reader = reader };
	uint32_t at = 0;
	int ret;

	mmt_reader_prepare(reader, &prepare);
	mmt_reader_read_ahead(reader);
	while ((ret = next_frame(&s, e)) == 1) {
		if (losses && s.wanted->known)
			replay_note_losses(r, state);
		ret = take(&s, &at, e);
		if (ret) {
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

static int survey_each(struct replay *r, struct mmt_reader *reader, uint64_t *n, struct mmt_err *e)
{
	uint64_t most = r->options->max_events;
	const struct mmt_event *ev;
	int ret;

	while ((ret = mmt_reader_next(reader, &ev, e)) == 1) {
		if (++*n > most && most)
			return mmt_fail(e, EDQUOT, "budget of %llu events exceeded at event %llu",
					(unsigned long long)most, (unsigned long long)*n);
		ret = replay_survey(r, ev, mmt_reader_dict(reader), e);
		if (ret)
			break;
	}
	return ret;
}

static int replay_each(struct replay *r, struct mmt_reader *reader, uint64_t *n, struct mmt_err *e)
{
	const struct mmt_reader_state *state = mmt_reader_state(reader);
	const struct mmt_event *ev;
	int ret;

	while ((ret = mmt_reader_next(reader, &ev, e)) == 1) {
		replay_note_losses(r, state);
		++*n;
		ret = replay_event(r, ev, mmt_reader_dict(reader), e);
		if (ret)
			break;
	}
	return ret;
}

int stream_survey(struct replay *r, struct mmt_reader *reader, uint64_t *n, struct mmt_err *e)
{
	static const struct wanted_choice choice = { replay_survey_wants };

	*n = 0;
	if (one_by_one(r))
		return survey_each(r, reader, n, e);
	return each_frame(r, reader, &choice, survey_frame, false, n, e);
}

int stream_events(struct replay *r, struct mmt_reader *reader, uint64_t *n, struct mmt_err *e)
{
	static const struct wanted_choice choice = { replay_wants };

	*n = 0;
	if (one_by_one(r))
		return replay_each(r, reader, n, e);
	return each_frame(r, reader, &choice, replay_frame, true, n, e);
}
