// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: watermarks divide the free pages of a zone by who may take them.
 *
 *     free pages
 *     |        high + boost  kswapd sleeps above
 *     |        low + boost   the allocator's fast path stops here and wakes kswapd
 *     |        min + boost   ordinary requests stop here and reclaim by themselves
 *     |        min / 2       __GFP_HIGH stops here; a quarter less for those that cannot wait
 *     0        PF_MEMALLOC stops here
 *
 * On top of each comes lowmem_reserve: pages a zone keeps from requests that could use a higher
 * one.
 *
 * Reference: Linux 6.12 mm/page_alloc.c __setup_per_zone_wmarks(), setup_per_zone_lowmem_reserve(),
 * calculate_totalreserve_pages(), calculate_min_free_kbytes(), boost_watermark(),
 * __zone_watermark_ok(), zone_watermark_fast(); mm/khugepaged.c set_recommended_min_free_kbytes().
 *
 * Free pages are those that are counted (vmstat.c).
 *
 * Invariants:
 * I1 min <= low <= high <= promo in each zone. I2 A check passes only with strictly more free pages
 * than its mark. I3 boost <= max(512, high x watermark_boost_factor / 10000).
 * Cost: the checks are a few compares; one zone-lock hold per zone when watermarks are set up.
 *
 * Differs from Linux:
 * - the automatic min_free_kbytes is computed from today's managed pages; a real boot computes it
 *   from the managed pages of that moment (deferred initialisation, initrd): a replay of a recorded
 *   machine overrides watermarks with the recorded ones;
 * - CMA is always built in: without CMA pageblocks that changes nothing;
 * - whom the boost spares is for 6.1 told by __GFP_HIGH without direct reclaim, which its
 *   __GFP_ATOMIC, not among the canonical flags, comes with.
 */
#include "lib/mm/pages/wmark.h"

#include "lib/mm/gfp.h"
#include "lib/mm/pages/vmstat.h"
#include "lib/mm/profile.h"

#define MAX_AUTO_MIN_FREE_KBYTES 262144
#define MIN_AUTO_MIN_FREE_KBYTES 128

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

uint32_t int_sqrt(uint64_t v)
{
	uint64_t root = 0, bit;

	for (bit = 1ull << 31; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= v)
			root += bit;
	return (uint32_t)root;
}

/* Pages a GFP_USER request might get: what is above the high watermark of zones up to NORMAL. */
static uint64_t free_buffer_pages(const struct mm_system *sys, bool boot)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < sys->nr_zones; i++) {
		const struct zone *z = &sys->zone[i];
		int64_t high = boot ? 0 : zone_wmark(z, WMARK_HIGH);

		if (z->type <= ZONE_NORMAL && z->managed > high)
			sum += (uint64_t)(z->managed - high);
	}
	return sum;
}

static uint32_t calculated_min_free_kbytes(const struct mm_system *sys, bool boot)
{
	return int_sqrt((free_buffer_pages(sys, boot) << (PAGE_SHIFT - 10)) * 16);
}

static uint32_t clamp_min_free_kbytes(uint32_t kbytes)
{
	return (uint32_t)min64(max64(kbytes, MIN_AUTO_MIN_FREE_KBYTES), MAX_AUTO_MIN_FREE_KBYTES);
}

static uint32_t recommended_min_free_kbytes(const struct mm_system *sys)
{
	uint64_t recommended, cap = free_buffer_pages(sys, false) / 20;
	unsigned i, zones = 0;

	for (i = 0; i < sys->nr_zones; i++)
		zones += sys->zone[i].present && sys->zone[i].type <= ZONE_NORMAL;
	/* Two pageblocks a zone, and one for each pair of migratetypes to fall back between. */
	recommended = (uint64_t)PAGEBLOCK_PAGES * zones * (2 + 3 * 3);
	return (uint32_t)(recommended < cap ? recommended : cap) << (PAGE_SHIFT - 10);
}

