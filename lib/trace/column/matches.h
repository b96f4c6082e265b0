/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the values of a column of repeats are found, eight at a time; repeat.c says what tokens
 * mean. */
#ifndef MMT_TRACE_MATCHES_H
#define MMT_TRACE_MATCHES_H

#include <stddef.h>
#include <stdint.h>

enum mmt_token {
	MMT_TOKEN_FORWARD,
	MMT_TOKEN_BACKWARD,
	MMT_TOKEN_UP,
	MMT_TOKEN_DOWN,
	MMT_TOKEN_SAME,
	MMT_TOKEN_JUMP,
	MMT_TOKEN_LITERAL,
	MMT_NR_TOKENS
};

/* A column in hand: n tokens, of which as many are jumps and literals as it says, and none is
 * unknown; and what the next token starts from. */
struct mmt_matches {
	const uint8_t *tokens, *jumps; /* jumps: a plane of low bytes, one of high */
	size_t n, nr_jumps, nr_literals;
	uint32_t *v;
	size_t match, jump, literal; /* the next literal waits at v[literal] */
	uint64_t any;		     /* bits of all values told by steps, and of the literals */
};

/* Tell values from @i on, up to a run, or where fewer than eight are left: how many; SIZE_MAX: one
 * has no match before it. 0, always, where the CPU has not what it needs. */
size_t mmt_matches_tell(struct mmt_matches *m, size_t i);

#endif
