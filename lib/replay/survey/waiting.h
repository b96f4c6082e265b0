/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which frames waited in per-CPU lists, and since when, as far as events tell.
 */
#ifndef REPLAY_WAITING_H
#define REPLAY_WAITING_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/mm/mm.h"

/* A stay in a list that no event ended, but a free did that came later: both by the number of frees in
 * the trace by then. */
struct waiting_stay {
	pfn_t pfn;
	uint32_t since, until;
};

struct waiting {
	struct mmt_alloc *alloc;
	uint32_t **since; /* by frame, in sections; NULL while there are none */
	struct mmt_pool pool;
	struct waiting_stay *stay; /* once settled, by frame and time */
	size_t nr, cap;
};

void waiting_free(struct waiting *w);
/* Frame @pfn will be asked for soon: a hint to the host's caches. */
void waiting_prefetch(const struct waiting *w, pfn_t pfn);
enum waiting_way {
	WAITING_FREED,
	WAITING_NOTED, /* freed, perhaps while the list was locked (trylock.c) */
	WAITING_REFILL
};
/* The block at @pfn came into a list with the @nth free, or with a refill after it. */
int waiting_enters(struct waiting *w, pfn_t pfn, uint64_t nth, enum waiting_way way,
		   struct mmt_err *e);
/* It left its list, for a request or with a drain: the number of the free that brought it, if that was
 * noted, else 0. */
uint32_t waiting_leaves(struct waiting *w, pfn_t pfn);
/* The number of the free that brought it, 0: none did, or it left. */
uint32_t waiting_freed(const struct waiting *w, pfn_t pfn);
/* All of the trace was read. */
void waiting_settle(struct waiting *w);
/* A block that is in a list after @nth frees: no event tells how it left that. */
bool waiting_ends_untold(const struct waiting *w, pfn_t pfn, uint64_t nth);

#endif
