/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated machine: one struct mm_system owns everything, two can run side by side.
 *
 * Words. A *model page* (or frame) is a page of the simulated machine, named by its number, pfn_t;
 * a *block* is 2^order frames whose first is a multiple of 2^order; a *pageblock* is 512 frames
 * that share one migratetype. Sizes are in pages of 4096 bytes unless a name says otherwise.
 *
 * Layers of lib/mm, each calling only those before it:
 *
 *     gfp, profile -> page -> zone -> wmark, zonelist -> buddy -> fallback -> pcp ->
 *     page_alloc -> mempolicy -> mm
 *
 * (page_alloc.c hands a request to slowpath.c, which walks the zones through page_alloc.c again).
 *
 * The one cycle of the real thing, allocation -> reclaim -> allocation, is struct mm_hooks: the
 * slow path of page_alloc.c asks for reclaim, compaction and the OOM killer through it, and knows
 * nothing of who answers.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"

typedef uint32_t pfn_t;
#define PFN_NONE	UINT32_MAX

#define PAGE_SHIFT	12
#define MAX_PAGE_ORDER	10
#define NR_PAGE_ORDERS	(MAX_PAGE_ORDER + 1)
#define PAGEBLOCK_ORDER 9
#define PAGEBLOCK_PAGES (1u << PAGEBLOCK_ORDER)

#define MM_MAX_NODES	64
#define MM_MAX_CPUS	1024

/* Numbered as on x86-64 without highmem (KAT 1.1a). */
enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_MOVABLE, ZONE_DEVICE, MAX_NR_ZONES };

/* KAT 2.2b; the first three are the ordinary types, the first four have PCP-able requests. */
enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_HIGHATOMIC,
	MIGRATE_CMA,
	MIGRATE_ISOLATE,
	MIGRATE_TYPES
};

enum zone_watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, WMARK_PROMO, NR_WMARK };

/* Which kernel release's behaviour to follow, where releases differ. */
enum mm_profile { MM_PROFILE_6_1, MM_PROFILE_6_12, MM_PROFILE_6_18, NR_MM_PROFILES };

/* "6.12": as model.profile spells it. */
const char *mm_profile_name(enum mm_profile profile);
/* Whether it is that release's own. */
bool mm_profile_is(enum mm_profile profile, unsigned major, unsigned minor);
/* The newest profile that is not newer than a release; the oldest one if all are. */
enum mm_profile mm_profile_for(unsigned major, unsigned minor);

struct mm_system;

struct mm_zone_config {
	unsigned node;
	enum zone_type type;
	pfn_t start;
	pfn_t spanned, present, managed;
};

/* Bits of vm.zone_reclaim_mode that a kernel looks at: reclaim, write, unmap. */
#define ZONE_RECLAIM_BITS 7u

/* The tunables of this part of the model, in the kernel's own names and units (sysctl/vm). */
struct mm_tunables {
	bool min_free_kbytes_set; /* false: the automatic value, khugepaged's raise included */
	uint32_t min_free_kbytes;
	uint32_t watermark_scale_factor;	     /* 1..3000, in 1/10000 of managed pages */
	uint32_t watermark_boost_factor;	     /* in 1/10000 of the high watermark; 0: off */
	uint32_t lowmem_reserve_ratio[MAX_NR_ZONES]; /* 0: no reserve */
	uint32_t percpu_pagelist_high_fraction;	     /* 0 or >= 8 */
	uint32_t zone_reclaim_mode;		     /* ZONE_RECLAIM_BITS; 0: off */
	uint8_t interleave_weight[MM_MAX_NODES];     /* of weighted interleave; 0: 1 */
	bool thp;				     /* khugepaged runs: raises min_free_kbytes */
};

