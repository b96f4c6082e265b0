// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of tunables: parse, check, apply.
 *
 *	vm.lowmem_reserve_ratio = 256 256 32 0 0 @ 12.5s
 *	`------- key ---------'   `-- value --'   `time'
 *
 * A key may hold '@' itself (memory.high@/a/b), so the time is looked for behind the '=' only.
 *
 * A name of the table may end in '*', which stands for the number of a node or for whatever the
 * kernel has there.
 *
 * I1  Names are unique; an alias (hw.numa.nodes, hw.cpus) leads to one row.
 * I2  A change that parses is within the kernel's range (kernel/sysctl.c and the handlers of
 *     mm/page_alloc.c, 6.12), except what only the machine can judge: mem= against what the
 *     population needs.
 *
 * Cost: each --set walks the table once, an unknown key measures the distance to every name.
 */
#include "lib/replay/tunable.h"

#include "lib/base/nearest.h"
#include "lib/base/number.h"
#include "lib/mm/profile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum tunable_id {
#define MODELLED(id, name, unit, range, fallback, timed, rows, help) T_##id,
#define KNOWN(name, fallback, rows, help)
#include "lib/replay/tunable.def"
#undef MODELLED
#undef KNOWN
	NR_MODELLED
};

/* clang-format off */
static const struct tunable table[] = {
#define MODELLED(id, name_, unit_, range_, fallback_, timed_, rows_, help_)                          \
	{ .name = name_, .unit = unit_, .range = range_, .fallback = fallback_, .help = help_,     \
	  .rows = rows_, .modelled = true, .timed = timed_ },
#define KNOWN(name_, fallback_, rows_, help_)                                                      \
	{ .name = name_, .unit = "", .range = "", .fallback = fallback_, .help = help_,            \
	  .rows = rows_ },
#include "lib/replay/tunable.def"
#undef MODELLED
#undef KNOWN
};
/* clang-format on */

unsigned tunable_count(void)
{
	return sizeof(table) / sizeof(*table);
}

const struct tunable *tunable_at(unsigned i)
{
	return &table[i];
}

/* Whether @key[0..@n) is @name, whose '*' stands for one or more characters at its end. */
static bool name_matches(const char *name, const char *key, size_t n)
{
	size_t len = strlen(name);

	if (len && name[len - 1] == '*')
		return n >= len && memcmp(name, key, len - 1) == 0;
	return n == len && memcmp(name, key, n) == 0;
}

const struct tunable *tunable_find(const char *key, size_t n)
{
	static const struct {
		const char *alias;
		enum tunable_id id;
	} aliases[] = { { "hw.numa.nodes", T_NODES },
			{ "hw.cpus", T_NR_CPUS },
			{ "maxcpus", T_NR_CPUS },
			{ "transparent_hugepage", T_THP_ENABLED } };

	for (unsigned i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (name_matches(aliases[i].alias, key, n))
			return &table[aliases[i].id];
	for (unsigned i = 0; i < tunable_count(); i++)
		if (name_matches(table[i].name, key, n))
			return &table[i];
	return NULL;
}

static int unknown_key(const char *key, size_t n, struct mmt_err *e)
{
	struct mmt_nearest nearest;
	char names[160];

	if (!n || n > MMT_NEAREST_WORD)
		return mmt_fail(e, EINVAL,
				"a setting is KEY=VALUE; 'mmtrace list tunables' has the keys");
	mmt_nearest_init(&nearest, key, n);
	for (unsigned i = 0; i < tunable_count(); i++)
		mmt_nearest_try(&nearest, table[i].name);
	return mmt_fail(e, EINVAL, "unknown tunable '%.*s'; the nearest are %s", (int)n, key,
			mmt_nearest_text(&nearest, names, sizeof(names)));
}

/* A decimal number at *@p, which moves behind it. */
static bool number(const char **p, uint64_t *v)
{
	const char *s = *p;

	if (*s < '0' || *s > '9')
		return false;
	for (*v = 0; *s >= '0' && *s <= '9'; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (*v > (UINT64_MAX - digit) / 10)
			return false;
		*v = *v * 10 + digit;
	}
	*p = s;
	return true;
}

/* "12.5s", "500ms", "2m": ns. */
static bool parse_time(const char *s, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = { { "s", 1000000000 },   { "", 1000000000 }, { "ms", 1000000 },
		      { "us", 1000 },	     { "ns", 1 },	 { "m", 60000000000 },
		      { "h", 3600000000000 } };
	uint64_t whole, part = 0, scale = 1;

	if (!number(&s, &whole))
		return false;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++) {
			if (scale > 100000000)
				return false;
			part = part * 10 + (unsigned)(*s - '0');
			scale *= 10;
		}
	for (unsigned i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(s, units[i].name) != 0)
			continue;
		if (whole > UINT64_MAX / 2 / units[i].ns)
			return false;
		*ns = whole * units[i].ns + part * units[i].ns / scale;
		return true;
	}
	return false;
}

