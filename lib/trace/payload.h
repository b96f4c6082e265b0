/* SPDX-License-Identifier: GPL-2.0-only */
/* A frame's payload, unpacked: its dictionary entries and its events in columns. */
#ifndef MMT_TRACE_PAYLOAD_H
#define MMT_TRACE_PAYLOAD_H

#include "lib/trace/column/column.h"
#include "lib/trace/dict.h"
#include "lib/trace/frame.h"

struct mmt_payload {
	struct mmt_alloc *alloc;
	void *dctx;   /* zstd's */
	uint8_t *raw; /* the bytes */
	size_t cap_raw;
	struct mmt_rd entries; /* in them: dictionary entries not yet defined, which are sound */
	uint64_t nr_entries, entry_place;  /* the next one's */
	struct mmt_batch *batch;	   /* the events */
	const struct mmt_prepare *prepare; /* or NULL */
	struct mmt_wr prepared;		   /* what it made of them */
};

/* NULL: no memory. */
struct mmt_payload *mmt_payload_new(struct mmt_alloc *a, const struct mmt_prepare *prepare);
void mmt_payload_free(struct mmt_payload *p);
/* Unpack the payload of the checked frame @f, whose bytes are @bytes, to @p->raw. -EBADMSG or
 * -ENOMEM. */
int mmt_payload_unpack(struct mmt_payload *p, const struct mmt_frame *f, const uint8_t *bytes,
		       struct mmt_err *e);
/* Take it apart: entries and events, each value checked; and prepare them. */
int mmt_payload_expand(struct mmt_payload *p, const struct mmt_frame *f, struct mmt_err *e);
/* Both. */
int mmt_payload_take(struct mmt_payload *p, const struct mmt_frame *f, const uint8_t *bytes,
		     struct mmt_err *e);

/* Define the entries that stand before event @place. 0 or -errno. */
int mmt_payload_define_some(struct mmt_payload *p, struct mmt_dict *d, uint64_t place,
			    struct mmt_err *e);
static inline int mmt_payload_define(struct mmt_payload *p, struct mmt_dict *d, uint64_t place,
				     struct mmt_err *e)
{
	return p->nr_entries && p->entry_place <= place ? mmt_payload_define_some(p, d, place, e)
							: 0;
}

#endif
