/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of frames that only its two ends are touched of, kept in one array: see deque.c.
 */
#ifndef MM_DEQUE_H
#define MM_DEQUE_H

#include "lib/mm/mm.h"

struct deque {
	pfn_t *slot;
	uint32_t cap;	     /* slots; a power of two, or 0 */
	uint32_t head, tail; /* the first entry, and the place behind the last one; both wrap */
};

/* Room for @n more entries. False: no host memory, nothing changed. */
bool deque_reserve(struct deque *d, uint32_t n, struct mmt_alloc *a);
void deque_free(struct deque *d, struct mmt_alloc *a);

static inline uint32_t deque_len(const struct deque *d)
{
	return d->tail - d->head;
}

/* Entry @i, counted from the head; there must be one. */
static inline pfn_t deque_at(const struct deque *d, uint32_t i)
{
	return d->slot[(d->head + i) & (d->cap - 1)];
}

/* PFN_NONE: there is none. */
static inline pfn_t deque_first(const struct deque *d)
{
	return deque_len(d) ? deque_at(d, 0) : PFN_NONE;
}

static inline pfn_t deque_last(const struct deque *d)
{
	return deque_len(d) ? deque_at(d, deque_len(d) - 1) : PFN_NONE;
}

/* There must be room. */
static inline void deque_push_head(struct deque *d, pfn_t pfn)
{
	d->slot[--d->head & (d->cap - 1)] = pfn;
}

static inline void deque_push_tail(struct deque *d, pfn_t pfn)
{
	d->slot[d->tail++ & (d->cap - 1)] = pfn;
}

/* There must be an entry. */
static inline pfn_t deque_pop_head(struct deque *d)
{
	return d->slot[d->head++ & (d->cap - 1)];
}

static inline pfn_t deque_pop_tail(struct deque *d)
{
	return d->slot[--d->tail & (d->cap - 1)];
}

#endif
