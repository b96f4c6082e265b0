/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where struct page 0 lies: at one allocation the raw tracepoint shows the page's address and the
 * classic one its frame number. Which of the two programs runs first is the kernel's choice, so
 * both note the other's last value; user space takes the pairing that agrees with itself.
 */
#ifndef MMT_BPF_CALIBRATE_H
#define MMT_BPF_CALIBRATE_H

#include "bpf/ring.bpf.h"

#define CALIBRATIONS 64

volatile u32 calibrating = 0; /* the thread whose allocations count */
volatile u32 nr_raw = 0, nr_classic = 0;
volatile u64 last_page = 0, last_pfn = 0;
volatile u64 raw_page[CALIBRATIONS] = {}; /* address, and the frame number seen before it */
volatile u64 raw_pfn[CALIBRATIONS] = {};
volatile u64 classic_page[CALIBRATIONS] = {}; /* the address seen before, and the frame number */
volatile u64 classic_pfn[CALIBRATIONS] = {};

SEC("raw_tp/mm_page_alloc") int calibrate_raw(u64 *ctx)
{
	u32 n = nr_raw;

	if ((u32)bpf_get_current_pid_tgid() != calibrating || n >= CALIBRATIONS)
		return 0;
	last_page = ctx[0];
	raw_page[n] = ctx[0];
	raw_pfn[n] = last_pfn;
	nr_raw = n + 1;
	return 0;
}

struct page_alloc_context {
	u64 common;
	u64 pfn;
};

SEC("tracepoint") int calibrate_classic(struct page_alloc_context *ctx)
{
	u32 n = nr_classic;

	if ((u32)bpf_get_current_pid_tgid() != calibrating || n >= CALIBRATIONS)
		return 0;
	last_pfn = ctx->pfn;
	classic_pfn[n] = ctx->pfn;
	classic_page[n] = last_page;
	nr_classic = n + 1;
	return 0;
}

#endif
