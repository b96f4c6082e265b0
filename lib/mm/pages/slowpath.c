// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: what happens to a request that found no zone above its low watermark. Others do the work
 * (kswapd, reclaim, compaction, the OOM killer), asked through struct mm_hooks; this file knows
 * only in which order they are asked and when to give up.
 *
 *     wake kswapd -> try at MIN -> (costly or unmovable order > 0) light compaction
 *     loop: wake kswapd -> try with reserves -> no direct reclaim? stop
 *           reclaim -> compact -> may it retry? -> OOM killer -> did that help?
 *
 * Reference: Linux 6.12 mm/page_alloc.c __alloc_pages_slowpath(), should_reclaim_retry(),
 * should_compact_retry(), __alloc_pages_may_oom(), __alloc_pages_direct_reclaim(),
 * __alloc_pages_direct_compact(), wake_all_kswapds().
 *
 * Invariants:
 * I1 A request without __GFP_DIRECT_RECLAIM reaches neither reclaim, compaction nor OOM.
 * I2 A request of a costly order never reaches the OOM killer.
 * I3 The loop ends: after MAX_ROUNDS even __GFP_NOFAIL gives up, counted in nofail_gave_up.
 * I4 __GFP_NOFAIL is not given up after a round that made progress, whatever ends others' way.
 *
 * Cost: the hooks charge theirs; here only further walks over the zonelist.
 *
 * Differs from Linux:
 * - a round in which nobody made progress is the last one for __GFP_NOFAIL: Linux waits for other
 *   tasks, which here stand still while an event is simulated. It is so too for a request without
 *   __GFP_FS that comes to the OOM killer, for whose sake Linux kills nobody but retries for ever;
 * - the locks that serialise reclaim and OOM (oom_lock) are always free;
 * - a skipped compaction is retried while reclaim made progress (Linux asks
 *   compaction_zonelist_suitable()): compaction is not modelled yet;
 * - fatal signals, throttling and PSI are the callers' and the daemons' business.
 */
#include "lib/mm/pages/page_alloc.h"

#include "lib/mm/gfp.h"
#include "lib/mm/pages/highatomic.h"
#include "lib/mm/pages/wmark.h"
#include "lib/mm/profile.h"

#define MAX_RECLAIM_RETRIES 16
#define MAX_COMPACT_RETRIES 16
#define MAX_ROUNDS	    4096

enum compact_priority { COMPACT_SYNC_FULL, COMPACT_SYNC_LIGHT, COMPACT_ASYNC };

/* One request on its slow way. */
struct slowpath {
	struct mm_system *sys;
	struct alloc_context *ac;
	uint32_t alloc_flags;
	enum compact_priority priority;
	enum mm_compact_result compact;
	unsigned compact_retries, no_progress_loops;
	uint64_t progress; /* pages this round's reclaim freed, or that the OOM killer was of use */
};

static void wake_all_kswapds(struct mm_system *sys, const struct alloc_context *ac)
{
	unsigned last = UINT32_MAX;
	struct zone **pos;

	for (pos = zonelist_next(ac->zonelist->zone, ac->highest, ac->nodemask); *pos;
	     pos = zonelist_next(pos + 1, ac->highest, ac->nodemask)) {
		const struct zone *z = *pos;

		if (!z->managed || z->node == last)
			continue;
		last = z->node;
		sys->counter[C_KSWAPD_WAKE]++;
		if (sys->hooks.wake_kswapd)
			sys->hooks.wake_kswapd(sys->hooks.ctx, z->node, ac->order,
					       (enum zone_type)ac->highest);
	}
}

static bool unreserve(struct mm_system *sys, const struct alloc_context *ac, bool force)
{
	struct zone **pos;

	for (pos = zonelist_next(ac->zonelist->zone, ac->highest, ac->nodemask); *pos;
	     pos = zonelist_next(pos + 1, ac->highest, ac->nodemask))
		if (unreserve_highatomic_pageblock(sys, *pos, ac->type, force))
			return true;
	return false;
}

