// SPDX-License-Identifier: GPL-2.0-only
/*
 * The population of a recorded machine: what each frame was used for when the trace began.
 *
 * Two witnesses are heard. The start snapshot reads /proc/kpageflags frame by frame, which takes
 * seconds on a large machine while others allocate; the events know the moment. So a frame that
 * events name was free if the first of them allocates it, and used if the first frees it; of all
 * others the snapshot is right, for nothing happened to them.
 *
 *	pfn 0           32768        65536
 *	    +-----------+------------+-----------
 *	    | one byte  | fill: FREE | fill: ABSENT       a section alike all over has no array
 *	    | per frame |            |
 *	    +-----------+------------+-----------
 *
 * I1  A section without array holds frames of one value, `fill`.
 *
 * Flags without meaning here (LOCKED, REFERENCED, ...) are ignored. A frame whose flags are all
 * zero is the kernel's own: allocated without a type, or waiting in a per-CPU list; initial.c tells
 * these apart. A whole aligned section of such frames has not been initialised by the kernel
 * (deferred initialisation, or a hole): ABSENT.
 *
 * Cost: 1 host byte a frame of mixed sections, 9 bytes a section otherwise.
 */
#include "lib/replay/survey/population.h"

#include <errno.h>
#include <string.h>

#define KPF_DIRTY	4
#define KPF_LRU		5
#define KPF_SLAB	7
#define KPF_WRITEBACK	8
#define KPF_BUDDY	10
#define KPF_MMAP	11
#define KPF_ANON	12
#define KPF_SWAPBACKED	14
#define KPF_HUGE	17
#define KPF_UNEVICTABLE 18
#define KPF_HWPOISON	19
#define KPF_NOPAGE	20
#define KPF_OFFLINE	23
#define KPF_PGTABLE	26
#define KPF_RESERVED	32

enum frame_use frame_use_of(uint64_t flags, uint64_t mapcount)
{
	static const struct {
		uint8_t bit, use;
	} order[] = { { KPF_NOPAGE, FRAME_ABSENT },	      { KPF_BUDDY, FRAME_FREE },
		      { KPF_RESERVED, FRAME_RESERVED },	      { KPF_HWPOISON, FRAME_RESERVED },
		      { KPF_OFFLINE, FRAME_ABSENT },	      { KPF_SLAB, FRAME_SLAB },
		      { KPF_PGTABLE, FRAME_PGTABLE },	      { KPF_HUGE, FRAME_HUGETLB },
		      { KPF_UNEVICTABLE, FRAME_UNEVICTABLE }, { KPF_ANON, FRAME_ANON },
		      { KPF_SWAPBACKED, FRAME_ANON } };

	for (unsigned i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (flags >> order[i].bit & 1)
			return order[i].use;
	if (!(flags >> KPF_LRU & 1) && !(flags >> KPF_MMAP & 1))
		return FRAME_KERNEL;
	if (flags >> KPF_DIRTY & 1 || flags >> KPF_WRITEBACK & 1)
		return FRAME_FILE_DIRTY;
	return mapcount || flags >> KPF_MMAP & 1 ? FRAME_FILE_MAPPED : FRAME_FILE;
}

int population_init(struct population *p, struct mmt_alloc *a, struct mmt_err *e)
{
	uint32_t nr = 1u << (32 - POPULATION_SECTION_ORDER);

	*p = (struct population){ .alloc = a, .pool.alloc = a, .most = nr };
	p->section = mmt_calloc(a, nr, sizeof(*p->section));
	p->fill = mmt_calloc(a, nr, 1);
	if (p->section && p->fill)
		return 0;
	population_free(p);
	return mmt_fail(e, ENOMEM, "no memory for the population");
}

void population_free(struct population *p)
{
	mmt_pool_free(&p->pool);
	mmt_free(p->alloc, p->section);
	mmt_free(p->alloc, p->fill);
	*p = (struct population){ 0 };
}

/* The array of a section, made if it had none. */
static uint8_t *touch(struct population *p, pfn_t pfn, struct mmt_err *e)
{
	uint32_t i = pfn >> POPULATION_SECTION_ORDER;

	if (!p->section[i]) {
		if (p->made >= p->most) {
			mmt_fail(e, EDQUOT, "frames are named far beyond the zones of the host");
			return NULL;
		}
		p->section[i] = mmt_pool_take(&p->pool, POPULATION_SECTION);
		if (!p->section[i]) {
			mmt_fail(e, ENOMEM, "no memory for the population");
			return NULL;
		}
		p->made++;
		if (p->fill[i])
			memset(p->section[i], p->fill[i], POPULATION_SECTION);
	}
	return p->section[i];
}

int population_set(struct population *p, pfn_t pfn, uint8_t value, struct mmt_err *e)
{
	uint8_t *s = touch(p, pfn, e);

	if (!s)
		return p->made >= p->most ? -EDQUOT : -ENOMEM;
	s[pfn & (POPULATION_SECTION - 1)] = value;
	return 0;
}

/* The use of @n frames, whose other bits stay; what an event named before was read late. */
static void set_use(uint8_t *v, size_t n, uint8_t use)
{
	const uint64_t every = UINT64_C(0x0101010101010101);
	uint64_t eight;

	for (; n >= sizeof(eight); n -= sizeof(eight), v += sizeof(eight)) {
		memcpy(&eight, v, sizeof(eight));
		eight |= (eight & every * FRAME_SEEN) * (FRAME_LATE / FRAME_SEEN);
		eight = (eight & ~(every * FRAME_USE_MASK)) | every * use;
		memcpy(v, &eight, sizeof(eight));
	}
	for (; n; n--, v++) {
		if (*v & FRAME_SEEN)
			*v |= FRAME_LATE;
		*v = (uint8_t)((*v & ~FRAME_USE_MASK) | use);
	}
}

int population_fill(struct population *p, pfn_t pfn, uint64_t n, enum frame_use use,
		    struct mmt_err *e)
{
	uint64_t end = (uint64_t)pfn + n;

