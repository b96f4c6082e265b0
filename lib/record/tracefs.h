/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's tracing directory, for the numbers of classic tracepoints. */
#ifndef MMT_RECORD_TRACEFS_H
#define MMT_RECORD_TRACEFS_H

#include "lib/base/io.h"

/* A descriptor of tracefs, mounted or not: where it is not, a mount that no path leads to is made,
 * which is gone when the descriptor is closed. -errno: this host or its lockdown refuses. */
int rec_tracefs_open(struct mmt_io *io);
/* The number of a classic tracepoint ("kmem/mm_page_alloc"), or -errno. */
int rec_tracefs_id(struct mmt_io *io, int tracefs, const char *event);
/* Up to @size - 1 bytes of a file below it, NUL-terminated: length or -errno. */
int rec_tracefs_read(struct mmt_io *io, int tracefs, const char *name, char *buf, size_t size);

#endif
