// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a request walks the zonelist from its preferred zone and takes the first zone whose free
 * pages stay above the watermark the request must respect; there the block comes from the CPU's
 * lists or from the buddy lists.
 *
 *     mm_alloc_pages -> get_page_from_freelist at LOW, pageblocks unmixed (NOFRAGMENT)
 *                    -> the same, mixing allowed
 *                    -> slowpath.c
 *
 * Reference: Linux 6.12 mm/page_alloc.c __alloc_pages_noprof(), prepare_alloc_pages(),
 * get_page_from_freelist(), alloc_flags_nofragment(), rmqueue(), rmqueue_buddy(),
 * zone_statistics(), __free_pages(), free_unref_page(), drain_all_pages().
 *
 * Invariants:
 * I1 A block given out was free or in a PCP list, and is recorded as PAGE_ALLOCATED at its order.
 * I2 A free is honoured only for a block the model gave out, at its order, or for frames that were
 *    in use since the start; anything else changes nothing and is counted.
 * I3 zone->allocated grows by 2^order for each block given out and shrinks by as much when it
 * returns.
 * I4 The short ways, alloc_common() and free_common(), either leave everything as the long ways
 * would, or change nothing.
 *
 * Cost: order 0 to 3 and 9 touch no zone lock while PCP lists serve them, others hold it once.
 *
 * Differs from Linux:
 * - dirty spreading (__GFP_WRITE), deferred_grow_zone() and unaccepted memory are not asked on the
 *   way;
 * - a cpuset is the nodes of the request; one without __GFP_HARDWALL leaves it for any node on its
 *   slow way, as where no ancestor but the root is exclusive or a hardwall;
 * - a node is near enough to be reclaimed up to 30, where on AMD Zen Linux raises that to 32;
 * - page checks, poisoning, KASAN and page_owner do not exist; __GFP_ZERO costs nothing here.
 */
#include "lib/mm/pages/page_alloc.h"

#include "lib/mm/gfp.h"
#include "lib/mm/pages/highatomic.h"
#include "lib/mm/pages/pcp.h"
#include "lib/mm/pages/vmstat.h"
#include "lib/mm/pages/wmark.h"
#include "lib/mm/profile.h"

/* How far a node may be to be reclaimed. */
#define RECLAIM_DISTANCE 30

void alloc_context_set_preferred(struct alloc_context *ac)
{
	ac->preferred = ac->zonelist->first[ac->highest];
	if (ac->nodemask)
		ac->preferred = zonelist_next(ac->preferred, ac->highest, ac->nodemask);
}

bool alloc_context_prepare(const struct mm_system *sys, const struct mm_alloc_request *rq,
			   struct alloc_context *ac)
{
	int zone = gfp_zone(rq->gfp), type = gfp_migratetype(rq->gfp);
	const struct node *node;

	if (rq->order > MAX_PAGE_ORDER || rq->cpu >= sys->nr_cpus || (zone | type) < 0 ||
	    rq->node >= (int)sys->nr_nodes)
		return false;
	ac->cpu_node = sys->node_of_cpu[rq->cpu];
	node = &sys->node[rq->node < 0 ? ac->cpu_node : (unsigned)rq->node];
	ac->rq = rq;
	ac->gfp = rq->gfp | (rq->mems_allowed ? __GFP_HARDWALL : 0);
	ac->order = rq->order;
	ac->cpu = rq->cpu;
	ac->highest = (unsigned)zone;
	ac->type = (enum migratetype)type;
	ac->nodemask = rq->nodemask ? rq->nodemask : rq->mems_allowed;
	ac->zonelist = rq->gfp & __GFP_THISNODE ? &node->local : &node->fallback;
	alloc_context_set_preferred(ac);
	return true;
}

/* Flags of the fast path. Pageblocks are kept unmixed where another zone of the node can help out:
 * NORMAL with DMA32 below. */
static uint32_t fast_flags(const struct mm_system *sys, const struct alloc_context *ac)
{
	uint32_t flags = ALLOC_WMARK_LOW | (ac->gfp & __GFP_KSWAPD_RECLAIM);
	const struct zone *z = *ac->preferred;

	if (ac->type == MIGRATE_MOVABLE)
		flags |= ALLOC_CMA;
	/* Without a policy's nodes the cpuset's are the mask already. */
	if (ac->rq->nodemask)
		flags |= ALLOC_CPUSET;
	if (z && z->type == ZONE_NORMAL && sys->node[z->node].nofragment)
		flags |= ALLOC_NOFRAGMENT;
	return flags;
}

