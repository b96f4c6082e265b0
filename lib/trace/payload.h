/* SPDX-License-Identifier: GPL-2.0-only */
/* A frame's payload, unpacked: its dictionary entries and its events in columns. */
#ifndef MMT_TRACE_PAYLOAD_H
#define MMT_TRACE_PAYLOAD_H

#include "lib/trace/column.h"
#include "lib/trace/dict.h"
#include "lib/trace/frame.h"

struct mmt_payload {
	struct mmt_alloc *alloc;
	void *dctx;   /* zstd's */
	uint8_t *raw; /* the bytes */
	size_t cap_raw;
	struct mmt_rd entries; /* in them: the dictionary entries, which are sound */
	uint64_t nr_entries;
	struct mmt_batch *batch; /* the events */
	char name[MMT_DICT_NAME_MAX + 1];
};

/* NULL: no memory. */
struct mmt_payload *mmt_payload_new(struct mmt_alloc *a);
void mmt_payload_free(struct mmt_payload *p);
/* Unpack the payload of the checked frame @f, whose bytes are @bytes, to @p->raw. -EBADMSG or
 * -ENOMEM. */
int mmt_payload_unpack(struct mmt_payload *p, const struct mmt_frame *f, const uint8_t *bytes,
		       struct mmt_err *e);
/* The same, and take it apart: entries and events, each value checked. */
int mmt_payload_take(struct mmt_payload *p, const struct mmt_frame *f, const uint8_t *bytes,
		     struct mmt_err *e);

#endif
