/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the kernel -> dense ids of a trace.
 *
 * Theory. The kernel's own names are reused (a thread number, the address of a struct mm_struct) or
 * long (device and inode); a trace wants names that hold for ever and compress to nothing. Each
 * kind has a table from the kernel's name to the id, and forgets a name when the kernel may give it
 * to something else: a tid at the fork that gives it again, a mm's address at exit_mmap.
 *
 *	tid ---tasks---> slot { id, tgid, flags, comm }
 *	tgid --groups--> mm id <--keys-- address of the mm_struct
 *
 *   I1  An id is defined in the writer before it is returned.
 *   I2  All groups of one key have one mm id.
 *   I3  After a failure every call returns 0 and the first cause is kept.
 */
#include "lib/record/ids.h"

#include "lib/record/map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct task {
	uint32_t id;
	int tgid;
	unsigned flags;
	char comm[16];
};

struct cgroup {
	uint32_t parent;
	bool has_path;
};

struct rec_ids {
	struct mmt_alloc *alloc;
	struct mmt_writer *writer;
	struct mmt_err err;
	int self, helper[2]; /* our own thread group, and its helpers' */
	bool hide_names;
	struct rec_map tids, groups, keys, files, cgroups;
	struct task *tasks; /* slot 0 unused; slots of gone tasks are reused */
	size_t nr_tasks, cap_tasks;
	uint32_t *spare; /* slots of gone tasks */
	size_t nr_spare, cap_spare;
	uint64_t *sizes; /* of files, by id */
	size_t cap_sizes;
	struct cgroup *groups_seen; /* by id */
	size_t cap_cgroups;
	uint32_t last[MMT_NR_DICTS];
	bool forgets;
	struct gone {
		uint32_t *id;
		size_t nr, cap;
	} gone[MMT_NR_DICTS]; /* of tasks and mms, to be forgotten */
};

struct rec_ids *rec_ids_new(struct mmt_alloc *a, struct mmt_writer *w, struct mmt_err *e)
{
	struct rec_ids *ids = mmt_calloc(a, 1, sizeof(*ids));

	if (!ids) {
		mmt_fail(e, ENOMEM, "no memory for the names of tasks");
		return NULL;
	}
	ids->alloc = a;
	ids->writer = w;
	ids->self = getpid();
	ids->nr_tasks = 1;
	ids->tids.alloc = ids->groups.alloc = ids->keys.alloc = a;
	ids->files.alloc = ids->cgroups.alloc = a;
	return ids;
}

void rec_ids_free(struct rec_ids *ids)
{
	if (!ids)
		return;
	rec_map_free(&ids->tids);
	rec_map_free(&ids->groups);
	rec_map_free(&ids->keys);
	rec_map_free(&ids->files);
	rec_map_free(&ids->cgroups);
	for (int k = 0; k < MMT_NR_DICTS; k++)
		mmt_free(ids->alloc, ids->gone[k].id);
	mmt_free(ids->alloc, ids->tasks);
	mmt_free(ids->alloc, ids->spare);
	mmt_free(ids->alloc, ids->sizes);
	mmt_free(ids->alloc, ids->groups_seen);
	mmt_free(ids->alloc, ids);
}

void rec_ids_hide_names(struct rec_ids *ids)
{
	ids->hide_names = true;
}

const char *rec_ids_comm(const struct rec_ids *ids, int tgid, unsigned flags, const char *comm)
{
	if (!ids->hide_names || flags & MMT_TASK_KTHREAD || rec_ids_is_self(ids, tgid))
		return comm;
	return *comm ? "task" : "";
}

int rec_ids_check(const struct rec_ids *ids, struct mmt_err *e)
{
	if (ids->err.code && e)
		*e = ids->err;
	return -ids->err.code;
}

static uint32_t no_memory(struct rec_ids *ids)
{
	if (!ids->err.code)
		mmt_fail(&ids->err, ENOMEM, "no memory for the names of tasks and files");
	return 0;
}

