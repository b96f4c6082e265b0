/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events -> a trace file.
 *
 * Theory. Events gather in columns until the frame is full; then payload, header and CRC are made
 * in memory and go out in one write. A process that dies leaves whole frames and at most one torn
 * one at the end.
 *
 *	header | events | events | dictionary | events | ... | trailer | seek table
 *
 * A dictionary entry stands in the frame in which it is defined, with the place of the event it
 * precedes, so a frame and those before it explain all ids in it. All entries are put out again in
 * frames of their own every 64 MiB or 10 s of event time (later where little is written, so that an
 * idle host's trace is not made of them): who lost a frame, or starts in the middle, knows most ids.
 *
 * Frames may be kept in place of being written (options.keep): they decode alone and are numbered
 * when they are put out, so another writer can make a file of any run of them.
 *
 * Invariants: (1) a frame's payload is at most MMT_FRAME_RAW_MAX: a frame closes before its plain
 * size can exceed the limit; (2) after the first failure nothing more is written, and every call
 * returns that error; (3) frames are numbered without holes, but for those that mmt_writer_gap()
 * was told of.
 *
 * Cost: an event is checked, stored once, coded once; memory is the columns of one frame (at most
 * 65536 events), its payload, and the dictionaries.
 */
#include "lib/trace/writer.h"

#include "lib/trace/column/column.h"
#include "lib/trace/header.h"
#include "lib/trace/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define REPEAT_BYTES  (UINT64_C(64) << 20)
#define REPEAT_NS     (UINT64_C(10) * 1000000000)
#define REPEAT_SHARE  8 /* bytes of frames for each of entries, before these are compressed */
#define LEVEL	      3
#define LEVEL_MAX     19
#define BYTES_MIN     4096
#define TRAILER_BYTES 4096		       /* more than a trailer takes */
#define ENTRY_MAX     (MMT_DICT_NAME_MAX + 64) /* bytes of one dictionary entry */

struct mmt_writer {
	struct mmt_alloc *alloc;
	struct mmt_writer_options o;
	char *header; /* its JSON */
	struct mmt_dict *dict;
	struct mmt_columns *columns;
	struct mmt_wr entries; /* of the frame being filled */
	size_t nr_entries, last_place;
	uint64_t known_bytes, repeat_share; /* of all entries; of frames for each of them, 0: any */
	struct mmt_loss losses[MMT_FRAME_LOSSES];
	uint32_t nr_losses;
	struct mmt_wr raw, comp;
	ZSTD_CCtx *cctx;
	struct mmt_output out;
	struct mmt_totals totals;	 /* frames, bytes and CRC: those of `out`, set at the end */
	uint64_t told[MMT_KIND_MAX + 1]; /* of totals.kept, with the frames that were kept */
	struct mmt_kept_count *counts;
	uint64_t last_time;		    /* of the frames put out */
	uint64_t repeat_bytes, repeat_time; /* when the dictionaries were last put out */
	bool timed; /* an event was put out: the times above and in totals are set */
	bool sealed;
	int failed; /* -errno */
	struct mmt_err why;
};

static int fail(struct mmt_writer *w, int err, const struct mmt_err *why, struct mmt_err *e)
{
	if (!w->failed) {
		w->failed = err;
		w->why = *why;
	}
	if (e)
		*e = w->why;
	return w->failed;
}

/* --- frames --- */

static int compress(struct mmt_writer *w, struct mmt_err *e)
{
	size_t bound = ZSTD_compressBound(w->raw.len), n;
	uint8_t *p;

	w->comp.len = 0;
	p = mmt_wr_space(&w->comp, bound);
	if (!p)
		return mmt_fail(e, ENOMEM, "no memory to compress a frame");
	n = ZSTD_compress2(w->cctx, p, bound, w->raw.buf, w->raw.len);
	if (ZSTD_isError(n))
		return mmt_fail(e, ENOMEM, "zstd: %s", ZSTD_getErrorName(n));
	w->comp.len = n;
	return 0;
}

/* Hand a frame to who keeps it, with how many events of each kind are in it. */
static int keep_frame(struct mmt_writer *w, struct mmt_frame *f, struct mmt_err *e)
{
	struct mmt_kept k = {
		.f = f, .losses = w->losses, .counts = w->counts, .comp = w->comp.buf
	};

	for (unsigned kind = 1; f->nr_events && kind <= MMT_KIND_MAX; kind++) {
		uint64_t n = w->totals.kept[kind] - w->told[kind];

		if (!n)
			continue;
		w->counts[k.nr_counts++] = (struct mmt_kept_count){ kind, (uint32_t)n };
		w->told[kind] = w->totals.kept[kind];
	}
	return w->o.keep(w->o.keep_arg, &k, e);
}

/* Put out w->raw as a frame of @type; @f has times and events already. */
static int put_frame(struct mmt_writer *w, struct mmt_frame *f, enum mmt_frame_type type,
		     struct mmt_err *e)
{
	int err;

	if (w->raw.bad)
		return mmt_fail(e, ENOMEM, "no memory for a frame");
	MMT_BUG(w->raw.len > MMT_FRAME_RAW_MAX);
	err = compress(w, e);
	if (err)
		return err;
	f->type = (uint8_t)type;
	f->raw_len = (uint32_t)w->raw.len;
	f->comp_len = (uint32_t)w->comp.len;
	return w->o.keep ? keep_frame(w, f, e)
			 : mmt_output_frame(&w->out, f, w->losses, w->comp.buf, e);
}

/* Text as the payload of a frame. */
static int put_text(struct mmt_writer *w, const char *text, enum mmt_frame_type type,
		    struct mmt_err *e)
{
	struct mmt_frame f = { .first_time = w->last_time, .last_time = w->last_time };

	if (strlen(text) > MMT_FRAME_RAW_MAX)
		return mmt_fail(e, EINVAL, "JSON of a trace exceeds %u bytes", MMT_FRAME_RAW_MAX);
	w->raw.len = 0;
	mmt_wr_bytes(&w->raw, text, strlen(text));
	return put_frame(w, &f, type, e);
}

/* --- dictionaries --- */

/* Begin a payload with the entries gathered. */
static void start_payload(struct mmt_writer *w)
{
	w->raw.len = 0;
	mmt_wr_varint(&w->raw, w->nr_entries);
	mmt_wr_bytes(&w->raw, w->entries.buf, w->entries.len);
	w->raw.bad |= w->entries.bad;
	w->entries.len = w->nr_entries = w->last_place = 0;
}

static int add_entry(struct mmt_writer *w, const struct mmt_dict_entry *entry, size_t place,
		     struct mmt_err *e)
{
	w->known_bytes -= w->entries.len;
	mmt_wr_varint(&w->entries, place - w->last_place);
	mmt_dict_put(&w->entries, entry);
	w->known_bytes += w->entries.len;
	w->nr_entries++;
	w->last_place = place;
	return w->entries.bad ? mmt_fail(e, ENOMEM, "no memory for a dictionary entry") : 0;
}

static int put_dict_frame(struct mmt_writer *w, struct mmt_err *e)
{
	struct mmt_frame f = { .first_time = w->last_time, .last_time = w->last_time };

	start_payload(w);
	return put_frame(w, &f, MMT_FRAME_DICT, e);
}

static int repeat_dicts(struct mmt_writer *w, struct mmt_err *e)
{
	int err = 0;

	w->known_bytes = 0;
	for (int k = 0; k < MMT_NR_DICTS; k++) {
		enum mmt_dict_kind kind = (enum mmt_dict_kind)k;

		for (size_t i = 0; !err && i < mmt_dict_count(w->dict, kind); i++) {
			if (w->entries.len + ENTRY_MAX > w->o.frame_bytes)
				err = put_dict_frame(w, e);
			if (!err)
				err = add_entry(w, mmt_dict_at(w->dict, kind, i), 0, e);
		}
	}
	if (!err && w->nr_entries)
		err = put_dict_frame(w, e);
	w->repeat_bytes = w->out.bytes;
	w->repeat_time = w->last_time;
	return err;
}

/* --- events --- */

static void note_times(struct mmt_writer *w, const struct mmt_frame *f)
{
	if (!w->timed) {
		w->totals.first_time = w->repeat_time = f->first_time;
		w->timed = true;
	}
	if (f->first_time < w->totals.first_time)
		w->totals.first_time = f->first_time;
	if (f->last_time > w->totals.last_time)
		w->totals.last_time = f->last_time;
}

static int put_events(struct mmt_writer *w, struct mmt_err *e)
{
	struct mmt_frame f = { .nr_events = (uint32_t)mmt_columns_count(w->columns),
			       .nr_losses = w->nr_losses };
	int err;

	f.first_time = f.last_time = w->last_time;
	if (f.nr_events)
		mmt_columns_times(w->columns, &f.first_time, &f.last_time);
	start_payload(w);
	mmt_columns_put(w->columns, &w->raw, w->o.frame_bytes - w->raw.len);
	err = put_frame(w, &f, MMT_FRAME_EVENT, e);
	if (err)
		return err;
	if (f.nr_events) {
		note_times(w, &f);
		w->last_time = w->totals.last_time;
	}
	w->nr_losses = 0;
	mmt_columns_reset(w->columns);
	return 0;
}

static bool repeat_due(const struct mmt_writer *w)
{
	uint64_t n = w->out.bytes - w->repeat_bytes, ns = w->last_time - w->repeat_time;

	return n >= w->o.dict_repeat_bytes ||
	       (ns >= w->o.dict_repeat_ns && n >= w->repeat_share * w->known_bytes);
}

static bool gathered(const struct mmt_writer *w)
{
	return mmt_columns_count(w->columns) || w->nr_entries || w->nr_losses;
}

static int flush(struct mmt_writer *w, struct mmt_err *e)
{
	bool any = gathered(w);
	int err = any ? put_events(w, e) : 0;

	return err || !any || !repeat_due(w) ? err : repeat_dicts(w, e);
}

int mmt_writer_add(struct mmt_writer *w, const struct mmt_event *ev, struct mmt_err *e)
{
	unsigned bad = mmt_event_validate(ev);
	int err = 0;

	if (w->failed)
		return fail(w, 0, NULL, e);
	if (bad) {
		const struct mmt_event_info *info = mmt_event_info(ev->kind);

		if (bad > MMT_FIELDS_MAX)
			return mmt_fail(e, EINVAL, "event of kind %u, cpu %u is beyond a limit",
					ev->kind, ev->cpu);
		return mmt_fail(e, EINVAL, "%s of %s is %llu: beyond its limit",
				info->fields[bad - 1].name, info->name,
				(unsigned long long)ev->v[bad - 1]);
	}
	/* the reason goes where it stays: one of its own would be cleared for every event */
	err = mmt_columns_add(w->columns, ev, &w->why);
	if (err)
		return fail(w, err, &w->why, e);
	w->totals.events++;
	w->totals.kept[ev->kind]++;
	/* one more event may take 19 varints of 10 bytes and 17 new columns */
	if (mmt_columns_count(w->columns) == MMT_FRAME_NR_EVENTS ||
	    mmt_columns_bound(w->columns) + w->entries.len + 1024 > w->o.frame_bytes)
		err = flush(w, &w->why);
	return err ? fail(w, err, &w->why, e) : 0;
}

/* Put a defined entry into the frame being filled. */
static int announce(struct mmt_writer *w, const struct mmt_dict_entry *entry, struct mmt_err *e)
{
	struct mmt_err why = { 0 };
	int err = 0;

	if (mmt_columns_bound(w->columns) + w->entries.len + ENTRY_MAX > w->o.frame_bytes)
		err = flush(w, &why);
	if (!err)
		err = add_entry(w, entry, mmt_columns_count(w->columns), &why);
	return err ? fail(w, err, &why, e) : 0;
}

int mmt_writer_define(struct mmt_writer *w, const struct mmt_dict_entry *entry, struct mmt_err *e)
{
	struct mmt_err why = { 0 };
	int err;

	if (w->failed)
		return fail(w, 0, NULL, e);
	err = mmt_dict_define(w->dict, entry, &why);
	if (err == -EBADMSG)
		return mmt_fail(e, EINVAL, "%s", why.text);
	return err ? fail(w, err, &why, e) : announce(w, entry, e);
}

uint32_t mmt_writer_string(struct mmt_writer *w, const char *s, struct mmt_err *e)
{
	struct mmt_dict_entry entry = { .kind = MMT_DICT_STRING, .name = s };
	bool fresh;

	if (w->failed) {
		fail(w, 0, NULL, e);
		return 0;
	}
	if (strnlen(s, MMT_DICT_NAME_MAX + 1) > MMT_DICT_NAME_MAX) {
		mmt_fail(e, EINVAL, "string exceeds %d bytes", MMT_DICT_NAME_MAX);
		return 0;
	}
	entry.id = mmt_dict_intern(w->dict, s, &fresh);
	if (!entry.id)
		mmt_fail(e, ENOMEM, "no memory for a string");
	return fresh && announce(w, &entry, e) != 0 ? 0 : entry.id;
}

static void count_lost(struct mmt_writer *w, unsigned kind, enum mmt_loss_cause cause, uint64_t n)
{
	w->totals.lost += n;
	w->totals.lost_kind[kind] += n;
	w->totals.lost_cause[cause] += n;
}

int mmt_writer_lost(struct mmt_writer *w, unsigned cpu, unsigned kind, enum mmt_loss_cause cause,
		    uint64_t n, struct mmt_err *e)
{
	struct mmt_err why = { 0 };
	uint32_t i = 0;
	int err;

	if (w->failed)
		return fail(w, 0, NULL, e);
	if (cpu > MMT_CPU_MAX || kind > MMT_KIND_MAX || (unsigned)cause >= MMT_NR_LOSS_CAUSES)
		return mmt_fail(e, EINVAL, "loss on cpu %u of kind %u is beyond a limit", cpu,
				kind);
	if (!n)
		return 0;
	while (i < w->nr_losses && (w->losses[i].cpu != cpu || w->losses[i].kind != kind ||
				    w->losses[i].cause != cause))
		i++;
	if (i == MMT_FRAME_LOSSES) {
		err = flush(w, &why);
		if (err)
			return fail(w, err, &why, e);
		i = 0;
	}
	if (i == w->nr_losses) {
		w->losses[i] = (struct mmt_loss){ .cpu = (uint16_t)cpu,
						  .kind = (uint16_t)kind,
						  .cause = cause };
		w->nr_losses++;
	}
	w->losses[i].count += n;
	count_lost(w, kind, cause, n);
	return 0;
}

int mmt_writer_gap(struct mmt_writer *w, uint64_t frames, struct mmt_err *e)
{
	int err = mmt_writer_flush(w, e);

	if (!err)
		w->out.frames += frames;
	return err;
}

int mmt_writer_flush(struct mmt_writer *w, struct mmt_err *e)
{
	struct mmt_err why = { 0 };
	int err = w->failed ? 0 : flush(w, &why);

	return w->failed || err ? fail(w, err, &why, e) : 0;
}

void mmt_writer_forget(struct mmt_writer *w, enum mmt_dict_kind kind, const uint32_t *ids,
		       size_t nr)
{
	mmt_dict_forget(w->dict, kind, ids, nr);
}

int mmt_writer_repeat(struct mmt_writer *w, struct mmt_err *e)
{
	struct mmt_err why = { 0 };
	int err;

	if (w->failed)
		return fail(w, 0, NULL, e);
	err = flush(w, &why);
	if (!err)
		err = repeat_dicts(w, &why);
	return err ? fail(w, err, &why, e) : 0;
}

/* --- begin and end --- */

static int seal(struct mmt_writer *w, const json_t *overhead, struct mmt_err *e)
{
	int err = gathered(w) ? put_events(w, e) : 0; /* nothing follows that needs entries again */
	json_t *trailer;
	char *text;

	if (err)
		return err;
	w->totals.frames = w->out.frames;
	w->totals.bytes = w->out.bytes;
	w->totals.frames_crc = w->out.frames_crc;
	trailer = mmt_trailer_new(&w->totals, overhead);
	text = trailer ? mmt_json_text(trailer) : NULL;
	json_decref(trailer);
	if (!text)
		return mmt_fail(e, ENOMEM, "no memory for the JSON of a trace");
	err = put_text(w, text, MMT_FRAME_TRAILER, e);
	free(text);
	if (!err)
		err = mmt_output_end(&w->out, !w->o.no_sync, e);
	w->sealed = !err;
	return err;
}

int mmt_writer_seal(struct mmt_writer *w, const json_t *overhead, struct mmt_err *e)
{
	struct mmt_err why = { 0 };
	int err;

	if (w->failed)
		return fail(w, 0, NULL, e);
	MMT_BUG(w->sealed || w->o.keep);
	err = seal(w, overhead, &why);
	return err ? fail(w, err, &why, e) : 0;
}

int mmt_writer_restart(struct mmt_writer *w, int fd, uint64_t file_id, struct mmt_err *e)
{
	struct mmt_err why = { 0 };
	int err;

	if (w->failed)
		return fail(w, 0, NULL, e);
	MMT_BUG(!w->sealed);
	w->sealed = w->timed = false;
	memset(&w->totals, 0, sizeof(w->totals));
	mmt_output_restart(&w->out, fd, file_id);
	err = put_text(w, w->header, MMT_FRAME_HEADER, &why);
	if (!err)
		err = repeat_dicts(w, &why);
	return err ? fail(w, err, &why, e) : 0;
}

int mmt_writer_frame(struct mmt_writer *w, const struct mmt_kept *k, struct mmt_err *e)
{
	struct mmt_frame f = *k->f;
	struct mmt_err why = { 0 };
	int err;

	if (w->failed)
		return fail(w, 0, NULL, e);
	err = mmt_output_frame(&w->out, &f, k->losses, k->comp, &why);
	if (err)
		return fail(w, err, &why, e);
	if (f.nr_events)
		note_times(w, &f);
	for (uint32_t i = 0; i < k->nr_counts; i++)
		w->totals.kept[k->counts[i].kind] += k->counts[i].n;
	w->totals.events += f.nr_events;
	for (uint32_t i = 0; i < f.nr_losses; i++)
		count_lost(w, k->losses[i].kind, k->losses[i].cause, k->losses[i].count);
	w->last_time = w->totals.last_time;
	return 0;
}

static bool set_up_zstd(struct mmt_writer *w)
{
	w->cctx = ZSTD_createCCtx();
	return w->cctx &&
	       !ZSTD_isError(
		       ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_compressionLevel, w->o.level)) &&
	       !ZSTD_isError(ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_contentSizeFlag, 1)) &&
	       !ZSTD_isError(ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_checksumFlag, 0));
}

