/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding frames: here, or the next one after damage. */
#ifndef MMT_TRACE_SALVAGE_H
#define MMT_TRACE_SALVAGE_H

#include "lib/trace/frame.h"
#include "lib/trace/source.h"

struct mmt_salvage {
	uint64_t spent; /* bytes whose CRC was tried in vain */
};

/* The frame at the window's front: 0, all of it there and its CRC right; -EBADMSG: none, and why;
 * -ENODATA: the file ends within it; or -errno of reading. */
int mmt_salvage_here(struct mmt_salvage *s, struct mmt_source *src, uint64_t file_id,
		     struct mmt_frame *f, struct mmt_err *e);
/* No frame stands at the front: pass over bytes until one does, or the end. 0 or -errno. */
int mmt_salvage_find(struct mmt_salvage *s, struct mmt_source *src, uint64_t file_id,
		     struct mmt_err *e);
/* Pass over all that is left. */
int mmt_salvage_rest(struct mmt_source *src, struct mmt_err *e);

#endif
