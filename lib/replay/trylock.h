/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frees that found their CPU's lists locked.
 */
#ifndef REPLAY_TRYLOCK_H
#define REPLAY_TRYLOCK_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"
#include "lib/mm/mm.h"

#define TRYLOCK_HELD 16 /* frees in one refill; more are done as they come */

/* A refill on a CPU whose request is not told yet. */
struct trylock_watch {
	bool open;
	uint16_t noted;	   /* frees since */
	uint32_t task;	   /* whose request it is */
	pfn_t first;	   /* its first block, which the request gets */
	pfn_t from, pages; /* its zone */
};

/* A free by its number in the trace, the first being 1. */
struct trylock_free {
	uint64_t nth;
	uint16_t cpu;
	bool sure; /* it was within a refill */
};

/* All of a trace's, in its order. */
struct trylock {
	struct mmt_alloc *alloc;
	uint64_t frees; /* of sound blocks, so far */
	struct trylock_free *free;
	size_t nr, cap;
};

/* What the replay holds back until the request is told. */
struct trylock_hold {
	uint64_t frees; /* so far */
	size_t next;	/* of trylock.free */
	unsigned nr;
	struct {
		pfn_t pfn;
		uint8_t order;
		uint16_t cpu;
	} held[TRYLOCK_HELD];
};

void trylock_free(struct trylock *t);
/* A free of the CPU that @w watches: perhaps within the refill. */
int trylock_note(struct trylock *t, struct trylock_watch *w, pfn_t pfn, unsigned cpu, uint32_t task,
		 struct mmt_err *e);
/* An allocation there: it ends the watch, and tells whether that was the refill's request. */
void trylock_told(struct trylock *t, struct trylock_watch *w, pfn_t pfn, unsigned cpu);
/* All of the trace was read: keep what is sure. */
void trylock_settle(struct trylock *t);

/* One more free in the replay: whether it is to be held back. */
bool trylock_due(const struct trylock *t, struct trylock_hold *h);

#endif
