/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watermarks and reserves: how much a zone must keep free, and for whom.
 */
#ifndef MM_WMARK_H
#define MM_WMARK_H

#include "lib/mm/pages/zone.h"

/* min_free_kbytes as the kernel chooses it at boot, with khugepaged's raise, and the watermarks. */
void wmark_auto_min_free_kbytes(struct mm_system *sys);
/* What a write of thp.enabled does (set_recommended_min_free_kbytes()), and the watermarks:
 *	on   min_free_kbytes is at least what khugepaged recommends
 *	off  it is the automatic value, if that is more than what was written, else it stays */
void wmark_write_thp(struct mm_system *sys);
/* Watermarks of every zone from min_free_kbytes in force; drops all boosts. */
void wmark_setup(struct mm_system *sys);
/* lowmem_reserve of every zone, and the total reserve. */
void wmark_setup_lowmem_reserve(struct mm_system *sys);
/* Sum over zones of what is not for user pages (calculate_totalreserve_pages()). */
void wmark_setup_totalreserve(struct mm_system *sys);
/* One attempt to claim a foreign pageblock: raise the watermarks. True if boosting is on here. */
bool wmark_boost(struct mm_system *sys, struct zone *z);

/* Whether @free pages suffice for a request of @order: strictly more than @mark, reserves and
 * lowmem_reserve for requests up to zone type @highest considered. */
bool zone_watermark_ok_free(const struct zone *z, unsigned order, int64_t mark, unsigned highest,
			    uint32_t alloc_flags, int64_t free);
/* The same for the pages that are free. */
bool zone_watermark_ok(const struct zone *z, unsigned order, int64_t mark, unsigned highest,
		       uint32_t alloc_flags);
/* As the allocator's fast path asks: order 0 needs no reserves in most cases, and requests with
 * __GFP_HIGH at the min watermark ignore the boost. */
bool zone_watermark_fast(const struct zone *z, unsigned order, int64_t mark, unsigned highest,
			 uint32_t alloc_flags);

/* A free block of an ordinary type, of @order or more. */
bool zone_has_block(const struct zone *z, unsigned order);

/* Largest n with n * n <= @v. */
uint32_t int_sqrt(uint64_t v);

#endif
