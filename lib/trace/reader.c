/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace file -> events.
 *
 * Theory. The reader takes frames one after another. A frame counts if its CRC is right, it is of
 * this file, and its payload decodes to the last byte; then its events are given out with the
 * dictionary entries that stand between them. Whatever does not count is a gap:
 *
 *	header | events 1 | #### damaged #### | events 3 | events 3 again | trailer | seek table
 *	                  ^-- salvage.c finds the next frame        ^-- refused: numbers ascend
 *
 * A gap is told with its place, and with the frames that are missing as soon as the next number is
 * known. Nothing else changes: the events after it are read, ids that were defined within it stay
 * unresolved until the dictionaries come again.
 *
 * Invariants: (1) an event is given out once, in the order of the file, from frames whose CRC is
 * right; (2) complete implies: a trailer whose figures agree, a seek table equal byte by byte to
 * the one made here, nothing after it, no gap; (3) memory is one window (2.3 MiB), one payload
 * (1 MiB), the columns of 65536 events, the dictionaries, and 16 bytes per frame; for a reader that
 * reads ahead, four to six payloads with their columns and rows more (ahead.c).
 */
#include "lib/trace/reader.h"

#include "lib/base/crc32c.h"
#include "lib/trace/ahead.h"
#include "lib/trace/header.h"
#include "lib/trace/missing.h"
#include "lib/trace/payload.h"
#include "lib/trace/salvage.h"
#include "lib/trace/seek.h"
#include "lib/trace/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define AHEAD_FROM 4 /* frames: a shorter trace is not worth a thread */

struct mmt_reader {
	struct mmt_alloc *alloc;
	struct mmt_source src;
	struct mmt_dict *dict;
	struct mmt_payload *own;     /* for what is not decoded ahead */
	struct mmt_payload *payload; /* of the frame in hand: this, or one decoded ahead */
	struct mmt_ahead *ahead;     /* or NULL */
	unsigned want_workers;
	struct mmt_payload *decoded; /* of the frame at the front, ahead, or NULL */
	struct mmt_prepare prepare;
	json_t *header, *trailer;
	struct mmt_frame frame; /* in hand; its events are being given out */
	uint64_t frame_offset;
	uint32_t place; /* of the event last given out */
	uint64_t next_seq;
	struct mmt_salvage salvage;
	struct mmt_seek seek;
	struct mmt_totals totals;
	struct mmt_reader_state state;
	struct mmt_missing missing;
	bool has_events; /* times in totals are set */
	bool at_end, seek_agrees;
};

static int add_gap(struct mmt_reader *r, uint64_t offset, uint64_t bytes, uint64_t frames,
		   const char *why, struct mmt_err *e)
{
	const struct mmt_gap gap = {
		.offset = offset, .bytes = bytes, .first_frame = r->next_seq, .frames = frames
	};

	return mmt_missing_gap(&r->missing, &r->state, &gap, why, e);
}

/* Define the dictionary entries that stand before event @place of the frame in hand. */
static int define_entries(struct mmt_reader *r, uint64_t place, struct mmt_err *e)
{
	int err = mmt_payload_define(r->payload, r->dict, place, e);

	if (err)
		mmt_reader_where(r, e);
	return err;
}

/* --- frames --- */

static int unpack(struct mmt_reader *r, const struct mmt_frame *f, struct mmt_err *e)
{
	r->state.raw_bytes += f->raw_len;
	r->payload = r->own;
	return mmt_payload_unpack(r->payload, f, r->src.p, e);
}

