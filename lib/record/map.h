/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash table from two numbers to one; what ids.c and the drain look things up in. */
#ifndef MMT_RECORD_MAP_H
#define MMT_RECORD_MAP_H

#include "lib/base/alloc.h"

struct rec_map_slot {
	uint64_t a, b;
	uint32_t value;
	bool used;
};

/* All zero but for @alloc: empty. */
struct rec_map {
	struct mmt_alloc *alloc;
	struct rec_map_slot *slots;
	size_t mask; /* slots - 1, a power of two less one */
	size_t used;
};

/* The value of (a, b), or 0. */
uint32_t rec_map_get(const struct rec_map *m, uint64_t a, uint64_t b);
/* Set it; false: no memory, nothing changed. */
bool rec_map_set(struct rec_map *m, uint64_t a, uint64_t b, uint32_t value);
void rec_map_del(struct rec_map *m, uint64_t a, uint64_t b);
void rec_map_free(struct rec_map *m);

#endif