struct mm_config {
	enum mm_profile profile;
	unsigned nr_nodes;		    /* 1..MM_MAX_NODES */
	unsigned nr_cpus;		    /* 1..MM_MAX_CPUS */
	const unsigned *node_of_cpu;	    /* nr_cpus entries; NULL: cpu * nodes / cpus */
	const uint8_t *distance;	    /* nr_nodes x nr_nodes; NULL: 10 local, 20 remote */
	const struct mm_zone_config *zones; /* in ascending start pfn, not overlapping */
	unsigned nr_zones;
	struct mm_tunables tunables;
	uint64_t seed;
};

/* Linux defaults (6.12, x86-64): 10, 15000, 256 256 32 0 0, 0, automatic min_free_kbytes, THP on.
 */
struct mm_tunables mm_default_tunables(void);

/* A machine whose frames are all in use by nobody (boot reservations); say what is free with
 * mm_seed_*. The caller owns it. NULL: @e says why (limits, overlap, memory). */
struct mm_system *mm_create(const struct mm_config *config, struct mmt_alloc *a, struct mmt_err *e);
void mm_destroy(struct mm_system *sys);

/* Initial state, before the first allocation. */
/* Every managed frame free in the largest blocks, every pageblock MOVABLE: a machine just booted.
 */
int mm_seed_boot(struct mm_system *sys, struct mmt_err *e);
/* The type of the pageblock that holds @pfn. */
int mm_seed_pageblock(struct mm_system *sys, pfn_t pfn, enum migratetype type, struct mmt_err *e);
/* One free block, appended to the list of its pageblock's type. EINVAL: misaligned, out of a zone,
 * overlapping a free one. */
int mm_seed_free(struct mm_system *sys, pfn_t pfn, unsigned order, struct mmt_err *e);
/* The free block that holds @pfn becomes the first of its list. Its first frame, or PFN_NONE: there is
 * none. */
pfn_t mm_seed_first(struct mm_system *sys, pfn_t pfn);
/* One free block on top of a per-CPU list, whatever the list's size: that of @type, or of the type
 * of its pageblock (MIGRATE_TYPES). EINVAL: as above, or no such CPU, or an order that has no list.
 */
int mm_seed_pcp(struct mm_system *sys, pfn_t pfn, unsigned order, enum migratetype type,
		unsigned cpu, struct mmt_err *e);
/* @count frames in use at the start hold movable content (on an LRU list, say): pageblocks are
 * claimed or not by how much of that they hold. EINVAL: free or outside the zones. */
int mm_seed_movable(struct mm_system *sys, pfn_t pfn, pfn_t count, struct mmt_err *e);
/* Host bytes that page records of @from..@to take at least, once all are named or hold movable
 * content. */
uint64_t mm_frames_bytes(pfn_t from, pfn_t to);
/* @count frames from @pfn come under management during the run (deferred initialisation, hotplug),
 * free, as deferred_grow_zone() would free them. EINVAL, nothing changed: some are already, as what
 * is free, given out or holds movable content is; or there are more than their zone spans. */
int mm_online_pages(struct mm_system *sys, pfn_t pfn, pfn_t count, struct mmt_err *e);

/* Watermarks: from the formulas (also at mm_create), or as a real machine reported them. */
void mm_setup_watermarks(struct mm_system *sys);
/* Change tunables as a sysctl write would: recomputes what depends on them. ERANGE, EINVAL (a
 * weight where there is no such node, or no weighting): @e says which. */
int mm_set_tunables(struct mm_system *sys, const struct mm_tunables *t, struct mmt_err *e);
/* The same, where what is in @written was written, maybe with the value that it had: that also
 * sets the watermarks anew, and ends every boost. */
enum mm_written {
	MM_WRITTEN_MIN_FREE = 1, /* vm.min_free_kbytes */
	MM_WRITTEN_SCALE = 2,	 /* vm.watermark_scale_factor */
	MM_WRITTEN_THP = 4,	 /* thp.enabled */
};
int mm_write_tunables(struct mm_system *sys, const struct mm_tunables *t, unsigned written,
		      struct mmt_err *e);
int mm_override_zone(struct mm_system *sys, unsigned node, enum zone_type type,
		     const uint64_t wmark[NR_WMARK], const uint64_t lowmem_reserve[MAX_NR_ZONES],
		     struct mmt_err *e);
