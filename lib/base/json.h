/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON out, and the few ways jansson is used everywhere: keys sorted, integers where possible, so
 * that the same values give the same bytes on any machine.
 */
#ifndef MMT_BASE_JSON_H
#define MMT_BASE_JSON_H

#include "lib/base/err.h"

#include <jansson.h>

/* Set @key; takes over @value. False when memory ran out (also when @value is NULL). */
bool mmt_json_set(json_t *object, const char *key, json_t *value);
/* @root, or NULL, with @root given back, if a part of it could not be made (!@ok). */
json_t *mmt_json_whole(json_t *root, bool ok);
/* A count as an integer; beyond the signed 64-bit range as a hex string. */
json_t *mmt_json_u64(uint64_t v);
/* Bytes that may not be UTF-8 as a string: what is not valid becomes U+FFFD. */
json_t *mmt_json_bytes(const char *s);
/* The text of @root, sorted and indented by one space, ending in a newline; free() it. NULL:
 * memory. What is read of it is equal to @root. */
char *mmt_json_text(const json_t *root);
/* The same to be looked at: of a number that is no integer 12 digits. */
char *mmt_json_show(const json_t *root);
/* Numbers out of an object: false if @key is missing or of another type. */
bool mmt_json_get_u64(const json_t *object, const char *key, uint64_t *v);
/* A string out of an object, or @fallback. */
const char *mmt_json_get_str(const json_t *object, const char *key, const char *fallback);

#endif
