/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event counters, in the spelling of /proc/vmstat or of the kernel's tracepoints where one of them
 * has the event; the others have names of our own.
 */
#ifndef MM_COUNTERS_H
#define MM_COUNTERS_H

/* Counted per zone, shown as sums. ALLOC counts requests served and PGALLOC their pages; hits and
 * local ones are what is left of ALLOC, so that the common case counts once. */
#define MM_ZONE_COUNTERS(X)                       \
	X(PGALLOC, NULL)                          \
	X(ALLOC, NULL)                            \
	X(NUMA_MISS, "numa_miss")                 \
	X(NUMA_FOREIGN, "numa_foreign")           \
	X(NUMA_INTERLEAVE_HIT, "numa_interleave") \
	X(NUMA_OTHER, "numa_other")

#define MM_COUNTERS(X)                                   \
	X(PGALLOC_DMA, "pgalloc_dma")                    \
	X(PGALLOC_DMA32, "pgalloc_dma32")                \
	X(PGALLOC_NORMAL, "pgalloc_normal")              \
	X(PGALLOC_MOVABLE, "pgalloc_movable")            \
	X(PGALLOC_DEVICE, "pgalloc_device")              \
	X(PGFREE, "pgfree")                              \
	X(ALLOCSTALL_DMA, "allocstall_dma")              \
	X(ALLOCSTALL_DMA32, "allocstall_dma32")          \
	X(ALLOCSTALL_NORMAL, "allocstall_normal")        \
	X(ALLOCSTALL_MOVABLE, "allocstall_movable")      \
	X(ALLOCSTALL_DEVICE, "allocstall_device")        \
	X(COMPACT_STALL, "compact_stall")                \
	X(COMPACT_FAIL, "compact_fail")                  \
	X(COMPACT_SUCCESS, "compact_success")            \
	X(COMPACT_CAPTURE, "compact_capture")            \
	X(ZONE_RECLAIM_SUCCESS, "zone_reclaim_success")  \
	X(ZONE_RECLAIM_FAILED, "zone_reclaim_failed")    \
	X(EXTFRAG, "mm_page_alloc_extfrag")              \
	X(CLAIM, "pageblock_claim")                      \
	X(STEAL, "pageblock_steal")                      \
	X(BOOST, "watermark_boost")                      \
	X(HIGHATOMIC_RESERVE, "highatomic_reserve")      \
	X(HIGHATOMIC_UNRESERVE, "highatomic_unreserve")  \
	X(KSWAPD_WAKE, "kswapd_wake_calls")              \
	X(SLOWPATH, "alloc_slowpath")                    \
	X(ALLOC_FAIL, "alloc_fail")                      \
	X(ALLOC_INVALID, "alloc_invalid")                \
	X(OUT_OF_MEMORY, "out_of_memory_calls")          \
	X(OOM_CPUSET, "oom_constraint_cpuset")           \
	X(OOM_MEMORY_POLICY, "oom_constraint_mempolicy") \
	X(NOFAIL_GAVE_UP, "nofail_gave_up")              \
	X(FREE_DOUBLE, "free_refused_double")            \
	X(FREE_ORDER, "free_refused_order")              \
	X(FREE_RANGE, "free_refused_range")              \
	X(FREE_UNKNOWN, "free_of_used_at_start")         \
	X(PCP_REFILL, "pcp_refill")                      \
	X(PCP_REFILL_PAGES, "pcp_refill_pages")          \
	X(PCP_DRAIN, "pcp_drain")                        \
	X(PCP_DRAIN_PAGES, "pcp_drain_pages")            \
	X(DRAIN_ALL, "drain_all_pages")                  \
	X(LOCK_REFILL, "zone_lock_refill")               \
	X(LOCK_DRAIN, "zone_lock_drain")                 \
	X(LOCK_ALLOC, "zone_lock_alloc")                 \
	X(LOCK_FREE, "zone_lock_free")                   \
	X(LOCK_MOVE_BLOCK, "zone_lock_move_block")       \
	X(LOCK_WATERMARK, "zone_lock_watermark")

enum mm_zone_counter {
#define X(id, name) ZC_##id,
	MM_ZONE_COUNTERS(X)
#undef X
		NR_ZONE_COUNTERS
};

enum mm_counter_id {
#define X(id, name) C_##id,
	MM_COUNTERS(X)
#undef X
		NR_COUNTERS
};

#endif