static int take_events(struct mmt_reader *r, struct mmt_frame *f, struct mmt_err *e)
{
	struct mmt_payload *p;
	int err = 0;

	r->state.raw_bytes += f->raw_len;
	p = r->payload = r->decoded ? r->decoded : r->own;
	if (!r->decoded)
		err = mmt_payload_take(p, f, r->src.p, e);
	if (err)
		return err;
	r->state.unknown += mmt_batch_unknown(p->batch);
	r->state.extra += mmt_batch_extra(p->batch);
	r->state.rows += mmt_batch_rows(p->batch);
	r->totals.events += f->nr_events;
	if (!f->nr_events)
		return 0;
	if (!r->has_events || f->first_time < r->totals.first_time)
		r->totals.first_time = f->first_time;
	if (!r->has_events || f->last_time > r->totals.last_time)
		r->totals.last_time = f->last_time;
	r->has_events = true;
	r->state.first_time = r->totals.first_time;
	r->state.last_time = r->totals.last_time;
	return 0;
}

static int take_trailer(struct mmt_reader *r, const struct mmt_frame *f, struct mmt_err *e)
{
	int err = unpack(r, f, e);

	if (err)
		return err;
	r->trailer = mmt_header_parse(r->payload->raw, f->raw_len, e);
	if (!r->trailer)
		return e->code == ENOMEM ? -ENOMEM : -EBADMSG;
	if (r->state.nr_gaps) {
		/* its figures tell of more than could be read */
		r->state.sealed = true;
		return 0;
	}
	err = mmt_trailer_check(r->trailer, &r->totals, e);
	r->state.sealed = !err;
	return err;
}

/* What the payload of a good frame means. -EBADMSG: it does not decode. */
static int take_payload(struct mmt_reader *r, struct mmt_frame *f, struct mmt_err *e)
{
	switch (f->type) {
	case MMT_FRAME_DICT:
		if (f->nr_events)
			return mmt_fail(e, EBADMSG, "a dictionary frame with %u events",
					f->nr_events);
		return take_events(r, f, e);
	case MMT_FRAME_EVENT:
		return take_events(r, f, e);
	case MMT_FRAME_TRAILER:
		return take_trailer(r, f, e);
	case MMT_FRAME_HEADER:
		return mmt_fail(e, EBADMSG, "a second header");
	default:
		return 0;
	}
}

/* Count a frame whose CRC is right, whatever its payload. */
static int note_frame(struct mmt_reader *r, const struct mmt_frame *f, struct mmt_err *e)
{
	uint8_t crc[4];

	if (!mmt_seek_add(&r->seek, f->head_len, 0) ||
	    !mmt_seek_add(&r->seek, f->comp_len, f->raw_len))
		return mmt_fail(e, ENOMEM, "no memory for the seek table");
	for (unsigned i = 0; i < 4; i++)
		crc[i] = (uint8_t)(f->crc >> (8 * i));
	r->totals.frames_crc = mmt_crc32c(r->totals.frames_crc, crc, 4);
	r->totals.frames++;
	r->totals.bytes += mmt_frame_len(f);
	r->state.frames++;
	r->next_seq = f->seq + 1;
	return 0;
}

/* The whole, checked frame @f stands at the window's front: take it. */
static int take_frame(struct mmt_reader *r, struct mmt_frame *f, struct mmt_err *e)
{
	uint64_t offset = r->src.offset;
	struct mmt_err why = { 0 };
	char text[160];
	int err = 0;

	if (r->trailer || f->seq < r->next_seq) {
		snprintf(text, sizeof(text), "frame %" PRIu64 " %s", f->seq,
			 r->trailer ? "after the trailer" : "again, or out of order");
		err = add_gap(r, offset, mmt_frame_len(f), 0, text, e);
		mmt_source_skip(&r->src, mmt_frame_len(f));
		return err;
	}
	if (f->seq > r->next_seq)
		err = mmt_missing_frames(&r->missing, &r->state, offset, r->next_seq, f->seq, e);
	if (err)
		return err;
	r->frame = *f;
	r->frame_offset = offset;
	err = take_payload(r, f, &why);
	if (err && err != -EBADMSG)
		return mmt_fail(e, why.code, "%s", why.text);
	if (err) {
		r->next_seq = f->seq;
		snprintf(text, sizeof(text), "event %" PRIu64 ": %.120s", why.event, why.text);
		err = add_gap(r, offset, mmt_frame_len(f), 1, why.has_event ? text : why.text, e);
	} else {
		err = mmt_missing_losses(&r->missing, &r->state, f, e);
		r->totals.lost = r->state.lost;
	}
	if (!err)
		err = note_frame(r, f, e);
	mmt_source_skip(&r->src, mmt_frame_len(f));
	return err;
}

