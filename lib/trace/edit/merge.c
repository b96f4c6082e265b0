/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Merging: the parts of a rotated recording, or several recordings since one boot, as one trace.
 *
 * Theory. Each part has ids of its own. Two entries are the same thing if what names them on the
 * host is the same: tid and process of a task, device and inode of a file, inode of a control
 * group, the bytes of a string. An address space has no name but its first owner's: the first one of
 * a task in a part is the last one that task had in the part before, any further one is new, since a
 * task that runs a new program gets a new address space.
 *
 *	part 1	task 5 = tid 900	mm 3 of task 5, exec, mm 8 of task 5
 *	part 2	task 1 = tid 900	mm 1 of task 1, exec, mm 4 of task 1
 *	whole	task 5			mm 3, 8 = part 2's mm 1, new: 9
 *
 * A tid that was used again between two parts is taken for the old task, under its new name.
 *
 * Where parts overlap in time, the earlier one tells, and events of the later one up to its end are
 * left out; a snapshot that begins there goes with them, whole.
 *
 * Invariants: (1) two things of one part stay two; (2) ids of the whole are dense in order of first
 * sight.
 *
 * Cost: a look-up by name for each entry of a part.
 */
#include "lib/trace/edit/merge.h"

#include "lib/base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BOOT_SLACK_NS UINT64_C(10000000000) /* by which a clock may be set between two parts */

struct mmt_merge {
	struct mmt_alloc *alloc;
	struct mmt_dict *names; /* strings: what names an entry on the host */
	struct mmt_dict *ids;	/* by a name's id; num: id in the whole, part it was last seen in */
	struct mmt_dict *tasks; /* of this part; num: id in the whole */
	uint32_t last[MMT_NR_DICTS];
	uint64_t part;
	uint64_t end, latest; /* times: of the parts before, and of all */
	uint64_t overlap;
	bool in_snapshot, skip_snapshot;
};

struct mmt_merge *mmt_merge_new(struct mmt_alloc *a)
{
	struct mmt_merge *m = mmt_calloc(a, 1, sizeof(*m));

	if (!m)
		return NULL;
	m->alloc = a;
	m->names = mmt_dict_new(a);
	m->ids = mmt_dict_new(a);
	m->tasks = mmt_dict_new(a);
	if (m->names && m->ids && m->tasks)
		return m;
	mmt_merge_free(m);
	return NULL;
}

void mmt_merge_free(struct mmt_merge *m)
{
	if (!m)
		return;
	mmt_dict_free(m->names);
	mmt_dict_free(m->ids);
	mmt_dict_free(m->tasks);
	mmt_free(m->alloc, m);
}

/* --- hosts --- */

static int differs(const char *what, const char *a, const char *b, struct mmt_err *e)
{
	return mmt_fail(e, ENOTSUP, "another %s than that of the first part: %.60s, not %.60s",
			what, b, a);
}

static bool boot_time(const json_t *header, uint64_t *ns)
{
	const json_t *clock = json_object_get(header, "clock");
	uint64_t real, mono;

	if (!mmt_json_get_u64(clock, "realtime_ns", &real) ||
	    !mmt_json_get_u64(clock, "monotonic_ns", &mono) || mono > real)
		return false;
	*ns = real - mono;
	return true;
}

int mmt_merge_check(const json_t *first, const json_t *header, struct mmt_err *e)
{
	static const char *const same[] = { "release", "version", "arch" };
	const json_t *a = json_object_get(first, "kernel"), *b = json_object_get(header, "kernel");
	uint64_t x, y, total_a = 0, total_b = 0;

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		const char *was = mmt_json_get_str(a, same[i], "");
		const char *is = mmt_json_get_str(b, same[i], "");

		if (strcmp(was, is) != 0)
			return differs(i == 0	? "kernel release"
				       : i == 1 ? "kernel build"
						: "architecture",
				       was, is, e);
	}
	mmt_json_get_u64(json_object_get(first, "memory"), "total_bytes", &total_a);
	mmt_json_get_u64(json_object_get(header, "memory"), "total_bytes", &total_b);
	if (total_a != total_b)
		return mmt_fail(e, ENOTSUP,
				"another host than that of the first part: %" PRIu64
				" bytes of memory, not %" PRIu64,
				total_b, total_a);
	if (boot_time(first, &x) && boot_time(header, &y) &&
	    (x > y ? x - y : y - x) > BOOT_SLACK_NS)
		return mmt_fail(e, ENOTSUP,
				"another boot than that of the first part: %" PRIu64
				" s apart by the clocks",
				(x > y ? x - y : y - x) / 1000000000);
	return 0;
}

