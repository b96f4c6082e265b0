/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a column: which of the codes of codec.c will be smallest once zstd has been over it.
 *
 * Theory. zstd is an entropy coder behind a search for repeats, so two estimates are made:
 *
 *   - planes and tables: the entropy of each plane of bytes, order 0;
 *   - words: a value that was seen lately costs a match (about 2.5 bytes), or nearly nothing if the
 *     one before it was seen just before that place; any other its bytes.
 *
 * Exceptions cost about 3 bytes and their value. All in 1/256 bit and integers, so that the same
 * events give the same file on any machine. Columns of a few values take the fewest plain bytes.
 *
 * Cost: for each of three transforms a pass for widths, one per plane for entropies and one for
 * repeats; long columns are judged by SAMPLE values, in blocks from all over them, and judged again
 * in full only if many values turn out not to fit.
 */
#include "lib/trace/column/codec.h"

#include <string.h>

#define TABLE_MAX     256
#define SEEN	      4096
#define FEW	      48
#define SLOTS	      1024
#define SAMPLE	      2048
#define SAMPLE_BLOCKS 8

struct choice {
	enum mmt_transform transform;
	enum mmt_storage storage;
	unsigned width, shift;
	uint64_t start, base;
	uint64_t cost; /* 1/256 bit */
};

static unsigned width_of(uint64_t v)
{
	return v ? (unsigned)(71 - __builtin_clzll(v)) / 8 : 0;
}

/* log2(v) in 1/256, v > 0; the fraction is taken as linear, which is right to 0.09. */
static uint64_t log2_256(uint64_t v)
{
	unsigned top = (unsigned)(63 - __builtin_clzll(v));
	uint64_t rest = top >= 8 ? v >> (top - 8) & 255 : v << (8 - top) & 255;

	return (uint64_t)top * 256 + rest;
}

/* What @n symbols counted in @hist cost an entropy coder. */
static uint64_t entropy(const uint32_t *hist, size_t n)
{
	uint64_t sum = 0, whole = log2_256(n);

	for (unsigned i = 0; i < 256; i++)
		if (hist[i])
			sum += hist[i] * (whole - log2_256(hist[i]));
	return sum;
}

static uint64_t bytes_cost(uint64_t bytes)
{
	return bytes * 8 * 256;
}

/* --- transforms --- */

/* Low bits that are 0 in all of @r, which are not all 0. */
static unsigned idle_bits(const uint64_t *r, size_t n)
{
	uint64_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= r[i];
	return any ? (unsigned)__builtin_ctzll(any) : 0;
}

static void scale(struct choice *c, uint64_t *r, size_t n)
{
	c->shift = idle_bits(r, n);
	for (size_t i = 0; i < n && c->shift; i++)
		r[i] >>= c->shift;
}

/* What is left of steps @r as numbers with a sign. */
static void zigzag(struct choice *c, uint64_t *r, size_t n)
{
	c->shift = idle_bits(r, n);
	for (size_t i = 1; i < n; i++)
		r[i] = mmt_zigzag((uint64_t)((int64_t)r[i] >> c->shift));
}

static void transform(struct choice *c, const uint64_t *v, size_t n, uint64_t *r)
{
	uint64_t least = UINT64_MAX;

	c->start = c->base = 0;
	if (c->transform == MMT_T_NONE) {
		for (size_t i = 0; i < n; i++)
			least = v[i] < least ? v[i] : least;
		c->base = least;
		for (size_t i = 0; i < n; i++)
			r[i] = v[i] - least;
		scale(c, r, n);
		return;
	}
	c->start = v[0];
	r[0] = 0;
	for (size_t i = 1; i < n; i++) {
		r[i] = v[i] - v[i - 1];
		least = r[i] < least ? r[i] : least;
	}
	if (c->transform == MMT_T_ZIGZAG) {
		zigzag(c, r, n);
		return;
	}
	if (n < 2)
		return;
	c->base = least;
	c->start -= least;
	for (size_t i = 1; i < n; i++)
		r[i] -= least;
	scale(c, r, n);
}

/* --- estimates --- */

static void better(struct choice *best, const struct choice *c)
{
	if (c->cost < best->cost)
		*best = *c;
}

static uint64_t exceptions_cost(const size_t *widths, unsigned w)
{
	uint64_t bytes = 0;

	for (unsigned i = w + 1; i <= 8; i++)
		bytes += widths[i] * (3 + i);
	return bytes_cost(bytes);
}

static void try_planes(struct choice *best, struct choice *c, const uint64_t *r, size_t n,
		       const size_t *widths)
{
	uint64_t planes = 0;

	c->storage = MMT_S_PLANES;
	for (unsigned w = 0;; w++) {
		uint32_t hist[256] = { 0 };

		c->width = w;
		c->cost = planes + exceptions_cost(widths, w);
		better(best, c);
		if (w == 8 || planes >= best->cost)
			return;
		for (size_t i = 0; i < n; i++)
			hist[r[i] >> (8 * w) & 255]++;
		planes += entropy(hist, n);
	}
}

