/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events -> columns: the writing half; batch.c reads them.
 *
 * Theory. Numbers of one meaning stand together, since they resemble each other more than the
 * other fields of their event. Five columns have a value for every event; then each kind present
 * has one column per field, with a value for every event of that kind.
 *
 *	kinds	number present; for each: number - the one before, fields, events
 *	place	which of them, for every event	\
 *	time					 |
 *	cpu					 | each: length, code, bytes (codec.c)
 *	task					 |
 *	flags					 |
 *	fields of the first kind, one by one	 |
 *	fields of the second ...		/
 *
 * Lengths let a reader pass over kinds and fields it does not know.
 *
 * Invariants: (1) kinds ascend, each has at least one event; (2) written plain, the columns take no
 * more than mmt_columns_bound(), so that a frame's payload can be kept within its limit whatever
 * the events are.
 *
 * Cost: adding is a store per field and a bit scan; memory 8 bytes per value of a frame.
 */
#include "lib/trace/column.h"

#include "lib/trace/codec.h"
#include "lib/trace/frame.h"

#include <errno.h>

enum { PLACE, TIME, CPU, TASK, FLAGS, NR_COMMON };

struct kind {
	uint64_t *v[MMT_FIELDS_MAX];
	size_t n, cap;
};

struct mmt_columns {
	struct mmt_alloc *alloc;
	uint64_t *common[NR_COMMON]; /* PLACE holds the kind's number until it is written */
	size_t n, cap;
	struct kind kinds[MMT_KIND_MAX + 1];
	uint64_t *tmp;
	size_t tmp_cap;
	size_t bytes; /* of the values, as varints */
	size_t nr_columns;
	uint64_t first, last;
};

struct mmt_columns *mmt_columns_new(struct mmt_alloc *a)
{
	struct mmt_columns *c = mmt_calloc(a, 1, sizeof(*c));

	if (!c)
		return NULL;
	c->alloc = a;
	mmt_columns_reset(c);
	return c;
}

void mmt_columns_free(struct mmt_columns *c)
{
	if (!c)
		return;
	for (int i = 0; i < NR_COMMON; i++)
		mmt_free(c->alloc, c->common[i]);
	for (int k = 0; k <= MMT_KIND_MAX; k++)
		for (int i = 0; i < MMT_FIELDS_MAX; i++)
			mmt_free(c->alloc, c->kinds[k].v[i]);
	mmt_free(c->alloc, c->tmp);
	mmt_free(c->alloc, c);
}

/* Room for one more value in each of @nr arrays that share @cap. */
static bool make_room(struct mmt_alloc *a, uint64_t **v, unsigned nr, size_t *cap, size_t n)
{
	size_t want = *cap ? *cap * 2 : 64;

	if (n < *cap)
		return true;
	for (unsigned i = 0; i < nr; i++) {
		uint64_t *p = mmt_resize(a, v[i], want, sizeof(*p));

		if (!p)
			return false;
		v[i] = p;
	}
	*cap = want;
	return true;
}

int mmt_columns_add(struct mmt_columns *c, const struct mmt_event *ev, struct mmt_err *e)
{
	unsigned nr = mmt_event_info(ev->kind)->nr_fields;
	struct kind *kind = &c->kinds[ev->kind];
	uint64_t before = c->n ? c->common[TIME][c->n - 1] : 0;
	size_t i = c->n;

	if (!make_room(c->alloc, c->common, NR_COMMON, &c->cap, i) ||
	    !make_room(c->alloc, kind->v, nr, &kind->cap, kind->n))
		return mmt_fail(e, ENOMEM, "no memory for the columns of a frame");
	c->common[PLACE][i] = ev->kind;
	c->common[TIME][i] = ev->time;
	c->common[CPU][i] = ev->cpu;
	c->common[TASK][i] = ev->task;
	c->common[FLAGS][i] = ev->flags;
	c->bytes += 3 + mmt_varint_len(mmt_zigzag(ev->time - before)) + mmt_varint_len(ev->cpu) +
		    mmt_varint_len(ev->task);
	for (unsigned f = 0; f < nr; f++) {
		kind->v[f][kind->n] = ev->v[f];
		c->bytes += mmt_varint_len(ev->v[f]);
	}
	if (!kind->n)
		c->nr_columns += nr + 1;
	kind->n++;
	c->n++;
	c->first = ev->time < c->first ? ev->time : c->first;
	c->last = ev->time > c->last ? ev->time : c->last;
	return 0;
}

size_t mmt_columns_count(const struct mmt_columns *c)
{
	return c->n;
}

size_t mmt_columns_bound(const struct mmt_columns *c)
{
	return c->bytes + (c->nr_columns + NR_COMMON + 1) * (MMT_CODEC_HEAD + 4);
}

void mmt_columns_times(const struct mmt_columns *c, uint64_t *first, uint64_t *last)
{
	*first = c->first;
	*last = c->last;
}

static void put_column(struct mmt_columns *c, struct mmt_wr *w, struct mmt_wr *column,
		       const uint64_t *v, size_t n, bool plain)
{
	column->len = 0;
	mmt_codec_put(column, v, n, c->tmp, plain);
	mmt_wr_varint(w, column->len);
	mmt_wr_bytes(w, column->buf, column->len);
	w->bad |= column->bad;
}

/* Number the kinds present, write their list, and turn each event's kind into its place there. */
static void put_kinds(struct mmt_columns *c, struct mmt_wr *w)
{
	uint16_t place[MMT_KIND_MAX + 1];
	uint16_t nr = 0;
	int before = 0;

	for (int k = 0; k <= MMT_KIND_MAX; k++)
		if (c->kinds[k].n)
			place[k] = nr++;
	mmt_wr_varint(w, nr);
	for (int k = 0; k <= MMT_KIND_MAX; k++) {
		if (!c->kinds[k].n)
			continue;
		mmt_wr_varint(w, (uint64_t)(k - before));
		mmt_wr_u8(w, (uint8_t)mmt_event_info((unsigned)k)->nr_fields);
		mmt_wr_varint(w, c->kinds[k].n);
		before = k;
	}
	for (size_t i = 0; i < c->n; i++)
		c->tmp[i] = place[c->common[PLACE][i]];
}

void mmt_columns_put(struct mmt_columns *c, struct mmt_wr *w, bool plain)
{
	struct mmt_wr column = { .alloc = c->alloc };
	uint64_t *places;

	if (!c->n)
		return;
	/* one half for the codec, one for the places */
	places = mmt_grow(c->alloc, c->tmp, &c->tmp_cap, 2 * c->n, sizeof(*places));
	if (!places) {
		w->bad = true;
		return;
	}
	c->tmp = places;
	put_kinds(c, w);
	places += c->n;
	for (size_t i = 0; i < c->n; i++)
		places[i] = c->tmp[i];
	put_column(c, w, &column, places, c->n, plain);
	for (int i = TIME; i < NR_COMMON; i++)
		put_column(c, w, &column, c->common[i], c->n, plain);
	for (unsigned k = 0; k <= MMT_KIND_MAX; k++)
		for (unsigned f = 0; c->kinds[k].n && f < mmt_event_info(k)->nr_fields; f++)
			put_column(c, w, &column, c->kinds[k].v[f], c->kinds[k].n, plain);
	mmt_wr_free(&column);
}

void mmt_columns_reset(struct mmt_columns *c)
{
	for (int k = 0; k <= MMT_KIND_MAX; k++)
		c->kinds[k].n = 0;
	c->n = c->bytes = c->nr_columns = 0;
	c->first = UINT64_MAX;
	c->last = 0;
}
