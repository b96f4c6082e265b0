/* SPDX-License-Identifier: GPL-2.0-only */
/* The control group that a recording is of, and those below it. */
#ifndef MMT_RECORD_GROUP_H
#define MMT_RECORD_GROUP_H

#include "lib/record/probe.h"

#define REC_GROUP_PATH 4096

/*
 * Find the control group that @name means: its directory, or its path below where the memory
 * controller is mounted. 1 or 2: the version of its hierarchy, @path (REC_GROUP_PATH bytes) is its
 * directory; -errno: told in @e.
 */
int rec_group_find(const char *name, char *path, struct mmt_err *e);
/* Watch it and all groups below it, by programs that are attached already. */
int rec_group_watch(struct rec_probes *p, const char *path, struct mmt_err *e);

#endif