static int set_options(struct mmt_writer *w, const struct mmt_writer_options *o, struct mmt_err *e)
{
	w->o = *o;
	if (!w->o.level)
		w->o.level = LEVEL;
	if (!w->o.dict_repeat_bytes)
		w->o.dict_repeat_bytes = REPEAT_BYTES;
	if (!w->o.dict_repeat_ns) {
		w->o.dict_repeat_ns = REPEAT_NS;
		w->repeat_share = REPEAT_SHARE;
	}
	if (!w->o.frame_bytes)
		w->o.frame_bytes = MMT_FRAME_RAW_MAX;
	if (w->o.level < 1 || w->o.level > LEVEL_MAX)
		return mmt_fail(e, EINVAL, "zstd level %d is not in 1..%d", w->o.level, LEVEL_MAX);
	if (w->o.frame_bytes < 2 * BYTES_MIN || w->o.frame_bytes > MMT_FRAME_RAW_MAX)
		return mmt_fail(e, EINVAL, "frame size %u is not in %d..%u", w->o.frame_bytes,
				2 * BYTES_MIN, MMT_FRAME_RAW_MAX);
	return 0;
}

static int begin(struct mmt_writer *w, const json_t *header, struct mmt_err *e)
{
	json_t *j;
	char *text;

	w->dict = mmt_dict_new(w->alloc);
	w->columns = mmt_columns_new(w->alloc);
	if (w->o.keep)
		w->counts = mmt_calloc(w->alloc, MMT_KIND_MAX, sizeof(*w->counts));
	j = mmt_header_new(header);
	text = j ? mmt_json_text(j) : NULL;
	json_decref(j);
	w->header = text ? mmt_strdup(w->alloc, text) : NULL;
	free(text);
	if (!w->dict || !w->columns || !w->header || (w->o.keep && !w->counts) || !set_up_zstd(w))
		return mmt_fail(e, ENOMEM, "no memory for writing a trace");
	return put_text(w, w->header, MMT_FRAME_HEADER, e);
}