/* --- ids --- */

int mmt_merge_part(struct mmt_merge *m, struct mmt_err *e)
{
	mmt_dict_free(m->tasks);
	m->tasks = mmt_dict_new(m->alloc);
	m->part++;
	m->end = m->latest;
	m->overlap = 0;
	m->in_snapshot = false;
	return m->tasks ? 0 : mmt_fail(e, ENOMEM, "no memory for merging");
}

/* What names @entry on the host, into @name; false: nothing does. */
static bool name_of(const struct mmt_merge *m, const struct mmt_dict_entry *entry, char *name,
		    size_t size)
{
	const struct mmt_dict_entry *owner;
	int n = 0;

	switch (entry->kind) {
	case MMT_DICT_TASK:
		n = snprintf(name, size, "t %" PRIu64 " %" PRIu64, entry->num[0], entry->num[1]);
		break;
	case MMT_DICT_MM:
		owner = mmt_dict_get(m->tasks, MMT_DICT_TASK, (uint32_t)entry->num[0]);
		if (owner)
			n = snprintf(name, size, "m %" PRIu64, owner->num[0]);
		break;
	case MMT_DICT_FILE:
		n = snprintf(name, size, "f %" PRIu64 " %" PRIu64 " %" PRIu64, entry->num[0],
			     entry->num[1], entry->num[2]);
		break;
	case MMT_DICT_CGROUP:
		n = snprintf(name, size, "c %" PRIu64 " %" PRIu64, entry->num[0], entry->num[2]);
		break;
	default:
		n = snprintf(name, size, "s%s", entry->name);
		break;
	}
	return n > 0 && n <= MMT_DICT_NAME_MAX;
}

/* The id of what has @name on the host: the one it had, or, if this part has another thing of that
 * name already, a new one. */
static int id_of(struct mmt_merge *m, enum mmt_dict_kind kind, const char *name, uint32_t *to,
		 struct mmt_err *e)
{
	struct mmt_dict_entry known = { .kind = MMT_DICT_MM, .name = "", .num = { 0, m->part } };
	const struct mmt_dict_entry *have;
	bool fresh;

	known.id = mmt_dict_intern(m->names, name, &fresh);
	if (!known.id)
		return mmt_fail(e, ENOMEM, "no memory for merging");
	have = mmt_dict_get(m->ids, MMT_DICT_MM, known.id);
	*to = have && have->num[1] != m->part ? (uint32_t)have->num[0] : ++m->last[kind];
	known.num[0] = *to;
	return mmt_dict_define(m->ids, &known, e);
}

int mmt_merge_id(void *ctx, enum mmt_dict_kind kind, uint32_t id,
		 const struct mmt_dict_entry *entry, uint32_t *to, struct mmt_err *e)
{
	struct mmt_dict_entry task = { .kind = MMT_DICT_TASK, .id = id, .name = "" };
	struct mmt_merge *m = ctx;
	char name[MMT_DICT_NAME_MAX + 2];
	int err = 0;

	if (m->last[kind] == MMT_DICT_ID_MAX)
		return mmt_fail(e, ENOTSUP, "the parts have more than %u entries of one kind",
				MMT_DICT_ID_MAX);
	/* of what nobody knows what it was, the id is its own */
	if (entry && name_of(m, entry, name, sizeof(name)))
		err = id_of(m, kind, name, to, e);
	else
		*to = ++m->last[kind];
	task.num[0] = *to;
	return err || kind != MMT_DICT_TASK ? err : mmt_dict_define(m->tasks, &task, e);
}

/* --- times --- */

bool mmt_merge_wants(struct mmt_merge *m, const struct mmt_event *ev)
{
	bool late = m->part > 1 && ev->time <= m->end;

	if (ev->kind == MMT_EV_snapshot_begin) {
		m->in_snapshot = true;
		m->skip_snapshot = late;
	}
	if (m->in_snapshot && mmt_event_info(ev->kind)->class == MMT_SNAPSHOT)
		late = m->skip_snapshot;
	if (ev->kind == MMT_EV_snapshot_end)
		m->in_snapshot = false;
	m->overlap += late;
	if (!late && ev->time > m->latest)
		m->latest = ev->time;
	return !late;
}

uint64_t mmt_merge_overlap(const struct mmt_merge *m)
{
	return m->overlap;
}
