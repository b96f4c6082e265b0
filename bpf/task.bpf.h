/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks and address spaces: fork, exec, exit, rename, and the list of those alive at the start. */
#ifndef MMT_BPF_TASK_H
#define MMT_BPF_TASK_H

#include "bpf/filter.bpf.h"
#include "bpf/limits.bpf.h"

#define CLONE_VM     0x100
#define CLONE_VFORK  0x4000
#define CLONE_THREAD 0x10000

/* An object's address as a number; it names the object inside the recorder and goes no further. */
#define KEY(object, member)                                       \
	({                                                        \
		u64 k_ = 0;                                       \
		bpf_probe_read_kernel(&k_, 8, &(object)->member); \
		k_;                                               \
	})

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	u64 parent_mm = KEY(parent, mm), mm = KEY(child, mm), comm[2] = {};
	u32 tgid = child->tgid, flags = 0;
	u8 one = 1;

	if (!recording)
		return 0;
	if (filtered) {
		if (!wanted_task(parent))
			return 0;
		if (!by_group)
			bpf_map_update_elem(&watched, &tgid, &one, BPF_ANY);
	}
	if (mm == parent_mm)
		flags |= CLONE_VM;
	if (tgid == (u32)parent->tgid)
		flags |= CLONE_THREAD;
	if (KEY(child, vfork_done))
		flags |= CLONE_VFORK;
	bpf_probe_read_kernel(comm, 16, &child->comm);
	return EMIT(sched_process_fork, (u32)child->pid | (u64)tgid << 32, mm, flags, child->flags,
		    comm[0], comm[1]);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *p, int old_pid)
{
	forget_task();
	if (!wanted())
		return 0;
	return EMIT(sched_process_exec, KEY(p, mm), (u32)old_pid);
}

SEC("tp_btf/sched_process_exit") int BPF_PROG(sched_process_exit, struct task_struct *p)
{
	if (!wanted())
		return 0;
	return EMIT(sched_process_exit, KEY(p, mm), p->signal->live.counter == 0);
}

SEC("tp_btf/sched_process_free") int BPF_PROG(sched_process_free, struct task_struct *p)
{
	u32 tgid = p->tgid;

	if (!recording || !wanted_task(p))
		return 0;
	if (filtered && tgid == (u32)p->pid)
		bpf_map_delete_elem(&watched, &tgid);
	return EMIT(sched_process_free, (u32)p->pid);
}

SEC("tp_btf/task_rename") int BPF_PROG(task_rename, struct task_struct *task, const char *comm)
{
	u64 name[2] = {};

	forget_task();
	if (!wanted())
		return 0;
	bpf_probe_read_kernel_str(name, 16, comm);
	return EMIT(task_rename, (u32)task->pid | (u64)(u32)task->tgid << 32, name[0], name[1]);
}

SEC("raw_tp/exit_mmap") int exit_mmap(u64 *ctx)
{
	return wanted() ? EMIT(exit_mmap, ctx[0]) : 0;
}

SEC("tp_btf/oom_score_adj_update") int BPF_PROG(oom_score_adj_update, struct task_struct *task)
{
	if (!recording || !wanted_task(task))
		return 0;
	return EMIT(oom_score_adj_update, (u32)task->pid, (s64)task->signal->oom_score_adj);
}

/* Since 6.10 (and in late 6.1) the victim itself is told, before that its number only (then
 * mark_victim_pid). */
SEC("tp_btf/mark_victim") int BPF_PROG(mark_victim, struct task_struct *task, u32 uid)
{
	struct mm_struct *mm = task->mm;
	struct mm_struct___old *old = (void *)mm;
	s64 rss[4] = {};

	if (!recording)
		return 0;
	if (bpf_core_field_exists(mm->rss_stat)) {
		bpf_probe_read_kernel(&rss[0], 8, &mm->rss_stat[0].count);
		bpf_probe_read_kernel(&rss[1], 8, &mm->rss_stat[1].count);
		bpf_probe_read_kernel(&rss[3], 8, &mm->rss_stat[3].count);
	} else if (bpf_core_field_exists(old->rss_stat.count)) {
		bpf_probe_read_kernel(&rss[0], 8, &old->rss_stat.count[0]);
		bpf_probe_read_kernel(&rss[1], 8, &old->rss_stat.count[1]);
		bpf_probe_read_kernel(&rss[3], 8, &old->rss_stat.count[3]);
	}
	return EMIT(mark_victim, (u32)task->pid, uid, BPF_CORE_READ(mm, total_vm), rss[1], rss[0],
		    rss[3], (s64)task->signal->oom_score_adj);
}

SEC("raw_tp/mark_victim") int mark_victim_pid(u64 *ctx)
{
	return recording ? EMIT(mark_victim, (u32)ctx[0], 0, 0, 0, 0, 0, 0) : 0;
}

#define ONE_TID(name)                                           \
	SEC("raw_tp/" #name) int name(u64 *ctx)                 \
	{                                                       \
		return recording ? EMIT(name, (u32)ctx[0]) : 0; \
	}
ONE_TID(wake_reaper)
ONE_TID(start_task_reaping)
ONE_TID(finish_task_reaping)
ONE_TID(skip_task_reaping)

/* what read() of the iterator returns: one of these for each task */
struct task_row {
	u32 tid, tgid, flags, ppid;
	u64 mm, cgroup;
	char comm[16];
};

SEC("iter/task") int tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;
	struct task_row row = {};

	if (!t)
		return 0;
	row.tid = t->pid;
	row.tgid = t->tgid;
	row.flags = t->flags;
	row.ppid = BPF_CORE_READ(t, real_parent, tgid);
	row.mm = KEY(t, mm);
	row.cgroup = memory_cgroup(t);
	bpf_probe_read_kernel(row.comm, 16, &t->comm);
	if (t->flags & PF_KSWAPD)
		note_limits(t);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}

#endif
