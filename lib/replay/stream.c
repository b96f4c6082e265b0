// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace's frames to the survey and to the engine: by columns where most events are, one by one
 * elsewhere.
 *
 * Allocations and frees are most of what a replay needs, and few fields of them. They go from their
 * columns straight to survey and allocator; what neither has a use for is passed over; anything
 * else is put together as an event.
 *
 *	frame   kinds   alloc fault free fault zone_row alloc ...
 *	                  |           |         |
 *	        lanes   pfn  ......  pfn ....   |      pfn of a lane 4 and 16 values on: prefetched
 *	                  v           v         v
 *	                survey_alloc()  ...   survey_take(), replay_event()
 *
 * The lanes of a frame (column.c) hold what happened on one CPU in its order, frame numbers apart.
 * So what the next events will touch is known, and asked for early: a record that is not in the
 * host's caches costs more than all the rest of an event.
 *
 * I1  Survey and engine see the same events in the same order, at the same times, as if each were
 *     given to replay_survey() and replay_event().
 * I2  Dictionary entries that stand before an event are defined before it is handled.
 *
 * Cost: see tests/bench/bench_replay.c.
 */
#include "lib/replay/stream.h"

#include "lib/mm/gfp.h"
#include "lib/trace/column.h"

#include <errno.h>

/* How far ahead in a lane, in values. */
#define SOON  4
#define LATER 16

enum role { UNWANTED, UNKNOWN, ALLOC, FREE, OTHER };

/* The events of one kind in the frame in hand. */
struct stream_kind {
	enum role role;
	bool shared; /* has a value in the lanes */
	const uint8_t *order, *type, *cause;
	const uint32_t *gfp;
};

struct stream {
	struct replay *r;
	struct mmt_reader *reader;
	const struct mmt_view *view;
	struct stream_kind kind[MMT_KIND_MAX];
};

/* One event of the frame in hand: where its values are. */
struct place {
	struct stream_kind *kind;
	uint32_t at;	  /* in the columns of all events */
	uint32_t *number; /* of its kind's, the next one */
	uint32_t pfn;	  /* from the lanes, if it has one there */
	uint16_t cpu;
};

static struct stream_kind role_of(const struct mmt_view_kind *k, bool (*wants)(unsigned kind))
{
	struct stream_kind s = { .role = OTHER, .shared = k->shared != 0 };

	if (!k->info) {
		s.role = UNKNOWN;
	} else if (!wants(k->kind)) {
		s.role = UNWANTED;
	} else if (k->kind == MMT_EV_mm_page_alloc && k->shared == MMT_F(mm_page_alloc, pfn) + 1) {
		s.role = ALLOC;
		s.order = k->column[MMT_F(mm_page_alloc, order)];
		s.type = k->column[MMT_F(mm_page_alloc, migratetype)];
		s.gfp = k->column[MMT_F(mm_page_alloc, gfp)];
		s.cause = k->column[MMT_F(mm_page_alloc, cause)];
	} else if (k->kind == MMT_EV_mm_page_free && k->shared == MMT_F(mm_page_free, pfn) + 1) {
		s.role = FREE;
		s.order = k->column[MMT_F(mm_page_free, order)];
	}
	return s;
}

/* The next frame: 1; 0: there is none; -errno. */
static int next_frame(struct stream *s, bool (*wants)(unsigned kind), struct mmt_err *e)
{
	int ret = mmt_reader_next_view(s->reader, &s->view, e);

	if (ret != 1)
		return ret;
	for (uint32_t k = 0; k < s->view->nr_kinds; k++)
		s->kind[k] = role_of(&s->view->kinds[k], wants);
	return 1;
}

/* Event @i, the next one; *@ahead: what follows its frame number in the lanes, or NULL. */
static inline struct place step(struct stream *s, uint32_t i, const uint32_t **ahead)
{
	const struct mmt_view *v = s->view;
	uint16_t cpu = v->cpu[i];
	struct mmt_lane *lane = &v->lanes[cpu & v->lane_mask];
	struct place p = { .at = lane->at++, .cpu = cpu };
	unsigned kind = v->place[p.at];

	p.kind = &s->kind[kind];
	p.number = &lane->number[kind];
	*ahead = NULL;
	if (p.kind->shared) {
		const uint32_t **pfn = &v->lanes[cpu % MMT_LANES].shared;

		p.pfn = *(*pfn)++;
		*ahead = *pfn;
	}
	return p;
}

static struct page_event alloc_at(const struct stream *s, const struct place *p)
{
	const struct stream_kind *k = p->kind;
	uint32_t number = (*p->number)++;

	return (struct page_event){ .time = s->view->time[p->at],
				    .pfn = p->pfn,
				    .gfp = k->gfp[number],
				    .task = s->view->task[p->at],
				    .cpu = p->cpu,
				    .order = k->order[number],
				    .type = k->type[number],
				    .names_node = k->gfp[number] & __GFP_THISNODE };
}

