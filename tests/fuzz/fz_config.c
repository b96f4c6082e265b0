/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any text as what a user sets. The first byte says what its lines are:
 *
 *	S   tunables with their values, as --set and files of tunables hold them
 *	L   literals: times, sizes, numbers, limits of change
 *	K   keys of a scenario's `expect`, and what its `set` sets
 *	F   together, a file of settings as --set-file takes it
 *
 * What is taken is within its bounds and can be put into effect. What is refused says why, and a
 * tunable or key that is refused ends it, as it ends a command.
 */
#include "cmd/cli.h"
#include "lib/base/number.h"
#include "lib/replay/scenario/key.h"
#include "lib/replay/tunable_file.h"
#include "lib/report/diff.h"

#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A change that was taken is within its bounds and can be put into effect. */
static void apply(const struct tunable_change *c)
{
	struct tunable_values v = tunable_defaults();

	MMT_BUG(!c->tunable->modelled || !c->nr || c->nr > MAX_NR_ZONES);
	MMT_BUG(c->timed && !c->tunable->timed);
	tunable_apply(c, &v);
	MMT_BUG(v.nodes > MM_MAX_NODES || v.cpus > MM_MAX_CPUS);
	MMT_BUG(v.mem >> PAGE_SHIFT >= PFN_NONE || v.profile >= NR_MM_PROFILES);
}

static bool tunable(const char *line)
{
	struct tunable_change c;
	struct mmt_err e = { 0 };

	if (tunable_parse(line, &c, &e)) {
		MMT_BUG(!e.code || !e.text[0]);
		return false;
	}
	apply(&c);
	return true;
}

/* What a file sets, each is a setting of --set that says the same. */
static int file_change(void *ctx, const struct tunable_change *c, struct mmt_err *e)
{
	struct tunable_change same;
	char text[200];

	(void)ctx;
	apply(c);
	if (c->timed)
		return 0;
	snprintf(text, sizeof(text), "%s=%s", c->key, c->text);
	MMT_BUG(tunable_parse(text, &same, e) || same.nr != c->nr || same.index != c->index);
	MMT_BUG(memcmp(same.value, c->value, sizeof(c->value)) != 0);
	return 0;
}

static void file_left_out(void *ctx, unsigned line, const char *why)
{
	(void)ctx;
	MMT_BUG(!line || (why && !why[0]));
}

static void file(const uint8_t *p, size_t n)
{
	const struct tunable_sink sink = { .change = file_change, .left_out = file_left_out };
	struct mmt_err e = { 0 };

	MMT_BUG(tunable_file_parse((const char *)p, n, &sink, &e) && (!e.line || !e.text[0]));
}

/* What all of them take as a number is the same number. */
static void literals(const char *line)
{
	uint64_t v, whole;

	if (cli_parse_time(line, &v) && cli_parse_u64(line, UINT64_MAX, &whole))
		MMT_BUG(v != whole * 1000000000);
	if (cli_parse_size(line, &v) && cli_parse_u64(line, UINT64_MAX, &whole))
		MMT_BUG(v != whole);
	if (cli_parse_u64(line, 4194304, &v))
		MMT_BUG(v > 4194304);
	if (mmt_number(line, strlen(line), &whole) &&
	    mmt_fraction(line, strlen(line), 1, false, &v))
		MMT_BUG(v != whole);
	mmt_fraction(line, strlen(line), 1000000000, true, &v);
}

static void limit(const char *line)
{
	struct rep_limit l, again;
	struct rep_override o;
	struct mmt_err e = { 0 };
	char text[100];

	MMT_BUG(rep_override_parse(line, &o, &e) && !e.text[0]);
	if (!rep_limit_parse(line, &l))
		return;
	rep_limit_text(&l, text, sizeof(text));
	MMT_BUG(!rep_limit_parse(text, &again));
	MMT_BUG(l.judged != again.judged || l.permille != again.permille || l.abs != again.abs);
}

static bool key(const char *line)
{
	const char *equals = strchr(line, '=');
	struct scenario_key k;
	struct mmt_err e = { 0 };
	char name[LINE_BYTES];
	int err;

	snprintf(name, sizeof(name), "%.*s", equals ? (int)(equals - line) : -1, line);
	err = equals ? scenario_setting_check(name, equals + 1, name[0] & 1, &e)
		     : scenario_key_parse(line, &k, &e);
	MMT_BUG(err && (!e.code || !e.text[0]));
	return !err;
}

/* False: no more lines, please. */
static bool use(char what, const char *line)
{
	switch (what) {
	case 'S':
		return tunable(line);
	case 'K':
		return key(line);
	case 'L':
		literals(line);
		limit(line);
		return true;
	default:
		return false;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, what = size ? *p++ : 0;

	if (what == 'F') {
		file((const uint8_t *)p, size - 1);
		return 0;
	}
	for (size -= size > 0; size;) {
		const char *end = memchr(p, '\n', size);
		size_t n = end ? (size_t)(end - p) : size;
		size_t keep = n < LINE_BYTES ? n : LINE_BYTES - 1;
		/* an exact-size block, so that a sanitizer sees a read past its end */
		char *line = malloc(keep + 1);
		bool more;

		MMT_BUG(!line);
		memcpy(line, p, keep);
		line[keep] = '\0';
		more = use(what, line);
		free(line);
		if (!more)
			break;
		n += end != NULL;
		p += n;
		size -= n;
	}
	return 0;
}