/*
 * After the trailer: the seek table, then nothing. Where frames are missing the table cannot be
 * made anew, and what looks like one to the end of the file is taken for it.
 */
static int take_seek(struct mmt_reader *r, struct mmt_err *e)
{
	struct mmt_wr w = { .alloc = r->alloc };
	uint64_t start = r->src.offset;
	bool same = false;
	int err = 0;

	if (r->state.nr_gaps)
		err = mmt_seek_skip(&r->src, &same, e);
	else
		mmt_seek_put(&r->seek, &w);
	if (w.bad)
		err = mmt_fail(e, ENOMEM, "no memory for the seek table");
	if (!err && !r->state.nr_gaps)
		err = mmt_source_matches(&r->src, w.buf, w.len, &same, e);
	mmt_wr_free(&w);
	if (!err)
		err = mmt_source_need(&r->src, 1, e);
	if (err)
		return err;
	if (same && !r->src.left) {
		r->seek_agrees = true;
		return 0;
	}
	return mmt_salvage_rest(&r->src, e)
		       ?: add_gap(r, start, r->src.offset - start, 0,
				  same ? "bytes after the seek table"
				       : "the seek table does not agree with the frames",
				  e);
}

/* --- decoding ahead --- */

static void offer(struct mmt_reader *r)
{
	mmt_ahead_offer(r->ahead, r->src.p, r->src.left, r->src.offset, r->state.file_id);
}

/* Whether the frames read, and whole ones in the window, are enough to be worth a thread. */
static bool is_long(const struct mmt_reader *r)
{
	uint64_t frames = r->state.frames;
	size_t at = 0;
	struct mmt_frame f;

	for (; frames < AHEAD_FROM; frames++, at += mmt_frame_len(&f))
		if (mmt_frame_peek(&f, r->src.p + at, r->src.left - at, NULL) != 0 ||
		    r->src.left - at < mmt_frame_len(&f))
			return false;
	return true;
}

static void start_ahead(struct mmt_reader *r)
{
	if (!r->want_workers || !is_long(r))
		return;
	r->ahead = mmt_ahead_new(r->alloc, &r->prepare, r->want_workers);
	r->want_workers = 0;
	if (r->ahead)
		offer(r);
}

/* Whether the frame at the front was decoded ahead: then it is @f. */
static int take_ahead(struct mmt_reader *r, struct mmt_frame *f, struct mmt_err *e)
{
	int err;

	r->decoded = NULL;
	r->payload = r->own; /* a worker may have what was in hand */
	start_ahead(r);
	if (!r->ahead)
		return 0;
	err = mmt_source_need(&r->src, MMT_FRAME_MAX, e);
	if (err)
		return err;
	offer(r);
	r->decoded = mmt_ahead_take(r->ahead, r->src.offset, f);
	return 0;
}

/* Take one frame, or pass over what is none. 1: done; 0: end of the file; -errno. */
static int next_frame(struct mmt_reader *r, struct mmt_err *e)
{
	struct mmt_frame f = { 0 };
	struct mmt_err why = { 0 };
	uint64_t start;
	int err;

	err = take_ahead(r, &f, e);
	if (err)
		return err;
	if (r->decoded)
		return take_frame(r, &f, e) ?: 1;
	err = mmt_source_need(&r->src, MMT_FRAME_FIXED, e);
	if (err)
		return err;
	if (!r->src.left)
		return 0;
	err = mmt_salvage_here(&r->salvage, &r->src, r->state.file_id, &f, &why);
	if (!err)
		return take_frame(r, &f, e) ?: 1;
	if (err != -EBADMSG && err != -ENODATA)
		return mmt_fail(e, why.code, "%s", why.text);
	if (r->trailer && r->state.sealed && !r->seek_agrees)
		return take_seek(r, e) ?: 1;
	start = r->src.offset;
	err = mmt_salvage_find(&r->salvage, &r->src, r->state.file_id, e);
	if (err)
		return err;
	return add_gap(r, start, r->src.offset - start, 0, why.text, e) ?: 1;
}