void wmark_write_thp(struct mm_system *sys)
{
	uint32_t kbytes;

	if (!sys->tunables.thp) {
		kbytes = calculated_min_free_kbytes(sys, false);
		if (kbytes > sys->user_min_free_kbytes)
			sys->min_free_kbytes = clamp_min_free_kbytes(kbytes);
	} else {
		kbytes = recommended_min_free_kbytes(sys);
		if (kbytes > sys->min_free_kbytes)
			sys->min_free_kbytes = kbytes;
	}
	wmark_setup(sys);
}

void wmark_auto_min_free_kbytes(struct mm_system *sys)
{
	sys->min_free_kbytes = clamp_min_free_kbytes(calculated_min_free_kbytes(sys, true));
	wmark_setup(sys);
	/* khugepaged starts after the first watermarks are in force, and its cap looks at them. */
	if (sys->tunables.thp)
		wmark_write_thp(sys);
}

void wmark_setup(struct mm_system *sys)
{
	uint64_t pages_min = sys->min_free_kbytes >> (PAGE_SHIFT - 10);
	unsigned highest = sys->rules->movable_is_lowmem ? ZONE_MOVABLE : ZONE_NORMAL;
	uint64_t lowmem = 0;
	unsigned i;

	for (i = 0; i < sys->nr_zones; i++)
		if (sys->zone[i].type <= highest)
			lowmem += sys->zone[i].managed;
	for (i = 0; i < sys->nr_zones; i++) {
		struct zone *z = &sys->zone[i];
		int64_t share = lowmem ? (int64_t)(pages_min * z->managed / lowmem) : 0;
		int64_t gap =
			max64(share >> 2, (int64_t)((uint64_t)z->managed *
						    sys->tunables.watermark_scale_factor / 10000));

		/* A movable zone holds nothing that must not fail. */
		z->wmark[WMARK_MIN] = z->type == ZONE_MOVABLE && highest < ZONE_MOVABLE
					      ? min64(max64(z->managed / 1024, 32), 128)
					      : share;
		z->boost = 0;
		z->wmark[WMARK_LOW] = z->wmark[WMARK_MIN] + gap;
		z->wmark[WMARK_HIGH] = z->wmark[WMARK_LOW] + gap;
		z->wmark[WMARK_PROMO] = z->wmark[WMARK_HIGH] + gap;
		sys->counter[C_LOCK_WATERMARK]++;
	}
	wmark_setup_totalreserve(sys);
}

void wmark_setup_lowmem_reserve(struct mm_system *sys)
{
	unsigned i, j;

	for (i = 0; i < sys->nr_zones; i++) {
		struct zone *z = &sys->zone[i];
		uint32_t ratio = sys->tunables.lowmem_reserve_ratio[z->type];
		uint64_t above = 0;

		for (j = 0; j < MAX_NR_ZONES; j++) {
			int k = sys->node[z->node].zone[j];

			z->lowmem_reserve[j] = 0;
			if (j <= z->type)
				continue;
			above += k < 0 ? 0 : sys->zone[k].managed;
			if (ratio && z->managed)
				z->lowmem_reserve[j] = (int64_t)(above / ratio);
		}
	}
	wmark_setup_totalreserve(sys);
}

void wmark_setup_totalreserve(struct mm_system *sys)
{
	unsigned i, j;

	sys->totalreserve = 0;
	for (i = 0; i < sys->nr_zones; i++) {
		const struct zone *z = &sys->zone[i];
		int64_t most = 0;

		for (j = z->type; j < MAX_NR_ZONES; j++)
			most = max64(most, z->lowmem_reserve[j]);
		most += zone_wmark(z, WMARK_HIGH);
		sys->totalreserve += (uint64_t)min64(most, z->managed);
	}
}

