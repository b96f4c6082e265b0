/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a trace (CRCs are taken as right): all of it is read, within a budget of memory, and
 * no event that comes out is beyond a limit.
 */
#include "lib/trace/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mmt_alloc a = { .limit = UINT64_C(96) << 20 };
	struct mmt_err e = { 0 };
	struct mmt_reader *r = mmt_reader_open_memory(&a, data, size, &e);
	const struct mmt_reader_state *state;
	const struct mmt_event *ev;
	char text[700];
	int more = 0;

	mmt_err_format(&e, text, sizeof(text));
	if (!r) {
		MMT_BUG(!e.code || a.used);
		return 0;
	}
	while ((more = mmt_reader_next(r, &ev, &e)) > 0)
		MMT_BUG(mmt_event_validate(ev) != 0);
	state = mmt_reader_state(r);
	MMT_BUG(more == 0 && state->bytes != size);
	MMT_BUG(state->complete && (state->nr_gaps || !state->sealed));
	MMT_BUG(more == 0 && state->complete != !*state->why_incomplete);
	mmt_reader_free(r);
	MMT_BUG(a.used);
	return 0;
}
