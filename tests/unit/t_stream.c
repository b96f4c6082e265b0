// SPDX-License-Identifier: GPL-2.0-only
/* lib/replay/stream.c: events by columns are the events one by one. */
#include "lib/base/json.h"
#include "lib/replay/result.h"
#include "tests/unit/host.h"
#include "tests/unit/test.h"

#include <stdlib.h>

static struct host_block held[4096];

/* The result as text, to be freed. */
static char *result_of(struct host *h, const struct replay_options *o)
{
	struct replay r;
	json_t *result = NULL;
	char *text = NULL;

	if (!host_replay(h, &r, o))
		result = result_build(&r, &h->err);
	if (result)
		text = mmt_json_text(result);
	json_decref(result);
	replay_free(&r);
	return text;
}

/* A budget that is not reached has the events taken one by one. */
static void check_both_ways(struct host *h, const char *what)
{
	struct replay_options by_columns = { 0 }, one_by_one = { .max_events = UINT64_MAX };
	char *a = result_of(h, &by_columns), *b = result_of(h, &one_by_one);

	test_true(__FILE__, __LINE__, "by columns", a != NULL);
	test_true(__FILE__, __LINE__, "one by one", b != NULL);
	test_str(__FILE__, __LINE__, what, a ? a : "", b ? b : "");
	free(a);
	free(b);
}

/* host: churn | frees of what was free, allocations of what is in use, of frames and of orders that
 * no zone holds, requests that failed, CPUs the machine has not | churn */
static void add_lies(struct host *h, struct mmt_rng *rng, unsigned n)
{
	while (n--) {
		struct mmt_event ev = { .kind = MMT_EV_mm_page_alloc };
		bool frees = mmt_rng_below(rng, 2);
		uint64_t order = mmt_rng_below(rng, 8) ? mmt_rng_below(rng, 4) : 12;
		uint64_t pfn = mmt_rng_below(rng, HOST_PAGES * 2) >> order << order;

		h->time += mmt_rng_below(rng, 1000);
		ev.cpu = (uint16_t)mmt_rng_below(rng, 100);
		ev.flags = (uint8_t)mmt_rng_below(rng, 2);
		if (frees) {
			ev.kind = MMT_EV_mm_page_free;
			ev.v[MMT_F(mm_page_free, pfn)] = pfn;
			ev.v[MMT_F(mm_page_free, order)] = order;
		} else {
			ev.v[MMT_F(mm_page_alloc, pfn)] =
				mmt_rng_below(rng, 9) ? pfn : MMT_PFN_NONE;
			ev.v[MMT_F(mm_page_alloc, order)] = order;
			ev.v[MMT_F(mm_page_alloc, gfp)] = GFP_KERNEL;
		}
		host_add(h, ev);
	}
}

/* Events that neither survey nor engine takes from columns, or at all. */
static void add_others(struct host *h, struct mmt_rng *rng)
{
	uint64_t pfn = mmt_rng_below(rng, HOST_PAGES);
	uint32_t name = mmt_writer_string(h->w, "vm.min_free_kbytes", &h->err);
	uint32_t value = mmt_writer_string(h->w, mmt_rng_below(rng, 2) ? "2048" : "1024", &h->err);

	HOST_ROW(h, mm_page_alloc_extfrag, pfn, 0, 9, 0, 1);
	HOST_ROW(h, mm_page_pcpu_drain, pfn, 0, mmt_rng_below(rng, 3));
	HOST_ROW(h, page_fault_user, 0x7f0000000000 + pfn * 4096, 0, 7);
	HOST_ROW(h, mm_filemap_add_to_page_cache, pfn, 1, 2, 0);
	HOST_ROW(h, mm_vmscan_kswapd_wake, 0, 0, 0);
	HOST_ROW(h, setting_change, name, value);
	HOST_ROW(h, mm_vmscan_kswapd_sleep, 0);
}

TEST(columns_and_single_events_give_the_same_result)
{
	for (unsigned seed = 1; seed <= 5; seed++) {
		struct mmt_rng rng = { seed };
		unsigned nr = 0;
		struct host h;

		host_start(&h);
		host_record(&h);
		for (unsigned i = 0; i < 8; i++) {
			nr = host_churn(&h, &rng, 500, held, nr, 400);
			add_others(&h, &rng);
			if (seed > 1)
				add_lies(&h, &rng, 60);
			if (i == 3)
				mmt_writer_lost(h.w, 1, MMT_EV_mm_page_free, MMT_LOST_RING, 7,
						&h.err);
			h.time += mmt_rng_below(&rng, 3000000000);
			host_snapshot(&h, MMT_SNAP_LIGHT);
			/* rows and events of later frames */
			mmt_writer_flush(h.w, &h.err);
		}
		host_finish(&h);
		CHECK(!h.broken);
		check_both_ways(&h, "result");
		host_stop(&h);
	}
}

TEST(what_is_wrong_is_told_at_the_same_event)
{
	struct mmt_rng rng = { 3 };
	/* a snapshot that names a node no machine has: -EBADMSG or -ENOTSUP at its row */
	struct replay_options by_columns = { 0 }, one_by_one = { .max_events = UINT64_MAX };
	const struct replay_options *ways[] = { &by_columns, &one_by_one };
	struct mmt_err told[2] = { 0 };
	int ret[2];
	struct host h;

	host_start(&h);
	host_open(&h);
	host_churn(&h, &rng, 100, held, 0, 50);
	HOST_ROW(&h, snapshot_begin, MMT_SNAP_FULL);
	HOST_ROW(&h, snap_pages, UINT32_MAX - 1, 4096, 0, 0);
	host_finish(&h);
	CHECK(!h.broken);
	for (unsigned i = 0; i < 2; i++) {
		struct replay r;

		ret[i] = host_replay(&h, &r, ways[i]);
		told[i] = h.err;
		replay_free(&r);
	}
	CHECK(ret[0] < 0);
	CHECK_EQ(ret[0], ret[1]);
	CHECK_STR(told[0].text, told[1].text);
	CHECK(told[0].has_event && told[1].has_event);
	CHECK_EQ(told[0].event, told[1].event);
	CHECK_EQ(told[0].event, 101);
	host_stop(&h);
}

TEST_MAIN
