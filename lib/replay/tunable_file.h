/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of tunables in the syntax of sysctl.d(5), for `mmtrace replay --set-file`.
 */
#ifndef REPLAY_TUNABLE_FILE_H
#define REPLAY_TUNABLE_FILE_H

#include "lib/replay/tunable.h"

struct tunable_sink {
	void *ctx;
	/* A setting, in the order of the file: 0, or -errno, which ends it. */
	int (*change)(void *ctx, const struct tunable_change *c, struct mmt_err *e);
	/* The setting of @line is left out: @why, or NULL for one of another part of the kernel. */
	void (*left_out)(void *ctx, unsigned line, const char *why);
};

/* Give every setting of the @n bytes at @text to @sink. -EINVAL, -ERANGE, -ENOTSUP as
 * tunable_parse(), with the line in @e; or what the sink returned. */
int tunable_file_parse(const char *text, size_t n, const struct tunable_sink *sink,
		       struct mmt_err *e);

#endif
