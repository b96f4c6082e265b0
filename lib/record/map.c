/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hash table from two numbers to one.
 *
 * Theory. Open addressing, linear probing, at most two thirds full. A deleted slot is closed by
 * moving back the entries behind it that belong further forward, so that there are no tombstones
 * and a table that sees a million short-lived tasks stays as small as the number alive.
 *   I1  Between an entry's home slot and the slot it is in, all slots are used.
 */
#include "lib/record/map.h"

static size_t home(const struct rec_map *m, uint64_t a, uint64_t b)
{
	uint64_t h = (a ^ (b << 32 | b >> 32)) * 0x9e3779b97f4a7c15;

	h ^= h >> 29;
	return (h * 0xbf58476d1ce4e5b9 >> 32) & m->mask;
}

static size_t find(const struct rec_map *m, uint64_t a, uint64_t b)
{
	size_t i = home(m, a, b);

	while (m->slots[i].used && (m->slots[i].a != a || m->slots[i].b != b))
		i = (i + 1) & m->mask;
	return i;
}

uint32_t rec_map_get(const struct rec_map *m, uint64_t a, uint64_t b)
{
	size_t i;

	if (!m->slots)
		return 0;
	i = find(m, a, b);
	return m->slots[i].used ? m->slots[i].value : 0;
}

static bool grow(struct rec_map *m)
{
	struct rec_map bigger = { .alloc = m->alloc, .mask = m->slots ? m->mask * 2 + 1 : 63 };

	bigger.slots = mmt_calloc(m->alloc, bigger.mask + 1, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (size_t i = 0; m->slots && i <= m->mask; i++) {
		const struct rec_map_slot *s = &m->slots[i];

		if (s->used)
			bigger.slots[find(&bigger, s->a, s->b)] = *s;
	}
	bigger.used = m->used;
	mmt_free(m->alloc, m->slots);
	*m = bigger;
	return true;
}

bool rec_map_set(struct rec_map *m, uint64_t a, uint64_t b, uint32_t value)
{
	size_t i;

	if ((!m->slots || m->used * 3 >= (m->mask + 1) * 2) && !grow(m))
		return false;
	i = find(m, a, b);
	m->used += !m->slots[i].used;
	m->slots[i] = (struct rec_map_slot){ .a = a, .b = b, .value = value, .used = true };
	return true;
}

void rec_map_del(struct rec_map *m, uint64_t a, uint64_t b)
{
	size_t hole, i;

	if (!m->slots)
		return;
	hole = i = find(m, a, b);
	if (!m->slots[i].used)
		return;
	for (i = (i + 1) & m->mask; m->slots[i].used; i = (i + 1) & m->mask) {
		size_t h = home(m, m->slots[i].a, m->slots[i].b);

		/* may it stand in the hole? only if that is not before its home */
		if (((i - h) & m->mask) < ((i - hole) & m->mask))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole].used = false;
	m->used--;
}

void rec_map_free(struct rec_map *m)
{
	mmt_free(m->alloc, m->slots);
	*m = (struct rec_map){ .alloc = m->alloc };
}
