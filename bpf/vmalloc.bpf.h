/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel address ranges of vmalloc. An address names its range inside the recorder only. */
#ifndef MMT_BPF_VMALLOC_H
#define MMT_BPF_VMALLOC_H

#include "bpf/reclaim.bpf.h"
#include "bpf/text.bpf.h"

DEMAND(alloc_vmap_area, (u32)ctx[5] ? 0 : ctx[0], ctx[1], ctx[2], (u32)ctx[5] != 0)
/* whoever gives it up: the recorder knows whether the range is one that was told */
PLAIN(free_vmap_area_noflush, L(0), L(1), L(2))
PLAIN(purge_vmap_area_lazy, L(0), L(1), U(2))

#endif
