/* SPDX-License-Identifier: GPL-2.0-only */
/* Who runs where: context switches, moves between CPUs, NUMA balancing, TLB flushes. */
#ifndef MMT_BPF_SCHED_H
#define MMT_BPF_SCHED_H

#include "bpf/reclaim.bpf.h"
#include "bpf/text.bpf.h"

SEC("raw_tp/sched_switch") int sched_switch(u64 *ctx)
{
	struct task_struct *prev = ARG(task_struct, 1), *next = ARG(task_struct, 2);

	if (!recording || (!wanted_task(prev) && !wanted_task(next)))
		return 0;
	return EMIT(sched_switch, TASK_WORD(prev), TASK_WORD(next), U(3), ctx[0] & 1);
}

SEC("raw_tp/sched_migrate_task") int sched_migrate_task(u64 *ctx)
{
	struct task_struct *t = ARG(task_struct, 0);

	return recording && wanted_task(t) ? EMIT(sched_migrate_task, TASK_WORD(t), U(1)) : 0;
}

SEC("raw_tp/sched_prepare_exec") int sched_prepare_exec(u64 *ctx)
{
	return wanted() ? EMIT(sched_prepare_exec, 0) : 0;
}

SEC("raw_tp/task_newtask") int task_newtask(u64 *ctx)
{
	struct task_struct *t = ARG(task_struct, 0);

	return wanted() ? EMIT(task_newtask, TASK_WORD(t), ctx[1]) : 0;
}

/* what a program passed may be an address of its own, never one of the kernel's that it knows */
#define OWN(n) (ctx[n] >> 63 ? 0 : ctx[n])
DEMAND(task_prctl_unknown, U(0), OWN(1), OWN(2), OWN(3), OWN(4))

SEC("raw_tp/sched_move_numa") int sched_move_numa(u64 *ctx)
{
	struct task_struct *t = ARG(task_struct, 0);

	return recording ? EMIT(sched_move_numa, TASK_WORD(t), U(1), U(2)) : 0;
}

#define TWO_TASKS(name)                                                                    \
	SEC("raw_tp/" #name) int name(u64 *ctx)                                            \
	{                                                                                  \
		struct task_struct *a = ARG(task_struct, 0), *b = ARG(task_struct, 2);     \
                                                                                           \
		return recording ? EMIT(name, TASK_WORD(a), U(1), TASK_WORD(b), U(3)) : 0; \
	}
TWO_TASKS(sched_stick_numa)
TWO_TASKS(sched_swap_numa)

SEC("raw_tp/sched_skip_vma_numa") int sched_skip_vma_numa(u64 *ctx)
{
	struct vm_area_struct *vma = ARG(vm_area_struct, 1);

	return recording ? EMIT(sched_skip_vma_numa, ctx[0], BPF_CORE_READ(vma, vm_start),
				BPF_CORE_READ(vma, vm_end), U(2))
			 : 0;
}

SEC("raw_tp/sched_skip_cpuset_numa") int sched_skip_cpuset_numa(u64 *ctx)
{
	struct task_struct *t = ARG(task_struct, 0);
	u64 nodes = 0;

	bpf_probe_read_kernel(&nodes, 8, (void *)ctx[1]);
	return recording ? EMIT(sched_skip_cpuset_numa, TASK_WORD(t), nodes) : 0;
}

/* On the CPU that flushes; -1 pages: all of them. */
PLAIN(tlb_flush, I(0), L(1))

#endif
