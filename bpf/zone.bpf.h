/* SPDX-License-Identifier: GPL-2.0-only */
/* Zones and the machinery of reclaim: limits, retries, shrinkers; counters of address spaces. */
#ifndef MMT_BPF_ZONE_H
#define MMT_BPF_ZONE_H

#include "bpf/reclaim.bpf.h"
#include "bpf/text.bpf.h"

PLAIN(mm_calculate_totalreserve_pages, L(0))
PLAIN(test_pages_isolated, L(0), L(1), L(2))

SEC("raw_tp/mm_page_free_batched") int mm_page_free_batched(u64 *ctx)
{
	return recording && wanted_frame(ctx[0]) ? EMIT(mm_page_free_batched, ctx[0]) : 0;
}

/* Of all that workers do, vmstat_update() alone: known by its name, and from then on by its address. */
static u64 vmstat_update_at = 0;

SEC("raw_tp/workqueue_execute_start") int workqueue_execute_start(u64 *ctx)
{
	static const union {
		char text[16];
		u64 word[2];
	} clock = { "vmstat_update" };
	u64 at = (u64)BPF_CORE_READ(ARG(work_struct, 0), func), name[REC_NAME] = {};

	if (!recording || (vmstat_update_at && vmstat_update_at != at))
		return 0;
	function_name(name, at);
	if (name[0] != clock.word[0] || name[1] != clock.word[1])
		return 0;
	vmstat_update_at = at;
	return EMIT(workqueue_execute_start, NAME_WORDS(name));
}

#define MARK(n) BPF_CORE_READ(zone, _watermark[n])
SEC("raw_tp/mm_setup_per_zone_wmarks") int mm_setup_per_zone_wmarks(u64 *ctx)
{
	struct zone *zone = ARG(zone, 0);

	return recording ? EMIT(mm_setup_per_zone_wmarks, ZONE(zone), MARK(0), MARK(1), MARK(2),
				MARK(3))
			 : 0;
}

SEC("raw_tp/mm_setup_per_zone_lowmem_reserve") int mm_setup_per_zone_lowmem_reserve(u64 *ctx)
{
	struct zone *zone = ARG(zone, 0), *upper = ARG(zone, 1);

	return recording
		       ? EMIT(mm_setup_per_zone_lowmem_reserve, ZONE(zone), zone_name(upper), L(2))
		       : 0;
}

SEC("raw_tp/reclaim_retry_zone") int reclaim_retry_zone(u64 *ctx)
{
	struct zone *zone = BPF_CORE_READ(ARG(zoneref, 0), zone);

	return recording ? EMIT(reclaim_retry_zone, ZONE(zone), I(1), L(2), L(3), L(4), I(5),
				ctx[6] & 1)
			 : 0;
}

SEC("raw_tp/mm_shrink_slab_start") int mm_shrink_slab_start(u64 *ctx)
{
	struct shrink_control *sc = ARG(shrink_control, 1);
	u64 name[REC_NAME] = {};

	if (!recording)
		return 0;
	function_name(name, (u64)BPF_CORE_READ(ARG(shrinker, 0), scan_objects));
	return EMIT(mm_shrink_slab_start, NAME_WORDS(name), BPF_CORE_READ(sc, gfp_mask),
		    (s64)BPF_CORE_READ(sc, nid), L(2), L(3), L(4), L(5), I(6));
}

SEC("raw_tp/mm_shrink_slab_end") int mm_shrink_slab_end(u64 *ctx)
{
	u64 name[REC_NAME] = {};

	if (!recording)
		return 0;
	function_name(name, (u64)BPF_CORE_READ(ARG(shrinker, 0), scan_objects));
	return EMIT(mm_shrink_slab_end, NAME_WORDS(name), I(1), I(2), L(3), L(4), L(5));
}

/* The kernel's counters are larger than ours here: only a constant index is told their place. */
#define RSS(n)                                                            \
	case n:                                                           \
		bpf_probe_read_kernel(&pages, 8, &mm->rss_stat[n].count); \
		break;

static __always_inline s64 rss_counter(struct mm_struct *mm, u32 member)
{
	s64 pages = 0;

	switch (member) {
		RSS(0)
		RSS(1)
		RSS(2)
		RSS(3)
	}
	return pages;
}

const volatile bool rss_has_count = false; /* 6.1: the number, else only which */

SEC("raw_tp/rss_stat") int rss_stat(u64 *ctx)
{
	struct mm_struct *mm = ARG(mm_struct, 0);
	u32 member = ctx[1];

	if (!wanted())
		return 0;
	return EMIT(rss_stat, ctx[0], member, rss_has_count ? L(2) : rss_counter(mm, member));
}

SEC("raw_tp/vm_unmapped_area") int vm_unmapped_area(u64 *ctx)
{
	struct vm_unmapped_area_info *info = ARG(vm_unmapped_area_info, 1);

	return wanted() ? EMIT(vm_unmapped_area, L(0), BPF_CORE_READ(info, length),
			       BPF_CORE_READ(info, low_limit), BPF_CORE_READ(info, high_limit),
			       BPF_CORE_READ(info, flags))
			: 0;
}

/* Maple trees serve others too: only that of the current task's own address space is told. */
static __always_inline bool own_tree(struct ma_state *mas)
{
	struct mm_struct *mm = BPF_CORE_READ(bpf_get_current_task_btf(), mm);

	return mm && wanted() && (u64)BPF_CORE_READ(mas, tree) == (u64)&mm->mm_mt;
}

#define TREE_EVENT(event, ...)                                                                \
	SEC("raw_tp/" #event) int event(u64 *ctx)                                             \
	{                                                                                     \
		struct ma_state *mas = ARG(ma_state, 1);                                      \
		u64 name[REC_NAME] = {};                                                      \
                                                                                              \
		if (!own_tree(mas))                                                           \
			return 0;                                                             \
		read_name(name, (void *)ctx[0]);                                              \
		return EMIT(event, NAME_WORDS(name),                                          \
			    (u64)BPF_CORE_READ(bpf_get_current_task_btf(), mm),               \
			    BPF_CORE_READ(mas, index), BPF_CORE_READ(mas, last) __VA_ARGS__); \
	}
TREE_EVENT(ma_op)
TREE_EVENT(ma_read)
TREE_EVENT(ma_write, , L(2))

#endif
