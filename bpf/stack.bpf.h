/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel stacks of page allocations. A stack gets a number at its first sight, and the names of its
 * functions are written to a text of that number, which the recorder maps: no address leaves the
 * kernel, and none needs to be looked up later. (The kernel's own map of stacks keeps one for each
 * value of a short hash: the most frequent stack may be shut out by one seen before.)
 *
 * Cost: 2 us for each that is sampled, some 20 us for a new one.
 */
#ifndef MMT_BPF_STACK_H
#define MMT_BPF_STACK_H

#include "bpf/filter.bpf.h"

#define STACK_SKIP 3 /* this program, what ran it, the allocator's tracepoint */

const volatile u32 stack_share = 0; /* one of so many allocations; 0: none */
volatile u32 nr_stacks = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, u64); /* hash of the frames' addresses */
	__type(value, u32);
	__uint(max_entries, 1);
} stacks SEC(".maps");

struct stack_text {
	char name[REC_FRAMES][REC_SYMBOL];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct stack_text));
	__uint(max_entries, 1);
} stack_texts SEC(".maps");

struct stack_frames {
	u64 frame[REC_FRAMES];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, u32);
	__type(value, struct stack_frames);
	__uint(max_entries, 1);
} stack_scratch SEC(".maps");

/* Every place of a name is a constant: the verifier has one path to walk. */
static __always_inline void name_frames(struct stack_frames *s, struct stack_text *to)
{
	static const char format[] = "%ps";

#pragma unroll
	for (u32 i = 0; i < REC_FRAMES; i++) {
		u64 frame = s->frame[i];

		if (!frame)
			return;
		bpf_snprintf(to->name[i], REC_SYMBOL, format, &frame, 8);
	}
}

/* The stack's number; REC_STACKS: there are too many. */
static __always_inline u32 stack_number(struct stack_frames *s)
{
	struct stack_text *text;
	u64 hash = 0;
	u32 *known, number;

#pragma unroll
	for (u32 i = 0; i < REC_FRAMES; i++)
		hash = (hash ^ s->frame[i]) * 0x9e3779b97f4a7c15 ^ hash >> 29;
	known = bpf_map_lookup_elem(&stacks, &hash);
	if (known)
		return *known;
	number = __sync_fetch_and_add(&nr_stacks, 1);
	text = bpf_map_lookup_elem(&stack_texts, &number);
	if (!text)
		return REC_STACKS;
	name_frames(s, text);
	bpf_map_update_elem(&stacks, &hash, &number, BPF_ANY);
	return number;
}

SEC("raw_tp/mm_page_alloc") int alloc_stack(u64 *ctx)
{
	struct stack_frames *s;
	u32 zero = 0;

	if (!ctx[0] || !wanted() || (stack_share > 1 && bpf_get_prandom_u32() % stack_share))
		return 0;
	s = bpf_map_lookup_elem(&stack_scratch, &zero);
	if (!s)
		return 0;
	__builtin_memset(s, 0, sizeof(*s));
	bpf_get_stack(ctx, s, sizeof(*s), STACK_SKIP);
	return EMIT(alloc_stack, ctx[0], stack_number(s));
}

#endif
