/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Anonymous traces: events and dictionaries.
 *
 * Theory. What a replay reads stays: times, frames, sizes, flags, which task did it, and what is
 * the same as what. What names somebody or something goes:
 *
 *	names of programs, paths of files and groups, of slab caches and shrinkers
 *						  a pseudonym each, the same wherever it was: p3
 *	pids, inodes, devices, System V segments  numbered by first sight
 *	user addresses				  moved region by region (address.c)
 *	uids, pointers among the arguments	  0
 *	the kernel's names of counters and tunables stay; values of tunables, if plain
 *
 * Ids of tasks, address spaces, files and groups are the trace's own, by first sight, and stay. A
 * string is put out only where an event needs it, so those of nobody are gone. Events of kinds this
 * version does not know never come this far, nor do fields; assertions of a scenario, which are
 * text of people, are left out.
 *
 * Invariants: (1) equal things stay equal and different ones different, within their sort; (2) pids
 * 0, 1 and 2, which are the same on any host, stay, no other pid does; (3) the seed and the table
 * of pseudonyms are written nowhere.
 *
 * Cost: two readings; a look-up for each string and number that is replaced. Memory follows the
 * names seen.
 */
#include "lib/trace/edit/anon.h"

#include "lib/trace/edit/address.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE_SHIFT 12
#define ARG_MAX_   4096 /* a larger argument may be a pointer */

/* What is numbered by first sight, each sort by itself. */
enum sort { PIDS, NODES, DEVICES, SEGMENTS, PROGRAMS, THREADS, FILES, GROUPS, WORDS, NR_SORTS };

struct mmt_anon {
	struct mmt_alloc *alloc;
	struct mmt_rng rng;
	struct mmt_regions *regions;
	struct mmt_dict *seen[NR_SORTS]; /* strings: their ids are the numbers */
	uint64_t first_pid;
	char name[MMT_DICT_NAME_MAX + 1]; /* of the entry in hand */
};

struct mmt_anon *mmt_anon_new(struct mmt_alloc *a, uint64_t seed)
{
	struct mmt_anon *n = mmt_calloc(a, 1, sizeof(*n));
	bool ok = n != NULL;

	if (!n)
		return NULL;
	n->alloc = a;
	n->rng.state = seed;
	n->first_pid = 1000 + mmt_rng_below(&n->rng, 1 << 20);
	n->regions = mmt_regions_new(a);
	for (int i = 0; i < NR_SORTS; i++) {
		n->seen[i] = mmt_dict_new(a);
		ok = ok && n->seen[i];
	}
	if (ok && n->regions)
		return n;
	mmt_anon_free(n);
	return NULL;
}

void mmt_anon_free(struct mmt_anon *n)
{
	if (!n)
		return;
	mmt_regions_free(n->regions);
	for (int i = 0; i < NR_SORTS; i++)
		mmt_dict_free(n->seen[i]);
	mmt_free(n->alloc, n);
}

/* --- pseudonyms --- */

/* The number of @name among its sort, from 1; 0: no memory. */
static uint64_t number(struct mmt_anon *n, enum sort sort, const char *name)
{
	bool fresh;

	return mmt_dict_intern(n->seen[sort], name, &fresh);
}

static int renumber(struct mmt_anon *n, enum sort sort, uint64_t *v, struct mmt_err *e)
{
	char text[24];

	if (!*v)
		return 0;
	snprintf(text, sizeof(text), "%" PRIu64, *v);
	*v = number(n, sort, text);
	return *v ? 0 : mmt_fail(e, ENOMEM, "no memory for pseudonyms");
}

static int move_pid(struct mmt_anon *n, uint64_t *pid, struct mmt_err *e)
{
	uint64_t old = *pid;
	int err;

	if (old <= 2)
		return 0;
	err = renumber(n, PIDS, pid, e);
	*pid = n->first_pid + 2 * *pid;
	*pid += *pid == old;
	return err;
}

/* A pseudonym for @name into @out; the empty name stays. */
static int rename_to(struct mmt_anon *n, enum sort sort, char letter, const char *name, char *out,
		     size_t size, struct mmt_err *e)
{
	uint64_t i = *name ? number(n, sort, name) : 0;

	*out = '\0';
	if (*name && !i)
		return mmt_fail(e, ENOMEM, "no memory for pseudonyms");
	if (*name)
		snprintf(out, size, "%c%" PRIu64, letter, i);
	return 0;
}

/* "/a.slice/b" becomes "/g1/g2": what is below what can still be seen. */
static int rename_path(struct mmt_anon *n, const char *path, struct mmt_err *e)
{
	char part[MMT_DICT_NAME_MAX + 1];
	size_t at = 0;

	while (*path) {
		size_t len = strcspn(path, "/");
		int err;

		if (!len) {
			/* a pseudonym may be longer than the name: a path that outgrows ends */
			if (at + 1 < sizeof(n->name))
				n->name[at++] = '/';
			path++;
			continue;
		}
		memcpy(part, path, len);
		part[len] = '\0';
		path += len;
		err = rename_to(n, GROUPS, 'g', part, n->name + at, sizeof(n->name) - at, e);
		if (err)
			return err;
		at += strlen(n->name + at);
	}
	n->name[at] = '\0';
	return 0;
}

