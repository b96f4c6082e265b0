// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: the values of a scenario, from text to numbers; scenario/put.c is the way back.
 *
 *     pages   12, 0xc, 48K       bytes with a suffix are a multiple of 4096
 *     address 0x1000, heap+0x1000
 *     time    1.5s  ms us ns     kept in ns
 *     value   -1000, 64M (16384 pages), movable
 *     within  ~1.5               thousandths of a percent
 *
 * Invariants: I1 Nothing is rounded: a time below
 * 1 ns, half a page or an address inside a page is refused.
 * Cost: a pass over the word.
 */
#include "lib/trace/scenario/syntax.h"

#include "lib/base/err.h"
#include "lib/base/number.h"
#include "lib/trace/gfp_names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE 4096u

static int none_of(enum scenario_words table, const char *what, const char *p, size_t n,
		   struct mmt_err *e)
{
	struct mmt_nearest nearest;
	char names[128];

	mmt_nearest_init(&nearest, p, n);
	scenario_words_nearest(table, &nearest);
	return mmt_fail(e, EINVAL, "'%.*s' is no %s; the nearest are %s", (int)n, p, what,
			mmt_nearest_text(&nearest, names, sizeof(names)));
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool has_name_bytes(const char *p, size_t n, const char *others)
{
	for (size_t i = 0; i < n; i++)
		if (!is_letter(p[i]) && !is_digit(p[i]) && !strchr(others, p[i]))
			return false;
	return n > 0 && n <= MMT_SCENARIO_NAME_MAX;
}

bool scenario_is_name(const char *p, size_t n)
{
	return has_name_bytes(p, n, "./:-") && (is_letter(*p) || *p == '/' || *p == '.');
}

bool scenario_is_path(const char *p, size_t n)
{
	const char *end = p + n;

	if (!has_name_bytes(p, n, "./:-@") || *p != '/')
		return false;
	for (p++; p < end && n > 1; p++) {
		const char *slash = memchr(p, '/', (size_t)(end - p));
		size_t len = (size_t)((slash ? slash : end) - p);

		if (!len || (len <= 2 && memcmp(p, "..", len) == 0))
			return false;
		p += len;
	}
	return n == 1 || end[-1] != '/';
}

/* What an argument is called in a message. */
static const char *called(const struct scenario_arg *arg)
{
	return *arg->key ? arg->key : arg->word;
}

/* Why @p is no number, though it may look like one. */
static const char *no_number(const char *p, size_t n, const char *other)
{
	bool hex = n > 2 && p[0] == '0' && (p[1] | 0x20) == 'x';
	size_t i = hex ? 2 : 0;

	if (n > 1 && *p == '-' && is_digit(p[1]))
		return "is negative";
	while (i < n && (is_digit(p[i]) || (hex && (p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'f')))
		i++;
	return n && i == n ? "is too large" : other;
}

/* A number, or bytes with a suffix: *@suffixed. False: neither, *@why says why. */
static bool with_suffix(const char *p, size_t n, uint64_t *v, bool *suffixed, const char **why)
{
	static const char suffixes[] = "KMGT", other[] = "is neither pages nor bytes with a "
							 "suffix K M G T";
	const char *at = n ? strchr(suffixes, p[n - 1]) : NULL;
	uint64_t dropped;

	*suffixed = at && p[n - 1];
	*why = other;
	if (!*suffixed) {
		*why = mmt_number(p, n, v) ? NULL : no_number(p, n, other);
		return !*why;
	}
	if (!mmt_fraction(p, n - 1, UINT64_C(1) << 10, false, v)) {
		*why = mmt_fraction(p, n - 1, UINT64_C(1) << 10, true, &dropped)
			       ? "is no number of whole bytes"
			       : no_number(p, n - 1, other);
		return false;
	}
	for (; at > suffixes; at--)
		if (__builtin_mul_overflow(*v, 1024, v)) {
			*why = "is too large";
			return false;
		}
	*why = NULL;
	return true;
}

/* Pages, or bytes with a suffix: in pages. False: neither, *@why says why. */
static bool memory(const char *p, size_t n, uint64_t *pages, bool *suffixed, const char **why)
{
	if (!with_suffix(p, n, pages, suffixed, why))
		return false;
	if (*suffixed && *pages % PAGE)
		*why = "is no multiple of 4096 bytes";
	if (*suffixed)
		*pages /= PAGE;
	return !*why;
}

/* ns of a unit, and its name. */
struct time_unit {
	uint64_t v;
	const char *name;
};

bool scenario_time(const char *p, size_t n, uint64_t *ns, bool *late)
{
	static const struct time_unit units[] = {
		{ 1000000, "ms" }, { 1000, "us" }, { 1, "ns" }, { 1000000000, "s" }, { 0, NULL }
	};

	*late = false;
	for (const struct time_unit *u = units; u->name; u++) {
		size_t len = strlen(u->name);

		if (n <= len || memcmp(p + n - len, u->name, len) != 0)
			continue;
		if (mmt_fraction(p, n - len, u->v, false, ns))
			*late = *ns > MMT_TIME_MAX;
		else
			*late = mmt_fraction(p, n - len, 1, true, ns)
					? *ns > MMT_TIME_MAX / u->v
					: strcmp(no_number(p, n - len, ""), "is too large") == 0;
		return !*late && mmt_fraction(p, n - len, u->v, false, ns);
	}
	return false;
}

static int parse_addr(const char *p, size_t n, struct scenario_value *value, struct mmt_err *e)
{
	const char *plus = memchr(p, '+', n);
	size_t name = plus ? (size_t)(plus - p) : n;

	if (scenario_is_name(p, name)) {
		value->str = p;
		value->str_n = name;
		value->str_at = 1;
		if (!plus)
			return 0;
		p = plus + 1;
		n -= name + 1;
	}
	if (!mmt_number(p, n, &value->v[0]))
		return mmt_fail(
			e, EINVAL,
			"'%.*s' is no address: 0x1000, or NAME or NAME+0x1000 of an 'as NAME'",
			(int)n, p);
	if (value->v[0] % PAGE)
		return mmt_fail(e, EINVAL, "address 0x%" PRIx64 " is not page aligned",
				value->v[0]);
	return 0;
}

static int parse_gfp(const char *p, size_t n, struct scenario_value *value, struct mmt_err *e)
{
	struct mmt_nearest nearest;
	const char *bad;
	char names[128];
	size_t bad_n;

	if (mmt_gfp_parse(p, n, &value->v[0], &bad, &bad_n))
		return 0;
	value->str = bad;
	if (!bad_n)
		return mmt_fail(e, EINVAL, "'%.*s': nothing %s |", n > 64 ? 64 : (int)n, p,
				bad == p + n ? "after" : "before");
	if (mmt_number(bad, bad_n, &value->v[0]))
		return mmt_fail(e, EINVAL, "'%.*s' is more than the 32 bits of GFP flags",
				(int)bad_n, bad);
	mmt_nearest_init(&nearest, bad, bad_n);
	mmt_gfp_nearest(&nearest);
	return mmt_fail(e, EINVAL, "'%.*s' is no GFP flag; the nearest are %s", (int)bad_n, bad,
			mmt_nearest_text(&nearest, names, sizeof(names)));
}

/* "rw" or "-": PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4. */
static int parse_prot(const char *p, size_t n, struct scenario_value *value, struct mmt_err *e)
{
	bool ok = n == 1 && *p == '-';

	for (size_t i = 0; i < n && !ok; i++) {
		const char *letters = "rwx", *at = strchr(letters, p[i]);
		uint64_t bit = at && p[i] ? UINT64_C(1) << (at - letters) : 0;

		if (!bit || value->v[0] & bit)
			return mmt_fail(e, EINVAL, "'%.*s' is no protection: r, w, x, or -", (int)n,
					p);
		value->v[0] |= bit;
	}
	return 0;
}

static int parse_policy(const char *p, size_t n, struct scenario_value *value, struct mmt_err *e)
{
	const char *colon = memchr(p, ':', n), *end = p + n;
	size_t name = colon ? (size_t)(colon - p) : n;
	bool bare;

	if (!scenario_by_word(SCENARIO_POLICIES, p, name, &value->v[0]))
		return none_of(SCENARIO_POLICIES, "policy", p, name, e);
	bare = value->v[0] == MMT_POLICY_DEFAULT || value->v[0] == MMT_POLICY_LOCAL;
	if (bare != !colon)
		return mmt_fail(e, EINVAL,
				bare ? "policy %.*s has no nodes"
				     : "policy %.*s wants nodes: %.*s:0,1",
				(int)name, p, (int)name, p);
	for (p = colon ? colon + 1 : end; p <= end && colon;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		size_t len = (size_t)((comma ? comma : end) - p);
		uint64_t node;

		if (!mmt_number(p, len, &node) || node > 63)
			return mmt_fail(e, EINVAL, "'%.*s' is no node (0..63)", (int)len, p);
		if (value->v[0] == MMT_POLICY_PREFERRED && value->v[1])
			return mmt_fail(e, EINVAL,
					"policy preferred has one node; see "
					"preferred_many");
		value->v[1] |= UINT64_C(1) << node;
		if (!comma)
			break;
		p = comma + 1;
	}
	return 0;
}

static int parse_op(const char *p, size_t n, struct scenario_value *value, struct mmt_err *e)
{
	if (n > 1 && *p == '~') {
		value->v[0] = MMT_OP_NEAR;
		if (mmt_fraction(p + 1, n - 1, 1000, false, &value->v[1]) &&
		    value->v[1] <= 100000000)
			return 0;
		return mmt_fail(e, EINVAL,
				"'%.*s' wants a percentage of at most three decimals: "
				"~1.5",
				(int)n, p);
	}
	if (scenario_by_word(SCENARIO_OPS, p, n, &value->v[0]) && value->v[0] != MMT_OP_NEAR)
		return 0;
	return mmt_fail(e, EINVAL, "'%.*s' is no operator: == != < <= > >= or ~PERCENT", (int)n, p);
}

static int parse_signed(const char *p, size_t n, uint64_t *v, struct mmt_err *e)
{
	bool minus = n > 1 && *p == '-';

	if (!mmt_number(p + minus, n - minus, v))
		return mmt_fail(e, EINVAL, "'%.*s' %s", (int)n, p,
				no_number(p + minus, n - minus, "is no number"));
	if (*v > (uint64_t)INT64_MAX + minus)
		return mmt_fail(e, EINVAL, "'%.*s' is too %s", (int)n, p,
				minus ? "small" : "large");
	if (minus)
		*v = 0 - *v;
	return 0;
}

static int parse_value(const char *p, size_t n, struct scenario_value *value, struct mmt_err *e)
{
	const char *why;

	if (is_letter(*p)) {
		value->str = p;
		value->str_n = n;
		value->str_at = 1;
		return 0;
	}
	if (*p == '-')
		return parse_signed(p, n, &value->v[0], e);
	if (!memory(p, n, &value->v[0], &value->suffixed, &why))
		return mmt_fail(e, EINVAL, "'%.*s' %s", (int)n, p,
				strstr(why, "neither") ? "is no number" : why);
	/* the 64 bits of a page table entry are written without a sign */
	value->big = value->v[0] > INT64_MAX;
	return 0;
}

static int parse_memory(const struct scenario_arg *arg, const char *p, size_t n,
			struct scenario_value *value, struct mmt_err *e)
{
	const char *why;
	bool ignored;

	if (!memory(p, n, &value->v[0], &ignored, &why))
		return mmt_fail(e, EINVAL, "%s: '%.*s' %s", called(arg), (int)n, p, why);
	if (arg->type == SCN_MEMORY && __builtin_mul_overflow(value->v[0], PAGE, &value->v[0]))
		return mmt_fail(e, EINVAL, "%s: '%.*s' is too large", called(arg), (int)n, p);
	return 0;
}

static int parse_choice(const struct scenario_arg *arg, const char *p, size_t n,
			struct scenario_value *value, struct mmt_err *e)
{
	size_t len;

	for (const char *c = arg->choices;; c += len + 1) {
		len = strcspn(c, "|] ");
		if (len == n && memcmp(c, p, n) == 0)
			return 0;
		value->v[0]++;
		if (c[len] != '|')
			return mmt_fail(e, EINVAL, "%s: '%.*s' is none of %s", arg->key, (int)n, p,
					arg->word);
	}
}

int scenario_check_path(const char *p, size_t n, struct mmt_err *e)
{
	if (scenario_is_path(p, n))
		return 0;
	if (n > MMT_SCENARIO_NAME_MAX)
		return mmt_fail(e, EINVAL, "'%.32s...' is longer than %u bytes", p,
				MMT_SCENARIO_NAME_MAX);
	return mmt_fail(e, EINVAL, "'%.*s' is no path of a control group: / or /a/b",
			n > 64 ? 64 : (int)n, p);
}

int scenario_check_file(const char *p, size_t n, size_t name, struct mmt_err *e)
{
	uint64_t v;

	if (!name || name + 1 == n)
		return mmt_fail(e, EINVAL, "'%.*s' is not FILE=VALUE", n > 64 ? 64 : (int)n, p);
	if (scenario_by_word(SCENARIO_FILES, p, name, &v))
		return 0;
	return none_of(SCENARIO_FILES, "file of a control group", p, name > 64 ? 64 : name, e);
}

static int parse_string(const struct scenario_arg *arg, const char *p, size_t n,
			struct scenario_value *value, struct mmt_err *e)
{
	value->str = p;
	value->str_n = n;
	if (n > MMT_SCENARIO_NAME_MAX && arg->type == SCN_NAME)
		return mmt_fail(e, EINVAL, "'%.32s...' is longer than %u bytes", p,
				MMT_SCENARIO_NAME_MAX);
	if (arg->type == SCN_NAME && !scenario_is_name(p, n))
		return mmt_fail(e, EINVAL,
				"'%.*s' is no name: letters, digits and _ . / : -, no digit first",
				n > 64 ? 64 : (int)n, p);
	return arg->type == SCN_PATH ? scenario_check_path(p, n, e) : 0;
}

int scenario_literal(const struct scenario_arg *arg, const char *p, size_t n,
		     struct scenario_value *value, struct mmt_err *e)
{
	const char *why;
	bool ignored;

	*value = (struct scenario_value){ .str = NULL };
	if (!n)
		return mmt_fail(e, EINVAL, "%s has no value", called(arg));
	switch (arg->type) {
	case SCN_SIGNED:
		return parse_signed(p, n, &value->v[0], e);
	case SCN_PAGES:
	case SCN_MEMORY:
		return parse_memory(arg, p, n, value, e);
	case SCN_ADDR:
		return parse_addr(p, n, value, e);
	case SCN_TIME:
		if (scenario_time(p, n, &value->v[0], &ignored))
			return 0;
		return mmt_fail(e, EINVAL,
				ignored ? "'%.*s' is too late"
					: "'%.*s' is no time: 1.5s, 10ms, 3us, 7ns",
				(int)n, p);
	case SCN_BYTES:
		if (with_suffix(p, n, &value->v[0], &ignored, &why))
			return 0;
		return mmt_fail(e, EINVAL, "%s: '%.*s' %s", called(arg), (int)n, p,
				strstr(why, "neither") ? "is no number of bytes" : why);
	case SCN_RATIO:
		if (mmt_fraction(p, n, 1000000, false, &value->v[0]) && value->v[0] <= 1000000)
			return 0;
		return mmt_fail(e, EINVAL, "'%.*s' is no ratio between 0 and 1", (int)n, p);
	case SCN_ZONE:
		return scenario_by_word(SCENARIO_ZONES, p, n, &value->v[0])
			       ? 0
			       : none_of(SCENARIO_ZONES, "zone", p, n, e);
	case SCN_GFP:
		return parse_gfp(p, n, value, e);
	case SCN_PROT:
		return parse_prot(p, n, value, e);
	case SCN_POLICY:
		return parse_policy(p, n, value, e);
	case SCN_ADVICE:
		return scenario_by_word(SCENARIO_ADVICES, p, n, &value->v[0])
			       ? 0
			       : none_of(SCENARIO_ADVICES, "advice", p, n, e);
	case SCN_OP:
		return parse_op(p, n, value, e);
	case SCN_VALUE:
		return parse_value(p, n, value, e);
	case SCN_CHOICE:
		return parse_choice(arg, p, n, value, e);
	case SCN_NAME:
	case SCN_PATH:
	case SCN_WORD:
	case SCN_KEY:
		return parse_string(arg, p, n, value, e);
	default:
		if (mmt_number(p, n, &value->v[0]))
			return 0;
		return mmt_fail(e, EINVAL, "%s: '%.*s' %s", called(arg), (int)n, p,
				no_number(p, n, "is no number"));
	}
}
