// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a trace holds GFP flags in the bits of Linux 6.12 without KASAN and lockdep, where
 * __GFP_SKIP_ZERO, __GFP_SKIP_KASAN and __GFP_NOLOCKDEP have none, whatever the recorded
 * kernel called which bit. The names are of include/linux/gfp_types.h (6.12); text prefers
 * combinations, as the kernel's own %pGg does: the first of the table that fits is taken out.
 *
 * Invariants: I1 parse(text(x)) = x for every x of 32 bits. I2 text(parse(s)) names the same bits.
 * Cost: a walk over the table, for people's input and output only.
 */
#include "lib/trace/gfp_names.h"

#include "lib/base/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct gfp_name {
	uint32_t value;
	const char *name;
} names[] = {
	{ 0x1c24ca, "GFP_TRANSHUGE" },
	{ 0x1c20ca, "GFP_TRANSHUGE_LIGHT" },
	{ 0x100cca, "GFP_HIGHUSER_MOVABLE" },
	{ 0x100cc2, "GFP_HIGHUSER" },
	{ 0x100cc0, "GFP_USER" },
	{ 0x400cc0, "GFP_KERNEL_ACCOUNT" },
	{ 0xcc0, "GFP_KERNEL" },
	{ 0xc40, "GFP_NOFS" },
	{ 0x820, "GFP_ATOMIC" },
	{ 0xc00, "GFP_NOIO" },
	{ 0x2800, "GFP_NOWAIT" },
	{ 0x1, "GFP_DMA" },
	{ 0x4, "GFP_DMA32" },
	{ 0xc00, "__GFP_RECLAIM" },
	{ 0x2, "__GFP_HIGHMEM" },
	{ 0x8, "__GFP_MOVABLE" },
	{ 0x10, "__GFP_RECLAIMABLE" },
	{ 0x20, "__GFP_HIGH" },
	{ 0x40, "__GFP_IO" },
	{ 0x80, "__GFP_FS" },
	{ 0x100, "__GFP_ZERO" },
	{ 0x400, "__GFP_DIRECT_RECLAIM" },
	{ 0x800, "__GFP_KSWAPD_RECLAIM" },
	{ 0x1000, "__GFP_WRITE" },
	{ 0x2000, "__GFP_NOWARN" },
	{ 0x4000, "__GFP_RETRY_MAYFAIL" },
	{ 0x8000, "__GFP_NOFAIL" },
	{ 0x10000, "__GFP_NORETRY" },
	{ 0x20000, "__GFP_MEMALLOC" },
	{ 0x40000, "__GFP_COMP" },
	{ 0x80000, "__GFP_NOMEMALLOC" },
	{ 0x100000, "__GFP_HARDWALL" },
	{ 0x200000, "__GFP_THISNODE" },
	{ 0x400000, "__GFP_ACCOUNT" },
	{ 0x800000, "__GFP_ZEROTAGS" },
	{ 0x1000000, "__GFP_NO_OBJ_EXT" },
	{ 0x1, "__GFP_DMA" },
	{ 0x4, "__GFP_DMA32" },
};

#define NR_NAMES (sizeof(names) / sizeof(names[0]))

const char *mmt_gfp_text(uint64_t gfp, char *buf, size_t size)
{
	size_t at = 0;

	snprintf(buf, size, "%s", gfp ? "" : "none");
	for (size_t i = 0; i < NR_NAMES && gfp; i++) {
		if ((gfp & names[i].value) != names[i].value)
			continue;
		gfp &= ~(uint64_t)names[i].value;
		snprintf(buf + at, size - at, "%s%s", at ? "|" : "", names[i].name);
		at += strlen(buf + at);
	}
	if (gfp)
		snprintf(buf + at, size - at, "%s0x%" PRIx64, at ? "|" : "", gfp);
	return buf;
}

static bool parse_part(const char *p, size_t n, uint64_t *v)
{
	for (size_t i = 0; i < NR_NAMES; i++)
		if (strlen(names[i].name) == n && memcmp(names[i].name, p, n) == 0) {
			*v = names[i].value;
			return true;
		}
	return mmt_number(p, n, v) && *v <= UINT32_MAX;
}

bool mmt_gfp_parse(const char *text, size_t n, uint64_t *gfp, const char **bad, size_t *bad_n)
{
	const char *end = text + n;

	*gfp = 0;
	if (n == 4 && memcmp(text, "none", 4) == 0)
		return true;
	for (;;) {
		const char *bar = memchr(text, '|', (size_t)(end - text));
		size_t part = (size_t)((bar ? bar : end) - text);
		uint64_t v;

		if (!parse_part(text, part, &v)) {
			*bad = text;
			*bad_n = part;
			return false;
		}
		*gfp |= v;
		if (!bar)
			return true;
		text = bar + 1;
	}
}

const char *mmt_gfp_name(unsigned i, uint32_t *value)
{
	if (i >= NR_NAMES)
		return NULL;
	*value = names[i].value;
	return names[i].name;
}

void mmt_gfp_nearest(struct mmt_nearest *nearest)
{
	for (size_t i = 0; i < NR_NAMES; i++)
		mmt_nearest_try(nearest, names[i].name);
}
