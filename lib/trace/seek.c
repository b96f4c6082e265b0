/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seek table: where every frame of a sealed trace stands, so that a tool may jump.
 *
 * Theory. The format is the one of zstd's contrib/seekable_format, version 0.1.0, so that its tools
 * find their way in a trace: a skippable frame that must be the last of the file, since its magic
 * is looked for in the last four bytes.
 *
 *	0x184d2a5e  size  |  compressed raw  |  compressed raw ...  |  count  0x00  0x8f92eab1
 *
 * Every frame of the file has an entry, those of our headers with 0 raw bytes. Entries have no
 * checksum (descriptor 0): the reader makes the table anew from what it read and compares the
 * bytes.
 *
 * Invariants: (1) the sums of `compressed` are the file's bytes before the table; (2) count is the
 * number of entries.
 */
#include "lib/trace/seek.h"

#define SKIPPABLE  0x184d2a5eu
#define MAGIC	   0x8f92eab1u
#define FOOTER	   9
#define NR_MAX	   ((UINT32_MAX - FOOTER) / MMT_SEEK_ENTRY)
#define DESCRIPTOR 0

bool mmt_seek_add(struct mmt_seek *s, uint32_t compressed, uint32_t raw)
{
	struct mmt_seek_entry *entries;

	if (s->nr == NR_MAX)
		return false;
	entries = mmt_grow(s->alloc, s->entries, &s->cap, s->nr + 1, sizeof(*entries));
	if (!entries)
		return false;
	s->entries = entries;
	entries[s->nr++] = (struct mmt_seek_entry){ compressed, raw };
	return true;
}

void mmt_seek_put(const struct mmt_seek *s, struct mmt_wr *w)
{
	mmt_wr_u32(w, SKIPPABLE);
	mmt_wr_u32(w, (uint32_t)(s->nr * 8 + FOOTER));
	for (size_t i = 0; i < s->nr; i++) {
		mmt_wr_u32(w, s->entries[i].compressed);
		mmt_wr_u32(w, s->entries[i].raw);
	}
	mmt_wr_u32(w, (uint32_t)s->nr);
	mmt_wr_u8(w, DESCRIPTOR);
	mmt_wr_u32(w, MAGIC);
}

bool mmt_seek_take(struct mmt_seek *s, const void *p, size_t n)
{
	struct mmt_rd r = mmt_rd(p, n);
	size_t nr = n >= 8 + FOOTER ? (n - 8 - FOOTER) / 8 : 0;

	if (mmt_rd_u32(&r) != SKIPPABLE || mmt_rd_u32(&r) != n - 8)
		return false;
	s->nr = 0;
	for (size_t i = 0; i < nr; i++) {
		uint32_t compressed = mmt_rd_u32(&r), raw = mmt_rd_u32(&r);

		if (!mmt_seek_add(s, compressed, raw))
			return false;
	}
	return mmt_rd_u32(&r) == nr && mmt_rd_u8(&r) == DESCRIPTOR && mmt_rd_u32(&r) == MAGIC &&
	       !r.bad && !mmt_rd_left(&r);
}

int mmt_seek_skip(struct mmt_source *src, bool *is_one, struct mmt_err *e)
{
	uint64_t sum = 0, before = src->offset;
	uint32_t size, nr;
	struct mmt_rd r;
	int err = mmt_source_need(src, 8, e);

	*is_one = false;
	r = mmt_rd(src->p, src->left);
	if (err || mmt_rd_u32(&r) != SKIPPABLE)
		return err;
	size = mmt_rd_u32(&r);
	if (r.bad || size < FOOTER || (size - FOOTER) % 8)
		return 0;
	mmt_source_skip(src, 8);
	nr = (size - FOOTER) / 8;
	for (uint32_t i = 0; i < nr; i++) {
		err = mmt_source_need(src, 8, e);
		if (err || src->left < 8)
			return err;
		r = mmt_rd(src->p, 8);
		sum += mmt_rd_u32(&r);
		mmt_source_skip(src, 8);
	}
	err = mmt_source_need(src, FOOTER, e);
	if (err || src->left < FOOTER)
		return err;
	r = mmt_rd(src->p, FOOTER);
	*is_one = mmt_rd_u32(&r) == nr && mmt_rd_u8(&r) == DESCRIPTOR && mmt_rd_u32(&r) == MAGIC &&
		  sum == before;
	mmt_source_skip(src, FOOTER);
	return 0;
}

void mmt_seek_free(struct mmt_seek *s)
{
	mmt_free(s->alloc, s->entries);
	*s = (struct mmt_seek){ .alloc = s->alloc };
}
