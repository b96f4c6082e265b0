/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Columns -> events: the reading half of column.c, which draws the columns.
 *
 * Theory. All columns of a frame are decoded into arrays and checked against their limits before
 * the first event is given out, so a frame is taken whole or not at all. An array is as wide as the
 * limit of its field asks for (mmt_unit_width()), so those of a frame stay in the second-level
 * cache. They are given out in two ways:
 *
 *	mmt_batch_view()	the arrays themselves, for those who want a few fields of some kinds
 *	mmt_batch_next()	event after event, each field in 64 bits
 *
 * For the latter each kind keeps one event whose constant fields are filled in already, and giving
 * out an event copies only what changes from one to the next.
 *
 * Invariants: (1) the places of the events name exactly as many of each kind as the list of kinds
 * says; (2) no value is beyond its unit's limit; (3) memory follows the number of events, which
 * the frame header bounds, times the fields that this version knows; (4) values of fields that a
 * file does not have are 0; (5) a value cut to its array's width shows in the bits of all, and the
 * column is read again in full width to name it.
 */
#include "lib/trace/column/codec.h"
#include "lib/trace/column/column.h"
#include "lib/trace/column/lane.h"
#include "lib/trace/column/limit.h"
#include "lib/trace/column/repeat.h"
#include "lib/trace/dict.h"
#include "lib/trace/frame.h"

#include <errno.h>
#include <string.h>

enum { PLACE, TIME, CPU, TASK, FLAGS, NR_COMMON };

static const unsigned common_width[NR_COMMON] = { 2, 8, 2, 4, 1 };

/* A field that changes from event to event. */
struct moving {
	const uint8_t *values;
	uint64_t *to;
	uint64_t mask; /* of its width */
	size_t step;   /* its width */
};

struct kind {
	struct mmt_event ev;
	unsigned nr_moving;
	struct moving moving[MMT_FIELDS_MAX];
	unsigned nr_fields; /* in the file */
	uint64_t *to;	    /* where the value in the shared column goes */
};

struct mmt_batch {
	struct mmt_alloc *alloc;
	struct mmt_view view; /* what is given to those who read columns */
	struct kind *kinds;
	struct mmt_view_kind *seen; /* of the same kinds, for the view */
	size_t cap_kinds, cap_seen;
	uint8_t *values; /* of all columns */
	size_t cap_values;
	struct mmt_lane lanes[MMT_LANES];
	uint32_t *numbers; /* of their kinds */
	size_t cap_numbers;
	uint64_t sink; /* for values of fields that are not known */
	size_t nr_shared;
	uint32_t at;
	uint64_t unknown, extra, rows;
};

struct mmt_batch *mmt_batch_new(struct mmt_alloc *a)
{
	struct mmt_batch *b = mmt_calloc(a, 1, sizeof(*b));

	if (b) {
		b->alloc = a;
		b->view.lanes = b->lanes;
	}
	return b;
}

void mmt_batch_free(struct mmt_batch *b)
{
	if (!b)
		return;
	mmt_free(b->alloc, b->kinds);
	mmt_free(b->alloc, b->seen);
	mmt_free(b->alloc, b->numbers);
	mmt_free(b->alloc, b->values);
	mmt_free(b->alloc, b);
}

/* Bytes of a field's values in a column. */
static unsigned width_of(const struct mmt_event_info *info, unsigned f)
{
	return mmt_unit_width(info->fields[f].unit);
}

/* Bytes that @n values take: the next column is aligned, and the last value may be read as if it
 * had 64 bits. */
static size_t column_size(size_t n, unsigned width)
{
	return (n * width + 15) & ~(size_t)7;
}

static int take_kind(struct mmt_rd *r, struct kind *k, struct mmt_view_kind *seen, uint64_t *number,
		     struct mmt_err *e)
{
	uint64_t step = mmt_rd_varint(r), n;

