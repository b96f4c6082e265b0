/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Repeats: the frame numbers of a trace.
 *
 * Theory. Page frames go round: an exiting process frees its pages in the order in which it got
 * them, and the allocator, a stack, hands them out again in the opposite order. So the frame
 * numbers of all events of one CPU, whatever their kind, stand in a row, and a value is told by
 * where in the column it stood before:
 *
 *	 allocated        freed            allocated
 *	a   b   c   d    a   b   c   d    d   c   b   a
 *	L   L   L   L    J4  F   F   F    J1  B   B   B
 *
 *	0 F	the value after the one matched last	1 B	the one before it
 *	2 U	the last value + 1			3 D	- 1		4 S	itself
 *	5 J	a jump: as far back as the next distance says
 *	6 L	a literal: the next one
 *
 * J sets the match, F and B move it. Tokens, distances (- 1, two planes) and literals (a column)
 * stand apart, which suits zstd. On recorded traces two of three frame numbers are told by F, B, U
 * or D.
 *
 * Invariants: (1) a match is always before the value told by it; (2) reading needs no search and
 * no memory but the column.
 *
 * Cost: reading is a jump on the token per value; writing one look-up in a table of last places.
 */
#include "lib/trace/repeat.h"

#include "lib/trace/codec.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { FORWARD, BACKWARD, UP, DOWN, SAME, JUMP, LITERAL };

#define NONE	    UINT32_MAX
#define PLACES_BITS 14

/* What the next token starts from. */
struct state {
	uint64_t last;
	uint32_t match;
};

/* The token of value @i; moves the match. @place: where the value was seen last, or NONE. */
static unsigned choose(struct state *l, const uint64_t *v, uint32_t i, uint32_t place)
{
	if (l->match != NONE && l->match + 1 < i && v[l->match + 1] == v[i]) {
		l->match++;
		return FORWARD;
	}
	if (l->match != NONE && l->match && v[l->match - 1] == v[i]) {
		l->match--;
		return BACKWARD;
	}
	if (v[i] == l->last + 1)
		return UP;
	if (v[i] == l->last - 1)
		return DOWN;
	if (v[i] == l->last)
		return SAME;
	if (place == NONE || i - place > 65536)
		return LITERAL;
	l->match = place;
	return JUMP;
}

void mmt_repeat_put(struct mmt_wr *w, const uint64_t *v, size_t n, uint64_t *tmp)
{
	struct state l = { 0, NONE };
	uint32_t places[1 << PLACES_BITS];
	struct mmt_wr column = { .alloc = w->alloc };
	uint64_t *literals = tmp, *jumps = tmp + n;
	size_t nr_literals = 0, nr_jumps = 0;
	uint8_t *tokens, *p;

	memset(places, 0xff, sizeof(places));
	tokens = mmt_wr_space(&column, n);
	for (uint32_t i = 0; tokens && i < n; i++) {
		uint32_t *place =
			&places[v[i] * UINT64_C(0x9e3779b97f4a7c15) >> (64 - PLACES_BITS)];
		bool known = *place != NONE && v[*place] == v[i];

		tokens[i] = (uint8_t)choose(&l, v, i, known ? *place : NONE);
		if (tokens[i] == JUMP)
			jumps[nr_jumps++] = i - *place - 1;
		if (tokens[i] == LITERAL)
			literals[nr_literals++] = v[i];
		l.last = v[i];
		*place = i;
	}
	mmt_wr_u8(w, MMT_REPEAT_CODE);
	mmt_wr_varint(w, nr_jumps);
	mmt_wr_varint(w, nr_literals);
	mmt_wr_bytes(w, column.buf, column.len);
	p = mmt_wr_space(w, 2 * nr_jumps);
	for (size_t i = 0; p && i < nr_jumps; i++) {
		p[i] = (uint8_t)jumps[i];
		p[nr_jumps + i] = (uint8_t)(jumps[i] >> 8);
	}
	w->bad |= column.bad;
	mmt_wr_free(&column);
	if (nr_literals)
		mmt_codec_put(w, literals, nr_literals, tmp + 2 * n, false);
}

/* All but the tokens' meaning: where tokens and distances stand, and the literals in @v's end. */
static int take_parts(struct mmt_rd *r, uint64_t *v, size_t n, const uint8_t **tokens,
		      const uint8_t **jumps, size_t *nr_jumps, size_t *nr_literals,
		      struct mmt_err *e)
{
	uint64_t j = mmt_rd_varint(r), l = mmt_rd_varint(r);
	bool constant = false;
	uint64_t any;
	int err;

	if (r->bad || j > n || l > n - j)
		return mmt_fail(e, EBADMSG,
				"%" PRIu64 " jumps and %" PRIu64 " literals among %zu values", j, l,
				n);
	*nr_jumps = (size_t)j;
	*nr_literals = (size_t)l;
	*tokens = mmt_rd_bytes(r, n);
	*jumps = mmt_rd_bytes(r, 2 * *nr_jumps);
	if (r->bad)
		return mmt_fail(e, EBADMSG, "tokens of %zu values are cut short", n);
	if (!l)
		return mmt_rd_left(r) ? mmt_fail(e, EBADMSG, "%zu bytes are left over in a column",
						 mmt_rd_left(r))
				      : 0;
	v += n - *nr_literals;
	err = mmt_codec_take(*r, v, *nr_literals, &constant, &any, e);
	for (size_t i = 1; constant && i < *nr_literals; i++)
		v[i] = v[0];
	return err;
}

int mmt_repeat_take(struct mmt_rd r, uint64_t *v, size_t n, struct mmt_err *e)
{
	struct state l = { 0, NONE };
	const uint8_t *tokens = NULL, *jumps = NULL;
	size_t nr_jumps = 0, nr_literals = 0, jump = 0, literal;
	int err = take_parts(&r, v, n, &tokens, &jumps, &nr_jumps, &nr_literals, e);

	if (err)
		return err;
	/* literals wait at the end of the column: value i never overtakes the one it needs */
	literal = n - nr_literals;
	for (size_t i = 0; i < n; i++) {
		uint64_t x;

		switch (tokens[i]) {
		case FORWARD:
			if (l.match == NONE || l.match + 1 >= i)
				return mmt_fail(e, EBADMSG, "value %zu has no match before it", i);
			x = v[++l.match];
			break;
		case BACKWARD:
			if (l.match == NONE || !l.match)
				return mmt_fail(e, EBADMSG, "value %zu has no match before it", i);
			x = v[--l.match];
			break;
		case UP:
			x = l.last + 1;
			break;
		case DOWN:
			x = l.last - 1;
			break;
		case SAME:
			x = l.last;
			break;
		case JUMP: {
			size_t back = jump < nr_jumps ? 1u + jumps[jump] +
								(size_t)jumps[nr_jumps + jump] * 256
						      : SIZE_MAX;

			if (back > i)
				return mmt_fail(e, EBADMSG, "value %zu jumps before the first", i);
			jump++;
			l.match = (uint32_t)(i - back);
			x = v[l.match];
			break;
		}
		case LITERAL:
			if (literal == n)
				return mmt_fail(e, EBADMSG, "value %zu has no literal left", i);
			x = v[literal++];
			break;
		default:
			return mmt_fail(e, EBADMSG, "token %u is not known", tokens[i]);
		}
		v[i] = l.last = x;
	}
	if (jump != nr_jumps || literal != n)
		return mmt_fail(e, EBADMSG, "jumps or literals are left over");
	return 0;
}
