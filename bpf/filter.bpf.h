/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose events are wanted. Tasks: the watched thread groups, which fork adds to; or those in the
 * watched control groups, which mkdir adds to. Frames obey no
 * task: a frame's bit says that its free is wanted, because its allocation was recorded or because
 * it may have been allocated since before the start (all bits begin as 1).
 */
#ifndef MMT_BPF_FILTER_H
#define MMT_BPF_FILTER_H

#include "bpf/ring.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u8);
	__uint(max_entries, 65536);
} watched SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, u64);
	__uint(max_entries, 1);
} frames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u64); /* inode */
	__type(value, u8);
	__uint(max_entries, 65536);
} watched_groups SEC(".maps");

/* 0: by thread group; else by control group, in a hierarchy of this version */
const volatile u32 by_group = 0;

static __always_inline bool wanted_member(struct task_struct *t)
{
	u64 group = by_group == 1 ? memory_cgroup(t) : BPF_CORE_READ(t, cgroups, dfl_cgrp, kn, id);

	return bpf_map_lookup_elem(&watched_groups, &group);
}

static __always_inline bool wanted_task(struct task_struct *t)
{
	u32 tgid = BPF_CORE_READ(t, tgid);

	if (!filtered)
		return true;
	return by_group ? wanted_member(t) : bpf_map_lookup_elem(&watched, &tgid) != 0;
}

/* Does the filter want the current task? */
static __always_inline bool passes(void)
{
	u32 tgid;

	if (by_group)
		return wanted_member(bpf_get_current_task_btf());
	tgid = bpf_get_current_pid_tgid() >> 32;
	return bpf_map_lookup_elem(&watched, &tgid);
}

static __always_inline bool wanted(void)
{
	return recording && (!filtered || passes());
}

static __always_inline u64 block_bits(u32 order, u64 frame)
{
	return order >= 6 ? ~0ULL : ((1ULL << (1u << order)) - 1) << (frame & 63 & -(1u << order));
}

/* The block of @page was allocated; is its free wanted from now on? */
static __always_inline void mark_frames(u64 page, u32 order, bool want)
{
	u64 frame = page >> 6 & frame_mask, bits = block_bits(order & 15, frame);
	u32 words = order > 6 ? 1u << (order - 6 & 7) : 1;

	for (u32 i = 0; i < 32; i++) {
		u32 key = (frame >> 6) + i;
		u64 *w;

		if (i >= words)
			break;
		w = bpf_map_lookup_elem(&frames, &key);
		if (!w)
			break;
		if (want)
			__sync_fetch_and_or(w, bits);
		else
			__sync_fetch_and_and(w, ~bits);
	}
}

static __always_inline bool frame_passes(u64 page)
{
	u64 frame = page >> 6 & frame_mask;
	u32 key = frame >> 6;
	u64 *w = bpf_map_lookup_elem(&frames, &key);

	return w && *w >> (frame & 63) & 1;
}

static __always_inline bool wanted_frame(u64 page)
{
	return !filtered || frame_passes(page);
}

#endif
