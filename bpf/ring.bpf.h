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
#include "lib/trace/snapshot.def"
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

/* Tasks that changed under their number. */
volatile u32 names = 0;

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

/* That of the group which pages that @t asks for are charged to: one it works for (a loop device, a
 * map of BPF programs), or its address space's owner's, whose other threads may be elsewhere. */
static __always_inline u64 charged_cgroup(struct task_struct *t)
{
	struct mem_cgroup *active = 0;
	struct task_struct *owner = 0;

	if (bpf_core_field_exists(t->active_memcg))
		active = BPF_CORE_READ(t, active_memcg);
	if (active)
		return BPF_CORE_READ(active, css.cgroup, kn, id);
	if (bpf_core_field_exists(((struct mm_struct *)0)->owner))
		owner = BPF_CORE_READ(t, mm, owner);
	return memory_cgroup(owner ? owner : t);
}

/* Not inlined: it is seldom needed, and long. */
static __noinline u64 put_task(struct rec_ring *r, u64 mask, u64 p, struct task_struct *t)
{
	u32 by = names; /* before what is read */

	p &= mask;
	r->words[p] = REC_HEAD(0, 7, REC_TASK, 0);
	r->words[p + 1] = (u32)t->pid | (u64)(u32)t->tgid << 32;
	bpf_probe_read_kernel(&r->words[p + 2], 8, &t->mm);
	r->words[p + 3] = charged_cgroup(t);
	r->words[p + 4] = t->flags;
	bpf_probe_read_kernel(&r->words[p + 5], 16, &t->comm);
	r->tid = t->pid + 1;
	r->told_names = by;
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

/* What the last record was: it may have shared a time, and let the next one do so, see record.h. */
enum run {
	RUN_NONE, /* no record of a page, or lost */
	RUN_PAGE,
	RUN_FAULT, /* of a user: an allocation is what it asks for */
};

#define PRICE	 (REC_SHARE / REC_FAULTS)
#define NO_PRICE (2 * REC_SHARE) /* too dear */

/* Begin a record: its time and task. Returns where it goes; *@delta is for its head. */
static __always_inline u64 put_time_and_task(struct rec_ring *r, u64 mask, u64 p,
					     struct task_struct *t, u32 tick, u64 *delta)
{
	u64 now = bpf_ktime_get_ns(), d = now - r->time;

	r->price = r->run != RUN_NONE && r->task == (u64)t && d < REC_CLOSE_NS ? PRICE : NO_PRICE;
	if (d >> 32) {
		p = put_time(r, mask, p, now);
		d = 0;
	}
	*delta = d;
	r->time = now;
	r->tick = tick;
	r->task = (u64)t;
	r->credit = REC_SHARE;
	if (r->tid != (u32)t->pid + 1 || r->told_names != names)
		p = put_task(r, mask, p, t);
	return p;
}

static __always_inline void publish(struct rec_ring *r, u64 mask, u64 p)
{
	/* words are written before the comparison: after it, Linux 6.12's verifier has forgotten
	 * the bounds of what p was made of */
	asm volatile("" : "+r"(p)::"memory");
	if (p > mask)
		p = 0;
	barrier();
	r->head = p;
}

/* False: the ring is full, which is counted, and ends what could be shared. */
static __always_inline bool has_room(struct rec_ring *r, u64 mask, u64 p, u32 kind)
{
	if (((r->tail - p - 1) & mask) >= REC_RESERVE)
		return true;
	r->lost[kind & (REC_KINDS - 1)]++;
	r->run = RUN_NONE;
	r->credit = 0;
	return false;
}

static __always_inline void put(struct rec_ring *r, u64 mask, u32 kind, u32 aux,
				struct inode *inode, const u64 *v, u32 n)
{
	u64 p = r->head & mask, delta;

	if (!has_room(r, mask, p, kind))
		return;
	p = put_time_and_task(r, mask, p, bpf_get_current_task_btf(), (u32)bpf_jiffies64(), &delta);
	if (inode)
		p = put_file(r, mask, p, inode);
	r->run = RUN_NONE;
	r->credit = 0;
	p &= mask;
	r->words[p] = REC_HEAD(kind, n + 1, aux, delta);
#pragma unroll
	for (u32 i = 0; i < n; i++)
		r->words[p + 1 + i] = v[i];
	publish(r, mask, p + n + 1);
}

/* Does the task work for another (a loop device, a map of BPF programs), to which is charged what
 * it asks for? */
static __always_inline bool works_for_another(struct task_struct *t)
{
	return bpf_core_field_exists(t->active_memcg) && t->active_memcg;
}

/* May a record of @t have the time of the one before it? It costs @price of its credit. */
static __always_inline bool shares(const struct rec_ring *r, struct task_struct *t, u32 tick,
				   u32 price)
{
	return r->task == (u64)t && r->tick == tick && r->credit >= price;
}

static __always_inline void put_fault(struct rec_ring *r, u64 mask, u32 kind, u32 code, u64 address)
{
	struct task_struct *t = bpf_get_current_task_btf();
	u64 p = r->head & mask, delta = 0;
	u32 tick = (u32)bpf_jiffies64();

	if (!has_room(r, mask, p, kind))
		return;
	if (shares(r, t, tick, r->price))
		r->credit -= r->price;
	else
		p = put_time_and_task(r, mask, p, t, tick, &delta);
	r->run = kind == MMT_EV_page_fault_user ? RUN_FAULT : RUN_PAGE;
	p &= mask;
	r->words[p] = REC_HEAD(kind, 2, code, delta);
	r->words[p + 1] = address;
	r->high = address >> 32;
	publish(r, mask, p + 2);
}

/* A record of a frame: one word where it can share, else two. */
static __always_inline void put_frame(struct rec_ring *r, u64 mask, u32 kind, u32 aux, u32 frame,
				      u32 gfp)
{
	bool alloc = kind == MMT_EV_mm_page_alloc, same, other;
	struct task_struct *t = bpf_get_current_task_btf();
	u64 p = r->head & mask, delta = 0;
	u32 tick = (u32)bpf_jiffies64(), price;

	if (!has_room(r, mask, p, kind))
		return;
	other = alloc && works_for_another(t);
	if (other)
		r->tid = 0; /* the other's group is told as the task's for this one record */
	price = alloc && r->run != RUN_FAULT ? r->price : 1;
	same = !other && shares(r, t, tick, price);
	if (same)
		r->credit -= price;
	else
		p = put_time_and_task(r, mask, p, t, tick, &delta);
	if (alloc || !same)
		r->run = RUN_PAGE;
	p &= mask;
	if (same && (!alloc || r->gfp == gfp)) {
		r->words[p] = REC_HEAD(kind, 1, aux, (u64)frame);
		p += 1;
	} else {
		r->words[p] = REC_HEAD(kind, 2, aux, delta);
		r->words[p + 1] = frame | (u64)gfp << 32;
		p += 2;
		if (alloc)
			r->gfp = gfp;
	}
	if (other)
		r->tid = r->task = 0;
	publish(r, mask, p);
}

/* Who asks, and when: found once in a program. */
struct asker {
	u64 task; /* the kernel's address */
	u32 tick;
};

static __always_inline struct asker asker(void)
{
	return (struct asker){ bpf_get_current_task(), (u32)bpf_jiffies64() };
}

/*
 * The way of most records of pages, which are entered cold: all in one piece, of few instructions
 * and one cache line besides the word's, without the task's own. A single word that shares the time
 * is written, or nothing is changed; then the caller goes the long way, as it does at the ring's
 * last word.
 *
 * The task is known by its address, and had its number compared within this tick: none is freed and
 * made anew in less, for an RCU grace period is between.
 */
static __always_inline bool put_short(struct rec_ring *r, struct asker by, u32 price,
				      enum run before, enum run after, const u32 *told, u32 tell,
				      u64 word)
{
	u64 mask = ring_mask, p;
	u32 credit;

	/* on, and no program at work: one comparison */
	if (*(const volatile u64 *)&r->on != 1)
		return false;
	r->level = 1;
	barrier();
	p = r->head;
	credit = r->credit;
	if (!price)
		price = r->price;
	if (r->task != by.task || r->tick != by.tick || credit < price ||
	    (before && r->run != before) || (told && *told != tell) || p >= mask) {
		barrier();
		r->level = 0;
		return false;
	}
	r->credit = credit - price;
	if (after)
		r->run = after;
	r->words[p] = word;
	barrier();
	r->head = p + 1;
	barrier();
	r->level = 0;
	return true;
}

static __always_inline struct rec_ring *own_ring(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&rings, &cpu);
}