static pfn_t direct_compact(struct slowpath *s)
{
	struct mm_system *sys = s->sys;
	pfn_t pfn;

	if (!s->ac->order)
		return PFN_NONE;
	/* Who may do no IO may not compact: that is no stall. */
	s->compact = sys->hooks.direct_compact && s->ac->gfp & __GFP_IO
			     ? sys->hooks.direct_compact(sys->hooks.ctx, s->ac->rq, s->priority)
			     : MM_COMPACT_SKIPPED;
	pfn = sys->capture.pfn;
	mm_capture_end(sys);
	sys->capture.pfn = PFN_NONE;
	if (s->compact == MM_COMPACT_SKIPPED && pfn == PFN_NONE)
		return PFN_NONE;
	sys->counter[C_COMPACT_STALL]++;
	if (pfn == PFN_NONE)
		pfn = get_page_from_freelist(sys, s->alloc_flags, s->ac);
	sys->counter[pfn == PFN_NONE ? C_COMPACT_FAIL : C_COMPACT_SUCCESS]++;
	return pfn;
}

static pfn_t direct_reclaim(struct slowpath *s)
{
	struct mm_system *sys = s->sys;
	pfn_t pfn;

	sys->counter[C_ALLOCSTALL_DMA + s->ac->highest]++;
	s->progress = sys->hooks.direct_reclaim
			      ? sys->hooks.direct_reclaim(sys->hooks.ctx, s->ac->rq)
			      : 0;
	if (!s->progress)
		return PFN_NONE;
	pfn = get_page_from_freelist(sys, s->alloc_flags, s->ac);
	if (pfn != PFN_NONE)
		return pfn;
	/* What was freed may sit in PCP lists or in the high-order reserve. */
	unreserve(sys, s->ac, false);
	drain_all_pages(sys);
	return get_page_from_freelist(sys, s->alloc_flags, s->ac);
}

/* Whether some zone would have enough if all that can be reclaimed were free. */
static bool reclaim_could_help(struct slowpath *s)
{
	struct mm_system *sys = s->sys;
	const struct alloc_context *ac = s->ac;
	struct zone **pos;

	for (pos = zonelist_next(ac->zonelist->zone, ac->highest, ac->nodemask); *pos;
	     pos = zonelist_next(pos + 1, ac->highest, ac->nodemask)) {
		const struct zone *z = *pos;
		int64_t available = z->free;

		if (!sys->rules->reclaim_retry_ignores_cpuset &&
		    !cpuset_allows(ac, s->alloc_flags, z))
			continue;
		if (sys->hooks.reclaimable)
			available += (int64_t)sys->hooks.reclaimable(sys->hooks.ctx, z->node,
								     (enum zone_type)z->type);
		if (zone_watermark_ok_free(z, ac->order, zone_wmark(z, WMARK_MIN), ac->highest,
					   s->alloc_flags, available))
			return true;
	}
	return false;
}

static bool should_reclaim_retry(struct slowpath *s)
{
	/* Progress says little about whether a costly block will come. */
	if (s->progress && s->ac->order <= PAGE_ALLOC_COSTLY_ORDER)
		s->no_progress_loops = 0;
	else
		s->no_progress_loops++;
	if (s->no_progress_loops <= MAX_RECLAIM_RETRIES && reclaim_could_help(s))
		return true;
	return unreserve(s->sys, s->ac, true);
}

static bool should_compact_retry(struct slowpath *s)
{
	bool costly = s->ac->order > PAGE_ALLOC_COSTLY_ORDER;

	if (!s->ac->order)
		return false;
	if (s->compact == MM_COMPACT_SKIPPED)
		return s->sys->hooks.direct_compact && reclaim_could_help(s);
	if (s->compact == MM_COMPACT_SUCCESS &&
	    ++s->compact_retries <= (costly ? MAX_COMPACT_RETRIES / 4 : MAX_COMPACT_RETRIES))
		return true;
	if (s->priority <= (costly ? COMPACT_SYNC_LIGHT : COMPACT_SYNC_FULL))
		return false;
	s->priority--;
	s->compact_retries = 0;
	return true;
}

/* A try within the cpuset, then without regard to it. */
static pfn_t cpuset_fallback(struct mm_system *sys, uint32_t alloc_flags,
			     const struct alloc_context *ac)
{
	pfn_t pfn = get_page_from_freelist(sys, alloc_flags | ALLOC_CPUSET, ac);

	if (pfn == PFN_NONE)
		pfn = get_page_from_freelist(sys, alloc_flags, ac);
	return pfn;
}

static void count_constraint(struct mm_system *sys, const struct mm_alloc_request *rq)
{
	enum mm_oom_constraint constraint = mm_oom_constraint(sys, rq);

	if (constraint != MM_OOM_NONE)
		sys->counter[constraint == MM_OOM_CPUSET ? C_OOM_CPUSET : C_OOM_MEMORY_POLICY]++;
}

