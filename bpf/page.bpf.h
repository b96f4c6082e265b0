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
	u64 page = ctx[0], word;
	u32 order = ctx[1], gfp = ctx[2], aux;

	if (!recording)
		return 0;
	if (filtered) {
		bool want = wanted();

		mark_frames(page, order, want);
		if (!want)
			return 0;
	}
	aux = REC_PAGE_AUX(order & 63, (u32)ctx[3] & 15, !page);
	word = (u32)(page >> 6) | (u64)gfp << 32;
	if ((gfp & (GFP_USER_PAGE | GFP_WRITE)) == GFP_USER_PAGE)
		return EMIT_CLOCK(MMT_EV_mm_page_alloc, aux, CLOCK_FAULT, 0, word);
	return EMIT_CLOCK(MMT_EV_mm_page_alloc, aux, CLOCK_READ, 0, word);
}

SEC("raw_tp/mm_page_free") int mm_page_free(u64 *ctx)
{
	u64 page = ctx[0];
	u32 order = ctx[1];

	if (!recording || !wanted_frame(page))
		return 0;
	return EMIT_FILE(MMT_EV_mm_page_free, REC_PAGE_AUX(order & 63, 0, 0), 0, (u32)(page >> 6));
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
	return recording ? EMIT_CLOCK(MMT_EV_mm_page_alloc_zone_locked, 0, CLOCK_BURST, 0, ctx[0],
				      (u32)ctx[1], (u32)ctx[2], (u32)ctx[3])
			 : 0;
}

SEC("raw_tp/mm_page_pcpu_drain") int mm_page_pcpu_drain(u64 *ctx)
{
	return recording ? EMIT_CLOCK(MMT_EV_mm_page_pcpu_drain, 0, CLOCK_BURST, 0, ctx[0],
				      (u32)ctx[1], (u32)ctx[2])
			 : 0;
}

#endif