/* "16G", "16GiB", "4096": bytes. */
static bool parse_size(const char *s, uint64_t *bytes)
{
	static const char suffix[] = "KMGTP";
	const char *at;

	if (!number(&s, bytes))
		return false;
	if (*s) {
		char upper = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
		unsigned shift;

		at = strchr(suffix, upper);
		if (!at)
			return false;
		shift = 10 * (unsigned)(at - suffix + 1);
		if (*bytes > UINT64_MAX >> shift)
			return false;
		*bytes <<= shift;
		s++;
		if (strcmp(s, "iB") == 0 || strcmp(s, "B") == 0)
			s = "";
	}
	return !*s;
}

/* "40%": of RAM. */
static bool parse_share(struct tunable_change *c)
{
	const char *s = c->text;

	c->percent = number(&s, &c->value[0]) && strcmp(s, "%") == 0;
	return c->percent;
}

static int out_of_range(const struct tunable *t, const char *value, struct mmt_err *e)
{
	size_t n = strlen(t->range);
	bool open = n > 2 && strcmp(t->range + n - 2, "..") == 0;
	/* what a range leaves open, an int of the kernel closes, or the frames that have numbers */
	const char *most = strcmp(t->unit, "bytes") == 0 ? " below 16T" : "2147483647";

	return mmt_fail(e, ERANGE, "%s: '%s' is out of range (%s%s)", t->name, value, t->range,
			open ? most : "");
}

static int not_understood(const struct tunable *t, const char *value, struct mmt_err *e)
{
	return mmt_fail(e, EINVAL, "%s: '%s' is not understood (%s%s%s)", t->name, value, t->range,
			*t->unit ? ", in " : "", t->unit);
}

/* One word out of @words, its place in value[0]. */
static bool word(struct tunable_change *c, const char *const *words)
{
	for (uint64_t i = 0; words[i]; i++)
		if (strcmp(c->text, words[i]) == 0) {
			c->value[0] = i;
			c->nr = 1;
			return true;
		}
	return false;
}

static const char *const thp_words[] = { "never", "madvise", "always", NULL };

/* 0, -EINVAL: no name of a profile, or -ENOTSUP: one that is not modelled. */
static int parse_profile(struct tunable_change *c, struct mmt_err *e)
{
	for (unsigned i = 0; i < NR_MM_PROFILES; i++) {
		if (strcmp(c->text, mm_profile_name((enum mm_profile)i)) != 0)
			continue;
		c->value[0] = i;
		c->nr = 1;
		return 0;
	}
	if (strcmp(c->text, "doc") == 0)
		return mmt_fail(e, ENOTSUP, "model.profile=%s is not modelled yet", c->text);
	return not_understood(c->tunable, c->text, e);
}

/* What a kernel of 64 bits accepts; 2^32 - 1 bounds what the kernel keeps in an int. */
static bool in_range(enum tunable_id id, const struct tunable_change *c)
{
	uint64_t v = c->value[0];

	switch (id) {
	case T_WATERMARK_SCALE_FACTOR:
		return v >= 1 && v <= 3000;
	case T_PCP_HIGH_FRACTION:
		return v == 0 || (v >= 8 && v <= INT32_MAX);
	case T_MEM:
		return v >= 16 << 20 && v >> PAGE_SHIFT < PFN_NONE;
	case T_KERNELCORE:
	case T_MOVABLECORE:
		return c->percent ? v >= 1 && v <= 100 : v >> PAGE_SHIFT < PFN_NONE;
	case T_CMA:
		return v >> PAGE_SHIFT < PFN_NONE;
	case T_NODES:
		return v >= 1 && v <= MM_MAX_NODES;
	case T_NR_CPUS:
		return v >= 1 && v <= MM_MAX_CPUS;
	case T_SEED:
		return true;
	case T_INTERLEAVE_WEIGHT:
		return v <= UINT8_MAX;
	default:
		for (unsigned i = 0; i < c->nr; i++)
			if (c->value[i] > INT32_MAX)
				return false;
		return true;
	}
}

