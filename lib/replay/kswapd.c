// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passes of kswapd, as they were recorded. What they freed are frees like others; what the model
 * takes from them is when zones were under reclaim, and when they lost their boost:
 *
 *	4.4938	a pageblock is claimed		the zone is boosted by 512 pages: requests pass it by
 *	4.4947	kswapd wakes, up to DMA32	the pass sees 512
 *	4.4958	compaction_suitable, order 9	the pass is over: 512 less
 *	4.4989	another claim			boosted again
 *	4.6071	kswapd sleeps			nothing: it had been waiting for that since 4.4958
 *
 * Reference: Linux 6.12 mm/vmscan.c balance_pgdat(), which looks at its end whether kcompactd may
 * join pageblocks if zones were boosted (wakeup_kcompactd()); kswapd_try_to_sleep(), which waits for
 * a tenth of a second first.
 *
 * I1  A pass takes off what zones up to its highest were boosted by when it began, and no more.
 *
 * Differs from the host: a pass over zones without boost ends when kswapd sleeps, a tenth of a second
 * late, for nothing tells it.
 *
 * Cost: a walk over the zones for each pass.
 */
#include "lib/replay/kswapd.h"

static void begin(struct kswapd_pass *pass, struct mm_system *sys, unsigned node,
		  const struct mmt_event *ev)
{
	uint64_t highest = ev->v[MMT_F(mm_vmscan_kswapd_wake, zone)];
	uint64_t order = ev->v[MMT_F(mm_vmscan_kswapd_wake, order)];

	*pass = (struct kswapd_pass){ .task = ev->task,
				      .order = (uint8_t)(order < UINT8_MAX ? order : UINT8_MAX),
				      .open = true };
	mm_set_stat_pressure(sys, node, true);
	mm_begin_pass(sys, node, highest < MAX_NR_ZONES ? (enum zone_type)highest : ZONE_MOVABLE);
}

static void end(struct kswapd_pass *pass, struct mm_system *sys, unsigned node)
{
	if (pass->open)
		mm_end_pass(sys, node);
	pass->open = false;
}

/* Passes for huge pages look at that all along. */
static bool is_last_look(const struct kswapd_pass *pass, const struct mmt_event *ev)
{
	return pass->task == ev->task && pass->order < PAGEBLOCK_ORDER &&
	       ev->v[MMT_F(mm_compaction_suitable, order)] == PAGEBLOCK_ORDER;
}

void kswapd_event(struct kswapd *k, struct mm_system *sys, const struct mmt_event *ev)
{
	uint64_t node = ev->v[0];

	if (ev->kind == MMT_EV_mm_vmscan_kswapd_sleep)
		k->sleeps = true;
	if (node >= MM_MAX_NODES)
		return;
	if (ev->kind == MMT_EV_mm_vmscan_kswapd_sleep)
		mm_set_stat_pressure(sys, (unsigned)node, false);
	if (ev->kind == MMT_EV_mm_vmscan_kswapd_wake)
		begin(&k->pass[node], sys, (unsigned)node, ev);
	else if (ev->kind == MMT_EV_mm_vmscan_kswapd_sleep || is_last_look(&k->pass[node], ev))
		end(&k->pass[node], sys, (unsigned)node);
}
