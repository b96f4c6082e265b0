/* SPDX-License-Identifier: GPL-2.0-only */
/* Names -> dense numbers, in the order in which they were added. */
#ifndef REPLAY_SYMBOL_H
#define REPLAY_SYMBOL_H

#include "lib/base/alloc.h"
#include "lib/base/err.h"

#define SYMBOL_NONE UINT32_MAX

struct symbols {
	struct mmt_alloc *alloc;
	char **name; /* [nr] */
	size_t nr, cap;
	uint32_t *slot; /* hash table of numbers + 1; 0: empty */
	size_t nr_slots;
};

void symbols_init(struct symbols *s, struct mmt_alloc *a);
void symbols_free(struct symbols *s);
/* The number of @name, or SYMBOL_NONE. */
uint32_t symbol_find(const struct symbols *s, const char *name);
/* The number of @name, added with a copy of it if it is new; SYMBOL_NONE: no memory. */
uint32_t symbol_add(struct symbols *s, const char *name, struct mmt_err *e);

#endif