/* What a kernel takes for 0 where it knows no ratio below 1: down to -2^31, as ints go. */
static bool below_zero(const char *p, size_t n)
{
	uint64_t v;

	return n && *p == '-' && mmt_number(p + 1, n - 1, &v) && v <= (uint64_t)INT32_MAX + 1;
}

/* Numbers, decimal or 0x, separated by blanks or commas, at most @most. */
static bool numbers(struct tunable_change *c, unsigned most)
{
	const char *p = c->text;

	for (c->nr = 0; *p; c->nr++) {
		size_t n = strcspn(p, " ,\t");

		if (c->nr == most)
			return false;
		if (c->tunable == &table[T_LOWMEM_RESERVE_RATIO] && below_zero(p, n))
			c->value[c->nr] = 0;
		else if (!mmt_number(p, n, &c->value[c->nr]))
			return false;
		p += n;
		while (*p == ' ' || *p == ',' || *p == '\t')
			p++;
	}
	return c->nr > 0;
}

/* Which one of a pattern's: the number at the end of the key. */
static int parse_index(struct tunable_change *c, struct mmt_err *e)
{
	const char *digits = c->key + strlen(c->tunable->name) - 1;
	uint64_t index;

	if (!number(&digits, &index) || *digits || index >= MM_MAX_NODES)
		return mmt_fail(e, EINVAL, "%s: no number of a node (0..%d)", c->key,
				MM_MAX_NODES - 1);
	c->index = (unsigned)index;
	return 0;
}

static int parse_reclaim_mode(struct tunable_change *c, struct mmt_err *e)
{
	if (!numbers(c, 1))
		return not_understood(c->tunable, c->text, e);
	if (c->value[0] > INT32_MAX)
		return out_of_range(c->tunable, c->text, e);
	if (c->value[0] & ZONE_RECLAIM_BITS)
		return mmt_fail(e, ENOTSUP,
				"%s=%s asks for reclaim, which is not modelled yet: only 0 is",
				c->key, c->text);
	return 0;
}

static int parse_value(struct tunable_change *c, struct mmt_err *e)
{
	enum tunable_id id = (enum tunable_id)(c->tunable - table);
	bool ok;

	switch (id) {
	case T_THP_ENABLED:
		ok = word(c, thp_words);
		break;
	case T_PROFILE:
		return parse_profile(c, e);
	case T_ZONE_RECLAIM_MODE:
		return parse_reclaim_mode(c, e);
	case T_KERNELCORE:
	case T_MOVABLECORE:
		ok = parse_share(c) || parse_size(c->text, &c->value[0]);
		c->nr = 1;
		break;
	case T_MEM:
	case T_CMA:
		ok = parse_size(c->text, &c->value[0]);
		c->nr = 1;
		break;
	default:
		ok = numbers(c, id == T_LOWMEM_RESERVE_RATIO ? MAX_NR_ZONES : 1);
	}
	if (!ok)
		return not_understood(c->tunable, c->text, e);
	return in_range(id, c) ? 0 : out_of_range(c->tunable, c->text, e);
}

int tunable_parse(const char *text, struct tunable_change *change, struct mmt_err *e)
{
	const char *equals = strchr(text, '=');
	size_t n = equals ? (size_t)(equals - text) : strlen(text);
	const char *at;

	*change = (struct tunable_change){ .tunable = tunable_find(text, n) };
	if (!change->tunable)
		return unknown_key(text, n, e);
	if (!equals)
		return mmt_fail(e, EINVAL, "%s: no value; a setting is KEY=VALUE", text);
	if (!change->tunable->modelled)
		return mmt_fail(e, ENOTSUP, "%.*s is not modelled yet", (int)n, text);
	if (n >= sizeof(change->key))
		return unknown_key(text, n, e);
	if (strchr(change->tunable->name, '*')) {
		memcpy(change->key, text, n);
		if (parse_index(change, e))
			return -EINVAL;
	} else {
		snprintf(change->key, sizeof(change->key), "%s", change->tunable->name);
	}
	at = strchr(equals + 1, '@');
	if (at && !change->tunable->timed)
		return mmt_fail(e, EINVAL, "%s cannot change during a replay",
				change->tunable->name);
	if (at && !parse_time(at + 1, &change->at))
		return mmt_fail(e, EINVAL, "%s: '%s' is not a time (12.5s, 500ms)",
				change->tunable->name, at + 1);
	change->timed = at != NULL;
	n = at ? (size_t)(at - equals - 1) : strlen(equals + 1);
	if (n >= sizeof(change->text))
		return mmt_fail(e, EINVAL, "%s: the value is too long", change->tunable->name);
	memcpy(change->text, equals + 1, n);
	return parse_value(change, e);
}

