/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dictionaries of a trace: dense ids -> what they stand for.
 *
 * Theory. A writer gives ids 1, 2, 3 ..., so entry number i usually has id i + 1 and a look-up is
 * one load. A reader that lost frames, or reads a stranger's file, may see any ids in any order:
 * then an open-addressing table (id -> place, never full by more than half) finds them, so memory
 * follows the entries seen, never a number in the file. Names of strings have a second such table,
 * made when the first string is interned.
 *
 *	entries	[0] id 1   [1] id 2   [2] id 9		dense up to id 2
 *	by_id	hash(9) -> 2 + 1			0: empty slot
 *
 * Invariants: (1) an id occurs once in a table; (2) a name is never NULL and at most
 * MMT_DICT_NAME_MAX bytes; (3) memory of all entries is at most MMT_DICT_BYTES.
 *
 * What can no more be named may be forgotten, so that a recording of days does not grow: the table
 * closes up, and its ids are found by the second way.
 *
 * Cost: define and get O(1); an entry takes 48 bytes, its name and 4 to 8 bytes of table.
 */
#include "lib/trace/dict.h"

#include <errno.h>
#include <string.h>

#define FIRST_SLOTS 64

struct table {
	struct mmt_dict_entry *entries;
	size_t nr, cap;
	uint32_t *by_id; /* place + 1 */
	size_t nr_slots; /* power of two */
	uint32_t last;
};

struct mmt_dict {
	struct mmt_alloc *alloc;
	struct table tables[MMT_NR_DICTS];
	uint32_t *by_name; /* of strings: place + 1 */
	size_t nr_names;   /* slots of by_name; 0: not made, or a string was redefined */
	uint64_t bytes;
};

static const char no_name[] = "";

