/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers with units as people type them: no sign, no space, at most nine decimals, and nothing
 * after the unit.
 */
#include "cmd/cli.h"

#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* "12", or "1.5" when @unit follows a fraction: whole part, fraction and its scale. */
static const char *digits(const char *p, uint64_t *v, uint64_t *scale)
{
	const char *start = p;

	for (*v = 0, *scale = 1; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(*v, 10, v) ||
		    __builtin_add_overflow(*v, (uint64_t)(*p - '0'), v))
			return NULL;
		*scale = *scale < 10000000000 ? *scale * 10 : *scale;
	}
	return p == start ? NULL : p;
}

static bool parse(const char *text, const struct unit *units, uint64_t *result)
{
	uint64_t whole, part = 0, scale = 1, v;
	const char *p = digits(text, &whole, &scale);

	scale = 1;
	if (p && *p == '.') {
		p = digits(p + 1, &part, &scale);
		if (p && scale > 1000000000)
			return false;
	}
	if (!p)
		return false;
	for (; units->name; units++) {
		if (strcmp(p, units->name) != 0)
			continue;
		if (__builtin_mul_overflow(whole, units->factor, &v))
			return false;
		/* the fraction is below one unit and below 2^70: split to stay in 64 bits */
		part = units->factor / scale * part + units->factor % scale * part / scale;
		return !__builtin_add_overflow(v, part, result);
	}
	return false;
}

bool cli_parse_time(const char *text, uint64_t *ns)
{
	static const struct unit units[] = {
		{ "", 1000000000 },
		{ "s", 1000000000 },
		{ "ms", 1000000 },
		{ "us", 1000 },
		{ "ns", 1 },
		{ "m", 60000000000 },
		{ "h", 3600000000000 },
		{ "d", 86400000000000 },
		{ NULL, 0 },
	};

	return parse(text, units, ns);
}

bool cli_parse_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "B", 1 },
		{ "K", 1ull << 10 },
		{ "k", 1ull << 10 },
		{ "KiB", 1ull << 10 },
		{ "M", 1ull << 20 },
		{ "MiB", 1ull << 20 },
		{ "G", 1ull << 30 },
		{ "GiB", 1ull << 30 },
		{ "T", 1ull << 40 },
		{ "TiB", 1ull << 40 },
		{ NULL, 0 },
	};

	return parse(text, units, bytes);
}

bool cli_parse_u64(const char *text, uint64_t max, uint64_t *v)
{
	uint64_t scale;
	const char *p = digits(text, v, &scale);

	return p && !*p && *v <= max;
}