static struct page_event free_at(const struct stream *s, const struct place *p)
{
	return (struct page_event){ .time = s->view->time[p->at],
				    .pfn = p->pfn,
				    .task = s->view->task[p->at],
				    .cpu = p->cpu,
				    .order = p->kind->order[(*p->number)++] };
}

/* Any other event, @i, whole. */
static int event_at(struct stream *s, const struct place *p, uint32_t i, struct mmt_event *ev,
		    struct mmt_err *e)
{
	mmt_view_event(s->view, p->at, p->cpu, (*p->number)++, p->pfn, ev);
	return mmt_reader_reach(s->reader, i, e);
}

/* --- the survey --- */

static int survey_other(struct stream *s, const struct place *p, uint32_t i, struct mmt_err *e)
{
	struct mmt_event ev;
	int ret = event_at(s, p, i, &ev, e);

	return ret ? ret : replay_survey_take(s->r, &ev, mmt_reader_dict(s->reader), e);
}

static int survey_frame(struct stream *s, uint32_t *at, struct mmt_err *e)
{
	struct survey *survey = &s->r->survey;
	const struct mmt_view *v = s->view;
	const uint32_t *ahead;
	struct page_event page;
	int ret = 0;

	for (uint32_t i = 0; i < v->n && !ret; i++) {
		struct place p = step(s, i, &ahead);

		*at = i;
		if (ahead)
			population_prefetch(&survey->population, ahead[LATER]);
		if (p.kind->role == UNKNOWN)
			continue;
		survey_count(survey, v->time[p.at], v->flags[p.at]);
		if (p.kind->role == ALLOC) {
			page = alloc_at(s, &p);
			ret = survey_alloc(survey, &page, e);
		} else if (p.kind->role == FREE) {
			page = free_at(s, &p);
			ret = survey_free_page(survey, &page, e);
		} else if (p.kind->role == OTHER) {
			ret = survey_other(s, &p, i, e);
		}
	}
	return ret;
}

/* --- the events --- */

static int replay_other(struct stream *s, const struct place *p, uint32_t i, struct mmt_err *e)
{
	struct mmt_event ev;
	int ret = event_at(s, p, i, &ev, e);

	return ret ? ret : replay_event(s->r, &ev, mmt_reader_dict(s->reader), e);
}

static int replay_frame(struct stream *s, uint32_t *at, struct mmt_err *e)
{
	struct allocator *a = &s->r->allocator;
	const struct mmt_view *v = s->view;
	const uint32_t *ahead;
	struct page_event page;
	int ret = 0;

	for (uint32_t i = 0; i < v->n && !ret; i++) {
		struct place p = step(s, i, &ahead);

		if (ahead)
			allocator_expect(a, ahead[SOON], ahead[LATER]);
		if (p.kind->role == UNWANTED || p.kind->role == UNKNOWN)
			continue;
		*at = i;
		/* whose huge page it is decides where it comes from */
		if (p.kind->role == OTHER ||
		    (p.kind->role == ALLOC && p.kind->cause[*p.number] == MMT_CAUSE_THP)) {
			ret = replay_other(s, &p, i, e);
			continue;
		}
		ret = replay_reach(s->r, v->time[p.at], e);
		if (ret)
			break;
		if (p.kind->role == ALLOC) {
			page = alloc_at(s, &p);
			ret = allocator_alloc_page(a, &page, e);
		} else {
			page = free_at(s, &p);
			ret = allocator_free_page(a, &page, e);
		}
	}
	return ret;
}

/* --- all frames --- */

static int each_frame(struct replay *r, struct mmt_reader *reader, bool (*wants)(unsigned kind),
		      int (*take)(struct stream *s, uint32_t *at, struct mmt_err *e), bool losses,
		      uint64_t *n, struct mmt_err *e)
{
	const struct mmt_reader_state *state = mmt_reader_state(reader);
	struct stream *s = mmt_calloc(r->alloc, 1, sizeof(*s));
	uint32_t at = 0;
	int ret;

	if (!s)
		return mmt_fail(e, ENOMEM, "no memory for reading a trace");
	s->r = r;
	s->reader = reader;
	mmt_reader_read_ahead(reader);
	while ((ret = next_frame(s, wants, e)) == 1) {
		uint64_t known = mmt_view_known(s->view, s->view->n);

		if (losses && known)
			replay_note_losses(r, state);
		ret = take(s, &at, e);
		if (ret) {
			*n += mmt_view_known(s->view, at + 1);
			mmt_reader_reach(reader, at, NULL);
			break;
		}
		*n += known;
	}
	mmt_free(r->alloc, s);
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
	*n = 0;
	if (one_by_one(r))
		return survey_each(r, reader, n, e);
	return each_frame(r, reader, replay_survey_wants, survey_frame, false, n, e);
}

int stream_events(struct replay *r, struct mmt_reader *reader, uint64_t *n, struct mmt_err *e)
{
	*n = 0;
	if (one_by_one(r))
		return replay_each(r, reader, n, e);
	return each_frame(r, reader, replay_wants, replay_frame, true, n, e);
}
