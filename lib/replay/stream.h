/* SPDX-License-Identifier: GPL-2.0-only */
/* The frames of a trace to the survey and to the engine. */
#ifndef REPLAY_STREAM_H
#define REPLAY_STREAM_H

#include "lib/replay/engine.h"

/* All events of @reader to the survey, or through the engine, as with replay_survey() or
 * replay_event() one by one, which is done where the options say so. *@n: events so far, on an
 * error with the one it was at. 0 or -errno. */
int stream_survey(struct replay *r, struct mmt_reader *reader, uint64_t *n, struct mmt_err *e);
int stream_events(struct replay *r, struct mmt_reader *reader, uint64_t *n, struct mmt_err *e);
/* Begin to decode what stream_events() will read. */
void stream_expect(struct replay *r, struct mmt_reader *reader);

#endif
