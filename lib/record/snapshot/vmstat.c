// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of the whole host, its slab caches and its topology.
 *
 * Reference: /proc/vmstat (mm/vmstat.c vmstat_show()), /proc/meminfo (fs/proc/meminfo.c),
 * /proc/slabinfo version 2.1 (mm/slab_common.c), /sys/devices/system/node (drivers/base/node.c).
 * Counters per zone and node come with zoneinfo (snapshot/zone.c).
 *
 * I1. Names are the kernel's own; a counter this version does not know is written all the same.
 * I2. meminfo's kB become bytes; its HugePages_* lines, which count pages, stay numbers.
 *
 * Cost: vmstat sums every CPU's event counters.
 */
#include "lib/record/snapshot/part.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int snap_vmstat(struct rec_snapshot *s, struct text t, struct mmt_err *e)
{
	struct text line, name;

	while (text_line(&t, &line)) {
		uint64_t value;
		uint32_t id;
		int err;

		if (!text_word(&line, &name) || !text_next_u64(&line, &value))
			continue;
		id = snap_string(s, name, e);
		if (!id)
			return -ENOMEM;
		err = SNAP_ROW(s, snap_vmstat, e, id, value);
		if (err)
			return err;
	}
	return 0;
}

int snap_meminfo(struct rec_snapshot *s, struct text t, struct mmt_err *e)
{
	struct text line, name, unit;

	while (text_line(&t, &line)) {
		uint64_t value;
		uint32_t id;
		int err;

		if (!text_until(&line, ':', &name) || !text_next_u64(&line, &value))
			continue;
		if (text_word(&line, &unit) && text_is(unit, "kB") &&
		    __builtin_mul_overflow(value, 1024, &value))
			value = UINT64_MAX;
		id = snap_string(s, name, e);
		if (!id)
			return -ENOMEM;
		err = SNAP_ROW(s, snap_meminfo, e, id, value);
		if (err)
			return err;
	}
	return 0;
}

/* "NAME active total objsize objperslab pagesperslab : tunables l b s : slabdata slabs total x" */
static int slab_line(struct rec_snapshot *s, struct text line, struct mmt_err *e)
{
	struct text name, word;
	uint64_t active, total, size, objs, pages, active_slabs, slabs, order = 0;
	uint32_t id;

	if (!text_word(&line, &name) || !text_next_u64(&line, &active) ||
	    !text_next_u64(&line, &total) || !text_next_u64(&line, &size) ||
	    !text_next_u64(&line, &objs) || !text_next_u64(&line, &pages))
		return 0;
	while (text_word(&line, &word) && !text_is(word, "slabdata"))
		;
	if (!text_next_u64(&line, &active_slabs) || !text_next_u64(&line, &slabs))
		return 0;
	while (order < MMT_ORDER_MAX && (uint64_t)1 << order < pages)
		order++;
	id = snap_string(s, name, e);
	if (!id)
		return -ENOMEM;
	return SNAP_ROW(s, snap_slab, e, id, size, objs, order, active, total, slabs);
}

int snap_slabinfo(struct rec_snapshot *s, struct text t, struct mmt_err *e)
{
	struct text line;

	while (text_line(&t, &line)) {
		int err = slab_line(s, line, e);

		if (err)
			return err;
	}
	return 0;
}

/* --- CPUs, nodes, distances --- */

/* One number of a list "0-3,8": false at its end. */
static bool next_range(struct text *list, uint64_t *first, uint64_t *last)
{
	struct text part, low;

	if (list->p == list->end)
		return false;
	if (!text_until(list, ',', &part)) {
		part = *list;
		list->p = list->end;
	}
	text_trim(&part);
	if (text_until(&part, '-', &low))
		return text_u64(low, first) && text_u64(part, last) && *first <= *last;
	if (!text_u64(part, first))
		return false;
	*last = *first;
	return true;
}

static int node_cpus(struct rec_snapshot *s, uint64_t node, struct mmt_err *e)
{
	struct text list = snap_text(&s->text);
	uint64_t first, last;

	while (next_range(&list, &first, &last)) {
		for (uint64_t cpu = first; cpu <= last && cpu <= UINT16_MAX; cpu++) {
			int err = SNAP_ROW(s, snap_cpu, e, cpu, node);

			if (err)
				return err;
		}
	}
	return 0;
}

static int one_node(struct rec_snapshot *s, uint64_t node, struct mmt_err *e)
{
	char path[96];
	struct text t;
	uint64_t distance;
	ssize_t n;
	int err;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%llu/cpulist",
		 (unsigned long long)node);
	n = snap_read_path(s, path, &s->text);
	if (n == -ENOMEM)
		return mmt_fail(e, ENOMEM, "no memory to read %s", path);
	s->now = snap_clock();
	err = n > 0 ? node_cpus(s, node, e) : 0;
	if (err)
		return err;
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%llu/distance",
		 (unsigned long long)node);
	n = snap_read_path(s, path, &s->text);
	if (n == -ENOMEM)
		return mmt_fail(e, ENOMEM, "no memory to read %s", path);
	if (n <= 0)
		return 0;
	t = snap_text(&s->text);
	for (uint64_t to = 0; !err && text_next_u64(&t, &distance); to++)
		err = SNAP_ROW(s, snap_distance, e, node, to, distance);
	return err;
}

/* A kernel without NUMA has no node directory: all its CPUs are of node 0. */
int snap_topology(struct rec_snapshot *s, struct mmt_err *e)
{
	struct text list;
	uint64_t first, last;
	struct snap_buf online = { 0 };
	ssize_t n = snap_read_path(s, "/sys/devices/system/node/online", &online);
	int err = 0;

	if (n == -ENOMEM) {
		err = mmt_fail(e, ENOMEM, "no memory to read the nodes");
	} else if (n <= 0) {
		n = snap_read_path(s, "/sys/devices/system/cpu/online", &s->text);
		s->now = snap_clock();
		err = n > 0 ? node_cpus(s, 0, e) : 0;
	} else {
		list = snap_text(&online);
		while (!err && next_range(&list, &first, &last)) {
			for (uint64_t node = first; !err && node <= last && node < 4096; node++)
				err = one_node(s, node, e);
		}
	}
	mmt_free(s->alloc, online.p);
	return err;
}
