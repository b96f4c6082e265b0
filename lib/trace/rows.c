/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last row of each thing that snapshots tell of.
 *
 * Theory. A snapshot that tells changes alone (snapshot_begin.changes) leaves out a row that says
 * the same as the last one of its thing. Whose row it is its leading fields tell:
 *
 *	snap_buddy	node 0, zone Normal, order 3 | blocks 17
 *			----------- key ------------   - value -
 *
 * The recorder asks here which rows to leave out; who begins to read in the middle of a trace gets
 * from here what was left out.
 *
 *	slots	hash(kind, key) -> 2 + 1		0: empty slot
 *	things	0: kind, place of its fields ...	in order of first sight
 *	fields	values of all things, one behind the other
 *
 * Invariants: (1) a thing stands once; (2) slots are at least twice as many as things; (3) a thing
 * that does not find its slot within PROBES is not kept, so that a file made for it costs no time.
 *
 * Cost: a look-up a row; 16 bytes and those of its fields a thing, and 8 to 16 of slots.
 */
#include "lib/trace/rows.h"

#include <errno.h>
#include <string.h>

#define SLOTS_MIN 256
#define PROBES	  1024

struct thing {
	size_t at; /* in fields */
	uint32_t kind;
};

struct mmt_rows {
	struct mmt_alloc *alloc;
	struct thing *thing;
	size_t nr, cap_thing;
	uint64_t *field;
	size_t nr_fields, cap_field;
	uint32_t *slot; /* thing + 1 */
	size_t nr_slots;
};

unsigned mmt_rows_key(unsigned kind)
{
	switch (kind) {
	case MMT_EV_snap_vmstat:
	case MMT_EV_snap_meminfo:
	case MMT_EV_snap_setting:
	case MMT_EV_snap_cgroup:
		return 1;
	case MMT_EV_snap_nodestat:
	case MMT_EV_snap_sysctl:
	case MMT_EV_snap_cgroupstat:
		return 2;
	case MMT_EV_snap_protection:
	case MMT_EV_snap_pcp:
	case MMT_EV_snap_buddy:
	case MMT_EV_snap_pageblocks:
	case MMT_EV_snap_zonestat:
		return 3;
	case MMT_EV_snap_freetype:
		return 4;
	default:
		return 0;
	}
}

struct mmt_rows *mmt_rows_new(struct mmt_alloc *a)
{
	struct mmt_rows *r = mmt_calloc(a, 1, sizeof(*r));

	if (!r)
		return NULL;
	r->alloc = a;
	r->slot = mmt_calloc(a, SLOTS_MIN, sizeof(*r->slot));
	r->nr_slots = SLOTS_MIN;
	if (r->slot)
		return r;
	mmt_free(a, r);
	return NULL;
}

void mmt_rows_free(struct mmt_rows *r)
{
	if (!r)
		return;
	mmt_free(r->alloc, r->thing);
	mmt_free(r->alloc, r->field);
	mmt_free(r->alloc, r->slot);
	mmt_free(r->alloc, r);
}

void mmt_rows_clear(struct mmt_rows *r)
{
	r->nr = r->nr_fields = 0;
	memset(r->slot, 0, r->nr_slots * sizeof(*r->slot));
}

static size_t hash(uint32_t kind, const uint64_t *key, unsigned n)
{
	uint64_t h = kind;

	for (unsigned i = 0; i < n; i++) {
		h = (h ^ key[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return (size_t)h;
}

/* The slot of a thing, or the empty one it belongs in; NULL: neither is near. */
static uint32_t *find(const struct mmt_rows *r, uint32_t kind, const uint64_t *key)
{
	unsigned n = mmt_rows_key(kind);
	size_t first = hash(kind, key, n);

	for (size_t i = 0; i < PROBES; i++) {
		uint32_t *slot = &r->slot[(first + i) & (r->nr_slots - 1)];
		const struct thing *t = *slot ? &r->thing[*slot - 1] : NULL;

		if (!t || (t->kind == kind && !memcmp(&r->field[t->at], key, n * sizeof(*key))))
			return slot;
	}
	return NULL;
}

static void place(struct mmt_rows *r, size_t i)
{
	const struct thing *t = &r->thing[i];
	uint32_t *slot = find(r, t->kind, &r->field[t->at]);

	if (slot)
		*slot = (uint32_t)i + 1;
}

/* Room for another thing and its @n fields. */
static int grow(struct mmt_rows *r, unsigned n)
{
	struct thing *thing =
		mmt_grow(r->alloc, r->thing, &r->cap_thing, r->nr + 1, sizeof(*thing));
	uint64_t *field;
	uint32_t *slot;

	if (!thing)
		return -ENOMEM;
	r->thing = thing;
	field = mmt_grow(r->alloc, r->field, &r->cap_field, r->nr_fields + n, sizeof(*field));
	if (!field)
		return -ENOMEM;
	r->field = field;
	if (2 * (r->nr + 1) <= r->nr_slots)
		return 0;
	slot = mmt_calloc(r->alloc, 2 * r->nr_slots, sizeof(*slot));
	if (!slot || r->nr >= UINT32_MAX - 1) {
		mmt_free(r->alloc, slot);
		return -ENOMEM;
	}
	mmt_free(r->alloc, r->slot);
	r->slot = slot;
	r->nr_slots *= 2;
	for (size_t i = 0; i < r->nr; i++)
		place(r, i);
	return 0;
}

int mmt_rows_note(struct mmt_rows *r, const struct mmt_event *ev)
{
	unsigned n = mmt_event_info(ev->kind)->nr_fields;
	uint32_t *slot = find(r, ev->kind, ev->v);
	uint64_t *have;
	int err;

	if (!slot)
		return 1;
	if (*slot) {
		have = &r->field[r->thing[*slot - 1].at];
		if (!memcmp(have, ev->v, n * sizeof(*have)))
			return 0;
		memcpy(have, ev->v, n * sizeof(*have));
		return 1;
	}
	err = grow(r, n);
	if (err)
		return err;
	r->thing[r->nr] = (struct thing){ .at = r->nr_fields, .kind = ev->kind };
	memcpy(&r->field[r->nr_fields], ev->v, n * sizeof(*have));
	r->nr_fields += n;
	place(r, r->nr++);
	return 1;
}

size_t mmt_rows_count(const struct mmt_rows *r)
{
	return r->nr;
}

void mmt_rows_at(const struct mmt_rows *r, size_t i, struct mmt_event *ev)
{
	const struct thing *t = &r->thing[i];
	unsigned n = mmt_event_info(t->kind)->nr_fields;

	ev->kind = (uint16_t)t->kind;
	memset(ev->v, 0, sizeof(ev->v));
	memcpy(ev->v, &r->field[t->at], n * sizeof(*ev->v));
}