static pfn_t rmqueue_buddy(struct mm_system *sys, struct zone *z, uint32_t alloc_flags,
			   const struct alloc_context *ac)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	int64_t free = z->free;
	pfn_t pfn = PFN_NONE;

	sys->counter[C_LOCK_ALLOC]++;
	if (alloc_flags & ALLOC_HIGHATOMIC)
		pfn = buddy_rmqueue_smallest(sys, z, ac->order, MIGRATE_HIGHATOMIC);
	if (pfn == PFN_NONE)
		pfn = rmqueue(sys, z, ac->order, ac->type, alloc_flags, &mode);
	/* Better to use up the high-order reserve than to fail these. */
	if (pfn == PFN_NONE && alloc_flags & (ALLOC_OOM | ALLOC_NON_BLOCK))
		pfn = buddy_rmqueue_smallest(sys, z, ac->order, MIGRATE_HIGHATOMIC);
	vmstat_count_free(z, &z->cpu[ac->rq->cpu], z->free - free);
	return pfn;
}

void zone_statistics(struct zone *z, const struct alloc_context *ac, unsigned events,
		     unsigned pages)
{
	struct zone *preferred = *ac->preferred;

	z->counter[ZC_ALLOC] += events;
	z->counter[ZC_PGALLOC] += pages;
	if (z->node != preferred->node) {
		z->counter[ZC_NUMA_MISS] += events;
		preferred->counter[ZC_NUMA_FOREIGN] += events;
	}
	if (z->node != ac->cpu_node)
		z->counter[ZC_NUMA_OTHER] += events;
}

/* The request claimed a pageblock here: kswapd is to make such claims rarer. */
static void wake_boosted(struct mm_system *sys, struct zone *z)
{
	z->boosted = false;
	sys->counter[C_KSWAPD_WAKE]++;
	if (sys->hooks.wake_kswapd)
		sys->hooks.wake_kswapd(sys->hooks.ctx, z->node, 0, (enum zone_type)z->type);
}

/* A block from this zone, recorded as given out. */
static pfn_t take_from_zone(struct mm_system *sys, struct zone *z, uint32_t alloc_flags,
			    const struct alloc_context *ac)
{
	unsigned order = ac->order, pages = 1u << order;
	pfn_t pfn = PFN_NONE;

	if (pcp_allowed_order(order) && (alloc_flags & ALLOC_CMA || ac->type != MIGRATE_MOVABLE ||
					 !z->rules->movable_list_needs_cma))
		pfn = pcp_alloc(sys, z, ac->cpu, order, ac->type, alloc_flags);
	if (pfn == PFN_NONE)
		pfn = rmqueue_buddy(sys, z, alloc_flags, ac);
	if (z->boosted && (alloc_flags & ALLOC_KSWAPD || z->rules->boost_wakes_always))
		wake_boosted(sys, z);
	if (pfn == PFN_NONE)
		return pfn;
	z->allocated += pages;
	zone_statistics(z, ac, 1, pages);
	*frames_state(&sys->frames, pfn, order) = PAGE_STATE(PAGE_ALLOCATED, order, ac->type);
	if (alloc_flags & ALLOC_HIGHATOMIC)
		reserve_highatomic_pageblock(sys, z, pfn, order);
	return pfn;
}

static bool zone_allows(struct zone *z, uint32_t alloc_flags, const struct alloc_context *ac)
{
	/* Noticed here rather than on the hot path of freeing, which acts on it. */
	if (!z->below_high && !z->rules->pcp_fixed_high) {
		if (zone_watermark_fast(z, ac->order, zone_wmark(z, WMARK_HIGH), ac->highest,
					alloc_flags))
			return true;
		z->below_high = true;
	}
	if (alloc_flags & ALLOC_NO_WATERMARKS)
		return true;
	return zone_watermark_fast(
		z, ac->order, zone_wmark(z, (enum zone_watermark)(alloc_flags & ALLOC_WMARK_MASK)),
		ac->highest, alloc_flags);
}

