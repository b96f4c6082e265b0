/* SPDX-License-Identifier: GPL-2.0-only */
/* Decoding the next frames while the last one is worked on. */
#ifndef MMT_TRACE_AHEAD_H
#define MMT_TRACE_AHEAD_H

#include "lib/trace/payload.h"

#define MMT_AHEAD_WORKERS 3 /* at most: more would wait for the caller, and each takes memory */

struct mmt_ahead;

/* How many workers there should be: one less than CPUs that the process may use. */
unsigned mmt_ahead_workers(void);
/* @workers threads, or as many as there are to be had, asleep, whose payloads are prepared by @prepare
 * (perhaps NULL); NULL: there is none, which is no error. */
struct mmt_ahead *mmt_ahead_new(struct mmt_alloc *a, const struct mmt_prepare *prepare,
				unsigned workers);
/* End the workers; the payload that was taken last goes with them. */
void mmt_ahead_free(struct mmt_ahead *h);
/* Decode the whole frames of events and dictionaries that stand at @p, @left bytes at @offset of
 * the file @file_id, as many as there is room for; those that are queued already are passed over. */
void mmt_ahead_offer(struct mmt_ahead *h, const uint8_t *p, size_t left, uint64_t offset,
		     uint64_t file_id);
/* How many frames wait to be taken. */
unsigned mmt_ahead_queued(const struct mmt_ahead *h);
/* The payload of the frame at @offset, and the frame, if it is sound; valid until the next call.
 * Work that nobody has begun may be done by the caller. NULL: find out without help; all that was
 * offered is forgotten. */
struct mmt_payload *mmt_ahead_take(struct mmt_ahead *h, uint64_t offset, struct mmt_frame *f);

#endif
