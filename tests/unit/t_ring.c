/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/record/ring.c: many rings, one stream in the order of time. */
#include "lib/base/rng.h"
#include "lib/record/ring.h"
#include "tests/unit/record_trace.h"

#include <errno.h>

#define CPUS  3
#define WORDS 512
#define TICK  128 /* times are told in multiples of it */

/* The writers' side, as the programs do it. */
struct rings {
	struct rec_rings outer, nested;
	struct trace t;
	struct rec_kernel k;
	struct rec_ids *ids;
	struct rec_convert *c;
	struct rec_drain *d;
};

static struct rec_ring *ring_of(struct rec_rings *r, unsigned cpu)
{
	return (void *)((char *)r->base + r->stride * cpu);
}

static void make(struct rings *s)
{
	size_t stride = sizeof(struct rec_ring) + (WORDS + REC_SLACK) * 8;

	memset(s, 0, sizeof(*s));
	CHECK(trace_begin(&s->t));
	s->outer = (struct rec_rings){ calloc(CPUS, stride), stride, WORDS, CPUS };
	s->nested = (struct rec_rings){ calloc(CPUS, stride), stride, WORDS, CPUS };
	s->ids = rec_ids_new(&s->t.alloc, s->t.w, NULL);
	s->c = rec_convert_new(&s->t.alloc, s->ids, s->t.w, &s->k, 0, 2, NULL);
	s->d = rec_drain_new(&s->t.alloc, &s->outer, &s->nested, s->c, s->t.w, NULL);
	CHECK(s->ids && s->c && s->d);
}

static void drop(struct rings *s)
{
	rec_drain_free(s->d);
	rec_convert_free(s->c);
	rec_ids_free(s->ids);
	trace_end(&s->t);
	free(s->outer.base);
	free(s->nested.base);
	CHECK_EQ(s->t.alloc.used, 0);
}

static void word(struct rec_ring *r, uint64_t *p, unsigned n, const unsigned long long *v)
{
	memcpy(&r->words[*p], v, n * 8);
	*p += n;
	if (*p >= WORDS)
		*p = 0;
}

/* One fault at @address and @time ticks; false: the ring is full, and it is counted. */
static bool fault(struct rec_ring *r, uint64_t time, unsigned tid, uint64_t address)
{
	uint64_t p = r->head, delta;

	time *= TICK;
	delta = time - r->time;
	if (((r->tail - p - 1) & (WORDS - 1)) < REC_RESERVE) {
		r->lost[MMT_EV_page_fault_user]++;
		return false;
	}
	if (delta >> 32) {
		word(r, &p, 2, (unsigned long long[]){ REC_HEAD(0, 2, REC_TIME, 0), time });
		delta = 0;
	}
	r->time = time;
	if (r->tid != tid) {
		word(r, &p, 7,
		     (unsigned long long[]){ REC_HEAD(0, 7, REC_TASK, 0),
					     tid | (unsigned long long)tid << 32, 0, 0, 0,
					     0x6b736174 /* "task" */, 0 });
		r->tid = tid;
	}
	word(r, &p, 2,
	     (unsigned long long[]){ REC_HEAD(MMT_EV_page_fault_user, 2, 4, delta), address });
	__atomic_store_n(&r->head, p, __ATOMIC_RELEASE);
	return true;
}

TEST(streams_merge_by_time_then_cpu_then_level)
{
	/*  cpu 0   3 . 5 . . . 9      cpu 1   . 4 5 6 . . .      nested of 0   . . . . 7 . . */
	static const uint64_t expect[] = { 3, 4, 5, 5, 6, 7, 9 };
	static const unsigned cpus[] = { 0, 1, 0, 1, 1, 0, 0 };
	const struct mmt_event *ev;
	struct rings s;
	unsigned n = 0;

	make(&s);
	fault(ring_of(&s.outer, 0), 3, 10, 0x1000);
	fault(ring_of(&s.outer, 0), 5, 10, 0x2000);
	fault(ring_of(&s.outer, 0), 9, 11, 0x3000);
	fault(ring_of(&s.outer, 1), 4, 12, 0x4000);
	fault(ring_of(&s.outer, 1), 5, 12, 0x5000);
	fault(ring_of(&s.outer, 1), 6, 12, 0x6000);
	fault(ring_of(&s.nested, 0), 7, 10, 0x7000);
	/* only what is older than 6 is asked for: the rest stays for the next drain */
	CHECK_EQ(rec_drain_run(s.d, 6 * TICK, NULL), 0);
	CHECK_EQ(rec_drain_events(s.d), 4);
	CHECK_EQ(rec_drain_run(s.d, UINT64_MAX, NULL), 0);
	CHECK_EQ(rec_drain_events(s.d), 7);
	CHECK_EQ(rec_drain_late(s.d), 0);
	CHECK(trace_read(&s.t));
	while (mmt_reader_next(s.t.r, &ev, NULL) > 0) {
		CHECK(n < 7);
		CHECK_EQ(ev->time, expect[n] * TICK);
		CHECK_EQ(ev->cpu, cpus[n]);
		n++;
	}
	CHECK_EQ(n, 7);
	drop(&s);
}