static __always_inline struct rec_ring *nested_ring(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&nested, &cpu);
}

/* Have @how(ring, mask, kind, ...) write into the ring that is free at this level: @outer, if no
 * other program is at work. It stands in the program once, for both: programs are entered cold. */
#define INTO_RING(outer, how, kind, ...)                                    \
	({                                                                  \
		struct rec_ring *outer_ = (outer), *r_ = outer_;            \
		u32 level_ = outer_->level;                                 \
		u64 mask_ = ring_mask;                                      \
                                                                            \
		outer_->level = level_ + 1;                                 \
		barrier();                                                  \
		if (level_) {                                               \
			outer_->task = 0;                                   \
			outer_->cut = 1;                                    \
			r_ = nested_ring();                                 \
			mask_ = REC_NESTED_WORDS - 1;                       \
			if (level_ > 1) {                                   \
				outer_->nested[(kind) & (REC_KINDS - 1)]++; \
				r_ = 0;                                     \
			}                                                   \
		}                                                           \
		if (r_)                                                     \
			how(r_, mask_, kind, __VA_ARGS__);                  \
		barrier();                                                  \
		if (!level_ && outer_->cut) {                               \
			outer_->task = 0;                                   \
			outer_->cut = 0;                                    \
		}                                                           \
		outer_->level = level_;                                     \
		0;                                                          \
	})

#define THREAD_SIZE 16384 /* of x86-64 */

/* Did an interrupt, or a softirq behind one, come to the tracepoint? They have a stack of their own,
 * where @ctx is then. */
static __always_inline bool on_interrupt_stack(const u64 *ctx)
{
	u64 at = 0;

	bpf_probe_read_kernel(&at, 8, &ctx); /* a plain number */
	return at - (u64)BPF_CORE_READ(bpf_get_current_task_btf(), stack) >= THREAD_SIZE;
}

/* Write a record of @n words @v (a constant), and the file it speaks of if @inode is given. */
static __always_inline int emit(u32 kind, u32 aux, struct inode *inode, const u64 *v, u32 n)
{
	struct rec_ring *r = own_ring();

	return r ? INTO_RING(r, put, kind, aux, inode, v, n) : 0;
}

#define EMIT_FILE(kind, aux, inode, ...)                    \
	({                                                  \
		u64 v_[] = { __VA_ARGS__ };                 \
		emit(kind, aux, inode, v_, sizeof(v_) / 8); \
	})
#define EMIT(kind, ...) EMIT_FILE(MMT_EV_##kind, 0, 0, __VA_ARGS__)

/* A task changed under its number (exec, rename), wanted or not: tell it again, on whichever CPU it
 * is next. */
static __always_inline void forget_task(void)
{
	struct rec_ring *r = own_ring();

	__sync_fetch_and_add(&names, 1);
	if (r)
		r->task = 0;
}

#endif
