/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The name of an input in results.
 *
 * Theory. A result says what was replayed, so that two results are compared only if that was the
 * same. Bytes would not do: a trace compressed anew, or made anonymous, holds other bytes and gives
 * the same replay. So the digest is made of what such a copy keeps: the file's random id, how many
 * events there were, their times, what was lost, and where the gaps are. A part of a trace has an
 * id of its own.
 *
 * It tells inputs apart by mistake or accident; it is no signature, and who forges ids forges it.
 */
#include "lib/trace/reader.h"

static uint64_t mix(uint64_t digest, uint64_t word)
{
	digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return digest ^ digest >> 32;
}

uint64_t mmt_state_digest(const struct mmt_reader_state *s)
{
	uint64_t digest = mix(0, s->file_id);

	digest = mix(mix(mix(digest, s->events), s->rows), s->lost);
	digest = mix(mix(digest, s->first_time), s->last_time);
	for (size_t i = 0; i < s->nr_gaps; i++)
		digest = mix(digest, s->gaps[i].time);
	return mix(digest, s->nr_gaps);
}
