// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: each CPU has 14 lists of free blocks per zone (three types of orders 0 to 3, two of huge
 * page order). They are refilled and drained in batches under one hold of the zone lock, and their
 * total size `high` tunes itself: it grows with each refill, shrinks when the zone is short of
 * memory or reclaimed, and decays with time.
 *
 *     free -> head [ . . . . ] tail -> drained, oldest first
 *     alloc <-- head
 *
 * Reference: Linux 6.12 and 6.18 mm/page_alloc.c rmqueue_pcplist(), nr_pcp_alloc(), rmqueue_bulk(),
 * free_unref_page_commit(), nr_pcp_high(), nr_pcp_free(), free_pcppages_bulk(), decay_pcp_high(),
 * zone_batchsize(), zone_highsize(); mm/vmstat.c refresh_cpu_vm_stats().
 *
 * Invariants:
 * I1 count is the sum of the blocks in the 14 lists, in pages.
 * I2 high_min <= high_max; high is clamped into them whenever it is used.
 * I3 A block in list i has order pcp_order(i), and a PAGE_PCP record that says so.
 * I4 Pages of HIGHATOMIC and CMA pageblocks sit in the movable lists.
 * I5 A block in a list has no links: the lists are arrays of frame numbers (deque.c), for they
 * change at their ends only, and a freed block's record would have to be fetched for its links.
 *
 * Cost: no zone lock while lists have blocks and room; one hold per refill or drain. 400 host bytes
 * per zone and CPU, and 4 for each block.
 *
 * Differs from Linux:
 * - the lists' own lock never fails (one simulated event at a time), so no request bypasses them,
 *   but where a replay says that an interrupt found it taken (mm_free_pages_locked());
 * - the share of the last-level cache a CPU has is taken to exceed 3 batches (PCPF_FREE_HIGH_BATCH
 *   set), as on any machine with 1 MiB a CPU;
 * - vmstat_update() runs when the replay says, not when per-CPU counters have changes.
 */
#include "lib/mm/pages/pcp.h"

#include "lib/mm/pages/buddy.h"
#include "lib/mm/pages/fallback.h"
#include "lib/mm/pages/run.h"
#include "lib/mm/pages/vmstat.h"
#include "lib/mm/pages/wmark.h"
#include "lib/mm/profile.h"

#include <errno.h>
#include <string.h>

/* vmstat_update() rounds a remote list may idle. */
#define REMOTE_EXPIRE 3

