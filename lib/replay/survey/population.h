/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every recorded frame was when the trace began: one byte a frame, in sections that cost
 * nothing while all their frames are alike.
 */
#ifndef REPLAY_POPULATION_H
#define REPLAY_POPULATION_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/mm/mm.h"

#define POPULATION_SECTION_ORDER 15
#define POPULATION_SECTION	 (1u << POPULATION_SECTION_ORDER)

/* In the order in which frames are given up when they do not fit, cheapest last. */
enum frame_use {
	FRAME_ABSENT, /* not under management, or no snapshot told */
	FRAME_FREE,
	FRAME_RESERVED,
	FRAME_KERNEL, /* in use without a flag: stacks, buffers, tables of the kernel, PCP lists */
	FRAME_SLAB,
	FRAME_PGTABLE,
	FRAME_UNEVICTABLE,
	FRAME_HUGETLB,
	FRAME_ANON, /* shmem too: both need swap */
	FRAME_FILE_DIRTY,
	FRAME_FILE_MAPPED,
	FRAME_FILE,
	NR_FRAME_USES
};
#define FRAME_USE_MASK 0x0f
/* What the events said; holds against the snapshot, which is read frame by frame as time passes. */
#define FRAME_SEEN	  0x10 /* some event names the frame */
#define FRAME_FIRST_ALLOC 0x20 /* and the first one allocates it: it was free at the start */
#define FRAME_LATE	  0x40 /* the snapshot read it after that event */
#define FRAME_IN_PCP	  0x80 /* it waited in a per-CPU list (initial.c) */

struct population {
	struct mmt_alloc *alloc;
	struct mmt_pool pool; /* the sections */
	uint32_t made;	      /* how many there are */
	uint32_t most;	      /* of them; more are refused */
	uint8_t **section;    /* NULL: all frames are `fill` */
	uint8_t *fill;
};

int population_init(struct population *p, struct mmt_alloc *a, struct mmt_err *e);
void population_free(struct population *p);
/* 0, -ENOMEM, or -EDQUOT: more sections than may be made. */
int population_set(struct population *p, pfn_t pfn, uint8_t value, struct mmt_err *e);
/* @n frames from @pfn, kept to the frame numbers there are, get @use; marks of events stay. */
int population_fill(struct population *p, pfn_t pfn, uint64_t n, enum frame_use use,
		    struct mmt_err *e);
/* Use of a frame by its flags in /proc/kpageflags (KPF_*) and its mapcount. */
enum frame_use frame_use_of(uint64_t flags, uint64_t mapcount);
/* End (exclusive) of the run of frames from @pfn with one value, at most @end. */
pfn_t population_run(const struct population *p, pfn_t pfn, pfn_t end);
/* The same of frames whose values have one @class, which tells that of each. */
pfn_t population_run_of(const struct population *p, pfn_t pfn, pfn_t end, const uint8_t class[256]);
/* Add to @count how many of the frames from @pfn to @end have each value. */
void population_count(const struct population *p, pfn_t pfn, pfn_t end, uint64_t count[256]);
/* Start of the run of frames with one value that ends before @end, which must not be 0. */
pfn_t population_run_back(const struct population *p, pfn_t end);
/* The last frame of @from..@end with @value in a section whose frames are not all alike, or
 * PFN_NONE. */
pfn_t population_find_back(const struct population *p, uint8_t value, pfn_t from, uint64_t end);

static inline uint8_t population_get(const struct population *p, pfn_t pfn)
{
	const uint8_t *s = p->section[pfn >> POPULATION_SECTION_ORDER];

	return s ? s[pfn & (POPULATION_SECTION - 1)] : p->fill[pfn >> POPULATION_SECTION_ORDER];
}

/* Frame @pfn will be asked for soon: a hint to the host's caches. */
static inline void population_prefetch(const struct population *p, pfn_t pfn)
{
	const uint8_t *s = p->section[pfn >> POPULATION_SECTION_ORDER];

	if (s)
		__builtin_prefetch(&s[pfn & (POPULATION_SECTION - 1)], 1);
}

/* In use when the trace began, whatever for. */
static inline bool frame_was_used(uint8_t v)
{
	enum frame_use use = v & FRAME_USE_MASK;

	if (v & FRAME_SEEN)
		return !(v & FRAME_FIRST_ALLOC);
	return use != FRAME_ABSENT && use != FRAME_FREE;
}

static inline bool frame_was_free(uint8_t v)
{
	return v & FRAME_SEEN ? (v & FRAME_FIRST_ALLOC) != 0 : (v & FRAME_USE_MASK) == FRAME_FREE;
}

/* In a free list when the trace began. */
static inline bool frame_in_list(uint8_t v)
{
	return frame_was_free(v) && !(v & FRAME_IN_PCP) && (v & FRAME_USE_MASK) != FRAME_ABSENT;
}

#endif