/* As a real machine reported its per-CPU lists: batch and the range high is tuned in. */
int mm_override_pcp(struct mm_system *sys, unsigned node, enum zone_type type, unsigned cpu,
		    uint32_t high, uint32_t high_min, uint32_t high_max, uint32_t batch,
		    struct mmt_err *e);

/* log2 of how many batches the next refill of these lists takes, how many pages were freed in a row, and
 * whether the last of these was a block of order 1 to 3. */
void mm_seed_pcp_state(struct mm_system *sys, unsigned node, enum zone_type type, unsigned cpu,
		       unsigned alloc_factor, uint32_t free_count, bool high_order);

struct mm_alloc_request {
	uint32_t gfp;	       /* canonical bits, gfp.h */
	uint8_t order;	       /* 0..MAX_PAGE_ORDER */
	uint16_t cpu;	       /* that asks */
	int16_t node;	       /* preferred; -1: the node of the CPU */
	uint64_t nodemask;     /* 0: all nodes */
	uint64_t mems_allowed; /* nodes of the task's cpuset; 0: all */
	bool memalloc;	       /* the task has PF_MEMALLOC */
	bool rt_task;	       /* a real-time task that is not in an interrupt */
	bool oom_victim;       /* the task is being killed for memory */
};

/* First frame of a block of 2^order, or PFN_NONE (counted; no error object on this hot path). */
pfn_t mm_alloc_pages(struct mm_system *sys, const struct mm_alloc_request *rq);
/* alloc_pages_bulk(): up to @nr single pages into @pfn; returns how many. @rq.order is 0. */
unsigned mm_alloc_pages_bulk(struct mm_system *sys, const struct mm_alloc_request *rq, unsigned nr,
			     pfn_t *pfn);
/* kvmalloc() of @bytes, more than slabs serve (8 KiB): one block (*@whole), or that many single pages,
 * into @page, which has room for all of these; how many entries. 0: nothing was to be had, or @bytes
 * are none that it serves (counted as invalid). @rq: gfp, CPU and node. */
unsigned mm_kvmalloc(struct mm_system *sys, const struct mm_alloc_request *rq, uint64_t bytes,
		     pfn_t *page, bool *whole);
/* Give back a block. False, counted and nothing changed: not allocated, or another order. */
bool mm_free_pages(struct mm_system *sys, pfn_t pfn, unsigned order, unsigned cpu);
/* The same in an interrupt while the CPU's lists of that zone are locked, past which it goes. */
bool mm_free_pages_locked(struct mm_system *sys, pfn_t pfn, unsigned order, unsigned cpu);
/* Block @pfn is to be freed soon: a hint to the host's caches, true or not. */
void mm_prefetch(const struct mm_system *sys, pfn_t pfn);
/* Frame @pfn lies in a block of the free lists. */
bool mm_is_free(const struct mm_system *sys, pfn_t pfn);
/* The open-loop replay's way to honour a recorded success that the model refused, or a frame that
 * was in use at the start: frees and later knows of blocks the model never gave. */
bool mm_is_allocated(const struct mm_system *sys, pfn_t pfn, unsigned order);

/* NUMA memory policies (KAT 4.3), numbered as Linux numbers them. */
enum mm_mempolicy_mode {
	MPOL_DEFAULT, /* no policy: of a VMA, that of the task; of a task, the node it runs on */
	MPOL_PREFERRED,
	MPOL_BIND,
	MPOL_INTERLEAVE,
	MPOL_LOCAL,
	MPOL_PREFERRED_MANY,
	MPOL_WEIGHTED_INTERLEAVE,
	NR_MPOL_MODES
};
struct mm_mempolicy {
	enum mm_mempolicy_mode mode;
	uint64_t nodes;	   /* those with memory that the cpuset allows */
	int16_t home_node; /* BIND, PREFERRED_MANY: where to begin; -1: the node of the CPU */
};
/* The policy of a task, and where its interleaving stands. */
struct mm_task_policy {
	struct mm_mempolicy policy;
	uint8_t il_prev;   /* last node taken */
	uint8_t il_weight; /* pages it may still get in a row */
};
/* The policy of a VMA, and which of its pages is wanted. */
struct mm_vma_policy {
	struct mm_mempolicy policy;
	uint64_t base;	 /* of a shared policy: the inode's number */
	uint64_t pgoff;	 /* of the VMA's start */
	uint64_t offset; /* pages from the VMA's start to the one wanted */
};
/* "bind": the mode as a scenario spells it. */
const char *mm_mempolicy_name(enum mm_mempolicy_mode mode);
/* What set_mempolicy() or mbind() make of @mode and @nodes for a task of cpuset @mems_allowed (0:
 * all nodes). EINVAL, nothing changed: nodes where there must be none, or none where there must be
 * one with memory. */
