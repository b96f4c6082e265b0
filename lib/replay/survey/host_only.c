// SPDX-License-Identifier: GPL-2.0-only
/*
 * What only the host counted: it is shown as recorded, with "not modelled" where the model's figure
 * would stand, so that nobody takes its absence for a nought.
 *
 *	/proc/vmstat at the first snapshot  numa_hint_faults 711   at the last 2054: recorded 1343
 *
 * Reference: Linux 6.12 mm/vmstat.c vmstat_text[]; kernel/sched/fair.c task_numa_work(),
 * task_numa_migrate(); mm/memory.c do_numa_page(). The counters of NUMA balancing need address
 * spaces to be modelled; until then they are here.
 *
 * I1  count[] of a counter is its last value less its first; one that went down, which a kernel's
 *     does not, counts nothing.
 *
 * Cost: a walk over ten names for each row of vmstat; the events are rare.
 */
#include "lib/replay/survey/host_only.h"

#include <string.h>

static const struct host_only_info table[] = {
#define COUNTER(name_, unit_, help_) { .name = name_, .unit = unit_, .help = help_ },
#define HAPPENED(kind_, help_) \
	{ .name = #kind_, .unit = "events", .help = help_, .kind = MMT_EV_##kind_ },
#include "lib/replay/survey/host_only.def"
#undef COUNTER
#undef HAPPENED
};
_Static_assert(sizeof(table) / sizeof(table[0]) <= HOST_ONLY_MAX, "host_only.h has room for less");

unsigned host_only_count(void)
{
	return sizeof(table) / sizeof(table[0]);
}

const struct host_only_info *host_only_at(unsigned i)
{
	return &table[i];
}

bool host_only_wants(unsigned kind)
{
	for (unsigned i = 0; i < host_only_count(); i++)
		if (table[i].kind == kind)
			return kind != 0;
	return kind == MMT_EV_snap_vmstat;
}

static void take_counter(struct host_only *h, const char *name, uint64_t value)
{
	for (unsigned i = 0; i < host_only_count(); i++) {
		if (table[i].kind || strcmp(table[i].name, name) != 0)
			continue;
		if (!h->seen[i])
			h->first[i] = value;
		h->seen[i] = true;
		h->count[i] = value > h->first[i] ? value - h->first[i] : 0;
		return;
	}
}

void host_only_event(struct host_only *h, const struct mmt_event *ev, const struct mmt_dict *dict)
{
	const struct mmt_dict_entry *name;

	if (ev->kind == MMT_EV_snap_vmstat) {
		name = mmt_dict_get(dict, MMT_DICT_STRING,
				    (uint32_t)ev->v[MMT_F(snap_vmstat, name)]);
		if (name)
			take_counter(h, name->name, ev->v[MMT_F(snap_vmstat, value)]);
		return;
	}
	for (unsigned i = 0; i < host_only_count(); i++) {
		if (!table[i].kind || table[i].kind != ev->kind)
			continue;
		h->seen[i] = true;
		h->count[i]++;
	}
}
