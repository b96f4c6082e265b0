// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replays of traces whose every event is known, because the host was a model machine itself.
 */
#include "tests/unit/host.h"
#include "tests/unit/test.h"

#include <time.h>

static struct host_block held[4096];

/* host: empty machine -> record -> churn. The model begins from the same state and gets the same
 * requests: it must do the very same thing. */
TEST(a_machine_recorded_from_boot_is_replayed_exactly)
{
	struct mmt_rng rng = { 7 };
	struct replay_options o = { .check = 3 };
	struct replay r;
	struct host h;
	uint64_t events;

	host_start(&h);
	host_record(&h);
	unsigned nr = host_churn(&h, &rng, 400, held, 0, 300);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_churn(&h, &rng, 400, held, nr, 300);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK(r.base);
	events = r.allocator.allocs + r.allocator.frees;
	CHECK_EQ(events, 800);
	CHECK_EQ(r.allocator.faithful, events);
	for (unsigned i = 0; i < NR_DIVERGENCES; i++)
		CHECK_EQ(r.allocator.divergence[i], 0);
	CHECK_EQ(r.allocator.same_frame, r.allocator.compared);
	CHECK_EQ(r.compare.nr, 3);
	for (size_t i = 0; i < r.compare.nr * r.compare.nr_zones; i++) {
		const struct sample_zone *s = &r.compare.sample[i];

		CHECK(s->recorded);
		CHECK_EQ(s->free, s->recorded_free);
		CHECK_EQ(s->pcp, s->recorded_pcp);
		CHECK_MEM(s->blocks, s->recorded_blocks, sizeof(s->blocks));
	}
	for (size_t i = 0; i < r.compare.nr_fidelity; i++)
		CHECK_EQ(r.compare.fidelity[i].error_permille, 0);
	replay_free(&r);
	host_stop(&h);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* 100 years between two events are 3155760000 ticks: no more than a few are run. */
TEST(a_jump_in_time_costs_nothing)
{
	struct replay_options o = { 0 };
	struct replay r;
	struct host h;
	uint64_t start;

	host_start(&h);
	host_record(&h);
	host_alloc(&h, 0, GFP_KERNEL, 0);
	h.time += 3155760000u * UINT64_C(1000000000);
	host_alloc(&h, 1, GFP_KERNEL, 0);
	h.time = 5;
	host_alloc(&h, 1, GFP_KERNEL, 0);
	host_finish(&h);
	CHECK(!h.broken);
	start = cpu_ns();
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	/* the whole replay, set-up of the surveys' arrays included */
	CHECK(cpu_ns() - start < 200000000);
	CHECK_EQ(r.allocator.allocs, 3);
	CHECK_EQ(r.allocator.faithful, 3);
	replay_free(&r);
	host_stop(&h);
}

TEST(a_budget_ends_a_replay_and_says_where)
{
	struct replay_options o = { .max_events = 300 };
	struct mmt_rng rng = { 7 };
	struct replay r;
	struct host h;

	host_start(&h);
	host_record(&h);
	host_churn(&h, &rng, 400, held, 0, 300);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), -EDQUOT);
	CHECK(strstr(h.err.text, "300 events exceeded at event 301"));
	CHECK(h.err.has_event);
	replay_free(&r);
	o.max_events = 0;
	h.alloc.limit = h.alloc.used + (1 << 20);
	CHECK_EQ(host_replay(&h, &r, &o), -EDQUOT);
	CHECK(strstr(h.err.text, "bytes exceeded"));
	replay_free(&r);
	h.alloc.limit = 0;
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	replay_free(&r);
	host_stop(&h);
}

/* vm.min_free_kbytes raised from the start, or one microsecond into the trace. */
TEST(a_tunable_can_be_set_and_timed)
{
	static const char *const sets[] = { "vm.min_free_kbytes=8192",
					    "vm.min_free_kbytes=8192@1us" };
	struct mmt_rng rng = { 7 };
	struct host h;
	uint64_t low[3];

	host_start(&h);
	host_record(&h);
	host_churn(&h, &rng, 400, held, 0, 300);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_finish(&h);
	CHECK(!h.broken);
	for (unsigned i = 0; i < 3; i++) {
		struct replay_options o = { .check = 2 };
		struct tunable_change c;
		struct mm_zone_view v;
		struct replay r;

		if (i) {
			CHECK_EQ(tunable_parse(sets[i - 1], &c, &h.err), 0);
			o.change = &c;
			o.nr_changes = 1;
		}
		CHECK_EQ(host_replay(&h, &r, &o), 0);
		CHECK_EQ(r.base, i == 0);
		mm_view_zone(r.allocator.sys, 1, &v);
		low[i] = v.wmark[WMARK_LOW] - v.boost;
		CHECK_EQ(r.setting_changes, i == 2);
		replay_free(&r);
	}
	CHECK(low[1] > low[0]);
	CHECK_EQ(low[1], low[2]);
	host_stop(&h);
}

