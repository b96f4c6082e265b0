/* SPDX-License-Identifier: GPL-2.0-only */
/* The classic tracepoints of the wanted system calls, and the process that lets go of them. */
#ifndef MMT_RECORD_CALLS_H
#define MMT_RECORD_CALLS_H

#include "lib/record/probe.h"

#include <bpf/libbpf.h>

struct rec_calls;

/* Open the tracepoint of every wanted call that this kernel has. NULL: @tracefs (a descriptor of
 * it) is not there, or not for us; then all calls must be looked at. */
struct rec_calls *rec_calls_open(struct mmt_alloc *a, struct mmt_io *io, int tracefs,
				 const struct rec_probe_options *o);
/* Have @prog run behind each of them; the number of those where it does. */
unsigned rec_calls_attach(struct rec_calls *c, struct bpf_program *prog);
/* Detach; returns when no program is attached any more. NULL is fine. */
void rec_calls_close(struct rec_calls *c);

#endif