/* vm.zone_reclaim_mode: whether reclaim of this zone's node, rather than going further away, gave
 * the zone enough. Nodes of other CPUs are left to these. */
static bool reclaim_node(struct mm_system *sys, const struct zone *z, uint32_t alloc_flags,
			 const struct alloc_context *ac)
{
	uint64_t mark = alloc_flags & ALLOC_WMARK_MASK;
	enum mm_node_reclaim result;

	if (!(sys->tunables.zone_reclaim_mode & ZONE_RECLAIM_BITS) ||
	    sys->distance[(*ac->preferred)->node * sys->nr_nodes + z->node] > RECLAIM_DISTANCE ||
	    !(ac->gfp & __GFP_DIRECT_RECLAIM) || ac->rq->memalloc || !sys->hooks.node_reclaim ||
	    (sys->node[z->node].nr_cpus && z->node != ac->cpu_node))
		return false;
	result = sys->hooks.node_reclaim(sys->hooks.ctx, z->node, ac->rq);
	if (result == MM_NODE_RECLAIM_FULL)
		return false;
	sys->counter[result == MM_NODE_RECLAIM_SUCCESS ? C_ZONE_RECLAIM_SUCCESS
						       : C_ZONE_RECLAIM_FAILED]++;
	return zone_watermark_ok(z, ac->order, zone_wmark(z, (enum zone_watermark)mark),
				 ac->highest, alloc_flags);
}

pfn_t get_page_from_freelist(struct mm_system *sys, uint32_t alloc_flags,
			     const struct alloc_context *ac)
{
	struct zone **pos;
	struct zone *z;

retry:
	for (pos = ac->preferred; (z = *pos);
	     pos = zonelist_next(pos + 1, ac->highest, ac->nodemask)) {
		pfn_t pfn;

		if (!cpuset_allows(ac, alloc_flags, z))
			continue;
		/* Being near counts for more than keeping pageblocks unmixed. */
		if (alloc_flags & ALLOC_NOFRAGMENT && z->node != (*ac->preferred)->node) {
			alloc_flags &= ~ALLOC_NOFRAGMENT;
			goto retry;
		}
		if (!zone_allows(z, alloc_flags, ac) && !reclaim_node(sys, z, alloc_flags, ac))
			continue;
		pfn = take_from_zone(sys, z, alloc_flags, ac);
		if (pfn != PFN_NONE || sys->frames.host_failed)
			return pfn;
	}
	if (alloc_flags & ALLOC_NOFRAGMENT) {
		alloc_flags &= ~ALLOC_NOFRAGMENT;
		goto retry;
	}
	return PFN_NONE;
}

/*
 * The common request, in short: its preferred zone has plenty and its CPU's list has a block. What
 * it gets is what get_page_from_freelist() would give; anything else is left to that.
 */
static pfn_t alloc_common(struct mm_system *sys, const struct mm_alloc_request *rq)
{
	struct gfp_way way = sys->way[rq->gfp % GFP_WAYS];
	unsigned order = rq->order, pages = 1u << (order & 15), node;
	struct zone *z;
	pfn_t pfn;

	if (rq->cpu >= sys->nr_cpus || (way.highest | way.type) < 0 ||
	    order > PAGE_ALLOC_COSTLY_ORDER || rq->node >= 0 || (rq->nodemask | rq->mems_allowed) ||
	    rq->gfp & __GFP_THISNODE)
		return PFN_NONE;
	node = sys->node_of_cpu[rq->cpu];
	z = *sys->node[node].fallback.first[way.highest];
	if (!z || z->below_high || z->boosted)
		return PFN_NONE;
	if (zone_counted_free(z) - z->unusable_highatomic - z->free_cma - pages <
		    zone_wmark(z, WMARK_HIGH) + z->lowmem_reserve[way.highest] ||
	    (order && !zone_has_block(z, order)))
		return PFN_NONE;
	pfn = pcp_take(z, rq->cpu, order, (enum migratetype)way.type);
	if (pfn == PFN_NONE)
		return PFN_NONE;
	z->allocated += pages;
	z->counter[ZC_ALLOC]++;
	z->counter[ZC_PGALLOC] += pages;
	if (z->node != node)
		z->counter[ZC_NUMA_OTHER]++;
	*frames_state(&sys->frames, pfn, 0) =
		(uint8_t)PAGE_STATE(PAGE_ALLOCATED, order, (unsigned)way.type);
	return pfn;
}

