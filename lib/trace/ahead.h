/* SPDX-License-Identifier: GPL-2.0-only */
/* Decoding the next frame while the last one is worked on. */
#ifndef MMT_TRACE_AHEAD_H
#define MMT_TRACE_AHEAD_H

#include "lib/trace/payload.h"

struct mmt_ahead;

/* A worker, asleep; NULL: there is none to be had, which is no error. */
struct mmt_ahead *mmt_ahead_new(struct mmt_alloc *a);
/* End the worker; @payload, which is one of its kind, and its own go with it. */
void mmt_ahead_free(struct mmt_ahead *h, struct mmt_payload *payload);
/* A new payload of the kind that is exchanged, or NULL. */
struct mmt_payload *mmt_ahead_payload(struct mmt_ahead *h);
/* Decode what stands at @p, @left bytes at @offset of the file @file_id, if it is a whole frame of
 * events; they must stay until mmt_ahead_finish(). */
void mmt_ahead_start(struct mmt_ahead *h, const uint8_t *p, size_t left, uint64_t offset,
		     uint64_t file_id);
/* Wait for the worker. True: the frame at @offset is sound, here it is, and mmt_ahead_exchange()
 * gives its payload. False: find out without its help. */
bool mmt_ahead_finish(struct mmt_ahead *h, uint64_t offset, struct mmt_frame *f);
/* That payload, for @payload, which is the worker's from now on. */
struct mmt_payload *mmt_ahead_exchange(struct mmt_ahead *h, struct mmt_payload *payload);

#endif
