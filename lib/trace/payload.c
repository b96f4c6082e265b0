/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a frame.
 *
 * Theory. Decoding a frame needs nothing but its bytes: neither what came before, nor where it
 * stands. So it can be done at any time, by any thread (ahead.c); what it means is for the reader,
 * in the order of the file.
 *
 *	bytes   zstd frame  ->  raw   entries | columns  ->  batch  ->  what the reader's user makes
 *	              unpack                    expand                of it in advance, if he does
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

struct mmt_payload *mmt_payload_new(struct mmt_alloc *a, const struct mmt_prepare *prepare)
{
	struct mmt_payload *p = mmt_calloc(a, 1, sizeof(*p));

	if (!p)
		return NULL;
	p->alloc = a;
	p->prepared.alloc = a;
	p->prepare = prepare;
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
	mmt_wr_free(&p->prepared);
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

/* Read on to the next entry's place. */
static void next_entry(struct mmt_payload *p)
{
	if (p->nr_entries)
		p->entry_place += mmt_rd_varint(&p->entries);
}

/* Check all entries at @rd, and leave @rd after them. */
static int check_entries(struct mmt_payload *p, struct mmt_rd *rd, uint32_t events,
			 struct mmt_err *e)
{
	uint64_t nr = mmt_rd_varint(rd), place = 0;

	p->entries = *rd;
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t step = mmt_rd_varint(rd);
		int err;

		if (step > events - place)
			return mmt_fail(e, EBADMSG,
					"dictionary entry %" PRIu64 " is after the last event", i);
		place += step;
		err = mmt_dict_pass(rd, e);
		if (err)
			return err;
	}
	if (rd->bad)
		return mmt_fail(e, EBADMSG, "payload is cut short");
	p->nr_entries = nr;
	p->entry_place = 0;
	next_entry(p);
	return 0;
}

int mmt_payload_define_some(struct mmt_payload *p, struct mmt_dict *d, uint64_t place,
			    struct mmt_err *e)
{
	while (p->nr_entries && p->entry_place <= place) {
		int err = mmt_dict_read(d, &p->entries, e);

		p->nr_entries--;
		if (err)
			return err;
		next_entry(p);
	}
	return 0;
}

/* Let the reader's user see the events. */
static int prepare(struct mmt_payload *p, struct mmt_err *e)
{
	const struct mmt_view *v = mmt_batch_all(p->batch);

	p->prepared.len = 0;
	p->prepared.bad = false;
	if (!p->prepare || !p->prepare->frame || !v->n)
		return 0;
	p->prepare->frame(p->prepare->ctx, v, &p->prepared);
	return p->prepared.bad ? mmt_fail(e, ENOMEM, "no memory for what is made of a frame") : 0;
}

int mmt_payload_expand(struct mmt_payload *p, const struct mmt_frame *f, struct mmt_err *e)
{
	struct mmt_rd rd = mmt_rd(p->raw, f->raw_len);
	int err = check_entries(p, &rd, f->nr_events, e);

	if (!err)
		err = mmt_batch_take(p->batch, rd, f->nr_events, e);
	if (!err)
		err = prepare(p, e);
	if (err)
		p->nr_entries = 0;
	return err;
}

int mmt_payload_take(struct mmt_payload *p, const struct mmt_frame *f, const uint8_t *bytes,
		     struct mmt_err *e)
{
	int err = mmt_payload_unpack(p, f, bytes, e);

	return err ? err : mmt_payload_expand(p, f, e);
}
