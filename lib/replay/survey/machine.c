// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of a snapshot -> a machine.
 *
 * The same object is filled again by each light snapshot: sizes and lists are overwritten, what a
 * light snapshot leaves out (CPUs, distances; what did not change, where it tells changes alone)
 * stays.
 *
 * I1  zone[] holds each (node, type) once.
 * I2  Everything is within the limits of mm.h (nodes, CPUs, orders, zones): a row beyond them is an
 *     error that names it, so no later step has to check again.
 *
 * Cost: some hundreds of rows a snapshot, a walk over the zones for each.
 */
#include "lib/replay/survey/machine.h"

#include <errno.h>
#include <string.h>

void machine_init(struct machine *m, struct mmt_alloc *a)
{
	*m = (struct machine){ .alloc = a, .tunables = mm_default_tunables() };
}

void machine_free(struct machine *m)
{
	for (unsigned i = 0; i < m->nr_zones; i++)
		mmt_free(m->alloc, m->zone[i].pcp);
	mmt_free(m->alloc, m->zone);
	*m = (struct machine){ 0 };
}

uint64_t machine_frames(const struct machine *m)
{
	uint64_t frames = 0;

	for (unsigned i = 0; i < m->nr_zones; i++)
		frames += m->zone[i].spanned;
	return frames;
}

struct machine_zone *machine_zone(const struct machine *m, unsigned node, enum zone_type type)
{
	for (unsigned i = 0; i < m->nr_zones; i++)
		if (m->zone[i].node == node && m->zone[i].type == type)
			return &m->zone[i];
	return NULL;
}

uint64_t machine_free_pages(const struct machine_zone *z)
{
	uint64_t pages = 0;

	if (!z->has_buddy)
		return z->free;
	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++)
		pages += z->buddy[order] << order;
	return pages;
}

uint64_t machine_pcp_pages(const struct machine_zone *z)
{
	uint64_t pages = 0;

	for (unsigned cpu = 0; cpu < z->nr_pcp; cpu++)
		pages += z->pcp[cpu].count;
	return pages;
}

static int beyond(const struct mmt_event *ev, const char *what, uint64_t value, uint64_t limit,
		  struct mmt_err *e)
{
	return mmt_fail(e, EBADMSG, "%s: %s %llu exceeds %llu", mmt_event_info(ev->kind)->name,
			what, (unsigned long long)value, (unsigned long long)limit);
}

/* The zone that the first two fields of a row name, made if it is new. */
static int find_zone(struct machine *m, const struct mmt_event *ev, struct machine_zone **z,
		     struct mmt_err *e)
{
	struct machine_zone *zones;

	if (ev->v[0] >= MM_MAX_NODES)
		return beyond(ev, "node", ev->v[0], MM_MAX_NODES - 1, e);
	if (ev->v[1] >= MAX_NR_ZONES)
		return beyond(ev, "zone", ev->v[1], MAX_NR_ZONES - 1, e);
	*z = machine_zone(m, (unsigned)ev->v[0], (enum zone_type)ev->v[1]);
	if (*z)
		return 0;
	zones = mmt_resize(m->alloc, m->zone, m->nr_zones + 1, sizeof(*zones));
	if (!zones)
		return mmt_fail(e, ENOMEM, "no memory for zones");
	m->zone = zones;
	*z = &zones[m->nr_zones++];
	**z = (struct machine_zone){ .node = (unsigned)ev->v[0], .type = (enum zone_type)ev->v[1] };
	return 0;
}

static int take_cpu(struct machine *m, const struct mmt_event *ev, struct mmt_err *e)
{
	uint64_t cpu = ev->v[MMT_F(snap_cpu, cpu)], node = ev->v[MMT_F(snap_cpu, node)];

	if (cpu >= MM_MAX_CPUS)
		return beyond(ev, "cpu", cpu, MM_MAX_CPUS - 1, e);
	if (node >= MM_MAX_NODES)
		return beyond(ev, "node", node, MM_MAX_NODES - 1, e);
	m->node_of_cpu[cpu] = (uint16_t)node;
	if (cpu >= m->nr_cpus)
		m->nr_cpus = (unsigned)cpu + 1;
	return 0;
}

