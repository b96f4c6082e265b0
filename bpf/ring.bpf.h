/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing records. A program that finds another at work on its CPU (it came by an interrupt) writes
 * to a second, small ring; a third level is counted as lost.
 */
#ifndef MMT_BPF_RING_H
#define MMT_BPF_RING_H

#include "bpf/vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/record.h"

/* the event kinds, from the one table there is */
#define EVENT(name, number, group, class, system, help) MMT_EV_##name = number,
#define FIELD(name, unit)
#define END
enum mmt_kind {
#include "lib/trace/syscall.def"
#include "lib/trace/tracepoint.def"
};
#undef EVENT
#undef FIELD
#undef END

/* set before loading */
const volatile u64 ring_mask = 4095;
const volatile bool filtered = false;
const volatile u64 frame_mask = 0;

/* 1 while records are wanted; a plain store by the recorder */
volatile u32 recording = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, 4);
	__uint(value_size, 65536);
	__uint(max_entries, 1);
} rings SEC(".maps"), nested SEC(".maps");

#define barrier() asm volatile("" ::: "memory")

static __always_inline u64 put_time(struct rec_ring *r, u64 mask, u64 p, u64 now)
{
	r->words[p] = REC_HEAD(0, 2, REC_TIME, 0);
	r->words[p + 1] = now;
	p += 2;
	return p > mask ? 0 : p;
}

/* Inode number of the task's directory in the hierarchy of the memory controller. */
static __always_inline u64 memory_cgroup(struct task_struct *t)
{
	struct css_set *set = BPF_CORE_READ(t, cgroups);
	struct cgroup_subsys_state *css = 0;
	u64 at = (u64)set + bpf_core_field_offset(set->subsys) +
		 8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);

	if (bpf_probe_read_kernel(&css, 8, (void *)at) || !css)
		return 0;
	return BPF_CORE_READ(css, cgroup, kn, id);
}

static __always_inline u64 put_task(struct rec_ring *r, u64 mask, u64 p, struct task_struct *t)
{
	r->words[p] = REC_HEAD(0, 7, REC_TASK, 0);
	r->words[p + 1] = (u32)t->pid | (u64)(u32)t->tgid << 32;
	bpf_probe_read_kernel(&r->words[p + 2], 8, &t->mm);
	r->words[p + 3] = memory_cgroup(t);
	r->words[p + 4] = t->flags;
	bpf_probe_read_kernel(&r->words[p + 5], 16, &t->comm);
	r->tid = t->pid;
	p += 7;
	return p > mask ? 0 : p;
}

static __always_inline u64 put_file(struct rec_ring *r, u64 mask, u64 p, struct inode *inode)
{
	u64 ino = BPF_CORE_READ(inode, i_ino), sb = 0;

	bpf_probe_read_kernel(&sb, 8, &inode->i_sb);
	if (r->ino == ino && r->sb == sb)
		return p;
	r->ino = ino;
	r->sb = sb;
	r->words[p] = REC_HEAD(0, 5, REC_FILE, 0);
	r->words[p + 1] = BPF_CORE_READ(inode, i_sb, s_dev);
	r->words[p + 2] = ino;
	r->words[p + 3] = BPF_CORE_READ(inode, i_mode) | BPF_CORE_READ(inode, i_sb, s_magic) << 32;
	r->words[p + 4] = BPF_CORE_READ(inode, i_size);
	p += 5;
	return p > mask ? 0 : p;
}

/* When a record may have the time of the one before it, see record.h. */
enum clock {
	CLOCK_READ,
	CLOCK_BURST, /* as one of the same kind */
	CLOCK_FAULT, /* as the fault of the same task */
};

static __always_inline bool same_time(struct rec_ring *r, u32 kind, enum clock clock, u32 tid)
{
	if (clock == CLOCK_READ || r->tid != tid || !tid)
		return false;
	if (clock == CLOCK_BURST)
		return r->kind == kind && ++r->burst < REC_BURST;
	return r->kind == MMT_EV_page_fault_user && r->tick == bpf_jiffies64();
}

static __always_inline void put(struct rec_ring *r, u64 mask, u32 kind, u32 aux, enum clock clock,
				struct inode *inode, const u64 *v, u32 n)
{
	struct task_struct *t = bpf_get_current_task_btf();
	u64 p = r->head & mask, now, delta = 0;
	u32 tid = t->pid;

	if (((r->tail - p - 1) & mask) < REC_RESERVE) {
		r->lost[kind & (REC_KINDS - 1)]++;
		return;
	}
	if (!same_time(r, kind, clock, tid)) {
		now = bpf_ktime_get_ns();
		delta = now - r->time;
		if (delta >> 32) {
			p = put_time(r, mask, p, now);
			delta = 0;
		}
		r->time = now;
		r->burst = 0;
	}
	if (r->tid != tid || !tid)
		p = put_task(r, mask, p, t);
	if (inode)
		p = put_file(r, mask, p, inode);
	if (kind == MMT_EV_page_fault_user)
		r->tick = bpf_jiffies64();
	r->kind = kind;
	p &= mask;
	r->words[p] = REC_HEAD(kind, n + 1, aux, delta);
#pragma unroll
	for (u32 i = 0; i < n; i++)
		r->words[p + 1 + i] = v[i];
	p += n + 1;
	if (p > mask)
		p = 0;
	barrier();
	r->head = p;
}

/* Write a record of @n words @v (a constant), and the file it speaks of if @inode is given. */
static __always_inline int emit(u32 kind, u32 aux, enum clock clock, struct inode *inode,
				const u64 *v, u32 n)
{
	u32 cpu = bpf_get_smp_processor_id(), level;
	struct rec_ring *outer, *r;

	outer = bpf_map_lookup_elem(&rings, &cpu);
	if (!outer)
		return 0;
	level = outer->level;
	outer->level = level + 1;
	barrier();
	if (!level) {
		put(outer, ring_mask, kind, aux, clock, inode, v, n);
	} else if (level == 1 && (r = bpf_map_lookup_elem(&nested, &cpu))) {
		put(r, REC_NESTED_WORDS - 1, kind, aux, clock, inode, v, n);
	} else {
		outer->nested[kind & (REC_KINDS - 1)]++;
	}
	barrier();
	outer->level = level;
	return 0;
}

#define EMIT_CLOCK(kind, aux, clock, inode, ...)                   \
	({                                                         \
		u64 v_[] = { __VA_ARGS__ };                        \
		emit(kind, aux, clock, inode, v_, sizeof(v_) / 8); \
	})
#define EMIT_FILE(kind, aux, inode, ...) EMIT_CLOCK(kind, aux, CLOCK_READ, inode, __VA_ARGS__)
#define EMIT(kind, ...)			 EMIT_FILE(MMT_EV_##kind, 0, 0, __VA_ARGS__)

/* The task changed under its number (exec, rename): tell it again. */
static __always_inline void forget_task(void)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct rec_ring *r = bpf_map_lookup_elem(&rings, &cpu);

	if (r)
		r->tid = 0;
	r = bpf_map_lookup_elem(&nested, &cpu);
	if (r)
		r->tid = 0;
}

#endif