int mm_mempolicy_init(const struct mm_system *sys, struct mm_mempolicy *policy,
		      enum mm_mempolicy_mode mode, uint64_t nodes, uint64_t mems_allowed,
		      struct mmt_err *e);
/* set_mempolicy_home_node(). EOPNOTSUPP: neither BIND nor PREFERRED_MANY; EINVAL: no such node. */
int mm_mempolicy_set_home(const struct mm_system *sys, struct mm_mempolicy *policy, unsigned node,
			  struct mmt_err *e);
/* A task gets a policy: its interleaving begins anew if the policy interleaves. */
void mm_task_set_policy(struct mm_task_policy *task, const struct mm_mempolicy *policy);
/* alloc_pages_mpol(): as mm_alloc_pages(), where the policies say; @rq.nodemask is theirs to set.
 * @task NULL: a task without policy, or an interrupt. @vma NULL: not for a page of a VMA. */
pfn_t mm_alloc_pages_mpol(struct mm_system *sys, const struct mm_alloc_request *rq,
			  struct mm_task_policy *task, const struct mm_vma_policy *vma);

/* alloc_pages_bulk_mempolicy(): as mm_alloc_pages_bulk(), where the task's policy says. */
unsigned mm_alloc_pages_bulk_mpol(struct mm_system *sys, const struct mm_alloc_request *rq,
				  struct mm_task_policy *task, unsigned nr, pfn_t *pfn);

/* Why the OOM killer may look at some tasks only (constrained_alloc()). */
enum mm_oom_constraint { MM_OOM_NONE, MM_OOM_CPUSET, MM_OOM_MEMORY_POLICY };
enum mm_oom_constraint mm_oom_constraint(const struct mm_system *sys,
					 const struct mm_alloc_request *rq);

/* Order of the block given out that holds @pfn, whose first frame is stored in @head; -1: none. */
int mm_find_allocated(const struct mm_system *sys, pfn_t pfn, pfn_t *head);
/* split_page(): a block given out at @order becomes blocks given out at @to, which may then be
 * freed one by one. False, nothing changed: no such block, or no host memory. */
bool mm_split_page(struct mm_system *sys, pfn_t pfn, unsigned order, unsigned to);

/* Free pages leave the buddy lists of a zone for a compactor: a block that is then given out, and
 * freed like any other. Of the first free block that reaches into @from..@end, as much as fits
 * there and is no larger than @pages: its first frame, its order in @order. PFN_NONE: there is none
 * (or no host memory). */
pfn_t mm_isolate_range(struct mm_system *sys, pfn_t from, pfn_t end, pfn_t pages, unsigned *order);
/* The same, a block of @order from the smallest that is in the lists, MOVABLE first. */
pfn_t mm_isolate_any(struct mm_system *sys, unsigned zone_index, unsigned order);

/* Periodic and explicit work. */
void mm_drain_all_pages(struct mm_system *sys); /* drain_all_pages() */
/* drain_pages_zone(): the lists of @cpu in one zone. */
void mm_drain_pages_zone(struct mm_system *sys, unsigned zone_index, unsigned cpu);
void mm_vmstat_tick(struct mm_system *sys, unsigned cpu); /* vmstat_update(): PCP decay */
/* quiet_vmstat(): @cpu goes idle, and adds what it counted to the zones' counters. */
void mm_quiet_vmstat(struct mm_system *sys, unsigned cpu);
/* At the next tick the lists of @cpu in zones of @nodes have been idle for long, and those of other
 * nodes but its own have not: what a real machine's drains told. */
