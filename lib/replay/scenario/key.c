// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys of a scenario: from text to what is to be read.
 *
 *	zone.0.Normal.lowmem_reserve.Movable
 *	zone.N.ZONE  .lowmem_reserve.CLASS         row ZONE_RESERVE of scenario_key.def
 *	cg./x.slice/y.peak   ->   cg.*.peak        the name is whatever makes the row fit
 *
 * A word that is no pattern is a counter, of the model or of /proc/vmstat.
 *
 * I1  Patterns differ so much that one key fits at most one modelled row.
 * I2  A key that is parsed is fit to be read: its zone, order and type exist on some machine.
 *
 * Cost: a key is compared with every row; one that is unknown is measured against every name.
 */
#include "lib/replay/scenario/key.h"

#include "lib/base/nearest.h"
#include "lib/base/number.h"
#include "lib/replay/tunable.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct scenario_key_info table[] = {
#define MODELLED(id, pattern, help) { pattern, help, true },
#define KNOWN(pattern)		    { pattern, "", false },
#include "lib/replay/scenario/key.def"
#undef MODELLED
#undef KNOWN
};

/* The id of a modelled row; rows that are only known share the last one, which nobody reads. */
static const enum scenario_key_id ids[] = {
#define MODELLED(id, pattern, help) KEY_##id,
#define KNOWN(pattern)		    KEY_COUNTER,
#include "lib/replay/scenario/key.def"
#undef MODELLED
#undef KNOWN
};

static const char *const vmstat[] = {
#define VMSTAT(name) name,
#include "lib/replay/scenario/vmstat.def"
#undef VMSTAT
};

unsigned scenario_key_count(void)
{
	return sizeof(table) / sizeof(table[0]);
}

const struct scenario_key_info *scenario_key_at(unsigned i)
{
	return &table[i];
}

bool scenario_migratetype(const char *name, size_t n, enum migratetype *type)
{
	static const char *const names[MIGRATE_TYPES] = { "unmovable",	"movable", "reclaimable",
							  "highatomic", "cma",	   "isolate" };

	for (unsigned t = 0; t < MIGRATE_TYPES; t++)
		if (strlen(names[t]) == n && strncasecmp(names[t], name, n) == 0) {
			*type = (enum migratetype)t;
			return true;
		}
	return false;
}

static bool zone_by_name(const char *name, size_t n, enum zone_type *type)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable" };

	for (unsigned z = 0; z < sizeof(names) / sizeof(names[0]); z++)
		if (strlen(names[z]) == n && memcmp(names[z], name, n) == 0) {
			*type = (enum zone_type)z;
			return true;
		}
	return false;
}

static bool is(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(p, word, n) == 0;
}

/* One word of a pattern and of a key, neither with dots. */
static bool word_fits(const char *p, size_t n, const char *text, size_t len,
		      struct scenario_key *key)
{
	uint64_t v;

	if (is(p, n, "ADDR"))
		return len > 0;
	if (is(p, n, "ZONE"))
		return zone_by_name(text, len, &key->zone);
	if (is(p, n, "CLASS"))
		return zone_by_name(text, len, &key->class);
	if (is(p, n, "TYPE"))
		return scenario_migratetype(text, len, &key->type);
	if (is(p, n, "ORDER")) {
		if (!mmt_number(text, len, &v) || v > MAX_PAGE_ORDER)
			return false;
		key->order = (unsigned)v;
		return true;
	}
	if (!is(p, n, "N"))
		return n == len && memcmp(p, text, n) == 0;
	return key->nr < 2 && mmt_number(text, len, &key->n[key->nr++]);
}

/* Whether @text fits @pattern; *@key is filled on the way. */
static bool fits(const char *pattern, const char *text, struct scenario_key *key)
{
	while (*pattern && *text) {
		size_t n = strcspn(pattern, "."), len = strcspn(text, ".");

		if (is(pattern, n, "*")) {
			/* the longest name that lets the rest fit */
			for (len = strlen(text); len > 0; len--)
				if (!pattern[n] ? !text[len]
						: text[len] == '.' && fits(pattern + n + 1,
									   text + len + 1, key))
					break;
			memcpy(key->name, text, len);
			key->name[len] = '\0';
			return len > 0;
		}
		if (!word_fits(pattern, n, text, len, key) || !pattern[n] != !text[len])
			return false;
		pattern += n + (pattern[n] == '.');
		text += len + (text[len] == '.');
	}
	return !*pattern && !*text;
}

/* What a word of a pattern stands for; NULL: for itself, or for anything. */
static const char *meaning(const char *p, size_t n)
{
	if (is(p, n, "ZONE") || is(p, n, "CLASS"))
		return "zone: DMA, DMA32, Normal or Movable";
	if (is(p, n, "TYPE"))
		return "migratetype: " SCENARIO_TYPES;
	if (is(p, n, "ORDER"))
		return "order: 0 to 10";
	return is(p, n, "N") ? "number" : NULL;
}

/* Whether @text has the words of @pattern but for one that is not of its kind: told then. */
static bool one_word_off(const char *pattern, const char *text, struct mmt_err *e)
{
	const char *wrong = NULL, *kind = NULL, *whole = text;
	struct scenario_key key = { 0 };
	size_t wrong_n = 0;

	for (;;) {
		size_t n = strcspn(pattern, "."), len = strcspn(text, ".");

		if (is(pattern, n, "*"))
			return false;
		if (!word_fits(pattern, n, text, len, &key)) {
			if (wrong || !(kind = meaning(pattern, n)))
				return false;
			wrong = text;
			wrong_n = len;
		}
		if (!pattern[n] || !text[len]) {
			if (pattern[n] || text[len] || !wrong)
				return false;
			mmt_fail(e, EINVAL, "unknown key '%.80s': '%.*s' is no %s", whole,
				 wrong_n > 40 ? 40 : (int)wrong_n, wrong, kind);
			return true;
		}
		pattern += n + 1;
		text += len + 1;
	}
}

