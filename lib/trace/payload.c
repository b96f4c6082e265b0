/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a frame.
 *
 * Theory. Decoding a frame needs nothing but its bytes: neither what came before, nor where it
 * stands. So it can be done at any time, by any thread (ahead.c); what it means is for the reader,
 * in the order of the file.
 *
 *	bytes   zstd frame  ->  raw   entries | columns  ->  batch
 *
 * Invariants: (1) a payload is taken whole or not at all; (2) nothing is touched but the payload
 * itself and its allocator.
 *
 * Cost: see frame.c, batch.c.
 */
#include "lib/trace/payload.h"

#include <errno.h>
#include <inttypes.h>
#include <zstd.h>

struct mmt_payload *mmt_payload_new(struct mmt_alloc *a)
{
	struct mmt_payload *p = mmt_calloc(a, 1, sizeof(*p));

	if (!p)
		return NULL;
	p->alloc = a;
	p->batch = mmt_batch_new(a);
	p->dctx = ZSTD_createDCtx();
	if (p->batch && p->dctx)
		return p;
	mmt_payload_free(p);
	return NULL;
}

void mmt_payload_free(struct mmt_payload *p)
{
	if (!p)
		return;
	mmt_batch_free(p->batch);
	ZSTD_freeDCtx(p->dctx);
	mmt_free(p->alloc, p->raw);
	mmt_free(p->alloc, p);
}

int mmt_payload_unpack(struct mmt_payload *p, const struct mmt_frame *f, const uint8_t *bytes,
		       struct mmt_err *e)
{
	uint8_t *raw = mmt_grow(p->alloc, p->raw, &p->cap_raw, f->raw_len, 1);

	p->nr_entries = 0;
	if (!raw)
		return mmt_fail(e, ENOMEM, "no memory for a frame's payload");
	p->raw = raw;
	return mmt_frame_unpack(p->dctx, bytes + f->head_len, f->comp_len, p->raw, f->raw_len, e);
}

/* Check all entries at @rd, and leave @rd after them. */
static int check_entries(struct mmt_payload *p, struct mmt_rd *rd, uint32_t events,
			 struct mmt_err *e)
{
	struct mmt_dict_entry entry;
	uint64_t nr = mmt_rd_varint(rd), place = 0;

	p->entries = *rd;
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t step = mmt_rd_varint(rd);
		int err;

		if (step > events - place)
			return mmt_fail(e, EBADMSG,
					"dictionary entry %" PRIu64 " is after the last event", i);
		place += step;
		err = mmt_dict_take(rd, &entry, p->name, e);
		if (err)
			return err;
	}
	if (rd->bad)
		return mmt_fail(e, EBADMSG, "payload is cut short");
	p->nr_entries = nr;
	return 0;
}

int mmt_payload_take(struct mmt_payload *p, const struct mmt_frame *f, const uint8_t *bytes,
		     struct mmt_err *e)
{
	struct mmt_rd rd;
	int err = mmt_payload_unpack(p, f, bytes, e);

	if (err)
		return err;
	rd = mmt_rd(p->raw, f->raw_len);
	err = check_entries(p, &rd, f->nr_events, e);
	if (!err)
		err = mmt_batch_take(p->batch, rd, f->nr_events, e);
	if (err)
		p->nr_entries = 0;
	return err;
}
