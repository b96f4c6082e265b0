/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMT_RECORD_SESSION_HEADER_H
#define MMT_RECORD_SESSION_HEADER_H

#include "lib/record/session/session.h"

/* The header of a trace that @probes will fill; NULL: no memory. */
json_t *rec_session_header(const struct rec_options *o, const struct rec_probes *probes,
			   struct mmt_io *io, struct mmt_err *e);

#endif
