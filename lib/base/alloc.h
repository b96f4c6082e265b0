/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host memory, injectable: every allocation of lib/ goes through a struct mmt_alloc the caller
 * owns, so that a test can make the Nth one fail and a replay can be held to a budget.
 */
#ifndef MMT_BASE_ALLOC_H
#define MMT_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mmt_alloc {
	uint64_t limit;	  /* bytes; an allocation that would pass it fails. 0: no limit */
	uint64_t used;	  /* bytes handed out now, without bookkeeping */
	uint64_t peak;	  /* most bytes handed out at once */
	uint64_t calls;	  /* allocations tried so far */
	uint64_t fail_at; /* the allocation number (from 1) that fails; 0: none */
	bool fail_after;  /* so do all later ones */
};

#define MMT_ALLOC_INIT \
	{              \
		0      \
	}

/* Zeroed array of @n elements of @size bytes, or NULL (overflow, limit, host, injected). Large
 * arrays cost nothing until touched. @n or @size 0 gives a unique non-NULL pointer. */
void *mmt_calloc(struct mmt_alloc *a, size_t n, size_t size);
/* Resize @p (NULL: new) to @n elements of @size bytes; new bytes are *not* zeroed. NULL: failed,
 * and @p is still valid. */
void *mmt_resize(struct mmt_alloc *a, void *p, size_t n, size_t size);
/* Copy of @s, or NULL. */
char *mmt_strdup(struct mmt_alloc *a, const char *s);
/* Give back; NULL is fine. */
void mmt_free(struct mmt_alloc *a, void *p);
/* MMT_HUGE zeroed bytes, aligned to as many, in a huge page if the host has one; or NULL. Given back
 * by mmt_huge_free() alone. */
#define MMT_HUGE ((size_t)2 << 20)
void *mmt_huge_new(struct mmt_alloc *a);
void mmt_huge_free(struct mmt_alloc *a, void *p);
/* Make room for one more element in an array that grows by half; returns the array (maybe moved)
 * or NULL with the old one intact. @cap is in elements. */
void *mmt_grow(struct mmt_alloc *a, void *p, size_t *cap, size_t need, size_t size);

#endif
