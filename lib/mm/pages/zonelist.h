/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zonelists: in which order the zones of all nodes are tried by requests from one node.
 */
#ifndef MM_ZONELIST_H
#define MM_ZONELIST_H

#include "lib/mm/pages/zone.h"

/* Build the lists of all nodes, by distance. */
int zonelists_init(struct mm_system *sys, struct mmt_err *e);
void zonelists_free(struct mm_system *sys);
/* Nodes with memory in the order a request from @node tries them; returns how many. */
unsigned zonelist_node_order(const struct mm_system *sys, unsigned node, uint16_t *load,
			     uint16_t order[MM_MAX_NODES]);
/* First position at or after @pos of a zone whose type is at most @highest and whose node is in
 * @nodemask (0: any); the end of the list when there is none. */
struct zone **zonelist_next(struct zone **pos, unsigned highest, uint64_t nodemask);

#endif
