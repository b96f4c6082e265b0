// SPDX-License-Identifier: GPL-2.0-only
/* lib/replay/wanted.c: rows are the events that are wanted, and no others. */
#include "lib/replay/wanted.h"
#include "tests/unit/test.h"
#include "tests/unit/trace_sample.h"

#include <stdlib.h>

static struct mmt_alloc heap;

static bool wants(unsigned kind)
{
	return kind == MMT_EV_mm_page_alloc || kind == MMT_EV_mm_page_free ||
	       kind == MMT_EV_mm_page_pcpu_drain || kind == MMT_EV_mm_page_alloc_zone_locked ||
	       kind == MMT_EV_snap_pages || kind == MMT_EV_snap_vmstat;
}

static const struct wanted_choice choice = { wants };

static bool same_page(const struct page_event *a, const struct page_event *b)
{
	return a->time == b->time && a->pfn == b->pfn && a->gfp == b->gfp && a->task == b->task &&
	       a->cpu == b->cpu && a->order == b->order && a->type == b->type &&
	       a->names_node == b->names_node;
}

static bool pages_exist(const struct mmt_event *ev)
{
	return ev->v[MMT_F(snap_pages, pfn)] + ev->v[MMT_F(snap_pages, pages)] <= PFN_NONE &&
	       ev->v[MMT_F(snap_pages, pfn)] < PFN_NONE;
}

static bool tells_pages(const struct page_event *p, const struct mmt_event *ev)
{
	return ev->kind == MMT_EV_snap_pages && pages_exist(ev) && p->time == ev->time &&
	       p->pfn == ev->v[MMT_F(snap_pages, pfn)] &&
	       p->gfp == ev->v[MMT_F(snap_pages, pages)] &&
	       p->type == frame_use_of(ev->v[MMT_F(snap_pages, flags)],
				       ev->v[MMT_F(snap_pages, mapcount)]);
}

/* Whether @row of @v says what event @i, @ev, says. */
static bool tells(const struct mmt_view *v, const struct wanted_row *row, uint32_t i,
		  const struct mmt_event *ev)
{
	const struct page_event *p = &row->page;
	struct page_event want;
	struct mmt_event got;

	switch (p->role) {
	case WANTED_ALLOC:
		want = page_event_alloc(ev);
		return ev->kind == MMT_EV_mm_page_alloc && same_page(p, &want);
	case WANTED_FREE:
		want = page_event_free(ev);
		return ev->kind == MMT_EV_mm_page_free && same_page(p, &want);
	case WANTED_LOCKED:
		want = page_event_locked(ev);
		return ev->kind == MMT_EV_mm_page_alloc_zone_locked && same_page(p, &want);
	case WANTED_DRAIN:
		want = page_event_drain(ev);
		return ev->kind == MMT_EV_mm_page_pcpu_drain && same_page(p, &want);
	case WANTED_PAGES:
		return tells_pages(p, ev);
	default:
		if (ev->kind == MMT_EV_snap_pages && pages_exist(ev))
			return false;
		mmt_view_event(v, p->task, p->cpu, p->gfp, p->pfn, &got);
		return p->time == i && sample_equal(&got, ev);
	}
}

/* The rows of a frame of the @n events @ev. */
static void check_rows(const struct mmt_event *ev, uint32_t n)
{
	struct mmt_columns *c = mmt_columns_new(&heap);
	struct mmt_batch *b = mmt_batch_new(&heap);
	struct mmt_wr columns = { .alloc = &heap }, rows = { .alloc = &heap };
	const struct mmt_view *v;
	const struct wanted *w;
	uint64_t same = 0, nr = 0, last = 0, self = 0;
	struct mmt_err e = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		mmt_columns_add(c, &ev[i], NULL);
		last = ev[i].time > last ? ev[i].time : last;
		self += ev[i].flags;
	}
	mmt_columns_put(c, &columns, SIZE_MAX);
	CHECK_EQ(mmt_batch_take(b, mmt_rd(columns.buf, columns.len), n, &e), 0);
	v = mmt_batch_view(b);
	wanted_prepare(&choice, v, &rows);
	w = (const struct wanted *)(const void *)rows.buf;
	for (uint32_t i = 0; i < n; i++) {
		if (!wants(ev[i].kind))
			continue;
		same += nr < w->nr && tells(v, &w->row[nr], i, &ev[i]) &&
			wanted_place(&choice, v, nr) == i;
		nr++;
	}
	CHECK_EQ(w->nr, nr);
	CHECK_EQ(same, nr);
	CHECK_EQ(w->known, n);
	CHECK_EQ(w->self, self);
	CHECK_EQ(w->first_time, ev[0].time);
	CHECK_EQ(w->last_time, last);
	mmt_columns_free(c);
	mmt_batch_free(b);
	mmt_wr_free(&columns);
	mmt_wr_free(&rows);
	CHECK_EQ(heap.used, 0);
}

/* events of one CPU in a row:  1 1 1 1 7 7 0 0 0 ...  more than are handled at once, and single ones
 * of CPUs that share a lane (1, 65) */
TEST(rows_are_the_events_wanted_in_their_order)
{
	static const unsigned kind[] = { MMT_EV_mm_page_alloc,	 MMT_EV_mm_page_free,
					 MMT_EV_page_fault_user, MMT_EV_mm_page_pcpu_drain,
					 MMT_EV_snap_vmstat,	 MMT_EV_sys_madvise,
					 MMT_EV_snap_pages,	 MMT_EV_mm_page_alloc_zone_locked };
	static const uint16_t cpu[] = { 0, 1, 7, 65, 129 };
	struct mmt_rng r = { 21 };
	uint64_t time = 5;
	uint32_t n = 2500;
	struct mmt_event *ev = calloc(n, sizeof(*ev));

	for (unsigned longest = 1; longest <= 1000; longest *= 10) {
		uint64_t left = 0;
		uint16_t on = 0;

		for (uint32_t i = 0; i < n; i++) {
			if (!left--) {
				left = mmt_rng_below(&r, longest);
				on = cpu[mmt_rng_below(&r, 5)];
			}
			sample_event_of(&r, kind[mmt_rng_below(&r, 8)], &time, &ev[i]);
			ev[i].cpu = on;
		}
		check_rows(ev, n);
		check_rows(ev, 1);
	}
	free(ev);
}

/* A frame in which nothing is wanted, nor has a frame number. */
TEST(nothing_wanted_is_no_row)
{
	struct mmt_rng r = { 22 };
	uint64_t time = 5;
	struct mmt_event ev[40];

	for (unsigned i = 0; i < 40; i++)
		sample_event_of(&r, MMT_EV_sys_madvise, &time, &ev[i]);
	check_rows(ev, 40);
}

TEST_MAIN