void mm_set_expired(struct mm_system *sys, unsigned cpu, uint64_t nodes);
/* From now on each CPU counts up to stat_threshold free pages of a zone for itself, as on a real
 * machine; before, watermark checks are exact. Thresholds are those of the zones' sizes. */
void mm_let_counters_drift(struct mm_system *sys);
/* kswapd of @node woke up, or goes to sleep: meanwhile the thresholds of its zones are such that all CPUs
 * hide no more than lies between two watermarks (of one CPU: only if it could hide more). */
void mm_set_stat_pressure(struct mm_system *sys, unsigned node, bool awake);
void mm_drop_boost(struct mm_system *sys, unsigned node); /* what kswapd does after its pass */
/* A pass of a node's kswapd begins, for its zones up to @highest, and sees what these are boosted
 * by; it ends, and takes that off. */
void mm_begin_pass(struct mm_system *sys, unsigned node, enum zone_type highest);
void mm_end_pass(struct mm_system *sys, unsigned node);

/* kswapd of @node begins or ends a pass over its zones up to @highest: PCP lists stay short. */
void mm_set_reclaim_active(struct mm_system *sys, unsigned node, enum zone_type highest,
			   bool active);

/* How compaction for a request ended, as far as the slow path cares. */
enum mm_compact_result {
	MM_COMPACT_SKIPPED,  /* too little free memory to move pages into */
	MM_COMPACT_DEFERRED, /* failed lately: not tried */
	MM_COMPACT_COMPLETE, /* everything was scanned, no block came of it */
	MM_COMPACT_SUCCESS,  /* a block of the order may be free now */
};

/* What reclaim of one node came to, before a request goes to the next one. */
enum mm_node_reclaim {
	MM_NODE_RECLAIM_FULL, /* too little there to be worth a scan */
	MM_NODE_RECLAIM_SOME, /* scanned, less was freed than asked for */
	MM_NODE_RECLAIM_SUCCESS,
};

/* What the slow path asks of others; NULL members answer "no progress". */
struct mm_hooks {
	void *ctx;
	/* Wake kswapd of @node for @order and zones up to @highest. */
	void (*wake_kswapd)(void *ctx, unsigned node, unsigned order, enum zone_type highest);
	/* try_to_free_pages(): pages freed. */
	uint64_t (*direct_reclaim)(void *ctx, const struct mm_alloc_request *rq);
	/* Pages of a zone that reclaim might still free (zone_reclaimable_pages()); NULL: 0. */
	uint64_t (*reclaimable)(void *ctx, unsigned node, enum zone_type type);
	/* try_to_compact_pages() at @priority (0 SYNC_FULL, 1 SYNC_LIGHT, 2 ASYNC); NULL: skipped.
	 */
	enum mm_compact_result (*direct_compact)(void *ctx, const struct mm_alloc_request *rq,
						 unsigned priority);
	/* out_of_memory(): whether a victim was found. */
	bool (*out_of_memory)(void *ctx, const struct mm_alloc_request *rq);
	/* __node_reclaim() with vm.zone_reclaim_mode: 2^order pages of @node. */
	enum mm_node_reclaim (*node_reclaim)(void *ctx, unsigned node,
					     const struct mm_alloc_request *rq);
};
/* Copies @hooks; NULL: none. */
void mm_set_hooks(struct mm_system *sys, const struct mm_hooks *hooks);

/* compaction_capture(): from begin to end, the first block of the request's order that comes free
 * in the zone is kept for the request rather than listed; it is the request's when direct_compact()
 * returns. The compactor asks mm_captured() whether it may stop. */
void mm_capture_begin(struct mm_system *sys, unsigned zone_index,
		      const struct mm_alloc_request *rq);
