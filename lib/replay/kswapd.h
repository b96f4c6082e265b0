/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When kswapd was at work.
 */
#ifndef REPLAY_KSWAPD_H
#define REPLAY_KSWAPD_H

#include "lib/mm/mm.h"
#include "lib/trace/event.h"

/* The last pass of a node's kswapd. */
struct kswapd_pass {
	uint32_t task;
	uint8_t order;
	bool open; /* it goes on */
};

struct kswapd {
	struct kswapd_pass pass[MM_MAX_NODES];
	bool sleeps; /* the trace tells when it does */
};

/* An event of kswapd's: mm_vmscan_kswapd_wake, mm_vmscan_kswapd_sleep, mm_compaction_suitable. */
void kswapd_event(struct kswapd *k, struct mm_system *sys, const struct mmt_event *ev);

#endif
