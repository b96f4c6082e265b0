/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recorded frame -> model frame, for every block that events allocated.
 */
#ifndef REPLAY_FRAMEMAP_H
#define REPLAY_FRAMEMAP_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/mm/mm.h"

#define FRAMEMAP_SECTION_ORDER 10
#define FRAMEMAP_SECTION       (1u << FRAMEMAP_SECTION_ORDER)
#define FRAMEMAP_BEYOND	       2048 /* sections: 16 MiB of the host */

enum frame_state {
	FRAME_AS_AT_START, /* no event named it yet: see the population */
	FRAME_LIVE,	   /* allocated on the host, and in the model at `model` */
	FRAME_UNBACKED,	   /* allocated on the host; the model had nothing to give */
	FRAME_FREED,
	FRAME_EVICTED, /* in use when the trace began, dropped because RAM is smaller */
};

struct frame_entry {
	pfn_t model;
	uint8_t order; /* of the block, which starts at the recorded frame aligned down to it */
	uint8_t state; /* enum frame_state */
	bool managed;  /* known not to be FRAME_ABSENT in the population */
	bool untold;   /* LIVE without an event: see untold.c */
};

struct framemap {
	struct mmt_alloc *alloc;
	struct frame_entry **section; /* NULL: all AS_AT_START */
	struct mmt_pool pool;	      /* the sections */
	uint64_t room;		      /* sections it may still make */
	uint64_t live;		      /* frames LIVE or UNBACKED */
};

/* For a host of @frames frames, and FRAMEMAP_BEYOND sections that no zone of it told of. */
int framemap_init(struct framemap *m, uint64_t frames, struct mmt_alloc *a, struct mmt_err *e);
void framemap_free(struct framemap *m);
/* The block of 2^@order frames at @pfn is in @state, its model frames are @model and the next ones.
 * 0, -ENOMEM, or -EDQUOT: frames were named all over the place. */
int framemap_set(struct framemap *m, pfn_t pfn, unsigned order, enum frame_state state, pfn_t model,
		 struct mmt_err *e);

/* The entry of @pfn, or NULL if none of its section was ever set. */
static inline struct frame_entry *framemap_at(const struct framemap *m, pfn_t pfn)
{
	struct frame_entry *s = m->section[pfn >> FRAMEMAP_SECTION_ORDER];

	return s ? &s[pfn & (FRAMEMAP_SECTION - 1)] : NULL;
}

static inline struct frame_entry framemap_get(const struct framemap *m, pfn_t pfn)
{
	const struct frame_entry *s = m->section[pfn >> FRAMEMAP_SECTION_ORDER];

	return s ? s[pfn & (FRAMEMAP_SECTION - 1)] : (struct frame_entry){ 0 };
}

#endif
