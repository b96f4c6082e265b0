/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of a recording that has several.
 *
 * Theory. Each file takes its name as output.c says: in one step, when it holds something. Names
 * are those of perf record --switch-output, the time at which the file was begun, to the hundredth:
 *
 *	NAME.2026112215031207  NAME.2026112215041209  NAME.2026112215051211
 *	   removed at the most: the oldest first
 *
 * All of this runs in the helper process of lib/record/session/filer.c, under its list of system calls.
 *   I1  Only a file that was made here, and still has its name, is removed.
 *   I2  A stamped name replaces nothing: one that is taken gives way to the next hundredth.
 */
#include "cmd/series.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TRIES 500

void series_stamp(char stamp[17])
{
	struct timespec t;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &t);
	localtime_r(&t.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm);
	snprintf(stamp, 17, "%.14s%02u", text, (unsigned)(t.tv_nsec / 10000000) % 100);
}

/* A file that gets no name leaves nothing. */
static void give_up(struct series *s)
{
	if (s->now.fd < 0)
		return;
	if (*s->now.temporary && !s->now.unnamed)
		unlinkat(s->first->dir, s->now.temporary, 0);
	mmt_io_close(&s->cli->io, s->now.fd);
	s->now.fd = -1;
}

static int open_next(void *arg, bool plain)
{
	struct series *s = arg;
	int err;

	give_up(s);
	s->plain = plain;
	if (!s->first_used) {
		/* the file that showed that files can be made here */
		s->first_used = true;
		s->now = *s->first;
		if (!plain)
			s->now.replace = false;
		return s->now.fd;
	}
	err = cli_output_again(&s->now, s->first, plain);
	return err ? err : s->now.fd;
}

/* Its name is taken by something else: 0 or -errno. */
static int name_stamped(struct series *s)
{
	const struct timespec hundredth = { .tv_nsec = 10000000 };
	size_t len = strlen(s->first->name);
	char stamp[17];
	int err = -EEXIST;

	if (len + sizeof(stamp) > NAME_MAX || len + sizeof(stamp) >= REC_FILE_NAME)
		return -ENAMETOOLONG;
	for (unsigned i = 0; err == -EEXIST && i < TRIES; i++) {
		if (i)
			nanosleep(&hundredth, NULL);
		series_stamp(stamp);
		snprintf(s->now.name, sizeof(s->now.name), "%.*s.%s", (int)len, s->first->name,
			 stamp);
		err = cli_output_name(&s->now, NULL);
	}
	return err;
}

static int name(void *arg, char text[REC_FILE_NAME])
{
	struct series *s = arg;
	struct stat st;
	void *p;
	int err;

	if (s->plain) {
		snprintf(text, REC_FILE_NAME, "%.*s", REC_FILE_NAME - 1, s->now.name);
		return cli_output_name(&s->now, NULL);
	}
	err = name_stamped(s);
	if (err)
		return err;
	snprintf(text, REC_FILE_NAME, "%.*s", REC_FILE_NAME - 1, s->now.name);
	if (!s->most || fstat(s->now.fd, &st))
		return 0;
	p = mmt_grow(&s->cli->alloc, s->old, &s->cap_old, s->nr_old + 1, sizeof(*s->old));
	if (!p)
		return 0; /* it is not removed then */
	s->old = p;
	s->old[s->nr_old] = (struct series_file){ .dev = st.st_dev, .ino = st.st_ino };
	memcpy(s->old[s->nr_old++].name, text, REC_FILE_NAME);
	return 0;
}

static void remove_oldest(struct series *s)
{
	const struct series_file *f = &s->old[0];
	struct stat st;

	if (!fstatat(s->first->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) && st.st_dev == f->dev &&
	    st.st_ino == f->ino)
		unlinkat(s->first->dir, f->name, 0);
	memmove(s->old, s->old + 1, --s->nr_old * sizeof(*s->old));
}

static int done(void *arg)
{
	struct series *s = arg;
	int err = mmt_io_sync(&s->cli->io, s->now.fd), closed;

	while (s->most && s->nr_old > s->most)
		remove_oldest(s);
	mmt_io_sync(&s->cli->io, s->first->dir);
	closed = mmt_io_close(&s->cli->io, s->now.fd);
	s->now.fd = -1;
	return err ? err : closed;
}

static void end(void *arg)
{
	struct series *s = arg;

	if (!s->first_used)
		s->now = *s->first;
	give_up(s);
}

struct rec_filer_calls series_begin(struct series *s, struct cli *c, struct cli_output *first,
				    unsigned most)
{
	*s = (struct series){ .cli = c, .first = first, .now.fd = -1, .now.dir = -1, .most = most };
	tzset(); /* reads a file, which the helper may not */
	return (struct rec_filer_calls){ .open = open_next,
					 .name = name,
					 .done = done,
					 .end = end,
					 .arg = s,
					 .dir = first->dir };
}
