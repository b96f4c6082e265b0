/* SPDX-License-Identifier: GPL-2.0-only */
/* Hardware counters beside the events: what the CPUs counted from one light snapshot to the next.
 */
#ifndef MMT_RECORD_PMU_H
#define MMT_RECORD_PMU_H

#include "lib/trace/writer.h"

#include <linux/perf_event.h>

#define REC_PMU_MAX 16 /* counters asked for */

struct rec_pmu;

/* The kernel's code for libpfm4's event @name, counting user and kernel. -EINVAL: no PMU of this
 * host has it (@e names those there are); -ENOSYS: libpfm4 cannot begin. */
int rec_pmu_encode(const char *name, struct perf_event_attr *attr, struct mmt_err *e);

/* Open the counters @names (separated by commas) on every CPU. A counter that the kernel
 * refuses is left out and told by rec_pmu_json(). -EINVAL: a name is unknown, or there are too
 * many. */
int rec_pmu_open(struct rec_pmu **pmu, struct mmt_alloc *a, struct mmt_io *io, const char *names,
		 struct mmt_err *e);
/* What was counted so far is left out. */
void rec_pmu_start(struct rec_pmu *pmu);
/* A pmu_count of each counter and CPU since the last call, at time @now. */
int rec_pmu_read(struct rec_pmu *pmu, struct mmt_writer *w, uint64_t now, struct mmt_err *e);
/* Counters that the host does not give, and why: text for people, "" if there is none. */
const char *rec_pmu_missing(const struct rec_pmu *pmu);
/* For the trace's header: [{"name", "open"}, ...]; NULL: no memory. */
json_t *rec_pmu_json(const struct rec_pmu *pmu);
/* NULL is none. */
void rec_pmu_close(struct rec_pmu *pmu);

#endif