	memset(k, 0, sizeof(*k));
	memset(seen, 0, sizeof(*seen));
	k->nr_fields = mmt_rd_u8(r);
	n = mmt_rd_varint(r);
	seen->shared = mmt_rd_u8(r);
	if (r->bad)
		return mmt_fail(e, EBADMSG, "the list of kinds is cut short");
	if (!step || step > MMT_KIND_MAX - *number)
		return mmt_fail(e, EBADMSG, "kind %llu + %llu is not in 1..%d",
				(unsigned long long)*number, (unsigned long long)step,
				MMT_KIND_MAX);
	*number += step;
	if (!n || n > MMT_FRAME_NR_EVENTS)
		return mmt_fail(e, EBADMSG, "%llu events of kind %llu are not in 1..%u",
				(unsigned long long)n, (unsigned long long)*number,
				MMT_FRAME_NR_EVENTS);
	seen->n = (uint32_t)n;
	seen->kind = k->ev.kind = (uint16_t)*number;
	seen->info = mmt_event_info(seen->kind);
	if (seen->shared > k->nr_fields ||
	    (seen->shared && seen->info && seen->shared <= seen->info->nr_fields &&
	     seen->info->fields[seen->shared - 1].unit != MMT_U_PFN))
		return mmt_fail(e, EBADMSG, "field %u of kind %u cannot be in the shared column",
				seen->shared - 1, seen->kind);
	return 0;
}

/* What one kind adds to what is known of the frame. *@bytes: of all columns' values. */
static void count_kind(struct mmt_batch *b, struct kind *k, const struct mmt_view_kind *seen,
		       size_t *bytes)
{
	const struct mmt_event_info *info = seen->info;

	if (seen->shared) {
		bool known = info && seen->shared <= info->nr_fields;

		k->to = known ? &k->ev.v[seen->shared - 1] : &b->sink;
		b->nr_shared += seen->n;
	}
	if (!info) {
		b->unknown += seen->n;
		return;
	}
	if (k->nr_fields > info->nr_fields)
		b->extra += (uint64_t)seen->n * (k->nr_fields - info->nr_fields);
	if (info->class == MMT_SNAPSHOT)
		b->rows += seen->n;
	for (unsigned f = 0; f < info->nr_fields; f++)
		*bytes += column_size(seen->n, width_of(info, f));
}

/* The list of kinds; *@bytes becomes what the values of all columns known take. */
static int take_kinds(struct mmt_batch *b, struct mmt_rd *r, uint32_t n, size_t *bytes,
		      struct mmt_err *e)
{
	uint64_t nr = mmt_rd_varint(r), events = 0, number = 0;
	struct mmt_view_kind *seen;
	struct kind *kinds;
	uint32_t *numbers;

	b->view.lane_mask = nr ? 0 : MMT_LANES - 1;
	if (!nr)
		nr = mmt_rd_varint(r);

	if (!nr || nr > MMT_KIND_MAX || nr > n)
		return mmt_fail(e, EBADMSG, "%llu kinds among %u events", (unsigned long long)nr,
				n);
	kinds = mmt_grow(b->alloc, b->kinds, &b->cap_kinds, (size_t)nr, sizeof(*kinds));
	if (!kinds)
		return mmt_fail(e, ENOMEM, "no memory for the kinds of a frame");
	b->kinds = kinds;
	seen = mmt_grow(b->alloc, b->seen, &b->cap_seen, (size_t)nr, sizeof(*seen));
	if (!seen)
		return mmt_fail(e, ENOMEM, "no memory for the kinds of a frame");
	b->view.kinds = b->seen = seen;
	numbers = mmt_grow(b->alloc, b->numbers, &b->cap_numbers, (size_t)nr * MMT_LANES,
			   sizeof(*numbers));
	if (!numbers)
		return mmt_fail(e, ENOMEM, "no memory for the kinds of a frame");
	b->numbers = numbers;
	*bytes = column_size(n + MMT_LANE_AHEAD, sizeof(uint32_t)); /* the shared one */
	for (int i = 0; i < NR_COMMON; i++)
		*bytes += column_size(n, common_width[i]);
	b->nr_shared = 0;
	for (uint64_t i = 0; i < nr; i++) {
		int err = take_kind(r, &b->kinds[i], &seen[i], &number, e);

		if (err)
			return err;
		events += seen[i].n;
		count_kind(b, &b->kinds[i], &seen[i], bytes);
	}
	if (events != n)
		return mmt_fail(e, EBADMSG, "the kinds have %llu events, the frame says %u",
				(unsigned long long)events, n);
	b->view.nr_kinds = (uint32_t)nr;
	return 0;
}

