/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slab and per-CPU objects. An object's address names it inside the recorder only; a cache has a
 * number from its first sight on, and its name is kept where the recorder reads it.
 */
#ifndef MMT_BPF_SLAB_H
#define MMT_BPF_SLAB_H

#include "bpf/reclaim.bpf.h"
#include "bpf/text.bpf.h"

#define CACHES 512

/* by a cache's number - 1; written once, before the number is used */
volatile char cache_names[CACHES][32] = {};
volatile u32 nr_caches = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, u64);
	__type(value, u32);
	__uint(max_entries, CACHES);
} caches SEC(".maps");

/* Number of the cache, 0: there are too many. */
static __always_inline u32 cache_number(struct kmem_cache *cache)
{
	u64 key = (u64)cache;
	u32 *known = bpf_map_lookup_elem(&caches, &key), n;

	if (known)
		return *known;
	n = __sync_fetch_and_add(&nr_caches, 1);
	if (n >= CACHES)
		return 0;
	bpf_probe_read_kernel_str((void *)cache_names[n], 32, BPF_CORE_READ(cache, name));
	n++;
	if (bpf_map_update_elem(&caches, &key, &n, BPF_ANY))
		return 0;
	return n;
}

/* The object that describes a cache is freed: its address may name another one from now on. */
static __always_inline void forget_cache(u64 object)
{
	if (bpf_map_lookup_elem(&caches, &object))
		bpf_map_delete_elem(&caches, &object);
}

SEC("raw_tp/kmalloc") int kmalloc(u64 *ctx)
{
	return wanted() ? EMIT(kmalloc, ctx[1], ctx[2], ctx[3], U(4), I(5)) : 0;
}

SEC("raw_tp/kfree") int kfree(u64 *ctx)
{
	return recording && ctx[1] ? EMIT(kfree, ctx[1]) : 0;
}

SEC("raw_tp/kmem_cache_alloc") int kmem_cache_alloc(u64 *ctx)
{
	struct kmem_cache *cache = ARG(kmem_cache, 2);

	if (!wanted())
		return 0;
	return EMIT(kmem_cache_alloc, ctx[1], (u64)cache_number(cache) | U(3) << 32, I(4));
}

SEC("raw_tp/kmem_cache_free") int kmem_cache_free(u64 *ctx)
{
	struct kmem_cache *cache = ARG(kmem_cache, 2);

	if (!recording)
		return 0;
	forget_cache(ctx[1]);
	return EMIT(kmem_cache_free, ctx[1], cache_number(cache));
}

SEC("raw_tp/percpu_alloc_percpu") int percpu_alloc_percpu(u64 *ctx)
{
	return wanted() ? EMIT(percpu_alloc_percpu, ctx[1] & 1, ctx[2] & 1, ctx[3], ctx[4], ctx[5],
			       U(6), ctx[7], ctx[8], U(9))
			: 0;
}

DEMAND(percpu_alloc_percpu_fail, ctx[0] & 1, ctx[1] & 1, ctx[2], ctx[3])
PLAIN(percpu_create_chunk, L(0))
PLAIN(percpu_destroy_chunk, L(0))
PLAIN(percpu_free_percpu, L(0), U(1), L(2))

#endif