pfn_t mm_alloc_pages(struct mm_system *sys, const struct mm_alloc_request *rq)
{
	pfn_t pfn = alloc_common(sys, rq);
	struct alloc_context ac;

	if (pfn != PFN_NONE)
		return pfn;
	if (!alloc_context_prepare(sys, rq, &ac)) {
		sys->counter[C_ALLOC_INVALID]++;
		return PFN_NONE;
	}
	pfn = get_page_from_freelist(sys, fast_flags(sys, &ac), &ac);
	if (pfn == PFN_NONE)
		pfn = alloc_pages_slowpath(sys, &ac);
	if (pfn == PFN_NONE)
		sys->counter[C_ALLOC_FAIL]++;
	return pfn;
}

static bool is_allocated(uint8_t state, unsigned order)
{
	return (state & PAGE_STATE(3, 15, 0)) == PAGE_STATE(PAGE_ALLOCATED, order, 0);
}

/* Why a free is refused; false if it is not. */
static bool refuse_free(struct mm_system *sys, const struct zone *z, pfn_t pfn, unsigned order)
{
	pfn_t head;
	unsigned o;
	enum page_kind kind = frames_find_block(&sys->frames, pfn, &head, &o);

	if (kind == PAGE_BUDDY || kind == PAGE_PCP) {
		sys->counter[C_FREE_DOUBLE]++;
		return true;
	}
	if (kind == PAGE_ALLOCATED) {
		sys->counter[C_FREE_ORDER]++;
		return true;
	}
	if (!frames_all_used(&sys->frames, pfn, order)) {
		sys->counter[C_FREE_ORDER]++;
		return true;
	}
	if (z->unknown < 1 << order) {
		sys->counter[C_FREE_RANGE]++;
		return true;
	}
	return order < PAGEBLOCK_ORDER && !frames_touch(&sys->frames, pfn);
}

static void clear_used(struct mm_system *sys, pfn_t pfn, unsigned order)
{
	pfn_t i;

	for (i = 0; i < 1u << order; i++) {
		uint8_t *state = frames_state(&sys->frames, pfn + i, 0);

		/* A section nobody touched reads as the shared blank one. */
		if (*state)
			*state = PAGE_USED;
	}
}

/* @z gives frames back that were in use since the start. */
static bool free_unknown(struct mm_system *sys, struct zone *z, pfn_t pfn, unsigned order)
{
	if (refuse_free(sys, z, pfn, order))
		return false;
	clear_used(sys, pfn, order);
	z->unknown -= 1 << order;
	sys->counter[C_FREE_UNKNOWN]++;
	return true;
}

/*
 * The common free, in short: a small block that the model gave out, so it is aligned and in one
 * zone, and its CPU's list has room. What becomes of it is what free_any() would make of it. False,
 * nothing done: another case.
 */
static bool free_common(struct mm_system *sys, pfn_t pfn, unsigned order, unsigned cpu)
{
	const struct pageblock *block;
	uint8_t *state;
	struct zone *z;

	if (order > PAGE_ALLOC_COSTLY_ORDER || pfn >= sys->frames.nr || cpu >= sys->nr_cpus)
		return false;
	state = frames_state(&sys->frames, pfn, 0);
	block = frames_block(&sys->frames, pfn);
	if (!is_allocated(*state, order) || block->type >= MIGRATE_HIGHATOMIC)
		return false;
	for (z = &sys->zone[block->zone]; pfn >= z->end;)
		z++;
	if (!pcp_put(sys, z, cpu, pfn, order, (enum migratetype)block->type))
		return false;
	*state = (uint8_t)PAGE_STATE(PAGE_PCP, order, block->type);
	z->allocated -= 1 << order;
	sys->counter[C_PGFREE] += 1u << order;
	return true;
}