/* Define (again) in the writer; the id, or 0. */
static uint32_t define(struct rec_ids *ids, enum mmt_dict_kind kind, uint32_t id, const char *name,
		       uint64_t n0, uint64_t n1, uint64_t n2, uint64_t n3)
{
	struct mmt_dict_entry entry = { kind, id, { n0, n1, n2, n3 }, name };

	if (ids->err.code || mmt_writer_define(ids->writer, &entry, &ids->err) < 0)
		return 0;
	return id;
}

static uint32_t task_slot(struct rec_ids *ids, int tid)
{
	uint32_t slot;
	void *p;

	if (ids->nr_spare) {
		slot = ids->spare[ids->nr_spare - 1];
	} else {
		p = mmt_grow(ids->alloc, ids->tasks, &ids->cap_tasks, ids->nr_tasks + 1,
			     sizeof(*ids->tasks));
		if (!p)
			return no_memory(ids);
		ids->tasks = p;
		slot = (uint32_t)ids->nr_tasks;
	}
	if (!rec_map_set(&ids->tids, (uint64_t)tid, 0, slot))
		return no_memory(ids);
	if (ids->nr_spare)
		ids->nr_spare--;
	else
		ids->nr_tasks++;
	ids->tasks[slot] = (struct task){ .id = ++ids->last[MMT_DICT_TASK] };
	return slot;
}

uint32_t rec_ids_task(struct rec_ids *ids, int tid, int tgid, const char *comm, unsigned flags)
{
	uint32_t slot;
	struct task *t;
	bool fresh;

	if (tid <= 0 || ids->err.code)
		return 0;
	if (rec_ids_is_self(ids, tgid))
		flags |= MMT_TASK_SELF;
	slot = rec_map_get(&ids->tids, (uint64_t)tid, 0);
	fresh = !slot;
	if (fresh && !(slot = task_slot(ids, tid)))
		return 0;
	t = &ids->tasks[slot];
	if (!fresh && t->tgid == tgid && t->flags == flags &&
	    (!comm || !strncmp(t->comm, comm, sizeof(t->comm) - 1)))
		return t->id;
	t->tgid = tgid;
	t->flags = flags;
	if (comm) {
		memset(t->comm, 0, sizeof(t->comm));
		memcpy(t->comm, comm, strnlen(comm, sizeof(t->comm) - 1));
	}
	return define(ids, MMT_DICT_TASK, t->id, rec_ids_comm(ids, tgid, flags, t->comm),
		      (uint64_t)tid, (uint64_t)tgid, flags, 0);
}

uint32_t rec_ids_task_known(const struct rec_ids *ids, int tid)
{
	uint32_t slot = rec_map_get(&ids->tids, (uint64_t)tid, 0);

	return slot ? ids->tasks[slot].id : 0;
}

int rec_ids_tgid(const struct rec_ids *ids, int tid)
{
	uint32_t slot = rec_map_get(&ids->tids, (uint64_t)tid, 0);

	return slot ? ids->tasks[slot].tgid : 0;
}

bool rec_ids_is_self(const struct rec_ids *ids, int tgid)
{
	return tgid > 0 && (tgid == ids->self || tgid == ids->helper[0] || tgid == ids->helper[1]);
}

void rec_ids_helper(struct rec_ids *ids, int tgid)
{
	ids->helper[ids->helper[0] ? 1 : 0] = tgid;
}

/* Without memory it is not forgotten: no harm. */
static void note_gone(struct rec_ids *ids, enum mmt_dict_kind kind, uint32_t id)
{
	struct gone *g = &ids->gone[kind];
	void *p;

	if (!ids->forgets || !id)
		return;
	p = mmt_grow(ids->alloc, g->id, &g->cap, g->nr + 1, sizeof(*g->id));
	if (!p)
		return;
	g->id = p;
	g->id[g->nr++] = id;
}

void rec_ids_forget(struct rec_ids *ids)
{
	for (int k = 0; k < MMT_NR_DICTS; k++) {
		struct gone *g = &ids->gone[k];

		if (g->nr)
			mmt_writer_forget(ids->writer, (enum mmt_dict_kind)k, g->id, g->nr);
		g->nr = 0;
	}
	ids->forgets = true;
}