/* --- the end --- */

static void sum_up(struct mmt_reader *r)
{
	struct mmt_reader_state *s = &r->state;

	r->at_end = true;
	s->complete = s->sealed && !s->nr_gaps && r->seek_agrees;
	mmt_missing_explain(s, r->next_seq - 1);
}

/* One frame further: 0, also at the end of the file, or -errno. */
static int go_on(struct mmt_reader *r, struct mmt_err *e)
{
	int more = next_frame(r, e);

	r->state.bytes = r->src.offset;
	if (!more)
		sum_up(r);
	else if (more > 0 && r->ahead)
		offer(r); /* the place of what was in hand before is free */
	return more < 0 ? more : 0;
}

int mmt_reader_next(struct mmt_reader *r, const struct mmt_event **ev, struct mmt_err *e)
{
	int err;

	for (;;) {
		*ev = mmt_batch_next(r->payload->batch);
		if (*ev) {
			r->place = mmt_batch_place(r->payload->batch) - 1;
			err = define_entries(r, r->place, e);
			if (err)
				return err;
			r->state.events++;
			return 1;
		}
		err = define_entries(r, UINT64_MAX, e);
		if (err)
			return err;
		if (r->at_end)
			return 0;
		err = go_on(r, e);
		if (err)
			return err;
	}
}

int mmt_reader_next_view(struct mmt_reader *r, const struct mmt_view **view, struct mmt_err *e)
{
	*view = NULL;
	while (!*view) {
		int err = define_entries(r, UINT64_MAX, e);

		if (err)
			return err;
		if (r->at_end)
			return 0;
		err = go_on(r, e);
		if (err)
			return err;
		*view = mmt_batch_view(r->payload->batch);
	}
	r->place = 0;
	r->state.events += (*view)->n - mmt_batch_unknown(r->payload->batch);
	return 1;
}

void mmt_reader_read_ahead_by(struct mmt_reader *r, unsigned workers)
{
	/* whoever counts allocations, or limits them, wants all of them his own */
	if (r->ahead || r->alloc->fail_at || r->alloc->limit)
		return;
	r->want_workers = workers;
	start_ahead(r);
}

void mmt_reader_read_ahead(struct mmt_reader *r)
{
	mmt_reader_read_ahead_by(r, mmt_ahead_workers());
}

void mmt_reader_prepare(struct mmt_reader *r, const struct mmt_prepare *prepare)
{
	MMT_BUG(r->ahead);
	r->prepare = *prepare;
}

const void *mmt_reader_prepared(const struct mmt_reader *r, size_t *bytes)
{
	*bytes = r->payload->prepared.len;
	return r->payload->prepared.buf;
}

int mmt_reader_reach(struct mmt_reader *r, uint32_t i, struct mmt_err *e)
{
	r->place = i;
	return define_entries(r, i, e);
}

/* --- begin --- */

