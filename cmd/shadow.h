/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which frames a trace has seen allocated and freed, to find what cannot be: a second allocation
 * without a free between, a free of what is free.
 */
#ifndef MMT_CMD_SHADOW_H
#define MMT_CMD_SHADOW_H

#include "lib/base/alloc.h"

struct shadow {
	struct mmt_alloc *alloc;
	uint8_t **section; /* two bits a frame; a section is made when one of its frames is named */
	bool no_memory;
};

bool shadow_init(struct shadow *f, struct mmt_alloc *a);
/* Frames of the block that were allocated (or free) already; @count frames from @pfn become
 * allocated (or free). */
uint64_t shadow_alloc(struct shadow *f, uint64_t pfn, uint64_t count);
uint64_t shadow_free(struct shadow *f, uint64_t pfn, uint64_t count);
/* Nothing is known any more of @count frames from @pfn; of none at all. */
void shadow_forget(struct shadow *f, uint64_t pfn, uint64_t count);
void shadow_forget_all(struct shadow *f);
void shadow_destroy(struct shadow *f);

#endif
