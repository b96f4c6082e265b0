/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text of a stranger (a comm, a path, a key of somebody's JSON) made fit for a terminal.
 */
#ifndef MMT_BASE_ESCAPE_H
#define MMT_BASE_ESCAPE_H

#include "lib/base/bytes.h"

/* Append @s: printable UTF-8 as it is; control characters, broken UTF-8, and the marks that turn
 * the direction of writing as \n, \t or \xNN for each byte; a backslash doubled. Never a NUL. */
void mmt_wr_escaped(struct mmt_wr *w, const char *s);

#endif
