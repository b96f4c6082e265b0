/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types of pageblocks when the trace began.
 */
#ifndef REPLAY_PAGEBLOCK_H
#define REPLAY_PAGEBLOCK_H

#include "lib/replay/survey/survey.h"

/* Deal the types that pagetypeinfo counts in zone @z to its pageblocks before frame @end, where the
 * machine ends, and seed them in @sys; how many were not told by an event is added to @inferred. */
int pageblock_deal(struct mm_system *sys, const struct survey *s, const struct machine_zone *z,
		   pfn_t end, uint64_t *inferred, struct mmt_err *e);

#endif
