// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a list that grows and shrinks at its ends only, as a ring in one array.
 *
 *     slot    [ 7 | 9 |   |   |   |   | 4 | 5 ]     head 6, tail 10: 4 5 7 9
 *                       ^ tail          ^ head      push_head() writes slot 5, push_tail() slot 2
 *
 * Of all that a linked list of page records would read and write, the neighbours' links, nothing is
 * left: an end of the array is in the host's caches when the page records are not.
 *
 * Reference: none; the lists of struct per_cpu_pages, for which it is, are linked in Linux.
 *
 * Invariants:
 * I1 cap is 0 or a power of two, and tail - head <= cap.
 * I2 Entry i is in slot (head + i) mod cap.
 *
 * Cost: 4 host bytes an entry of the longest the list ever was, up to the next power of two.
 *
 * Differs from Linux: nothing is modelled here.
 */
#include "lib/mm/pages/deque.h"

#include "lib/base/alloc.h"

#define MIN_CAP 16u
#define MAX_CAP (1u << 31)

bool deque_reserve(struct deque *d, uint32_t n, struct mmt_alloc *a)
{
	while (d->cap - deque_len(d) < n) {
		uint32_t cap = d->cap ? 2 * d->cap : MIN_CAP, i;
		pfn_t *slot = d->cap < MAX_CAP ? mmt_resize(a, d->slot, cap, sizeof(*slot)) : NULL;

		if (!slot)
			return false;
		/* What an index with one bit more no longer finds in the lower half goes up. */
		for (i = d->head; i != d->tail; i++)
			if (i & d->cap)
				slot[i & (cap - 1)] = slot[i & (d->cap - 1)];
		d->slot = slot;
		d->cap = cap;
	}
	return true;
}

void deque_free(struct deque *d, struct mmt_alloc *a)
{
	mmt_free(a, d->slot);
	*d = (struct deque){ 0 };
}
