/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong and where: filled by lib/, printed once by cmd/.
 *
 * A function that can fail returns 0 or a count when it succeeded, and a negative errno after it
 * filled the caller's struct mmt_err. The errno carries the class of the trouble, from which cmd/
 * derives the exit code (mmtrace(1)):
 *
 *   EINVAL ENOENT EIO ENOSPC EACCES EPERM ENOMEM ...   usage, I/O, privilege     exit 2
 *   ENOTSUP   a request the model cannot honour, inputs not comparable           exit 3
 *   EDQUOT    a budget (memory, events, steps) is exhausted                      exit 3
 *   EBADMSG   bytes that are damaged or break a limit of the format              exit 4
 *   ENODATA   the input ends too early                                           exit 4
 */
#ifndef MMT_BASE_ERR_H
#define MMT_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mmt_err {
	int code;	 /* positive errno; 0: nothing went wrong */
	bool has_offset; /* the three positions below are set */
	bool has_frame;
	bool has_event;
	uint64_t offset; /* bytes from the start of the file */
	uint64_t frame;	 /* sequence number of the frame */
	uint64_t event;	 /* index of the event within its frame */
	unsigned line;	 /* of a text file, from 1; 0: not told */
	unsigned column; /* in bytes, from 1; 0: not told */
	char path[256];
	char text[256];
};

/* Fill @e (may be NULL) with @code and the formatted text; keeps positions already set. Returns
 * -code. */
int mmt_fail(struct mmt_err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* As mmt_fail, with ": strerror(code)" appended. */
int mmt_fail_errno(struct mmt_err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Say where; each may be called before or after mmt_fail(), @e may be NULL. */
void mmt_err_path(struct mmt_err *e, const char *path);
void mmt_err_offset(struct mmt_err *e, uint64_t offset);
void mmt_err_frame(struct mmt_err *e, uint64_t frame);
void mmt_err_event(struct mmt_err *e, uint64_t event);
void mmt_err_line(struct mmt_err *e, unsigned line, unsigned column);
/* Write "PATH: at offset 0x1f40, frame 12, event 3: TEXT", or "PATH:LINE:COLUMN: TEXT", into @buf
 * (always terminated); returns @buf. */
const char *mmt_err_format(const struct mmt_err *e, char *buf, size_t size);

/* Our own mistakes only, never input: prints file and line and aborts, in every build. */
#define MMT_BUG(cond) ((cond) ? mmt_bug(__FILE__, __LINE__, #cond) : (void)0)
_Noreturn void mmt_bug(const char *file, int line, const char *what);

#endif
