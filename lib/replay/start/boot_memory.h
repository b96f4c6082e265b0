/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What boot parameters take out of memory before the page allocator has it: kernelcore= and
 * movablecore= a zone Movable, cma= an area for contiguous allocations.
 */
#ifndef REPLAY_BOOT_MEMORY_H
#define REPLAY_BOOT_MEMORY_H

#include "lib/replay/tunable.h"

/* Zone @zone from frame @from to @to, as a zone of its own; @with is the caller's. */
typedef struct mm_zone_config zone_part_fn(const void *with, const struct mm_zone_config *zone,
					   pfn_t from, pfn_t to);

/* Cut zone Movable off the highest zones of @zone[0..*@nr), as kernelcore= and movablecore= of @v
 * want it. @zone ascends and has room for one more zone a node; new ones stand at its end, whatever
 * their start. -ENOTSUP: there is a zone Movable already. */
int boot_zone_movable(struct mm_zone_config *zone, unsigned *nr, const struct tunable_values *v,
		      zone_part_fn *part, const void *with, struct mmt_err *e);

/* Frames [@from, @to): where cma=@bytes comes to lie in a machine whose managed frames are the
 * first ones of each zone, and nobody's yet. -EINVAL: nowhere, or across two zones. */
int boot_cma(const struct mm_zone_config *zone, unsigned nr, uint64_t bytes, pfn_t *from, pfn_t *to,
	     struct mmt_err *e);

#endif
