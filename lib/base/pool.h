/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zeroed pieces of host memory that live and die together, such as the sections of a sparse array.
 * Once there are many, they stand in the host's huge pages.
 */
#ifndef MMT_BASE_POOL_H
#define MMT_BASE_POOL_H

#include "lib/base/alloc.h"

struct mmt_pool_chunk;

struct mmt_pool {
	struct mmt_alloc *alloc;
	struct mmt_pool_chunk *last; /* taken, which knows the one before it */
	size_t left;		     /* bytes at the end of that, if it is a huge page */
	size_t bytes;		     /* of all pieces */
};

/* A piece of @bytes, at most MMT_HUGE / 2, that stays where it is until mmt_pool_free(); NULL: no
 * memory. */
void *mmt_pool_take(struct mmt_pool *p, size_t bytes);
/* Give back all pieces. */
void mmt_pool_free(struct mmt_pool *p);

#endif
