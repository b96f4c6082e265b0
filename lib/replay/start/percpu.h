/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which frames waited in per-CPU lists when the trace began.
 */
#ifndef REPLAY_PERCPU_H
#define REPLAY_PERCPU_H

#include "lib/replay/survey/survey.h"

struct percpu;

/* Choose the frames and mark them FRAME_IN_PCP in the population: they are not in free lists.
 * @chosen counts pages that no event told. NULL: memory. */
struct percpu *percpu_choose(struct survey *s, uint64_t *chosen, struct mmt_err *e);
/* Put them into the lists of a machine whose free blocks are seeded; its list sizes stay. */
int percpu_seed(const struct percpu *p, struct mm_system *sys, unsigned nr_cpus, struct mmt_err *e);
void percpu_free(struct percpu *p);

#endif
