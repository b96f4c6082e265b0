/* SPDX-License-Identifier: GPL-2.0-only */
/* When events were lost, for whoever reads a result. */
#ifndef REPLAY_LOSSES_H
#define REPLAY_LOSSES_H

#include "lib/replay/engine.h"

/* The losses of @r's trace as a reason why its result is partial. NULL: no memory. */
json_t *losses_reason(const struct replay *r);

#endif