TEST(single_words_share_the_time_and_the_flags_before_them)
{
	/*  fault@5 | refill | refill | alloc, flags told | fault@7 | alloc | fault | alloc | free@9
	 *  | free | drain; then a fault far away, told in two words, and one near it */
	static const struct {
		unsigned kind, time;
		uint64_t pfn;
	} expect[] = { { MMT_EV_page_fault_user, 5, 0x1000 },
		       { MMT_EV_mm_page_alloc_zone_locked, 5, 70 },
		       { MMT_EV_mm_page_alloc_zone_locked, 5, 71 },
		       { MMT_EV_mm_page_alloc, 5, 71 },
		       { MMT_EV_page_fault_user, 7, 0x2000 },
		       { MMT_EV_mm_page_alloc, 7, 70 },
		       { MMT_EV_page_fault_user, 7, 0xfffff000 },
		       { MMT_EV_mm_page_alloc, 7, 69 },
		       { MMT_EV_mm_page_free, 9, 71 },
		       { MMT_EV_mm_page_free, 9, 70 },
		       { MMT_EV_mm_page_pcpu_drain, 9, 0xffffffff },
		       { MMT_EV_page_fault_user, 10, UINT64_C(0x7f1200003000) },
		       { MMT_EV_page_fault_kernel, 10, UINT64_C(0x7f1200004000) } };
	unsigned long long one;
	const struct mmt_event *ev;
	struct rec_ring *r;
	struct rings s;
	unsigned n = 0;

	make(&s);
	for (unsigned bit = 0; bit < 23; bit++)
		s.k.gfp[bit] = UINT32_C(1) << bit;
	r = ring_of(&s.outer, 0);
#define SINGLE(name, aux, frame)                                             \
	(one = REC_HEAD(MMT_EV_##name, 1, aux, (unsigned long long)(frame)), \
	 word(r, (uint64_t *)&r->head, 1, &one))
	fault(r, 5, 10, 0x1000);
	SINGLE(mm_page_alloc_zone_locked, REC_PAGE_AUX(0, 1, 1), 70);
	SINGLE(mm_page_alloc_zone_locked, REC_PAGE_AUX(0, 1, 1), 71);
	word(r, (uint64_t *)&r->head, 2,
	     (unsigned long long[]){ REC_HEAD(MMT_EV_mm_page_alloc, 2, REC_PAGE_AUX(0, 1, 0), 0),
				     71 | UINT64_C(0x140dca) << 32 });
	fault(r, 7, 10, 0x2000);
	SINGLE(mm_page_alloc, REC_PAGE_AUX(0, 1, 0), 70);
	SINGLE(page_fault_user, 6, 0xfffff000);
	SINGLE(mm_page_alloc, REC_PAGE_AUX(0, 1, 0), 69);
	word(r, (uint64_t *)&r->head, 2,
	     (unsigned long long[]){ REC_HEAD(MMT_EV_mm_page_free, 2, 0, 2 * TICK + 5), 71 });
	SINGLE(mm_page_free, 0, 70);
	SINGLE(mm_page_pcpu_drain, REC_PAGE_AUX(0, 1, 0),
	       0xffffffff); /* no delta, whatever it is */
	r->time = 9 * TICK + 5;
	fault(r, 10, 10, UINT64_C(0x7f1200003000));
	SINGLE(page_fault_kernel, 6, 0x4000);
	CHECK_EQ(rec_drain_run(s.d, UINT64_MAX, NULL), 0);
	CHECK(trace_read(&s.t));
	while (mmt_reader_next(s.t.r, &ev, NULL) > 0) {
		CHECK(n < 13);
		CHECK_EQ(ev->kind, expect[n].kind);
		CHECK_EQ(ev->time, expect[n].time * TICK);
		CHECK_EQ(ev->v[0], expect[n].pfn);
		if (ev->kind == MMT_EV_mm_page_alloc)
			CHECK_EQ(ev->v[MMT_F(mm_page_alloc, gfp)], 0x140dca);
		n++;
	}
	CHECK_EQ(n, 13);
	drop(&s);
}

TEST(what_comes_late_is_written_and_counted)
{
	struct rings s;

	make(&s);
	fault(ring_of(&s.outer, 0), 100, 1, 0x1000);
	CHECK_EQ(rec_drain_run(s.d, UINT64_MAX, NULL), 0);
	fault(ring_of(&s.outer, 1), 99, 2, 0x2000);
	CHECK_EQ(rec_drain_run(s.d, UINT64_MAX, NULL), 0);
	CHECK_EQ(rec_drain_events(s.d), 2);
	CHECK_EQ(rec_drain_late(s.d), 1);
	drop(&s);
}

TEST_NAMED(exact, "R21 kept and lost are what happened, over 200 000 records and a small ring")
{
	struct mmt_rng rng = { 3 };
	uint64_t time = 5001, happened = 0, seen = 0, last[CPUS] = { 0 }, next[CPUS] = { 0 },
		 lost = 0;
	const struct mmt_event *ev;
	struct rings s;

	make(&s);
	for (int i = 0; i < 200000; i++) {
		unsigned cpu = (unsigned)mmt_rng_below(&rng, CPUS);

		/* sometimes the clock jumps beyond the 32 bits of a delta */
		time += mmt_rng_below(&rng, 1000) ? mmt_rng_below(&rng, 2000) : UINT64_C(1) << 26;
		happened++;
		next[cpu] += 0x1000;
		fault(ring_of(&s.outer, cpu), time, 1 + (unsigned)mmt_rng_below(&rng, 4),
		      next[cpu]);
		if (!mmt_rng_below(&rng, 150))
			CHECK_EQ(rec_drain_run(s.d, (time - 5000) * TICK, NULL), 0);
		if (!mmt_rng_below(&rng, 1000))
			CHECK_EQ(rec_drain_losses(s.d, NULL), 0);
	}
	CHECK_EQ(rec_drain_run(s.d, UINT64_MAX, NULL), 0);
	CHECK_EQ(rec_drain_losses(s.d, NULL), 0);
	CHECK(rec_drain_lost(s.d) >
	      1000); /* the ring was small enough for this to mean something */
	CHECK_EQ(rec_drain_events(s.d) + rec_drain_lost(s.d), happened);
	/* and so it stands in the file: in order, each CPU's addresses rising */
	CHECK(trace_read(&s.t));
	while (mmt_reader_next(s.t.r, &ev, NULL) > 0) {
		CHECK(ev->v[0] > last[ev->cpu]);
		last[ev->cpu] = ev->v[0];
		seen++;
	}
	for (size_t i = 0; i < mmt_reader_state(s.t.r)->nr_losses; i++)
		lost += mmt_reader_state(s.t.r)->losses[i].count;
	CHECK_EQ(seen, rec_drain_events(s.d));
	CHECK_EQ(lost, rec_drain_lost(s.d));
	drop(&s);
}

TEST(nested_and_full_are_told_apart)
{
	bool ring = false, nested = false;
	const struct mmt_reader_state *st;
	const struct mmt_event *ev;
	struct rings s;

	make(&s);
	ring_of(&s.outer, 2)->lost[MMT_EV_mm_page_alloc] = 5;
	ring_of(&s.outer, 1)->nested[MMT_EV_mm_page_free] = 3;
	CHECK_EQ(rec_drain_losses(s.d, NULL), 0);
	CHECK_EQ(rec_drain_losses(s.d, NULL), 0); /* told once */
	CHECK_EQ(rec_drain_lost(s.d), 8);
	fault(ring_of(&s.outer, 0), 1, 1, 0x1000);
	CHECK_EQ(rec_drain_run(s.d, UINT64_MAX, NULL), 0);
	CHECK(trace_read(&s.t));
	while (mmt_reader_next(s.t.r, &ev, NULL) > 0)
		;
	st = mmt_reader_state(s.t.r);
	for (size_t i = 0; i < st->nr_losses; i++) {
		const struct mmt_loss *l = &st->losses[i];

		ring |= l->cause == MMT_LOST_RING && l->cpu == 2 && l->count == 5;
		nested |= l->cause == MMT_LOST_NESTED && l->cpu == 1 && l->count == 3;
	}
	CHECK(ring && nested);
	drop(&s);
}

TEST(a_damaged_ring_is_an_error_and_no_loop)
{
	struct mmt_err e = { 0 };
	struct rings s;

	make(&s);
	ring_of(&s.outer, 0)->words[0] = REC_HEAD(MMT_EV_page_fault_user, 0, 0, 0);
	ring_of(&s.outer, 0)->head = 2;
	CHECK_EQ(rec_drain_run(s.d, UINT64_MAX, &e), -EBADMSG);
	CHECK(strstr(e.text, "CPU 0"));
	drop(&s);
}

TEST_MAIN