int mmt_anon_entry(void *ctx, struct mmt_dict_entry *entry, struct mmt_err *e)
{
	struct mmt_anon *n = ctx;
	const char *old = entry->name;
	bool kthread = entry->num[2] & MMT_TASK_KTHREAD;
	int err = 0;

	*n->name = '\0';
	entry->name = n->name;
	switch (entry->kind) {
	case MMT_DICT_TASK:
		err = move_pid(n, &entry->num[0], e);
		if (!err)
			err = move_pid(n, &entry->num[1], e);
		entry->num[3] = 0;
		return err ? err
			   : rename_to(n, kthread ? THREADS : PROGRAMS, kthread ? 'k' : 'p', old,
				       n->name, sizeof(n->name), e);
	case MMT_DICT_MM:
		entry->num[1] = entry->num[2] = entry->num[3] = 0;
		return 0;
	case MMT_DICT_FILE:
		err = renumber(n, DEVICES, &entry->num[0], e);
		if (!err)
			err = renumber(n, NODES, &entry->num[1], e);
		return err ? err : rename_to(n, FILES, 'f', old, n->name, sizeof(n->name), e);
	case MMT_DICT_CGROUP:
		entry->num[3] = 0;
		err = renumber(n, NODES, &entry->num[0], e);
		return err ? err : rename_path(n, old, e);
	default:
		/* strings go where their events go */
		return mmt_fail(e, EINVAL, "a string by itself cannot be made anonymous");
	}
}

/* --- addresses --- */

static bool is_address(uint64_t ret)
{
	return ret < MMT_ADDR_OUTSIDE;
}

void mmt_anon_look(struct mmt_anon *n, const struct mmt_event *ev)
{
	const uint64_t *v = ev->v;

#define USE(event, field, bytes) mmt_regions_use(n->regions, v[MMT_F(event, field)], bytes)
	switch (ev->kind) {
	case MMT_EV_page_fault_user:
		USE(page_fault_user, address, 1);
		break;
	case MMT_EV_page_fault_kernel:
		USE(page_fault_kernel, address, 1);
		break;
	case MMT_EV_swap_in:
		USE(swap_in, address, 1);
		break;
	case MMT_EV_snap_resident:
		USE(snap_resident, address, v[MMT_F(snap_resident, pages)] << PAGE_SHIFT);
		break;
	case MMT_EV_vma:
		if (v[MMT_F(vma, end)] > v[MMT_F(vma, start)])
			USE(vma, start, v[MMT_F(vma, end)] - v[MMT_F(vma, start)]);
		break;
	case MMT_EV_sys_mmap:
		if (is_address(v[MMT_F(sys_mmap, ret)]))
			USE(sys_mmap, ret, v[MMT_F(sys_mmap, len)]);
		break;
	case MMT_EV_sys_mremap:
		if (is_address(v[MMT_F(sys_mremap, ret)]))
			USE(sys_mremap, ret, v[MMT_F(sys_mremap, new_len)]);
		break;
	case MMT_EV_sys_brk:
		USE(sys_brk, ret, 1);
		break;
	case MMT_EV_sys_shmat:
		USE(sys_shmat, ret, 1);
		break;
	default:
		break;
	}
#undef USE
}

int mmt_anon_place(struct mmt_anon *n, struct mmt_err *e)
{
	return mmt_regions_place(n->regions, &n->rng, e);
}

/* A page offset where there is no file: that of an address. */
static void move_index(const struct mmt_anon *n, uint64_t *index)
{
	if (*index && *index < MMT_ADDR_OUTSIDE >> PAGE_SHIFT)
		*index = mmt_regions_move(n->regions, *index << PAGE_SHIFT) >> PAGE_SHIFT;
}

/* --- fields --- */

/* What a string is, by the field that names it; any that is not listed gets a pseudonym. */
enum role { ALIAS, KEEP, VALUE, PROGRAM };

