/* SPDX-License-Identifier: GPL-2.0-only */
/* Page faults: the address touched and the hardware's error code. */
#ifndef MMT_BPF_FAULT_H
#define MMT_BPF_FAULT_H

#include "bpf/filter.bpf.h"

/* an address of the kernel stays here */
static __always_inline u64 user_address(u64 address)
{
	return address >> 63 ? 0 : address;
}

SEC("raw_tp/page_fault_user") int page_fault_user(u64 *ctx)
{
	return wanted() ? EMIT_RUN(MMT_EV_page_fault_user, ctx[2] & 0xffff, RUN_GET, 0,
				   user_address(ctx[0]))
			: 0;
}

SEC("raw_tp/page_fault_kernel") int page_fault_kernel(u64 *ctx)
{
	return wanted() ? EMIT_FILE(MMT_EV_page_fault_kernel, ctx[2] & 0xffff, 0,
				    user_address(ctx[0]))
			: 0;
}

#endif
