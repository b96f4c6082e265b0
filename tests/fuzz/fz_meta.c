/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as what a trace says about itself. The first byte says which part they are:
 *
 *	J   the JSON of a header: parsed, made anonymous, taken as the header of a new trace
 *	T   the JSON of a trailer, beside the figures of a file
 *	D   dictionary entries, one after another
 *	S   a seek table
 *	F   all of them in one file: each part led by its length (16 bits), in frames whose CRC and
 *	    compression are right
 *
 * What is taken is put out again and must be taken as the same; what is refused says why.
 */
#include "lib/trace/edit/anon.h"
#include "lib/trace/edit/merge.h"
#include "lib/trace/frame.h"
#include "lib/trace/header.h"
#include "lib/trace/scenario/scenario.h"
#include "lib/trace/seek.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define FILE_ID 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same JSON after it was written and read. */
static void json_again(const json_t *j)
{
	struct mmt_err e = { 0 };
	char *text = mmt_json_text(j);
	json_t *same;

	MMT_BUG(!text);
	same = mmt_header_parse(text, strlen(text), &e);
	MMT_BUG(!same || !json_equal(same, j));
	json_decref(same);
	free(text);
}

static void header(const uint8_t *p, size_t n)
{
	struct mmt_err e = { 0 };
	json_t *j = mmt_header_parse(p, n, &e), *anonymous, *whole;

	if (!j) {
		MMT_BUG(!e.code || !e.text[0]);
		return;
	}
	MMT_BUG(mmt_header_check(j, &e) && !e.text[0]);
	MMT_BUG(!mmt_scenario_name(j));
	MMT_BUG(mmt_merge_check(j, j, &e) && !e.text[0]);
	anonymous = mmt_anon_header(j);
	whole = mmt_header_new(j);
	MMT_BUG(!anonymous || !whole || mmt_header_check(whole, NULL));
	json_again(anonymous);
	json_decref(anonymous);
	json_decref(whole);
	json_decref(j);
}

static void trailer(const uint8_t *p, size_t n)
{
	struct mmt_totals t = { .frames = 1 };
	struct mmt_err e = { 0 };
	json_t *j = mmt_header_parse(p, n, &e), *own, *overhead;

	if (!j) {
		MMT_BUG(!e.code || !e.text[0]);
		return;
	}
	MMT_BUG(mmt_trailer_check(j, &t, &e) && !e.text[0]);
	/* a file for which this trailer would be right, as far as it has figures */
	mmt_json_get_u64(j, "frames", &t.frames);
	mmt_json_get_u64(j, "events", &t.events);
	mmt_json_get_u64(j, "lost", &t.lost);
	mmt_json_get_u64(j, "bytes", &t.bytes);
	mmt_json_get_u64(j, "first_time", &t.first_time);
	mmt_json_get_u64(j, "last_time", &t.last_time);
	overhead = mmt_anon_overhead(json_object_get(j, "overhead"));
	MMT_BUG(!overhead);
	own = mmt_trailer_new(&t, overhead);
	MMT_BUG(!own || mmt_trailer_check(own, &t, &e));
	t.events++;
	MMT_BUG(!mmt_trailer_check(own, &t, &e));
	json_decref(overhead);
	json_decref(own);
	json_decref(j);
}

static bool same_entry(const struct mmt_dict_entry *a, const struct mmt_dict_entry *b)
{
	return a->kind == b->kind && a->id == b->id && strcmp(a->name, b->name) == 0 &&
	       memcmp(a->num, b->num, sizeof(a->num)) == 0;
}