static int take_distance(struct machine *m, const struct mmt_event *ev, struct mmt_err *e)
{
	uint64_t node = ev->v[MMT_F(snap_distance, node)], to = ev->v[MMT_F(snap_distance, to)];
	uint64_t distance = ev->v[MMT_F(snap_distance, distance)];

	if (node >= MM_MAX_NODES || to >= MM_MAX_NODES)
		return beyond(ev, "node", node > to ? node : to, MM_MAX_NODES - 1, e);
	if (distance > UINT8_MAX)
		return beyond(ev, "distance", distance, UINT8_MAX, e);
	m->distance[node][to] = (uint8_t)distance;
	return 0;
}

static int take_zone(struct machine *m, const struct mmt_event *ev, struct mmt_err *e)
{
	struct machine_zone *z;
	int ret = find_zone(m, ev, &z, e);

	if (ret)
		return ret;
	if (ev->v[MMT_F(snap_zone, start_pfn)] >= PFN_NONE)
		return beyond(ev, "start_pfn", ev->v[MMT_F(snap_zone, start_pfn)], PFN_NONE - 1, e);
	if (ev->v[MMT_F(snap_zone, spanned)] >= PFN_NONE - ev->v[MMT_F(snap_zone, start_pfn)])
		return beyond(ev, "spanned", ev->v[MMT_F(snap_zone, spanned)], PFN_NONE, e);
	z->told = m->known;
	z->start = (pfn_t)ev->v[MMT_F(snap_zone, start_pfn)];
	z->spanned = (pfn_t)ev->v[MMT_F(snap_zone, spanned)];
	if (ev->v[MMT_F(snap_zone, present)] > z->spanned)
		return beyond(ev, "present", ev->v[MMT_F(snap_zone, present)], z->spanned, e);
	z->present = (pfn_t)ev->v[MMT_F(snap_zone, present)];
	if (ev->v[MMT_F(snap_zone, managed)] > z->present)
		return beyond(ev, "managed", ev->v[MMT_F(snap_zone, managed)], z->present, e);
	z->managed = (pfn_t)ev->v[MMT_F(snap_zone, managed)];
	z->free = ev->v[MMT_F(snap_zone, free)];
	z->wmark[WMARK_MIN] = ev->v[MMT_F(snap_zone, min)];
	z->wmark[WMARK_LOW] = ev->v[MMT_F(snap_zone, low)];
	z->wmark[WMARK_HIGH] = ev->v[MMT_F(snap_zone, high)];
	z->wmark[WMARK_PROMO] = ev->v[MMT_F(snap_zone, promo)];
	z->boost = ev->v[MMT_F(snap_zone, boost)];
	/* zoneinfo shows what min_wmark_pages() gives, boost included */
	for (unsigned i = 0; i < NR_WMARK; i++)
		z->wmark[i] -= z->wmark[i] < z->boost ? z->wmark[i] : z->boost;
	return 0;
}

static int take_protection(struct machine *m, const struct mmt_event *ev, struct mmt_err *e)
{
	struct machine_zone *z;
	uint64_t class = ev->v[MMT_F(snap_protection, class)];
	int ret = find_zone(m, ev, &z, e);

	if (ret)
		return ret;
	if (class >= MAX_NR_ZONES)
		return beyond(ev, "class", class, MAX_NR_ZONES - 1, e);
	z->protection[class] = ev->v[MMT_F(snap_protection, pages)];
	return 0;
}

static int take_pcp(struct machine *m, const struct mmt_event *ev, struct mmt_err *e)
{
	struct machine_zone *z;
	uint64_t cpu = ev->v[MMT_F(snap_pcp, cpu)];
	int ret = find_zone(m, ev, &z, e);

	if (ret)
		return ret;
	if (cpu >= MM_MAX_CPUS)
		return beyond(ev, "cpu", cpu, MM_MAX_CPUS - 1, e);
	for (unsigned i = MMT_F(snap_pcp, count); i <= MMT_F(snap_pcp, high_max); i++)
		if (ev->v[i] > INT32_MAX)
			return beyond(ev, "pages", ev->v[i], INT32_MAX, e);
	if (cpu >= z->nr_pcp) {
		struct machine_pcp *pcp = mmt_resize(m->alloc, z->pcp, cpu + 1, sizeof(*pcp));

		if (!pcp)
			return mmt_fail(e, ENOMEM, "no memory for per-CPU lists");
		memset(pcp + z->nr_pcp, 0, (cpu + 1 - z->nr_pcp) * sizeof(*pcp));
		z->pcp = pcp;
		z->nr_pcp = (unsigned)cpu + 1;
	}
	if (cpu >= m->nr_cpus)
		m->nr_cpus = (unsigned)cpu + 1;
	z->pcp[cpu] = (struct machine_pcp){
		.told = true,
		.count = (uint32_t)ev->v[MMT_F(snap_pcp, count)],
		.high = (uint32_t)ev->v[MMT_F(snap_pcp, high)],
		.batch = (uint32_t)ev->v[MMT_F(snap_pcp, batch)],
		.high_min = (uint32_t)ev->v[MMT_F(snap_pcp, high_min)],
		.high_max = (uint32_t)ev->v[MMT_F(snap_pcp, high_max)],
	};
	return 0;
}

