/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host files with fault points. Every open, read, write, sync and close of lib/ goes through a
 * struct mmt_io, whose Nth call a test can make fail with any errno, be interrupted, or come
 * short. Interrupted calls are resumed here, so callers never see EINTR.
 */
#ifndef MMT_BASE_IO_H
#define MMT_BASE_IO_H

#include "lib/base/err.h"

#include <sys/types.h>

struct mmt_io {
	uint64_t calls;	  /* host calls tried so far */
	uint64_t fail_at; /* the call number (from 1) that fails; 0: none */
	int fail_with;	  /* its errno; 0: a short count of one byte instead */
	bool fail_after;  /* so do all later ones (not for EINTR, which would never end) */
};

#define MMT_IO_INIT \
	{           \
		0   \
	}

/* open(2) with O_CLOEXEC: descriptor, or -errno. */
int mmt_io_open(struct mmt_io *io, const char *path, int flags, mode_t mode);
/* Up to @n bytes: count, 0 at end of file, or -errno. */
ssize_t mmt_io_read(struct mmt_io *io, int fd, void *buf, size_t n);
/* Up to @n bytes at @at, position unchanged: count, 0 at end of file, or -errno. */
ssize_t mmt_io_pread(struct mmt_io *io, int fd, void *buf, size_t n, off_t at);
/* All @n bytes: 0, or -errno (then an unknown part was written). */
int mmt_io_write(struct mmt_io *io, int fd, const void *buf, size_t n);
/* fsync(2): 0 (also for what cannot be synced: pipes, terminals), or -errno. */
int mmt_io_sync(struct mmt_io *io, int fd);
/* close(2): 0 or -errno; the descriptor is gone either way. */
int mmt_io_close(struct mmt_io *io, int fd);

#endif
