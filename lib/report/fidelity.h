/* SPDX-License-Identifier: GPL-2.0-only */
/* How far the model was from the recorded host, for people. */
#ifndef MMT_REPORT_FIDELITY_H
#define MMT_REPORT_FIDELITY_H

#include "lib/base/bytes.h"

#include <jansson.h>

/* Append the fidelity section of a checked result; nothing if it has none (a what-if). */
void rep_fidelity(struct mmt_wr *w, const json_t *result);

#endif
