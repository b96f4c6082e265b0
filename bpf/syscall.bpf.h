/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls that change address spaces, seen at their return, when the registers still hold the
 * arguments: behind the classic tracepoint of each wanted call where tracefs can be read, which
 * spares all other calls the entry of a program (lib/record/calls.c); else behind the one raw
 * tracepoint of all, leaving at once for those that do not matter.
 */
#ifndef MMT_BPF_SYSCALL_H
#define MMT_BPF_SYSCALL_H

#include "bpf/filter.bpf.h"

/* by system call number: event kind (0: not wanted), which argument is a descriptor (from 1), which
 * is a pointer to a node mask (from 1); set before loading */
const volatile u16 sys_kind[REC_SYSCALLS] = {};
const volatile u8 sys_fd[REC_SYSCALLS] = {};
const volatile u8 sys_mask[REC_SYSCALLS] = {};

static __always_inline struct inode *fd_inode(struct task_struct *t, u32 fd)
{
	struct fdtable *table = BPF_CORE_READ(t, files, fdt);
	struct file **slots = BPF_CORE_READ(table, fd), *file = 0;

	if (fd >= BPF_CORE_READ(table, max_fds) || bpf_probe_read_kernel(&file, 8, slots + fd))
		return 0;
	return file ? BPF_CORE_READ(file, f_inode) : 0;
}

static __always_inline u64 pick(const u64 *v, u32 n)
{
	return n == 1 ? v[0] : n == 2 ? v[1] : n == 3 ? v[2] : n == 4 ? v[3] : v[4];
}

static __always_inline int system_call(struct pt_regs *regs, s64 nr, s64 ret)
{
	struct task_struct *t = bpf_get_current_task_btf();
	u32 n = nr & (REC_SYSCALLS - 1), kind = sys_kind[n], fd = sys_fd[n], mask = sys_mask[n];
	u64 v[7], nodes = 0;
	struct inode *inode = 0;

	v[0] = regs->di;
	v[1] = regs->si;
	v[2] = regs->dx;
	v[3] = regs->r10;
	v[4] = regs->r8;
	v[5] = regs->r9;
	v[6] = ret;
	if (fd && (s32)pick(v, fd) >= 0)
		inode = fd_inode(t, pick(v, fd));
	if (!fd && !mask)
		return emit(kind, 0, 0, v, 7);
	if (mask && !bpf_probe_read_user(&nodes, 8, (void *)pick(v, mask)))
		v[4] = nodes;
	return emit(kind, !inode << 15, inode, v, 7);
}

SEC("tp_btf/sys_exit") int BPF_PROG(sys_exit, struct pt_regs *regs, s64 ret)
{
	u64 nr = regs->orig_ax;

	if (nr >= REC_SYSCALLS || !sys_kind[nr] || !wanted())
		return 0;
	return system_call(regs, nr, ret);
}

struct sys_exit_context {
	u64 common;
	u32 nr;
	s64 ret;
};

SEC("tracepoint") int sys_exit_classic(struct sys_exit_context *ctx)
{
	if (ctx->nr >= REC_SYSCALLS || !wanted())
		return 0;
	return system_call((struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()), ctx->nr,
			   ctx->ret);
}

#endif