void rec_ids_task_gone(struct rec_ids *ids, int tid)
{
	uint32_t slot = rec_map_get(&ids->tids, (uint64_t)tid, 0);
	void *p;

	if (!slot)
		return;
	rec_map_del(&ids->tids, (uint64_t)tid, 0);
	note_gone(ids, MMT_DICT_TASK, ids->tasks[slot].id);
	p = mmt_grow(ids->alloc, ids->spare, &ids->cap_spare, ids->nr_spare + 1,
		     sizeof(*ids->spare));
	if (!p)
		return; /* the slot is not used again: no harm */
	ids->spare = p;
	ids->spare[ids->nr_spare++] = slot;
}

uint32_t rec_ids_mm_new(struct rec_ids *ids, int tgid, uint64_t key)
{
	uint32_t mm = ids->last[MMT_DICT_MM] + 1, owner = rec_ids_task_known(ids, tgid);

	if (ids->err.code)
		return 0;
	if (!rec_map_set(&ids->groups, (uint64_t)tgid, 0, mm) ||
	    (key && !rec_map_set(&ids->keys, key, 0, mm)))
		return no_memory(ids);
	ids->last[MMT_DICT_MM] = mm;
	return define(ids, MMT_DICT_MM, mm, "", owner, 0, 0, 0);
}

uint32_t rec_ids_mm_of_tgid(struct rec_ids *ids, int tgid)
{
	uint32_t mm = rec_map_get(&ids->groups, (uint64_t)tgid, 0), slot;

	if (mm || tgid <= 0)
		return mm;
	slot = rec_map_get(&ids->tids, (uint64_t)tgid, 0);
	if (slot && ids->tasks[slot].flags & MMT_TASK_KTHREAD)
		return 0;
	return rec_ids_mm_new(ids, tgid, 0);
}

uint32_t rec_ids_mm_share(struct rec_ids *ids, int tgid, int parent_tgid)
{
	uint32_t mm = rec_ids_mm_of_tgid(ids, parent_tgid);

	if (mm && !rec_map_set(&ids->groups, (uint64_t)tgid, 0, mm))
		return no_memory(ids);
	return mm;
}

uint32_t rec_ids_mm_bind(struct rec_ids *ids, int tgid, uint64_t key)
{
	uint32_t mm;

	if (!key)
		return 0;
	mm = rec_map_get(&ids->keys, key, 0);
	if (mm) {
		if (!rec_map_set(&ids->groups, (uint64_t)tgid, 0, mm))
			return no_memory(ids);
		return mm;
	}
	mm = rec_map_get(&ids->groups, (uint64_t)tgid, 0);
	if (!mm)
		return rec_ids_mm_new(ids, tgid, key);
	return rec_map_set(&ids->keys, key, 0, mm) ? mm : no_memory(ids);
}

uint32_t rec_ids_mm(const struct rec_ids *ids, uint64_t key)
{
	return key ? rec_map_get(&ids->keys, key, 0) : 0;
}

void rec_ids_mm_gone(struct rec_ids *ids, uint64_t key)
{
	note_gone(ids, MMT_DICT_MM, rec_map_get(&ids->keys, key, 0));
	rec_map_del(&ids->keys, key, 0);
}

static int by_mm(const void *a, const void *b)
{
	const struct rec_space *x = a, *y = b;

	return x->mm < y->mm ? -1 : x->mm > y->mm ? 1 : x->tgid - y->tgid;
}

/* A bit for each mm whose key is known; NULL: memory. */
static uint8_t *seen_spaces(const struct rec_ids *ids)
{
	uint8_t *bits = mmt_calloc(ids->alloc, ids->last[MMT_DICT_MM] / 8 + 1, 1);

	for (size_t i = 0; bits && ids->keys.slots && i <= ids->keys.mask; i++) {
		const struct rec_map_slot *slot = &ids->keys.slots[i];

		if (slot->used)
			bits[slot->value / 8] |= (uint8_t)(1u << slot->value % 8);
	}
	return bits;
}

