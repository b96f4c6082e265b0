/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One field of an event, as text and as JSON, by its unit.
 *
 * Text follows the kernel's own trace output where it has one (GFP and migratetype names, hex
 * frame numbers and addresses); JSON keeps numbers as numbers, except what exceeds 63 bits.
 */
#include "cmd/trace.h"
#include "lib/base/escape.h"
#include "lib/base/json.h"
#include "lib/base/number.h"
#include "lib/trace/gfp_names.h"

#include <inttypes.h>
#include <string.h>

/* The name of a value whose unit has names, or NULL. */
static const char *value_name(enum mmt_unit unit, uint64_t v, char *buf, size_t size)
{
	return unit == MMT_U_GFP ? mmt_gfp_text(v, buf, size) : mmt_value_name(unit, v);
}

static void put(struct mmt_wr *w, const char *s)
{
	mmt_wr_bytes(w, s, strlen(s));
}

void cli_task_text(struct mmt_wr *w, uint32_t id, const struct mmt_dict *dict)
{
	const struct mmt_dict_entry *e = id ? mmt_dict_get(dict, MMT_DICT_TASK, id) : NULL;

	if (e)
		mmt_wr_escaped(w, e->name);
	put(w, id && !e ? "?" : "-");
	if (id)
		mmt_wr_decimal(w, e ? e->num[0] : id, 0, 0);
}