static struct mmt_rd column_bytes(struct mmt_rd *r)
{
	uint64_t n = mmt_rd_varint(r);
	const uint8_t *p = mmt_rd_bytes(r, n);

	return mmt_rd(p, p ? n : 0);
}

/* --- the columns of all events --- */

/* One of them: where it stands, and the bits of all values. */
struct common {
	struct mmt_rd column;
	const void *v;
	uint64_t any;
};

static int check_common(struct mmt_batch *b, int i, const struct common *c, struct mmt_err *e)
{
	static const char *const names[] = { "kind", "time", "cpu", "task", "flags" };
	const uint64_t limits[] = { b->view.nr_kinds - 1, MMT_TIME_MAX, MMT_CPU_MAX,
				    MMT_DICT_ID_MAX, MMT_EVENT_SELF };
	uint64_t value;
	size_t at;
	int err;

	if (mmt_limit_holds(c->v, common_width[i], b->view.n, c->any, limits[i]))
		return 0;
	err = mmt_limit_explain(b->alloc, c->column, b->view.n, limits[i], false, &at, &value, e);
	if (err || at == b->view.n)
		return err;
	mmt_err_event(e, i == CPU ? at : mmt_lanes_event(&b->view, (uint32_t)at));
	return mmt_fail(e, EBADMSG, "%s is %llu, its limit %llu", names[i],
			(unsigned long long)value, (unsigned long long)limits[i]);
}

static int take_common(struct mmt_batch *b, struct mmt_rd *r, uint8_t **values, struct mmt_err *e)
{
	struct common common[NR_COMMON];
	int err;

	for (int i = 0; i < NR_COMMON; i++) {
		struct common *c = &common[i];
		bool constant;

		c->column = column_bytes(r);
		c->v = *values;
		err = mmt_codec_take(c->column, *values, common_width[i], b->view.n, &constant,
				     &c->any, e);
		if (err)
			return err;
		*values += column_size(b->view.n, common_width[i]);
	}
	b->view.place = common[PLACE].v;
	b->view.time = common[TIME].v;
	b->view.cpu = common[CPU].v;
	b->view.task = common[TASK].v;
	b->view.flags = common[FLAGS].v;
	mmt_lanes_begin(&b->view, common[CPU].any); /* so that messages can name an event */
	for (int i = 0; i < NR_COMMON; i++) {
		err = check_common(b, i, &common[i], e);
		if (err)
			return err;
	}
	return mmt_lanes_count(&b->view, b->numbers, e);
}

/* --- the shared column --- */

/* Value @at of the shared column is @value, which is too much. */
static int refuse_shared(const struct mmt_batch *b, size_t at, uint64_t value, struct mmt_err *e)
{
	const struct mmt_view *v = &b->view;
	uint32_t i = mmt_lanes_event_shared(v, at), place = 0, at_lane[MMT_LANES];
	const struct mmt_view_kind *seen;

	memcpy(at_lane, v->first, sizeof(at_lane));
	for (uint32_t n = 0; n <= i; n++)
		place = v->place[at_lane[v->cpu[n] & v->lane_mask]++];
	mmt_err_event(e, i);
	seen = &v->kinds[place];
	return mmt_fail(e, EBADMSG, "%s of %s is %llu, the limit of pfn %llu",
			b->kinds[place].to == &b->sink ? "a field"
						       : seen->info->fields[seen->shared - 1].name,
			seen->info ? seen->info->name : "an unknown kind",
			(unsigned long long)value, (unsigned long long)mmt_unit_limit(MMT_U_PFN));
}

