// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of /proc and /sys, read whole by pread() so that one descriptor serves every snapshot.
 *
 * Reference: fs/seq_file.c seq_read_iter(): a read that starts at offset 0 begins the walk anew,
 * one that starts where the last ended goes on with it. So a file is read from 0 to its end in
 * order, and its text is as the kernel walked it, one page of text at a time: a long file
 * (zoneinfo with many CPUs) is not one instant.
 *
 * I1. A buffer never grows beyond SNAP_TEXT_MAX: what is longer is cut at its last whole line.
 *
 * Cost: the kernel's own printing; one buffer per file, kept.
 */
#include "lib/record/snapshot/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define SNAP_TEXT_MAX (256u << 20)

bool snap_path(const struct rec_snapshot *s, char *out, size_t size, const char *path)
{
	int n = snprintf(out, size, "%s%s", s->root, path);

	return n >= 0 && (size_t)n < size;
}

int snap_open(struct rec_snapshot *s, const char *path)
{
	char full[4096];

	if (!snap_path(s, full, sizeof(full), path))
		return -ENAMETOOLONG;
	return mmt_io_open(s->io, full, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
}

int snap_open_task(struct rec_snapshot *s, int pid, enum rec_task_file file)
{
	char path[64];

	if (s->opener && !*s->root)
		return rec_opener_file(s->opener, pid, file);
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, rec_task_file_name(file));
	return snap_open(s, path);
}

ssize_t snap_read(struct rec_snapshot *s, int fd, struct snap_buf *b)
{
	b->len = 0;
	for (;;) {
		ssize_t n;

		if (b->len + 4096 > b->cap) {
			size_t cap = b->cap ? b->cap * 2 : 65536;
			char *p;

			if (cap > SNAP_TEXT_MAX)
				break;
			p = mmt_resize(s->alloc, b->p, cap, 1);
			if (!p)
				return -ENOMEM;
			b->p = p;
			b->cap = cap;
		}
		n = mmt_io_pread(s->io, fd, b->p + b->len, b->cap - b->len, (off_t)b->len);
		if (n < 0)
			return n;
		if (!n)
			return (ssize_t)b->len;
		b->len += (size_t)n;
	}
	while (b->len && b->p[b->len - 1] != '\n')
		b->len--;
	return (ssize_t)b->len;
}

ssize_t snap_read_path(struct rec_snapshot *s, const char *path, struct snap_buf *b)
{
	int fd = snap_open(s, path);
	ssize_t n;

	b->len = 0;
	if (fd < 0)
		return fd;
	n = snap_read(s, fd, b);
	mmt_io_close(s->io, fd);
	return n;
}
