/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reserve of pageblocks for order > 0 atomic requests.
 */
#ifndef MM_HIGHATOMIC_H
#define MM_HIGHATOMIC_H

#include "lib/mm/pages/fallback.h"

/* Set the pageblock(s) of a block just given out aside for order > 0 atomic requests. */
void reserve_highatomic_pageblock(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order);
/* Return one reserved pageblock of @z to @type; without @force the last one stays. True if free
 * pages came with it. */
bool unreserve_highatomic_pageblock(struct mm_system *sys, struct zone *z, enum migratetype type,
				    bool force);

#endif
