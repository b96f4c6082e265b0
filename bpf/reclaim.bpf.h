/* SPDX-License-Identifier: GPL-2.0-only */
/* Reclaim, compaction and migration: outcomes, wanted whoever caused them. */
#ifndef MMT_BPF_RECLAIM_H
#define MMT_BPF_RECLAIM_H

#include "bpf/filter.bpf.h"

#define I(n) ((s64)(s32)ctx[n])
#define U(n) ((u64)(u32)ctx[n])
#define L(n) ctx[n]
/* An event whose arguments are plain numbers. */
#define PLAIN(name, ...)                                        \
	SEC("raw_tp/" #name) int name(u64 *ctx)                 \
	{                                                       \
		return recording ? EMIT(name, __VA_ARGS__) : 0; \
	}

PLAIN(mm_vmscan_kswapd_sleep, I(0))
PLAIN(mm_vmscan_kswapd_wake, I(0), I(1), I(2))
PLAIN(mm_vmscan_wakeup_kswapd, I(0), I(1), I(2), U(3))
PLAIN(mm_vmscan_direct_reclaim_begin, I(0), U(1))
PLAIN(mm_vmscan_direct_reclaim_end, L(0))
PLAIN(mm_vmscan_memcg_reclaim_begin, I(0), U(1))
PLAIN(mm_vmscan_memcg_reclaim_end, L(0))
PLAIN(mm_vmscan_memcg_softlimit_reclaim_begin, I(0), U(1))
PLAIN(mm_vmscan_memcg_softlimit_reclaim_end, L(0))
PLAIN(mm_vmscan_node_reclaim_begin, I(0), I(1), U(2))
PLAIN(mm_vmscan_node_reclaim_end, L(0))
PLAIN(mm_vmscan_lru_shrink_active, I(0), L(1), L(2), L(3), L(4), I(5), I(6))
PLAIN(mm_vmscan_throttled, I(0), I(1), I(2), I(3))
PLAIN(mm_compaction_isolate_migratepages, L(0), L(1), L(2), L(3))
PLAIN(mm_compaction_isolate_freepages, L(0), L(1), L(2), L(3))
PLAIN(mm_compaction_fast_isolate_freepages, L(0), L(1), L(2), L(3))
PLAIN(mm_compaction_try_to_compact_pages, I(0), U(1), I(2))
PLAIN(mm_compaction_kcompactd_sleep, I(0))
PLAIN(mm_compaction_kcompactd_wake, I(0), I(1), I(2))
PLAIN(mm_compaction_wakeup_kcompactd, I(0), I(1), I(2))
PLAIN(mm_migrate_pages_start, I(0), I(1))
PLAIN(compact_retry, I(0), I(1), I(2), I(3), I(4), U(5) & 1)

/*
 * Three that release 6.1 tells otherwise; the branch not taken is never verified, so it may name
 * arguments that the kernel does not have.
 */
const volatile bool isolate_has_mode = false;	 /* before lru */
const volatile bool migratepages_has_cc = false; /* for the number of pages */
const volatile bool migrate_has_split = true;	 /* of large folios, before mode and reason */

SEC("raw_tp/mm_vmscan_lru_isolate") int mm_vmscan_lru_isolate(u64 *ctx)
{
	if (!recording)
		return 0;
	if (isolate_has_mode)
		return EMIT(mm_vmscan_lru_isolate, I(0), I(1), L(2), L(3), L(4), L(5), I(7));
	return EMIT(mm_vmscan_lru_isolate, I(0), I(1), L(2), L(3), L(4), L(5), I(6));
}

SEC("raw_tp/mm_compaction_migratepages") int mm_compaction_migratepages(u64 *ctx)
{
	if (!recording)
		return 0;
	if (migratepages_has_cc) {
		struct compact_control *cc = (void *)ctx[0];

		return EMIT(mm_compaction_migratepages, BPF_CORE_READ(cc, nr_migratepages), U(1));
	}
	return EMIT(mm_compaction_migratepages, U(0), U(1));
}

SEC("raw_tp/mm_migrate_pages") int mm_migrate_pages(u64 *ctx)
{
	if (!recording)
		return 0;
	if (migrate_has_split)
		return EMIT(mm_migrate_pages, L(0), L(1), L(2), L(3), L(4), L(5), I(6), I(7));
	return EMIT(mm_migrate_pages, L(0), L(1), L(2), L(3), L(4), 0, I(5), I(6));
}

#define STAT(m) ((u64)stat->m)

SEC("tp_btf/mm_vmscan_lru_shrink_inactive")
int BPF_PROG(mm_vmscan_lru_shrink_inactive, int nid, u64 scanned, u64 reclaimed,
	     struct reclaim_stat *stat, int priority, int file)
{
	return recording ? EMIT(mm_vmscan_lru_shrink_inactive, nid, scanned, reclaimed,
				STAT(nr_dirty), STAT(nr_writeback), STAT(nr_congested),
				STAT(nr_immediate), STAT(nr_activate[0]), STAT(nr_activate[1]),
				STAT(nr_ref_keep), STAT(nr_unmap_fail), priority, file)
			 : 0;
}

SEC("tp_btf/mm_vmscan_reclaim_pages")
int BPF_PROG(mm_vmscan_reclaim_pages, int nid, u64 scanned, u64 reclaimed,
	     struct reclaim_stat *stat)
{
	return recording ? EMIT(mm_vmscan_reclaim_pages, nid, scanned, reclaimed, STAT(nr_dirty),
				STAT(nr_writeback), STAT(nr_congested), STAT(nr_immediate),
				STAT(nr_activate[0]), STAT(nr_activate[1]), STAT(nr_ref_keep),
				STAT(nr_unmap_fail))
			 : 0;
}

/* A zone by the first 8 bytes of its name: its number differs between configurations. */
static __always_inline u64 zone_name(struct zone *zone)
{
	char name[8] = {};

	bpf_probe_read_kernel_str(name, 8, BPF_CORE_READ(zone, name));
	return *(u64 *)name;
}

#define ZONE(zone) BPF_CORE_READ(zone, zone_pgdat, node_id), zone_name(zone)

SEC("tp_btf/mm_compaction_begin")
int BPF_PROG(mm_compaction_begin, struct compact_control *cc, u64 start, u64 end, u32 sync)
{
	struct zone *zone = cc->zone;

	return recording
		       ? EMIT(mm_compaction_begin, ZONE(zone), (s64)cc->order, start, end, sync & 1)
		       : 0;
}

SEC("tp_btf/mm_compaction_end")
int BPF_PROG(mm_compaction_end, struct compact_control *cc, u64 start, u64 end, u32 sync,
	     int status)
{
	struct zone *zone = cc->zone;

	return recording ? EMIT(mm_compaction_end, ZONE(zone), (s64)cc->order, start, end, sync & 1,
				(s64)status)
			 : 0;
}

#define ZONE_RESULT(name)                                                              \
	SEC("tp_btf/" #name) int BPF_PROG(name, struct zone *zone, int order, int ret) \
	{                                                                              \
		return recording ? EMIT(name, ZONE(zone), (s64)order, (s64)ret) : 0;   \
	}
ZONE_RESULT(mm_compaction_finished)
ZONE_RESULT(mm_compaction_suitable)

#define ZONE_ORDER(name)                                                      \
	SEC("tp_btf/" #name) int BPF_PROG(name, struct zone *zone, int order) \
	{                                                                     \
		return recording ? EMIT(name, ZONE(zone), (s64)order) : 0;    \
	}
ZONE_ORDER(mm_compaction_deferred)
ZONE_ORDER(mm_compaction_defer_compaction)
ZONE_ORDER(mm_compaction_defer_reset)

#endif