static int take_shared(struct mmt_batch *b, struct mmt_rd *r, uint8_t **values, struct mmt_err *e)
{
	const uint64_t limit = mmt_unit_limit(MMT_U_PFN);
	uint32_t *v = (uint32_t *)(void *)*values;
	size_t n = b->nr_shared, at = n;
	struct mmt_rd column, bytes;
	bool constant;
	uint64_t any = 0, value = 0;
	int err;

	if (!n)
		return 0;
	column = bytes = column_bytes(r);
	if (mmt_rd_left(&column) && *column.p == MMT_REPEAT_CODE) {
		mmt_rd_u8(&column);
		err = mmt_repeat_take(column, v, n, &any, NULL);
	} else {
		err = mmt_codec_take(column, v, sizeof(*v), n, &constant, &any, NULL);
	}
	if (err || !mmt_limit_holds(v, sizeof(*v), n, any, limit)) {
		err = mmt_limit_explain(b->alloc, bytes, n, limit, false, &at, &value, e);
		if (!err && at < n)
			err = refuse_shared(b, at, value, e);
		if (err)
			return err;
	}
	for (size_t l = 0; l < MMT_LANES; l++) {
		b->lanes[l].shared = v;
		v += b->lanes[l].nr_shared;
	}
	memset(v, 0, MMT_LANE_AHEAD * sizeof(*v));
	*values += column_size(n + MMT_LANE_AHEAD, sizeof(*v));
	return 0;
}

/* --- the columns of a kind --- */

static int check_field(struct mmt_batch *b, size_t place, unsigned f, struct mmt_rd column,
		       uint64_t any, struct mmt_err *e)
{
	const struct mmt_view_kind *seen = &b->seen[place];
	const struct mmt_event_info *info = seen->info;
	enum mmt_unit unit = info->fields[f].unit;
	uint64_t limit = mmt_unit_limit(unit), value;
	bool order = unit == MMT_U_ORDER;
	size_t at;
	int err;

	if (mmt_limit_holds(seen->column[f], width_of(info, f), seen->n, any, order ? 15 : limit))
		return 0;
	err = mmt_limit_explain(b->alloc, column, seen->n, limit, order, &at, &value, e);
	if (err || at == seen->n)
		return err;
	mmt_err_event(e, mmt_lanes_event_of_kind(&b->view, place, at));
	return mmt_fail(e, EBADMSG, "%s of %s is %llu, the limit of %s %llu", info->fields[f].name,
			info->name, (unsigned long long)value, mmt_unit_name(unit),
			(unsigned long long)(order ? MMT_ORDER_MAX : limit));
}

/* Field @f of a known kind, from @column. */
static int take_field(struct mmt_batch *b, size_t place, unsigned f, struct mmt_rd column,
		      uint8_t *values, struct mmt_err *e)
{
	struct mmt_view_kind *seen = &b->seen[place];
	unsigned width = width_of(seen->info, f);
	struct kind *k = &b->kinds[place];
	bool constant;
	uint64_t any;
	int err = mmt_codec_take(column, values, width, seen->n, &constant, &any, e);

	seen->column[f] = values;
	if (!err)
		err = check_field(b, place, f, column, any, e);
	if (err)
		return err;
	if (constant)
		k->ev.v[f] = any;
	else
		k->moving[k->nr_moving++] = (struct moving){ .values = values,
							     .to = &k->ev.v[f],
							     .mask = UINT64_MAX >> (64 - 8 * width),
							     .step = width };
	return 0;
}

static int take_fields(struct mmt_batch *b, size_t place, struct mmt_rd *r, uint8_t **values,
		       struct mmt_err *e)
{
	struct mmt_view_kind *seen = &b->seen[place];
	unsigned known = seen->info ? seen->info->nr_fields : 0;

	for (unsigned f = 0; f < b->kinds[place].nr_fields; f++) {
		struct mmt_rd column;
		int err;

		if (f + 1 == seen->shared)
			continue;
		column = column_bytes(r);
		if (r->bad)
			return mmt_fail(e, EBADMSG, "a column of kind %u is cut short", seen->kind);
		if (f >= known)
			continue;
		err = take_field(b, place, f, column, *values, e);
		if (err)
			return err;
		*values += column_size(seen->n, width_of(seen->info, f));
	}
	/* what the file does not have is 0 */
	for (unsigned f = b->kinds[place].nr_fields; f < known; f++) {
		size_t bytes = column_size(seen->n, width_of(seen->info, f));

		seen->column[f] = memset(*values, 0, bytes);
		*values += bytes;
	}
	return 0;
}

