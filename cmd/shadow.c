/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of every frame a trace names: unknown, allocated or free.
 *
 * Cost: two bits a frame, in sections of 4096 frames, so memory follows what a file names and is
 * at most 1 GiB for all of the 2^32 frames a file can name (directory of 8 MiB, untouched at
 * first).
 */
#include "cmd/shadow.h"

#include <string.h>

#define SECTION_SHIFT	12
#define SECTION_FRAMES	(1u << SECTION_SHIFT)
#define NR_SECTIONS	(1u << (32 - SECTION_SHIFT))
#define FRAMES_PER_BYTE 4

enum state { UNKNOWN, ALLOCATED, FREE };

bool shadow_init(struct shadow *f, struct mmt_alloc *a)
{
	*f = (struct shadow){ .alloc = a };
	f->section = mmt_calloc(a, NR_SECTIONS, sizeof(*f->section));
	return f->section != NULL;
}

static uint8_t *section_of(struct shadow *f, uint64_t pfn)
{
	uint8_t **s = &f->section[pfn >> SECTION_SHIFT];

	if (!*s)
		*s = mmt_calloc(f->alloc, SECTION_FRAMES / FRAMES_PER_BYTE, 1);
	if (!*s)
		f->no_memory = true;
	return *s;
}

/* Put frames into @state; returns how many were in it already. */
static uint64_t set(struct shadow *f, uint64_t pfn, uint64_t count, enum state state)
{
	uint64_t already = 0;

	for (uint64_t end = pfn + count; pfn < end && pfn <= UINT32_MAX; pfn++) {
		unsigned shift = pfn % FRAMES_PER_BYTE * 2;
		uint8_t *s = section_of(f, pfn);

		if (!s)
			return 0;
		s += pfn % SECTION_FRAMES / FRAMES_PER_BYTE;
		already += (*s >> shift & 3) == state;
		*s = (uint8_t)((*s & ~(3 << shift)) | state << shift);
	}
	return already;
}

uint64_t shadow_alloc(struct shadow *f, uint64_t pfn, uint64_t count)
{
	return set(f, pfn, count, ALLOCATED);
}

uint64_t shadow_free(struct shadow *f, uint64_t pfn, uint64_t count)
{
	return set(f, pfn, count, FREE);
}

void shadow_forget(struct shadow *f, uint64_t pfn, uint64_t count)
{
	for (uint64_t end = pfn + count, next; pfn < end && pfn <= UINT32_MAX; pfn = next) {
		next = (pfn | (SECTION_FRAMES - 1)) + 1;
		if (next > end)
			next = end;
		if (f->section[pfn >> SECTION_SHIFT])
			set(f, pfn, next - pfn, UNKNOWN);
	}
}

void shadow_forget_all(struct shadow *f)
{
	for (size_t i = 0; i < NR_SECTIONS; i++)
		if (f->section[i])
			memset(f->section[i], 0, SECTION_FRAMES / FRAMES_PER_BYTE);
}

void shadow_destroy(struct shadow *f)
{
	for (size_t i = 0; f->section && i < NR_SECTIONS; i++)
		mmt_free(f->alloc, f->section[i]);
	mmt_free(f->alloc, f->section);
	f->section = NULL;
}
