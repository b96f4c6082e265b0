/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events -> columns: the writing half; batch.c reads them.
 *
 * Theory. Numbers of one meaning stand together, since they resemble each other more than the
 * other fields of their event. Five columns have a value for every event. One more is shared by
 * the kinds that name a page frame: their first such field, since what one kind frees another
 * allocates (repeat.c). Then each kind present has one column for each of its other fields, with a
 * value for every event of that kind.
 *
 *	0	the events stand in lanes
 *	kinds	number present; for each: number - the one before, fields, events, shared
 *	place	which of them, for every event	\
 *	time					 |
 *	cpu					 | each: length, code, bytes (codec.c)
 *	task					 |
 *	flags					 |
 *	shared	if any kind has such a field	 |
 *	fields of the first kind, one by one	 |
 *	fields of the second ...		/
 *
 * `shared` is 0, or 1 + the place of the field that is in the shared column. Snapshot rows, which
 * go through all frames in order, keep theirs.
 *
 * What happens on one CPU goes on where it was: the next page of the same task, the next step of
 * the same path of the kernel. So every column but `cpu` has first the events on CPU 0, 64, 128
 * ..., then those on CPU 1, 65, ...: lanes, each in the order of the events. The column of CPUs
 * tells how they merge:
 *
 *	events	a0 a1 b0 a2 b1		cpu	0 0 1 0 1	task	a0 a1 a2 b0 b1
 *
 * Version 1.0 had only the shared column so; its frames begin with the number of kinds.
 *
 * Lengths let a reader pass over kinds and fields it does not know.
 *
 * What is small after zstd may be large before it: a column of times in planes of four bytes, of
 * which three are nearly always 0. Where all columns would exceed the limit of a payload they are
 * written plain too (choose.c), and those are taken plain that save most by it, as few as will do.
 *
 * Invariants: (1) kinds ascend, each has at least one event; (2) written plain, the columns take no
 * more than mmt_columns_bound(), so that a frame's payload can be kept within its limit whatever
 * the events are.
 *
 * Cost: adding is a store per field and a bit scan; memory 8 bytes per value of a frame.
 */
#include "lib/trace/column/column.h"

#include "lib/trace/column/codec.h"
#include "lib/trace/column/repeat.h"
#include "lib/trace/frame.h"

#include <errno.h>
#include <string.h>

#define TIME_MOST 10 /* bytes of any varint */

enum { PLACE, TIME, CPU, TASK, FLAGS, NR_COMMON };

struct kind {
	uint64_t *v[MMT_FIELDS_MAX];
	uint8_t *lane; /* of each event */
	size_t n, cap, cap_lane;
	uint8_t shared; /* 1 + the field that is in the shared column, or 0 */
};

struct mmt_columns {
	struct mmt_alloc *alloc;
	uint64_t *common[NR_COMMON]; /* PLACE holds the kind's number until it is written */
	size_t n, cap;
	uint64_t *shared;
	size_t nr_shared, cap_shared;
	struct kind kinds[MMT_KIND_MAX + 1];
	uint64_t *tmp;
	size_t tmp_cap;
	struct mmt_wr both; /* all columns written, maybe both ways */
	size_t *ends;	    /* where each of them ends */
	size_t ends_cap;
	size_t bytes; /* of the values, as varints */
	size_t nr_columns;
	uint64_t first, last;
	uint64_t lane_time[MMT_LANES]; /* of its last event */
	size_t in_lane[MMT_LANES];     /* events */
};

static uint8_t shared_field(unsigned kind)
{
	const struct mmt_event_info *info = mmt_event_info(kind);

	for (unsigned f = 0; info && info->class != MMT_SNAPSHOT && f < info->nr_fields; f++)
		if (info->fields[f].unit == MMT_U_PFN)
			return (uint8_t)(f + 1);
	return 0;
}

struct mmt_columns *mmt_columns_new(struct mmt_alloc *a)
{
	struct mmt_columns *c = mmt_calloc(a, 1, sizeof(*c));

