/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding the way back into a damaged trace.
 *
 * Theory. A frame begins with four bytes of zstd, a length, four bytes of ours and the file's id.
 * After damage the reader looks at every byte for the first four, and where the rest is right too
 * tries the CRC. Payload that looks like a frame by accident fails it; so do all but one of 2^32
 * forgeries, and who can make a CRC can make any trace.
 *
 * A stranger's file could hold a false frame at every 68th byte, each of which claims a MiB, and
 * make the search quadratic. So CRCs tried in vain are counted, and once they pass 64 MiB and 32
 * times what was read, the rest of the file is given up as one gap: honest damage never gets near,
 * since a damaged frame is tried once.
 *
 * Invariants: (1) mmt_salvage_find() moves on by at least one byte; (2) work is linear in the
 * bytes of the file.
 */
#include "lib/trace/salvage.h"

#include <errno.h>
#include <string.h>

#define SPENT_FREE  (UINT64_C(64) << 20)
#define SPENT_TIMES 32

int mmt_salvage_here(struct mmt_salvage *s, struct mmt_source *src, uint64_t file_id,
		     struct mmt_frame *f, struct mmt_err *e)
{
	int err = mmt_source_need(src, MMT_FRAME_FIXED, e);

	if (err)
		return err;
	err = mmt_frame_peek(f, src->p, src->left, e);
	if (err == -EAGAIN)
		return mmt_fail(e, ENODATA, "the file ends within a frame's header");
	if (err)
		return err;
	if (f->file_id != file_id)
		return mmt_fail(e, EBADMSG, "a frame of another file");
	if (f->major != MMT_FRAME_MAJOR)
		return mmt_fail(e, EBADMSG, "a frame of format version %u.%u", f->major, f->minor);
	err = mmt_source_need(src, mmt_frame_len(f), e);
	if (err)
		return err;
	if (src->left < mmt_frame_len(f))
		return mmt_fail(e, ENODATA, "the file ends within frame %llu",
				(unsigned long long)f->seq);
	err = mmt_frame_check(f, src->p, e);
	if (err)
		s->spent += mmt_frame_len(f);
	return err;
}

/* Bytes of the window before the next place where a frame's first four bytes may stand. */
static size_t distance(const struct mmt_source *src)
{
	static const uint8_t first[4] = { MMT_FRAME_SKIPPABLE & 255, MMT_FRAME_SKIPPABLE >> 8 & 255,
					  MMT_FRAME_SKIPPABLE >> 16 & 255,
					  MMT_FRAME_SKIPPABLE >> 24 & 255 };
	const uint8_t *p = memmem(src->p, src->left, first, sizeof(first));

	if (p)
		return (size_t)(p - src->p);
	/* the last three bytes may be the beginning of one */
	return src->end || src->left < sizeof(first) ? src->left : src->left - sizeof(first) + 1;
}

int mmt_salvage_find(struct mmt_salvage *s, struct mmt_source *src, uint64_t file_id,
		     struct mmt_err *e)
{
	struct mmt_frame f;
	struct mmt_err why = { 0 };
	int err;

	mmt_source_skip(src, 1);
	for (;;) {
		err = mmt_source_need(src, MMT_FRAME_FIXED, e);
		if (err || !src->left)
			return err;
		mmt_source_skip(src, distance(src));
		err = mmt_salvage_here(s, src, file_id, &f, &why);
		if (!err)
			return 0;
		if (err != -EBADMSG && err != -ENODATA)
			return mmt_fail(e, why.code, "%s", why.text);
		if (s->spent > SPENT_FREE && s->spent / SPENT_TIMES > src->offset)
			return mmt_salvage_rest(src, e);
		if (src->left)
			mmt_source_skip(src, 1);
	}
}

int mmt_salvage_rest(struct mmt_source *src, struct mmt_err *e)
{
	for (;;) {
		int err;

		mmt_source_skip(src, src->left);
		err = mmt_source_need(src, 1, e);
		if (err || !src->left)
			return err;
	}
}