static void dictionary(struct mmt_alloc *a, const uint8_t *p, size_t n)
{
	char name[MMT_DICT_NAME_MAX + 1], again[MMT_DICT_NAME_MAX + 1];
	struct mmt_dict *d = mmt_dict_new(a);
	struct mmt_rd r = mmt_rd(p, n);
	struct mmt_dict_entry entry, second;
	struct mmt_err e = { 0 };

	MMT_BUG(!d);
	while (mmt_rd_left(&r) && mmt_dict_take(&r, &entry, name, &e) == 0) {
		struct mmt_wr w = { .alloc = a };
		struct mmt_rd own;
		bool fresh;

		MMT_BUG(mmt_dict_define(d, &entry, &e) != 0);
		MMT_BUG(!same_entry(mmt_dict_get(d, entry.kind, entry.id), &entry));
		mmt_dict_put(&w, &entry);
		own = mmt_rd(w.buf, w.len);
		MMT_BUG(mmt_dict_take(&own, &second, again, &e) != 0 || mmt_rd_left(&own));
		MMT_BUG(!same_entry(&entry, &second));
		mmt_wr_free(&w);
		/* names of all kinds are looked up among the strings, too; after the largest id
		 * there is none to give */
		MMT_BUG(!mmt_dict_intern(d, name, &fresh) &&
			mmt_dict_last(d, MMT_DICT_STRING) != MMT_DICT_ID_MAX);
	}
	for (int k = 0; k < MMT_NR_DICTS; k++)
		for (size_t i = 0; i < mmt_dict_count(d, k); i++) {
			const struct mmt_dict_entry *one = mmt_dict_at(d, k, i);

			MMT_BUG(mmt_dict_get(d, k, one->id) != one ||
				one->id > mmt_dict_last(d, k));
		}
	MMT_BUG(e.code && !e.text[0]);
	mmt_dict_free(d);
}

static void seek_table(struct mmt_alloc *a, const uint8_t *p, size_t n)
{
	struct mmt_seek s = { .alloc = a };
	struct mmt_source src;
	bool is_one;

	if (mmt_seek_take(&s, p, n)) {
		struct mmt_wr w = { .alloc = a };

		mmt_seek_put(&s, &w);
		MMT_BUG(w.bad || w.len != n || memcmp(w.buf, p, n) != 0);
		mmt_wr_free(&w);
	}
	mmt_seek_free(&s);
	mmt_source_open_memory(&src, a, p, n);
	MMT_BUG(mmt_seek_skip(&src, &is_one, NULL) != 0 || src.offset > n);
	mmt_source_close(&src);
}

/* The next part of a file. */
static struct mmt_rd part(struct mmt_rd *r)
{
	size_t n = mmt_rd_u16(r), left = mmt_rd_left(r);

	n = n < left ? n : left;
	return mmt_rd(mmt_rd_bytes(r, n), n);
}

static void put_frame(struct mmt_wr *w, unsigned type, uint64_t seq, struct mmt_rd raw)
{
	uint8_t comp[ZSTD_COMPRESSBOUND(1 << 16)];
	struct mmt_frame f = { .type = (uint8_t)type,
			       .seq = seq,
			       .file_id = FILE_ID,
			       .major = MMT_FRAME_MAJOR,
			       .raw_len = (uint32_t)mmt_rd_left(&raw) };

	/* level 1: the least work, and the payload is what matters here */
	f.comp_len = (uint32_t)ZSTD_compress(comp, sizeof(comp), raw.p, f.raw_len, 1);
	mmt_frame_put(w, &f, NULL, comp);
}

static void whole_file(struct mmt_alloc *a, const uint8_t *p, size_t n)
{
	struct mmt_wr w = { .alloc = a };
	struct mmt_rd r = mmt_rd(p, n), end;
	struct mmt_err e = { 0 };
	const struct mmt_event *ev;
	struct mmt_reader *reader;
	int more;

	put_frame(&w, MMT_FRAME_HEADER, 0, part(&r));
	put_frame(&w, MMT_FRAME_DICT, 1, part(&r));
	put_frame(&w, MMT_FRAME_TRAILER, 2, part(&r));
	end = part(&r);
	mmt_wr_bytes(&w, end.p, mmt_rd_left(&end));
	MMT_BUG(w.bad);
	reader = mmt_reader_open_memory(a, w.buf, w.len, &e);
	MMT_BUG(!reader && !e.text[0]);
	if (reader) {
		while ((more = mmt_reader_next(reader, &ev, &e)) > 0)
			;
		MMT_BUG(more || mmt_reader_state(reader)->bytes != w.len);
		MMT_BUG(mmt_reader_state(reader)->complete !=
			!*mmt_reader_state(reader)->why_incomplete);
	}
	mmt_reader_free(reader);
	mmt_wr_free(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mmt_alloc a = { .limit = UINT64_C(64) << 20 };

	if (!size || size > 1 << 16)
		return 0;
	switch (data[0]) {
	case 'J':
		header(data + 1, size - 1);
		break;
	case 'T':
		trailer(data + 1, size - 1);
		break;
	case 'D':
		dictionary(&a, data + 1, size - 1);
		break;
	case 'S':
		seek_table(&a, data + 1, size - 1);
		break;
	case 'F':
		whole_file(&a, data + 1, size - 1);
		break;
	}
	MMT_BUG(a.used);
	return 0;
}
