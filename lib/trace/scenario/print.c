// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: the events of a scenario from a trace back to text, one line each.
 *
 *     @1500us fails(ENOMEM) alloc A order=3 gfp=GFP_ATOMIC
 *
 * Invariants: I1 parsing what is printed gives events that differ in `line` and the column at most;
 * printing those gives the same text. I2 Nothing that is in a trace can add a line or an argument:
 * a string that is no single word is refused.
 * Cost: linear in the line.
 */
#include "lib/trace/scenario/syntax.h"

#include "lib/base/err.h"

#include <errno.h>
#include <string.h>

static void put(struct mmt_wr *w, const char *s)
{
	mmt_wr_bytes(w, s, strlen(s));
}

/* @s may stand in a line: printable, no comment; with blanks only if @blanks. */
static bool is_text(const char *s, bool blanks)
{
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == '#' || (*p == ' ' && !blanks))
			return false;
	return *s && strlen(s) <= MMT_SCENARIO_STRING_MAX;
}

/* The string of field @i, or NULL: not defined, or not fit to stand in a line. */
static const char *string_of(const struct mmt_event *ev, unsigned i, const struct mmt_dict *dict,
			     bool blanks)
{
	const struct mmt_dict_entry *entry =
		mmt_dict_get(dict, MMT_DICT_STRING, (uint32_t)ev->v[i]);

	return entry && is_text(entry->name, blanks) ? entry->name : NULL;
}

/* What scenario_put() needs for the strings among the fields of @arg. */
static bool strings_of(const struct mmt_event *ev, const struct scenario_arg *arg,
		       const struct mmt_dict *dict, const char *strings[2])
{
	const struct mmt_event_info *info = mmt_event_info(ev->kind);

	for (unsigned k = 0; k < 2; k++) {
		unsigned i = arg->field + k;

		strings[k] = "";
		if (k >= scenario_width(arg->type) || info->fields[i].unit != MMT_U_STRING)
			continue;
		if (!ev->v[i] && k)
			continue; /* an address or value without a name */
		strings[k] = string_of(ev, i, dict, false);
		if (!strings[k])
			return false;
	}
	return true;
}

/* FILE=VALUE of cgroup, KEY=VALUE of set. */
static bool put_pair(struct mmt_wr *w, const struct mmt_event *ev, unsigned i,
		     const struct mmt_dict *dict, bool blanks)
{
	const char *key = string_of(ev, i, dict, false);
	const char *value = string_of(ev, i + 1, dict, blanks);

	if (!key || !value || strchr(key, '='))
		return false;
	put(w, " ");
	put(w, key);
	put(w, "=");
	put(w, value);
	return true;
}

static bool put_args(struct mmt_wr *w, const struct scenario_verb *v, const struct mmt_event *ev,
		     uint64_t how, const struct mmt_dict *dict)
{
	struct scenario_arg args[SCENARIO_ARGS_MAX];
	unsigned nr = scenario_args(v, args);

	for (unsigned i = 0; i < nr; i++) {
		const struct scenario_arg *arg = &args[i];
		const char *strings[2];

		if (!(how & MMT_HOW_GIVEN(i)))
			continue;
		if (!strings_of(ev, arg, dict, strings))
			return false;
		put(w, " ");
		put(w, arg->key);
		if (arg->type == SCN_FLAG)
			continue;
		if (*arg->key)
			put(w, arg->keyed ? "=" : " ");
		scenario_put(w, arg, &ev->v[arg->field], how & MMT_HOW_UNSIGNED, strings);
	}
	return true;
}

static void put_fails(struct mmt_wr *w, uint64_t how)
{
	const char *why = mmt_scenario_reason(MMT_HOW_WHY(how), how & MMT_HOW_SIGNAL);

	if (!(how & MMT_HOW_FAILS))
		return;
	put(w, why ? "fails(" : "fails ");
	if (!why)
		return;
	put(w, why);
	put(w, ") ");
}

int mmt_scenario_print(struct mmt_wr *w, const struct mmt_event *ev, const struct mmt_dict *dict,
		       uint64_t *now, struct mmt_err *e)
{
	const struct scenario_verb *v = scenario_verb_of(ev->kind);
	const struct mmt_event_info *info = mmt_event_info(ev->kind);
	uint64_t how;
	bool ok = true;

	if (!info || info->group != MMT_G_SCENARIO)
		return mmt_fail(e, EBADMSG, "an event that is no line of a scenario");
	how = ev->v[info->nr_fields - 2];
	if (ev->time > *now || ev->kind == MMT_EV_scenario_time) {
		put(w, "@");
		scenario_put_time(w, ev->time > *now ? ev->time : *now);
		put(w, v ? " " : "\n");
		*now = ev->time > *now ? ev->time : *now;
	}
	if (!v)
		return 0;
	put_fails(w, how);
	put(w, v->name);
	switch (ev->kind) {
	case MMT_EV_scenario_set:
		ok = put_pair(w, ev, MMT_F(scenario_set, key), dict, true);
		break;
	case MMT_EV_scenario_print:
		ok = string_of(ev, MMT_F(scenario_print, key), dict, false) != NULL;
		put(w, " ");
		put(w, ok ? string_of(ev, MMT_F(scenario_print, key), dict, false) : "");
		break;
	case MMT_EV_scenario_cgroup:
		ok = string_of(ev, MMT_F(scenario_cgroup, cg), dict, false) != NULL;
		put(w, " ");
		put(w, ok ? string_of(ev, MMT_F(scenario_cgroup, cg), dict, false) : "");
		if (ok && how & MMT_HOW_GIVEN(1))
			ok = put_pair(w, ev, MMT_F(scenario_cgroup, file), dict,
				      how & MMT_HOW_FAILS);
		break;
	default:
		ok = put_args(w, v, ev, how, dict);
	}
	put(w, "\n");
	if (ev->kind == MMT_EV_scenario_settle)
		*now += ev->v[MMT_F(scenario_settle, time)];
	if (!ok)
		return mmt_fail(e, EBADMSG, "%s: a string that no line can hold", v->name);
	return w->bad ? mmt_fail(e, ENOMEM, "no memory for a line") : 0;
}
