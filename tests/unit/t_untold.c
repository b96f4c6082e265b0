// SPDX-License-Identifier: GPL-2.0-only
/* Pages that leave per-CPU lists without an event, as those of the bulk allocator do. */
#include "lib/replay/survey/waiting.h"
#include "tests/unit/host.h"
#include "tests/unit/test.h"

#define UNTOLD(r) ((r).allocator.divergence[DIVERGENCE_UNTOLD])

/* A stay ends untold if a free ends it, or nothing; not if a request or a drain does.
 *
 *	frees	3: Y	-	5: Y		9: Y	(end)
 *	left	  alloc		(untold)
 */
TEST(a_stay_that_a_free_ends_was_not_told)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct waiting w = { .alloc = &a, .pool.alloc = &a };
	struct mmt_err e = { 0 };
	const pfn_t y = 4711, z = 99;

	CHECK_EQ(waiting_enters(&w, y, 3, WAITING_FREED, &e), 0);
	CHECK_EQ(waiting_freed(&w, y), 3);
	waiting_leaves(&w, y);
	CHECK_EQ(waiting_freed(&w, y), 0);
	CHECK_EQ(waiting_enters(&w, y, 5, WAITING_REFILL, &e), 0);
	CHECK_EQ(waiting_freed(&w, y), 0); /* a refill brought it */
	CHECK_EQ(waiting_enters(&w, y, 9, WAITING_FREED, &e), 0);
	CHECK_EQ(waiting_enters(&w, z, 2, WAITING_FREED, &e), 0);
	waiting_leaves(&w, z);
	waiting_settle(&w);
	CHECK(!waiting_ends_untold(&w, y, 3));
	CHECK(!waiting_ends_untold(&w, y, 4));
	CHECK(waiting_ends_untold(&w, y, 5));
	CHECK(waiting_ends_untold(&w, y, 8));
	CHECK(waiting_ends_untold(&w, y, 9)); /* it may wait still */
	CHECK(!waiting_ends_untold(&w, z, 2));
	CHECK(!waiting_ends_untold(&w, z + 1, 2));
	waiting_free(&w);
	CHECK_EQ(a.used, 0);
}

/* A refill may come before any free. */
TEST(a_stay_may_begin_before_the_first_free)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct waiting w = { .alloc = &a, .pool.alloc = &a };
	struct mmt_err e = { 0 };

	CHECK_EQ(waiting_enters(&w, 7, 0, WAITING_REFILL, &e), 0);
	waiting_settle(&w);
	CHECK(waiting_ends_untold(&w, 7, 0));
	waiting_free(&w);
}

/* Without an event. */
static unsigned host_bulk(struct host *h, unsigned nr, pfn_t *pfn)
{
	const struct mm_alloc_request rq = { .gfp = GFP_KERNEL, .node = -1 };

	return mm_alloc_pages_bulk(h->sys, &rq, nr, pfn);
}

static unsigned waits(const struct host *h)
{
	pfn_t pfn = host_zones[1].start;
	unsigned n = 0;

	while (mm_pcp_entry(h->sys, pfn, 0, 0, MIGRATE_UNMOVABLE, n) != PFN_NONE)
		n++;
	return n;
}

/* Requests until a refill leaves 8 pages and more: refills grow. */
static void host_fill(struct host *h)
{
	while (!h->broken && waits(h) < 8)
		host_alloc(h, 0, GFP_KERNEL, 0);
}

/* The next request shows what went before, and the frees of that are known then. */
TEST(a_bulk_shows_in_the_next_request)
{
	struct replay_options o = { .check = 3 };
	struct replay r;
	struct host h;
	pfn_t bulk[4];

	host_start(&h);
	h.tells_refills = true;
	host_record(&h);
	host_fill(&h);
	CHECK_EQ(host_bulk(&h, 4, bulk), 4);
	for (unsigned i = 0; i < 40; i++)
		host_alloc(&h, 0, GFP_KERNEL, 0);
	for (unsigned i = 0; i < 4; i++)
		host_free(&h, 0, bulk[i], 0);
	for (unsigned i = 0; i < 40; i++)
		host_alloc(&h, 0, GFP_KERNEL, 0);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK(r.survey.flow.told);
	CHECK_EQ(UNTOLD(r), 4);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_FREE_UNKNOWN], 0);
	CHECK_EQ(r.allocator.same_frame, r.allocator.compared);
	replay_free(&r);
	host_stop(&h);
}

/* It takes all that waits: the next request is served by a refill. */
TEST(a_bulk_that_empties_a_list_shows_as_well)
{
	struct replay_options o = { .check = 3 };
	struct replay r;
	struct host h;
	pfn_t bulk[64];
	unsigned nr;

	host_start(&h);
	h.tells_refills = true;
	host_record(&h);
	host_fill(&h);
	while (waits(&h) > 5)
		host_alloc(&h, 0, GFP_KERNEL, 0);
	nr = waits(&h);
	CHECK(nr > 0);
	CHECK_EQ(host_bulk(&h, nr, bulk), nr);
	for (unsigned i = 0; i < 40; i++)
		host_alloc(&h, 0, GFP_KERNEL, 0);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK_EQ(UNTOLD(r), nr);
	CHECK_EQ(r.allocator.same_frame, r.allocator.compared);
	replay_free(&r);
	host_stop(&h);
}

/* What is given out by an event later had not been taken, wherever it lay: nothing is presumed. */
TEST(pages_that_are_given_out_later_were_not_taken)
{
	struct replay_options o = { .check = 3 };
	struct replay r;
	struct host h;
	pfn_t pfn[3];

	host_start(&h);
	h.tells_refills = true;
	host_record(&h);
	host_fill(&h);
	/* a list that gives its third page first */
	for (unsigned i = 0; i < 3; i++)
		pfn[i] = mm_pcp_entry(h.sys, host_zones[1].start, 0, 0, MIGRATE_UNMOVABLE, i);
	for (unsigned i = 3; i-- > 0;) {
		struct mmt_event ev = { .kind = MMT_EV_mm_page_alloc };

		ev.v[MMT_F(mm_page_alloc, pfn)] = pfn[i];
		ev.v[MMT_F(mm_page_alloc, gfp)] = GFP_KERNEL;
		h.time += 500;
		host_add(&h, ev);
	}
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK_EQ(UNTOLD(r), 0);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_DOUBLE_ALLOC], 0);
	CHECK_EQ(r.allocator.compared - r.allocator.same_frame, 2);
	replay_free(&r);
	host_stop(&h);
}

/* A page that the snapshot saw in use is given out later: its free was not told, and it waited in no
 * list when the trace began. */
TEST(a_page_in_use_that_is_given_out_was_freed_before)
{
	struct replay_options o = { .check = 3 };
	struct replay r;
	struct host h;
	pfn_t pfn;

	host_start(&h);
	h.tells_refills = true;
	pfn = host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, 0);
	host_record(&h);
	for (unsigned i = 0; i < 20; i++)
		host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, 0);
	CHECK(mm_free_pages(h.sys, pfn, 0, 0)); /* no event */
	CHECK_EQ(host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, 0), pfn);
	for (unsigned i = 0; i < 20; i++)
		host_alloc(&h, 0, GFP_HIGHUSER_MOVABLE, 0);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_DOUBLE_ALLOC], 1);
	CHECK_EQ(r.allocator.compared, 41);
	CHECK_EQ(r.allocator.same_frame, 41);
	replay_free(&r);
	host_stop(&h);
}

TEST_MAIN
