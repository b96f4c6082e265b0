/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose events are wanted. Tasks: the watched thread groups, which fork adds to; or those in the
 * watched control groups, which mkdir adds to. Frames obey no task: a frame's bit says that its
 * free is wanted, because its allocation was recorded or because it may have been allocated since
 * before the start (all bits begin as 1).
 *
 * Cost: a page of a task that is not wanted costs about what one does that is recorded without them:
 * a comparison with what was found out of the task before, and a bit test for its free. One that is
 * wanted costs that, and then goes the short way of all (ring.bpf.h). Where free memory is in pieces,
 * the bit of a frame is in no cache when it is allocated: some 40 ns of 430 (tests/bench/page_ab.c:
 * 1.15 of a page without a filter there, 1.04 with one word for all frames).
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

/* Tasks that went to another control group. */
volatile u32 moves = 0;

/* Ask anew, and remember. Whoever interrupts this asks for the same task; so what the answer was
 * found by is written behind it, and an older one never stands as found by something newer. */
static __noinline bool judge(struct rec_ring *r, u64 task, u32 tick)
{
	u32 by = moves;
	bool want;

	r->judged = 0;
	barrier();
	want = wanted_task(bpf_get_current_task_btf());
	r->judged_wanted = want;
	barrier();
	r->judged_moves = by;
	r->judged_tick = tick;
	barrier();
	r->judged = task;
	return want;
}

/*
 * Does the filter want the current task? The last answer on this CPU holds for the same task within
 * a tick, as its number does (ring.bpf.h): a task is watched before it runs, for as long as it
 * does, and control groups before there is a task in them. Only a move to another group changes the
 * answer, so it holds no longer than none was seen on any CPU.
 */
static __always_inline bool judged(struct rec_ring *r, struct asker by)
{
	if (r->judged == by.task && r->judged_tick == by.tick &&
	    (!by_group || r->judged_moves == moves))
		return r->judged_wanted;
	return judge(r, by.task, by.tick);
}

static __noinline bool passes(void)
{
	struct rec_ring *r = own_ring();

	return r && judged(r, asker());
}

static __always_inline bool wanted(void)
{
	return recording && (!filtered || passes());
}

static __always_inline u64 block_bits(u32 order, u64 frame)
{
	return order >= 6 ? ~0ULL : ((1ULL << (1u << order)) - 1) << (frame & 63 & -(1u << order));
}

/* The block of @page was allocated; is its free wanted from now on? An atomic only where that is
 * news: its bits are nobody else's, but their neighbours are. */
static __noinline bool mark_frames(u64 page, u32 order, bool want)
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
		if ((*w & bits) == (want ? bits : 0))
			continue;
		if (want)
			__sync_fetch_and_or(w, bits);
		else
			__sync_fetch_and_and(w, ~bits);
	}
	return want;
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

/* Of a block that is allocated (no @page: that could not be): is it wanted, and from now on its
 * free? */
static __always_inline bool wanted_block(struct rec_ring *r, struct asker by, u64 page, u32 order)
{
	bool want = r->on && judged(r, by);

	if (!page || !r->on || (!order && frame_passes(page) == want))
		return want;
	return mark_frames(page, order, want);
}

#endif
