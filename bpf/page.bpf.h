/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames: the page allocator's tracepoints. Raw tracepoints give plain numbers, so a page's address
 * can be shifted here; user space makes frame numbers of it. */
#ifndef MMT_BPF_PAGE_H
#define MMT_BPF_PAGE_H

#include "bpf/filter.bpf.h"

#define GFP_USER_PAGE 0x40au /* DIRECT_RECLAIM, HIGHMEM, MOVABLE: what a fault asks with */

static __noinline int frame_long(u32 kind, u32 aux, u64 page, u32 gfp)
{
	struct rec_ring *r = own_ring();

	return r && r->on ? INTO_RING(r, put_frame, kind, aux, (u32)(page >> 6), gfp) : 0;
}

/* Write a record of the frame of struct page @page. */
static __always_inline int frame(u32 kind, u32 aux, u64 page)
{
	struct rec_ring *r = own_ring();
	u64 word = REC_HEAD(kind, 1, aux, page >> 6 & 0xffffffff);

	if (r && put_short(r, asker(), 1, RUN_NONE, RUN_NONE, 0, 0, word))
		return 0;
	return frame_long(kind, aux, page, 0);
}

/* A fault's allocation is the task's own; any other may be for one it works for. */
SEC("raw_tp/mm_page_alloc") int mm_page_alloc(u64 *ctx)
{
	struct rec_ring *r = own_ring();
	u32 aux = REC_PAGE_AUX((u32)ctx[1] & 63, (u32)ctx[3] & 15, !ctx[0]), gfp = ctx[2];
	u64 word = REC_HEAD(MMT_EV_mm_page_alloc, 1, aux, ctx[0] >> 6 & 0xffffffff);
	struct asker by = asker();

	if (!r || (filtered && !wanted_block(r, by, ctx[0], (u32)ctx[1] & 63)))
		return 0;
	if ((gfp & GFP_USER_PAGE) == GFP_USER_PAGE &&
	    put_short(r, by, 1, RUN_FAULT, RUN_PAGE, &r->gfp, gfp, word))
		return 0;
	return frame_long(MMT_EV_mm_page_alloc, aux, ctx[0], gfp);
}

static __always_inline int freed(u64 page, u32 order)
{
	return wanted_frame(page) ? frame(MMT_EV_mm_page_free, REC_PAGE_AUX(order, 0, 0), page) : 0;
}

SEC("raw_tp/mm_page_free") int mm_page_free(u64 *ctx)
{
	struct rec_ring *r = own_ring();

	if (r)
		r->freed = ctx[0] >> 6;
	return freed(ctx[0], (u32)ctx[1] & 63);
}

/*
 * The kernel does not run a program within itself, and pages are freed by the hundred in interrupts
 * (RCU's callbacks free page tables), often within the program above. So this one, which comes
 * behind it, looks whether it ran, and stands in for it: it did not if it has not seen this page,
 * within an interrupt. Elsewhere another page is the last when an interrupt came between the two.
 *
 * Not seen: what interrupts both, or the one above before it has done anything for a page that was
 * the last that it saw; both are counted as lost. Told twice: a page freed by a softirq, if a
 * hardware interrupt that frees another comes between the two programs.
 */
SEC("raw_tp/mm_page_free") int mm_page_free_within(u64 *ctx)
{
	struct rec_ring *r = own_ring();

	if (!r || r->freed == (u32)(ctx[0] >> 6) || !on_interrupt_stack(ctx))
		return 0;
	r->rescued++;
	return freed(ctx[0], (u32)ctx[1] & 63);
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

	return frame(MMT_EV_mm_page_alloc_zone_locked, aux, ctx[0]);
}

SEC("raw_tp/mm_page_pcpu_drain") int mm_page_pcpu_drain(u64 *ctx)
{
	u32 aux = REC_PAGE_AUX((u32)ctx[1] & 63, (u32)ctx[2] & 15, 0);

	return frame(MMT_EV_mm_page_pcpu_drain, aux, ctx[0]);
}

#endif
