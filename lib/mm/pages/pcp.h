/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU page lists: small blocks a CPU takes and gives back without the zone lock.
 */
#ifndef MM_PCP_H
#define MM_PCP_H

#include "lib/mm/gfp.h"
#include "lib/mm/pages/deque.h"
#include "lib/mm/pages/zone.h"

#define PCP_TYPES			  3 /* UNMOVABLE, MOVABLE, RECLAIMABLE */
#define NR_LOWORDER_PCP_LISTS		  (PCP_TYPES * (PAGE_ALLOC_COSTLY_ORDER + 1))
#define NR_PCP_LISTS			  (NR_LOWORDER_PCP_LISTS + 2)
#define PCP_BATCH_SCALE_MAX		  5
#define MIN_PERCPU_PAGELIST_HIGH_FRACTION 8

struct per_cpu_pages {
	int32_t count; /* pages in all lists */
	int32_t high, high_min, high_max;
	int32_t batch;
	/* pages freed in a row; in lists of fixed size: drains in a row; halved by each allocation
	 */
	int32_t free_count;
	int32_t alloc_factor; /* log2 of how many batches the next refill takes */
	bool prev_free_high_order;
	uint8_t expire;	  /* ticks until a remote zone's lists are drained */
	int8_t free_diff; /* pages this CPU moved into the free lists and did not count yet */
	bool active;	  /* used since the last tick */
	struct deque list[NR_PCP_LISTS];
};

/* Empty lists for each CPU of each zone, no sizes yet. */
int pcps_init(struct mm_system *sys, struct mmt_err *e);
void pcps_free(struct mm_system *sys);
/* Host bytes of all lists. */
uint64_t pcps_bytes(const struct mm_system *sys);
/* Pages in the lists of all CPUs of a zone. */
int64_t zone_pcp_pages(const struct mm_system *sys, const struct zone *z);
/* Batch and high range of a zone's lists from its size and watermarks (tunables considered). */
void pcp_setup(struct mm_system *sys, struct zone *z);
/* Pages a zone of @managed pages moves at a time. */
uint32_t zone_batchsize(pfn_t managed);
/* Index of the list for a request, and back. */
unsigned pcp_index(enum migratetype type, unsigned order);
unsigned pcp_order(unsigned index);

static inline bool pcp_allowed_order(unsigned order)
{
	return order <= 3 || order == PAGEBLOCK_ORDER;
}

/* A block of order 0 to 3 that the list of @cpu has; PFN_NONE and nothing changed: it has none. */
pfn_t pcp_take(struct zone *z, unsigned cpu, unsigned order, enum migratetype type);
/* A block from the lists of @cpu, refilled when empty; PFN_NONE: the zone has none. Its record
 * still says PAGE_PCP: the caller sets it. */
pfn_t pcp_alloc(struct mm_system *sys, struct zone *z, unsigned cpu, unsigned order,
		enum migratetype type, uint32_t alloc_flags);
/* The same for one of many blocks in a row, which say nothing of how the CPU frees. */
pfn_t pcp_next(struct mm_system *sys, struct zone *z, unsigned cpu, unsigned order,
	       enum migratetype type, uint32_t alloc_flags);
/* The common case of pcp_free(): a block of order 0 to 3 of a pageblock of @type, for which the
 * list of @cpu has room and after which it has not to be shortened. The caller sets its record.
 * False, nothing changed: another case. */
bool pcp_put(const struct mm_system *sys, struct zone *z, unsigned cpu, pfn_t pfn, unsigned order,
	     enum migratetype type);
/* Put a block into the lists of @cpu, and part of them back to the buddy lists when they are too
 * full. Without host memory for a longer list, which is noted, it goes to the buddy lists at once.
 */
void pcp_free(struct mm_system *sys, struct zone *z, unsigned cpu, pfn_t pfn, unsigned order,
	      enum migratetype type);
/* A block that was there before the first event: nothing drains, no size changes. False: no host
 * memory, nothing changed. */
bool pcp_seed(struct mm_system *sys, struct zone *z, unsigned cpu, pfn_t pfn, unsigned order,
	      enum migratetype type);
/* Everything back to the buddy lists. */
void pcp_drain(struct mm_system *sys, struct zone *z, unsigned cpu);
/* Whether the next pcp_tick() finds the lists of a zone of another node idle for long. */
void pcp_set_expired(struct mm_system *sys, struct zone *z, unsigned cpu, bool expired);
/* One vmstat_update() of @cpu: high decays, idle lists of remote zones are drained. */
void pcp_tick(struct mm_system *sys, struct zone *z, unsigned cpu);

#endif
