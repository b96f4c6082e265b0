/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recorded population in a machine with less RAM.
 */
#ifndef REPLAY_PLACE_H
#define REPLAY_PLACE_H

#include "lib/replay/start/initial.h"
#include "lib/replay/start/topology.h"

/* Find room for what was in use beyond the end of @t, and drop what does not fit; @map says where
 * everything went, @in counts. -ENOTSUP: pages of the kernel do not fit;
 * -EDQUOT: place_budget(). */
int place_population(struct initial *in, const struct survey *s, const struct topology *t,
		     struct framemap *map, struct mm_system *sys, struct mmt_err *e);
/* Whether @bytes more fit into what @a allows: 0, or -EDQUOT, which says that frames in use do not. */
int place_budget(const struct mmt_alloc *a, uint64_t bytes, struct mmt_err *e);

#endif
