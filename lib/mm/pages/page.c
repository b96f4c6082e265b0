// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: the store of page records and the lists they form.
 *
 * Reference: struct page and the memory sections of Linux 6.12 (mm/sparse.c), for what is kept, not
 * for how.
 *
 * Invariants:
 * I1 A record that is not PAGE_USED is the head of a block, aligned to its order; frames inside the
 *    block have PAGE_USED records.
 * I2 Blocks below PAGEBLOCK_ORDER are recorded in sections, others in the pageblock array only.
 * I3 A section is written only after frames_touch(); until then it reads as the shared blank one.
 * I4 Lists of free blocks are doubly linked: next of a block's prev is the block, the ends are
 * PFN_NONE.
 *
 * Cost: 9 host bytes per frame of a touched section (of the first 2 MiB of them the host commits only
 * pages that are written), 12 per pageblock, 8 per section; no cycles are charged here.
 *
 * Differs from Linux:
 * - no refcount or flags: who owns an allocated block is the caller's knowledge;
 * - a frame in use at the start has no owner and may be freed at any order (open-loop replay).
 */
#include "lib/mm/pages/page.h"

#include <errno.h>
#include <string.h>

static size_t nr_sections(pfn_t nr)
{
	return ((size_t)nr + SECTION_PAGES - 1) >> SECTION_ORDER;
}

int frames_init(struct frames *f, pfn_t nr, unsigned zone, struct mmt_alloc *a, struct mmt_err *e)
{
	size_t blocks = ((size_t)nr + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER;
	size_t i;

	*f = (struct frames){ .alloc = a, .nr = nr, .pool.alloc = a };
	/* One pageblock more, so that the second half of a last order-10 block can be looked at. */
	f->block = mmt_calloc(a, blocks + 1, sizeof(*f->block));
	f->blank = mmt_calloc(a, 1, sizeof(*f->blank));
	f->section = mmt_calloc(a, nr_sections(nr), sizeof(*f->section));
	if (!f->block || !f->blank || !f->section) {
		frames_free(f);
		return mmt_fail(e, ENOMEM, "no memory for the records of %u pages", nr);
	}
	for (i = 0; i < nr_sections(nr); i++)
		f->section[i] = f->blank;
	for (i = 0; i <= blocks; i++) {
		f->block[i].type = MIGRATE_MOVABLE;
		f->block[i].zone = (uint16_t)zone;
	}
	return 0;
}

void frames_free(struct frames *f)
{
	mmt_pool_free(&f->pool);
	mmt_free(f->alloc, f->section);
	mmt_free(f->alloc, f->blank);
	mmt_free(f->alloc, f->block);
	f->section = NULL;
	f->blank = NULL;
	f->block = NULL;
}

bool frames_touch(struct frames *f, pfn_t pfn)
{
	struct section **s = &f->section[pfn >> SECTION_ORDER];
	struct section *fresh;

	if (*s != f->blank)
		return true;
	fresh = mmt_pool_take(&f->pool, sizeof(*fresh));
	if (!fresh) {
		f->host_failed = true;
		return false;
	}
	*s = fresh;
	f->nr_touched++;
	return true;
}

enum page_kind frames_find_block(const struct frames *f, pfn_t pfn, pfn_t *head, unsigned *order)
{
	unsigned o;

	for (o = 0; o <= MAX_PAGE_ORDER; o++) {
		pfn_t first = pfn & ~((1u << o) - 1);
		uint8_t state = *frames_state(f, first, o);

		if (state_kind(state) == PAGE_USED || state_order(state) < o)
			continue;
		*head = first;
		*order = state_order(state);
		return state_kind(state);
	}
	return PAGE_USED;
}

/* Whether none of @n states says that a block begins there. */
static bool no_heads(const uint8_t *state, pfn_t n)
{
	const uint64_t kinds = UINT64_C(0x0303030303030303);
	uint64_t eight;

	for (; n >= sizeof(eight); n -= sizeof(eight), state += sizeof(eight)) {
		memcpy(&eight, state, sizeof(eight));
		if (eight & kinds)
			return false;
	}
	for (; n; n--, state++)
		if (state_kind(*state) != PAGE_USED)
			return false;
	return true;
}

bool frames_run_used(const struct frames *f, pfn_t pfn, pfn_t n)
{
	pfn_t head;
	unsigned o;

	/* what holds the first of them may begin before it; what holds another begins among them */
	if (frames_find_block(f, pfn, &head, &o) != PAGE_USED)
		return false;
	return frames_section(f, pfn) == f->blank || no_heads(frames_state(f, pfn, 0), n);
}

bool frames_all_used(const struct frames *f, pfn_t pfn, unsigned order)
{
	pfn_t end = pfn + (1u << order), n = 1u << order;

	if (n > PAGEBLOCK_PAGES)
		n = PAGEBLOCK_PAGES;
	for (; pfn < end; pfn += n)
		if (!frames_run_used(f, pfn, n))
			return false;
	return true;
}

void page_list_add_head(const struct frames *f, struct page_list *l, pfn_t pfn, unsigned order)
{
	struct page_link *p = frames_link(f, pfn, order);

	p->prev = PFN_NONE;
	p->next = l->first;
	if (l->first == PFN_NONE)
		l->last = pfn;
	else
		frames_link(f, l->first, order)->prev = pfn;
	l->first = pfn;
}

void page_list_add_tail(const struct frames *f, struct page_list *l, pfn_t pfn, unsigned order)
{
	struct page_link *p = frames_link(f, pfn, order);

	p->next = PFN_NONE;
	p->prev = l->last;
	if (l->last == PFN_NONE)
		l->first = pfn;
	else
		frames_link(f, l->last, order)->next = pfn;
	l->last = pfn;
}

void page_list_pop(const struct frames *f, struct page_list *l, unsigned order)
{
	l->first = frames_link(f, l->first, order)->next;
	if (l->first == PFN_NONE)
		l->last = PFN_NONE;
	else
		frames_link(f, l->first, order)->prev = PFN_NONE;
}

void page_list_del(const struct frames *f, struct page_list *l, pfn_t pfn, unsigned order)
{
	const struct page_link *p = frames_link(f, pfn, order);

	if (p->prev == PFN_NONE)
		l->first = p->next;
	else
		frames_link(f, p->prev, order)->next = p->next;
	if (p->next == PFN_NONE)
		l->last = p->prev;
	else
		frames_link(f, p->next, order)->prev = p->prev;
}
