// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the model put what the host allocated.
 *
 * The model is free to choose other frames than the host did, so a recorded free of a frame has to
 * be led to the model frame that was given for it. Every frame of a block has an entry with the
 * block's order, so that a part of a block (a huge page split into small ones, the tail that
 * alloc_pages_exact() gives back) is found as quickly as its head:
 *
 *	recorded   512      513      514            model of a frame = model of the head + its
 * offset
 *	         +--------+--------+--------+
 *	         | 9 4096 | 9 4097 | 9 4098 |  ...
 *	         +--------+--------+--------+
 *
 * A stranger's trace may name any frame: 8 KiB for an event whose frame costs it a fraction of a byte
 * would be a bomb. So there are no more sections than the zones of the host can fill, and some.
 *
 * I1  `live` counts the entries LIVE or UNBACKED.
 *
 * Cost: 8 host bytes a frame, in sections of 1024 frames that exist once one of theirs was named;
 * an allocation writes one entry per page.
 */
#include "lib/replay/framemap.h"

#include <errno.h>

#define NR_SECTIONS (1u << (32 - FRAMEMAP_SECTION_ORDER))

int framemap_init(struct framemap *m, uint64_t frames, struct mmt_alloc *a, struct mmt_err *e)
{
	*m = (struct framemap){ .alloc = a, .pool.alloc = a };
	m->room = frames / FRAMEMAP_SECTION + FRAMEMAP_BEYOND;
	m->section = mmt_calloc(a, NR_SECTIONS, sizeof(*m->section));
	return m->section ? 0 : mmt_fail(e, ENOMEM, "no memory for the map of frames");
}

void framemap_free(struct framemap *m)
{
	mmt_pool_free(&m->pool);
	mmt_free(m->alloc, m->section);
	*m = (struct framemap){ 0 };
}

static bool is_live(enum frame_state state)
{
	return state == FRAME_LIVE || state == FRAME_UNBACKED;
}

static struct frame_entry *touch(struct framemap *m, pfn_t pfn, struct mmt_err *e)
{
	struct frame_entry **s = &m->section[pfn >> FRAMEMAP_SECTION_ORDER];

	if (!*s) {
		if (!m->room) {
			mmt_fail(e, EDQUOT, "frames are named far beyond the zones of the host");
			return NULL;
		}
		*s = mmt_pool_take(&m->pool, FRAMEMAP_SECTION * sizeof(**s));
		if (!*s) {
			mmt_fail(e, ENOMEM, "no memory for the map of frames");
			return NULL;
		}
		m->room--;
	}
	return &(*s)[pfn & (FRAMEMAP_SECTION - 1)];
}

int framemap_set(struct framemap *m, pfn_t pfn, unsigned order, enum frame_state state, pfn_t model,
		 struct mmt_err *e)
{
	for (pfn_t i = 0; i < 1u << order; i++) {
		struct frame_entry *entry = touch(m, pfn + i, e);

		if (!entry)
			return m->room ? -ENOMEM : -EDQUOT;
		m->live += is_live(state);
		m->live -= is_live(entry->state);
		*entry = (struct frame_entry){ .model = model == PFN_NONE ? PFN_NONE : model + i,
					       .order = (uint8_t)order,
					       .state = (uint8_t)state,
					       .managed = entry->managed };
	}
	return 0;
}
