/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host made of files for the tests of lib/record/snapshot*: a directory with the /proc and /sys
 * that a test puts there, and the rows that a snapshot of it writes, read back from the trace.
 */
#ifndef MMT_T_SNAPSHOT_H
#define MMT_T_SNAPSHOT_H

#include "lib/record/snapshot/part.h"
#include "lib/trace/reader.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct host {
	struct mmt_alloc alloc;
	struct mmt_io io;
	struct mmt_err err;
	char root[64];
	int fd;
	json_t *header;
	struct mmt_writer *w;
	struct rec_ids *ids;
	struct rec_snapshot *s;
	struct mmt_reader *r;
	struct mmt_event *row; /* of the whole trace */
	size_t nr;
};

/* Put a file of @n bytes into the host, with the directories above it; mode as for a tunable. */
static TEST_UNUSED void host_put(struct host *h, const char *path, const void *bytes, size_t n)
{
	char full[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", h->root, path);
	for (char *p = full + strlen(h->root) + 1; *p; p++) {
		if (*p == '/') {
			*p = 0;
			mkdir(full, 0755);
			*p = '/';
		}
	}
	f = fopen(full, "w");
	if (!f || fwrite(bytes, 1, n, f) != n) {
		perror(full);
		exit(1);
	}
	fclose(f);
}

static TEST_UNUSED void host_text(struct host *h, const char *path, const char *text)
{
	host_put(h, path, text, strlen(text));
}

static TEST_UNUSED int host_unlink_one(const char *path, const struct stat *st, int type,
				       struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static TEST_UNUSED void host_remove(struct host *h, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", h->root, path);
	nftw(full, host_unlink_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* An empty host: everything missing. */
static TEST_UNUSED void host_make(struct host *h)
{
	memset(h, 0, sizeof(*h));
	snprintf(h->root, sizeof(h->root), "/tmp/mmt-host-XXXXXX");
	h->fd = -1;
	if (!mkdtemp(h->root)) {
		perror(h->root);
		exit(1);
	}
}

/* Begin the trace, and open the snapshot on @root (NULL: the host's own). False: h->err. */
static TEST_UNUSED bool host_open(struct host *h, const char *root)
{
	struct mmt_writer_options o = { .file_id = 1 };

	h->fd = memfd_create("trace", MFD_CLOEXEC);
	h->header = json_object();
	h->w = mmt_writer_new(&h->alloc, &h->io, h->fd, &o, h->header, &h->err);
	if (h->w)
		h->ids = rec_ids_new(&h->alloc, h->w, &h->err);
	if (h->ids)
		h->s = rec_snapshot_new_at(&h->alloc, &h->io, h->ids, h->w, root ? root : h->root,
					   &h->err);
	return h->s != NULL;
}

/* End the trace and read its events: false if that fails. */
static TEST_UNUSED bool host_read(struct host *h)
{
	const struct mmt_event *ev;

	if (mmt_writer_seal(h->w, NULL, &h->err) || lseek(h->fd, 0, SEEK_SET))
		return false;
	h->r = mmt_reader_open(&h->alloc, &h->io, h->fd, &h->err);
	while (h->r && mmt_reader_next(h->r, &ev, &h->err) == 1) {
		h->row = realloc(h->row, (h->nr + 1) * sizeof(*ev));
		h->row[h->nr++] = *ev;
	}
	return h->r && mmt_reader_state(h->r)->complete;
}

static TEST_UNUSED void host_free(struct host *h)
{
	mmt_reader_free(h->r);
	rec_snapshot_free(h->s);
	rec_ids_free(h->ids);
	mmt_writer_free(h->w);
	json_decref(h->header);
	if (h->fd >= 0)
		close(h->fd);
	free(h->row);
	host_remove(h, "");
	if (h->alloc.used) {
		fprintf(stderr, "%llu bytes were not freed\n", (unsigned long long)h->alloc.used);
		exit(1);
	}
}

/* How many rows of @kind there are. */
static TEST_UNUSED size_t host_count(const struct host *h, unsigned kind)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nr; i++)
		n += h->row[i].kind == kind;
	return n;
}

/* The @nth row (from 0) of @kind, or one of zeros and kind 0. */
static TEST_UNUSED const struct mmt_event *host_row(const struct host *h, unsigned kind, size_t nth)
{
	static const struct mmt_event none;

	for (size_t i = 0; i < h->nr; i++) {
		if (h->row[i].kind == kind && !nth--)
			return &h->row[i];
	}
	return &none;
}

/* What string, task, ... @id stands for; "?" if nothing. */
static TEST_UNUSED const char *host_name(const struct host *h, enum mmt_dict_kind kind, uint64_t id)
{
	const struct mmt_dict_entry *e = mmt_dict_get(mmt_reader_dict(h->r), kind, (uint32_t)id);

	return e ? e->name : "?";
}

/* Field @name of the @nth row of snapshot event @event. */
#define ROW(h, event, nth, field) (host_row(h, MMT_EV_##event, nth)->v[MMT_F(event, field)])

#endif