static int32_t min32(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t max32(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static int32_t clamp32(int32_t v, int32_t lo, int32_t hi)
{
	return min32(max32(v, lo), hi);
}

int pcps_init(struct mm_system *sys, struct mmt_err *e)
{
	unsigned i;

	for (i = 0; i < sys->nr_zones; i++) {
		struct per_cpu_pages *pcp = mmt_calloc(sys->alloc, sys->nr_cpus, sizeof(*pcp));

		if (!pcp)
			return mmt_fail(e, ENOMEM, "no memory for the lists of %u CPUs",
					sys->nr_cpus);
		sys->zone[i].cpu = pcp;
	}
	return 0;
}

void pcps_free(struct mm_system *sys)
{
	unsigned i, cpu, l;

	for (i = 0; sys->zone && i < sys->nr_zones; i++) {
		struct per_cpu_pages *pcp = sys->zone[i].cpu;

		for (cpu = 0; pcp && cpu < sys->nr_cpus; cpu++)
			for (l = 0; l < NR_PCP_LISTS; l++)
				deque_free(&pcp[cpu].list[l], sys->alloc);
		mmt_free(sys->alloc, pcp);
	}
}

uint64_t pcps_bytes(const struct mm_system *sys)
{
	uint64_t slots = 0;
	unsigned i, cpu, l;

	for (i = 0; i < sys->nr_zones; i++)
		for (cpu = 0; cpu < sys->nr_cpus; cpu++)
			for (l = 0; l < NR_PCP_LISTS; l++)
				slots += sys->zone[i].cpu[cpu].list[l].cap;
	return slots * sizeof(pfn_t);
}

int64_t zone_pcp_pages(const struct mm_system *sys, const struct zone *z)
{
	int64_t sum = 0;
	unsigned cpu;

	for (cpu = 0; cpu < sys->nr_cpus; cpu++)
		sum += z->cpu[cpu].count;
	return sum;
}

uint32_t zone_batchsize(pfn_t managed)
{
	uint32_t batch = managed / 1024;

	if (batch > (1u << 20) >> PAGE_SHIFT)
		batch = (1u << 20) >> PAGE_SHIFT;
	batch /= 4;
	if (batch < 1)
		batch = 1;
	batch += batch / 2;
	/* One less than a power of two: strides of lists and caches should not meet. */
	batch = (1u << (31 - __builtin_clz(batch))) - 1;
	return batch ? batch : 1;
}

static int32_t high_size(const struct mm_system *sys, const struct zone *z, uint32_t batch,
			 uint32_t fraction)
{
	uint64_t pages = fraction ? z->managed / fraction : (uint64_t)zone_wmark(z, WMARK_LOW);
	unsigned cpus = sys->node[z->node].nr_cpus;

	pages /= cpus ? cpus : sys->nr_cpus;
	if (pages < batch << 2)
		pages = batch << 2;
	return pages > INT32_MAX / 2 ? INT32_MAX / 2 : (int32_t)pages;
}

void pcp_setup(struct mm_system *sys, struct zone *z)
{
	uint32_t fraction = sys->tunables.percpu_pagelist_high_fraction;
	uint32_t batch = zone_batchsize(z->managed);
	int32_t min = high_size(sys, z, batch, fraction);
	bool fixed = fraction || z->rules->pcp_fixed_high;
	int32_t max = fixed ? min : high_size(sys, z, batch, MIN_PERCPU_PAGELIST_HIGH_FRACTION);
	unsigned cpu;

	for (cpu = 0; cpu < sys->nr_cpus; cpu++) {
		z->cpu[cpu].batch = (int32_t)batch;
		z->cpu[cpu].high_min = min;
		z->cpu[cpu].high_max = max;
		if (z->rules->pcp_fixed_high)
			z->cpu[cpu].high = min;
	}
}

unsigned pcp_index(enum migratetype type, unsigned order)
{
	if (order > PAGE_ALLOC_COSTLY_ORDER)
		return NR_LOWORDER_PCP_LISTS + (type == MIGRATE_MOVABLE);
	return PCP_TYPES * order + type;
}

unsigned pcp_order(unsigned index)
{
	return index >= NR_LOWORDER_PCP_LISTS ? PAGEBLOCK_ORDER : index / PCP_TYPES;
}

/* The oldest blocks of a list, as many as are one block of the zone and have @nr pages at most, and the
 * first of them in any case. Their pages. */
static int32_t drain_run(struct mm_system *sys, struct zone *z, struct per_cpu_pages *pcp,
			 struct deque *l, unsigned order, int32_t nr)
{
	bool keeps_type = sys->rules->blocks_keep_list_type;
	bool alone = keeps_type || sys->capture.order != NO_CAPTURE;
	pfn_t pfn = deque_last(l);
	unsigned run = order, type;
	uint32_t n = alone ? 1 : run_find(l, order, nr, &pfn, &run);
	int64_t free = z->free;

	type = frames_block(&sys->frames, pfn)->type;
	if (keeps_type)
		type = frames_list_type(&sys->frames, pfn, *frames_state(&sys->frames, pfn, order));
	for (uint32_t i = 0; i < n; i++)
		*frames_state(&sys->frames, deque_pop_tail(l), order) = PAGE_USED;
	pcp->count -= 1 << run;
	sys->counter[C_PCP_DRAIN_PAGES] += 1u << run;
	buddy_free_one(sys, z, pfn, run, (enum migratetype)type, false);
	if (n == 1)
		vmstat_count_free(z, pcp, z->free - free);
	else if (type != MIGRATE_ISOLATE)
		vmstat_count_row(z, pcp, 1 << order, n);
	return 1 << run;
}

/* Oldest blocks first, list after list from @index on, until @nr pages are back. */
static void drain_bulk(struct mm_system *sys, struct zone *z, struct per_cpu_pages *pcp, int32_t nr,
		       unsigned index)
{
	if (nr > pcp->count)
		nr = pcp->count;
	sys->counter[C_LOCK_DRAIN]++;
	sys->counter[C_PCP_DRAIN]++;
	while (nr > 0) {
		while (!deque_len(&pcp->list[index]))
			index = index + 1 < NR_PCP_LISTS ? index + 1 : 0;
		do
			nr -= drain_run(sys, z, pcp, &pcp->list[index], pcp_order(index), nr);
		while (nr > 0 && deque_len(&pcp->list[index]));
		index = index + 1 < NR_PCP_LISTS ? index + 1 : 0;
	}
}

/* Blocks to fetch now. */
static int32_t nr_alloc(struct per_cpu_pages *pcp, const struct zone *z, unsigned order)
{
	int32_t base = pcp->batch;
	int32_t batch = order ? base : base << pcp->alloc_factor;
	int32_t high;

	if (z->rules->pcp_fixed_high)
		return base > 1 ? max32(base >> order, 2) : base;
	high = pcp->high = clamp32(pcp->high, pcp->high_min, pcp->high_max);
	/* Lists are switched off. */
	if (high < base)
		return 1;
	/* With longer lists this trip to the zone might have been spared. */
	if (pcp->high_min != pcp->high_max && !z->below_high)
		high = pcp->high = min32(high + batch, pcp->high_max);
	if (!order) {
		int32_t most = max32(high - pcp->count - base, base);

		if (batch <= most && pcp->alloc_factor < PCP_BATCH_SCALE_MAX)
			pcp->alloc_factor++;
		batch = min32(batch, most);
	}
	return batch > 1 ? max32(batch >> order, 2) : batch;
}

/* In a list; with which type it would return from there. */
static void record(struct mm_system *sys, pfn_t pfn, unsigned order, unsigned type)
{
	*frames_state(&sys->frames, pfn, order) =
		(uint8_t)PAGE_STATE(PAGE_PCP, order, list_tag(type));
}

/* A list may get @n blocks more. False: no host memory, noted. */
static bool has_room(struct mm_system *sys, struct deque *l, uint32_t n)
{
	if (deque_len(l) + n <= l->cap || deque_reserve(l, n, sys->alloc))
		return true;
	sys->frames.host_failed = true;
	return false;
}

/* Blocks that requests in a row get at once go into the list, @nr at most: how many. */
static uint32_t refill_run(struct mm_system *sys, struct zone *z, struct per_cpu_pages *pcp,
			   struct deque *l, unsigned order, enum migratetype type, int32_t nr)
{
	unsigned run = order;
	pfn_t pfn = run_take(sys, z, order, type, nr, &run), end = pfn + (1u << run);

	if (pfn == PFN_NONE)
		return 0;
	if (order)
		for (pfn_t at = pfn; at < end; at += 1u << order)
			record(sys, at, order, type);
	else
		memset(frames_state(&sys->frames, pfn, 0), PAGE_STATE(PAGE_PCP, 0, list_tag(type)),
		       end - pfn);
	for (; pfn < end; pfn += 1u << order)
		deque_push_tail(l, pfn);
	vmstat_count_row(z, pcp, -(1 << order), 1u << (run - order));
	return 1u << (run - order);
}

/* One block into the list; false: the zone has none. */
static bool refill_one(struct mm_system *sys, struct zone *z, struct per_cpu_pages *pcp,
		       struct deque *l, unsigned order, enum migratetype type, uint32_t alloc_flags,
		       enum rmqueue_mode *mode)
{
	int64_t free = z->free;
	pfn_t pfn = rmqueue(sys, z, order, type, alloc_flags, mode);

	if (pfn == PFN_NONE)
		return false;
	if (!sys->rules->counts_refill_at_once)
		vmstat_count_free(z, pcp, z->free - free);
	record(sys, pfn, order,
	       frames_block(&sys->frames, pfn)->type == MIGRATE_CMA ? MIGRATE_CMA : type);
	deque_push_tail(l, pfn);
	return true;
}

static void refill(struct mm_system *sys, struct zone *z, struct per_cpu_pages *pcp, unsigned index,
		   unsigned order, enum migratetype type, uint32_t alloc_flags)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct deque *l = &pcp->list[index];
	int32_t nr = nr_alloc(pcp, z, order), left = nr;

	sys->counter[C_LOCK_REFILL]++;
	sys->counter[C_PCP_REFILL]++;
	while (left > 0 && has_room(sys, l, (uint32_t)left)) {
		uint32_t n =
			mode == RMQUEUE_NORMAL ? refill_run(sys, z, pcp, l, order, type, left) : 0;

		if (!n && !refill_one(sys, z, pcp, l, order, type, alloc_flags, &mode))
			break;
		left -= n ? (int32_t)n : 1;
	}
	nr -= left;
	pcp->count += nr << order;
	sys->counter[C_PCP_REFILL_PAGES] += (uint64_t)nr << order;
	if (sys->rules->counts_refill_at_once)
		vmstat_count_free(z, pcp, -((int64_t)nr << order));
}

pfn_t pcp_take(struct zone *z, unsigned cpu, unsigned order, enum migratetype type)
{
	struct per_cpu_pages *pcp = &z->cpu[cpu];
	struct deque *l = &pcp->list[PCP_TYPES * order + type];

	if (!deque_len(l))
		return PFN_NONE;
	pcp->free_count >>= 1;
	pcp->active = true;
	pcp->count -= 1 << order;
	return deque_pop_head(l);
}

pfn_t pcp_next(struct mm_system *sys, struct zone *z, unsigned cpu, unsigned order,
	       enum migratetype type, uint32_t alloc_flags)
{
	struct per_cpu_pages *pcp = &z->cpu[cpu];
	unsigned index = pcp_index(type, order);

	pcp->active = true;
	if (!deque_len(&pcp->list[index]))
		refill(sys, z, pcp, index, order, type, alloc_flags);
	if (!deque_len(&pcp->list[index]))
		return PFN_NONE;
	pcp->count -= 1 << order;
	return deque_pop_head(&pcp->list[index]);
}

pfn_t pcp_alloc(struct mm_system *sys, struct zone *z, unsigned cpu, unsigned order,
		enum migratetype type, uint32_t alloc_flags)
{
	z->cpu[cpu].free_count >>= 1;
	return pcp_next(sys, z, cpu, order, type, alloc_flags);
}

/* Pages the lists may hold now; adjusts high on the way. */
static int32_t nr_high(struct per_cpu_pages *pcp, const struct zone *z, bool free_high)
{
	int32_t high = pcp->high = clamp32(pcp->high, pcp->high_min, pcp->high_max);
	int32_t less = max32(pcp->free_count, pcp->batch);

	if (!high)
		return 0;
	if (free_high) {
		pcp->high = max32(high - (pcp->batch << PCP_BATCH_SCALE_MAX), pcp->high_min);
		return 0;
	}
	if (z->reclaim_active) {
		pcp->high = max32(high - less, pcp->high_min);
		return min32(pcp->batch << 2, pcp->high);
	}
	if (pcp->high_min == pcp->high_max)
		return high;
	if (z->below_high) {
		pcp->high = max32(high - less, pcp->high_min);
		return max32(pcp->count, pcp->high_min);
	}
	/* Room for as many pages as were freed in a row. */
	if (pcp->count >= high && high < pcp->free_count + pcp->batch)
		pcp->high = clamp32(pcp->free_count + pcp->batch, pcp->high_min, pcp->high_max);
	return high;
}

/* Pages freed in a row, after which blocks of orders 1 to 3 go back at once. */
static int32_t burst_begins(const struct mm_system *sys, const struct per_cpu_pages *pcp)
{
	int32_t divisor = sys->rules->burst_high_min_divisor;

	return pcp->batch + (divisor ? pcp->high_min / divisor : 0);
}

/* Pages to drain once the lists reached @high. */
static int32_t nr_free(const struct per_cpu_pages *pcp, int32_t high, bool free_high)
{
	if (free_high)
		return min32(pcp->count, pcp->batch << PCP_BATCH_SCALE_MAX);
	if (high < pcp->batch)
		return 1;
	/* clamp_t() with an upper bound below the lower one gives the upper one. */
	return clamp32(pcp->free_count, pcp->batch, high - pcp->batch);
}

static void put(struct mm_system *sys, struct per_cpu_pages *pcp, pfn_t pfn, unsigned order,
		unsigned index)
{
	deque_push_head(&pcp->list[index], pfn);
	record(sys, pfn, order, frames_block(&sys->frames, pfn)->type);
	pcp->count += 1 << order;
}

bool pcp_seed(struct mm_system *sys, struct zone *z, unsigned cpu, pfn_t pfn, unsigned order,
	      enum migratetype type)
{
	struct per_cpu_pages *pcp = &z->cpu[cpu];
	unsigned index = pcp_index(type, order);

	if (!has_room(sys, &pcp->list[index], 1))
		return false;
	put(sys, pcp, pfn, order, index);
	pcp->active = true;
	return true;
}

/* The lists of releases before 6.7: free_count is how often in a row they were drained, since a
 * block was last taken from them, each time twice as much. */
static void trim_fixed(struct mm_system *sys, struct zone *z, struct per_cpu_pages *pcp,
		       unsigned order, unsigned index)
{
	bool free_high = pcp->free_count && order && order <= PAGE_ALLOC_COSTLY_ORDER;
	int32_t high = free_high ? 0 : pcp->high, nr = pcp->batch << pcp->free_count;

	if (z->reclaim_active)
		high = min32(pcp->batch << 2, high);
	if (pcp->count < high)
		return;
	if (free_high) {
		nr = pcp->count;
	} else if (high < pcp->batch) {
		nr = 1;
	} else {
		if (nr < high - pcp->batch && pcp->free_count < PCP_BATCH_SCALE_MAX)
			pcp->free_count++;
		nr = clamp32(nr, pcp->batch, high - pcp->batch);
	}
	drain_bulk(sys, z, pcp, nr, index);
}

bool pcp_put(const struct mm_system *sys, struct zone *z, unsigned cpu, pfn_t pfn, unsigned order,
	     enum migratetype type)
{
	struct per_cpu_pages *pcp = &z->cpu[cpu];
	struct deque *l = &pcp->list[PCP_TYPES * order + type];
	int32_t count = pcp->count + (1 << order);

	if (deque_len(l) >= l->cap || count >= pcp->high || pcp->high > pcp->high_max ||
	    pcp->high < pcp->high_min || z->reclaim_active || z->below_high ||
	    z->rules->pcp_fixed_high)
		return false;
	if (order && pcp->prev_free_high_order && count >= pcp->batch &&
	    pcp->free_count >= burst_begins(sys, pcp))
		return false;
	deque_push_head(l, pfn);
	pcp->count = count;
	pcp->alloc_factor >>= 1;
	pcp->active = true;
	pcp->prev_free_high_order = order > 0;
	if (pcp->free_count < pcp->batch << PCP_BATCH_SCALE_MAX)
		pcp->free_count += 1 << order;
	return true;
}

void pcp_free(struct mm_system *sys, struct zone *z, unsigned cpu, pfn_t pfn, unsigned order,
	      enum migratetype type)
{
	struct per_cpu_pages *pcp = &z->cpu[cpu];
	unsigned index = pcp_index(type, order);
	bool free_high = false;
	int32_t high;

	if (!has_room(sys, &pcp->list[index], 1)) {
		sys->counter[C_LOCK_FREE]++;
		*frames_state(&sys->frames, pfn, order) = PAGE_USED;
		buddy_free(sys, z, pfn, order, false);
		vmstat_count_free(z, pcp, 1 << order);
		return;
	}
	pcp->alloc_factor >>= 1;
	pcp->active = true;
	put(sys, pcp, pfn, order, index);
	if (z->rules->pcp_fixed_high) {
		trim_fixed(sys, z, pcp, order, index);
		return;
	}
	/* Blocks of orders 1 to 3 that come in a row would keep their pageblocks fragmented. */
	if (order && order <= PAGE_ALLOC_COSTLY_ORDER) {
		free_high = pcp->free_count >= burst_begins(sys, pcp) &&
			    pcp->prev_free_high_order && pcp->count >= pcp->batch;
		pcp->prev_free_high_order = true;
	} else {
		pcp->prev_free_high_order = false;
	}
	if (pcp->free_count < pcp->batch << PCP_BATCH_SCALE_MAX)
		pcp->free_count += 1 << order;
	high = nr_high(pcp, z, free_high);
	if (pcp->count < high)
		return;
	drain_bulk(sys, z, pcp, nr_free(pcp, high, free_high), index);
	if (z->below_high && zone_watermark_ok(z, 0, zone_wmark(z, WMARK_HIGH), ZONE_MOVABLE, 0))
		z->below_high = false;
}

void pcp_drain(struct mm_system *sys, struct zone *z, unsigned cpu)
{
	struct per_cpu_pages *pcp = &z->cpu[cpu];

	while (pcp->count)
		drain_bulk(sys, z, pcp, pcp->batch << PCP_BATCH_SCALE_MAX, 0);
}

void pcp_set_expired(struct mm_system *sys, struct zone *z, unsigned cpu, bool expired)
{
	struct per_cpu_pages *pcp = &z->cpu[cpu];

	if (z->node == sys->node_of_cpu[cpu])
		return;
	if (expired) {
		pcp->active = false;
		pcp->expire = 1;
	} else if (!pcp->active && pcp->expire == 1) {
		pcp->expire = 2;
	}
}

void pcp_tick(struct mm_system *sys, struct zone *z, unsigned cpu)
{
	struct per_cpu_pages *pcp = &z->cpu[cpu];

	vmstat_fold(z, cpu);
	if (pcp->active)
		pcp->expire = REMOTE_EXPIRE;
	pcp->active = false;
	if (!z->rules->pcp_fixed_high && pcp->high > pcp->high_min)
		pcp->high = max32(max32(pcp->count - (pcp->batch << PCP_BATCH_SCALE_MAX),
					pcp->high - (pcp->high >> 3)),
				  pcp->high_min);
	for (int32_t more = pcp->count - pcp->high; !z->rules->pcp_fixed_high && more > 0;
	     more -= pcp->batch) {
		drain_bulk(sys, z, pcp, min32(more, pcp->batch), 0);
		pcp->active = true; /* the zone's counters changed: what the next round looks for */
	}
	if (!pcp->expire || !pcp->count)
		return;
	if (z->node == sys->node_of_cpu[cpu]) {
		pcp->expire = 0;
		return;
	}
	if (--pcp->expire)
		return;
	drain_bulk(sys, z, pcp, min32(pcp->count, pcp->batch), 0);
	pcp->active = true;
}
