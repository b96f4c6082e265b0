/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a zone managed when the kernel last set its watermarks, out of these.
 */
#ifndef REPLAY_BOOTED_H
#define REPLAY_BOOTED_H

#include "lib/replay/survey/survey.h"
#include "lib/replay/tunable.h"

/* Set machine_zone.late of the start snapshot's zones of @s; @v: the recorded tunables. Linux 6.12
 * init_per_zone_wmark_min(), free_initrd_mem(). -ENOMEM, or what initial_empty() fails with. */
int booted_infer(struct survey *s, const struct tunable_values *v, struct mmt_err *e);
/* Pages of all zones that came later. */
uint64_t booted_late(const struct machine *m);

#endif