int rec_ids_spaces(const struct rec_ids *ids, bool seen, struct rec_space **out, size_t *nr)
{
	struct rec_space *list = mmt_calloc(ids->alloc, ids->groups.used + 1, sizeof(*list));
	uint8_t *bits = seen ? seen_spaces(ids) : NULL;
	size_t n = 0, kept = 0;

	if (!list || (seen && !bits)) {
		mmt_free(ids->alloc, list);
		mmt_free(ids->alloc, bits);
		return -ENOMEM;
	}
	for (size_t i = 0; ids->groups.slots && i <= ids->groups.mask; i++) {
		const struct rec_map_slot *slot = &ids->groups.slots[i];

		if (slot->used && !rec_ids_is_self(ids, (int)slot->a) &&
		    (!bits || bits[slot->value / 8] & 1u << slot->value % 8))
			list[n++] = (struct rec_space){ (int)slot->a, slot->value };
	}
	mmt_free(ids->alloc, bits);
	qsort(list, n, sizeof(*list), by_mm);
	for (size_t i = 0; i < n; i++) {
		if (!kept || list[kept - 1].mm != list[i].mm)
			list[kept++] = list[i];
	}
	*out = list;
	*nr = kept;
	return 0;
}

void rec_ids_tgid_gone(struct rec_ids *ids, int tgid)
{
	rec_map_del(&ids->groups, (uint64_t)tgid, 0);
}

uint32_t rec_ids_file(struct rec_ids *ids, uint64_t dev, uint64_t ino, enum mmt_file_kind kind,
		      uint64_t size)
{
	uint32_t id;
	bool fresh;
	void *p;

	if (!ino || ids->err.code)
		return 0;
	id = rec_map_get(&ids->files, ino, dev);
	fresh = !id;
	if (fresh) {
		id = ids->last[MMT_DICT_FILE] + 1;
		p = mmt_grow(ids->alloc, ids->sizes, &ids->cap_sizes, (size_t)id + 1,
			     sizeof(*ids->sizes));
		if (!p)
			return no_memory(ids);
		ids->sizes = p;
		if (!rec_map_set(&ids->files, ino, dev, id))
			return no_memory(ids);
		ids->last[MMT_DICT_FILE] = id;
	} else if (size == REC_SIZE_UNKNOWN || ids->sizes[id] == size) {
		return id;
	}
	ids->sizes[id] = size;
	return define(ids, MMT_DICT_FILE, id, "", dev, ino, kind,
		      size == REC_SIZE_UNKNOWN ? 0 : size);
}

uint32_t rec_ids_file_known(const struct rec_ids *ids, uint64_t dev, uint64_t ino)
{
	uint32_t id = ino ? rec_map_get(&ids->files, ino, dev) : 0;

	return id && ids->sizes[id] != REC_SIZE_UNKNOWN ? id : 0;
}

uint32_t rec_ids_cgroup(struct rec_ids *ids, uint64_t ino, uint32_t parent, unsigned version,
			const char *path)
{
	uint32_t id;
	struct cgroup *c;
	char number[16];
	void *p;

	if (!ino || ids->err.code)
		return 0;
	id = rec_map_get(&ids->cgroups, ino, version);
	if (!id) {
		id = ids->last[MMT_DICT_CGROUP] + 1;
		p = mmt_grow(ids->alloc, ids->groups_seen, &ids->cap_cgroups, (size_t)id + 1,
			     sizeof(*ids->groups_seen));
		if (!p)
			return no_memory(ids);
		ids->groups_seen = p;
		if (!rec_map_set(&ids->cgroups, ino, version, id))
			return no_memory(ids);
		ids->last[MMT_DICT_CGROUP] = id;
		ids->groups_seen[id] = (struct cgroup){ .parent = parent };
	} else {
		c = &ids->groups_seen[id];
		if ((c->has_path || !*path) && (c->parent || !parent))
			return id;
		c->parent = parent;
	}
	ids->groups_seen[id].has_path |= *path != 0;
	if (ids->hide_names && *path && strcmp(path, "/") != 0) {
		snprintf(number, sizeof(number), "/%u", id);
		path = number;
	}
	return define(ids, MMT_DICT_CGROUP, id, path, ino, parent, version, 0);
}
