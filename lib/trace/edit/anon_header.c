/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Anonymous traces: header and trailer.
 *
 * Theory. What is kept is listed, all else is left out, so a key that a later recorder adds is not
 * passed on by mistake. Below a listed key stay numbers, flags, and words that hold no path and are
 * short; of the tunables' values only those of the kernel's own words.
 *
 * The release of the kernel loses what its builder added: a replay needs 6.12.117 of
 * 6.12.117-acme-prod.
 *
 * Cost: once a trace.
 */
#include "lib/trace/edit/anon.h"

#include <string.h>

#define WORD_MAX 32

bool mmt_anon_value_is_plain(const char *text)
{
	static const char *const words[] = {
		"always",
		"madvise",
		"never",
		"inherit",
		"within_size",
		"advise",
		"deny",
		"force",
		"defer",
		"Y",
		"N",
		"yes",
		"no",
		"on",
		"off",
		"enabled",
		"disabled",
		"auto",
		"none",
		"scan-time",
		"lzo",
		"lzo-rle",
		"zstd",
		"lz4",
		"lz4hc",
		"deflate",
		"842",
		"zbud",
		"z3fold",
		"zsmalloc",
		"defer+madvise",
	};

	while (*text) {
		size_t len = strcspn(text, " \t[]"), digits = strspn(text, "0123456789abcdefx.-+");
		bool known = digits >= len && strcspn(text, "0123456789") < len;

		for (size_t i = 0; i < sizeof(words) / sizeof(*words) && len && !known; i++)
			known = strlen(words[i]) == len && strncmp(words[i], text, len) == 0;
		if (len && !known)
			return false;
		text += len ? len : 1;
	}
	return true;
}

static bool is_word(const char *s)
{
	size_t n = strlen(s);

	return n <= WORD_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789 _.,+-:") == n;
}

/* A copy of @j without names; a string that is none becomes "". NULL: no memory. */
static json_t *without_names(const json_t *j, bool words)
{
	const char *key;
	json_t *v, *copy;
	size_t i;
	bool ok = true;

	if (json_is_string(j))
		return json_string(words && is_word(json_string_value(j)) ? json_string_value(j)
									  : "");
	if (json_is_array(j)) {
		copy = json_array();
		json_array_foreach((json_t *)j, i, v) ok =
			ok && json_array_append_new(copy, without_names(v, words)) == 0;
		return mmt_json_whole(copy, ok);
	}
	if (!json_is_object(j))
		return json_deep_copy(j);
	copy = json_object();
	json_object_foreach((json_t *)j, key, v)
	{
		if (is_word(key) && (words || !json_is_string(v)))
			ok = ok && mmt_json_set(copy, key, without_names(v, words));
	}
	return mmt_json_whole(copy, ok);
}

json_t *mmt_anon_overhead(const json_t *overhead)
{
	return overhead ? without_names(overhead, false) : json_object();
}

/* The release without what its builder added. */
static bool set_release(json_t *kernel, const json_t *from)
{
	const char *release = mmt_json_get_str(from, "release", "");
	size_t n = strspn(release, "0123456789.");

	json_object_del(kernel, "version");
	return mmt_json_set(kernel, "release", json_stringn(release, n));
}

/* Values of tunables: only plain ones. */
static void drop_names(json_t *settings)
{
	const char *key;
	json_t *v;
	void *next;

	json_object_foreach_safe(settings, next, key, v)
	{
		if (json_is_string(v) && !mmt_anon_value_is_plain(json_string_value(v)))
			json_object_del(settings, key);
	}
}

json_t *mmt_anon_header(const json_t *header)
{
	static const char *const kept[] = { "kernel",	     "clock", "units", "memory", "settings",
					    "cgroup_memory", "cpu",   "maps",  "record", "slice" };
	json_t *j = json_object(), *part;
	bool ok = j != NULL;

	for (size_t i = 0; ok && i < sizeof(kept) / sizeof(*kept); i++) {
		const json_t *v = json_object_get(header, kept[i]);

		if (v)
			ok = mmt_json_set(j, kept[i], without_names(v, true));
	}
	if (!ok)
		return mmt_json_whole(j, false);
	part = json_object_get(j, "kernel");
	if (json_is_object(part))
		ok = set_release(part, json_object_get(header, "kernel"));
	drop_names(json_object_get(j, "settings"));
	json_object_del(json_object_get(j, "cpu"), "name");
	json_object_del(json_object_get(j, "record"), "pid");
	for (part = json_object_get(j, "slice"); part; part = json_object_get(part, "of")) {
		json_object_del(part, "pid");
		json_object_del(part, "cgroup");
	}
	return mmt_json_whole(j, ok && mmt_json_set(j, "anonymous", json_true()));
}
