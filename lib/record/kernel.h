/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running kernel calls things, from its BTF: which tracepoints it has, and its numbers for
 * GFP flags, migratetypes and zones, to be told apart from the trace's canonical ones. */
#ifndef MMT_RECORD_KERNEL_H
#define MMT_RECORD_KERNEL_H

#include "lib/base/err.h"

#define REC_GFP_BITS 32
#define REC_TYPES    16
#define REC_ZONES    8
#define REC_NO_SUCH  0xff

struct rec_kernel {
	uint32_t gfp[REC_GFP_BITS]; /* canonical flag of each of its bits; 0: has none */
	uint8_t type[REC_TYPES];    /* canonical migratetype of each of its; or REC_NO_SUCH */
	uint8_t zone[REC_ZONES];    /* canonical zone of each of its; or REC_NO_SUCH */
	uint32_t page_struct;	    /* bytes of a struct page */
	bool victim_is_task;	    /* mark_victim tells a task, not a thread number */
	bool isolate_has_mode;	   /* mm_vmscan_lru_isolate tells an isolate mode before the list */
	bool migratepages_has_cc;  /* mm_compaction_migratepages tells a struct compact_control */
	bool migrate_has_split;	   /* mm_migrate_pages tells how many large folios were split */
	bool throttle_has_control; /* balance_dirty_pages points to the limits */
	bool collapse_has_writable; /* khugepaged's scans tell whether pages were writable */
	bool rss_has_count;	    /* rss_stat tells the number of pages */
	void *btf;		    /* struct btf */
};

/* -ENOENT: this kernel has no BTF. */
int rec_kernel_open(struct rec_kernel *k, struct mmt_err *e);
/* Give back its types; the numbers below stay. */
void rec_kernel_close(struct rec_kernel *k);
/* Is there a tracepoint of that name? */
bool rec_kernel_has(const struct rec_kernel *k, const char *tracepoint);
/* Its numbers as the trace's. Bits the canonical release lacks are dropped; an unknown type is
 * unmovable, an unknown zone Normal. */
uint32_t rec_kernel_gfp(const struct rec_kernel *k, uint32_t gfp);
uint8_t rec_kernel_type(const struct rec_kernel *k, uint32_t type);
uint8_t rec_kernel_zone(const struct rec_kernel *k, uint64_t zone);
/* The zone whose name begins with these 8 bytes ("Normal\0\0" as a little-endian number). */
uint8_t rec_kernel_zone_named(uint64_t name);

#endif
