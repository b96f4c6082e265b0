// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel pages of a scenario: blocks under a name.
 *
 *	alloc A order=2 n=5     pfn[]  16 20 24 28 32
 *	free A stride=2            ->   -  20  -  28  -      first, first + stride, ...
 *	free A                     ->   -   -  -   -  -      the rest; the name may be used again
 *
 * I1  A block is given back once, at its order: the model never refuses a free from here.
 * I2  A name that got nothing is a name: freeing it does nothing.
 *
 * Differs from Linux: a request is made by no task unless pid= names one, as from an interrupt that
 * may sleep: its own policy is the default one.
 *
 * Cost: a hash of the name and one call of the model for each block.
 */
#include "lib/mm/gfp.h"
#include "lib/replay/scenario/call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The request that an alloc line makes, and the policies it is made under. */
struct request {
	struct mm_alloc_request rq;
	struct scenario_task *task;
	struct mm_vma_policy vma;
	bool has_vma;
	uint32_t cg;
	uint64_t n;
};

static int read_request(struct call *c, struct request *q)
{
	uint64_t nodes = c->s->machine.nodes, node = ARG(c, alloc, node);
	int ret = 0;

	*q = (struct request){ .cg = SCENARIO_ROOT,
			       .n = scenario_given(c, 7) ? ARG(c, alloc, n) : 1 };
	q->rq = (struct mm_alloc_request){ .gfp = scenario_given(c, 2)
							  ? (uint32_t)ARG(c, alloc, gfp)
							  : GFP_KERNEL,
					   .order = (uint8_t)ARG(c, alloc, order),
					   .node = -1 };
	if (scenario_given(c, 6)) {
		ret = scenario_find_task(c, ARG(c, alloc, pid), &q->task);
		if (ret)
			return ret;
		q->cg = q->task->cg;
		q->rq.cpu = q->task->cpu;
	}
	if (scenario_given(c, 3))
		q->rq.cpu = (uint16_t)ARG(c, alloc, cpu);
	ret = scenario_check_cpu(c, q->rq.cpu);
	if (!ret && scenario_given(c, 4) && node >= nodes)
		ret = REFUSE(c, EINVAL, "there is no node %" PRIu64, node);
	if (scenario_given(c, 4))
		q->rq.node = (int16_t)node;
	if (!ret && scenario_given(c, 5))
		ret = scenario_find_cgroup(c, TEXT(c, alloc, cg), &q->cg);
	if (!ret && scenario_given(c, 9) && !scenario_given(c, 8))
		ret = REFUSE(c, EINVAL, "ilx= is a place in a mapping, whose policy vma= tells");
	if (!ret && scenario_given(c, 8)) {
		q->has_vma = true;
		q->vma.offset = ARG(c, alloc, ilx);
		if (ARG(c, alloc, vma) >= NR_MPOL_MODES)
			return REFUSE(c, EINVAL, "policy %" PRIu64 " is none", ARG(c, alloc, vma));
		ret = -mm_mempolicy_init(c->r->allocator.sys, &q->vma.policy,
					 (enum mm_mempolicy_mode)ARG(c, alloc, vma),
					 ARG(c, alloc, nodes), 0, c->e);
	}
	if (!ret && q->rq.order > MMT_ORDER_MAX)
		ret = REFUSE(c, EINVAL, "order %u is beyond %d", q->rq.order, MMT_ORDER_MAX);
	if (!ret && (!q->n || q->n > MMT_SCENARIO_N_MAX))
		ret = REFUSE(c, EINVAL, "n=%" PRIu64 " is not in 1..%u", q->n, MMT_SCENARIO_N_MAX);
	return ret;
}

/* A block, under the policy of a task or VMA unless a node was named. */
static pfn_t one_block(struct mm_system *sys, struct request *q)
{
	if (q->rq.node >= 0 || (!q->task && !q->has_vma))
		return mm_alloc_pages(sys, &q->rq);
	return mm_alloc_pages_mpol(sys, &q->rq, q->task ? &q->task->policy : NULL,
				   q->has_vma ? &q->vma : NULL);
}

static int over_budget(const struct call *c, uint64_t blocks)
{
	uint64_t most = c->r->options->max_events;

	if (!most || c->s->allocs + blocks <= most)
		return 0;
	return mmt_fail(c->e, EDQUOT, "budget of %" PRIu64 " events exceeded by n=%" PRIu64, most,
			blocks);
}