/* @again: retry, as somebody was killed or else will free memory. */
static pfn_t may_oom(struct slowpath *s, bool *again)
{
	struct mm_system *sys = s->sys;
	const struct alloc_context *ac = s->ac;
	struct alloc_context look = *ac;
	pfn_t pfn;

	*again = false;
	/* Somebody else's victim may have freed a lot: look once more, but high. */
	look.gfp = (ac->gfp | __GFP_HARDWALL) & ~__GFP_DIRECT_RECLAIM;
	pfn = get_page_from_freelist(sys, ALLOC_WMARK_HIGH | ALLOC_CPUSET, &look);
	if (pfn != PFN_NONE || ac->order > PAGE_ALLOC_COSTLY_ORDER || ac->highest < ZONE_NORMAL ||
	    ac->gfp & (__GFP_RETRY_MAYFAIL | __GFP_THISNODE))
		return pfn;
	sys->counter[C_OUT_OF_MEMORY]++;
	/* Reclaim that might not enter file systems is no reason to kill; it may do more yet. */
	if (ac->gfp & __GFP_FS) {
		count_constraint(sys, ac->rq);
		*again = sys->hooks.out_of_memory &&
			 sys->hooks.out_of_memory(sys->hooks.ctx, ac->rq);
		s->progress |= *again;
	} else {
		*again = s->progress;
	}
	if (ac->gfp & __GFP_NOFAIL)
		pfn = cpuset_fallback(sys, ALLOC_NO_WATERMARKS, ac);
	return pfn;
}

/* A cpuset of movable memory alone has nothing for others: who must keep to it need not try. */
static bool cpuset_cannot_serve(const struct mm_system *sys, const struct alloc_context *ac)
{
	uint64_t allowed = ac->rq->mems_allowed;

	return allowed && ac->gfp & __GFP_HARDWALL && !(allowed & sys->normal_nodes) &&
	       !*zonelist_next(ac->zonelist->zone, ac->highest, allowed);
}

/* The tries before anything is reclaimed. */
static pfn_t first_attempts(struct slowpath *s, bool *give_up)
{
	const struct alloc_context *ac = s->ac;
	bool costly = ac->order > PAGE_ALLOC_COSTLY_ORDER;
	pfn_t pfn;

	if (s->alloc_flags & ALLOC_KSWAPD)
		wake_all_kswapds(s->sys, ac);
	pfn = get_page_from_freelist(s->sys, s->alloc_flags, ac);
	if (pfn != PFN_NONE)
		return pfn;
	if (!(ac->gfp & __GFP_DIRECT_RECLAIM) || !(ac->gfp & __GFP_IO) ||
	    !(costly || (ac->order && ac->type != MIGRATE_MOVABLE)) ||
	    gfp_pfmemalloc_flags(ac->gfp, ac->rq->memalloc, ac->rq->oom_victim))
		return PFN_NONE;
	s->priority = COMPACT_ASYNC;
	pfn = direct_compact(s);
	s->priority = COMPACT_SYNC_LIGHT;
	if (pfn == PFN_NONE && costly && ac->gfp & __GFP_NORETRY) {
		/* The block is not worth reclaim if compaction lacks the pages to work with, and
		 * not worth the pressure on one node while others may have plenty. */
		*give_up = s->compact == MM_COMPACT_SKIPPED || s->compact == MM_COMPACT_DEFERRED ||
			   ac->gfp & __GFP_THISNODE;
		s->priority = COMPACT_ASYNC;
	}
	return pfn;
}

/*
 * What ends others' way gives __GFP_NOFAIL a part of the reserve, then another round; that only
 * while somebody makes progress, as nobody else runs who could.
 */
static pfn_t no_page(struct slowpath *s, bool *again)
{
	const struct alloc_context *ac = s->ac;

	*again = false;
	if (!(ac->gfp & __GFP_NOFAIL) || !(ac->gfp & __GFP_DIRECT_RECLAIM))
		return PFN_NONE;
	*again = s->progress;
	return cpuset_fallback(s->sys, ALLOC_MIN_RESERVE, ac);
}