static enum role role_of(unsigned kind, unsigned field)
{
#define ROLE(event, name, role)                                    \
	if (kind == MMT_EV_##event && field == MMT_F(event, name)) \
	return role
	ROLE(snap_zonestat, name, KEEP);
	ROLE(snap_nodestat, name, KEEP);
	ROLE(snap_vmstat, name, KEEP);
	ROLE(snap_meminfo, name, KEEP);
	ROLE(snap_cgroupstat, name, KEEP);
	ROLE(snap_sysctl, name, KEEP);
	ROLE(snap_setting, name, KEEP);
	ROLE(setting_change, name, KEEP);
	ROLE(cgroup_change, name, KEEP);
	ROLE(pmu_count, counter, KEEP);
	ROLE(workqueue_execute_start, function, KEEP);
	ROLE(snap_setting, value, VALUE);
	ROLE(setting_change, value, VALUE);
	ROLE(task_rename, comm, PROGRAM);
#undef ROLE
	return ALIAS;
}

static int move_string(struct mmt_anon *n, const struct mmt_event *ev, unsigned field, uint64_t *v,
		       const struct mmt_dict *dict, struct mmt_writer *w, struct mmt_err *e)
{
	const struct mmt_dict_entry *is = mmt_dict_get(dict, MMT_DICT_STRING, (uint32_t)*v);
	enum role role = role_of(ev->kind, field);
	const char *name = n->name;
	int err = 0;

	if (!is) {
		*v = 0;
		return 0;
	}
	if (role == KEEP || (role == VALUE && mmt_anon_value_is_plain(is->name)))
		name = is->name;
	else if (role == PROGRAM)
		err = rename_to(n, PROGRAMS, 'p', is->name, n->name, sizeof(n->name), e);
	else
		err = rename_to(n, WORDS, 'w', is->name, n->name, sizeof(n->name), e);
	if (err)
		return err;
	*v = mmt_writer_string(w, name, e);
	return *v ? 0 : -e->code;
}

static int move_field(struct mmt_anon *n, struct mmt_event *ev, unsigned i, bool no_file,
		      struct mmt_err *e)
{
	uint64_t *v = &ev->v[i];

	switch (mmt_event_info(ev->kind)->fields[i].unit) {
	case MMT_U_ADDR:
		*v = ev->kind == MMT_EV_vma && i == MMT_F(vma, end)
			     ? mmt_regions_move_end(n->regions, *v)
			     : mmt_regions_move(n->regions, *v);
		return 0;
	case MMT_U_INDEX:
		if (no_file)
			move_index(n, v);
		return 0;
	case MMT_U_TID: {
		int err = move_pid(n, v, e);

		if (!mmt_unit_valid(MMT_U_TID, *v))
			*v = 0;
		return err;
	}
	case MMT_U_DEV:
		return renumber(n, DEVICES, v, e);
	default:
		return 0;
	}
}

/* Fields whose unit does not say what they are. */
static int move_special(struct mmt_anon *n, struct mmt_event *ev, struct mmt_err *e)
{
	uint64_t *v = ev->v;

	switch (ev->kind) {
	case MMT_EV_sys_mmap:
		v[MMT_F(sys_mmap, ret)] = mmt_regions_move(n->regions, v[MMT_F(sys_mmap, ret)]);
		return 0;
	case MMT_EV_sys_mremap:
		v[MMT_F(sys_mremap, ret)] = mmt_regions_move(n->regions, v[MMT_F(sys_mremap, ret)]);
		return 0;
	case MMT_EV_sys_brk:
		v[MMT_F(sys_brk, ret)] = mmt_regions_move(n->regions, v[MMT_F(sys_brk, ret)]);
		return 0;
	case MMT_EV_sys_shmat:
		v[MMT_F(sys_shmat, ret)] = mmt_regions_move(n->regions, v[MMT_F(sys_shmat, ret)]);
		return renumber(n, SEGMENTS, &v[MMT_F(sys_shmat, shmid)], e);
	case MMT_EV_sys_prctl:
		if (v[MMT_F(sys_prctl, arg2)] >= ARG_MAX_)
			v[MMT_F(sys_prctl, arg2)] = 0;
		return 0;
	case MMT_EV_task_prctl_unknown:
		for (unsigned i = MMT_F(task_prctl_unknown, arg2);
		     i <= MMT_F(task_prctl_unknown, arg5); i++)
			v[i] = 0;
		return 0;
	case MMT_EV_flush_foreign:
		v[MMT_F(flush_foreign, frn_bdi_id)] = v[MMT_F(flush_foreign, frn_memcg_id)] = 0;
		return 0;
	case MMT_EV_mark_victim:
		v[MMT_F(mark_victim, uid)] = 0;
		return 0;
	default:
		return 0;
	}
}

int mmt_anon_event(struct mmt_anon *n, struct mmt_event *ev, const struct mmt_dict *dict,
		   struct mmt_writer *w, struct mmt_err *e)
{
	const struct mmt_event_info *info = mmt_event_info(ev->kind);
	bool has_file = false;
	int err = 0;

	if (info->class == MMT_CHECK)
		return 0;
	for (unsigned i = 0; i < info->nr_fields; i++)
		has_file |= info->fields[i].unit == MMT_U_FILE && ev->v[i];
	for (unsigned i = 0; !err && i < info->nr_fields; i++)
		err = info->fields[i].unit == MMT_U_STRING && ev->v[i]
			      ? move_string(n, ev, i, &ev->v[i], dict, w, e)
			      : move_field(n, ev, i, !has_file, e);
	if (!err)
		err = move_special(n, ev, e);
	return err ? err : 1;
}
