/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control groups of the memory controller's hierarchy, their counters, and DAMON's access samples.
 * Other hierarchies are left out: inode numbers, by which groups are known, repeat in them.
 */
#ifndef MMT_BPF_CGROUP_H
#define MMT_BPF_CGROUP_H

#include "bpf/reclaim.bpf.h"
#include "bpf/text.bpf.h"

const volatile s32 memory_hierarchy = 0; /* 0: version 2 */

static __always_inline bool in_memory_hierarchy(struct cgroup *c)
{
	return recording && BPF_CORE_READ(c, root, hierarchy_id) == memory_hierarchy;
}

#define GROUP(c) BPF_CORE_READ(c, kn, id)

static __always_inline u64 parent_group(struct cgroup *c)
{
	struct kernfs_node *kn = BPF_CORE_READ(c, kn), *parent;

	if (bpf_core_field_exists(kn->__parent))
		parent = BPF_CORE_READ(kn, __parent);
	else
		parent = BPF_CORE_READ((struct kernfs_node___old *)kn, parent);
	return parent ? BPF_CORE_READ(parent, id) : 0;
}

SEC("raw_tp/cgroup_mkdir") int cgroup_mkdir(u64 *ctx)
{
	struct cgroup *c = ARG(cgroup, 0);
	u64 v[2 + REC_PATH] = {};

	if (!in_memory_hierarchy(c))
		return 0;
	v[0] = GROUP(c);
	v[1] = parent_group(c);
	bpf_probe_read_kernel_str(&v[2], 8 * REC_PATH, (void *)ctx[1]);
	return emit(MMT_EV_cgroup_mkdir, 0, 0, v, 2 + REC_PATH);
}

/* Below a watched group all are watched, from mkdir on and whatever is recorded. */
const volatile s32 watched_hierarchy = 0;

SEC("raw_tp/cgroup_mkdir") int watch_cgroup_mkdir(u64 *ctx)
{
	struct cgroup *c = ARG(cgroup, 0);
	u64 parent = parent_group(c), group = GROUP(c);
	u8 one = 1;

	if (BPF_CORE_READ(c, root, hierarchy_id) == watched_hierarchy &&
	    bpf_map_lookup_elem(&watched_groups, &parent))
		bpf_map_update_elem(&watched_groups, &group, &one, BPF_ANY);
	return 0;
}

SEC("raw_tp/cgroup_release") int watch_cgroup_release(u64 *ctx)
{
	struct cgroup *c = ARG(cgroup, 0);
	u64 group = GROUP(c);

	if (BPF_CORE_READ(c, root, hierarchy_id) == watched_hierarchy)
		bpf_map_delete_elem(&watched_groups, &group);
	return 0;
}

/* What the filter found out of tasks holds until one moves. */
SEC("raw_tp/cgroup_attach_task") int watch_cgroup_attach_task(u64 *ctx)
{
	__sync_fetch_and_add(&moves, 1);
	return 0;
}

SEC("raw_tp/cgroup_transfer_tasks") int watch_cgroup_transfer_tasks(u64 *ctx)
{
	__sync_fetch_and_add(&moves, 1);
	return 0;
}

#define GROUP_EVENT(name, ...)                                                         \
	SEC("raw_tp/" #name) int name(u64 *ctx)                                        \
	{                                                                              \
		struct cgroup *c = ARG(cgroup, 0);                                     \
                                                                                       \
		return in_memory_hierarchy(c) ? EMIT(name, GROUP(c), __VA_ARGS__) : 0; \
	}
GROUP_EVENT(cgroup_rmdir, 0)
GROUP_EVENT(cgroup_release, 0)
GROUP_EVENT(cgroup_rename, 0)
GROUP_EVENT(cgroup_freeze, 0)
GROUP_EVENT(cgroup_unfreeze, 0)
GROUP_EVENT(cgroup_notify_populated, U(2) != 0)
GROUP_EVENT(cgroup_notify_frozen, U(2) != 0)
GROUP_EVENT(cgroup_rstat_lock_contended, U(1), ctx[2] & 1)
GROUP_EVENT(cgroup_rstat_locked, U(1), ctx[2] & 1)
GROUP_EVENT(cgroup_rstat_unlock, U(1), ctx[2] & 1)
GROUP_EVENT(cgroup_attach_task, TASK_WORD(ARG(task_struct, 2)), ctx[3] & 1)
GROUP_EVENT(cgroup_transfer_tasks, TASK_WORD(ARG(task_struct, 2)), ctx[3] & 1)

#define ROOT_EVENT(name) PLAIN(name, (s64)BPF_CORE_READ(ARG(cgroup_root, 0), hierarchy_id))
ROOT_EVENT(cgroup_setup_root)
ROOT_EVENT(cgroup_destroy_root)
ROOT_EVENT(cgroup_remount)

#define MEMCG(n) BPF_CORE_READ(ARG(mem_cgroup, n), css.cgroup, kn, id)
PLAIN(count_memcg_events, MEMCG(0), I(1), L(2))
PLAIN(memcg_flush_stats, MEMCG(0), L(1), ctx[2] & 1, ctx[3] & 1)
PLAIN(mod_memcg_lruvec_state, MEMCG(0), I(1), I(2))
PLAIN(mod_memcg_state, MEMCG(0), I(1), I(2))

#define REGION(n)                                                 \
	BPF_CORE_READ(ARG(damon_region, n), ar.start),            \
		BPF_CORE_READ(ARG(damon_region, n), ar.end),      \
		BPF_CORE_READ(ARG(damon_region, n), nr_accesses), \
		BPF_CORE_READ(ARG(damon_region, n), age)
PLAIN(damon_aggregated, U(0), REGION(1), U(2))
PLAIN(damos_before_apply, U(0), U(1), U(2), REGION(3), U(4))
PLAIN(damon_monitor_intervals_tune, L(0))
PLAIN(damos_esz, U(0), U(1), L(2))

#endif
