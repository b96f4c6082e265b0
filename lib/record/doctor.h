/* SPDX-License-Identifier: GPL-2.0-only */
/* What this host lets a recording do, found by trying. */
#ifndef MMT_RECORD_DOCTOR_H
#define MMT_RECORD_DOCTOR_H

#include "lib/base/alloc.h"
#include "lib/base/io.h"

#define REC_ABILITIES_MAX 64

struct rec_ability {
	char name[48]; /* "bpf.attach", "tracepoints.reclaim" */
	bool there;
	bool needed;	    /* without it nothing can be recorded */
	char why[192];	    /* what was found, or what refused */
	const char *lost;   /* what a trace lacks without it; never NULL */
	const char *remedy; /* what to do about it; never NULL */
};

struct rec_doctor {
	unsigned nr;
	struct rec_ability ability[REC_ABILITIES_MAX];
};

/* Try everything; leaves nothing behind. */
void rec_doctor_examine(struct rec_doctor *d, struct mmt_io *io);
/* Is every needed ability there? */
bool rec_doctor_can_record(const struct rec_doctor *d);

#endif