static int take_all(struct mmt_batch *b, struct mmt_rd *r, uint32_t n, struct mmt_err *e)
{
	uint8_t *values;
	size_t need = 0;
	int err = take_kinds(b, r, n, &need, e);

	if (err)
		return err;
	values = mmt_grow(b->alloc, b->values, &b->cap_values, need, 1);
	if (!values)
		return mmt_fail(e, ENOMEM, "no memory for the events of a frame");
	b->values = values;
	b->view.n = n;
	err = take_common(b, r, &values, e);
	if (!err)
		err = take_shared(b, r, &values, e);
	for (size_t k = 0; !err && k < b->view.nr_kinds; k++)
		err = take_fields(b, k, r, &values, e);
	if (!err && (r->bad || mmt_rd_left(r)))
		err = mmt_fail(e, EBADMSG, "%zu bytes are left over after the columns",
			       mmt_rd_left(r));
	return err;
}

int mmt_batch_take(struct mmt_batch *b, struct mmt_rd r, uint32_t n, struct mmt_err *e)
{
	int err = 0;

	b->view.n = b->view.nr_kinds = b->at = 0;
	b->unknown = b->extra = b->rows = 0;
	if (n)
		err = take_all(b, &r, n, e);
	else if (mmt_rd_left(&r))
		err = mmt_fail(e, EBADMSG, "%zu bytes in a frame without events", mmt_rd_left(&r));
	if (err)
		b->view.n = b->view.nr_kinds = 0;
	return err;
}

/* --- giving out --- */

const struct mmt_view *mmt_batch_view(struct mmt_batch *b)
{
	if (b->at == b->view.n)
		return NULL;
	b->at = b->view.n;
	return &b->view;
}

const struct mmt_view *mmt_batch_all(const struct mmt_batch *b)
{
	return &b->view;
}

/* The value of @mask's width at @p, after which 8 bytes may be read. */
static uint64_t value_at(const uint8_t *p, uint64_t mask)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x >>= __builtin_clzll(mask);
#endif
	return x & mask;
}

const struct mmt_event *mmt_batch_next(struct mmt_batch *b)
{
	const struct mmt_view *v = &b->view;

	while (b->at < v->n) {
		uint16_t cpu = v->cpu[b->at++];
		struct mmt_lane *lane = &b->lanes[cpu & v->lane_mask];
		size_t i = lane->at++, place = v->place[i], number;
		struct kind *k = &b->kinds[place];
		struct moving *m = k->moving, *end = m + k->nr_moving;

		k->ev.cpu = cpu;
		if (k->to)
			*k->to = *b->lanes[cpu % MMT_LANES].shared++;
		if (!b->seen[place].info)
			continue;
		k->ev.time = v->time[i];
		k->ev.task = v->task[i];
		k->ev.flags = v->flags[i];
		number = lane->number[place]++;
		for (; m < end; m++)
			*m->to = value_at(m->values + number * m->step, m->mask);
		return &k->ev;
	}
	return NULL;
}

void mmt_view_event(const struct mmt_view *v, uint32_t at, uint16_t cpu, uint32_t number,
		    uint32_t shared, struct mmt_event *ev)
{
	const struct mmt_view_kind *k = &v->kinds[v->place[at]];

	*ev = (struct mmt_event){ .time = v->time[at],
				  .task = v->task[at],
				  .kind = k->kind,
				  .cpu = cpu,
				  .flags = v->flags[at] };
	for (unsigned f = 0; f < k->info->nr_fields; f++) {
		unsigned width = width_of(k->info, f);

		if (f + 1 == k->shared)
			ev->v[f] = shared;
		else
			ev->v[f] = value_at((const uint8_t *)k->column[f] + (size_t)number * width,
					    UINT64_MAX >> (64 - 8 * width));
	}
}

uint32_t mmt_batch_place(const struct mmt_batch *b)
{
	return b->at;
}

uint64_t mmt_batch_unknown(const struct mmt_batch *b)
{
	return b->unknown;
}

uint64_t mmt_batch_extra(const struct mmt_batch *b)
{
	return b->extra;
}

uint64_t mmt_batch_rows(const struct mmt_batch *b)
{
	return b->rows;
}
