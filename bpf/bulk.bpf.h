/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bulk allocations, which have no tracepoint: the function itself, at its end (fexit), where the
 * kernel lets functions be traced. Its name and place in the kernel are set before loading.
 *
 * Theory. Such a program may be preempted, and another task's run on the CPU meanwhile, so what
 * keeps writers of a ring apart (who comes later ends first) does not hold. They have a ring of
 * their own on each CPU, behind those of interrupts, and whoever finds it taken loses his record,
 * counted as nested.
 */
#ifndef MMT_BPF_BULK_H
#define MMT_BPF_BULK_H

#include "bpf/filter.bpf.h"

const volatile u32 apart = 0; /* index of the first of these rings, behind those of interrupts */

static __always_inline int emit_apart(u32 kind, const u64 *v, u32 n)
{
	u32 key = bpf_get_smp_processor_id() + apart;
	struct rec_ring *r = bpf_map_lookup_elem(&nested, &key);

	if (!r)
		return 0;
	if (__sync_val_compare_and_swap(&r->level, 0, 1)) {
		__sync_fetch_and_add(&r->nested[kind & (REC_KINDS - 1)], 1);
		return 0;
	}
	r->tid = 0; /* who renames a task may not know of this ring: told each time */
	put(r, REC_NESTED_WORDS - 1, kind, 0, 0, v, n);
	barrier();
	r->level = 0;
	return 0;
}

/* gfp, preferred node, allowed nodes, pages asked for, ... */
SEC("fexit") int alloc_pages_bulk(u64 *ctx)
{
	u64 got = 0, v[4];

	if (!wanted() || bpf_get_func_ret(ctx, &got))
		return 0;
	v[0] = (u32)ctx[3];
	v[1] = (u32)got;
	v[2] = (u32)ctx[0];
	v[3] = (u64)(s64)(s32)ctx[1];
	return emit_apart(MMT_EV_alloc_pages_bulk, v, 4);
}

#endif
