/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counter of a zone's free pages as watermark checks read it.
 */
#ifndef MM_VMSTAT_H
#define MM_VMSTAT_H

#include "lib/mm/pages/pcp.h"

/* What checks take for the free pages: off by what CPUs have not added yet. */
static inline int64_t zone_counted_free(const struct zone *z)
{
	return z->free - z->uncounted;
}

/* The CPU whose lists are @pcp has moved @pages into (negative: out of) the free lists at one go. */
static inline void vmstat_count_free(struct zone *z, struct per_cpu_pages *pcp, int64_t pages)
{
	int64_t diff = pcp->free_diff + pages;

	if (!z->stat_threshold)
		return;
	if (diff > z->stat_threshold || diff < -z->stat_threshold) {
		z->uncounted -= pcp->free_diff;
		pcp->free_diff = 0;
	} else {
		z->uncounted += pages;
		pcp->free_diff = (int8_t)diff;
	}
}

/* The same of @n blocks of @pages each, one after the other. */
void vmstat_count_row(struct zone *z, struct per_cpu_pages *pcp, int32_t pages, uint32_t n);
/* The CPU adds what it has not yet. */
void vmstat_fold(struct zone *z, unsigned cpu);

#endif