bool tunable_is_set(const struct tunable_change *change, size_t nr, const char *key)
{
	for (size_t i = 0; i < nr; i++)
		if (strcmp(change[i].key, key) == 0)
			return true;
	return false;
}

int tunable_without_policies(const struct tunable_change *change, size_t nr, struct mmt_err *e)
{
	for (size_t i = 0; i < nr; i++)
		if (change[i].tunable == &table[T_INTERLEAVE_WEIGHT])
			return mmt_fail(e, ENOTSUP,
					"%s: a recorded allocation follows no policy of its task "
					"yet; scenarios do",
					change[i].key);
	return 0;
}

void tunable_drop_weights(struct tunable_values *v)
{
	if (v->nodes || !mm_profile_rules(v->profile)->weighted_interleave)
		memset(v->mm.interleave_weight, 0, sizeof(v->mm.interleave_weight));
}

bool tunable_at_boot(const struct tunable_change *change)
{
	return !change->tunable->timed;
}

unsigned tunable_written(const struct tunable_change *change)
{
	switch ((enum tunable_id)(change->tunable - table)) {
	case T_MIN_FREE_KBYTES:
		return MM_WRITTEN_MIN_FREE;
	case T_WATERMARK_SCALE_FACTOR:
		return MM_WRITTEN_SCALE;
	case T_THP_ENABLED:
		return MM_WRITTEN_THP;
	default:
		return 0;
	}
}

static struct tunable_core core_of(const struct tunable_change *change)
{
	return (struct tunable_core){ .given = true,
				      .percent = change->percent ? (unsigned)change->value[0] : 0,
				      .bytes = change->percent ? 0 : change->value[0] };
}

void tunable_apply(const struct tunable_change *change, struct tunable_values *v)
{
	uint64_t value = change->value[0];

	switch ((enum tunable_id)(change->tunable - table)) {
	case T_MIN_FREE_KBYTES:
		v->mm.min_free_kbytes_set = true;
		v->mm.min_free_kbytes = (uint32_t)value;
		break;
	case T_WATERMARK_SCALE_FACTOR:
		v->mm.watermark_scale_factor = (uint32_t)value;
		break;
	case T_WATERMARK_BOOST_FACTOR:
		v->mm.watermark_boost_factor = (uint32_t)value;
		break;
	case T_LOWMEM_RESERVE_RATIO:
		for (unsigned i = 0; i < change->nr; i++)
			v->mm.lowmem_reserve_ratio[i] = (uint32_t)change->value[i];
		break;
	case T_PCP_HIGH_FRACTION:
		v->mm.percpu_pagelist_high_fraction = (uint32_t)value;
		break;
	case T_ZONE_RECLAIM_MODE:
		v->mm.zone_reclaim_mode = (uint32_t)value;
		break;
	case T_INTERLEAVE_WEIGHT:
		v->mm.interleave_weight[change->index] = (uint8_t)value;
		break;
	case T_THP_ENABLED:
		v->mm.thp = value > 0;
		break;
	case T_MEM:
		v->mem = value;
		break;
	case T_KERNELCORE:
		v->kernelcore = core_of(change);
		break;
	case T_MOVABLECORE:
		v->movablecore = core_of(change);
		break;
	case T_CMA:
		v->cma = value;
		break;
	case T_NODES:
		v->nodes = (unsigned)value;
		break;
	case T_NR_CPUS:
		v->cpus = (unsigned)value;
		break;
	case T_PROFILE:
		v->profile = (enum mm_profile)value;
		break;
	case T_SEED:
		v->seed = value;
		break;
	case NR_MODELLED:
		break;
	}
}

struct tunable_values tunable_defaults(void)
{
	return (struct tunable_values){ .mm = mm_default_tunables(),
					.profile = MM_PROFILE_6_12,
					.seed = 1 };
}
