/* SPDX-License-Identifier: GPL-2.0-only */
/* The two JSON frames of a trace. */
#ifndef MMT_TRACE_HEADER_H
#define MMT_TRACE_HEADER_H

#include "lib/base/json.h"
#include "lib/trace/event.h"
#include "lib/trace/writer.h"

/* The recorder's @header (an object; may be NULL) with the keys of the schema added; NULL: memory.
 */
json_t *mmt_header_new(const json_t *header);
/* 0, or -EBADMSG if @header is not a trace's. */
int mmt_header_check(const json_t *header, struct mmt_err *e);

/* What a trailer sums up. */
struct mmt_totals {
	uint64_t frames, events, lost, bytes;
	uint64_t first_time, last_time;
	uint32_t frames_crc; /* CRC32C of the CRCs of all frames before the trailer, in order */
	uint64_t kept[MMT_KIND_MAX + 1], lost_kind[MMT_KIND_MAX + 1];
	uint64_t lost_cause[MMT_NR_LOSS_CAUSES];
};

/* @overhead may be NULL. NULL: memory. */
json_t *mmt_trailer_new(const struct mmt_totals *t, const json_t *overhead);
/* 0, or -EBADMSG naming the first figure of @trailer that @t disagrees with. */
int mmt_trailer_check(const json_t *trailer, const struct mmt_totals *t, struct mmt_err *e);

/* Parse the JSON object of a frame. NULL: -EBADMSG or -ENOMEM in @e. */
json_t *mmt_header_parse(const void *p, size_t n, struct mmt_err *e);

/* "ring", "nested", "recursion", "user". */
const char *mmt_loss_name(enum mmt_loss_cause cause);

#endif
