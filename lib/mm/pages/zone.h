/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones, nodes and the one object that owns a simulated machine.
 */
#ifndef MM_ZONE_H
#define MM_ZONE_H

#include "lib/mm/counters.h"
#include "lib/mm/pages/page.h"

struct per_cpu_pages;
struct mm_profile_rules;

/* The free blocks of one order. */
struct free_area {
	struct page_list list[MIGRATE_TYPES];
	uint32_t count[MIGRATE_TYPES]; /* blocks in each list */
	uint32_t nr_free;	       /* blocks in all of them */
};

struct zone {
	uint16_t index; /* in mm_system.zone */
	uint16_t node;
	uint8_t type;		/* enum zone_type */
	bool below_high;	/* ZONE_BELOW_HIGH: PCP lists shrink */
	bool boosted;		/* ZONE_BOOSTED_WATERMARK: kswapd is to be woken */
	bool reclaim_active;	/* ZONE_RECLAIM_ACTIVE: kswapd is at work here */
	uint8_t stat_threshold; /* pages a CPU counts for itself; 0: none */
	pfn_t start, end;	/* end = start + spanned */
	pfn_t present, managed;
	/* Pages. managed = free + isolated + in PCP lists + allocated + unknown, always. */
	int64_t free;	   /* in the free lists */
	int64_t uncounted; /* of these, what NR_FREE_PAGES does not have yet: vmstat.h */
	int64_t isolated;
	int64_t allocated;		   /* given out by the model */
	int64_t unknown;		   /* in use since the start */
	int64_t free_cma, free_highatomic; /* of free */
	int64_t reserved_highatomic;	   /* in pageblocks set aside */
	int64_t unusable_highatomic;	   /* of these, what watermark checks leave out */
	int64_t wmark[NR_WMARK];	   /* without boost */
	int64_t boost, boost_seen;	   /* the latter by kswapd's pass */
	int64_t lowmem_reserve[MAX_NR_ZONES];
	uint32_t pageblocks[MIGRATE_TYPES]; /* by type, of those that begin in the zone */
	struct per_cpu_pages *cpu;	    /* one for each CPU */
	const struct mm_profile_rules *rules;
	uint64_t counter[NR_ZONE_COUNTERS];
	struct free_area area[NR_PAGE_ORDERS];
};

/* Zones in the order they are tried. */
struct zonelist {
	struct zone **zone; /* NULL ends it */
	/* Where requests start that may use zone types up to the index, on any node. */
	struct zone **first[MAX_NR_ZONES];
};

struct node {
	int zone[MAX_NR_ZONES]; /* index, or -1 */
	unsigned nr_cpus;
	bool nofragment; /* Normal may leave pageblocks unmixed, since DMA32 can help out */
	struct zonelist fallback, local; /* local: ZONELIST_NOFALLBACK */
};

/* A compactor that waits for a block. */
struct capture {
	uint8_t order; /* NO_CAPTURE: nobody waits, or has what it waited for */
	uint8_t type;  /* migratetype of its request */
	uint16_t zone;
	pfn_t pfn; /* what it got; PFN_NONE: nothing */
};
#define NO_CAPTURE UINT8_MAX

/* What the flags that choose zone and list come to: gfp_zone(), gfp_migratetype(). */
struct gfp_way {
	int8_t highest, type; /* -1: they contradict each other */
};
#define GFP_WAYS 32

struct mm_system {
	struct frames frames;
	struct zone *zone; /* one more than nr_zones: the last is empty and nobody's */
	unsigned nr_zones;
	struct node *node;
	unsigned nr_nodes;
	unsigned nr_cpus;
	uint16_t *node_of_cpu;
	uint8_t *distance;
	uint64_t memory_nodes, normal_nodes; /* with memory; with some below ZONE_MOVABLE */
	uint8_t policy_zone; /* highest zone type with memory, MOVABLE aside: MPOL_BIND begins there
			      */
	struct mmt_alloc *alloc;
	const struct mm_profile_rules *rules; /* profile.h */
	struct mm_tunables tunables;
	uint32_t min_free_kbytes;      /* in force */
	uint32_t user_min_free_kbytes; /* as it was written last; 0: never */
	uint64_t totalreserve;
	struct mm_hooks hooks;
	struct capture capture;
	struct gfp_way way[GFP_WAYS]; /* by the low bits of the flags */
	uint64_t counter[NR_COUNTERS];
};

static inline int64_t zone_wmark(const struct zone *z, enum zone_watermark w)
{
	return z->wmark[w] + z->boost;
}

static inline bool zone_holds(const struct zone *z, pfn_t pfn)
{
	return pfn >= z->start && pfn < z->end;
}

/* Zone of a frame; NULL outside all of them. */
struct zone *zone_of(const struct mm_system *sys, pfn_t pfn);
/* Zone of a whole block; NULL when it is misaligned or not inside one zone. */
struct zone *zone_of_block(const struct mm_system *sys, pfn_t pfn, unsigned order);
/* @nr pages of @type entered (negative: left) the free lists. */
void zone_account_free(struct zone *z, int64_t nr, enum migratetype type);
/* The pageblock that holds @pfn gets @type. */
void zone_set_pageblock(struct mm_system *sys, pfn_t pfn, enum migratetype type);

/* Create the zones and nodes of @config, everything in use. @sys is zeroed but for its allocator.
 */
int zones_init(struct mm_system *sys, const struct mm_config *config, struct mmt_err *e);
void zones_free(struct mm_system *sys);

#endif
