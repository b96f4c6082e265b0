/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Columns -> events: the reading half of column.c, which draws the columns.
 *
 * Theory. All columns of a frame are decoded into arrays and checked against their limits before
 * the first event is given out, so a frame is taken whole or not at all. Then each kind keeps one
 * event whose constant fields are filled in already, and giving out an event copies only what
 * changes from one to the next.
 *
 * Invariants: (1) the places of the events name exactly as many of each kind as the list of kinds
 * says; (2) no value is beyond its unit's limit; (3) memory follows the number of events, which
 * the frame header bounds, times the fields that this version knows; (4) values of fields that a
 * file does not have are 0.
 */
#include "lib/trace/codec.h"
#include "lib/trace/column.h"
#include "lib/trace/dict.h"
#include "lib/trace/frame.h"
#include "lib/trace/repeat.h"

#include <errno.h>
#include <string.h>

enum { PLACE, TIME, CPU, TASK, FLAGS, NR_COMMON };

/* A field that changes from event to event. */
struct moving {
	const uint64_t *next;
	uint64_t *to;
};

struct kind {
	struct mmt_event ev;
	const struct mmt_event_info *info; /* NULL: not known */
	unsigned nr_moving;
	struct moving moving[MMT_FIELDS_MAX];
	unsigned nr_fields; /* in the file */
	unsigned shared;    /* 1 + the field that is in the shared column, or 0 */
	uint64_t *to;	    /* where its value goes */
	uint32_t n;
};

struct mmt_batch {
	struct mmt_alloc *alloc;
	struct kind *kinds;
	size_t nr_kinds, cap_kinds;
	uint64_t *values; /* of all columns */
	size_t cap_values;
	const uint64_t *common[NR_COMMON];
	size_t step[NR_COMMON]; /* 0: all alike */
	uint32_t *what;		/* of each event: place << 16 | CPU */
	size_t cap_what;
	const uint64_t *lanes[MMT_LANES]; /* the next value of each lane of the shared column */
	size_t in_lane[MMT_LANES];
	uint64_t sink; /* for values of fields that are not known */
	size_t nr_shared;
	uint32_t n, at;
	uint64_t unknown, extra, rows;
};

struct mmt_batch *mmt_batch_new(struct mmt_alloc *a)
{
	struct mmt_batch *b = mmt_calloc(a, 1, sizeof(*b));

	if (b)
		b->alloc = a;
	return b;
}

void mmt_batch_free(struct mmt_batch *b)
{
	if (!b)
		return;
	mmt_free(b->alloc, b->kinds);
	mmt_free(b->alloc, b->values);
	mmt_free(b->alloc, b->what);
	mmt_free(b->alloc, b);
}

static int take_kind(struct mmt_rd *r, struct kind *k, uint64_t *number, struct mmt_err *e)
{
	uint64_t step = mmt_rd_varint(r), n;

	memset(k, 0, sizeof(*k));
	k->nr_fields = mmt_rd_u8(r);
	n = mmt_rd_varint(r);
	k->shared = mmt_rd_u8(r);
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
	k->n = (uint32_t)n;
	k->ev.kind = (uint16_t)*number;
	k->info = mmt_event_info(k->ev.kind);
	if (k->shared > k->nr_fields || (k->shared && k->info && k->shared <= k->info->nr_fields &&
					 k->info->fields[k->shared - 1].unit != MMT_U_PFN))
		return mmt_fail(e, EBADMSG, "field %u of kind %u cannot be in the shared column",
				k->shared - 1, k->ev.kind);
	return 0;
}

/* The list of kinds; *@values becomes the number of values of all columns known. */
static int take_kinds(struct mmt_batch *b, struct mmt_rd *r, uint32_t n, size_t *values,
		      struct mmt_err *e)
{
	uint64_t nr = mmt_rd_varint(r), events = 0, number = 0;
	struct kind *kinds;

	if (!nr || nr > MMT_KIND_MAX || nr > n)
		return mmt_fail(e, EBADMSG, "%llu kinds among %u events", (unsigned long long)nr,
				n);
	kinds = mmt_grow(b->alloc, b->kinds, &b->cap_kinds, (size_t)nr, sizeof(*kinds));
	if (!kinds)
		return mmt_fail(e, ENOMEM, "no memory for the kinds of a frame");
	b->kinds = kinds;
	*values = (size_t)n * (NR_COMMON + 1);
	b->nr_shared = 0;
	for (uint64_t i = 0; i < nr; i++) {
		struct kind *k = &b->kinds[i];
		int err = take_kind(r, k, &number, e);

		if (err)
			return err;
		events += k->n;
		if (k->shared) {
			bool known = k->info && k->shared <= k->info->nr_fields;

			k->to = known ? &k->ev.v[k->shared - 1] : &b->sink;
			b->nr_shared += k->n;
		}
		if (!k->info) {
			b->unknown += k->n;
			continue;
		}
		if (k->nr_fields > k->info->nr_fields)
			b->extra += (uint64_t)k->n * (k->nr_fields - k->info->nr_fields);
		if (k->info->class == MMT_SNAPSHOT)
			b->rows += k->n;
		*values += (size_t)k->n * k->info->nr_fields;
	}
	if (events != n)
		return mmt_fail(e, EBADMSG, "the kinds have %llu events, the frame says %u",
				(unsigned long long)events, n);
	b->nr_kinds = (size_t)nr;
	return 0;
}

