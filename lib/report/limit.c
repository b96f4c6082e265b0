/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits of change: how they are written, and what they allow.
 */
#include "lib/report/diff.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PERMILLE_MAX 1000000000

/* Digits at *@p; false: none, or more than @max. */
static bool digits(const char **p, uint64_t max, uint64_t *v)
{
	const char *start = *p;

	for (*v = 0; **p >= '0' && **p <= '9'; ++*p) {
		uint64_t digit = (uint64_t)(**p - '0');

		if (*v > (max - digit) / 10)
			return false;
		*v = *v * 10 + digit;
	}
	return *p != start;
}

bool rep_limit_parse(const char *text, struct rep_limit *limit)
{
	uint64_t whole, tenth = 0;

	*limit = (struct rep_limit){ .judged = true };
	if (strcmp(text, "none") == 0) {
		limit->judged = false;
		return true;
	}
	if (!digits(&text, INT64_MAX, &whole))
		return false;
	if (*text != '%' && *text != '.') {
		limit->abs = whole;
		return !*text;
	}
	if (*text == '.' && (text++, !digits(&text, 9, &tenth)))
		return false;
	if (*text++ != '%' || whole > PERMILLE_MAX / 10)
		return false;
	limit->permille = (int64_t)(whole * 10 + tenth);
	if (*text != '+')
		return !*text;
	text++;
	return digits(&text, INT64_MAX, &limit->abs) && !*text;
}

const char *rep_limit_text(const struct rep_limit *limit, char *buf, size_t size)
{
	size_t n = 0;

	if (!limit->judged) {
		snprintf(buf, size, "none");
		return buf;
	}
	*buf = '\0';
	if (limit->permille % 10)
		snprintf(buf, size, "%" PRId64 ".%" PRId64 "%%", limit->permille / 10,
			 limit->permille % 10);
	else if (limit->permille)
		snprintf(buf, size, "%" PRId64 "%%", limit->permille / 10);
	n = strlen(buf);
	if (limit->abs || !n)
		snprintf(buf + n, size - n, "%s%" PRIu64, n ? "+" : "", limit->abs);
	return buf;
}

int rep_override_parse(const char *text, struct rep_override *o, struct mmt_err *e)
{
	const char *equals = strchr(text, '=');
	size_t n = equals ? (size_t)(equals - text) : 0;

	if (!n || n >= sizeof(o->metric))
		return mmt_fail(e, EINVAL, "'%s' is not METRIC=LIMIT", text);
	memcpy(o->metric, text, n);
	o->metric[n] = '\0';
	if (!rep_limit_parse(equals + 1, &o->limit))
		return mmt_fail(e, EINVAL, "limit '%s' of %s is none of 5%%, 100, 5%%+100, none",
				equals + 1, o->metric);
	return 0;
}