struct mmt_writer *mmt_writer_new(struct mmt_alloc *a, struct mmt_io *io, int fd,
				  const struct mmt_writer_options *o, const json_t *header,
				  struct mmt_err *e)
{
	struct mmt_writer *w = mmt_calloc(a, 1, sizeof(*w));

	if (!w) {
		mmt_fail(e, ENOMEM, "no memory for writing a trace");
		return NULL;
	}
	w->alloc = w->entries.alloc = w->raw.alloc = w->comp.alloc = a;
	mmt_output_init(&w->out, a, io, fd, o->file_id);
	if (set_options(w, o, e) == 0 && begin(w, header, e) == 0)
		return w;
	mmt_writer_free(w);
	return NULL;
}

const struct mmt_dict *mmt_writer_dict(const struct mmt_writer *w)
{
	return w->dict;
}

uint64_t mmt_writer_bytes(const struct mmt_writer *w)
{
	return w->out.bytes;
}

uint64_t mmt_writer_sealed_bytes(const struct mmt_writer *w)
{
	return w->out.bytes + w->out.frame_max + TRAILER_BYTES + w->out.seek.nr * MMT_SEEK_ENTRY;
}

uint64_t mmt_writer_events(const struct mmt_writer *w)
{
	return w->totals.events;
}

uint64_t mmt_writer_lost_kind(const struct mmt_writer *w, unsigned kind)
{
	return kind <= MMT_KIND_MAX ? w->totals.lost_kind[kind] : 0;
}

void mmt_writer_free(struct mmt_writer *w)
{
	if (!w)
		return;
	mmt_dict_free(w->dict);
	mmt_columns_free(w->columns);
	mmt_wr_free(&w->entries);
	mmt_wr_free(&w->raw);
	mmt_wr_free(&w->comp);
	mmt_output_free(&w->out);
	mmt_free(w->alloc, w->header);
	mmt_free(w->alloc, w->counts);
	ZSTD_freeCCtx(w->cctx);
	mmt_free(w->alloc, w);
}
