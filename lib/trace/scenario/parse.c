// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a scenario from text to events, line by line.
 *
 *     [@TIME] [fails | fails(REASON)] VERB ARG...    # comment
 *
 * A line becomes one event whose kind is its verb's; `print` and `cgroup` with several arguments
 * become several. The events' times are what @ and settle say: time stands still otherwise.
 *
 * Reference: mmtrace-scenario(5).
 *
 * Invariants:
 * I1 A line is taken whole or refused with line, column and reason: nothing is guessed.
 * I2 Times never go back. I3 Every event is one that mmt_event_validate() takes.
 * I4 The first line of the machine section, if any, stands before every other verb but `set`.
 *
 * Cost: linear in the text; a line is at most MMT_SCENARIO_LINE_MAX bytes.
 */
#include "lib/trace/scenario/syntax.h"

#include "lib/base/err.h"

#include <errno.h>
#include <string.h>

struct word {
	const char *p;
	size_t n;
};

struct parser {
	const struct mmt_scenario_sink *sink;
	struct mmt_err *e;
	const char *start; /* of the line */
	const char *p, *end;
	unsigned line;
	uint64_t now;
	bool running; /* the machine section is over */
	bool machine; /* the machine was described */
	const struct scenario_verb *verb;
	struct mmt_event ev; /* of the line */
	struct scenario_arg args[SCENARIO_ARGS_MAX];
	unsigned nr_args;
	struct word key; /* of an expect */
};

static unsigned column_of(const struct parser *s, const char *p)
{
	return (unsigned)(p - s->start) + 1;
}

static uint64_t how_column(const struct parser *s, const char *p)
{
	return (uint64_t)(column_of(s, p) & 0xfff) << MMT_HOW_COLUMN_SHIFT;
}

/* What went wrong is in s->e; this is where. */
static int at(struct parser *s, const char *p, int ret)
{
	if (ret)
		mmt_err_line(s->e, s->line, column_of(s, p));
	return ret;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct parser *s)
{
	while (s->p < s->end && is_blank(*s->p))
		s->p++;
}

/* The next word of the line; n is 0 at its end. */
static struct word next_word(struct parser *s)
{
	struct word w;

	skip_blanks(s);
	w.p = s->p;
	while (s->p < s->end && !is_blank(*s->p))
		s->p++;
	w.n = (size_t)(s->p - w.p);
	return w;
}

static bool is(struct word w, const char *text)
{
	return strlen(text) == w.n && memcmp(text, w.p, w.n) == 0;
}

/* The id of bytes that stand in the line, with one kind of blank, as they are printed. */
static int intern(struct parser *s, const char *p, size_t n, uint64_t *id)
{
	char text[MMT_SCENARIO_STRING_MAX + 1];

	if (n > MMT_SCENARIO_STRING_MAX)
		return at(s, p,
			  mmt_fail(s->e, EINVAL, "this is longer than %u bytes",
				   MMT_SCENARIO_STRING_MAX));
	for (size_t i = 0; i < n; i++)
		text[i] = is_blank(p[i]) ? ' ' : p[i];
	text[n] = '\0';
	*id = s->sink->string(s->sink->ctx, text, s->e);
	return *id ? 0 : -ENOMEM;
}

static int check_key(struct parser *s, struct word w, bool in_pages)
{
	char text[MMT_SCENARIO_LINE_MAX + 1];

	if (!s->sink->check_key)
		return 0;
	memcpy(text, w.p, w.n);
	text[w.n] = '\0';
	return at(s, w.p, s->sink->check_key(text, in_pages, s->e));
}

/* --- arguments --- */

/* Put a value into the fields of argument @i. */
static int take(struct parser *s, unsigned i, struct word w)
{
	const struct mmt_event_info *info = mmt_event_info(s->ev.kind);
	const struct scenario_arg *arg = &s->args[i];
	uint64_t *how = &s->ev.v[info->nr_fields - 2];
	struct scenario_value value;
	int ret;

	if (*how & MMT_HOW_GIVEN(i))
		return at(s, w.p,
			  mmt_fail(s->e, EINVAL, "%s is given twice",
				   *arg->key ? arg->key : arg->word));
	*how |= MMT_HOW_GIVEN(i);
	if (arg->type == SCN_FLAG)
		return 0;
	ret = scenario_literal(arg, w.p, w.n, &value, s->e);
	if (!ret && arg->type == SCN_KEY)
		ret = check_key(s, s->key = w, false);
	if (!ret && value.suffixed)
		ret = check_key(s, s->key, true);
	if (!ret && value.str)
		ret = intern(s, value.str, value.str_n, &value.v[value.str_at]);
	if (ret)
		return at(s, value.str ? value.str : w.p, ret);
	if (value.big)
		*how |= MMT_HOW_UNSIGNED;
	for (unsigned k = 0; k < scenario_width(arg->type); k++) {
		enum mmt_unit unit = info->fields[arg->field + k].unit;
		/* "any order" is none that can be asked for */
		uint64_t most = unit == MMT_U_ORDER ? MMT_ORDER_MAX : mmt_unit_limit(unit);

		if (!mmt_unit_valid(unit, value.v[k]) || value.v[k] > most)
			return at(s, w.p,
				  mmt_fail(s->e, EINVAL, "%s %.*s is beyond %llu",
					   info->fields[arg->field + k].name, (int)w.n, w.p,
					   (unsigned long long)most));
		s->ev.v[arg->field + k] = value.v[k];
	}
	return 0;
}