static struct mmt_rd column_bytes(struct mmt_rd *r)
{
	uint64_t n = mmt_rd_varint(r);
	const uint8_t *p = mmt_rd_bytes(r, n);

	return mmt_rd(p, p ? n : 0);
}

/* The first of @n values beyond @limit, or @n; nearly always the bits of all tell. */
static size_t first_beyond(const uint64_t *v, size_t n, uint64_t any, uint64_t limit)
{
	if (any <= limit)
		return n;
	for (size_t i = 0; i < n; i++)
		if (v[i] > limit)
			return i;
	return n;
}

/* Place among all events of number @i of the kind at @place. */
static uint32_t event_place(const struct mmt_batch *b, size_t place, size_t i)
{
	uint32_t at = 0;

	for (; at < b->n; at++)
		if (b->common[PLACE][at * b->step[PLACE]] == place && !i--)
			break;
	return at;
}

static int check_common(struct mmt_batch *b, const uint64_t *any, struct mmt_err *e)
{
	static const char *const names[] = { "kind", "time", "cpu", "task", "flags" };
	const uint64_t limits[] = { b->nr_kinds - 1, MMT_TIME_MAX, MMT_CPU_MAX, MMT_DICT_ID_MAX,
				    MMT_EVENT_SELF };

	for (int i = 0; i < NR_COMMON; i++) {
		size_t n = b->step[i] ? b->n : 1;
		size_t at = first_beyond(b->common[i], n, any[i], limits[i]);

		if (at == n)
			continue;
		mmt_err_event(e, at);
		return mmt_fail(e, EBADMSG, "%s is %llu, its limit %llu", names[i],
				(unsigned long long)b->common[i][at],
				(unsigned long long)limits[i]);
	}
	return 0;
}

static int take_common(struct mmt_batch *b, struct mmt_rd *r, uint64_t **values, struct mmt_err *e)
{
	uint64_t any[NR_COMMON];
	int err;

	for (int i = 0; i < NR_COMMON; i++) {
		bool constant;

		err = mmt_codec_take(column_bytes(r), *values, b->n, &constant, &any[i], e);
		if (err)
			return err;
		b->common[i] = *values;
		b->step[i] = !constant;
		*values += b->n;
	}
	return check_common(b, any, e);
}

/* Bring place and CPU of each event together, and count the events of each kind and lane. */
static int sort_out(struct mmt_batch *b, struct mmt_err *e)
{
	uint32_t *what = mmt_grow(b->alloc, b->what, &b->cap_what, b->n, sizeof(*what));
	const uint64_t *place = b->common[PLACE], *cpu = b->common[CPU];
	uint32_t count[MMT_KIND_MAX] = { 0 };

	if (!what)
		return mmt_fail(e, ENOMEM, "no memory for the events of a frame");
	b->what = what;
	memset(b->in_lane, 0, sizeof(b->in_lane));
	for (uint32_t i = 0; i < b->n; i++) {
		uint32_t p = (uint32_t)*place, c = (uint32_t)*cpu;

		place += b->step[PLACE];
		cpu += b->step[CPU];
		what[i] = p << 16 | c;
		count[p]++;
		b->in_lane[c % MMT_LANES] += b->kinds[p].shared != 0;
	}
	for (size_t k = 0; k < b->nr_kinds; k++)
		if (count[k] != b->kinds[k].n)
			return mmt_fail(e, EBADMSG, "kind %u has not the %u events its list says",
					b->kinds[k].ev.kind, b->kinds[k].n);
	return 0;
}

static int check_field(const struct mmt_batch *b, size_t place, unsigned f, const uint64_t *v,
		       size_t n, uint64_t any, struct mmt_err *e)
{
	const struct mmt_event_info *info = b->kinds[place].info;
	enum mmt_unit unit = info->fields[f].unit;
	uint64_t limit = mmt_unit_limit(unit);
	size_t at = first_beyond(v, n, any, limit);

	if (unit == MMT_U_ORDER && any > 15)
		for (at = 0; at < n && mmt_unit_valid(unit, v[at]);)
			at++;
	if (at == n)
		return 0;
	mmt_err_event(e, event_place(b, place, at));
	return mmt_fail(e, EBADMSG, "%s of %s is %llu, the limit of %s %llu", info->fields[f].name,
			info->name, (unsigned long long)v[at], mmt_unit_name(unit),
			(unsigned long long)(unit == MMT_U_ORDER ? MMT_ORDER_MAX : limit));
}

static int check_shared(const struct mmt_batch *b, const uint64_t *v, uint64_t any,
			struct mmt_err *e)
{
	size_t at = first_beyond(v, b->nr_shared, any, mmt_unit_limit(MMT_U_PFN)), left = at;
	const struct kind *k;
	size_t lane = 0;
	uint32_t i = 0;

