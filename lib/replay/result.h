/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The result of a replay as JSON, schema mmtrace.report/1 (mmtrace-report(5)).
 */
#ifndef REPLAY_RESULT_H
#define REPLAY_RESULT_H

#include "lib/replay/engine.h"

#include <jansson.h>

#define RESULT_SCHEMA "mmtrace.report/1"

/* The result of a replay that ran, a new reference. NULL: memory. */
json_t *result_build(const struct replay *r, struct mmt_err *e);
/* A metric of the registry, computed from the replay. False: it has none of that name. */
bool result_metric(const struct replay *r, const char *name, uint64_t *value);

#endif