/* Allocate until all are there or one is refused. */
static int fill(struct call *c, struct scenario_blocks *b, struct request *q)
{
	struct mm_system *sys = c->r->allocator.sys;
	size_t cap = 0;

	while (b->nr < q->n && !b->failed) {
		pfn_t pfn = one_block(sys, q), *grown;

		if (mm_host_failed(sys))
			return mmt_fail(c->e, ENOMEM, "no memory for page records");
		if (pfn == PFN_NONE) {
			b->failed = true;
			break;
		}
		grown = mmt_grow(c->s->alloc, b->pfn, &cap, b->nr + 1, sizeof(*grown));
		if (!grown)
			return mmt_fail(c->e, ENOMEM, "no memory for blocks");
		b->pfn = grown;
		b->pfn[b->nr++] = pfn;
		q->vma.offset += 1ull << b->order;
		c->s->allocs++;
		c->r->allocator.allocs++;
		c->r->allocator.faithful++;
	}
	b->left = b->nr;
	b->first = b->nr ? b->pfn[0] : PFN_NONE;
	/* kernel pages of tasks in the root group are nobody's (current_obj_cgroup(), 6.12) */
	if (q->rq.gfp & __GFP_ACCOUNT && q->cg != SCENARIO_ROOT && b->nr) {
		b->cg = q->cg;
		scenario_charge(c->s, q->cg, (int64_t)b->nr << b->order);
	}
	return 0;
}

int scenario_do_alloc(struct call *c)
{
	const char *name = TEXT(c, alloc, name);
	struct scenario_blocks *b;
	struct request q;
	uint32_t n = symbol_find(&c->s->block_names, name);
	int ret;

	if (!*name)
		return REFUSE(c, EINVAL, "blocks without a name");
	if (n != SYMBOL_NONE && c->s->blocks[n].live)
		return REFUSE(c, EEXIST, "'%s' is allocated already", name);
	ret = read_request(c, &q);
	if (!ret)
		ret = over_budget(c, q.n);
	if (ret)
		return ret;
	n = scenario_add_name(c, &c->s->block_names, name, (void **)&c->s->blocks,
			      &c->s->cap_blocks, sizeof(*c->s->blocks));
	if (n == SYMBOL_NONE)
		return -ENOMEM;
	b = &c->s->blocks[n];
	mmt_free(c->s->alloc, b->pfn);
	*b = (struct scenario_blocks){ .live = true,
				       .order = q.rq.order,
				       .cpu = q.rq.cpu,
				       .first = PFN_NONE,
				       .cg = SCENARIO_ROOT };
	return fill(c, b, &q);
}

int scenario_do_free(struct call *c)
{
	const char *name = TEXT(c, free, name);
	uint32_t n = symbol_find(&c->s->block_names, name);
	uint64_t first = ARG(c, free, first),
		 stride = scenario_given(c, 3) ? ARG(c, free, stride) : 1;
	uint64_t most = scenario_given(c, 4) ? ARG(c, free, n) : UINT64_MAX;
	struct scenario_blocks *b;
	unsigned cpu;
	int ret;

	if (n == SYMBOL_NONE || !c->s->blocks[n].live)
		return -scenario_unknown(c->e, ENOENT, "block", &c->s->block_names, name,
					 "was freed already");
	b = &c->s->blocks[n];
	cpu = scenario_given(c, 1) ? (unsigned)ARG(c, free, cpu) : b->cpu;
	ret = scenario_check_cpu(c, cpu);
	if (!ret && !stride)
		ret = REFUSE(c, EINVAL, "a stride of 0");
	if (!ret && !most)
		ret = REFUSE(c, EINVAL, "n=0 frees nothing");
	if (!ret && first && first >= b->nr)
		ret = REFUSE(c, EINVAL, "first=%" PRIu64 " of %u blocks, of which the first is 0",
			     first, b->nr);
	if (ret)
		return ret;
	for (uint64_t i = first; i < b->nr && most; i += stride, most--) {
		if (b->pfn[i] == PFN_NONE)
			continue;
		MMT_BUG(!mm_free_pages(c->r->allocator.sys, b->pfn[i], b->order, cpu));
		b->pfn[i] = PFN_NONE;
		b->left--;
		c->s->frees++;
		c->r->allocator.frees++;
		c->r->allocator.faithful++;
		if (b->cg != SCENARIO_ROOT)
			scenario_charge(c->s, b->cg, -((int64_t)1 << b->order));
		if (stride > UINT32_MAX)
			break;
	}
	b->live = b->left > 0;
	if (mm_host_failed(c->r->allocator.sys))
		return mmt_fail(c->e, ENOMEM, "no memory for page records");
	return 0;
}
