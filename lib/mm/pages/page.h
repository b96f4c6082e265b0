/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of each model page. Only the first frame of a block carries a record; the records
 * of the frames behind it are blank.
 *
 *   pfn   0       4   5   6       8                    512
 *         +-------+---+---+-------+--------------------+----------
 *         |order 2|o 0|o 0|order 1| used, blank        | free, order 9: no frame records at all
 *         +-------+---+---+-------+--------------------+----------
 *         ^ record here            ^ blank: in use since the start, by nobody known
 *
 * Blocks below PAGEBLOCK_ORDER have their record in sections of 1024 frames, which exist once they are
 * needed, larger ones in the dense array of pageblocks: memory that stays in large free blocks costs
 * nothing.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "lib/base/pool.h"
#include "lib/mm/mm.h"

#define SECTION_ORDER MAX_PAGE_ORDER /* no block is in two */
#define SECTION_PAGES (1u << SECTION_ORDER)

enum page_kind {
	PAGE_USED,	/* in use since before the model looked, or the inside of a block */
	PAGE_BUDDY,	/* head of a block in a free list */
	PAGE_PCP,	/* head of a block in a per-CPU list */
	PAGE_ALLOCATED, /* head of a block the model gave out */
};

/*
 * The state of a block, in one byte, apart from its links: freeing asks for the state of a page
 * that may not have been looked at for long, and a million of them should stay in the host's
 * caches.
 */
#define PAGE_STATE(kind, order, type) ((uint8_t)((kind) | (order) << 2 | (type) << 6))

static inline enum page_kind state_kind(uint8_t s)
{
	return (enum page_kind)(s & 3);
}

static inline unsigned state_order(uint8_t s)
{
	return s >> 2 & 15;
}

/* ALLOCATED: migratetype of the request; USED: MIGRATE_MOVABLE for a page known to be movable;
 * BUDDY and PCP: the list's, as list_tag() says. */
static inline unsigned state_type(uint8_t s)
{
	return s >> 6;
}

/* What a listed block's record says of the list's type; see frames_list_type(). */
static inline unsigned list_tag(unsigned type)
{
	return type < MIGRATE_HIGHATOMIC ? type : MIGRATE_HIGHATOMIC;
}

/* Neighbours in the list that holds the block. */
struct page_link {
	pfn_t next, prev;
};

/* 9 host bytes a frame. */
struct section {
	uint8_t state[SECTION_PAGES];
	struct page_link link[SECTION_PAGES];
};

struct pageblock {
	/* of a block of PAGEBLOCK_ORDER or more that starts here */
	struct page_link link;
	uint8_t state;
	uint8_t type;  /* enum migratetype */
	uint16_t zone; /* index of the first zone in it */
};

struct frames {
	struct mmt_alloc *alloc;
	pfn_t nr;		  /* frames are numbered 0..nr-1 */
	struct section **section; /* [nr >> SECTION_ORDER], `blank` until touched */
	struct section *blank;	  /* a section nobody writes to */
	struct mmt_pool pool;	  /* the others */
	struct pageblock *block;
	uint64_t nr_touched; /* sections */
	bool host_failed;    /* a section could not be had: some request was refused for it */
};

/* Room for frames 0..@nr-1, all PAGE_USED, pageblocks MOVABLE and of @zone. */
int frames_init(struct frames *f, pfn_t nr, unsigned zone, struct mmt_alloc *a, struct mmt_err *e);
void frames_free(struct frames *f);
/* Records of the section of @pfn may be written. False: no host memory, noted in host_failed. */
bool frames_touch(struct frames *f, pfn_t pfn);
/* The block that holds @pfn: its kind, first frame and order. PAGE_USED: none does. */
enum page_kind frames_find_block(const struct frames *f, pfn_t pfn, pfn_t *head, unsigned *order);
/* No frame of @n from @pfn on, all in one pageblock, is free or was given out. */
bool frames_run_used(const struct frames *f, pfn_t pfn, pfn_t n);
/* The same for a block. */
bool frames_all_used(const struct frames *f, pfn_t pfn, unsigned order);

static inline struct pageblock *frames_block(const struct frames *f, pfn_t pfn)
{
	return &f->block[pfn >> PAGEBLOCK_ORDER];
}

static inline struct section *frames_section(const struct frames *f, pfn_t pfn)
{
	return f->section[pfn >> SECTION_ORDER];
}

/* Type of the list that the block at @pfn is in, or will return to from a per-CPU list. CMA and
 * ISOLATE are types of whole pageblocks for good; HIGHATOMIC may linger on a block whose pageblock
 * has changed since. */
static inline enum migratetype frames_list_type(const struct frames *f, pfn_t pfn, uint8_t state)
{
	unsigned type = state_type(state);

	if (type == MIGRATE_HIGHATOMIC && frames_block(f, pfn)->type > MIGRATE_HIGHATOMIC)
		type = frames_block(f, pfn)->type;
	return (enum migratetype)type;
}

/* State and links of a block of @order that starts, or might start, at @pfn. */
static inline uint8_t *frames_state(const struct frames *f, pfn_t pfn, unsigned order)
{
	if (order >= PAGEBLOCK_ORDER)
		return &frames_block(f, pfn)->state;
	return &frames_section(f, pfn)->state[pfn & (SECTION_PAGES - 1)];
}

static inline struct page_link *frames_link(const struct frames *f, pfn_t pfn, unsigned order)
{
	if (order >= PAGEBLOCK_ORDER)
		return &frames_block(f, pfn)->link;
	return &frames_section(f, pfn)->link[pfn & (SECTION_PAGES - 1)];
}

/* Index-linked lists of blocks of one order; PFN_NONE ends them. */
struct page_list {
	pfn_t first, last;
};

static inline void page_list_init(struct page_list *l)
{
	l->first = l->last = PFN_NONE;
}

static inline bool page_list_empty(const struct page_list *l)
{
	return l->first == PFN_NONE;
}

void page_list_add_head(const struct frames *f, struct page_list *l, pfn_t pfn, unsigned order);
void page_list_add_tail(const struct frames *f, struct page_list *l, pfn_t pfn, unsigned order);
/* Take the first block out; the list must have one. */
void page_list_pop(const struct frames *f, struct page_list *l, unsigned order);
void page_list_del(const struct frames *f, struct page_list *l, pfn_t pfn, unsigned order);

#endif
