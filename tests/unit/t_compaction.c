// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compaction as it was recorded: what it took has no event, where pages were moved from has, where
 * they went shows when they are freed.
 */
#include "tests/unit/host.h"
#include "tests/unit/test.h"

#define COMPACTOR 9

static void tell(struct host *h, unsigned kind, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct mmt_event ev = { .kind = (uint16_t)kind, .task = COMPACTOR, .v = { a, b, c, d } };

	h->time += 500;
	host_add(h, ev);
}

/* The host takes the free pages of @from..@end; their number. */
static unsigned isolate(struct host *h, pfn_t from, pfn_t end, pfn_t *taken)
{
	unsigned n = 0, order;
	pfn_t pfn = from;

	while ((pfn = mm_isolate_range(h->sys, pfn, end, end - pfn, &order)) != PFN_NONE) {
		mm_split_page(h->sys, pfn, order, 0);
		for (pfn_t i = 0; i < 1u << order; i++)
			taken[n++] = pfn + i;
		pfn += 1u << order;
	}
	tell(h, MMT_EV_mm_compaction_isolate_freepages, from, end, end - from, n);
	return n;
}

static void freed_by_compactor(struct host *h, pfn_t pfn, unsigned order, bool for_good)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_free, .task = COMPACTOR };

	if (for_good && !mm_free_pages(h->sys, pfn, order, 0))
		h->broken = true;
	ev.v[MMT_F(mm_page_free, pfn)] = pfn;
	ev.v[MMT_F(mm_page_free, order)] = order;
	h->time += 500;
	host_add(h, ev);
}

/* In all zones: which one serves a request when memory is short is not what is looked at here. */
static void same_memory(const struct host *h, const struct replay *r)
{
	uint64_t host = 0, model = 0;

	for (unsigned i = 0; i < mm_nr_zones(h->sys); i++) {
		struct mm_zone_view v;

		mm_view_zone(h->sys, i, &v);
		host += v.free + v.pcp;
		mm_view_zone(r->allocator.sys, i, &v);
		model += v.free + v.pcp;
	}
	CHECK_EQ(model, host);
	for (size_t i = 0; i < r->compare.nr; i++) {
		host = model = 0;
		for (unsigned z = 0; z < r->compare.nr_zones; z++) {
			const struct sample_zone *s =
				&r->compare.sample[i * r->compare.nr_zones + z];

			model += s->free + s->pcp;
			host += s->recorded_free + s->recorded_pcp;
		}
		CHECK_EQ(model, host);
	}
}

static struct host_block held[4096];
static pfn_t taken[1024];

/* A host that has run for a while, fills up, and compacts:
 *
 *	pageblock 28   some free pages    -> taken, 3 pages move there, one of them is mapped;
 *	                                     one more is returned to the compactor, the rest freed
 *	pageblock 8    3 pages            -> freed by events
 */
static void compact(struct host *h, unsigned nr, bool maps)
{
	unsigned n = isolate(h, 28 * 512, 29 * 512, taken), moved = 0;

	h->broken |= n < 8;
	tell(h, MMT_EV_mm_migrate_pages_start, 0, 0, 0, 0);
	for (unsigned i = 0; i < nr && moved < 3; i++)
		if (!held[i].order && h->movable[held[i].pfn]) {
			if (maps && !moved)
				tell(h, MMT_EV_remove_migration_pte, 4096, taken[0], 0, 0);
			freed_by_compactor(h, held[i].pfn, 0, true);
			h->movable[taken[moved]] = true;
			held[i].pfn = taken[moved++];
		}
	freed_by_compactor(h, taken[3], 0, false);
	/* a trace may have but one of these, which follow on each other */
	if (maps)
		tell(h, MMT_EV_mm_migrate_pages, moved, 1, 0, 0);
	else
		tell(h, MMT_EV_mm_compaction_migratepages, moved + 1, moved, 0, 0);
	host_snapshot(h, MMT_SNAP_LIGHT);
	for (unsigned i = 3; i < n; i++)
		freed_by_compactor(h, taken[i], 0, true);
	host_snapshot(h, MMT_SNAP_LIGHT);
}

/* What went to pageblock 28 moves on, to a pageblock below: no event ever mapped it where it was. */
static void compact_again(struct host *h, unsigned nr)
{
	unsigned n = 0, moved = 0;

	for (pfn_t block = 27; n < 3 && block > 8; block--)
		n += isolate(h, block * 512, (block + 1) * 512, taken + n);
	h->broken |= n < 3;
	tell(h, MMT_EV_mm_compaction_isolate_migratepages, 28 * 512, 28 * 512 + 9, 9, 1);
	tell(h, MMT_EV_mm_compaction_isolate_migratepages, 28 * 512 + 9, 29 * 512, 503, 2);
	tell(h, MMT_EV_mm_migrate_pages_start, 0, 0, 0, 0);
	for (unsigned i = 0; i < nr && moved < 3; i++)
		if (!held[i].order && held[i].pfn >> 9 == 28 && h->movable[held[i].pfn]) {
			freed_by_compactor(h, held[i].pfn, 0, true);
			h->movable[taken[moved]] = true;
			held[i].pfn = taken[moved++];
		}
	h->broken |= moved < 3;
	tell(h, MMT_EV_mm_migrate_pages, moved, 0, 0, 0);
	host_snapshot(h, MMT_SNAP_LIGHT);
	for (unsigned i = moved; i < n; i++)
		freed_by_compactor(h, taken[i], 0, true);
	host_snapshot(h, MMT_SNAP_LIGHT);
}

