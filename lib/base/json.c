/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The project's way of using jansson; see json.h.
 */
#include "lib/base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool mmt_json_set(json_t *object, const char *key, json_t *value)
{
	return value && json_object_set_new(object, key, value) == 0;
}

json_t *mmt_json_whole(json_t *root, bool ok)
{
	if (ok)
		return root;
	json_decref(root);
	return NULL;
}

json_t *mmt_json_u64(uint64_t v)
{
	char hex[24];

	if (v <= INT64_MAX)
		return json_integer((json_int_t)v);
	snprintf(hex, sizeof(hex), "0x%" PRIx64, v);
	return json_string(hex);
}

/* Length of the valid UTF-8 sequence at @s, or 0. jansson checks again; this only finds the cut. */
static size_t utf8_len(const char *s)
{
	for (size_t n = 1; n <= 4 && s[n - 1]; n++) {
		json_t *j = json_stringn(s, n);

		json_decref(j);
		if (j)
			return n;
	}
	return 0;
}

json_t *mmt_json_bytes(const char *s)
{
	json_t *whole = json_string(s);
	char *clean;
	size_t at = 0;

	if (whole)
		return whole;
	clean = malloc(strlen(s) * 3 + 1);
	if (!clean)
		return NULL;
	while (*s) {
		size_t n = utf8_len(s);

		if (n)
			memcpy(clean + at, s, n);
		else
			memcpy(clean + at, "\xef\xbf\xbd", 3);
		at += n ? n : 3;
		s += n ? n : 1;
	}
	clean[at] = '\0';
	whole = json_string(clean);
	free(clean);
	return whole;
}

static char *text_of(const json_t *root, unsigned digits)
{
	char *text =
		json_dumps(root, JSON_SORT_KEYS | JSON_INDENT(1) | JSON_REAL_PRECISION(digits));
	size_t n = text ? strlen(text) : 0;
	char *line = text ? realloc(text, n + 2) : NULL;

	if (!line) {
		free(text);
		return NULL;
	}
	line[n] = '\n';
	line[n + 1] = '\0';
	return line;
}

char *mmt_json_text(const json_t *root)
{
	return text_of(root, 17);
}

char *mmt_json_show(const json_t *root)
{
	return text_of(root, 12);
}

bool mmt_json_get_u64(const json_t *object, const char *key, uint64_t *v)
{
	const json_t *j = json_object_get(object, key);
	uint64_t number;
	char *end;

	if (json_is_integer(j) && json_integer_value(j) >= 0) {
		*v = (uint64_t)json_integer_value(j);
		return true;
	}
	if (!json_is_string(j) || strncmp(json_string_value(j), "0x", 2) != 0)
		return false;
	errno = 0;
	number = strtoull(json_string_value(j), &end, 16);
	if (*end || errno)
		return false;
	*v = number;
	return true;
}

const char *mmt_json_get_str(const json_t *object, const char *key, const char *fallback)
{
	const json_t *j = json_object_get(object, key);

	return json_is_string(j) ? json_string_value(j) : fallback;
}