	if (!c)
		return NULL;
	c->alloc = c->both.alloc = a;
	for (unsigned k = 0; k <= MMT_KIND_MAX; k++)
		c->kinds[k].shared = shared_field(k);
	mmt_columns_reset(c);
	return c;
}

void mmt_columns_free(struct mmt_columns *c)
{
	if (!c)
		return;
	for (int i = 0; i < NR_COMMON; i++)
		mmt_free(c->alloc, c->common[i]);
	for (int k = 0; k <= MMT_KIND_MAX; k++) {
		for (int i = 0; i < MMT_FIELDS_MAX; i++)
			mmt_free(c->alloc, c->kinds[k].v[i]);
		mmt_free(c->alloc, c->kinds[k].lane);
	}
	mmt_free(c->alloc, c->shared);
	mmt_free(c->alloc, c->tmp);
	mmt_free(c->alloc, c->ends);
	mmt_wr_free(&c->both);
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

static bool make_lane_room(struct mmt_alloc *a, struct kind *k)
{
	uint8_t *lane = mmt_grow(a, k->lane, &k->cap_lane, k->n + 1, 1);

	if (lane)
		k->lane = lane;
	return lane;
}

int mmt_columns_add(struct mmt_columns *c, const struct mmt_event *ev, struct mmt_err *e)
{
	unsigned nr = mmt_event_info(ev->kind)->nr_fields, lane = ev->cpu % MMT_LANES;
	struct kind *kind = &c->kinds[ev->kind];
	size_t i = c->n;

	if (!make_room(c->alloc, c->common, NR_COMMON, &c->cap, i) ||
	    !make_room(c->alloc, kind->v, nr, &kind->cap, kind->n) ||
	    !make_lane_room(c->alloc, kind) ||
	    !make_room(c->alloc, &c->shared, 1, &c->cap_shared, c->nr_shared))
		return mmt_fail(e, ENOMEM, "no memory for the columns of a frame");
	kind->lane[kind->n] = (uint8_t)lane;
	c->common[PLACE][i] = ev->kind;
	c->common[TIME][i] = ev->time;
	c->common[CPU][i] = ev->cpu;
	c->common[TASK][i] = ev->task;
	c->common[FLAGS][i] = ev->flags;
	if (kind->shared)
		c->shared[c->nr_shared++] = ev->v[kind->shared - 1];
	c->bytes += 3 + mmt_varint_len(ev->cpu) + mmt_varint_len(ev->task);
	/* a lane's first time may be anything to the one before it */
	c->bytes += c->in_lane[lane]++ ? mmt_varint_len(mmt_zigzag(ev->time - c->lane_time[lane]))
				       : TIME_MOST;
	c->lane_time[lane] = ev->time;
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
	return c->bytes + (c->nr_columns + NR_COMMON + 2) * (MMT_CODEC_HEAD + 4) + 1;
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

/* Where each lane begins, of @n values of which value i is in @lane[i]. */
static void begin_lanes(const uint8_t *lane, size_t n, size_t *at)
{
	size_t before = 0;

	memset(at, 0, MMT_LANES * sizeof(*at));
	for (size_t i = 0; i < n; i++)
		at[lane[i]]++;
	for (unsigned l = 0; l < MMT_LANES; l++) {
		size_t count = at[l];

		at[l] = before;
		before += count;
	}
}

/* @v, one value of each event in their order, lane by lane in @sorted. */
static void sort_all(const struct mmt_columns *c, const uint64_t *v, uint64_t *sorted)
{
	size_t at[MMT_LANES], before = 0;

	for (unsigned l = 0; l < MMT_LANES; l++) {
		at[l] = before;
		before += c->in_lane[l];
	}
	for (size_t i = 0; i < c->n; i++)
		sorted[at[c->common[CPU][i] % MMT_LANES]++] = v[i];
}

/* The same for field @f of the events of one kind, whose lanes begin at @first. */
static void sort_kind(const struct kind *k, unsigned f, const size_t *first, uint64_t *sorted)
{
	size_t at[MMT_LANES];

	memcpy(at, first, sizeof(at));
	for (size_t i = 0; i < k->n; i++)
		sorted[at[k->lane[i]]++] = k->v[f][i];
}

/* Write the list of the kinds present. */
static void put_kinds(const struct mmt_columns *c, struct mmt_wr *w)
{
	unsigned nr = 0;
	int before = 0;

	for (int k = 0; k <= MMT_KIND_MAX; k++)
		nr += c->kinds[k].n != 0;
	mmt_wr_u8(w, 0); /* in lanes */
	mmt_wr_varint(w, nr);
	for (int k = 0; k <= MMT_KIND_MAX; k++) {
		if (!c->kinds[k].n)
			continue;
		mmt_wr_varint(w, (uint64_t)(k - before));
		mmt_wr_u8(w, (uint8_t)mmt_event_info((unsigned)k)->nr_fields);
		mmt_wr_varint(w, c->kinds[k].n);
		mmt_wr_u8(w, c->kinds[k].shared);
		before = k;
	}
}

/* Put each event's place in that list into @places. */
static void put_places(const struct mmt_columns *c, uint64_t *places)
{
	uint16_t place[MMT_KIND_MAX + 1];
	uint16_t nr = 0;

	for (int k = 0; k <= MMT_KIND_MAX; k++)
		if (c->kinds[k].n)
			place[k] = nr++;
	for (size_t i = 0; i < c->n; i++)
		places[i] = place[c->common[PLACE][i]];
}

/* Columns that put_all() writes. */
static size_t count_columns(const struct mmt_columns *c)
{
	size_t nr = NR_COMMON + (c->nr_shared != 0);

	for (unsigned k = 0; k <= MMT_KIND_MAX; k++)
		if (c->kinds[k].n)
			nr += mmt_event_info(k)->nr_fields - (c->kinds[k].shared != 0);
	return nr;
}

/* The shared column, its values lane by lane; c->tmp has room for four times as many. */
static void put_shared(struct mmt_columns *c, struct mmt_wr *w, struct mmt_wr *column, bool plain)
{
	size_t at[MMT_LANES + 1] = { 0 }, from = 0;
	uint64_t *sorted = c->tmp + 3 * c->n;

	for (size_t i = 0; i < c->n; i++)
		at[c->common[CPU][i] % MMT_LANES + 1] += c->kinds[c->common[PLACE][i]].shared != 0;
	for (int l = 0; l < MMT_LANES; l++)
		at[l + 1] += at[l];
	for (size_t i = 0; i < c->n; i++)
		if (c->kinds[c->common[PLACE][i]].shared)
			sorted[at[c->common[CPU][i] % MMT_LANES]++] = c->shared[from++];
	if (plain) {
		put_column(c, w, column, sorted, c->nr_shared, true);
		return;
	}
	column->len = 0;
	mmt_repeat_put(column, sorted, c->nr_shared, c->tmp);
	mmt_wr_varint(w, column->len);
	mmt_wr_bytes(w, column->buf, column->len);
	w->bad |= column->bad;
}

/* The columns of one kind; where each ends goes to @ends, of which the next is returned. */
static size_t *put_kind(struct mmt_columns *c, unsigned k, struct mmt_wr *w, struct mmt_wr *column,
			bool plain, size_t *ends)
{
	const struct kind *kind = &c->kinds[k];
	uint64_t *sorted = c->tmp + 2 * c->n;
	size_t first[MMT_LANES];

	if (!kind->n)
		return ends;
	begin_lanes(kind->lane, kind->n, first);
	for (unsigned f = 0; f < mmt_event_info(k)->nr_fields; f++) {
		if (f + 1 == kind->shared)
			continue;
		sort_kind(kind, f, first, sorted);
		put_column(c, w, column, sorted, kind->n, plain);
		*ends++ = w->len;
	}
	return ends;
}

/* All columns, one way; where each ends goes to @ends. */
static void put_all(struct mmt_columns *c, struct mmt_wr *w, bool plain, size_t *ends)
{
	struct mmt_wr column = { .alloc = c->alloc };
	uint64_t *places = c->tmp + c->n, *sorted = c->tmp + 2 * c->n;

	put_places(c, places);
	for (int i = PLACE; i < NR_COMMON; i++) {
		if (i != CPU)
			sort_all(c, i == PLACE ? places : c->common[i], sorted);
		put_column(c, w, &column, i == CPU ? c->common[i] : sorted, c->n, plain);
		*ends++ = w->len;
	}
	if (c->nr_shared) {
		put_shared(c, w, &column, plain);
		*ends++ = w->len;
	}
	for (unsigned k = 0; k <= MMT_KIND_MAX; k++)
		ends = put_kind(c, k, w, &column, plain, ends);
	mmt_wr_free(&column);
}

/* All columns written both ways, one after the other in `both`. */
struct choice {
	const uint8_t *bytes;
	const size_t *ends; /* of the small ones, then of the plain ones */
	size_t nr;
};

/* What column @i takes, written @way. */
static size_t length(const struct choice *c, size_t i, size_t way)
{
	size_t at = way * c->nr + i;

	return c->ends[at] - (at ? c->ends[at - 1] : 0);
}

/* Bytes if each column is plain that saves @least by it. */
static size_t mixed(const struct choice *c, size_t least, struct mmt_wr *w)
{
	size_t sum = 0;

	for (size_t i = 0; i < c->nr; i++) {
		size_t small = length(c, i, 0), plain = length(c, i, 1);
		bool take_plain = plain < small && small - plain >= least;

		sum += take_plain ? plain : small;
		if (w)
			mmt_wr_bytes(w,
				     c->bytes + c->ends[take_plain * c->nr + i] -
					     (take_plain ? plain : small),
				     take_plain ? plain : small);
	}
	return sum;
}

/* Write as few columns plain as keep all within @most bytes: those that save most by it. */
static void put_mixed(struct mmt_columns *c, struct mmt_wr *w, size_t *ends, size_t nr, size_t most)
{
	struct choice choice = { .bytes = c->both.buf, .ends = ends, .nr = nr };
	size_t least = MMT_FRAME_RAW_MAX;

	while (least && mixed(&choice, least, NULL) > most)
		least = least * 7 / 8;
	mixed(&choice, least, w);
}

void mmt_columns_put(struct mmt_columns *c, struct mmt_wr *w, size_t most)
{
	size_t nr = c->nr_columns + NR_COMMON + 1, start = w->len;
	uint64_t *tmp;
	size_t *ends;

	if (!c->n)
		return;
	/* a quarter for the places and what the codec needs beside them; all for repeats */
	tmp = mmt_grow(c->alloc, c->tmp, &c->tmp_cap, 4 * c->n, sizeof(*tmp));
	if (tmp)
		c->tmp = tmp;
	ends = mmt_grow(c->alloc, c->ends, &c->ends_cap, 2 * nr, sizeof(*ends));
	if (ends)
		c->ends = ends;
	put_kinds(c, w);
	w->bad |= !tmp || !ends;
	if (w->bad)
		return;
	nr = count_columns(c);
	c->both.len = 0;
	put_all(c, &c->both, false, ends);
	if (w->len - start + c->both.len <= most) {
		mmt_wr_bytes(w, c->both.buf, c->both.len);
	} else {
		put_all(c, &c->both, true, ends + nr);
		if (!c->both.bad)
			put_mixed(c, w, ends, nr,
				  most > w->len - start ? most - (w->len - start) : 0);
	}
	w->bad |= c->both.bad;
	c->both.bad = false;
}

void mmt_columns_reset(struct mmt_columns *c)
{
	for (int k = 0; k <= MMT_KIND_MAX; k++)
		c->kinds[k].n = 0;
	c->n = c->nr_shared = c->bytes = c->nr_columns = 0;
	memset(c->in_lane, 0, sizeof(c->in_lane));
	c->first = UINT64_MAX;
	c->last = 0;
}
