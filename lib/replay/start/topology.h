/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones, nodes and CPUs of the machine to simulate.
 */
#ifndef REPLAY_TOPOLOGY_H
#define REPLAY_TOPOLOGY_H

#include "lib/replay/survey/survey.h"
#include "lib/replay/tunable.h"

struct topology {
	struct mm_zone_config zone[MACHINE_MAX_ZONES];
	unsigned nr_zones, nr_nodes, nr_cpus;
	unsigned node_of_cpu[MM_MAX_CPUS];
	uint8_t distance[MM_MAX_NODES * MM_MAX_NODES];
	bool has_distance;
	bool as_recorded; /* neither RAM nor nodes differ */
	pfn_t end;	  /* frames from here on do not exist */
};

/* The machine of @s with the RAM, nodes and CPUs of @v; RAM that was added enters the population as
 * free. -ENOTSUP: zones that the model cannot hold
 * (none, overlapping ones), or more nodes than RAM allows. */
int topology_build(struct topology *t, struct survey *s, const struct tunable_values *v,
		   struct mmt_err *e);

#endif