static int usage(struct parser *s, struct word w, const char *why)
{
	const char *equals = memchr(w.p, '=', w.n);
	struct mmt_nearest nearest;
	char names[160] = "";

	mmt_nearest_init(&nearest, w.p, equals ? (size_t)(equals - w.p) : w.n);
	for (unsigned i = 0; i < s->nr_args; i++)
		if (*s->args[i].key && w.n)
			mmt_nearest_try(&nearest, s->args[i].key);
	mmt_nearest_text(&nearest, names, sizeof(names));
	return at(s, w.p,
		  mmt_fail(s->e, EINVAL, "%s%s%.*s%s%s%s: %s %s", why, w.n ? " '" : "",
			   w.n > 64 ? 64 : (int)w.n, w.p, w.n ? "'" : "",
			   *names ? ", did you mean " : "", names, s->verb->name, s->verb->syntax));
}

/* One word, perhaps two, to the argument it belongs to; *@position counts those without key. */
static int take_word(struct parser *s, struct word w, unsigned *position)
{
	const char *equals = memchr(w.p, '=', w.n);

	for (unsigned i = 0; i < s->nr_args; i++) {
		const struct scenario_arg *arg = &s->args[i];
		struct word key = { w.p, arg->keyed && equals ? (size_t)(equals - w.p) : w.n };

		if (!*arg->key || !is(key, arg->key) || (arg->keyed && !equals))
			continue;
		if (arg->type == SCN_FLAG)
			return take(s, i, w);
		if (arg->worded)
			return take(s, i, next_word(s));
		return take(s, i, (struct word){ equals + 1, w.n - key.n - 1 });
	}
	while (*position < s->nr_args && *s->args[*position].key)
		++*position;
	for (unsigned i = 0; i < s->nr_args && !equals; i++)
		if (s->args[i].keyed && is(w, s->args[i].key) && *position == s->nr_args)
			return at(s, w.p,
				  mmt_fail(s->e, EINVAL, "%s wants a value, without blanks: %s=%s",
					   s->args[i].key, s->args[i].key, s->args[i].word));
	if (*position == s->nr_args)
		return usage(s, w, "unexpected");
	return take(s, (*position)++, w);
}

static int put_event(struct parser *s)
{
	MMT_BUG(mmt_event_validate(&s->ev));
	return s->sink->event(s->sink->ctx, &s->ev, s->e);
}

/* Arguments by the verb's syntax. */
static int plain(struct parser *s)
{
	const struct mmt_event_info *info = mmt_event_info(s->ev.kind);
	unsigned position = 0;
	struct word w;

	s->nr_args = scenario_args(s->verb, s->args);
	while (w = next_word(s), w.n) {
		int ret = take_word(s, w, &position);

		if (ret)
			return ret;
	}
	for (unsigned i = 0; i < s->nr_args; i++) {
		const struct scenario_arg *arg = &s->args[i];
		char why[64];

		if (arg->optional || s->ev.v[info->nr_fields - 2] & MMT_HOW_GIVEN(i))
			continue;
		memcpy(why, "no ", 4);
		strncat(why, *arg->key ? arg->key : arg->word, 32);
		return usage(s, (struct word){ s->end, 0 }, why);
	}
	return put_event(s);
}

/* print KEY...: an event for each. */
static int print(struct parser *s)
{
	struct word w = next_word(s);
	int ret = 0;

	if (!w.n)
		return at(s, w.p, mmt_fail(s->e, EINVAL, "no key: print KEY..."));
	for (; w.n && !ret; w = next_word(s)) {
		/* what is wrong with a key is said where the key stands */
		s->ev.v[MMT_F(scenario_print, how)] = MMT_HOW_GIVEN(0) | how_column(s, w.p);
		ret = check_key(s, w, false);
		if (!ret)
			ret = intern(s, w.p, w.n, &s->ev.v[MMT_F(scenario_print, key)]);
		if (!ret)
			ret = put_event(s);
	}
	return ret;
}