/* Planes where they are no longer than what is the best so far: quicker to read than varints. */
static void try_plain(struct choice *best, struct choice *c, size_t n, const size_t *widths)
{
	c->storage = MMT_S_PLANES;
	for (unsigned w = 1; w <= 8; w++) {
		uint64_t bytes = w * n + 4;

		/* an exception: its place, and a varint that is longer than its bytes */
		for (unsigned i = w + 1; i <= 8; i++)
			bytes += widths[i] * (3 + i + 2);
		c->width = w;
		c->cost = bytes_cost(bytes);
		if (c->cost <= best->cost)
			*best = *c;
	}
}

static void try_words(struct choice *best, struct choice *c, const uint64_t *r, size_t n,
		      const size_t *widths)
{
	uint32_t seen[SEEN];
	size_t expected = SIZE_MAX;
	uint64_t cost;
	unsigned w = 8;

	while (w > 1 && exceptions_cost(widths, w / 2) <= bytes_cost(n / 16))
		w /= 2;
	memset(seen, 0xff, sizeof(seen));
	cost = exceptions_cost(widths, w);
	for (size_t i = 0; i < n && cost < best->cost; i++) {
		size_t slot = (size_t)(r[i] * UINT64_C(0x9e3779b97f4a7c15) >> 52);
		size_t place = seen[slot];

		seen[slot] = (uint32_t)i;
		if (expected < i && r[expected] == r[i]) {
			expected++;
			cost += 32;
		} else if (place != UINT32_MAX && r[place] == r[i]) {
			expected = place + 1;
			cost += 20 * 256;
		} else {
			expected = SIZE_MAX;
			cost += (width_of(r[i]) * 8 + 2) * 256;
		}
	}
	c->storage = MMT_S_WORDS;
	c->width = w;
	c->cost = cost;
	better(best, c);
}

static uint64_t varint_bytes(const uint64_t *r, size_t n)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += mmt_varint_len(r[i]);
	return bytes;
}

/* The distinct values of @v, or 0 if there are more than TABLE_MAX; @hist counts them. */
static size_t distinct(const uint64_t *v, size_t n, uint64_t *table, uint32_t *hist,
		       uint16_t *slots)
{
	size_t count = 0;

	memset(slots, 0, SLOTS * sizeof(*slots));
	memset(hist, 0, TABLE_MAX * sizeof(*hist));
	for (size_t i = 0; i < n; i++) {
		size_t s = (size_t)(v[i] * UINT64_C(0x9e3779b97f4a7c15) >> 54);

		while (slots[s] && table[slots[s] - 1] != v[i])
			s = (s + 1) & (SLOTS - 1);
		if (!slots[s]) {
			if (count == TABLE_MAX)
				return 0;
			table[count++] = v[i];
			slots[s] = (uint16_t)count;
		}
		hist[slots[s] - 1]++;
	}
	return count;
}

/* --- writing --- */

static void put_fixed(struct mmt_wr *w, const struct choice *c, uint64_t *r, size_t n)
{
	uint64_t limit = c->width < 8 ? (UINT64_C(1) << (8 * c->width)) - 1 : UINT64_MAX;
	size_t exceptions = 0, last = 0;
	uint8_t *p;

	for (size_t i = 0; i < n; i++)
		exceptions += r[i] > limit;
	mmt_wr_u8(w, (uint8_t)c->width);
	mmt_wr_varint(w, exceptions);
	for (size_t i = 0; i < n && exceptions; i++) {
		if (r[i] <= limit)
			continue;
		mmt_wr_varint(w, i - last);
		mmt_wr_varint(w, r[i]);
		r[i] = 0;
		last = i;
	}
	p = mmt_wr_space(w, n * c->width);
	for (unsigned b = 0; p && b < c->width; b++) {
		size_t step = c->storage == MMT_S_WORDS ? c->width : 1;
		uint8_t *q = p + (c->storage == MMT_S_WORDS ? b : b * n);

		for (size_t i = 0; i < n; i++)
			q[i * step] = (uint8_t)(r[i] >> (8 * b));
	}
}

static void put_table(struct mmt_wr *w, const uint64_t *v, size_t n, const uint64_t *table,
		      size_t count, const uint16_t *slots)
{
	uint8_t *p;

	mmt_wr_u8(w, MMT_S_TABLE);
	mmt_wr_varint(w, count);
	for (size_t i = 0; i < count; i++)
		mmt_wr_varint(w, table[i]);
	p = mmt_wr_space(w, n);
	for (size_t i = 0; p && i < n; i++) {
		size_t s = (size_t)(v[i] * UINT64_C(0x9e3779b97f4a7c15) >> 54);

		while (table[slots[s] - 1] != v[i])
			s = (s + 1) & (SLOTS - 1);
		p[i] = (uint8_t)(slots[s] - 1);
	}
}