	if (at == b->nr_shared)
		return 0;
	while (left >= b->in_lane[lane])
		left -= b->in_lane[lane++];
	for (; i < b->n; i++)
		if (b->kinds[b->common[PLACE][i * b->step[PLACE]]].shared &&
		    b->common[CPU][i * b->step[CPU]] % MMT_LANES == lane && !left--)
			break;
	mmt_err_event(e, i);
	k = &b->kinds[b->common[PLACE][i * b->step[PLACE]]];
	return mmt_fail(e, EBADMSG, "%s of %s is %llu, the limit of pfn %llu",
			k->to == &b->sink ? "a field" : k->info->fields[k->shared - 1].name,
			k->info ? k->info->name : "an unknown kind", (unsigned long long)v[at],
			(unsigned long long)mmt_unit_limit(MMT_U_PFN));
}

static int take_shared(struct mmt_batch *b, struct mmt_rd *r, uint64_t **values, struct mmt_err *e)
{
	size_t n = b->nr_shared;
	struct mmt_rd column;
	bool constant = false;
	uint64_t any = 0;
	int err;

	if (!n)
		return 0;
	column = column_bytes(r);
	if (mmt_rd_left(&column) && *column.p == MMT_REPEAT_CODE) {
		mmt_rd_u8(&column);
		err = mmt_repeat_take(column, *values, n, e);
		for (size_t i = 0; !err && i < n; i++)
			any |= (*values)[i];
	} else {
		err = mmt_codec_take(column, *values, n, &constant, &any, e);
		for (size_t i = 1; constant && i < n; i++)
			(*values)[i] = (*values)[0];
	}
	if (!err)
		err = check_shared(b, *values, any, e);
	for (size_t l = 0; l < MMT_LANES; l++) {
		b->lanes[l] = *values;
		*values += b->in_lane[l];
	}
	return err;
}

static int take_fields(struct mmt_batch *b, size_t place, struct mmt_rd *r, uint64_t **values,
		       struct mmt_err *e)
{
	struct kind *k = &b->kinds[place];

	for (unsigned f = 0; f < k->nr_fields; f++) {
		struct mmt_rd column;
		uint64_t any;
		bool constant;
		int err;

		if (f + 1 == k->shared)
			continue;
		column = column_bytes(r);
		if (r->bad)
			return mmt_fail(e, EBADMSG, "a column of kind %u is cut short", k->ev.kind);
		if (!k->info || f >= k->info->nr_fields)
			continue;
		err = mmt_codec_take(column, *values, k->n, &constant, &any, e);
		if (!err)
			err = check_field(b, place, f, *values, constant ? 1 : k->n, any, e);
		if (err)
			return err;
		if (constant)
			k->ev.v[f] = **values;
		else
			k->moving[k->nr_moving++] = (struct moving){ *values, &k->ev.v[f] };
		*values += k->n;
	}
	return 0;
}

static int take_all(struct mmt_batch *b, struct mmt_rd *r, uint32_t n, struct mmt_err *e)
{
	uint64_t *values;
	size_t need = 0;
	int err = take_kinds(b, r, n, &need, e);

	if (err)
		return err;
	values = mmt_grow(b->alloc, b->values, &b->cap_values, need, sizeof(*values));
	if (!values)
		return mmt_fail(e, ENOMEM, "no memory for the events of a frame");
	b->values = values;
	b->n = n;
	err = take_common(b, r, &values, e);
	if (!err)
		err = sort_out(b, e);
	if (!err)
		err = take_shared(b, r, &values, e);
	for (size_t k = 0; !err && k < b->nr_kinds; k++)
		err = take_fields(b, k, r, &values, e);
	if (!err && (r->bad || mmt_rd_left(r)))
		err = mmt_fail(e, EBADMSG, "%zu bytes are left over after the columns",
			       mmt_rd_left(r));
	return err;
}

int mmt_batch_take(struct mmt_batch *b, struct mmt_rd r, uint32_t n, struct mmt_err *e)
{
	int err = 0;

	b->n = b->at = 0;
	b->unknown = b->extra = b->rows = 0;
	if (n)
		err = take_all(b, &r, n, e);
	else if (mmt_rd_left(&r))
		err = mmt_fail(e, EBADMSG, "%zu bytes in a frame without events", mmt_rd_left(&r));
	if (err)
		b->n = 0;
	return err;
}

const struct mmt_event *mmt_batch_next(struct mmt_batch *b)
{
	while (b->at < b->n) {
		size_t i = b->at++;
		struct kind *k = &b->kinds[b->what[i] >> 16];
		struct moving *m = k->moving, *end = m + k->nr_moving;

		k->ev.cpu = (uint16_t)b->what[i];
		if (k->shared)
			*k->to = *b->lanes[k->ev.cpu % MMT_LANES]++;
		if (!k->info)
			continue;
		k->ev.time = b->common[TIME][i * b->step[TIME]];
		k->ev.task = (uint32_t)b->common[TASK][i * b->step[TASK]];
		k->ev.flags = (uint8_t)b->common[FLAGS][i * b->step[FLAGS]];
		for (; m < end; m++)
			*m->to = *m->next++;
		return &k->ev;
	}
	return NULL;
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
