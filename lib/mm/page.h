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
 * Blocks below PAGEBLOCK_ORDER have their record in a sparse section of 2^15 frames, larger ones in
 * the dense array of pageblocks, so memory that stays in large free blocks costs nothing.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "lib/mm/mm.h"

#define SECTION_ORDER 15
#define SECTION_PAGES (1u << SECTION_ORDER)

enum page_kind {
	PAGE_USED,	/* in use since before the model looked, or the inside of a block */
	PAGE_BUDDY,	/* head of a block in a free list */
	PAGE_PCP,	/* head of a block in a per-CPU list */
	PAGE_ALLOCATED, /* head of a block the model gave out */
};

/* 12 host bytes a frame. */
struct page {
	pfn_t next, prev; /* in the list that holds the block */
	uint8_t kind;	  /* enum page_kind */
	uint8_t order;
	uint8_t type; /* BUDDY: migratetype of its list; PCP: index of its list; ALLOCATED: of the
			 request; USED: MIGRATE_MOVABLE for a page known to be movable */
	uint8_t spare;
};

struct pageblock {
	struct page head; /* when the pageblock starts a block of PAGEBLOCK_ORDER or more */
	uint16_t zone;	  /* index of the first zone in it */
	uint8_t type;	  /* enum migratetype */
};

#define NO_ZONE UINT16_MAX

struct frames {
	struct mmt_alloc *alloc;
	pfn_t nr;	       /* frames are numbered 0..nr-1 */
	struct page **section; /* [nr >> SECTION_ORDER], `blank` until touched */
	struct page *blank;    /* a section nobody writes to */
	struct pageblock *block;
	uint64_t nr_touched; /* sections */
	bool host_failed;    /* a section could not be had: some request was refused for it */
};

/* Room for frames 0..@nr-1, all PAGE_USED, pageblocks MOVABLE and in no zone. */
int frames_init(struct frames *f, pfn_t nr, struct mmt_alloc *a, struct mmt_err *e);
void frames_free(struct frames *f);
/* Records of the section of @pfn may be written. False: no host memory, noted in host_failed. */
bool frames_touch(struct frames *f, pfn_t pfn);
/* The block that holds @pfn: its kind, first frame and order. PAGE_USED: none does. */
enum page_kind frames_find_block(const struct frames *f, pfn_t pfn, pfn_t *head, unsigned *order);
/* No frame of the block is free or was given out. */
bool frames_all_used(const struct frames *f, pfn_t pfn, unsigned order);

static inline struct page *frames_page(const struct frames *f, pfn_t pfn)
{
	return &f->section[pfn >> SECTION_ORDER][pfn & (SECTION_PAGES - 1)];
}

static inline struct pageblock *frames_block(const struct frames *f, pfn_t pfn)
{
	return &f->block[pfn >> PAGEBLOCK_ORDER];
}

/* Where the record of a block of @order starting at @pfn lives. */
static inline struct page *frames_head(const struct frames *f, pfn_t pfn, unsigned order)
{
	return order < PAGEBLOCK_ORDER ? frames_page(f, pfn) : &frames_block(f, pfn)->head;
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
void page_list_del(const struct frames *f, struct page_list *l, pfn_t pfn, unsigned order);

#endif
