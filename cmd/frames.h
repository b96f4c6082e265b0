/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which frames a trace has seen allocated and freed, to find what cannot be: a second allocation
 * without a free between, a free of what is free.
 */
#ifndef MMT_CMD_FRAMES_H
#define MMT_CMD_FRAMES_H

#include "lib/base/alloc.h"

struct frames {
	struct mmt_alloc *alloc;
	uint8_t **section; /* two bits a frame; a section is made when one of its frames is named */
	bool no_memory;
};

bool frames_init(struct frames *f, struct mmt_alloc *a);
/* Frames of the block that were allocated (or free) already; @count frames from @pfn become
 * allocated (or free). */
uint64_t frames_alloc(struct frames *f, uint64_t pfn, uint64_t count);
uint64_t frames_free(struct frames *f, uint64_t pfn, uint64_t count);
/* Nothing is known any more of @count frames from @pfn; of none at all. */
void frames_forget(struct frames *f, uint64_t pfn, uint64_t count);
void frames_forget_all(struct frames *f);
void frames_destroy(struct frames *f);

#endif