/* @locked: the CPU's lists are, so the block passes them by. */
static bool free_any(struct mm_system *sys, pfn_t pfn, unsigned order, unsigned cpu, bool locked)
{
	struct zone *z = zone_of_block(sys, pfn, order);
	unsigned type, pages = 1u << order;
	uint8_t *state;

	if (!z || cpu >= sys->nr_cpus) {
		sys->counter[C_FREE_RANGE]++;
		return false;
	}
	state = frames_state(&sys->frames, pfn, order);
	type = frames_block(&sys->frames, pfn)->type;
	if (is_allocated(*state, order))
		z->allocated -= pages;
	else if (!free_unknown(sys, z, pfn, order))
		return false;
	sys->counter[C_PGFREE] += pages;
	if (locked || !pcp_allowed_order(order) || type == MIGRATE_ISOLATE) {
		int64_t free = z->free;

		sys->counter[C_LOCK_FREE]++;
		*state = PAGE_USED;
		buddy_free(sys, z, pfn, order, false);
		vmstat_count_free(z, &z->cpu[cpu], z->free - free);
	} else {
		pcp_free(sys, z, cpu, pfn, order,
			 type < MIGRATE_HIGHATOMIC ? (enum migratetype)type : MIGRATE_MOVABLE);
	}
	return true;
}

bool mm_free_pages(struct mm_system *sys, pfn_t pfn, unsigned order, unsigned cpu)
{
	return free_common(sys, pfn, order, cpu) || free_any(sys, pfn, order, cpu, false);
}

bool mm_free_pages_locked(struct mm_system *sys, pfn_t pfn, unsigned order, unsigned cpu)
{
	return free_any(sys, pfn, order, cpu, true);
}

void mm_prefetch(const struct mm_system *sys, pfn_t pfn)
{
	if (pfn >= sys->frames.nr)
		return;
	__builtin_prefetch(frames_state(&sys->frames, pfn, 0), 1);
}

bool mm_is_free(const struct mm_system *sys, pfn_t pfn)
{
	unsigned order;
	pfn_t head;

	return pfn < sys->frames.nr &&
	       frames_find_block(&sys->frames, pfn, &head, &order) == PAGE_BUDDY;
}

bool mm_is_allocated(const struct mm_system *sys, pfn_t pfn, unsigned order)
{
	return zone_of_block(sys, pfn, order) &&
	       is_allocated(*frames_state(&sys->frames, pfn, order), order);
}

bool mm_split_page(struct mm_system *sys, pfn_t pfn, unsigned order, unsigned to)
{
	uint8_t *state;
	unsigned type;
	pfn_t i;

	if (!mm_is_allocated(sys, pfn, order) || to > order)
		return false;
	if (to == order)
		return true;
	if (to < PAGEBLOCK_ORDER && !frames_touch(&sys->frames, pfn))
		return false;
	state = frames_state(&sys->frames, pfn, order);
	type = state_type(*state);
	*state = PAGE_USED;
	for (i = 0; i < 1u << order; i += 1u << to)
		*frames_state(&sys->frames, pfn + i, to) = PAGE_STATE(PAGE_ALLOCATED, to, type);
	return true;
}

void drain_all_pages(struct mm_system *sys)
{
	unsigned i, cpu;

	sys->counter[C_DRAIN_ALL]++;
	for (cpu = 0; cpu < sys->nr_cpus; cpu++)
		for (i = 0; i < sys->nr_zones; i++)
			pcp_drain(sys, &sys->zone[i], cpu);
}

void mm_drain_all_pages(struct mm_system *sys)
{
	drain_all_pages(sys);
}

void mm_drain_pages_zone(struct mm_system *sys, unsigned zone_index, unsigned cpu)
{
	if (zone_index < sys->nr_zones && cpu < sys->nr_cpus)
		pcp_drain(sys, &sys->zone[zone_index], cpu);
}

void mm_vmstat_tick(struct mm_system *sys, unsigned cpu)
{
	unsigned i;

	for (i = 0; cpu < sys->nr_cpus && i < sys->nr_zones; i++)
		pcp_tick(sys, &sys->zone[i], cpu);
}

void mm_set_expired(struct mm_system *sys, unsigned cpu, uint64_t nodes)
{
	unsigned i;

	for (i = 0; cpu < sys->nr_cpus && i < sys->nr_zones; i++)
		pcp_set_expired(sys, &sys->zone[i], cpu, nodes >> sys->zone[i].node & 1);
}