/* One round of the loop. */
static pfn_t round_once(struct slowpath *s, bool *again)
{
	struct alloc_context *ac = s->ac;
	const struct mm_alloc_request *rq = ac->rq;
	bool can_compact = ac->gfp & __GFP_IO;
	uint32_t reserves = gfp_pfmemalloc_flags(ac->gfp, rq->memalloc, rq->oom_victim);
	pfn_t pfn;

	*again = false;
	s->progress = 0;
	if (s->alloc_flags & ALLOC_KSWAPD)
		wake_all_kswapds(s->sys, ac);
	if (reserves)
		s->alloc_flags = reserves | (s->alloc_flags & ALLOC_KSWAPD) |
				 (ac->type == MIGRATE_MOVABLE ? ALLOC_CMA : 0);
	/* Those who may use reserves may use them on any node. */
	if (reserves || !(s->alloc_flags & ALLOC_CPUSET)) {
		ac->nodemask = 0;
		alloc_context_set_preferred(ac);
	}
	pfn = get_page_from_freelist(s->sys, s->alloc_flags, ac);
	if (pfn != PFN_NONE || !(ac->gfp & __GFP_DIRECT_RECLAIM) || rq->memalloc)
		return pfn;
	pfn = direct_reclaim(s);
	if (pfn == PFN_NONE)
		pfn = direct_compact(s);
	if (pfn != PFN_NONE || ac->gfp & __GFP_NORETRY)
		return pfn;
	if (ac->order > PAGE_ALLOC_COSTLY_ORDER &&
	    (!can_compact || !(ac->gfp & __GFP_RETRY_MAYFAIL)))
		return pfn;
	*again = true;
	if (should_reclaim_retry(s))
		return pfn;
	if (s->progress && can_compact && should_compact_retry(s))
		return pfn;
	pfn = may_oom(s, again);
	/* A victim that has its reserves and still fails would loop for ever. */
	if (rq->oom_victim && (s->alloc_flags & ALLOC_OOM || ac->gfp & __GFP_NOMEMALLOC))
		*again = false;
	if (*again)
		s->no_progress_loops = 0;
	return pfn;
}

pfn_t alloc_pages_slowpath(struct mm_system *sys, struct alloc_context *ac)
{
	struct slowpath s = {
		.sys = sys,
		.ac = ac,
		.alloc_flags = gfp_to_alloc_flags(ac->gfp, ac->order, ac->rq->rt_task, true),
		.priority = COMPACT_SYNC_LIGHT,
		.compact = MM_COMPACT_SKIPPED,
	};
	bool again = true, give_up = false;
	unsigned rounds;
	pfn_t pfn;

	sys->counter[C_SLOWPATH]++;
	/* The fast path took the cpuset for the mask; here ALLOC_CPUSET stands for it. */
	ac->nodemask = ac->rq->nodemask;
	ac->gfp = ac->rq->gfp;
	alloc_context_set_preferred(ac);
	if (!*ac->preferred || sys->frames.host_failed)
		return PFN_NONE;
	give_up = cpuset_cannot_serve(sys, ac);
	pfn = give_up ? PFN_NONE : first_attempts(&s, &give_up);
	if (pfn == PFN_NONE && give_up) {
		s.progress = 1; /* nothing was tried yet */
		pfn = no_page(&s, &again);
	}
	for (rounds = 0; pfn == PFN_NONE && again && rounds < MAX_ROUNDS; rounds++) {
		pfn = round_once(&s, &again);
		if (sys->frames.host_failed)
			return pfn;
		if (pfn == PFN_NONE && !again)
			pfn = no_page(&s, &again);
	}
	if (pfn == PFN_NONE && ac->gfp & __GFP_NOFAIL && ac->gfp & __GFP_DIRECT_RECLAIM)
		sys->counter[C_NOFAIL_GAVE_UP]++;
	return pfn;
}

void mm_capture_begin(struct mm_system *sys, unsigned zone_index, const struct mm_alloc_request *rq)
{
	int type = gfp_migratetype(rq->gfp);

	if (zone_index >= sys->nr_zones || type < 0 || sys->capture.pfn != PFN_NONE)
		return;
	sys->capture = (struct capture){ .order = rq->order,
					 .type = (uint8_t)type,
					 .zone = (uint16_t)zone_index,
					 .pfn = PFN_NONE };
}

bool mm_captured(const struct mm_system *sys)
{
	return sys->capture.pfn != PFN_NONE;
}

void mm_capture_end(struct mm_system *sys)
{
	sys->capture.order = NO_CAPTURE;
}
