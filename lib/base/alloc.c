/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host memory with a budget and a fault point. Each block carries its size in front, so that the
 * budget is exact and mmt_free() needs no help.
 */
#include "lib/base/alloc.h"

#include "lib/base/err.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct head {
	size_t bytes;
	size_t pad; /* keeps what follows aligned to 16 bytes */
};

static bool may_allocate(struct mmt_alloc *a, size_t more)
{
	a->calls++;
	if (a->fail_at && (a->calls == a->fail_at || (a->fail_after && a->calls > a->fail_at)))
		return false;
	return !a->limit || (more <= a->limit && a->used <= a->limit - more);
}

static void count(struct mmt_alloc *a, size_t more, size_t less)
{
	MMT_BUG(a->used < less);
	a->used = a->used - less + more;
	if (a->used > a->peak)
		a->peak = a->used;
}

static bool total(size_t n, size_t size, size_t *bytes)
{
	return !__builtin_mul_overflow(n, size, bytes) && *bytes <= SIZE_MAX / 2;
}

void *mmt_calloc(struct mmt_alloc *a, size_t n, size_t size)
{
	struct head *h;
	size_t bytes;

	if (!total(n, size, &bytes) || !may_allocate(a, bytes))
		return NULL;
	h = calloc(1, sizeof(*h) + bytes);
	if (!h)
		return NULL;
	h->bytes = bytes;
	count(a, bytes, 0);
	return h + 1;
}

void *mmt_resize(struct mmt_alloc *a, void *p, size_t n, size_t size)
{
	struct head *h = p ? (struct head *)p - 1 : NULL;
	size_t old = h ? h->bytes : 0;
	size_t bytes;

	if (!total(n, size, &bytes) || !may_allocate(a, bytes > old ? bytes - old : 0))
		return NULL;
	h = realloc(h, sizeof(*h) + bytes);
	if (!h)
		return NULL;
	h->bytes = bytes;
	count(a, bytes, old);
	return h + 1;
}

static void *map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Map twice as much, and give back what stands before and after the aligned half. */
static void *map_aligned(void)
{
	uint8_t *p = map(2 * MMT_HUGE);
	size_t before;

	if (!p)
		return NULL;
	before = -(uintptr_t)p & (MMT_HUGE - 1);
	if (before)
		munmap(p, before);
	munmap(p + before + MMT_HUGE, MMT_HUGE - before);
	return p + before;
}

void *mmt_huge_new(struct mmt_alloc *a)
{
	void *p;

	if (!may_allocate(a, MMT_HUGE))
		return NULL;
	/* the next mapping stands below the last one, as a rule, and is aligned as that is */
	p = map(MMT_HUGE);
	if (p && (uintptr_t)p & (MMT_HUGE - 1)) {
		munmap(p, MMT_HUGE);
		p = map_aligned();
	}
	if (!p)
		return NULL;
	madvise(p, MMT_HUGE, MADV_HUGEPAGE); /* small pages will do */
	count(a, MMT_HUGE, 0);
	return p;
}

void mmt_huge_free(struct mmt_alloc *a, void *p)
{
	count(a, 0, MMT_HUGE);
	munmap(p, MMT_HUGE);
}

char *mmt_strdup(struct mmt_alloc *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = mmt_resize(a, NULL, n, 1);

	if (copy)
		memcpy(copy, s, n);
	return copy;
}

void mmt_free(struct mmt_alloc *a, void *p)
{
	struct head *h;

	if (!p)
		return;
	h = (struct head *)p - 1;
	count(a, 0, h->bytes);
	free(h);
}

void *mmt_grow(struct mmt_alloc *a, void *p, size_t *cap, size_t need, size_t size)
{
	size_t want = *cap + *cap / 2 + 16;
	void *q;

	if (p && need <= *cap)
		return p;
	if (want < need)
		want = need;
	q = mmt_resize(a, p, want, size);
	if (q)
		*cap = want;
	return q;
}
