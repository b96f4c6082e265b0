/* SPDX-License-Identifier: GPL-2.0-only */
/* Seeded random numbers (SplitMix64, Steele, Lea, Flood, OOPSLA 2014): the only randomness of lib/.
 */
#ifndef MMT_BASE_RNG_H
#define MMT_BASE_RNG_H

#include <stdint.h>

struct mmt_rng {
	uint64_t state; /* the seed, to begin */
};

/* Next 64 random bits. */
static inline uint64_t mmt_rng_next(struct mmt_rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* A number in 0..@n-1; @n must not be 0. */
static inline uint64_t mmt_rng_below(struct mmt_rng *r, uint64_t n)
{
	return mmt_rng_next(r) % n;
}

#endif
