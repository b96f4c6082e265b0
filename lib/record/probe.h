/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF programs: which of them this host can run, attached and let go. */
#ifndef MMT_RECORD_PROBE_H
#define MMT_RECORD_PROBE_H

#include "lib/record/kernel.h"
#include "lib/record/ring.h"

#include <jansson.h>

struct rec_probes;

/* What to load. */
struct rec_probe_options {
	bool (*wanted)(unsigned kind,
		       const void *arg); /* which kinds to record; NULL: the default */
	const void *arg;
	uint64_t buffer; /* bytes of each CPU's ring; rounded down to a power of two, at least 4096
			  */
	bool filtered;	 /* only watched tasks (rec_probes_watch) */
	unsigned group;	 /* watched by control group, in a hierarchy of this version; 0: not */
	unsigned stacks; /* kernel stacks of one of so many page allocations; 0: none */
};

/* Load what is wanted and what this kernel has. -EPERM: not allowed; -ENOTSUP: this kernel cannot.
 */
int rec_probes_open(struct rec_probes **probes, struct mmt_alloc *a, struct mmt_io *io,
		    const struct rec_kernel *k, const struct rec_probe_options *o,
		    struct mmt_err *e);
/* Detach and unload; NULL is fine. */
void rec_probes_close(struct rec_probes *p);
/* Measure where struct pages are: address of the first one >> 6, for rec_convert_new(). */
int rec_probes_page_base(struct rec_probes *p, uint64_t *base, struct mmt_err *e);
/* Attach; nothing is recorded yet. What follows needs no privilege any more. */
int rec_probes_attach(struct rec_probes *p, struct mmt_err *e);
/* Begin, or end: then no program writes any more once this returns. */
void rec_probes_record(struct rec_probes *p, bool on);
/* Let go of all tracepoints. */
void rec_probes_detach(struct rec_probes *p);
/* Watch thread group @tgid and what it will fork. */
int rec_probes_watch(struct rec_probes *p, int tgid, struct mmt_err *e);
/* Watch the tasks in control group @ino and in those that will be made below it. */
int rec_probes_watch_group(struct rec_probes *p, uint64_t ino, struct mmt_err *e);
/* Tell @o where the programs note names of caches and stacks, and whether tasks are filtered. */
void rec_probes_objects(const struct rec_probes *p, struct rec_objects *o);
void rec_probes_rings(const struct rec_probes *p, struct rec_rings *outer,
		      struct rec_rings *nested);
/* How long lists may be, [REC_LISTS_NODES][REC_LISTS_ZONES]: told once tasks are. */
const struct rec_limits *rec_probes_limits(const struct rec_probes *p);
/* Name every task that lives to @ids, with its address space. */
int rec_probes_tasks(struct rec_probes *p, struct rec_ids *ids, unsigned cgroups,
		     struct mmt_err *e);
/* Tell the writer what the kernel did not run because it was running already, since the last call;
 * adds to *@lost. */
int rec_probes_misses(struct rec_probes *p, struct mmt_writer *w, uint64_t *lost,
		      struct mmt_err *e);
/* Frees that an interrupt did within the program that records frees, since attaching. */
uint64_t rec_probes_rescued(const struct rec_probes *p);
/* Time spent in the programs and their runs, if this kernel counts them (kernel.bpf_stats_enabled),
 * else 0. */
void rec_probes_cost(const struct rec_probes *p, uint64_t *ns, uint64_t *runs);
/* For the header: event -> "yes", or why not. */
json_t *rec_probes_json(const struct rec_probes *p);

/* Is @kind recorded when nothing else was asked for? */
bool rec_kind_default(unsigned kind);

#endif
