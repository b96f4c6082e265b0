// SPDX-License-Identifier: GPL-2.0-only
/*
 * The survey: what has to be known of a trace before its first event can be replayed.
 *
 * A frame's first event tells what it was before: allocated first, it was free; freed first, it was
 * in use. A tracepoint that names the type of a pageblock (mm_page_alloc_extfrag: where the
 * fallback went; mm_page_pcpu_drain: the block drained to) is a witness of that type.
 *
 *	time     snapshot begins ... kpageflags of frame 7 read: ANON ... ends
 *	events   alloc 7 ^              -> frame 7 was free at the start, whatever the snapshot saw
 *
 * I1  first[] holds each frame at most once, in the order of events.
 *
 * Cost: one decode of the trace, a byte written per page of the first event on each frame.
 */
#include "lib/replay/survey.h"

#include <errno.h>

#define READ_ORDER 12 /* the recorder reads frames in larger chunks than that */

int survey_init(struct survey *s, struct mmt_alloc *a, struct mmt_err *e)
{
	int ret;

	*s = (struct survey){ .alloc = a };
	machine_init(&s->machine, a);
	ret = population_init(&s->population, a, e);
	if (ret)
		return ret;
	s->witness = mmt_calloc(a, (size_t)1 << (32 - PAGEBLOCK_ORDER), 1);
	s->read_time = mmt_calloc(a, (size_t)1 << (32 - READ_ORDER), sizeof(*s->read_time));
	if (s->witness && s->read_time)
		return 0;
	survey_free(s);
	return mmt_fail(e, ENOMEM, "no memory for the survey");
}

void survey_free(struct survey *s)
{
	machine_free(&s->machine);
	population_free(&s->population);
	mmt_free(s->alloc, s->first);
	mmt_free(s->alloc, s->early);
	mmt_free(s->alloc, s->witness);
	mmt_free(s->alloc, s->read_time);
	*s = (struct survey){ 0 };
}

struct page_event page_event_alloc(const struct mmt_event *ev)
{
	return (struct page_event){ .time = ev->time,
				    .pfn = ev->v[MMT_F(mm_page_alloc, pfn)],
				    .gfp = (uint32_t)ev->v[MMT_F(mm_page_alloc, gfp)],
				    .cpu = ev->cpu,
				    .order = (uint8_t)ev->v[MMT_F(mm_page_alloc, order)],
				    .type = (uint8_t)ev->v[MMT_F(mm_page_alloc, migratetype)] };
}

struct page_event page_event_free(const struct mmt_event *ev)
{
	return (struct page_event){ .time = ev->time,
				    .pfn = ev->v[MMT_F(mm_page_free, pfn)],
				    .cpu = ev->cpu,
				    .order = (uint8_t)ev->v[MMT_F(mm_page_free, order)] };
}

/* Note what the first event on each frame of a block says. *@fresh: no event named any before. */
static int mark(struct survey *s, pfn_t pfn, unsigned order, uint8_t marks, uint64_t time,
		bool *fresh, struct mmt_err *e)
{
	*fresh = true;
	for (pfn_t i = 0; i < 1u << order; i++) {
		uint8_t v = population_get(&s->population, pfn + i);
		int ret;

		if (v & FRAME_SEEN) {
			*fresh = false;
			continue;
		}
		/* Rows of a snapshot may stand before events that are older than they. */
		if (time < s->read_time[pfn >> READ_ORDER])
			marks |= FRAME_LATE;
		ret = population_set(&s->population, pfn + i, v | marks, e);
		if (ret)
			return ret;
	}
	return 0;
}

/* A block of the model's world: its frames exist and the order is one the buddy allocator has. */
static bool is_block(uint64_t pfn, uint64_t order)
{
	return order <= MAX_PAGE_ORDER && pfn < PFN_NONE - (1u << MAX_PAGE_ORDER) &&
	       !(pfn & ((1u << order) - 1));
}

static void witness(struct survey *s, uint64_t pfn, uint64_t type)
{
	uint8_t *w = &s->witness[(pfn_t)pfn >> PAGEBLOCK_ORDER];

	if (pfn < PFN_NONE && type < MIGRATE_TYPES && !*w)
		*w = (uint8_t)(type + 1);
}

/* Keep what happened before the zones were read; rows may come before or after it in the file. */
static int note_early(struct survey *s, uint64_t time, uint64_t pfn, int32_t pages,
		      struct mmt_err *e)
{
	struct survey_early *early;

	if (s->zone_time && time > s->zone_time)
		return 0;
	early = mmt_grow(s->alloc, s->early, &s->cap_early, s->nr_early + 1, sizeof(*early));
	if (!early)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	s->early = early;
	early[s->nr_early++] =
		(struct survey_early){ .time = time, .pfn = (pfn_t)pfn, .pages = pages };
	return 0;
}

int64_t survey_net(const struct survey *s, const struct machine_zone *z)
{
	int64_t net = 0;

	for (size_t i = 0; i < s->nr_early; i++)
		if (s->early[i].time <= s->zone_time && s->early[i].pfn >= z->start &&
		    s->early[i].pfn - z->start < z->spanned)
			net += s->early[i].pages;
	return net;
}

