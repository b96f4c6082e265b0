/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/order.c: an allocation and a free that cross are swapped, nothing else is moved. */
#include "lib/base/rng.h"
#include "lib/record/order.h"
#include "tests/unit/record_trace.h"

struct line {
	struct trace t;
	struct rec_order *o;
	const struct mmt_event *ev;
};

static void begin(struct line *l)
{
	memset(l, 0, sizeof(*l));
	CHECK(trace_begin(&l->t));
	l->o = rec_order_new(&l->t.alloc, l->t.w, NULL);
	CHECK(l->o);
}

static void add(struct line *l, unsigned kind, uint64_t time, unsigned cpu, uint64_t pfn)
{
	struct mmt_event ev = { .time = time, .kind = (uint16_t)kind, .cpu = (uint16_t)cpu };

	ev.v[0] = pfn;
	CHECK_EQ(rec_order_add(l->o, &ev, NULL), 0);
}

#define ALLOC(time, cpu, pfn) add(&l, MMT_EV_mm_page_alloc, time, cpu, pfn)
#define FREE(time, cpu, pfn)  add(&l, MMT_EV_mm_page_free, time, cpu, pfn)
#define FAULT(time, cpu, at)  add(&l, MMT_EV_page_fault_user, time, cpu, at)

/* The next event of the trace is this one. */
static void next(struct line *l, unsigned kind, uint64_t time, unsigned cpu, uint64_t first)
{
	CHECK(mmt_reader_next(l->t.r, &l->ev, NULL) > 0);
	CHECK_EQ(l->ev->kind, kind);
	CHECK_EQ(l->ev->time, time);
	CHECK_EQ(l->ev->cpu, cpu);
	CHECK_EQ(l->ev->v[0], first);
}

#define NEXT_ALLOC(time, cpu, pfn) next(&l, MMT_EV_mm_page_alloc, time, cpu, pfn)
#define NEXT_FREE(time, cpu, pfn)  next(&l, MMT_EV_mm_page_free, time, cpu, pfn)
#define NEXT_FAULT(time, cpu, at)  next(&l, MMT_EV_page_fault_user, time, cpu, at)

static void read_back(struct line *l, uint64_t swapped)
{
	CHECK_EQ(rec_order_flush(l->o, NULL), 0);
	CHECK_EQ(rec_order_counts(l->o).swapped, swapped);
	CHECK(trace_read(&l->t));
}

static void end(struct line *l)
{
	CHECK_EQ(mmt_reader_next(l->t.r, &l->ev, NULL), 0);
	rec_order_free(l->o);
	trace_end(&l->t);
	CHECK_EQ(l->t.alloc.used, 0);
}

TEST(an_allocation_waits_for_the_free_before_it)
{
	/*  cpu 0   alloc@10 .... fault@60 free@70        what cpu 0 did before goes before it, too
	 *  cpu 1            alloc@50        fault@65                                             */
	struct line l;

	begin(&l);
	ALLOC(10, 0, 7);
	ALLOC(50, 1, 7);
	FAULT(60, 0, 0x1000);
	FAULT(65, 1, 0x2000);
	FREE(70, 0, 7);
	read_back(&l, 1);
	NEXT_ALLOC(10, 0, 7);
	NEXT_FAULT(50, 0, 0x1000);
	NEXT_FREE(50, 0, 7);
	NEXT_ALLOC(50, 1, 7);
	NEXT_FAULT(65, 1, 0x2000);
	end(&l);
}

TEST(a_free_waits_for_the_allocation_before_it)
{
	/* free@10 of cpu 0 | free@50 of cpu 0, which is of the allocation of cpu 1 at 55 */
	struct line l;

	begin(&l);
	FREE(10, 0, 7);
	FREE(50, 0, 7);
	ALLOC(55, 1, 7);
	read_back(&l, 1);
	NEXT_FREE(10, 0, 7);
	NEXT_ALLOC(50, 1, 7);
	NEXT_FREE(50, 0, 7);
	end(&l);
}