json_t *cli_task_json(uint32_t id, const struct mmt_dict *dict)
{
	const struct mmt_dict_entry *e = id ? mmt_dict_get(dict, MMT_DICT_TASK, id) : NULL;
	json_t *j;

	if (!id)
		return json_null();
	j = json_object();
	if (!mmt_json_set(j, "id", mmt_json_u64(id)) ||
	    (e && (!mmt_json_set(j, "tid", mmt_json_u64(e->num[0])) ||
		   !mmt_json_set(j, "comm", mmt_json_bytes(e->name))))) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* Text that may hold blanks: quoted then, so that fields can be told apart. */
static void put_word(struct mmt_wr *w, const char *s)
{
	bool quote = !*s || strpbrk(s, " =\"") != NULL;

	if (quote)
		mmt_wr_u8(w, '"');
	mmt_wr_escaped(w, s);
	if (quote)
		mmt_wr_u8(w, '"');
}

/* What a dictionary id stands for; -1 in *@kind: the unit is none. */
static const struct mmt_dict_entry *resolve(enum mmt_unit unit, uint64_t v,
					    const struct mmt_dict *dict, int *kind)
{
	*kind = unit == MMT_U_FILE     ? MMT_DICT_FILE
		: unit == MMT_U_CGROUP ? MMT_DICT_CGROUP
		: unit == MMT_U_STRING ? MMT_DICT_STRING
		: unit == MMT_U_MM     ? MMT_DICT_MM
				       : -1;
	return *kind < 0 || !v || v > MMT_DICT_ID_MAX
		       ? NULL
		       : mmt_dict_get(dict, (enum mmt_dict_kind) * kind, (uint32_t)v);
}

static void put_dev(struct mmt_wr *w, uint64_t dev)
{
	mmt_wr_decimal(w, dev >> 20, 0, 0);
	put(w, ":");
	mmt_wr_decimal(w, dev & 0xfffff, 0, 0);
}

/* A dictionary id other than a task's; false: the unit is none. */
static bool put_id(struct mmt_wr *w, enum mmt_unit unit, uint64_t v, const struct mmt_dict *dict)
{
	int kind;
	const struct mmt_dict_entry *e = resolve(unit, v, dict, &kind);

	if (kind < 0)
		return false;
	if (!v) {
		put(w, kind == MMT_DICT_MM ? "0" : "-");
	} else if (!e) {
		put(w, "?");
		mmt_wr_decimal(w, v, 0, 0);
	} else if (kind == MMT_DICT_MM) {
		mmt_wr_decimal(w, v, 0, 0);
	} else if (kind == MMT_DICT_STRING || *e->name) {
		put_word(w, e->name);
	} else if (kind == MMT_DICT_FILE) {
		put_dev(w, e->num[0]);
		put(w, "/");
		mmt_wr_decimal(w, e->num[1], 0, 0);
	} else {
		put(w, "cgroup/");
		mmt_wr_decimal(w, e->num[0], 0, 0);
	}
	return true;
}

/* A value no name stands for but a convention: "none", "-1"; or NULL. */
static const char *special(enum mmt_unit unit, uint64_t v)
{
	if (unit == MMT_U_PFN && v == MMT_PFN_NONE)
		return "none";
	if (unit == MMT_U_ADDR && v == MMT_ADDR_OUTSIDE)
		return "outside";
	if ((unit == MMT_U_ORDER && v == MMT_ORDER_ANY) ||
	    (unit == MMT_U_NODE && v == MMT_NODE_ANY) || (unit == MMT_U_CPU && v == MMT_CPU_NONE))
		return "-1";
	return NULL;
}

static void put_signed(struct mmt_wr *w, int64_t v)
{
	if (v < 0)
		put(w, "-");
	mmt_wr_decimal(w, v < 0 ? -(uint64_t)v : (uint64_t)v, 0, 0);
}

static void put_number(struct mmt_wr *w, enum mmt_unit unit, uint64_t v)
{
	enum mmt_print print = mmt_unit_print(unit);

	/* a system call's result: an address, a count or -errno */
	if (print == MMT_PRINT_RET)
		print = v >= 65536 && v < (uint64_t)-4095 ? MMT_PRINT_HEX : MMT_PRINT_SIGNED;
	if (special(unit, v))
		put(w, special(unit, v));
	else if (print == MMT_PRINT_DEV)
		put_dev(w, v);
	else if (print == MMT_PRINT_HEX)
		mmt_wr_hex(w, v);
	else if (print == MMT_PRINT_SIGNED)
		put_signed(w, (int64_t)v);
	else
		mmt_wr_decimal(w, v, 0, 0);
}

void cli_field_text(struct mmt_wr *w, const struct mmt_event *ev, unsigned i,
		    const struct mmt_dict *dict)
{
	const struct mmt_field *f = &mmt_event_info(ev->kind)->fields[i];
	uint64_t v = ev->v[i];
	char buf[512];
	const char *name = value_name(f->unit, v, buf, sizeof(buf));

	put(w, f->name);
	put(w, "=");
	if (name)
		put(w, name);
	else if (f->unit == MMT_U_TASK)
		cli_task_text(w, v <= MMT_DICT_ID_MAX ? (uint32_t)v : 0, dict);
	else if (!put_id(w, f->unit, v, dict))
		put_number(w, f->unit, v);
}

static json_t *id_json(int kind, uint64_t v, const struct mmt_dict_entry *e)
{
	json_t *j;
	bool ok;

	if (kind == MMT_DICT_MM)
		return mmt_json_u64(v);
	if (!v)
		return json_null();
	if (kind == MMT_DICT_STRING)
		return e ? mmt_json_bytes(e->name) : json_sprintf("?%" PRIu64, v);
	j = json_object();
	ok = mmt_json_set(j, "id", mmt_json_u64(v));
	if (e && kind == MMT_DICT_FILE)
		ok = ok && mmt_json_set(j, "dev", mmt_json_u64(e->num[0])) &&
		     mmt_json_set(j, "ino", mmt_json_u64(e->num[1]));
	if (e && kind == MMT_DICT_CGROUP)
		ok = ok && mmt_json_set(j, "ino", mmt_json_u64(e->num[0]));
	if (e && *e->name)
		ok = ok && mmt_json_set(j, "path", mmt_json_bytes(e->name));
	if (!ok) {
		json_decref(j);
		return NULL;
	}
	return j;
}

json_t *cli_field_json(const struct mmt_event *ev, unsigned i, const struct mmt_dict *dict)
{
	enum mmt_unit unit = mmt_event_info(ev->kind)->fields[i].unit;
	uint64_t v = ev->v[i];
	char buf[512];
	const char *name = value_name(unit, v, buf, sizeof(buf));
	int kind;
	const struct mmt_dict_entry *e = resolve(unit, v, dict, &kind);

	if (name)
		return json_string(name);
	if (unit == MMT_U_TASK)
		return cli_task_json(v <= MMT_DICT_ID_MAX ? (uint32_t)v : 0, dict);
	if (kind >= 0)
		return id_json(kind, v, e);
	if (special(unit, v))
		return *special(unit, v) == '-' ? json_integer(-1) : json_null();
	return mmt_unit_signed(unit) ? json_integer((json_int_t)(int64_t)v) : mmt_json_u64(v);
}
