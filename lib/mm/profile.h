/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Profiles: where kernel releases behave differently, one value per release says how.
 */
#ifndef MM_PROFILE_H
#define MM_PROFILE_H

#include "lib/mm/mm.h"

/* What differs between releases. The rest of the model reads these values and never asks for a
 * release's name. */
struct mm_profile_rules {
	const char *name; /* as model.profile spells it */
	unsigned major, minor;
	/* A free block is listed by the type it was last used or taken for, whatever its pageblock
	 * is: a block is stolen into the thief's list, pages keep their type in per-CPU lists, and
	 * blocks above pageblock order are freed in one (until 6.9). */
	bool blocks_keep_list_type;
	/* Per-CPU lists have one fixed size; frees in a row drain twice as much each time (until
	 * 6.6). No zone is watched for its high watermark on the way. */
	bool pcp_fixed_high;
	/* A pageblock is set aside for atomic requests in zones of any size, up to 1 % and one, and
	 * watermark checks leave out all of these, free or not (until 6.11). */
	bool highatomic_by_block;
	bool counts_refill_at_once;  /* as a whole, not block by block (until 6.9) */
	bool movable_is_lowmem;	     /* ZONE_MOVABLE has its share of min_free_kbytes (until 6.3) */
	bool boost_wakes_always;     /* also for requests without __GFP_KSWAPD_RECLAIM */
	bool boost_binds_waiters;    /* only those that cannot wait ignore the boost */
	bool movable_list_needs_cma; /* movable requests that may not use CMA pass the lists by */
	/* Nobody's compactor is given a block below pageblock order from a movable pageblock. */
	bool movable_is_not_captured;
	bool counts_captured_theft;	   /* in mm_page_alloc_extfrag (6.15) */
	bool reclaim_retry_ignores_cpuset; /* zones that the cpuset forbids tell it to go on, too */
	/* A burst of frees of order 1 to 3 begins after a batch of pages and high_min / this more;
	 * 0: after a batch. */
	int32_t burst_high_min_divisor;
	bool weighted_interleave;     /* MPOL_WEIGHTED_INTERLEAVE exists (6.9) */
	bool thp_begins_at_home_node; /* else at the CPU's node, whatever the policy's home */
	/* A page of a VMA is interleaved by the low 32 bits of its index, and by the number of a
	 * shared file's inode together with the page's, in pages of its size (until 6.6). */
	bool interleaves_by_page_number;
	bool counts_weighted_hits; /* in numa_interleave (6.14) */
};

/* The rules of @profile, which need not be modelled. */
const struct mm_profile_rules *mm_profile_rules(enum mm_profile profile);

#endif
