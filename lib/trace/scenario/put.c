// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: the values of a scenario, from numbers to text, each in one spelling: memory and times
 * with the largest unit that tells them exactly, flags by name.
 *
 * Invariants: I1 what is put parses to the same numbers (scenario/literal.c).
 * Cost: linear in the text.
 */
#include "lib/trace/scenario/syntax.h"

#include "lib/trace/gfp_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE 4096u

static void put(struct mmt_wr *w, const char *s)
{
	mmt_wr_bytes(w, s, strlen(s));
}

static void put_number(struct mmt_wr *w, uint64_t v)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	put(w, text);
}

static void put_hex(struct mmt_wr *w, uint64_t v)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, v);
	put(w, text);
}

/* @v / 10^@decimals without zeros at the end. */
static void put_fraction(struct mmt_wr *w, uint64_t v, unsigned decimals)
{
	uint64_t scale = 1;

	for (unsigned i = 0; i < decimals; i++)
		scale *= 10;
	put_number(w, v / scale);
	v %= scale;
	if (!v)
		return;
	put(w, ".");
	for (scale /= 10; v; v %= scale, scale /= 10) {
		put_number(w, v / scale);
		if (scale == 1)
			break;
	}
}

void scenario_put_time(struct mmt_wr *w, uint64_t ns)
{
	static const struct {
		uint64_t v;
		const char *name;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" } };
	unsigned i = 0;

	while (ns % units[i].v)
		i++;
	put_number(w, ns / units[i].v);
	put(w, units[i].name);
}

static void put_memory(struct mmt_wr *w, uint64_t pages)
{
	static const char suffixes[] = "KMGT";
	uint64_t kib = pages * (PAGE / 1024);
	unsigned i = 0;

	if (pages % 256 || !pages || pages > UINT64_C(1) << 40) {
		put_number(w, pages);
		return;
	}
	for (; kib % 1024 == 0 && i < 3; i++)
		kib /= 1024;
	put_number(w, kib);
	mmt_wr_bytes(w, &suffixes[i], 1);
}

static void put_nodes(struct mmt_wr *w, uint64_t mode, uint64_t nodes)
{
	const char *name = scenario_word(SCENARIO_POLICIES, mode), *sep = ":";

	put(w, name ? name : "?");
	for (unsigned n = 0; n < 64; n++) {
		if (!(nodes >> n & 1))
			continue;
		put(w, sep);
		put_number(w, n);
		sep = ",";
	}
}

static void put_choice(struct mmt_wr *w, const char *choices, uint64_t v)
{
	for (; v && *choices; choices++)
		v -= *choices == '|';
	mmt_wr_bytes(w, choices, strcspn(choices, "|] "));
}

static void put_signed(struct mmt_wr *w, uint64_t v)
{
	if (v > INT64_MAX) {
		put(w, "-");
		v = 0 - v;
	}
	put_number(w, v);
}

void scenario_put(struct mmt_wr *w, const struct scenario_arg *arg, const uint64_t *v, bool big,
		  const char *const *strings)
{
	char text[MMT_GFP_TEXT];
	const char *name = NULL;

	switch (arg->type) {
	case SCN_SIGNED:
		put_signed(w, v[0]);
		break;
	case SCN_MEMORY:
		put_memory(w, v[0] / PAGE);
		break;
	case SCN_ADDR:
		put(w, strings[1]);
		if (*strings[1] && v[0])
			put(w, "+");
		if (!*strings[1] || v[0])
			put_hex(w, v[0]);
		break;
	case SCN_TIME:
		scenario_put_time(w, v[0]);
		break;
	case SCN_RATIO:
		put_fraction(w, v[0], 6);
		break;
	case SCN_ZONE:
		name = scenario_word(SCENARIO_ZONES, v[0]);
		break;
	case SCN_GFP:
		name = mmt_gfp_text(v[0], text, sizeof(text));
		break;
	case SCN_PROT:
		snprintf(text, sizeof(text), "%s%s%s%s", v[0] & 1 ? "r" : "", v[0] & 2 ? "w" : "",
			 v[0] & 4 ? "x" : "", v[0] & 7 ? "" : "-");
		name = text;
		break;
	case SCN_POLICY:
		put_nodes(w, v[0], v[1]);
		break;
	case SCN_ADVICE:
		name = scenario_word(SCENARIO_ADVICES, v[0]);
		break;
	case SCN_OP:
		name = scenario_word(SCENARIO_OPS, v[0]);
		put(w, name ? name : "?");
		if (v[0] == MMT_OP_NEAR)
			put_fraction(w, v[1], 3);
		return;
	case SCN_VALUE:
		if (*strings[1])
			put(w, strings[1]);
		else if (big && v[0] > INT64_MAX) /* 64 bits of something, not below 0 */
			put_hex(w, v[0]);
		else
			put_signed(w, v[0]);
		break;
	case SCN_CHOICE:
		put_choice(w, arg->choices, v[0]);
		break;
	case SCN_NAME:
	case SCN_PATH:
	case SCN_WORD:
	case SCN_KEY:
		put(w, strings[0]);
		break;
	case SCN_FLAG:
		break;
	default:
		put_number(w, v[0]);
	}
	if (name)
		put(w, name);
}