static int open_header(struct mmt_reader *r, struct mmt_err *e)
{
	struct mmt_frame f = { 0 };
	int err = mmt_source_need(&r->src, MMT_FRAME_FIXED, e);

	if (err)
		return err;
	mmt_err_offset(e, 0);
	err = mmt_frame_peek(&f, r->src.p, r->src.left, e);
	if (err == -EAGAIN)
		return mmt_fail(e, ENODATA, r->src.left ? "too short for a trace" : "empty");
	if (err && (r->src.left < 12 || memcmp(r->src.p + 8, "mmt1", 4) != 0))
		return mmt_fail(e, EBADMSG, "not a trace of mmtrace");
	if (err)
		return err;
	err = mmt_frame_check_version(&f, e);
	if (err)
		return err;
	r->state.file_id = f.file_id;
	err = mmt_salvage_here(&r->salvage, &r->src, r->state.file_id, &f, e);
	if (err)
		return err;
	err = unpack(r, &f, e);
	if (err)
		return err;
	r->header = mmt_header_parse(r->payload->raw, f.raw_len, e);
	if (!r->header)
		return -e->code;
	err = mmt_header_check(r->header, e);
	if (!err)
		err = note_frame(r, &f, e);
	mmt_source_skip(&r->src, mmt_frame_len(&f));
	r->state.bytes = r->src.offset;
	return err;
}

static struct mmt_reader *begin(struct mmt_reader *r, struct mmt_err *e)
{
	struct mmt_err local = { 0 };
	int err;

	r->dict = mmt_dict_new(r->alloc);
	r->own = r->payload = mmt_payload_new(r->alloc, &r->prepare);
	r->seek.alloc = r->missing.alloc = r->alloc;
	if (!r->dict || !r->own)
		err = mmt_fail(&local, ENOMEM, "no memory for reading a trace");
	else
		err = open_header(r, &local);
	if (!err) {
		snprintf(r->state.why_incomplete, sizeof(r->state.why_incomplete),
			 "not read to its end");
		return r;
	}
	if (e) {
		memcpy(local.path, e->path, sizeof(local.path));
		*e = local;
	}
	mmt_reader_free(r);
	return NULL;
}

struct mmt_reader *mmt_reader_open(struct mmt_alloc *a, struct mmt_io *io, int fd,
				   struct mmt_err *e)
{
	struct mmt_reader *r = mmt_calloc(a, 1, sizeof(*r));

	if (!r) {
		mmt_fail(e, ENOMEM, "no memory for reading a trace");
		return NULL;
	}
	r->alloc = a;
	if (mmt_source_open(&r->src, a, io, fd, e) != 0) {
		mmt_free(a, r);
		return NULL;
	}
	return begin(r, e);
}

struct mmt_reader *mmt_reader_open_memory(struct mmt_alloc *a, const void *bytes, size_t n,
					  struct mmt_err *e)
{
	struct mmt_reader *r = mmt_calloc(a, 1, sizeof(*r));

	if (!r) {
		mmt_fail(e, ENOMEM, "no memory for reading a trace");
		return NULL;
	}
	r->alloc = a;
	mmt_source_open_memory(&r->src, a, bytes, n);
	return begin(r, e);
}

const json_t *mmt_reader_header(const struct mmt_reader *r)
{
	return r->header;
}

const json_t *mmt_reader_trailer(const struct mmt_reader *r)
{
	return r->trailer;
}

const struct mmt_dict *mmt_reader_dict(const struct mmt_reader *r)
{
	return r->dict;
}

const struct mmt_reader_state *mmt_reader_state(const struct mmt_reader *r)
{
	return &r->state;
}

void mmt_reader_where(const struct mmt_reader *r, struct mmt_err *e)
{
	mmt_err_offset(e, r->frame_offset);
	mmt_err_frame(e, r->frame.seq);
	mmt_err_event(e, r->place);
}

void mmt_reader_free(struct mmt_reader *r)
{
	if (!r)
		return;
	if (r->ahead)
		mmt_ahead_free(r->ahead);
	mmt_source_close(&r->src);
	mmt_dict_free(r->dict);
	mmt_payload_free(r->own);
	json_decref(r->header);
	json_decref(r->trailer);
	mmt_seek_free(&r->seek);
	mmt_missing_free(&r->missing);
	mmt_free(r->alloc, r);
}
