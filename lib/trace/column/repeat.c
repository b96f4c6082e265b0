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
 * Cost: long runs are copied; what is between, where no run can be guessed, is told by eights where
 * the CPU can (matches.c), else run by run. Only a column that cannot be read is read again token
 * by token, to say why. Writing is one look-up in a table of last places.
 */
#include "lib/trace/column/repeat.h"

#include "lib/trace/column/codec.h"
#include "lib/trace/column/matches.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	FORWARD = MMT_TOKEN_FORWARD,
	BACKWARD = MMT_TOKEN_BACKWARD,
	UP = MMT_TOKEN_UP,
	DOWN = MMT_TOKEN_DOWN,
	SAME = MMT_TOKEN_SAME,
	JUMP = MMT_TOKEN_JUMP,
	LITERAL = MMT_TOKEN_LITERAL
};

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

/* All but the tokens' meaning: where the parts stand, and the literals, @width bytes each, in the
 * end of @v. */
static int take_parts(struct mmt_rd *r, uint8_t *v, unsigned width, size_t n,
		      struct mmt_matches *parts, struct mmt_err *e)
{
	uint64_t j = mmt_rd_varint(r), l = mmt_rd_varint(r);
	bool constant;

	if (r->bad || j > n || l > n - j)
		return mmt_fail(e, EBADMSG,
				"%" PRIu64 " jumps and %" PRIu64 " literals among %zu values", j, l,
				n);
	parts->n = n;
	parts->nr_jumps = (size_t)j;
	parts->nr_literals = (size_t)l;
	parts->match = SIZE_MAX / 2;
	parts->literal = n - parts->nr_literals;
	parts->tokens = mmt_rd_bytes(r, n);
	parts->jumps = mmt_rd_bytes(r, 2 * parts->nr_jumps);
	if (r->bad)
		return mmt_fail(e, EBADMSG, "tokens of %zu values are cut short", n);
	if (!l)
		return mmt_rd_left(r) ? mmt_fail(e, EBADMSG, "%zu bytes are left over in a column",
						 mmt_rd_left(r))
				      : 0;
	return mmt_codec_take(*r, v + parts->literal * width, width, parts->nr_literals, &constant,
			      &parts->any, e);
}

/* --- reading, quickly --- */

/* Whether there are as many jumps and literals as tokens that want one, and no other tokens. */
static bool count_tokens(const struct mmt_matches *m)
{
	size_t jumps = 0, literals = 0;
	uint8_t most = 0;

	for (size_t at = 0; at < m->n; at += UINT8_MAX) {
		size_t end = m->n - at < UINT8_MAX ? m->n : at + UINT8_MAX;
		uint8_t some_jumps = 0, some_literals = 0; /* as wide as a token: many at once */

		for (size_t i = at; i < end; i++) {
			some_jumps = (uint8_t)(some_jumps + (m->tokens[i] == JUMP));
			some_literals = (uint8_t)(some_literals + (m->tokens[i] == LITERAL));
			most = m->tokens[i] > most ? m->tokens[i] : most;
		}
		jumps += some_jumps;
		literals += some_literals;
	}
	return jumps == m->nr_jumps && literals == m->nr_literals && most <= LITERAL;
}

/* How many of the @n tokens at @t are like the first. */
static inline size_t run(const uint8_t *t, size_t n)
{
	const uint64_t like = t[0] * UINT64_C(0x0101010101010101);
	size_t i = 0;
	uint64_t x;

	for (; i + 8 <= n; i += 8) {
		memcpy(&x, t + i, 8);
		x = le64toh(x) ^ like;
		if (x)
			return i + (size_t)__builtin_ctzll(x) / 8;
	}
	while (i < n && t[i] == t[0])
		i++;
	return i;
}

/* @n values from @from on to @to, which is after it and may be among them. @spare: so many may be
 * written after them. */
static inline void copy_run(uint32_t *to, const uint32_t *from, size_t n, size_t spare)
{
	uint32_t part[8];

	if (to - from < 8 || spare < 7) {
		for (size_t i = 0; i < n; i++)
			to[i] = from[i];
		return;
	}
	for (size_t i = 0; i < n; i += 8) {
		memcpy(part, from + i, sizeof(part));
		memcpy(to + i, part, sizeof(part));
	}
}

