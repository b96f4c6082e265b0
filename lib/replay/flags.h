/* SPDX-License-Identifier: GPL-2.0-only */
/* How far a result may be trusted, for whoever reads it. */
#ifndef REPLAY_FLAGS_H
#define REPLAY_FLAGS_H

#include "lib/replay/engine.h"

/* {"partial": does it stand on incomplete data, "reasons": [text]}; NULL: no memory. */
json_t *flags_json(const struct replay *r);

#endif