bool mm_captured(const struct mm_system *sys);
void mm_capture_end(struct mm_system *sys);

/* "DMA", "DMA32", "Normal", "Movable", "Device". */
const char *mm_zone_name(enum zone_type type);

/* What can be seen of a zone at one moment. */
struct mm_zone_view {
	unsigned node;
	enum zone_type type;
	const char *name;
	pfn_t start, spanned, present, managed;
	uint64_t free;		  /* NR_FREE_PAGES: in free lists, PCP lists not counted */
	uint64_t pcp;		  /* in all PCP lists */
	uint64_t wmark[NR_WMARK]; /* boost included */
	uint64_t boost;
	uint64_t lowmem_reserve[MAX_NR_ZONES];
	uint64_t nr_free[NR_PAGE_ORDERS];		 /* blocks, as /proc/buddyinfo */
	uint64_t by_type[MIGRATE_TYPES][NR_PAGE_ORDERS]; /* blocks, as /proc/pagetypeinfo */
	uint64_t pageblocks[MIGRATE_TYPES];		 /* those that begin in the zone */
	uint64_t isolated;	      /* pages in free lists that NR_FREE_PAGES leaves out */
	uint64_t reserved_highatomic; /* pages of pageblocks set aside */
	uint64_t used, allocated;     /* in use; of these, given out by the model */
	uint64_t numa_hit, numa_miss, numa_foreign, numa_local, numa_other;
	uint64_t numa_interleave;
};
unsigned mm_nr_zones(const struct mm_system *sys);
/* With those that have no zone. */
unsigned mm_nr_nodes(const struct mm_system *sys);
void mm_view_zone(const struct mm_system *sys, unsigned index, struct mm_zone_view *v);
struct mm_pcp_view {
	uint32_t count, high, high_min, high_max, batch;
};
void mm_view_pcp(const struct mm_system *sys, unsigned zone_index, unsigned cpu,
		 struct mm_pcp_view *v);
/* The block that the @i-th next request of @order and @type gets from the lists of @cpu, in the zone of
 * @pfn; PFN_NONE: there is none without a refill. */
pfn_t mm_pcp_entry(const struct mm_system *sys, pfn_t pfn, unsigned cpu, unsigned order,
		   enum migratetype type, unsigned i);
/* Pages in the free lists of a zone; *@pcp: in its per-CPU lists. */
uint64_t mm_zone_free(const struct mm_system *sys, unsigned index, uint64_t *pcp);
/* Index of the zone that holds @pfn, or -1. */
int mm_zone_of(const struct mm_system *sys, pfn_t pfn);
enum migratetype mm_pageblock_type(const struct mm_system *sys, pfn_t pfn);

/* Counters since the start, spelled as in /proc/vmstat where that has them. */
unsigned mm_nr_counters(void);
const char *mm_counter_name(unsigned i);
uint64_t mm_counter(const struct mm_system *sys, unsigned i);

/* fragmentation_index() and unusable_free_index() of mm/vmstat.c, in thousandths; the former is
 * -1000 when a block of the order is free. */
int mm_extfrag_index(const struct mm_zone_view *v, unsigned order);
int mm_unusable_index(const struct mm_zone_view *v, unsigned order);

/* min_free_kbytes in force, and calculate_totalreserve_pages(). */
uint32_t mm_min_free_kbytes(const struct mm_system *sys);
uint64_t mm_totalreserve_pages(const struct mm_system *sys);
/* Host memory ran out while recording a split: some request was refused that the machine could have
 * served. Whoever runs the model should stop and say so. */
bool mm_host_failed(const struct mm_system *sys);
/* Host bytes of page records that were written and of per-CPU lists, for the record. */
uint64_t mm_touched_bytes(const struct mm_system *sys);

/* Invariants, numbered in the Theory blocks. Level 1: sums; 2: every list; 3: every frame.
 * 0, or -EUCLEAN with @e naming the first one broken. */
int mm_check(const struct mm_system *sys, int level, struct mmt_err *e);

#endif