static void run(bool maps, bool early, bool again)
{
	struct mmt_rng rng = { 21 };
	struct replay_options o = { .check = 3 };
	struct replay r;
	struct host h;
	unsigned nr;

	host_start(&h);
	nr = host_churn(&h, &rng, 3000, held, 0, 1500);
	host_record(&h);
	if (!early)
		nr = host_churn(&h, &rng, 2000, held, nr, 1500);
	compact(&h, nr, maps);
	if (again)
		compact_again(&h, nr);
	/* what was moved is freed like all else */
	nr = host_churn(&h, &rng, 1000, held, nr, 1500);
	while (nr--)
		host_free(&h, 0, held[nr].pfn, held[nr].order);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_FREE_UNKNOWN], 0);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_FREE_REFUSED], 0);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_COMPACTION_SHORT], 0);
	CHECK_EQ(r.allocator.compaction.pages, 0);
	same_memory(&h, &r);
	replay_free(&r);
	host_stop(&h);
}

TEST(pages_taken_are_held_until_they_are_freed)
{
	run(false, false, false);
}

TEST(a_page_that_is_mapped_where_it_went_is_known_there)
{
	run(true, false, false);
}

TEST(a_page_that_moves_again_is_freed_where_it_had_gone)
{
	run(false, false, true);
}

/* No event named these frames before; the snapshot saw them free. */
TEST(frames_that_were_free_at_the_start_are_not_taken_for_used)
{
	run(true, true, false);
}

/* Other zones than the host's: as many pages, wherever they are. */
TEST(a_smaller_machine_gives_as_many_pages)
{
	struct mmt_rng rng = { 22 };
	struct tunable_change change = { 0 };
	struct replay_options o = { .check = 3, .change = &change, .nr_changes = 1 };
	struct mmt_err e = { 0 };
	struct replay r;
	struct host h;
	unsigned nr;

	CHECK_EQ(tunable_parse("mem=48M", &change, &e), 0);
	host_start(&h);
	nr = host_churn(&h, &rng, 1000, held, 0, 500);
	host_record(&h);
	compact(&h, nr, true);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK(!r.allocator.as_recorded);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_FREE_UNKNOWN], 0);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_COMPACTION_SHORT], 0);
	/* one was mapped and is known, two are not freed yet */
	CHECK_EQ(r.allocator.compaction.pages, 2);
	replay_free(&r);
	host_stop(&h);
}

static void same_lists(const struct replay *r)
{
	for (size_t k = 0; k < r->compare.nr * r->compare.nr_zones; k++) {
		const struct sample_zone *s = &r->compare.sample[k];

		CHECK_EQ(s->free, s->recorded_free);
		CHECK_EQ(s->pcp, s->recorded_pcp);
	}
}

/* A block leaves a list on CPU 1: those of its zone on CPUs @first..@last are drained. */
static void drain(struct host *h, unsigned first, unsigned last)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_page_pcpu_drain, .cpu = 1, .task = COMPACTOR };

	for (unsigned cpu = first; cpu <= last; cpu++)
		mm_drain_pages_zone(h->sys, (unsigned)mm_zone_of(h->sys, 8192), cpu);
	ev.v[MMT_F(mm_page_pcpu_drain, pfn)] = 8192;
	h->time += 500;
	host_add(h, ev);
	host_snapshot(h, MMT_SNAP_LIGHT);
}

/* A pass for a block of order 9 or, like one of /proc/sys/vm/compact_memory, for none; the lists of CPU
 * 1 are drained once pages were moved, and by kcompactd all where nothing came of it:
 *
 *	begins	drain	moves, drain	moved, drain	drain	failed, drain	deferred, drain
 *	  9	  -	     -		   CPU 1	  -	   all		    -
 */
static void compact_for(struct host *h, struct mmt_rng *rng, uint64_t order, bool daemon)
{
	bool some = order != MMT_ORDER_ANY;
	unsigned nr = 0;

	if (daemon)
		tell(h, MMT_EV_mm_compaction_kcompactd_wake, 0, 9, 1, 0);
	tell(h, MMT_EV_mm_compaction_begin, 0, 1, order, 0);
	drain(h, 2, 1);
	tell(h, MMT_EV_mm_migrate_pages_start, 0, 0, 0, 0);
	drain(h, 2, 1);
	tell(h, MMT_EV_mm_migrate_pages, 0, 0, 0, 0);
	drain(h, some ? 1 : 2, 1);
	nr = host_churn(h, rng, 100, held, nr, 40);
	drain(h, 2, 1);
	for (unsigned status = 8; status > 4; status--) {
		struct mmt_event end = { .kind = MMT_EV_mm_compaction_end, .task = COMPACTOR };

		tell(h, MMT_EV_mm_compaction_begin, 0, 1, order, 0);
		end.v[MMT_F(mm_compaction_end, status)] = status;
		host_add(h, end);
		nr = host_churn(h, rng, 100, held, nr, 40);
		if (status % 2 && some)
			tell(h, MMT_EV_mm_compaction_defer_compaction, 0, 1, order, 0);
		drain(h, daemon && some && status == 6 ? 0 : 2, 1);
	}
}

