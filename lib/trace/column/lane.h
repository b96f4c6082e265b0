/* SPDX-License-Identifier: GPL-2.0-only */
/* Which event of a frame stands where in its columns; column.h says how a reader walks them. */
#ifndef MMT_TRACE_LANE_H
#define MMT_TRACE_LANE_H

#include "lib/base/err.h"
#include "lib/trace/column/column.h"

/* Where lanes begin in the columns of all events, from @v's CPUs, of which none has a bit that
 * @cpus has not; a frame with lane_mask 0 has one lane. */
void mmt_lanes_begin(struct mmt_view *v, uint64_t cpus);
/* Count each kind's events in each lane, and set where each begins, and how many values a lane has
 * in the shared column; @numbers has nr_kinds for each of MMT_LANES. -EBADMSG: a kind has not as
 * many events as its list says. */
int mmt_lanes_count(struct mmt_view *v, uint32_t *numbers, struct mmt_err *e);
/* The event whose place in the columns of all events is @at. */
uint32_t mmt_lanes_event(const struct mmt_view *v, uint32_t at);
/* The event that has value @i of those of the kind at @place. */
uint32_t mmt_lanes_event_of_kind(const struct mmt_view *v, size_t place, size_t i);
/* The event that has value @i of the shared column. */
uint32_t mmt_lanes_event_shared(const struct mmt_view *v, size_t i);

#endif