TEST(not_the_same_cpu_nor_later_than_100_us_nor_another_block)
{
	struct line l;

	begin(&l);
	ALLOC(10, 0, 7);
	ALLOC(50, 1, 7); /* its free was lost */
	FREE(60, 1, 7);	 /* of its own CPU: that order is the truth */
	ALLOC(200, 1, 7);
	ALLOC(300, 1, 7);
	FREE(100301, 0, 7); /* 100 001 ns later */
	ALLOC(200000, 1, 8);
	ALLOC(200001, 1, 8);
	FREE(200002, 0, 9);
	read_back(&l, 0);
	NEXT_ALLOC(10, 0, 7);
	NEXT_ALLOC(50, 1, 7);
	NEXT_FREE(60, 1, 7);
	NEXT_ALLOC(200, 1, 7);
	NEXT_ALLOC(300, 1, 7);
	NEXT_FREE(100301, 0, 7);
	NEXT_ALLOC(200000, 1, 8);
	NEXT_ALLOC(200001, 1, 8);
	NEXT_FREE(200002, 0, 9);
	end(&l);
}

TEST_NAMED(exact, "of 100 000 crossing pairs each is swapped, and each CPU's order is kept")
{
	/* two CPUs hand frames to each other; the receiver's clock is read a little too early */
	enum { PAIRS = 100000, FRAMES = 500 };
	struct mmt_rng rng = { 5 };
	uint64_t time = 1000, last = 0, n = 0, crossed = 0;
	bool given[FRAMES] = { false };
	struct line l;

	begin(&l);
	for (unsigned i = 0; i < FRAMES; i++)
		ALLOC(time++, 0, i);
	for (unsigned i = 0; i < PAIRS; i++) {
		uint64_t pfn = i % FRAMES;
		unsigned from = i / FRAMES % 2;

		time += 1 + mmt_rng_below(&rng, 300);
		if (mmt_rng_below(&rng, 3)) {
			crossed++;
			ALLOC(time, !from, pfn);
			for (uint64_t f = mmt_rng_below(&rng, 4); f; f--)
				FAULT(time += f, (unsigned)mmt_rng_below(&rng, 3), 0x1000);
			FREE(++time, from, pfn);
		} else {
			FREE(time, from, pfn);
			ALLOC(++time, !from, pfn);
		}
	}
	read_back(&l, crossed);
	while (mmt_reader_next(l.t.r, &l.ev, NULL) > 0) {
		CHECK(l.ev->time >= last);
		last = l.ev->time;
		n++;
		if (l.ev->kind == MMT_EV_page_fault_user)
			continue;
		CHECK_EQ(given[l.ev->v[0]], l.ev->kind == MMT_EV_mm_page_free);
		given[l.ev->v[0]] = !given[l.ev->v[0]];
	}
	CHECK_EQ(n, rec_order_counts(l.o).written);
	CHECK(crossed > PAIRS / 2);
	end(&l);
}

TEST(a_full_queue_lets_go_and_keeps_everything)
{
	struct line l;
	uint64_t n = 0;

	begin(&l);
	ALLOC(1, 0, 7);
	ALLOC(2, 1, 7); /* waits for what never comes, at one time */
	for (unsigned i = 0; i < 20000; i++)
		FAULT(2, 0, 0x1000 * (i + 1));
	read_back(&l, 0);
	NEXT_ALLOC(1, 0, 7);
	NEXT_ALLOC(2, 1, 7);
	while (mmt_reader_next(l.t.r, &l.ev, NULL) > 0)
		CHECK_EQ(l.ev->v[0], 0x1000 * ++n);
	CHECK_EQ(n, 20000);
	end(&l);
}

TEST(what_the_format_cannot_hold_is_lost_and_told)
{
	struct line l;

	begin(&l);
	ALLOC(1, 0, 7);
	FAULT(2, 0, UINT64_MAX);
	read_back(&l, 0);
	CHECK_EQ(rec_order_counts(l.o).refused, 1);
	CHECK_EQ(rec_order_counts(l.o).written, 1);
	NEXT_ALLOC(1, 0, 7);
	CHECK_EQ(mmt_reader_next(l.t.r, &l.ev, NULL), 0);
	CHECK_EQ(mmt_reader_state(l.t.r)->nr_losses, 1);
	end(&l);
}

TEST_MAIN
