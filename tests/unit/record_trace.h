/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace in memory for the tests of lib/record: written through @w, then read back. */
#ifndef MMT_TEST_RECORD_TRACE_H
#define MMT_TEST_RECORD_TRACE_H

#include "lib/trace/reader.h"
#include "tests/unit/test.h"

#include <sys/mman.h>
#include <unistd.h>

struct trace {
	struct mmt_alloc alloc;
	struct mmt_io io;
	int fd;
	struct mmt_writer *w;
	struct mmt_reader *r;
};

static inline bool trace_begin(struct trace *t)
{
	struct mmt_writer_options o = { .file_id = 7 };
	json_t *header = json_object();

	*t = (struct trace){ .fd = memfd_create("trace", MFD_CLOEXEC) };
	t->w = mmt_writer_new(&t->alloc, &t->io, t->fd, &o, header, NULL);
	json_decref(header);
	return t->w != NULL;
}

/* Seal and open for reading. */
static inline bool trace_read(struct trace *t)
{
	if (mmt_writer_seal(t->w, NULL, NULL) < 0 || lseek(t->fd, 0, SEEK_SET) < 0)
		return false;
	t->r = mmt_reader_open(&t->alloc, &t->io, t->fd, NULL);
	return t->r != NULL;
}

static inline void trace_end(struct trace *t)
{
	mmt_reader_free(t->r);
	mmt_writer_free(t->w);
	close(t->fd);
}

#endif
