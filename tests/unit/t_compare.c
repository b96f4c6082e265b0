// SPDX-License-Identifier: GPL-2.0-only
/*
 * Model beside host: when the model is looked at, and how an error is measured.
 */
#include "tests/unit/host.h"
#include "tests/unit/test.h"

TEST(an_error_is_relative_to_the_hosts_figure)
{
	CHECK_EQ(fidelity_error(1000, 1000), 0);
	CHECK_EQ(fidelity_error(1000, 1005), 5);
	CHECK_EQ(fidelity_error(1000, 995), 5);
	CHECK_EQ(fidelity_error(3, 2), 333);
	CHECK_EQ(fidelity_error(0, 0), 0);
	CHECK_EQ(fidelity_error(0, 2), 2000);
	CHECK_EQ(fidelity_error(UINT64_MAX, 0), 1000);
	CHECK(fidelity_error(1, UINT64_MAX) > 1000000);
}

struct rig {
	struct host h;
	struct compare c;
	struct mmt_dict *dict;
};

static void feed(struct rig *r, unsigned kind, uint64_t time, const uint64_t *v, unsigned n)
{
	struct mmt_event ev = { .kind = (uint16_t)kind, .time = time };

	memcpy(ev.v, v, n * sizeof(*v));
	if (compare_row(&r->c, &ev, r->dict, &r->h.err) < 0)
		r->h.broken = true;
}
#define FEED(r, kind, time, ...)                                        \
	feed(r, MMT_EV_##kind, time, (const uint64_t[]){ __VA_ARGS__ }, \
	     sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static bool rig_start(struct rig *r)
{
	host_start(&r->h);
	r->dict = mmt_dict_new(&r->h.alloc);
	return !r->h.broken && r->dict &&
	       compare_init(&r->c, &r->h.alloc, r->h.sys, true, 100, NULL, &r->h.err) == 0;
}

static void rig_stop(struct rig *r)
{
	compare_free(&r->c);
	mmt_dict_free(r->dict);
	host_stop(&r->h);
}

#define ZONE_ROW 0, ZONE_DMA32, 4096, 12288, 12288, 12000, 7, 1, 2, 3, 4, 0

/* The zones are read at 500, the rows stand in the file before the event of 450: the model is
 * looked at between 450 and 600. */
TEST(the_model_is_seen_at_the_moment_the_host_was)
{
	struct rig r;

	CHECK(rig_start(&r));
	FEED(&r, snapshot_begin, 400, MMT_SNAP_LIGHT, 1);
	FEED(&r, snap_zone, 500, ZONE_ROW);
	FEED(&r, snap_buddy, 500, 0, ZONE_DMA32, 0, 9);
	FEED(&r, snap_buddy, 500, 0, ZONE_DMA32, 3, 2);
	FEED(&r, snap_pcp, 500, 0, ZONE_DMA32, 1, 44, 0, 1, 0, 0);
	FEED(&r, snapshot_end, 510, MMT_SNAP_LIGHT, 1);
	CHECK_EQ(compare_before(&r.c, 450, &r.h.err), 0);
	CHECK_EQ(r.c.nr, 0);
	CHECK(host_alloc(&r.h, 0, GFP_DMA32 | GFP_KERNEL, 9) != PFN_NONE);
	CHECK_EQ(compare_before(&r.c, 600, &r.h.err), 0);
	CHECK(host_alloc(&r.h, 0, GFP_DMA32 | GFP_KERNEL, 9) != PFN_NONE);
	CHECK_EQ(r.c.nr, 1);
	CHECK(!r.h.broken);
	CHECK_EQ(r.c.time[0], 400);
	/* exact over buddyinfo, 9 + 2 * 8, not zoneinfo's 7 */
	CHECK_EQ(r.c.sample[1].recorded_free, 25);
	CHECK_EQ(r.c.sample[1].recorded_pcp, 44);
	CHECK_EQ(r.c.sample[1].free, 12000 - 512);
	CHECK_EQ(r.c.sample[1].recorded_blocks[3], 2);
	/* a zone that the snapshot left out has no other side */
	CHECK(!r.c.sample[0].recorded);
	CHECK_EQ(compare_finish(&r.c, &r.h.err), 0);
	CHECK(r.c.nr_fidelity > 0);
	for (size_t i = 0; i < r.c.nr_fidelity; i++)
		CHECK_STR(r.c.fidelity[i].zone, "DMA32");
	rig_stop(&r);
}

/* A snapshot at the very end has no event behind it; one that was cut off is not compared. */
TEST(the_last_snapshot_counts_and_a_torn_one_does_not)
{
	struct rig r;

	CHECK(rig_start(&r));
	FEED(&r, snapshot_begin, 400, MMT_SNAP_LIGHT, 1);
	FEED(&r, snap_zone, 500, ZONE_ROW);
	FEED(&r, snapshot_begin, 700, MMT_SNAP_END, 2);
	FEED(&r, snap_zone, 710, ZONE_ROW);
	FEED(&r, snapshot_end, 720, MMT_SNAP_END, 2);
	CHECK_EQ(r.c.nr, 0);
	CHECK_EQ(compare_finish(&r.c, &r.h.err), 0);
	CHECK_EQ(r.c.nr, 1);
	CHECK_EQ(r.c.time[0], 610);
	rig_stop(&r);
}

static void light(struct rig *r, uint64_t seq, bool changes, uint64_t order, uint64_t blocks)
{
	uint64_t time = 400 + 100 * seq;

	FEED(r, snapshot_begin, time, MMT_SNAP_LIGHT, seq, changes);
	FEED(r, snap_zone, time + 10, ZONE_ROW);
	FEED(r, snap_buddy, time + 10, 0, ZONE_DMA32, order, blocks);
	FEED(r, snapshot_end, time + 20, MMT_SNAP_LIGHT, seq);
}

/*
 *	1 whole        2 changes      3 is lost   4 changes   5 changes   6 whole
 *	9 of order 0   2 of order 3                                       5 of order 1
 *	9              9 + 2 * 8                  what is as it was in 3  5 * 2
 *	                                          is not known
 */
TEST(what_a_snapshot_of_changes_leaves_out_is_as_it_was)
{
	static const uint64_t free[] = { 9, 25, 0, 0, 10 };
	struct rig r;

	CHECK(rig_start(&r));
	light(&r, 1, false, 0, 9);
	light(&r, 2, true, 3, 2);
	light(&r, 4, true, 0, 8);
	light(&r, 5, true, 0, 7);
	light(&r, 6, false, 1, 5);
	CHECK_EQ(compare_finish(&r.c, &r.h.err), 0);
	CHECK(!r.h.broken);
	CHECK_EQ(r.c.nr, 5);
	for (size_t i = 0; i < r.c.nr && i < 5; i++) {
		CHECK_EQ(r.c.sample[i * r.c.nr_zones + 1].recorded, free[i] != 0);
		CHECK_EQ(r.c.sample[i * r.c.nr_zones + 1].recorded_free, free[i]);
	}
	rig_stop(&r);
}

/* Rows beyond the limits of a machine name themselves. */
TEST(rows_beyond_a_machine_are_refused)
{
	static const struct {
		unsigned kind;
		uint64_t v[12];
		const char *text;
	} bad[] = {
		{ MMT_EV_snap_zone, { 4000000000, 1 }, "node 4000000000 exceeds 63" },
		{ MMT_EV_snap_zone, { 0, 9 }, "zone 9 exceeds 4" },
		{ MMT_EV_snap_zone, { 0, 1, UINT32_MAX, 1 }, "start_pfn" },
		{ MMT_EV_snap_zone, { 0, 1, 4096, UINT32_MAX }, "spanned" },
		{ MMT_EV_snap_zone, { 0, 1, 4096, 10, 11 }, "present 11 exceeds 10" },
		{ MMT_EV_snap_zone, { 0, 1, 4096, 10, 10, 11 }, "managed 11 exceeds 10" },
		{ MMT_EV_snap_pcp, { 0, 1, 1024 }, "cpu 1024 exceeds 1023" },
		{ MMT_EV_snap_pcp, { 0, 1, 0, UINT32_MAX }, "pages" },
		{ MMT_EV_snap_buddy, { 0, 1, 11, 1 }, "order 11 exceeds 10" },
		{ MMT_EV_snap_buddy, { 0, 1, 10, UINT32_MAX }, "blocks" },
		{ MMT_EV_snap_freetype, { 0, 1, 6, 0, 1 }, "migratetype 6 exceeds 5" },
		{ MMT_EV_snap_pageblocks, { 0, 1, 0, UINT32_MAX }, "blocks" },
		{ MMT_EV_snap_protection, { 0, 1, 5, 1 }, "class 5 exceeds 4" },
		{ MMT_EV_snap_cpu, { 5000, 0 }, "cpu 5000" },
		{ MMT_EV_snap_cpu, { 0, 64 }, "node 64" },
		{ MMT_EV_snap_distance, { 0, 64, 10 }, "node 64" },
		{ MMT_EV_snap_distance, { 0, 0, 256 }, "distance 256" },
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct mmt_event ev = { .kind = MMT_EV_snapshot_begin };
		struct mmt_alloc a = MMT_ALLOC_INIT;
		struct mmt_err e = { 0 };
		struct machine m;

		machine_init(&m, &a);
		CHECK_EQ(machine_row(&m, &ev, NULL, &e), 0);
		ev.kind = (uint16_t)bad[i].kind;
		memcpy(ev.v, bad[i].v, sizeof(bad[i].v));
		CHECK_EQ(machine_row(&m, &ev, NULL, &e), -EBADMSG);
		if (!strstr(e.text, bad[i].text))
			printf("# %s\n", e.text);
		CHECK(strstr(e.text, bad[i].text));
		machine_free(&m);
		CHECK_EQ(a.used, 0);
	}
}

TEST(tunables_are_known_by_their_recorded_names)
{
	struct mm_tunables t = mm_default_tunables();

	CHECK(machine_sysctl(&t, "vm.min_free_kbytes", 0, 1234));
	CHECK(t.min_free_kbytes_set);
	CHECK_EQ(t.min_free_kbytes, 1234);
	CHECK(machine_sysctl(&t, "vm.lowmem_reserve_ratio", 2, 64));
	CHECK_EQ(t.lowmem_reserve_ratio[2], 64);
	CHECK(!machine_sysctl(&t, "vm.lowmem_reserve_ratio", 5, 64));
	CHECK(!machine_sysctl(&t, "vm.swappiness", 0, 10));
	CHECK(machine_sysctl(&t, "mempolicy.weighted_interleave.node3", 0, 7));
	CHECK_EQ(t.interleave_weight[3], 7);
	CHECK(machine_sysctl(&t, "mempolicy.weighted_interleave.node3", 0, 1));
	CHECK_EQ(t.interleave_weight[3], 0); /* as if nobody had set it */
	CHECK(!machine_sysctl(&t, "mempolicy.weighted_interleave.node3", 0, 256));
	CHECK(!machine_sysctl(&t, "mempolicy.weighted_interleave.node64", 0, 2));
	CHECK(!machine_sysctl(&t, "mempolicy.weighted_interleave.node3x", 0, 2));
	CHECK(!machine_sysctl(&t, "mempolicy.weighted_interleave.node", 0, 2));
	CHECK(!machine_sysctl(&t, "mempolicy.weighted_interleave.auto", 0, 1));
	CHECK(machine_setting(&t, "thp.enabled", "never"));
	CHECK(!t.thp);
	CHECK(machine_setting(&t, "thp.enabled", "always [madvise] never"));
	CHECK(t.thp);
	CHECK(machine_setting_text(&t, "vm.lowmem_reserve_ratio", "1\t2\t3"));
	CHECK_EQ(t.lowmem_reserve_ratio[0], 1);
	CHECK_EQ(t.lowmem_reserve_ratio[2], 3);
}

TEST_MAIN
