/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames: the page allocator's tracepoints. Raw tracepoints give plain numbers, so a page's address
 * can be shifted here; user space makes frame numbers of it. */
#ifndef MMT_BPF_PAGE_H
#define MMT_BPF_PAGE_H

#include "bpf/filter.bpf.h"

#define GFP_USER_PAGE 0x40au  /* DIRECT_RECLAIM, HIGHMEM, MOVABLE: what a fault asks with */
#define GFP_WRITE     0x1000u /* but what write(2) asks with, too */

SEC("raw_tp/mm_page_alloc") int mm_page_alloc(u64 *ctx)
{
	u64 page = ctx[0];
	u32 order = ctx[1], gfp = ctx[2], aux;
	bool user = (gfp & (GFP_USER_PAGE | GFP_WRITE)) == GFP_USER_PAGE;

	if (!recording)
		return 0;
	if (filtered) {
		bool want = wanted();

		mark_frames(page, order, want);
		if (!want)
			return 0;
	}
	aux = REC_PAGE_AUX(order & 63, (u32)ctx[3] & 15, !page);
	return emit_frame(MMT_EV_mm_page_alloc, aux, user ? RUN_GET : RUN_NONE, page, gfp);
}

SEC("raw_tp/mm_page_free") int mm_page_free(u64 *ctx)
{
	u32 order = ctx[1];

	if (!recording || !wanted_frame(ctx[0]))
		return 0;
	return emit_frame(MMT_EV_mm_page_free, REC_PAGE_AUX(order & 63, 0, 0), RUN_GIVE, ctx[0], 0);
}

SEC("raw_tp/mm_page_alloc_extfrag") int mm_page_alloc_extfrag(u64 *ctx)
{
	return recording ? EMIT(mm_page_alloc_extfrag, ctx[0], (u32)ctx[1], (u32)ctx[2],
				(u32)ctx[3], (u32)ctx[4])
			 : 0;
}

/* Refill and drain of a per-CPU list: a run of these under the zone's lock. */
SEC("raw_tp/mm_page_alloc_zone_locked") int mm_page_alloc_zone_locked(u64 *ctx)
{
	u32 aux = REC_PAGE_AUX((u32)ctx[1] & 63, (u32)ctx[2] & 15, (u32)ctx[3] & 1);

	return recording ? emit_frame(MMT_EV_mm_page_alloc_zone_locked, aux, RUN_GET, ctx[0], 0)
			 : 0;
}

SEC("raw_tp/mm_page_pcpu_drain") int mm_page_pcpu_drain(u64 *ctx)
{
	u32 aux = REC_PAGE_AUX((u32)ctx[1] & 63, (u32)ctx[2] & 15, 0);

	return recording ? emit_frame(MMT_EV_mm_page_pcpu_drain, aux, RUN_GIVE, ctx[0], 0) : 0;
}

#endif