static int unknown(const char *text, struct mmt_err *e)
{
	struct mmt_nearest nearest;
	char names[160];

	for (unsigned i = 0; i < scenario_key_count(); i++)
		if (one_word_off(table[i].pattern, text, e))
			return -EINVAL;
	mmt_nearest_init(&nearest, text, strlen(text));
	for (unsigned i = 0; i < scenario_key_count(); i++)
		mmt_nearest_try(&nearest, table[i].pattern);
	for (unsigned i = 0; i < mm_nr_counters(); i++)
		mmt_nearest_try(&nearest, mm_counter_name(i));
	for (unsigned i = 0; i < sizeof(vmstat) / sizeof(vmstat[0]); i++)
		mmt_nearest_try(&nearest, vmstat[i]);
	return mmt_fail(e, EINVAL, "unknown key '%.80s'; the nearest are %s", text,
			mmt_nearest_text(&nearest, names, sizeof(names)));
}

/* Counters of what no verb of a scenario can bring about yet: 0 would be no answer. */
static bool stands_still(const char *counter)
{
	static const char *const prefixes[] = { "compact_", "zone_reclaim_" };

	for (unsigned i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(counter, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

int scenario_key_parse(const char *text, struct scenario_key *key, struct mmt_err *e)
{
	bool known = false;

	if (strlen(text) >= SCENARIO_KEY_MAX)
		return mmt_fail(e, EINVAL, "a key of more than %d bytes", SCENARIO_KEY_MAX - 1);
	for (unsigned i = 0; i < scenario_key_count(); i++) {
		*key = (struct scenario_key){ .id = ids[i] };
		if (!fits(table[i].pattern, text, key))
			continue;
		if (table[i].modelled)
			return 0;
		known = true;
	}
	*key = (struct scenario_key){ .id = KEY_COUNTER };
	for (unsigned i = 0; i < mm_nr_counters() && !known; i++)
		if (strcmp(mm_counter_name(i), text) == 0) {
			key->n[0] = i;
			known = stands_still(text);
			if (!known)
				return 0;
		}
	for (unsigned i = 0; i < sizeof(vmstat) / sizeof(vmstat[0]); i++)
		known |= strcmp(vmstat[i], text) == 0;
	if (known)
		return mmt_fail(e, ENOTSUP, "%s is not modelled yet", text);
	return unknown(text, e);
}

/* Whether a modelled key counts pages, so that bytes can be told instead. */
static bool in_pages_of(const struct scenario_key *key, const char *text)
{
	switch (key->id) {
	case KEY_FREE:
	case KEY_ZONE_MIN:
	case KEY_ZONE_LOW:
	case KEY_ZONE_HIGH:
	case KEY_ZONE_PROMO:
	case KEY_ZONE_BOOST:
	case KEY_ZONE_SPANNED:
	case KEY_ZONE_PRESENT:
	case KEY_ZONE_MANAGED:
	case KEY_ZONE_USED:
	case KEY_ZONE_PCP_BATCH:
	case KEY_ZONE_PCP_HIGH:
	case KEY_ZONE_PCP_HIGH_MIN:
	case KEY_ZONE_PCP_HIGH_MAX:
	case KEY_ZONE_RESERVE:
	case KEY_PCP:
	case KEY_CG_USAGE:
	case KEY_CG_PEAK:
	case KEY_NR_FREE_PAGES:
	case KEY_TOTALRESERVE:
		return true;
	case KEY_COUNTER:
		return strncmp(text, "pgalloc_", 8) == 0 || strcmp(text, "pgfree") == 0 ||
		       strcmp(text, "pcp_refill_pages") == 0 ||
		       strcmp(text, "pcp_drain_pages") == 0;
	default:
		return false;
	}
}

int scenario_key_check(const char *text, bool in_pages, struct mmt_err *e)
{
	struct scenario_key key;
	int ret = scenario_key_parse(text, &key, e);

	if (!ret && in_pages && !in_pages_of(&key, text))
		return mmt_fail(e, EINVAL, "%.80s counts no pages: its value has no suffix", text);
	return ret == -ENOTSUP ? 0 : ret;
}

int scenario_setting_check(const char *key, const char *value, bool running, struct mmt_err *e)
{
	struct tunable_change change;
	char text[192];
	int ret;

	if (!value && tunable_find(key, strlen(key)))
		return 0;
	if (snprintf(text, sizeof(text), "%s=%s", key, value ? value : "") >= (int)sizeof(text))
		return mmt_fail(e, EINVAL, "a setting of more than %zu bytes", sizeof(text) - 1);
	ret = tunable_parse(text, &change, e);
	if (ret)
		return ret == -ENOTSUP ? 0 : -EINVAL;
	if (change.timed)
		return mmt_fail(e, EINVAL, "%s: a time belongs before set, as @TIME", key);
	if (running && tunable_at_boot(&change))
		return mmt_fail(e, EINVAL,
				"%s cannot change while it runs: it belongs to the machine, "
				"before all else",
				key);
	return 0;
}
