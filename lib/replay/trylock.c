// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frees that interrupted a refill. A request that finds its list empty takes the lists' lock, then
 * the zone's with interrupts off; when it lets go of the latter, what waited meanwhile (timers, RCU
 * callbacks) runs at once, and finds the lists locked. What that frees passes them by:
 *
 *	CPU 0   refill of 480, the first 0xb202	lists locked
 *	        free 0x5598, order 3		interrupt: to the free lists of the zone
 *	        alloc 0xb202			the request, told when it is done
 *
 * Were that free done first, as it is told, it would halve the refill's size and be in the lists.
 *
 * Reference: Linux 6.12 mm/page_alloc.c free_unref_page() (pcp_spin_trylock(), else
 * free_one_page()), rmqueue_pcplist(), rmqueue_bulk(). Until 6.1 interrupts are off all along.
 *
 * I1  A free counts only between a refill and the allocation, by the same task on the same CPU, of
 *     its first block, and if its block is of the same zone: with the lock held no task is switched,
 *     and the list was empty, so that its request gets the first block.
 * I2  The replay does it after that allocation, unless one names its frames before.
 *
 * Not found are allocations in such an interrupt, and frees that interrupt a request which its list
 * serves (their block leaves the buddy lists later and no drain told that it came there); nor can an
 * interrupt between the unlocking of the lists and the tracepoint be told from one before.
 *
 * Cost: a comparison for each refill, and 16 bytes a free found.
 */
#include "lib/replay/trylock.h"

#include <errno.h>

void trylock_free(struct trylock *t)
{
	mmt_free(t->alloc, t->free);
	*t = (struct trylock){ 0 };
}

int trylock_note(struct trylock *t, struct trylock_watch *w, pfn_t pfn, unsigned cpu, uint32_t task,
		 struct mmt_err *e)
{
	struct trylock_free *grown;

	if (task != w->task || w->noted == TRYLOCK_HELD) {
		trylock_told(t, w, PFN_NONE, cpu);
		return 0;
	}
	if (pfn - w->from >= w->pages)
		return 0;
	grown = mmt_grow(t->alloc, t->free, &t->cap, t->nr + 1, sizeof(*grown));
	if (!grown)
		return mmt_fail(e, ENOMEM, "no memory for the survey");
	t->free = grown;
	grown[t->nr++] = (struct trylock_free){ .nth = t->frees, .cpu = (uint16_t)cpu };
	w->noted++;
	return 0;
}

void trylock_told(struct trylock *t, struct trylock_watch *w, pfn_t pfn, unsigned cpu)
{
	for (size_t i = t->nr; i-- > 0 && w->noted;) {
		if (t->free[i].cpu != cpu)
			continue;
		t->free[i].sure = pfn == w->first;
		w->noted--;
	}
	w->open = false;
}

void trylock_settle(struct trylock *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->nr; i++)
		if (t->free[i].sure)
			t->free[n++] = t->free[i];
	t->nr = n;
}

bool trylock_due(const struct trylock *t, struct trylock_hold *h)
{
	h->frees++;
	if (h->next >= t->nr || t->free[h->next].nth != h->frees)
		return false;
	h->next++;
	return h->nr < TRYLOCK_HELD;
}