static size_t slot_of_id(uint32_t id, size_t slots)
{
	return (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (slots - 1);
}

static size_t slot_of_name(const char *s, size_t slots)
{
	uint64_t h = 0xcbf29ce484222325;

	while (*s)
		h = (h ^ (uint8_t)*s++) * 0x100000001b3;
	return (size_t)(h >> 24) & (slots - 1);
}

struct mmt_dict *mmt_dict_new(struct mmt_alloc *a)
{
	struct mmt_dict *d = mmt_calloc(a, 1, sizeof(*d));

	if (d)
		d->alloc = a;
	return d;
}

static void free_name(struct mmt_dict *d, const char *name)
{
	if (name == no_name)
		return;
	d->bytes -= strlen(name) + 1;
	mmt_free(d->alloc, (void *)(uintptr_t)name);
}

void mmt_dict_free(struct mmt_dict *d)
{
	if (!d)
		return;
	for (int k = 0; k < MMT_NR_DICTS; k++) {
		struct table *t = &d->tables[k];

		for (size_t i = 0; i < t->nr; i++)
			free_name(d, t->entries[i].name);
		mmt_free(d->alloc, t->entries);
		mmt_free(d->alloc, t->by_id);
	}
	mmt_free(d->alloc, d->by_name);
	mmt_free(d->alloc, d);
}

static struct mmt_dict_entry *find(const struct table *t, uint32_t id)
{
	if (id - 1 < t->nr && t->entries[id - 1].id == id)
		return &t->entries[id - 1];
	if (!t->nr_slots)
		return NULL;
	for (size_t s = slot_of_id(id, t->nr_slots); t->by_id[s]; s = (s + 1) & (t->nr_slots - 1))
		if (t->entries[t->by_id[s] - 1].id == id)
			return &t->entries[t->by_id[s] - 1];
	return NULL;
}

static void link_id(struct table *t, size_t place)
{
	size_t s = slot_of_id(t->entries[place].id, t->nr_slots);

	while (t->by_id[s])
		s = (s + 1) & (t->nr_slots - 1);
	t->by_id[s] = (uint32_t)place + 1;
}

/* Room for one more entry in both arrays; nothing is changed if memory runs out. */
static bool make_room(struct mmt_dict *d, struct table *t)
{
	struct mmt_dict_entry *entries;
	uint32_t *by_id;
	size_t slots = t->nr_slots ? t->nr_slots * 2 : FIRST_SLOTS;

	entries = mmt_grow(d->alloc, t->entries, &t->cap, t->nr + 1, sizeof(*entries));
	if (!entries)
		return false;
	t->entries = entries;
	if (t->nr_slots >= 2 * (t->nr + 1))
		return true;
	by_id = mmt_calloc(d->alloc, slots, sizeof(*by_id));
	if (!by_id)
		return false;
	mmt_free(d->alloc, t->by_id);
	t->by_id = by_id;
	t->nr_slots = slots;
	for (size_t i = 0; i < t->nr; i++)
		link_id(t, i);
	return true;
}

static int check_id(const struct mmt_dict_entry *entry, struct mmt_err *e)
{
	if ((unsigned)entry->kind >= MMT_NR_DICTS)
		return mmt_fail(e, EBADMSG, "dictionary %d exceeds %d", (int)entry->kind,
				MMT_NR_DICTS - 1);
	if (!entry->id || entry->id > MMT_DICT_ID_MAX)
		return mmt_fail(e, EBADMSG, "%s id %u is not in 1..%u",
				mmt_dict_kind_name(entry->kind), entry->id, MMT_DICT_ID_MAX);
	return 0;
}

static int check(const struct mmt_dict_entry *entry, struct mmt_err *e)
{
	int err = check_id(entry, e);

	if (err)
		return err;
	if (strnlen(entry->name, MMT_DICT_NAME_MAX + 1) > MMT_DICT_NAME_MAX)
		return mmt_fail(e, EBADMSG, "name of %s %u exceeds %d bytes",
				mmt_dict_kind_name(entry->kind), entry->id, MMT_DICT_NAME_MAX);
	return 0;
}

int mmt_dict_define(struct mmt_dict *d, const struct mmt_dict_entry *entry, struct mmt_err *e)
{
	int err = check(entry, e);
	struct mmt_dict_entry *old;
	struct table *t;
	const char *name = no_name;
	size_t bytes;

	if (err)
		return err;
	t = &d->tables[entry->kind];
	old = find(t, entry->id);
	if (old && strcmp(old->name, entry->name) == 0) {
		memcpy(old->num, entry->num, sizeof(old->num));
		return 0;
	}
	bytes = (*entry->name ? strlen(entry->name) + 1 : 0) + (old ? 0 : sizeof(*entry) + 8);
	if (d->bytes + bytes > MMT_DICT_BYTES)
		return mmt_fail(e, EBADMSG, "dictionaries exceed %u MiB", MMT_DICT_BYTES >> 20);
	if (*entry->name)
		name = mmt_strdup(d->alloc, entry->name);
	if (!name || (!old && !make_room(d, t))) {
		if (name != no_name)
			mmt_free(d->alloc, (void *)(uintptr_t)name);
		return mmt_fail(e, ENOMEM, "no memory for a dictionary");
	}
	d->bytes += bytes;
	if (old) {
		free_name(d, old->name);
		if (entry->kind == MMT_DICT_STRING)
			d->nr_names = 0;
		*old = *entry;
		old->name = name;
		return 0;
	}
	t->entries[t->nr] = *entry;
	t->entries[t->nr].name = name;
	link_id(t, t->nr++);
	if (entry->id > t->last)
		t->last = entry->id;
	return 0;
}

void mmt_dict_forget(struct mmt_dict *d, enum mmt_dict_kind kind, const uint32_t *ids, size_t nr)
{
	struct table *t = &d->tables[kind];
	size_t kept = 0;

	MMT_BUG(kind == MMT_DICT_STRING);
	for (size_t i = 0; i < nr; i++) {
		struct mmt_dict_entry *entry = ids[i] ? find(t, ids[i]) : NULL;

		if (!entry)
			continue;
		free_name(d, entry->name);
		entry->name = NULL;
		d->bytes -= sizeof(*entry) + 8;
	}
	for (size_t i = 0; i < t->nr; i++) {
		if (t->entries[i].name)
			t->entries[kept++] = t->entries[i];
	}
	t->nr = kept;
	if (t->by_id)
		memset(t->by_id, 0, t->nr_slots * sizeof(*t->by_id));
	for (size_t i = 0; i < kept; i++)
		link_id(t, i);
}

const struct mmt_dict_entry *mmt_dict_get(const struct mmt_dict *d, enum mmt_dict_kind kind,
					  uint32_t id)
{
	return (unsigned)kind < MMT_NR_DICTS && id ? find(&d->tables[kind], id) : NULL;
}

size_t mmt_dict_count(const struct mmt_dict *d, enum mmt_dict_kind kind)
{
	return d->tables[kind].nr;
}

const struct mmt_dict_entry *mmt_dict_at(const struct mmt_dict *d, enum mmt_dict_kind kind,
					 size_t i)
{
	return i < d->tables[kind].nr ? &d->tables[kind].entries[i] : NULL;
}

static void link_name(struct mmt_dict *d, size_t place)
{
	size_t s = slot_of_name(d->tables[MMT_DICT_STRING].entries[place].name, d->nr_names);

	while (d->by_name[s])
		s = (s + 1) & (d->nr_names - 1);
	d->by_name[s] = (uint32_t)place + 1;
}

/* The table of names, with room for one more. */
static bool make_names(struct mmt_dict *d)
{
	const struct table *t = &d->tables[MMT_DICT_STRING];
	size_t slots = FIRST_SLOTS;
	uint32_t *by_name;

	if (d->nr_names >= 2 * (t->nr + 1))
		return true;
	while (slots < 4 * (t->nr + 1))
		slots *= 2;
	by_name = mmt_calloc(d->alloc, slots, sizeof(*by_name));
	if (!by_name)
		return false;
	mmt_free(d->alloc, d->by_name);
	d->by_name = by_name;
	d->nr_names = slots;
	for (size_t i = 0; i < t->nr; i++)
		link_name(d, i);
	return true;
}

uint32_t mmt_dict_intern(struct mmt_dict *d, const char *name, bool *fresh)
{
	const struct table *t = &d->tables[MMT_DICT_STRING];
	struct mmt_dict_entry entry = { .kind = MMT_DICT_STRING, .id = t->last + 1, .name = name };

	*fresh = false;
	if (!make_names(d))
		return 0;
	for (size_t s = slot_of_name(name, d->nr_names); d->by_name[s];
	     s = (s + 1) & (d->nr_names - 1))
		if (strcmp(t->entries[d->by_name[s] - 1].name, name) == 0)
			return t->entries[d->by_name[s] - 1].id;
	if (mmt_dict_define(d, &entry, NULL) != 0)
		return 0;
	link_name(d, t->nr - 1);
	*fresh = true;
	return entry.id;
}

uint32_t mmt_dict_last(const struct mmt_dict *d, enum mmt_dict_kind kind)
{
	return d->tables[kind].last;
}

const char *mmt_dict_kind_name(enum mmt_dict_kind kind)
{
	static const char *const names[MMT_NR_DICTS] = { "task", "mm", "file", "cgroup", "string" };

	MMT_BUG((unsigned)kind >= MMT_NR_DICTS);
	return names[kind];
}

void mmt_dict_put(struct mmt_wr *w, const struct mmt_dict_entry *entry)
{
	size_t n = strlen(entry->name);

	mmt_wr_u8(w, (uint8_t)entry->kind);
	mmt_wr_varint(w, entry->id);
	for (int i = 0; i < MMT_DICT_NUMS; i++)
		mmt_wr_varint(w, entry->num[i]);
	mmt_wr_varint(w, n);
	mmt_wr_bytes(w, entry->name, n);
}

/* All of an entry but its name, which is @n bytes at *@name, none of them 0. */
static int take(struct mmt_rd *r, struct mmt_dict_entry *entry, const char **name, size_t *n,
		struct mmt_err *e)
{
	uint64_t id, len;

	entry->kind = (enum mmt_dict_kind)mmt_rd_u8(r);
	id = mmt_rd_varint(r);
	entry->id = id > UINT32_MAX ? UINT32_MAX : (uint32_t)id;
	for (int i = 0; i < MMT_DICT_NUMS; i++)
		entry->num[i] = mmt_rd_varint(r);
	len = mmt_rd_varint(r);
	entry->name = no_name;
	if (!r->bad && len > MMT_DICT_NAME_MAX)
		return mmt_fail(e, EBADMSG, "a dictionary name of %llu bytes exceeds %d",
				(unsigned long long)len, MMT_DICT_NAME_MAX);
	*n = (size_t)len;
	*name = (const char *)mmt_rd_bytes(r, *n);
	if (!*name)
		return mmt_fail(e, EBADMSG, "a dictionary entry is cut short");
	if (memchr(*name, 0, *n))
		return mmt_fail(e, EBADMSG, "a dictionary name holds a zero byte");
	return check_id(entry, e);
}

int mmt_dict_take(struct mmt_rd *r, struct mmt_dict_entry *entry, char *name, struct mmt_err *e)
{
	const char *bytes;
	size_t n;
	int err = take(r, entry, &bytes, &n, e);

	if (err)
		return err;
	memcpy(name, bytes, n);
	name[n] = '\0';
	entry->name = name;
	return 0;
}

int mmt_dict_pass(struct mmt_rd *r, struct mmt_err *e)
{
	struct mmt_dict_entry entry;
	const char *name;
	size_t n;

	return take(r, &entry, &name, &n, e);
}

int mmt_dict_read(struct mmt_dict *d, struct mmt_rd *r, struct mmt_err *e)
{
	char copy[MMT_DICT_NAME_MAX + 1];
	struct mmt_dict_entry entry, *old;
	const char *name;
	size_t n;
	int err = take(r, &entry, &name, &n, e);

	if (err)
		return err;
	old = find(&d->tables[entry.kind], entry.id);
	/* dictionaries come again and again, and little of them is new */
	if (old && strncmp(old->name, name, n) == 0 && !old->name[n]) {
		memcpy(old->num, entry.num, sizeof(old->num));
		return 0;
	}
	memcpy(copy, name, n);
	copy[n] = '\0';
	entry.name = copy;
	return mmt_dict_define(d, &entry, e);
}
