/* SPDX-License-Identifier: GPL-2.0-only */
/* Page faults: the address touched and the hardware's error code. */
#ifndef MMT_BPF_FAULT_H
#define MMT_BPF_FAULT_H

#include "bpf/filter.bpf.h"

static __noinline int page_fault_long(u32 kind, u32 code, u64 address)
{
	struct rec_ring *r = own_ring();

	return r && r->on ? INTO_RING(r, put_fault, kind, code, address) : 0;
}

static __always_inline int page_fault(u32 kind, const u64 *ctx)
{
	struct rec_ring *r = own_ring();
	u64 address = ctx[0] >> 63 ? 0 : ctx[0]; /* one of the kernel stays here */
	u64 word = REC_HEAD(kind, 1, ctx[2] & 0xffff, address & 0xffffffff);
	enum run run = kind == MMT_EV_page_fault_user ? RUN_FAULT : RUN_PAGE;
	struct asker by = asker();

	if (!r || (filtered && !judged(r, by)))
		return 0;
	if (put_short(r, by, 0, RUN_NONE, run, &r->high, address >> 32, word))
		return 0;
	return page_fault_long(kind, ctx[2] & 0xffff, address);
}

SEC("raw_tp/page_fault_user") int page_fault_user(u64 *ctx)
{
	return page_fault(MMT_EV_page_fault_user, ctx);
}

SEC("raw_tp/page_fault_kernel") int page_fault_kernel(u64 *ctx)
{
	return page_fault(MMT_EV_page_fault_kernel, ctx);
}

#endif
