/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a CPU's lists of a zone may be at least and at most. Since 6.7 the kernel tunes their
 * length within these limits, which it computed when fewer pages were managed than are now, and
 * prints in /proc/zoneinfo since 6.18 only.
 *
 * Theory. Each node's kswapd is a thread that was given the node, whose zones hold the limits; it is
 * met when all tasks are told.
 */
#ifndef MMT_BPF_LIMITS_H
#define MMT_BPF_LIMITS_H

#include "bpf/reclaim.bpf.h"

#define PF_KSWAPD 0x20000

struct rec_limits list_limits[REC_LISTS_NODES][REC_LISTS_ZONES] = {};

/* The kernel's zones are larger than ours here: only a constant index is told their place. */
#define LIST_LIMITS(n)                                                                     \
	if (bpf_core_field_exists(node->node_zones[n]) &&                                  \
	    bpf_core_field_exists(node->node_zones[n].pageset_high_max)) {                 \
		struct zone *zone = __builtin_preserve_access_index(&node->node_zones[n]); \
                                                                                           \
		list_limits[id][n].least = (u32)BPF_CORE_READ(zone, pageset_high_min);     \
		list_limits[id][n].most = (u32)BPF_CORE_READ(zone, pageset_high_max);      \
		list_limits[id][n].zone = zone_name(zone);                                 \
	}

static __always_inline void note_limits(struct task_struct *kswapd)
{
	struct kthread *thread = BPF_CORE_READ(kswapd, worker_private);
	struct pglist_data *node = BPF_CORE_READ(thread, data);
	u32 id = (u32)BPF_CORE_READ(node, node_id);

	if (id >= REC_LISTS_NODES)
		return;
	LIST_LIMITS(0)
	LIST_LIMITS(1)
	LIST_LIMITS(2)
	LIST_LIMITS(3)
}

#endif