/* Blocks of an order: what is counted must fit the address space of frames. */
static int take_blocks(const struct mmt_event *ev, uint64_t order, uint64_t blocks, uint64_t *to,
		       struct mmt_err *e)
{
	if (order > MAX_PAGE_ORDER)
		return beyond(ev, "order", order, MAX_PAGE_ORDER, e);
	if (blocks > PFN_NONE >> order)
		return beyond(ev, "blocks", blocks, PFN_NONE >> order, e);
	to[order] = blocks;
	return 0;
}

static int take_lists(struct machine *m, const struct mmt_event *ev, struct mmt_err *e)
{
	struct machine_zone *z;
	uint64_t type = ev->v[2];
	int ret = find_zone(m, ev, &z, e);

	if (ret)
		return ret;
	if (ev->kind == MMT_EV_snap_buddy) {
		z->has_buddy = true;
		return take_blocks(ev, ev->v[MMT_F(snap_buddy, order)],
				   ev->v[MMT_F(snap_buddy, blocks)], z->buddy, e);
	}
	if (type >= MIGRATE_TYPES)
		return beyond(ev, "migratetype", type, MIGRATE_TYPES - 1, e);
	if (ev->kind == MMT_EV_snap_freetype) {
		z->has_freetype = true;
		return take_blocks(ev, ev->v[MMT_F(snap_freetype, order)],
				   ev->v[MMT_F(snap_freetype, blocks)], z->freetype[type], e);
	}
	z->has_pageblocks = true;
	if (ev->v[MMT_F(snap_pageblocks, blocks)] > PFN_NONE >> PAGEBLOCK_ORDER)
		return beyond(ev, "blocks", ev->v[MMT_F(snap_pageblocks, blocks)],
			      PFN_NONE >> PAGEBLOCK_ORDER, e);
	z->pageblocks[type] = ev->v[MMT_F(snap_pageblocks, blocks)];
	return 0;
}

/* "mempolicy.weighted_interleave.node3", 1 being what 0 is too: what no one has set. */
static bool take_weight(struct mm_tunables *t, const char *name, uint32_t weight)
{
	static const char prefix[] = "mempolicy.weighted_interleave.node";
	unsigned node = 0;

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 || !name[sizeof(prefix) - 1])
		return false;
	for (const char *p = name + sizeof(prefix) - 1; *p; p++) {
		if (*p < '0' || *p > '9' || node >= MM_MAX_NODES)
			return false;
		node = node * 10 + (unsigned)(*p - '0');
	}
	if (node >= MM_MAX_NODES || weight > UINT8_MAX)
		return false;
	t->interleave_weight[node] = weight > 1 ? (uint8_t)weight : 0;
	return true;
}

bool machine_sysctl(struct mm_tunables *t, const char *name, uint64_t index, uint64_t value)
{
	uint32_t v = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;

	if (strncmp(name, "vm.", 3) == 0)
		name += 3;
	if (strcmp(name, "min_free_kbytes") == 0) {
		t->min_free_kbytes = v;
		t->min_free_kbytes_set = true;
	} else if (strcmp(name, "watermark_scale_factor") == 0) {
		t->watermark_scale_factor = v;
	} else if (strcmp(name, "watermark_boost_factor") == 0) {
		t->watermark_boost_factor = v;
	} else if (strcmp(name, "percpu_pagelist_high_fraction") == 0) {
		t->percpu_pagelist_high_fraction = v;
	} else if (strcmp(name, "zone_reclaim_mode") == 0) {
		t->zone_reclaim_mode = v & ZONE_RECLAIM_BITS;
	} else if (strcmp(name, "lowmem_reserve_ratio") == 0 && index < MAX_NR_ZONES) {
		t->lowmem_reserve_ratio[index] = v;
	} else {
		return take_weight(t, name, v);
	}
	return true;
}

