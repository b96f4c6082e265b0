// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of a scenario: blocks, control groups. A name keeps its number for ever.
 *
 *	name   [0] "A"  [1] "B"  [2] "/a"
 *	slot   . 2 . . 1 . 3 .           open addressing, at most half full
 *
 * The hash (FNV-1a, 64 bits) is fixed and never seen: numbers follow the order of addition, so
 * nothing depends on it but time. Whoever crafts names that collide slows their own replay down, to
 * a walk over the table for each name.
 *
 * Cost: one hash and a few compares.
 */
#include "lib/replay/scenario/symbol.h"

#include <errno.h>
#include <string.h>

void symbols_init(struct symbols *s, struct mmt_alloc *a)
{
	*s = (struct symbols){ .alloc = a };
}

void symbols_free(struct symbols *s)
{
	for (size_t i = 0; i < s->nr; i++)
		mmt_free(s->alloc, s->name[i]);
	mmt_free(s->alloc, s->name);
	mmt_free(s->alloc, s->slot);
	*s = (struct symbols){ .alloc = s->alloc };
}

/* Where @name is, or the empty slot where it would be. */
static size_t place(const struct symbols *s, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;
	size_t i;

	for (const char *p = name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 0x100000001b3;
	for (i = hash & (s->nr_slots - 1); s->slot[i]; i = (i + 1) & (s->nr_slots - 1))
		if (strcmp(s->name[s->slot[i] - 1], name) == 0)
			break;
	return i;
}

uint32_t symbol_find(const struct symbols *s, const char *name)
{
	uint32_t slot = s->nr_slots ? s->slot[place(s, name)] : 0;

	return slot ? slot - 1 : SYMBOL_NONE;
}

static bool enlarge(struct symbols *s)
{
	size_t nr = s->nr_slots ? s->nr_slots * 2 : 64;
	uint32_t *old = s->slot;

	s->slot = mmt_calloc(s->alloc, nr, sizeof(*s->slot));
	if (!s->slot) {
		s->slot = old;
		return false;
	}
	mmt_free(s->alloc, old);
	s->nr_slots = nr;
	for (size_t i = 0; i < s->nr; i++)
		s->slot[place(s, s->name[i])] = (uint32_t)i + 1;
	return true;
}

uint32_t symbol_add(struct symbols *s, const char *name, struct mmt_err *e)
{
	uint32_t number = symbol_find(s, name);
	char **grown, *copy;

	if (number != SYMBOL_NONE)
		return number;
	grown = mmt_grow(s->alloc, s->name, &s->cap, s->nr + 1, sizeof(*grown));
	if (grown)
		s->name = grown;
	copy = mmt_strdup(s->alloc, name);
	if (!grown || !copy || s->nr == SYMBOL_NONE - 1 ||
	    (2 * (s->nr + 1) > s->nr_slots && !enlarge(s))) {
		mmt_free(s->alloc, copy);
		mmt_fail(e, ENOMEM, "no memory for names");
		return SYMBOL_NONE;
	}
	s->name[s->nr] = copy;
	s->slot[place(s, copy)] = (uint32_t)++s->nr;
	return (uint32_t)s->nr - 1;
}