/* The trace tells of all runs of vmstat_update(), so that no other drain seems to be one. */
static void run_of_clock(struct host *h)
{
	struct mmt_event ev = { .kind = MMT_EV_workqueue_execute_start };

	ev.v[MMT_F(workqueue_execute_start, function)] =
		mmt_writer_string(h->w, "vmstat_update", &h->err);
	mm_vmstat_tick(h->sys, 0);
	h->time += 500;
	host_add(h, ev);
}

TEST(lists_are_drained_where_a_compactor_drains_them)
{
	for (unsigned i = 0; i < 4; i++) {
		struct mmt_rng rng = { 23 };
		struct replay_options o = { .check = 3 };
		struct replay r;
		struct host h;

		host_start(&h);
		host_record(&h);
		run_of_clock(&h);
		host_churn(&h, &rng, 300, held, 0, 40);
		compact_for(&h, &rng, i & 1 ? 9 : MMT_ORDER_ANY, i & 2);
		host_finish(&h);
		CHECK(!h.broken);
		CHECK_EQ(host_replay(&h, &r, &o), 0);
		CHECK(r.compare.nr > 8);
		same_lists(&r);
		replay_free(&r);
		host_stop(&h);
	}
}

/* A page moves to the first of a block that was taken whole; compaction_alloc() halved it, and its other
 * parts are released as they are. The second and third of these empty the lists: a burst of blocks. */
static void move_to_one(struct host *h, unsigned nr)
{
	unsigned order, i = 0;
	pfn_t pfn = mm_isolate_range(h->sys, 28 * 512, 32 * 512, 1024, &order);

	h->broken |= pfn == PFN_NONE || order < 3;
	while (i < nr && (held[i].order || !h->movable[held[i].pfn]))
		i++;
	h->broken |= i == nr;
	if (h->broken)
		return;
	tell(h, MMT_EV_mm_compaction_isolate_freepages, pfn, pfn + (1u << order), 1, 1u << order);
	tell(h, MMT_EV_mm_migrate_pages_start, 0, 0, 0, 0);
	for (unsigned half = order; half-- > 0;)
		mm_split_page(h->sys, pfn, half + 1, half);
	tell(h, MMT_EV_remove_migration_pte, 4096, pfn, 0, 0);
	freed_by_compactor(h, held[i].pfn, 0, true);
	h->movable[pfn] = true;
	held[i].pfn = pfn;
	tell(h, MMT_EV_mm_migrate_pages, 1, 0, 0, 0);
	for (unsigned half = 0; half < order; half++)
		freed_by_compactor(h, pfn + (1u << half), half, true);
	host_snapshot(h, MMT_SNAP_LIGHT);
}

TEST(what_nothing_was_moved_to_is_released_as_large_as_it_stayed)
{
	struct mmt_rng rng = { 24 };
	struct replay_options o = { .check = 3 };
	struct replay r;
	struct host h;
	unsigned nr;

	host_start(&h);
	host_record(&h);
	run_of_clock(&h);
	nr = host_churn(&h, &rng, 300, held, 0, 40);
	move_to_one(&h, nr);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	same_lists(&r);
	replay_free(&r);
	host_stop(&h);
}

/* A trace that lies: more than there is, frames that are not, tasks that never end. */
TEST(what_cannot_be_is_counted)
{
	static const uint64_t wild[][4] = { { 0, MMT_PFN_NONE, 1, UINT32_MAX },
					    { 5000, 100, 1, 900 },
					    { MMT_PFN_NONE, 7, 1, 1 },
					    { 1u << 30, 1u << 31, 1, 9 } };
	struct replay_options o = { .check = 3 };
	struct replay r;
	struct host h;

	host_start(&h);
	host_record(&h);
	for (unsigned i = 0; i < 40; i++) {
		const uint64_t *v = wild[i % 4];
		struct mmt_event ev = { .kind = MMT_EV_mm_migrate_pages_start, .task = i };

		host_add(&h, ev);
		tell(&h, MMT_EV_mm_compaction_isolate_freepages, v[0], v[1], v[2], v[3]);
		tell(&h, MMT_EV_mm_compaction_isolate_migratepages, v[0], v[1], v[2], v[3]);
		tell(&h, MMT_EV_mm_compaction_fast_isolate_freepages, v[0], v[1], v[2], v[3]);
		tell(&h, MMT_EV_remove_migration_pte, 0, 5000 + i, i % 12, 0);
		host_event_free(&h, 0, 4096 + 512 * (i % 20), i % 10);
	}
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK(r.allocator.divergence[DIVERGENCE_COMPACTION_SHORT] > 0);
	replay_free(&r);
	host_stop(&h);
}

TEST_MAIN