bool machine_setting(struct mm_tunables *t, const char *name, const char *value)
{
	if (strcmp(name, "thp.enabled") != 0 && strcmp(name, "transparent_hugepage/enabled") != 0)
		return false;
	t->thp = strcmp(value, "never") != 0 && !strstr(value, "[never]");
	return true;
}

bool machine_setting_text(struct mm_tunables *t, const char *name, const char *value)
{
	bool known = machine_setting(t, name, value);
	const char *p = value;

	for (uint64_t index = 0; *p >= '0' && *p <= '9'; index++) {
		uint64_t v = 0;

		for (; *p >= '0' && *p <= '9'; p++)
			v = v > UINT32_MAX ? v : v * 10 + (unsigned)(*p - '0');
		known |= machine_sysctl(t, name, index, v);
		while (*p == ' ' || *p == '\t')
			p++;
	}
	return known;
}

static void take_tunable(struct machine *m, const struct mmt_event *ev, const struct mmt_dict *dict)
{
	const struct mmt_dict_entry *name =
		mmt_dict_get(dict, MMT_DICT_STRING, (uint32_t)ev->v[MMT_F(snap_sysctl, name)]);
	const struct mmt_dict_entry *word;

	if (!name)
		return;
	if (ev->kind == MMT_EV_snap_sysctl) {
		m->has_tunables |=
			machine_sysctl(&m->tunables, name->name, ev->v[MMT_F(snap_sysctl, index)],
				       ev->v[MMT_F(snap_sysctl, value)]);
		return;
	}
	word = mmt_dict_get(dict, MMT_DICT_STRING, (uint32_t)ev->v[MMT_F(snap_setting, value)]);
	if (word)
		machine_setting(&m->tunables, name->name, word->name);
}

/* A new snapshot begins: nothing of the last one may pass for this one's, unless it tells changes
 * since just that one. */
static void begin(struct machine *m, const struct mmt_event *ev)
{
	bool changes = ev->v[MMT_F(snapshot_begin, changes)] != 0;
	uint64_t seq = ev->v[MMT_F(snapshot_begin, seq)];

	m->known = !changes || (m->known && m->complete_seq + 1 == seq);
	m->seq = seq;
	m->kind = (enum mmt_snapshot)ev->v[MMT_F(snapshot_begin, kind)];
	m->begin = ev->time;
	m->reading = true;
	m->complete = false;
	for (unsigned i = 0; i < m->nr_zones; i++) {
		struct machine_zone *z = &m->zone[i];

		z->told = false;
		if (m->known && changes)
			continue;
		z->told = z->has_buddy = z->has_freetype = z->has_pageblocks = false;
		memset(z->buddy, 0, sizeof(z->buddy));
		memset(z->freetype, 0, sizeof(z->freetype));
		memset(z->pageblocks, 0, sizeof(z->pageblocks));
		memset(z->protection, 0, sizeof(z->protection));
		if (z->pcp)
			memset(z->pcp, 0, z->nr_pcp * sizeof(*z->pcp));
	}
}

int machine_row(struct machine *m, const struct mmt_event *ev, const struct mmt_dict *dict,
		struct mmt_err *e)
{
	if (ev->kind == MMT_EV_snapshot_begin)
		begin(m, ev);
	if (!m->reading)
		return 0;
	switch (ev->kind) {
	case MMT_EV_snapshot_end:
		m->end = ev->time;
		m->reading = false;
		m->complete = true;
		m->complete_seq = m->seq;
		return 1;
	case MMT_EV_snap_cpu:
		return take_cpu(m, ev, e);
	case MMT_EV_snap_distance:
		return take_distance(m, ev, e);
	case MMT_EV_snap_zone:
		return take_zone(m, ev, e);
	case MMT_EV_snap_protection:
		return take_protection(m, ev, e);
	case MMT_EV_snap_pcp:
		return take_pcp(m, ev, e);
	case MMT_EV_snap_buddy:
	case MMT_EV_snap_freetype:
	case MMT_EV_snap_pageblocks:
		return take_lists(m, ev, e);
	case MMT_EV_snap_sysctl:
	case MMT_EV_snap_setting:
		take_tunable(m, ev, dict);
		return 0;
	default:
		return 0;
	}
}