/* Check FILE=VALUE, and if the line is to be refused all that follow, for it is refused whole: @w
 * reaches to the last of them then. */
static int check_files(struct parser *s, struct word *w, bool fails)
{
	struct word next = *w;
	int ret = 0;

	for (; next.n && !ret; next = fails ? next_word(s) : (struct word){ s->end, 0 }) {
		const char *equals = memchr(next.p, '=', next.n);

		ret = at(s, next.p,
			 scenario_check_file(next.p, next.n, equals ? (size_t)(equals - next.p) : 0,
					     s->e));
		w->n = (size_t)(next.p + next.n - w->p);
	}
	return ret;
}

/* cgroup PATH [FILE=VALUE...]: an event for each file, or one that only makes it. */
static int cgroup(struct parser *s)
{
	struct word path = next_word(s), w;
	uint64_t *v = s->ev.v;
	int ret = at(s, path.p, scenario_check_path(path.p, path.n, s->e));

	if (ret)
		return ret;
	ret = intern(s, path.p, path.n, &v[MMT_F(scenario_cgroup, cg)]);
	v[MMT_F(scenario_cgroup, how)] |= MMT_HOW_GIVEN(0);
	w = next_word(s);
	if (!w.n && !ret)
		return put_event(s);
	for (; w.n && !ret; w = next_word(s)) {
		size_t n = 0;

		ret = check_files(s, &w, v[MMT_F(scenario_cgroup, how)] & MMT_HOW_FAILS);
		if (ret)
			return ret;
		while (w.p[n] != '=')
			n++;
		v[MMT_F(scenario_cgroup, how)] |= MMT_HOW_GIVEN(1);
		ret = intern(s, w.p, n, &v[MMT_F(scenario_cgroup, file)]);
		if (!ret)
			ret = intern(s, w.p + n + 1, w.n - n - 1,
				     &v[MMT_F(scenario_cgroup, value)]);
		if (!ret)
			ret = put_event(s);
	}
	return ret;
}

/* set KEY=VALUE, where the value is the rest of the line. */
static int set(struct parser *s)
{
	char key[MMT_SCENARIO_LINE_MAX + 1], value[MMT_SCENARIO_LINE_MAX + 1];
	const char *equals, *end = s->end;
	int ret = 0;

	skip_blanks(s);
	while (end > s->p && is_blank(end[-1]))
		end--;
	for (equals = s->p; equals < end && *equals != '=' && !is_blank(*equals);)
		equals++;
	if (equals == s->p || equals + 1 >= end || *equals != '=')
		return at(s, s->p, mmt_fail(s->e, EINVAL, "set wants KEY=VALUE"));
	memcpy(key, s->p, (size_t)(equals - s->p));
	key[equals - s->p] = '\0';
	memcpy(value, equals + 1, (size_t)(end - equals) - 1);
	value[end - equals - 1] = '\0';
	/* a value that is to be refused may be any */
	if (s->sink->check_setting)
		ret = at(s, s->p,
			 s->sink->check_setting(
				 key,
				 s->ev.v[MMT_F(scenario_set, how)] & MMT_HOW_FAILS ? NULL : value,
				 s->running, s->e));
	s->ev.v[MMT_F(scenario_set, how)] |= MMT_HOW_GIVEN(0);
	if (!ret)
		ret = intern(s, s->p, strlen(key), &s->ev.v[MMT_F(scenario_set, key)]);
	if (!ret)
		ret = intern(s, equals + 1, strlen(value), &s->ev.v[MMT_F(scenario_set, value)]);
	return ret ? ret : put_event(s);
}

/* --- lines --- */

/* @1.5s or @+10ms. */
static int take_time(struct parser *s, struct word w)
{
	bool relative = w.n > 1 && w.p[1] == '+';
	unsigned skip = relative ? 2 : 1;
	bool late = false;
	uint64_t t;

	if (w.n <= skip || !scenario_time(w.p + skip, w.n - skip, &t, &late))
		return at(s, w.p,
			  mmt_fail(s->e, EINVAL,
				   late ? "'%.*s' is too late" : "'%.*s' is no time: @1.5s, @+10ms",
				   w.n > 64 ? 64 : (int)w.n, w.p));
	if (relative)
		t += s->now;
	if (t < s->now)
		return at(s, w.p,
			  mmt_fail(s->e, EINVAL, "%.*s has passed: it is %llu ns", (int)w.n, w.p,
				   (unsigned long long)s->now));
	if (t > MMT_TIME_MAX)
		return at(s, w.p, mmt_fail(s->e, EINVAL, "'%.*s' is too late", (int)w.n, w.p));
	s->now = t;
	return 0;
}

