// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passes of kswapd as they were recorded: when zones lose their boost, and which.
 */
#include "lib/replay/kswapd.h"
#include "tests/unit/mm_machine.h"

#define KSWAPD 7

static struct kswapd kswapd;
static struct machine m;
static struct mm_system *sys;

static void begin(void)
{
	kswapd = (struct kswapd){ 0 };
	sys = machine_r1(&m, true);
	CHECK(wmark_boost(sys, &sys->zone[R1_DMA]));
	CHECK(wmark_boost(sys, &sys->zone[R1_NORMAL]));
}

static void wake(enum zone_type highest, unsigned order)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_vmscan_kswapd_wake, .task = KSWAPD };

	ev.v[MMT_F(mm_vmscan_kswapd_wake, zone)] = highest;
	ev.v[MMT_F(mm_vmscan_kswapd_wake, order)] = order;
	kswapd_event(&kswapd, sys, &ev);
}

static void look(uint32_t task, unsigned order)
{
	struct mmt_event ev = { .kind = MMT_EV_mm_compaction_suitable, .task = task };

	ev.v[MMT_F(mm_compaction_suitable, order)] = order;
	kswapd_event(&kswapd, sys, &ev);
}

static void fall_asleep(void)
{
	kswapd_event(&kswapd, sys, &(struct mmt_event){ .kind = MMT_EV_mm_vmscan_kswapd_sleep });
}

/* Boosted by 512; a pass sees that; again by 512, which stays when it ends and when kswapd sleeps. */
TEST(a_pass_takes_off_what_it_saw)
{
	begin();
	wake(ZONE_MOVABLE, 0);
	CHECK(sys->zone[R1_NORMAL].reclaim_active);
	CHECK(wmark_boost(sys, &sys->zone[R1_NORMAL]));
	look(3, PAGEBLOCK_ORDER);
	look(KSWAPD, 4);
	CHECK_EQ(sys->zone[R1_NORMAL].boost, 1024);
	look(KSWAPD, PAGEBLOCK_ORDER);
	CHECK_EQ(sys->zone[R1_NORMAL].boost, 512);
	CHECK(!sys->zone[R1_NORMAL].reclaim_active);
	fall_asleep();
	CHECK_EQ(sys->zone[R1_NORMAL].boost, 512);
	CHECK(kswapd.sleeps);
	machine_end(&m);
}

TEST(a_pass_up_to_a_zone_leaves_those_above_it)
{
	begin();
	wake(ZONE_DMA, 0);
	CHECK(!sys->zone[R1_NORMAL].reclaim_active);
	look(KSWAPD, PAGEBLOCK_ORDER);
	CHECK_EQ(sys->zone[R1_DMA].boost, 0);
	CHECK_EQ(sys->zone[R1_NORMAL].boost, 512);
	machine_end(&m);
}

/* A pass for huge pages looks for them all along: it ends when kswapd sleeps. */
TEST(a_pass_for_huge_pages_ends_with_sleep)
{
	begin();
	wake(ZONE_MOVABLE, PAGEBLOCK_ORDER);
	look(KSWAPD, PAGEBLOCK_ORDER);
	CHECK_EQ(sys->zone[R1_NORMAL].boost, 512);
	fall_asleep();
	CHECK_EQ(sys->zone[R1_NORMAL].boost, 0);
	machine_end(&m);
}

TEST_MAIN
