/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frees that found their CPU's lists locked.
 */
#ifndef REPLAY_TRYLOCK_H
#define REPLAY_TRYLOCK_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"
#include "lib/mm/mm.h"
#include "lib/replay/survey/waiting.h"

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
	bool sure;    /* it was within a refill, or its block left the zone without a drain */
	bool at_once; /* no request is to be waited for */
	bool listed;  /* it came behind the lock: its block left a list */
};

/* All of a trace's, in its order. */
struct trylock {
	struct mmt_alloc *alloc;
	uint64_t frees; /* of sound blocks, so far */
	struct trylock_free *free;
	size_t nr, cap;
	uint64_t drains; /* told, so far */
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
		bool locked; /* it passes the lists */
	} held[TRYLOCK_HELD];
};

void trylock_free(struct trylock *t);
/* A free of the CPU that @w watches: 1 if it may be within the refill, else 0; -ENOMEM. */
int trylock_note(struct trylock *t, struct trylock_watch *w, pfn_t pfn, unsigned cpu, uint32_t task,
		 struct mmt_err *e);
/* An allocation there: it ends the watch, and tells whether that was the refill's request. */
void trylock_told(struct trylock *t, struct trylock_watch *w, pfn_t pfn, unsigned cpu);
/* A block left the free lists of the zone: frees of it that no drain followed passed the lists. */
int trylock_taken(struct trylock *t, struct waiting *w, pfn_t pfn, unsigned order,
		  struct mmt_err *e);
/* The block that the @nth free gave back, which was noted, left a list of a CPU. */
void trylock_left(struct trylock *t, uint64_t nth);
/* All of the trace was read: keep what is sure. */
void trylock_settle(struct trylock *t);

enum trylock_way {
	TRYLOCK_LISTS, /* as any */
	TRYLOCK_HOLD,  /* past the lists, once the request is told */
	TRYLOCK_AFTER, /* to the lists, once the request is told */
	TRYLOCK_PAST   /* past the lists */
};
/* One more free in the replay: where it goes. */
enum trylock_way trylock_way(const struct trylock *t, struct trylock_hold *h);

#endif