/* The host wrote to a sysctl while it was recorded. */
TEST(a_recorded_change_of_a_tunable_is_followed)
{
	struct replay_options o = { .check = 2 };
	struct replay r;
	struct host h;
	struct mm_zone_view v;
	uint32_t name, value, silly;

	host_start(&h);
	host_record(&h);
	name = mmt_writer_string(h.w, "vm.min_free_kbytes", &h.err);
	value = mmt_writer_string(h.w, "8192", &h.err);
	silly = mmt_writer_string(h.w, "4294967295", &h.err);
	h.time += 1000;
	HOST_ROW(&h, setting_change, name, value);
	h.time += 1000;
	HOST_ROW(&h, setting_change, name, silly);
	HOST_ROW(&h, setting_change, 77777, value);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	mm_view_zone(r.allocator.sys, 1, &v);
	/* DMA32's share of 2048 pages; what is out of the kernel's range is not believed */
	CHECK_EQ(v.wmark[WMARK_MIN], 2048 * 12000 / 15840);
	replay_free(&r);
	host_stop(&h);
}

/* The host computed its reserves anew, as it does when their ratio is read: watermarks stay. */
TEST(reserves_that_change_are_followed)
{
	struct replay_options o = { .check = 2 };
	uint64_t wmark[NR_WMARK], reserve[MAX_NR_ZONES];
	struct mm_zone_view v;
	struct replay r;
	struct host h;

	host_start(&h);
	host_record(&h);
	mm_view_zone(h.sys, 0, &v);
	for (unsigned i = 0; i < NR_WMARK; i++)
		wmark[i] = v.wmark[i];
	for (unsigned i = 0; i < MAX_NR_ZONES; i++)
		reserve[i] = v.lowmem_reserve[i] + 3 * (i > ZONE_DMA);
	CHECK_EQ(mm_override_zone(h.sys, 0, ZONE_DMA, wmark, reserve, &h.err), 0);
	host_snapshot(&h, MMT_SNAP_LIGHT);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	mm_view_zone(r.allocator.sys, 0, &v);
	CHECK_EQ(v.lowmem_reserve[ZONE_DMA32], reserve[ZONE_DMA32]);
	CHECK_EQ(v.wmark[WMARK_MIN], wmark[WMARK_MIN]);
	replay_free(&r);
	host_stop(&h);
}

/* Frames 12288.. are not under management at the start: the host's first allocation there shows
 * that they are now. */
TEST(memory_that_comes_under_management_is_followed)
{
	static const struct mm_zone_config lazy = { .type = ZONE_DMA32,
						    .start = 4096,
						    .spanned = 98304,
						    .present = 98304,
						    .managed = 28672 };
	struct replay_options o = { .check = 2 };
	struct mmt_event ev = { .kind = MMT_EV_mm_page_alloc };
	struct mm_zone_view v;
	struct replay r;
	struct host h;

	host_start(&h);
	host_open(&h);
	HOST_ROW(&h, snapshot_begin, MMT_SNAP_FULL, 0);
	HOST_ROW(&h, snap_zone, 0, lazy.type, lazy.start, lazy.spanned, lazy.present, lazy.managed,
		 28672, 100, 200, 300, 400, 0);
	HOST_ROW(&h, snap_buddy, 0, lazy.type, 10, 28);
	HOST_ROW(&h, snap_pages, 4096, 28672, 1 << 10, 0);
	HOST_ROW(&h, snap_pages, 32768, 69632, 0, 0);
	HOST_ROW(&h, snapshot_end, MMT_SNAP_FULL, 0);
	h.time += 1000;
	ev.v[MMT_F(mm_page_alloc, pfn)] = 40000;
	ev.v[MMT_F(mm_page_alloc, gfp)] = GFP_KERNEL;
	host_add(&h, ev);
	h.time += 1000;
	/* and the rest by what the host says of its zone */
	HOST_ROW(&h, managed_change, 0, lazy.type, 28672 + 65536);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK_EQ(r.allocator.onlined_pages, 65536);
	mm_view_zone(r.allocator.sys, 0, &v);
	CHECK_EQ(v.managed, 28672 + 65536);
	CHECK_EQ(v.free + v.pcp + v.used, v.managed);
	CHECK_EQ(v.used, 1);
	CHECK_EQ(r.allocator.faithful, 1);
	replay_free(&r);
	host_stop(&h);
}

/* What was lost can only be counted: the replay goes on and says so. */
TEST(losses_are_counted_and_survived)
{
	struct replay_options o = { .check = 3 };
	struct mmt_rng rng = { 9 };
	struct replay r;
	struct host h;
	unsigned nr;

	host_start(&h);
	host_record(&h);
	nr = host_churn(&h, &rng, 300, held, 0, 200);
	h.w ? mmt_writer_lost(h.w, 1, MMT_EV_mm_page_alloc, MMT_LOST_RING, 17, &h.err) : 0;
	mmt_writer_flush(h.w, &h.err);
	/* 17 allocations nobody recorded, whose blocks are freed */
	for (unsigned i = 0; i < 17; i++) {
		struct mmt_writer *w = h.w;

		h.w = NULL;
		held[nr + i].pfn = host_alloc(&h, 0, GFP_KERNEL, 0);
		h.w = w;
	}
	for (unsigned i = 0; i < 17; i++)
		host_free(&h, 0, held[nr + i].pfn, 0);
	host_finish(&h);
	CHECK(!h.broken);
	CHECK_EQ(host_replay(&h, &r, &o), 0);
	CHECK_EQ(r.state.lost, 17);
	CHECK_EQ(r.allocator.divergence[DIVERGENCE_LOST_BEFORE], 17);
	CHECK(r.allocator.divergence[DIVERGENCE_AFTER_GAP] > 0);
	replay_free(&r);
	host_stop(&h);
}

TEST_MAIN