/* fails, or fails(ENOMEM), into @how. */
static int take_fails(struct parser *s, struct word w, uint64_t *how)
{
	struct mmt_nearest nearest;
	char names[128];

	*how |= MMT_HOW_FAILS;
	if (w.n == 5)
		return 0;
	if (w.p[w.n - 1] == ')' && scenario_reason(w.p + 6, w.n - 7, how))
		return 0;
	mmt_nearest_init(&nearest, w.p + 6, w.n - 6 - (w.p[w.n - 1] == ')'));
	scenario_reason_nearest(&nearest);
	return at(s, w.p + 6,
		  mmt_fail(s->e, EINVAL, "'%.*s' wants a reason: fails(ENOMEM); the nearest are %s",
			   w.n > 64 ? 64 : (int)w.n, w.p,
			   mmt_nearest_text(&nearest, names, sizeof(names))));
}

/* What may not stand after fails. */
static int check_failing(struct parser *s, struct word w)
{
	const char *why = NULL;

	if (!w.n)
		why = "fails wants a verb";
	else if (*w.p == '(')
		why = "no blank after fails: fails(ENOMEM) VERB";
	else if (*w.p == '@')
		why = "the time stands before fails: @TIME fails VERB";
	else if (w.n >= 5 && memcmp(w.p, "fails", 5) == 0 && (w.n == 5 || w.p[5] == '('))
		why = "fails stands there already";
	return why ? at(s, w.p, mmt_fail(s->e, EINVAL, "%s", why)) : 0;
}

/* The machine is described; one that was not is the default one. */
static int run(struct parser *s)
{
	s->running = true;
	if (s->machine)
		return 0;
	s->machine = true;
	s->ev = (struct mmt_event){ .kind = MMT_EV_scenario_machine, .time = s->now };
	return put_event(s);
}

static int unknown_verb(struct parser *s, struct word w)
{
	struct mmt_nearest nearest;
	char names[128];

	mmt_nearest_init(&nearest, w.p, w.n);
	for (const struct scenario_verb *v = scenario_verbs; v->name; v++)
		mmt_nearest_try(&nearest, v->name);
	mmt_nearest_try(&nearest, "fails");
	mmt_nearest_text(&nearest, names, sizeof(names));
	return at(s, w.p,
		  mmt_fail(s->e, EINVAL, "unknown verb '%.*s'%s%s", w.n > 64 ? 64 : (int)w.n, w.p,
			   *names ? "; the nearest are " : "", names));
}

/* Find the verb and make its event, whose arguments are still to come. */
static int begin(struct parser *s, struct word w, uint64_t how)
{
	const struct scenario_verb *v = scenario_verbs;
	unsigned fields;
	int ret;

	while (v->name && !is(w, v->name))
		v++;
	if (!v->name)
		return unknown_verb(s, w);
	if (v->section == SCENARIO_MACHINE && s->running)
		return at(s, w.p,
			  mmt_fail(s->e, EINVAL,
				   "%s describes the machine: it comes before all else", v->name));
	if (how & MMT_HOW_FAILS && v->section != SCENARIO_RUN && v->section != SCENARIO_SETTING)
		return at(s, w.p, mmt_fail(s->e, EINVAL, "%s cannot fail", v->name));
	if (v->kind == MMT_EV_scenario_machine && s->machine)
		return at(s, w.p, mmt_fail(s->e, EINVAL, "there is one machine line"));
	s->machine |= v->kind == MMT_EV_scenario_machine;
	if (v->section == SCENARIO_RUN || v->section == SCENARIO_CHECK) {
		ret = run(s);
		if (ret)
			return ret;
	}
	s->verb = v;
	s->ev = (struct mmt_event){ .kind = v->kind, .time = s->now };
	fields = mmt_event_info(v->kind)->nr_fields;
	s->ev.v[fields - 2] = how | how_column(s, w.p);
	s->ev.v[fields - 1] = s->line;
	return 0;
}

static int arguments(struct parser *s)
{
	switch (s->ev.kind) {
	case MMT_EV_scenario_print:
		return print(s);
	case MMT_EV_scenario_cgroup:
		return cgroup(s);
	case MMT_EV_scenario_set:
		return set(s);
	default:
		return plain(s);
	}
}