int survey_alloc(struct survey *s, const struct page_event *ev, struct mmt_err *e)
{
	struct survey_block *first;
	bool fresh;
	int ret;

	s->allocs++;
	if (!is_block(ev->pfn, ev->order))
		return 0;
	ret = note_early(s, ev->time, ev->pfn, 1 << ev->order, e);
	if (ret)
		return ret;
	ret = mark(s, (pfn_t)ev->pfn, ev->order, FRAME_SEEN | FRAME_FIRST_ALLOC, ev->time, &fresh,
		   e);
	if (ret || !fresh)
		return ret;
	first = mmt_grow(s->alloc, s->first, &s->cap_first, s->nr_first + 1, sizeof(*first));
	if (!first)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	s->first = first;
	first[s->nr_first++] = (struct survey_block){
		.pfn = (pfn_t)ev->pfn, .cpu = ev->cpu, .order = ev->order, .type = ev->type
	};
	return 0;
}

int survey_free_page(struct survey *s, const struct page_event *ev, struct mmt_err *e)
{
	bool fresh;
	int ret;

	s->frees++;
	if (!is_block(ev->pfn, ev->order))
		return 0;
	ret = note_early(s, ev->time, ev->pfn, -(1 << ev->order), e);
	return ret ? ret : mark(s, (pfn_t)ev->pfn, ev->order, FRAME_SEEN, ev->time, &fresh, e);
}

static int take_pages(struct survey *s, const struct mmt_event *ev, struct mmt_err *e)
{
	uint64_t pfn = ev->v[MMT_F(snap_pages, pfn)], pages = ev->v[MMT_F(snap_pages, pages)];

	if (pfn >= PFN_NONE || pages > PFN_NONE - pfn)
		return mmt_fail(e, EBADMSG, "snap_pages: %llu frames from %llu exceed %u",
				(unsigned long long)pages, (unsigned long long)pfn, PFN_NONE);
	for (uint64_t i = pfn >> READ_ORDER; i <= (pfn + pages) >> READ_ORDER; i++)
		s->read_time[i] = ev->time;
	return population_fill(
		&s->population, (pfn_t)pfn, pages,
		frame_use_of(ev->v[MMT_F(snap_pages, flags)], ev->v[MMT_F(snap_pages, mapcount)]),
		e);
}

static int take_snapshot(struct survey *s, const struct mmt_event *ev, const struct mmt_dict *dict,
			 struct mmt_err *e)
{
	int ret;

	s->rows++;
	if (ev->kind == MMT_EV_snapshot_end && ev->v[MMT_F(snapshot_end, kind)] != MMT_SNAP_FULL)
		s->nr_light++;
	if (s->has_machine)
		return 0;
	if (ev->kind == MMT_EV_snap_pages)
		return take_pages(s, ev, e);
	ret = machine_row(&s->machine, ev, dict, e);
	if (ev->kind == MMT_EV_snap_zone && !s->zone_time)
		s->zone_time = ev->time;
	if (ret == 1) {
		s->has_machine = s->machine.kind == MMT_SNAP_FULL;
		ret = 0;
	}
	return ret;
}

void survey_count(struct survey *s, uint64_t time, uint8_t flags)
{
	if (!s->events++)
		s->first_time = time;
	if (time > s->last_time)
		s->last_time = time;
	s->self += flags & MMT_EVENT_SELF;
}

bool survey_wants(unsigned kind)
{
	const struct mmt_event_info *info = mmt_event_info(kind);

	return kind == MMT_EV_mm_page_alloc || kind == MMT_EV_mm_page_free ||
	       kind == MMT_EV_mm_page_alloc_extfrag || kind == MMT_EV_mm_page_pcpu_drain ||
	       (info && info->class == MMT_SNAPSHOT);
}

int survey_take(struct survey *s, const struct mmt_event *ev, const struct mmt_dict *dict,
		struct mmt_err *e)
{
	const struct mmt_event_info *info = mmt_event_info(ev->kind);
	struct page_event page;

	switch (ev->kind) {
	case MMT_EV_mm_page_alloc:
		page = page_event_alloc(ev);
		return survey_alloc(s, &page, e);
	case MMT_EV_mm_page_free:
		page = page_event_free(ev);
		return survey_free_page(s, &page, e);
	case MMT_EV_mm_page_alloc_extfrag:
		witness(s, ev->v[MMT_F(mm_page_alloc_extfrag, pfn)],
			ev->v[MMT_F(mm_page_alloc_extfrag, fallback_migratetype)]);
		return 0;
	case MMT_EV_mm_page_pcpu_drain:
		witness(s, ev->v[MMT_F(mm_page_pcpu_drain, pfn)],
			ev->v[MMT_F(mm_page_pcpu_drain, migratetype)]);
		return 0;
	default:
		return info && info->class == MMT_SNAPSHOT ? take_snapshot(s, ev, dict, e) : 0;
	}
}

int survey_event(struct survey *s, const struct mmt_event *ev, const struct mmt_dict *dict,
		 struct mmt_err *e)
{
	survey_count(s, ev->time, ev->flags);
	return survey_take(s, ev, dict, e);
}