/* @n values before and at @from, last first. */
static inline void copy_back(uint32_t *restrict to, const uint32_t *restrict from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = *(from - i);
}

/* Steps up, down and none, from value @i on: how many. */
static size_t follow_steps(struct mmt_matches *r, size_t i)
{
	const uint8_t *t = r->tokens;
	uint64_t x = i ? r->v[i - 1] : 0;
	size_t start = i;

	for (; i < r->n && t[i] >= UP && t[i] <= SAME; i++) {
		/* 1, -1, 0 */
		x = (uint32_t)x + (uint64_t)(t[i] == UP) - (uint64_t)(t[i] == DOWN);
		r->any |= x;
		r->v[i] = (uint32_t)x;
	}
	return i - start;
}

/* A run of one token from value @i on: how many values, or 0: there is no match. */
static size_t follow_run(struct mmt_matches *r, size_t i)
{
	size_t n, back;

	switch (r->tokens[i]) {
	case FORWARD:
		n = run(r->tokens + i, r->n - i);
		if (r->match + 1 >= i)
			return 0;
		copy_run(r->v + i, r->v + r->match + 1, n, r->literal - i - n);
		r->match += n;
		return n;
	case BACKWARD:
		n = run(r->tokens + i, r->n - i);
		if (r->match >= i || r->match < n)
			return 0;
		copy_back(r->v + i, r->v + r->match - 1, n);
		r->match -= n;
		return n;
	case JUMP:
		back = 1u + r->jumps[r->jump] + (size_t)r->jumps[r->nr_jumps + r->jump] * 256;
		r->jump++;
		if (back > i)
			return 0;
		r->match = i - back;
		r->v[i] = r->v[r->match];
		return 1;
	case LITERAL:
		n = run(r->tokens + i, r->n - i);
		memmove(r->v + i, r->v + r->literal, n * sizeof(*r->v));
		r->literal += n;
		return n;
	default:
		return follow_steps(r, i);
	}
}

/* Literals wait at the end of @v: as many are left as tokens that want one, so value i never
 * overtakes the one it needs. False: some value has no match before it. */
static bool follow_tokens(struct mmt_matches *r)
{
	for (size_t i = 0, n; i < r->n; i += n) {
		n = i ? mmt_matches_tell(r, i) : 0;
		n = n ? n : follow_run(r, i);
		if (!n || n == SIZE_MAX)
			return false;
	}
	return true;
}

int mmt_repeat_take(struct mmt_rd r, uint32_t *v, size_t n, uint64_t *any, struct mmt_err *e)
{
	struct mmt_matches m = { .v = v };
	int err = take_parts(&r, (uint8_t *)v, sizeof(*v), n, &m, e);

	if (err)
		return err;
	if (!count_tokens(&m) || !follow_tokens(&m))
		return mmt_fail(e, EBADMSG, "a value has no match, jump or literal");
	*any = m.any;
	return 0;
}

/* --- reading, one token after the other --- */

int mmt_repeat_explain(struct mmt_rd r, uint64_t *v, size_t n, struct mmt_err *e)
{
	struct state l = { 0, NONE };
	struct mmt_matches p = { 0 };
	size_t jump = 0, literal;
	int err = take_parts(&r, (uint8_t *)v, sizeof(*v), n, &p, e);

	if (err)
		return err;
	literal = p.literal;
	for (size_t i = 0; i < n; i++) {
		uint64_t x;

		switch (p.tokens[i]) {
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
			size_t back = jump < p.nr_jumps
					      ? 1u + p.jumps[jump] +
							(size_t)p.jumps[p.nr_jumps + jump] * 256
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
			return mmt_fail(e, EBADMSG, "token %u is not known", p.tokens[i]);
		}
		v[i] = l.last = x;
	}
	if (jump != p.nr_jumps || literal != n)
		return mmt_fail(e, EBADMSG, "jumps or literals are left over");
	return 0;
}
