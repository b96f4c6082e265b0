/* SPDX-License-Identifier: GPL-2.0-only */
/* What this process may do, what a trace lacks without the rest, and giving all of it up. */
#ifndef MMT_RECORD_PRIVILEGE_H
#define MMT_RECORD_PRIVILEGE_H

#include "lib/base/io.h"

/* What the kernel says of this process and of itself. */
struct rec_privilege {
	uint64_t effective;    /* capabilities, by number */
	bool user_namespace;   /* not the initial one: there capabilities open nothing of the kernel
				*/
	bool seccomp;	       /* a filter is in force already (containers) */
	bool lockdown;	       /* the kernel keeps its memory from everyone, root included */
	bool unprivileged_bpf; /* whether BPF is open to all; programs of tracepoints are not */
	int perf_event_paranoid; /* or REC_PARANOID_UNKNOWN */
};

#define REC_PARANOID_UNKNOWN 99

void rec_privilege_read(struct rec_privilege *p, struct mmt_io *io);
/* Is the capability of that number (linux/capability.h) in force? */
bool rec_privilege_has(const struct rec_privilege *p, int capability);
/* Why the kernel refused (@err, -errno) to load a program or make a map, as far as @p tells: fills
 * @e, names each missing capability, and returns -code. */
int rec_privilege_refused(const struct rec_privilege *p, int err, struct mmt_err *e);

/* Something of a snapshot that this process may not see. */
struct rec_lack {
	const char *source; /* file of the kernel */
	const char *lost;   /* what the trace does not tell then */
	const char *needs;  /* the capability that would show it */
};
#define REC_LACKS_MAX 16
/* Try each source: those that are there but refused to this process, by number. */
unsigned rec_privilege_lacks(struct mmt_io *io, const struct rec_lack *lacks[REC_LACKS_MAX]);

enum { REC_NOBODY = 65534 };
/*
 * Give up for good what this process may do: it becomes user and group nobody if it was root, has
 * no capability in any set, gains none by exec, and cannot be looked into by others. What it may
 * not give up (a container without CAP_SETUID) is named in @kept, of @size bytes, else "". -errno:
 * a capability is left.
 */
int rec_privilege_drop(char *kept, size_t size, struct mmt_err *e);
/* Keep only the capabilities of @keep (bits), which it may have none of, and gain none by exec. */
int rec_privilege_keep(uint64_t keep);

#endif