	if (end > (uint64_t)PFN_NONE)
		end = PFN_NONE;
	for (uint64_t at = pfn; at < end;) {
		uint32_t i = (uint32_t)(at >> POPULATION_SECTION_ORDER);
		uint64_t next = ((uint64_t)i + 1) << POPULATION_SECTION_ORDER;
		uint64_t stop = next < end ? next : end;
		uint8_t *s;

		if (stop - at == POPULATION_SECTION && !p->section[i]) {
			p->fill[i] = use == FRAME_KERNEL ? FRAME_ABSENT : use;
			at = stop;
			continue;
		}
		s = touch(p, (pfn_t)at, e);
		if (!s)
			return p->made >= p->most ? -EDQUOT : -ENOMEM;
		set_use(&s[at & (POPULATION_SECTION - 1)], stop - at, use);
		at = stop;
	}
	return 0;
}

/* Bytes in memory before the first that is not 0 of @eight, which is not 0. */
static unsigned zeros_before(uint64_t eight)
{
	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		return (unsigned)__builtin_ctzll(eight) / 8;
	return (unsigned)__builtin_clzll(eight) / 8;
}

/* Length of the run of @v at the start of @s, of @n bytes at most. */
static size_t run_of(const uint8_t *s, size_t n, uint8_t v)
{
	const uint64_t alike = v * UINT64_C(0x0101010101010101);
	uint64_t eight;
	size_t i = 0;

	for (; i + sizeof(eight) <= n; i += sizeof(eight)) {
		memcpy(&eight, s + i, sizeof(eight));
		if (eight != alike)
			return i + zeros_before(eight ^ alike);
	}
	while (i < n && s[i] == v)
		i++;
	return i;
}

/* The same of values whose class is @of. */
static size_t run_of_class(const uint8_t *s, size_t n, const uint8_t *class, uint8_t of)
{
	size_t i = 0;

	while (i < n && class[s[i]] == of)
		i += run_of(s + i, n - i, s[i]);
	return i;
}

/* End of the run from @pfn of frames with one value, or one @class if that is not NULL. */
static pfn_t run_end(const struct population *p, pfn_t pfn, pfn_t end, const uint8_t *class)
{
	uint8_t v = population_get(p, pfn), of = class ? class[v] : v;

	while (pfn < end) {
		uint32_t i = pfn >> POPULATION_SECTION_ORDER;
		uint64_t next = ((uint64_t)i + 1) << POPULATION_SECTION_ORDER;
		pfn_t stop = next < end ? (pfn_t)next : end;

		if (p->section[i]) {
			const uint8_t *s = &p->section[i][pfn & (POPULATION_SECTION - 1)];
			size_t n = stop - pfn;

			pfn += (pfn_t)(class ? run_of_class(s, n, class, of) : run_of(s, n, of));
			if (pfn < stop)
				return pfn;
		} else if ((class ? class[p->fill[i]] : p->fill[i]) != of) {
			return pfn;
		}
		pfn = stop;
	}
	return end;
}

pfn_t population_run(const struct population *p, pfn_t pfn, pfn_t end)
{
	return run_end(p, pfn, end, NULL);
}

pfn_t population_run_of(const struct population *p, pfn_t pfn, pfn_t end, const uint8_t class[256])
{
	return run_end(p, pfn, end, class);
}

void population_count(const struct population *p, pfn_t pfn, pfn_t end, uint64_t count[256])
{
	while (pfn < end) {
		uint32_t i = pfn >> POPULATION_SECTION_ORDER;
		uint64_t next = ((uint64_t)i + 1) << POPULATION_SECTION_ORDER;
		pfn_t stop = next < end ? (pfn_t)next : end, from = pfn;
		const uint8_t *s = p->section[i];

		if (!s)
			count[p->fill[i]] += stop - pfn;
		else
			s += pfn & (POPULATION_SECTION - 1);
		for (size_t at = 0, n; s && at < stop - from; at += n) {
			n = run_of(s + at, stop - from - at, s[at]);
			count[s[at]] += n;
		}
		pfn = stop;
	}
}

pfn_t population_run_back(const struct population *p, pfn_t end)
{
	uint8_t v = population_get(p, end - 1);

	while (end) {
		uint32_t i = (end - 1) >> POPULATION_SECTION_ORDER;
		pfn_t start = i << POPULATION_SECTION_ORDER;
		const uint8_t *s = p->section[i];

		if (!s && p->fill[i] != v)
			return end;
		for (; s && end > start; end--)
			if (s[(end - 1) & (POPULATION_SECTION - 1)] != v)
				return end;
		end = start;
	}
	return 0;
}

pfn_t population_find_back(const struct population *p, uint8_t value, pfn_t from, uint64_t end)
{
	while (end > from) {
		uint64_t start = (end - 1) & ~(uint64_t)(POPULATION_SECTION - 1);
		const uint8_t *s = p->section[start >> POPULATION_SECTION_ORDER], *found;

		found = s ? memrchr(s, value, end - start) : NULL;
		if (found && start + (uint64_t)(found - s) >= from)
			return (pfn_t)(start + (uint64_t)(found - s));
		end = start;
	}
	return PFN_NONE;
}
