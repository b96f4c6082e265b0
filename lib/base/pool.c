// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pieces of memory in huge pages.
 *
 * Theory. What a replay knows of frames is spread over tens of megabytes and looked up at random:
 * in pages of 4 KiB each look-up may miss the host's TLB, which costs twice in a guest, and each
 * page is a fault when it is first written. One huge page is one fault and one entry.
 *
 *	piece 1   piece 2   ...   | 2 MiB: piece 58, 59, 60 ...   | 2 MiB: ...
 *	each allocated on its own | chunks, the pieces side by side
 *
 * The first 2 MiB are not worth one: a small machine takes no more memory than its pieces.
 *
 * I1  A piece is zeroed and aligned to 64 bytes where it is in a huge page, else to 16.
 *
 * Cost: up to 2 MiB more than the pieces take; pieces that do not divide a chunk leave its rest.
 */
#include "lib/base/pool.h"

#include "lib/base/err.h"

#define LINE ((size_t)64)

struct mmt_pool_chunk {
	struct mmt_pool_chunk *before;
	bool huge;
};

static struct mmt_pool_chunk *add_chunk(struct mmt_pool *p, size_t bytes, bool huge)
{
	struct mmt_pool_chunk *c =
		huge ? mmt_huge_new(p->alloc) : mmt_calloc(p->alloc, 1, sizeof(*c) + bytes);

	if (!c)
		return NULL;
	*c = (struct mmt_pool_chunk){ .before = p->last, .huge = huge };
	p->last = c;
	p->left = huge ? MMT_HUGE - LINE : 0;
	return c;
}

void *mmt_pool_take(struct mmt_pool *p, size_t bytes)
{
	size_t whole = (bytes + LINE - 1) & ~(LINE - 1);
	bool huge = p->bytes >= MMT_HUGE;

	MMT_BUG(bytes > MMT_HUGE / 2);
	if ((!huge || whole > p->left) && !add_chunk(p, bytes, huge))
		return NULL;
	p->bytes += bytes;
	if (!huge)
		return p->last + 1;
	p->left -= whole;
	return (uint8_t *)p->last + MMT_HUGE - p->left - whole;
}

void mmt_pool_free(struct mmt_pool *p)
{
	while (p->last) {
		struct mmt_pool_chunk *c = p->last;

		p->last = c->before;
		if (c->huge)
			mmt_huge_free(p->alloc, c);
		else
			mmt_free(p->alloc, c);
	}
	p->left = p->bytes = 0;
}
