// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: each node has a list of all zones, near ones first, and one of its own zones only, for
 * __GFP_THISNODE. Within a node zones go from the highest type down, so that DMA memory is taken
 * last.
 *
 *     three nodes, all 20 apart:   node 0: 0 1 2    node 1: 1 2 0    node 2: 2 0 1
 *
 * Reference: Linux 6.12 mm/page_alloc.c build_zonelists(), find_next_best_node(),
 * next_zones_zonelist().
 *
 * Invariants: I1 zones without present pages and ZONE_DEVICE are in no list. I2 A fallback list has
 * every other zone exactly once.
 * Cost: built once; a lookup is a few compares.
 *
 * Differs from Linux: lists are not rebuilt when memory comes online: zones that may grow must have
 * present pages from the start.
 */
#include "lib/mm/pages/zonelist.h"

#include <errno.h>

/* One more than the largest load, so that distance always counts first (CONFIG_NODES_SHIFT 10). */
#define LOAD_RANGE 1024

static unsigned distance(const struct mm_system *sys, unsigned from, unsigned to)
{
	return sys->distance[from * sys->nr_nodes + to];
}

static int next_best_node(const struct mm_system *sys, unsigned node, uint64_t *used,
			  const uint16_t *load)
{
	unsigned n, best_value = UINT32_MAX;
	int best = -1;

	if (!(*used & 1ull << node) && sys->memory_nodes & 1ull << node) {
		*used |= 1ull << node;
		return (int)node;
	}
	for (n = 0; n < sys->nr_nodes; n++) {
		unsigned value;

		if (*used & 1ull << n || !(sys->memory_nodes & 1ull << n))
			continue;
		/* Prefer the next node over those before us, and nodes without CPUs. */
		value = distance(sys, node, n) + (n < node) + (sys->node[n].nr_cpus > 0);
		value = value * LOAD_RANGE + load[n];
		if (value < best_value) {
			best_value = value;
			best = (int)n;
		}
	}
	if (best >= 0)
		*used |= 1ull << best;
	return best;
}

unsigned zonelist_node_order(const struct mm_system *sys, unsigned node, uint16_t *load,
			     uint16_t order[MM_MAX_NODES])
{
	unsigned nr = 0, previous = node;
	uint64_t used = 0;
	int n;

	while ((n = next_best_node(sys, node, &used, load)) >= 0) {
		/* The first node of a distance group bears the load of this one. */
		if (distance(sys, node, (unsigned)n) != distance(sys, node, previous))
			load[n]++;
		order[nr++] = (uint16_t)n;
		previous = (unsigned)n;
	}
	return nr;
}

static struct zone **add_node(const struct mm_system *sys, struct zone **end, unsigned node)
{
	unsigned type;

	for (type = ZONE_DEVICE; type-- > 0;) {
		int z = sys->node[node].zone[type];

		if (z >= 0 && sys->zone[z].present)
			*end++ = &sys->zone[z];
	}
	return end;
}

static void set_first(struct zonelist *l)
{
	unsigned highest;

	for (highest = 0; highest < MAX_NR_ZONES; highest++)
		l->first[highest] = zonelist_next(l->zone, highest, 0);
}

int zonelists_init(struct mm_system *sys, struct mmt_err *e)
{
	uint16_t load[MM_MAX_NODES] = { 0 };
	uint16_t order[MM_MAX_NODES];
	unsigned n, i, nr;

	for (n = 0; n < sys->nr_nodes; n++) {
		struct node *node = &sys->node[n];
		struct zone **end;

		node->fallback.zone =
			mmt_calloc(sys->alloc, sys->nr_zones + 1, sizeof(*node->fallback.zone));
		node->local.zone =
			mmt_calloc(sys->alloc, MAX_NR_ZONES + 1, sizeof(*node->local.zone));
		if (!node->fallback.zone || !node->local.zone)
			return mmt_fail(e, ENOMEM, "no memory for zonelists");
		nr = zonelist_node_order(sys, n, load, order);
		end = node->fallback.zone;
		for (i = 0; i < nr; i++)
			end = add_node(sys, end, order[i]);
		add_node(sys, node->local.zone, n);
		set_first(&node->fallback);
		set_first(&node->local);
	}
	return 0;
}

void zonelists_free(struct mm_system *sys)
{
	unsigned n;

	for (n = 0; sys->node && n < sys->nr_nodes; n++) {
		mmt_free(sys->alloc, sys->node[n].fallback.zone);
		mmt_free(sys->alloc, sys->node[n].local.zone);
	}
}

struct zone **zonelist_next(struct zone **pos, unsigned highest, uint64_t nodemask)
{
	for (; *pos; pos++)
		if ((*pos)->type <= highest && (!nodemask || nodemask & 1ull << (*pos)->node))
			break;
	return pos;
}
