/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The open loop: recorded allocations and frees, put to the model's page allocator as they are.
 */
#ifndef REPLAY_ALLOCATOR_H
#define REPLAY_ALLOCATOR_H

#include "lib/replay/compaction.h"
#include "lib/replay/idle.h"
#include "lib/replay/start/initial.h"

/* Why an event could not be replayed faithfully: X(id, name, what it means). */
#define DIVERGENCES(X)                                                                          \
	X(REFUSED_SUCCESS, "refused_success", "the model refused what the host granted")        \
	X(GRANTED_FAILURE, "granted_failure", "the model granted what the host refused")        \
	X(UNBACKED_FREE, "unbacked_free", "free of a block the model had refused")              \
	X(FREE_UNKNOWN, "free_unknown", "free of a frame that was free, as far as recorded")    \
	X(UNTOLD, "untold", "page that left a per-CPU list without an event")                   \
	X(COMPACTION_SHORT, "compaction_short",                                                 \
	  "pages that compaction took and the model had not")                                   \
	X(FREE_REFUSED, "free_refused", "free that the model would not do")                     \
	X(DOUBLE_ALLOC, "double_alloc", "allocation of a frame in use, as far as recorded")     \
	X(EVICTED_FREE, "evicted_free", "free of a page that did not fit into the smaller RAM") \
	X(ZONE_DIFFERS, "zone_differs", "the model took another zone")                          \
	X(NODE_DIFFERS, "node_differs", "the model took another node")                          \
	X(ORDER_BEYOND_MODEL, "order_beyond_model", "an order the buddy allocator has not")     \
	X(FRAME_BEYOND_MACHINE, "frame_beyond_machine", "a frame that no recorded zone holds")  \
	X(MIGRATETYPE_DIFFERS, "migratetype_differs", "recorded type is not that of the flags") \
	X(AFTER_GAP, "after_gap", "first free of a frame after events were lost")               \
	X(LOST_BEFORE, "lost_before", "events lost before this one, by the recorder's count")

enum divergence {
#define X(id, name, help) DIVERGENCE_##id,
	DIVERGENCES(X)
#undef X
		NR_DIVERGENCES
};

const char *divergence_name(enum divergence d);
const char *divergence_help(enum divergence d);

#define LAST_CPUS 4096 /* tasks alike in the low bits share one */

struct allocator {
	struct mm_system *sys;
	struct survey *survey;
	struct framemap map;
	struct compaction compaction;
	struct trylock_hold hold;
	unsigned nr_cpus;  /* of the model */
	bool base;	   /* the recorded success binds */
	bool as_recorded;  /* zones and nodes are the host's: placement can be compared */
	bool lists_locked; /* of the CPU that frees */
	bool lossy;	   /* events were lost before now */
	uint64_t lost;	   /* how many, as far as recorded */
	uint16_t zone_node[MACHINE_MAX_ZONES]; /* of the model's zones */
	uint64_t divergence[NR_DIVERGENCES];
	uint64_t allocs, frees; /* replayed */
	uint64_t faithful;	/* of these, without divergence */
	uint64_t compared;	/* allocations whose placement was compared */
	uint64_t same_frame, same_pageblock, same_zone;
	uint64_t in_step; /* allocations in a row on the host's frame */
	uint64_t onlined_pages;
	struct idle idle;
	uint16_t last_cpu[LAST_CPUS]; /* + 1, where a task allocated last; 0: nowhere yet */
};

/* Replay one mm_page_alloc or mm_page_free. -ENOMEM, or 0: a divergence is no error. */
int allocator_alloc(struct allocator *a, const struct mmt_event *ev, bool names_node,
		    struct mmt_err *e);
int allocator_free(struct allocator *a, const struct mmt_event *ev, struct mmt_err *e);
int allocator_alloc_page(struct allocator *a, const struct page_event *ev, struct mmt_err *e);
int allocator_free_page(struct allocator *a, const struct page_event *ev, struct mmt_err *e);
/* No event left the recorded frame in use: the last one freed it, or it was free at the start. */
bool allocator_is_free(const struct allocator *a, pfn_t pfn);
/* Events will name frame @soon, and @later a little after it: a hint to the host's caches, true or
 * not. */
void allocator_expect(const struct allocator *a, pfn_t soon, pfn_t later);
/* The host's zone @z has @managed pages now: frames that came under management do here too. */
int allocator_online(struct allocator *a, const struct machine_zone *z, pfn_t managed,
		     struct mmt_err *e);

#endif
