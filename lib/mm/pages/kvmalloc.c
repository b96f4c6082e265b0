// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: memory of the kernel's that need not lie together. One block is asked for first, but not
 * insisted on; where there is none, single pages do as well, and are mapped one behind the other.
 *
 *     1 MiB:  a block of order 8, without retries, OOM killer, warning
 *             none? -> 256 single pages: by 100 in bulk, what that does not get one by one
 *
 * Reference: Linux 6.12 mm/util.c __kvmalloc_node_noprof(), kmalloc_gfp_adjust(); mm/slub.c
 * ___kmalloc_large_node(); mm/vmalloc.c __vmalloc_area_node(), vm_area_alloc_pages().
 *
 * Invariants: I1 All pages of a request are had, or none is kept.
 *
 * Cost: a request for a block; as many for pages as these and bulks of 100 take.
 *
 * Differs from Linux:
 * - requests that a slab cache serves (up to 8 KiB) are refused: there are no slabs;
 * - the array of pointers to the pages, and the page tables, take no memory; nor are areas of 2 MiB
 *   and more made of huge pages: there are no kernel mappings;
 * - the policy of a task is not asked: pages come from the node of the request.
 */
#include "lib/mm/gfp.h"
#include "lib/mm/pages/page_alloc.h"

#define PAGE_BYTES	  (UINT64_C(1) << PAGE_SHIFT)
#define KMALLOC_MAX_CACHE ((uint64_t)8192)
#define BULK		  100

static unsigned order_of(uint64_t bytes)
{
	unsigned order = 0;

	while (PAGE_BYTES << order < bytes)
		order++;
	return order;
}

static pfn_t ask_block(struct mm_system *sys, struct mm_alloc_request rq, unsigned order)
{
	if (order > MAX_PAGE_ORDER)
		return PFN_NONE;
	rq.order = (uint8_t)order;
	rq.gfp |= __GFP_NOWARN | __GFP_COMP;
	rq.gfp &= ~__GFP_NOFAIL;
	if (!(rq.gfp & __GFP_RETRY_MAYFAIL))
		rq.gfp |= __GFP_NORETRY;
	return mm_alloc_pages(sys, &rq);
}

/* @nr single pages, or none. */
static bool ask_pages(struct mm_system *sys, struct mm_alloc_request rq, unsigned nr, pfn_t *page)
{
	unsigned n = 0, got = BULK;

	rq.order = 0;
	rq.gfp |= __GFP_NOWARN | (rq.gfp & (__GFP_DMA | __GFP_DMA32) ? 0 : __GFP_HIGHMEM);
	while (n < nr && got == BULK) {
		unsigned most = nr - n < BULK ? nr - n : BULK;

		got = mm_alloc_pages_bulk(sys, &rq, most, page + n);
		n += got;
	}
	for (; n < nr; n++) {
		page[n] = mm_alloc_pages(sys, &rq);
		if (page[n] == PFN_NONE)
			break;
	}
	if (n == nr)
		return true;
	while (n--)
		mm_free_pages(sys, page[n], 0, rq.cpu);
	return false;
}

unsigned mm_kvmalloc(struct mm_system *sys, const struct mm_alloc_request *rq, uint64_t bytes,
		     pfn_t *page, bool *whole)
{
	unsigned nr;

	*whole = false;
	if (bytes <= KMALLOC_MAX_CACHE || bytes > INT32_MAX) {
		sys->counter[C_ALLOC_INVALID]++;
		return 0;
	}
	nr = (unsigned)((bytes + PAGE_BYTES - 1) >> PAGE_SHIFT);
	*page = ask_block(sys, *rq, order_of(bytes));
	*whole = *page != PFN_NONE;
	if (*whole)
		return 1;
	/* vmalloc() may sleep */
	if (!(rq->gfp & __GFP_DIRECT_RECLAIM))
		return 0;
	return ask_pages(sys, *rq, nr, page) ? nr : 0;
}
