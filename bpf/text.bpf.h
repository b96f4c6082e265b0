/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What several groups of programs tell alike: names, tasks, control groups. A name is REC_NAME
 * words of a record, cut there.
 */
#ifndef MMT_BPF_TEXT_H
#define MMT_BPF_TEXT_H

#include "bpf/filter.bpf.h"

/* An event of the current task, if that is wanted; arguments are plain numbers. */
#define DEMAND(name, ...)                                      \
	SEC("raw_tp/" #name) int name(u64 *ctx)                \
	{                                                      \
		return wanted() ? EMIT(name, __VA_ARGS__) : 0; \
	}

/* An argument of the tracepoint as a pointer that only BPF_CORE_READ() follows. */
#define ARG(type, n)	 ((struct type *)ctx[n])

#define TASK_WORD(t)	 ((u32)BPF_CORE_READ(t, pid) | (u64)(u32)BPF_CORE_READ(t, tgid) << 32)

#define NAME_WORDS(name) name[0], name[1], name[2], name[3]

static __always_inline void read_name(u64 *name, const void *from)
{
	bpf_probe_read_kernel_str(name, 8 * REC_NAME, from);
}

/* The name of the function at @address, as the kernel's own symbols tell it. */
static __always_inline void function_name(u64 *name, u64 address)
{
	static const char format[] = "%ps";

	bpf_snprintf((char *)name, 8 * REC_NAME, format, &address, 8);
}

#endif
