/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A result's JSON (mmtrace-report(5)) from a file of anybody's: read, and checked to have the
 * shape that the rest of lib/report relies on.
 */
#ifndef MMT_REPORT_LOAD_H
#define MMT_REPORT_LOAD_H

#include "lib/base/err.h"

#include <jansson.h>

#define REP_SCHEMA     "mmtrace.report/1"
#define REP_ORDERS     11	    /* orders 0..10 in series */
#define REP_RESULT_MAX (256u << 20) /* bytes of a file */
#define REP_TIMES_MAX  (1u << 20)   /* points of a series */

/* Parse @n bytes of @text: the result, which the caller drops by json_decref(), or NULL.
 * -EINVAL: not JSON (line and column), or of the wrong shape (the key's path is named);
 * -ENOTSUP: JSON of another schema. */
json_t *rep_load(const char *text, size_t n, struct mmt_err *e);

/* An integer of a checked result; 0 if the key is missing, INT64_MAX beyond 63 bits. */
int64_t rep_int(const json_t *object, const char *key);
/* Element @i of the array @key of @object, an integer. */
int64_t rep_at(const json_t *object, const char *key, size_t i);
/* Element @order of element @i of the table @key ("blocks", "extfrag", ...) of a zone's series. */
int64_t rep_order_at(const json_t *zone, const char *key, size_t i, unsigned order);
/* A string of a checked result, "" if the key is missing. */
const char *rep_string(const json_t *object, const char *key);

#endif