/* An @ alone: time passes, and there is an event so that it does. */
static int put_time(struct parser *s)
{
	s->ev = (struct mmt_event){ .kind = MMT_EV_scenario_time, .time = s->now };
	s->ev.v[MMT_F(scenario_time, line)] = s->line;
	return put_event(s);
}

static int parse_line(struct parser *s)
{
	struct word w = next_word(s);
	uint64_t how = 0;
	int ret = 0;

	if (!w.n)
		return 0;
	if (*w.p == '@') {
		ret = run(s);
		if (!ret)
			ret = take_time(s, w);
		w = next_word(s);
		if (!ret && !w.n)
			return put_time(s);
	}
	if (!ret && (is(w, "fails") || (w.n > 6 && memcmp(w.p, "fails(", 6) == 0))) {
		ret = take_fails(s, w, &how);
		w = next_word(s);
		if (!ret)
			ret = check_failing(s, w);
	}
	if (!ret)
		ret = begin(s, w, how);
	if (!ret)
		ret = arguments(s);
	if (!ret && s->ev.kind == MMT_EV_scenario_settle) {
		s->now += s->ev.v[MMT_F(scenario_settle, time)];
		if (s->now > MMT_TIME_MAX)
			ret = at(s, s->start, mmt_fail(s->e, EINVAL, "time ends before that"));
	}
	return ret;
}

/* Bytes that a line of text has: no control characters but blanks. */
static int check_bytes(struct parser *s)
{
	if (s->end - s->start > (ptrdiff_t)MMT_SCENARIO_LINE_MAX)
		return at(s, s->start + MMT_SCENARIO_LINE_MAX,
			  mmt_fail(s->e, EINVAL, "the line is longer than %u bytes",
				   MMT_SCENARIO_LINE_MAX));
	for (const char *p = s->start; p < s->end; p++)
		if (((unsigned char)*p < ' ' && !is_blank(*p)) || *p == 0x7f)
			return at(s, p,
				  mmt_fail(s->e, EINVAL, "control character 0x%02x",
					   (unsigned char)*p));
	return 0;
}

bool mmt_scenario_is(const void *p, size_t n)
{
	size_t len = strlen(MMT_SCENARIO_MAGIC);

	return n > len && memcmp(p, MMT_SCENARIO_MAGIC, len) == 0 &&
	       is_blank(((const char *)p)[len]);
}

/* "#mmtrace-scenario 1" */
static int first_line(struct parser *s)
{
	struct word w;

	if (s->end - s->start >= 3 && memcmp(s->start, "\xef\xbb\xbf", 3) == 0)
		return at(s, s->start,
			  mmt_fail(s->e, EINVAL, "the text begins with a byte-order mark"));
	if (!mmt_scenario_is(s->start, (size_t)(s->end - s->start)))
		return at(
			s, s->start,
			mmt_fail(s->e, EINVAL, "the first line is not '%s 1'", MMT_SCENARIO_MAGIC));
	s->p += strlen(MMT_SCENARIO_MAGIC);
	w = next_word(s);
	if (!is(w, "1"))
		return at(s, w.p,
			  mmt_fail(s->e, EINVAL, "version '%.*s' of scenarios is not known",
				   w.n > 64 ? 64 : (int)w.n, w.p));
	w = next_word(s);
	if (w.n && *w.p != '#')
		return at(
			s, w.p,
			mmt_fail(s->e, EINVAL, "unexpected '%.*s'", w.n > 64 ? 64 : (int)w.n, w.p));
	return 0;
}

int mmt_scenario_parse(const char *text, size_t n, const struct mmt_scenario_sink *sink,
		       struct mmt_err *e)
{
	struct parser s = { .sink = sink, .e = e, .start = text };
	const char *end = text + n;
	int ret = 0;

	do {
		const char *eol = memchr(s.start, '\n', (size_t)(end - s.start));
		const char *hash;

		s.line++;
		s.p = s.start;
		s.end = eol ? eol : end;
		if (s.line == 1)
			ret = first_line(&s);
		if (!ret)
			ret = check_bytes(&s);
		if (!ret && s.line > 1) {
			hash = memchr(s.start, '#', (size_t)(s.end - s.start));
			s.end = hash ? hash : s.end;
			ret = parse_line(&s);
		}
		s.start = eol ? eol + 1 : end;
	} while (!ret && s.start < end && s.line < UINT32_MAX);
	return ret ? ret : run(&s);
}
