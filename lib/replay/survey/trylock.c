// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frees that found their CPU's lists locked. A request that finds its list empty takes the lists' lock, then
 * the zone's with interrupts off; when it lets go of the latter, what waited meanwhile (timers, RCU
 * callbacks) runs at once, and finds the lists locked. What that frees passes them by:
 *
 *	CPU 0   refill of 480, the first 0xb202	lists locked
 *	        free 0x5598, order 3		interrupt: to the free lists of the zone
 *	        alloc 0xb202			the request, told when it is done
 *
 * Were that free done first, as it is told, it would halve the refill's size and be in the lists.
 * An interrupt that came a little later, between the unlocking of the lists and the tracepoint, finds
 * them free: then the next event of the block is that it leaves a list.
 *
 * A request that its list serves holds the lock for a moment, too; of a free that hit it is told
 * nothing then, but later its block is taken from the zone, and no drain has told that it came there:
 *
 *	CPU 0   free 0x1f76c, order 2		to the free lists of the zone, for
 *	CPU 1   refill, of it 0x1f76c		no drain of 0x1f76c was told in between
 *
 * Reference: Linux 6.12 mm/page_alloc.c free_unref_page() (pcp_spin_trylock(), else
 * free_one_page()), rmqueue_pcplist(), rmqueue_bulk(). Until 6.1 interrupts are off all along.
 *
 * I1  A free counts only between a refill and the allocation, by the same task on the same CPU, of
 *     its first block, and if its block is of the same zone: with the lock held no task is switched,
 *     and the list was empty, so that its request gets the first block.
 * I2  The replay does it after that allocation, unless one names its frames before. It goes past the
 *     lists, unless its block is told to leave one of them next.
 * I3  A free counts as past the lists without a request if its block, or a frame of it, is told to leave
 *     the free lists while neither a drain nor an allocation of it was; and some drain was told.
 *
 * Differs from Linux: not found are allocations in such an interrupt, and frees of blocks that stay in the
 * free lists, or of which another part is taken. What is freed between a refill and its request, and not
 * named again before MOST_BACK more, is taken for past the lists.
 *
 * Cost: a comparison for each refill, 16 bytes a free found; a look at what waits (waiting.c) for each
 * event of a block that lists hold.
 */
#include "lib/replay/survey/trylock.h"

#include <errno.h>
#include <stdlib.h>

#define MOST_BACK 4096 /* frees looked through for one */

void trylock_free(struct trylock *t)
{
	mmt_free(t->alloc, t->free);
	*t = (struct trylock){ 0 };
}

static int add_free(struct trylock *t, struct trylock_free f, struct mmt_err *e)
{
	struct trylock_free *grown =
		mmt_grow(t->alloc, t->free, &t->cap, t->nr + 1, sizeof(*grown));

	if (!grown)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	t->free = grown;
	grown[t->nr++] = f;
	return 0;
}

int trylock_note(struct trylock *t, struct trylock_watch *w, pfn_t pfn, unsigned cpu, uint32_t task,
		 struct mmt_err *e)
{
	if (task != w->task || w->noted == TRYLOCK_HELD) {
		trylock_told(t, w, PFN_NONE, cpu);
		return 0;
	}
	if (pfn - w->from >= w->pages)
		return 0;
	if (add_free(t, (struct trylock_free){ .nth = t->frees, .cpu = (uint16_t)cpu }, e))
		return -ENOMEM;
	w->noted++;
	return 1;
}

void trylock_left(struct trylock *t, uint64_t nth)
{
	size_t i = t->nr, last = i > MOST_BACK ? i - MOST_BACK : 0;

	while (i > last && (t->free[i - 1].at_once || t->free[i - 1].nth != nth))
		i--;
	if (i > last)
		t->free[i - 1].listed = true;
}

void trylock_told(struct trylock *t, struct trylock_watch *w, pfn_t pfn, unsigned cpu)
{
	for (size_t i = t->nr; i-- > 0 && w->noted;) {
		if (t->free[i].cpu != cpu || t->free[i].at_once)
			continue;
		t->free[i].sure = pfn == w->first;
		w->noted--;
	}
	w->open = false;
}

int trylock_taken(struct trylock *t, struct waiting *w, pfn_t pfn, unsigned order,
		  struct mmt_err *e)
{
	pfn_t end = pfn + (1u << order);

	for (; pfn < end; pfn++) {
		uint32_t nth = waiting_freed(w, pfn);

		if (!nth)
			continue;
		if (add_free(t, (struct trylock_free){ .nth = nth, .sure = true, .at_once = true },
			     e))
			return -ENOMEM;
		waiting_leaves(w, pfn);
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct trylock_free *x = a, *y = b;

	return x->nth != y->nth ? (x->nth < y->nth ? -1 : 1) : x->at_once - y->at_once;
}

void trylock_settle(struct trylock *t)
{
	size_t n = 0;

	if (t->nr)
		qsort(t->free, t->nr, sizeof(*t->free), by_number);
	for (size_t i = 0; i < t->nr; i++) {
		const struct trylock_free *f = &t->free[i];

		/* where no drain is told, none can be missed */
		if (f->sure && (!f->at_once || t->drains) && (!n || t->free[n - 1].nth != f->nth))
			t->free[n++] = *f;
	}
	t->nr = n;
}

enum trylock_way trylock_way(const struct trylock *t, struct trylock_hold *h)
{
	const struct trylock_free *f;

	h->frees++;
	if (h->next >= t->nr || t->free[h->next].nth != h->frees)
		return TRYLOCK_LISTS;
	f = &t->free[h->next++];
	if (f->at_once)
		return TRYLOCK_PAST;
	if (h->nr == TRYLOCK_HELD)
		return TRYLOCK_LISTS;
	return f->listed ? TRYLOCK_AFTER : TRYLOCK_HOLD;
}