/* Whether the width chosen from a sample is too small for the column, now transformed in @r. */
static bool too_narrow(const struct choice *c, const uint64_t *r, size_t n)
{
	uint64_t limit = c->width < 8 ? (UINT64_C(1) << (8 * c->width)) - 1 : UINT64_MAX;
	size_t exceptions = 0;

	for (size_t i = 0; i < n; i++)
		exceptions += r[i] > limit;
	return c->storage != MMT_S_VARINT && exceptions > n / 8;
}

/* @r is the column transformed. */
static void put_choice(struct mmt_wr *w, const struct choice *c, uint64_t *r, size_t n)
{
	unsigned scaled = c->shift ? MMT_T_SCALED : 0;

	mmt_wr_u8(w, (uint8_t)((scaled | c->transform) << 4 | c->storage));
	if (c->transform != MMT_T_NONE)
		mmt_wr_varint(w, c->start);
	if (c->transform != MMT_T_ZIGZAG)
		mmt_wr_varint(w, c->base);
	if (scaled)
		mmt_wr_u8(w, (uint8_t)c->shift);
	if (c->storage != MMT_S_VARINT) {
		put_fixed(w, c, r, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		mmt_wr_varint(w, r[i]);
}

/* The best code for @n values; MMT_S_TABLE if that is a table. */
static struct choice choose(const uint64_t *v, size_t n, uint64_t *tmp, bool plain)
{
	struct choice best = { .cost = UINT64_MAX }, c;
	uint64_t table[TABLE_MAX];
	uint32_t hist[TABLE_MAX];
	uint16_t slots[SLOTS];
	size_t count;

	for (unsigned t = 0; t < MMT_NR_TRANSFORMS; t++) {
		size_t widths[9] = { 0 };

		c = (struct choice){ .transform = (enum mmt_transform)t };
		transform(&c, v, n, tmp);
		c.storage = MMT_S_VARINT;
		c.cost = bytes_cost(varint_bytes(tmp, n));
		better(&best, &c);
		if (n < FEW)
			continue;
		for (size_t i = 0; i < n; i++)
			widths[width_of(tmp[i])]++;
		if (plain) {
			try_plain(&best, &c, n, widths);
			continue;
		}
		try_planes(&best, &c, tmp, n, widths);
		try_words(&best, &c, tmp, n, widths);
	}
	count = n < FEW && plain ? 0 : distinct(v, n, table, hist, slots);
	c = (struct choice){ .storage = MMT_S_TABLE };
	if (plain && count)
		c.cost = bytes_cost(n + 2 + varint_bytes(table, count));
	else if (count)
		c.cost = entropy(hist, n) + bytes_cost(varint_bytes(table, count));
	else
		c.cost = UINT64_MAX;
	if (plain && c.cost <= best.cost)
		best = c;
	better(&best, &c);
	return best;
}

/* Some blocks of @v, evenly spread, for choosing by. */
static struct choice choose_by_sample(const uint64_t *v, size_t n, uint64_t *tmp)
{
	uint64_t sample[SAMPLE];
	size_t step = n / SAMPLE_BLOCKS, size = SAMPLE / SAMPLE_BLOCKS;

	for (size_t b = 0; b < SAMPLE_BLOCKS; b++)
		memcpy(sample + b * size, v + b * step, size * sizeof(*v));
	return choose(sample, SAMPLE, tmp, false);
}

static bool all_alike(const uint64_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (v[i] != v[0])
			return false;
	return true;
}

/* False: the choice, made by a sample, does not fit. */
static bool put_as(struct mmt_wr *w, struct choice *c, const uint64_t *v, size_t n, uint64_t *tmp,
		   bool sampled)
{
	uint64_t table[TABLE_MAX];
	uint32_t hist[TABLE_MAX];
	uint16_t slots[SLOTS];
	size_t count;

	if (c->storage == MMT_S_TABLE) {
		count = distinct(v, n, table, hist, slots);
		if (count)
			put_table(w, v, n, table, count, slots);
		return count;
	}
	transform(c, v, n, tmp);
	if (sampled && too_narrow(c, tmp, n))
		return false;
	put_choice(w, c, tmp, n);
	return true;
}

void mmt_codec_put(struct mmt_wr *w, const uint64_t *v, size_t n, uint64_t *tmp, bool plain)
{
	struct choice c;

	if (all_alike(v, n)) {
		mmt_wr_u8(w, MMT_S_CONST);
		mmt_wr_varint(w, v[0]);
		return;
	}
	if (!plain && n > 2 * SAMPLE) {
		c = choose_by_sample(v, n, tmp);
		if (put_as(w, &c, v, n, tmp, true))
			return;
	}
	c = choose(v, n, tmp, plain);
	put_as(w, &c, v, n, tmp, false);
}