bool wmark_boost(struct mm_system *sys, struct zone *z)
{
	int64_t cap;

	/* A zone of a few pageblocks would be all boost. */
	if (!sys->tunables.watermark_boost_factor || z->managed < 4 * PAGEBLOCK_PAGES)
		return false;
	cap = (int64_t)((uint64_t)z->wmark[WMARK_HIGH] * sys->tunables.watermark_boost_factor /
			10000);
	if (!cap)
		return false;
	z->boost = min64(z->boost + PAGEBLOCK_PAGES, max64(cap, PAGEBLOCK_PAGES));
	sys->counter[C_BOOST]++;
	return true;
}

/* Free pages a request cannot count on. */
static int64_t unusable_free(const struct zone *z, unsigned order, uint32_t alloc_flags)
{
	int64_t n = (1 << order) - 1;

	if (!(alloc_flags & ALLOC_RESERVES))
		n += z->unusable_highatomic;
	if (!(alloc_flags & ALLOC_CMA))
		n += z->free_cma;
	return n;
}

bool zone_has_block(const struct zone *z, unsigned order)
{
	for (; order < NR_PAGE_ORDERS; order++)
		if (z->area[order].count[MIGRATE_UNMOVABLE] ||
		    z->area[order].count[MIGRATE_MOVABLE] ||
		    z->area[order].count[MIGRATE_RECLAIMABLE])
			return true;
	return false;
}

/* A free block large enough in a list the request may use. */
static bool suitable_block(const struct zone *z, unsigned order, uint32_t alloc_flags)
{
	unsigned o;

	for (o = order; o < NR_PAGE_ORDERS; o++) {
		const struct free_area *a = &z->area[o];

		if (!a->nr_free)
			continue;
		if (a->count[MIGRATE_UNMOVABLE] || a->count[MIGRATE_MOVABLE] ||
		    a->count[MIGRATE_RECLAIMABLE])
			return true;
		if ((alloc_flags & ALLOC_CMA) && a->count[MIGRATE_CMA])
			return true;
		if ((alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM)) && a->count[MIGRATE_HIGHATOMIC])
			return true;
	}
	return false;
}

bool zone_watermark_ok_free(const struct zone *z, unsigned order, int64_t mark, unsigned highest,
			    uint32_t alloc_flags, int64_t free)
{
	int64_t min = mark;

	if (alloc_flags & ALLOC_MIN_RESERVE) {
		min -= min / 2;
		/* Not waiting alone opens nothing; together with __GFP_HIGH another quarter. */
		if (alloc_flags & ALLOC_NON_BLOCK)
			min -= min / 4;
	}
	if (alloc_flags & ALLOC_OOM)
		min -= min / 2;
	if (free - unusable_free(z, order, alloc_flags) <= min + z->lowmem_reserve[highest])
		return false;
	return !order || suitable_block(z, order, alloc_flags);
}

bool zone_watermark_ok(const struct zone *z, unsigned order, int64_t mark, unsigned highest,
		       uint32_t alloc_flags)
{
	return zone_watermark_ok_free(z, order, mark, highest, alloc_flags, zone_counted_free(z));
}

bool zone_watermark_fast(const struct zone *z, unsigned order, int64_t mark, unsigned highest,
			 uint32_t alloc_flags)
{
	if (!order && zone_counted_free(z) - unusable_free(z, 0, alloc_flags) >
			      mark + z->lowmem_reserve[highest])
		return true;
	if (zone_watermark_ok(z, order, mark, highest, alloc_flags))
		return true;
	if (order || !z->boost || !(alloc_flags & ALLOC_MIN_RESERVE) ||
	    (alloc_flags & ALLOC_WMARK_MASK) != WMARK_MIN)
		return false;
	if (z->rules->boost_binds_waiters && !(alloc_flags & ALLOC_NON_BLOCK))
		return false;
	return zone_watermark_ok(z, 0, z->wmark[WMARK_MIN], highest, alloc_flags);
}
