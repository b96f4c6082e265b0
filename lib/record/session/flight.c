/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flight recorder's memory.
 *
 * Theory. A trace that can be replayed begins with a full snapshot, so what is kept is always
 * whole segments: every dictionary entry, a full snapshot, and the events up to the next one.
 *
 *	            window ----------------------------> now
 *	   | D S  events     | D S  events    | D S  events |
 *	     goes once the next one's snapshot is older than the window
 *
 * Frames are compressed, decode alone and are numbered only when they are put out, so a dump is
 * a copy of them. They lie in a ring of bytes, each in one piece:
 *
 *	ring   | free | oldest ... newest | free |        a frame: entry, losses, counts, payload
 *	              tail                head
 *
 * Another segment begins when the newest has lasted as long as the window, or fills a quarter of
 * the ring: then there is room for all that happens during its snapshot while the one before is
 * still held. Snapshots cost, so two begin at least ten times as far apart as one takes, unless the
 * newest fills half of the ring (less where much happened during the last snapshot).
 *   I1  Frames take no more than the ring, which was taken, every page of it, at the start.
 *   I2  What is held is a run of frames without a hole, and begins with a segment.
 *   I3  A segment goes only when the next one's snapshot is whole, unless I1 would break.
 *   I4  Nothing goes that a dump has not written yet.
 * Where a burst fills the ring while only one segment is held, I1 wins: it goes. What follows is
 * kept in bare segments, dictionaries and events, until a snapshot is whole again.
 *
 * Cost: a copy of a frame's bytes, twice if it is dumped.
 */
#include "lib/record/session/flight.h"

#include <errno.h>
#include <string.h>

#define SEGMENTS  8 /* more than can be held: two windows, the third begun */
#define SPARING	  10
#define SNAPSHOTS 4		    /* that the ring holds at least */
#define ROOM	  ((size_t)2 << 20) /* left for what comes while a dump pauses */
#define PIECE	  ((size_t)1 << 20) /* bytes of a dump between pauses */

/* In the ring before each frame. */
struct entry {
	size_t len; /* all of it, a multiple of 16; 0: the ring goes on at its start */
	uint32_t nr_counts;
	struct mmt_frame f;
};

struct segment {
	size_t at; /* of its first frame, before the end of the ring that this one skips */
	uint64_t bytes, events, rows;
	uint64_t whole_at; /* when its snapshot was whole; 0: it is not */
	uint64_t whole;	   /* bytes it had then */
	uint64_t frames;   /* put in before it, ever */
	bool bare;	   /* it has no snapshot */
};

struct rec_flight {
	struct mmt_alloc *alloc;
	uint8_t *ring;
	size_t size, head, tail, used; /* used: the skipped end among it */
	uint64_t window, cost;
	struct segment segment[SEGMENTS]; /* oldest first */
	unsigned nr_segments;
	uint64_t frames;	     /* put in, ever */
	uint64_t tried;		     /* when the last segment became due */
	bool waiting;		     /* for the next segment: nothing is kept */
	bool was_whole;		     /* there was a whole snapshot */
	bool dumping, hole;	     /* a frame found no room during a dump */
	uint64_t written;	     /* frames before this one are in the file */
	struct rec_flight_state sum; /* left, left_frames, missed */
};

struct rec_flight *rec_flight_new(struct mmt_alloc *a, size_t bytes, uint64_t window,
				  struct mmt_err *e)
{
	struct rec_flight *f = mmt_calloc(a, 1, sizeof(*f));

	bytes -= bytes % 16;
	if (f)
		f->ring = mmt_calloc(a, bytes, 1);
	if (!f || !f->ring) {
		mmt_free(a, f);
		mmt_fail(e, ENOMEM, "no memory for a flight recorder of %zu bytes", bytes);
		return NULL;
	}
	/* when memory is short is when it is needed: so it is taken now */
	for (size_t i = 0; i < bytes; i += 4096)
		((volatile uint8_t *)f->ring)[i] = 1;
	f->alloc = a;
	f->size = bytes;
	f->window = window;
	return f;
}

void rec_flight_free(struct rec_flight *f)
{
	if (!f)
		return;
	mmt_free(f->alloc, f->ring);
	mmt_free(f->alloc, f);
}

/* --- the ring --- */

static struct entry *entry_at(const struct rec_flight *f, size_t at)
{
	return (struct entry *)(void *)(f->ring + at);
}

/* Where a frame at @at really is: the end of the ring may be skipped. */
static size_t resolve(const struct rec_flight *f, size_t at)
{
	return at == f->size || !entry_at(f, at)->len ? 0 : at;
}

/* Bytes that the frame of @len takes from the ring where head is, with the end it skips. */
static size_t takes(const struct rec_flight *f, size_t len)
{
	return f->size - f->head < len ? f->size - f->head + len : len;
}

static void drop_oldest(struct rec_flight *f)
{
	struct segment *s = &f->segment[0];
	bool last = f->nr_segments == 1;

	f->sum.left += s->events;
	f->sum.left_frames += (last ? f->frames : s[1].frames) - s->frames;
	f->used -= s->bytes;
	f->tail = last ? 0 : s[1].at;
	if (last)
		f->head = 0;
	memmove(s, s + 1, --f->nr_segments * sizeof(*s));
}

/* Whether a dump is done with the oldest segment. */
static bool may_drop(const struct rec_flight *f)
{
	return !f->dumping || (f->nr_segments > 1 && f->segment[1].frames <= f->written);
}

/* Make room for @len bytes in one piece; false: the frame cannot be kept. */
static bool make_room(struct rec_flight *f, size_t len)
{
	while (f->used + takes(f, len) > f->size) {
		if (f->dumping && !may_drop(f)) {
			f->hole = true;
			return false;
		}
		if (f->nr_segments == 1)
			return false;
		drop_oldest(f);
	}
	return true;
}

static void put(struct rec_flight *f, const struct mmt_kept *k, size_t len)
{
	struct segment *s = &f->segment[f->nr_segments - 1];
	size_t losses = k->f->nr_losses * sizeof(*k->losses);
	size_t counts = k->nr_counts * sizeof(*k->counts);
	struct entry *entry;
	uint8_t *p;

	f->used += takes(f, len);
	s->bytes += takes(f, len);
	if (f->size - f->head < len) {
		if (f->head < f->size)
			entry_at(f, f->head)->len = 0;
		f->head = 0;
	}
	entry = entry_at(f, f->head);
	*entry = (struct entry){ .len = len, .nr_counts = k->nr_counts, .f = *k->f };
	p = (uint8_t *)(entry + 1);
	memcpy(p, k->losses, losses);
	if (counts)
		memcpy(p + losses, k->counts, counts);
	memcpy(p + losses + counts, k->comp, k->f->comp_len);
	f->head += len;
	f->frames++;
	s->events += k->f->nr_events;
	for (uint32_t i = 0; i < k->nr_counts; i++) {
		const struct mmt_event_info *info = mmt_event_info(k->counts[i].kind);

		s->rows += info && info->class == MMT_SNAPSHOT ? k->counts[i].n : 0;
	}
}

int rec_flight_keep(void *flight, const struct mmt_kept *k, struct mmt_err *e)
{
	struct rec_flight *f = flight;
	size_t len = sizeof(struct entry) + k->f->nr_losses * sizeof(*k->losses) +
		     k->nr_counts * sizeof(*k->counts) + k->f->comp_len;

	if (k->f->type == MMT_FRAME_HEADER)
		return 0; /* a dump has its own */
	len = (len + 15) / 16 * 16;
	if (!f->waiting && !f->hole && f->nr_segments && make_room(f, len)) {
		put(f, k, len);
		return 0;
	}
	f->sum.left += k->f->nr_events;
	f->sum.left_frames++;
	if (f->nr_segments && !f->waiting && !f->hole && !f->was_whole)
		return mmt_fail(e, ENOSPC,
				"a flight recorder of %zu KiB does not hold a full "
				"snapshot of this host",
				f->size >> 10);
	if (f->nr_segments)
		f->sum.missed += k->f->nr_events;
	if (!f->hole && !f->dumping) {
		while (f->nr_segments)
			drop_oldest(f);
		f->waiting = true;
	}
	return 0;
}

/* --- segments --- */

void rec_flight_begin(struct rec_flight *f)
{
	if (f->nr_segments == SEGMENTS)
		drop_oldest(f);
	if (!f->nr_segments)
		f->tail = f->head;
	f->segment[f->nr_segments++] = (struct segment){ .at = f->head, .frames = f->frames };
	f->waiting = false;
}

bool rec_flight_overrun(const struct rec_flight *f)
{
	const struct segment *s = f->nr_segments ? &f->segment[f->nr_segments - 1] : NULL;

	return !f->dumping && (f->waiting || (s && s->bare && s->bytes >= f->size / 2));
}

void rec_flight_begin_bare(struct rec_flight *f)
{
	rec_flight_begin(f);
	f->segment[f->nr_segments - 1].bare = true;
}

int rec_flight_whole(struct rec_flight *f, uint64_t now, uint64_t cost, struct mmt_err *e)
{
	struct segment *s = &f->segment[f->nr_segments - 1];

	f->cost = cost;
	if (f->waiting || f->hole || !f->nr_segments || s->bare)
		return 0;
	if (!f->was_whole && s->bytes > f->size / SNAPSHOTS)
		return mmt_fail(
			e, ENOSPC,
			"a full snapshot of this host, and what happened meanwhile, takes %llu "
			"KiB: a flight recorder of %llu KiB is the least",
			(unsigned long long)s->bytes >> 10,
			(unsigned long long)s->bytes * SNAPSHOTS >> 10);
	s->whole_at = now;
	s->whole = s->bytes;
	f->was_whole = true;
	while (f->segment[0].bare && may_drop(f))
		drop_oldest(f); /* a dump begins with a snapshot again */
	return 0;
}

/* Bytes of a segment after which another begins whatever it costs, to be whole before this goes. */
static uint64_t enough(const struct rec_flight *f, const struct segment *s)
{
	uint64_t next = 2 * s->whole; /* should more happen during the next snapshot */

	if (next <= f->size / 2)
		return f->size / 2;
	return next < f->size ? f->size - next : 0;
}

bool rec_flight_tick(struct rec_flight *f, uint64_t now)
{
	const struct segment *s;
	uint64_t age, lasts = f->window > SPARING * f->cost ? f->window : SPARING * f->cost;

	while (f->nr_segments > 1 && f->segment[1].whole_at && may_drop(f) &&
	       now - f->segment[1].whole_at >= f->window)
		drop_oldest(f);
	s = f->nr_segments ? &f->segment[f->nr_segments - 1] : NULL;
	if (f->waiting || !s || s->bare) {
		if (f->tried && now - f->tried < SPARING * f->cost)
			return false;
		f->tried = now;
		return true;
	}
	if (!s->whole_at)
		return false;
	age = now - s->whole_at;
	return age >= lasts || s->bytes >= enough(f, s) ||
	       (s->bytes >= f->size / SNAPSHOTS && age >= SPARING * f->cost);
}

/* --- dump --- */

int rec_flight_write(struct rec_flight *f, struct mmt_writer *w,
		     int (*pause)(void *arg, struct mmt_err *e), void *arg, struct mmt_err *e)
{
	uint64_t at_frame = f->nr_segments ? f->segment[0].frames : f->frames;
	size_t at = f->tail, since = 0;
	int err = 0;

	f->dumping = true;
	f->written = at_frame;
	for (; !err && f->written < f->frames; f->written++) {
		const struct entry *entry;
		const uint8_t *p;
		struct mmt_kept k;

		at = resolve(f, at);
		entry = entry_at(f, at);
		p = (const uint8_t *)(entry + 1);
		k.f = &entry->f;
		k.losses = (const void *)p;
		p += entry->f.nr_losses * sizeof(*k.losses);
		k.counts = (const void *)p;
		k.nr_counts = entry->nr_counts;
		k.comp = p + entry->nr_counts * sizeof(*k.counts);
		err = mmt_writer_frame(w, &k, e);
		at += entry->len;
		since += entry->len;
		if (!err && pause && since >= PIECE && f->used + ROOM < f->size) {
			since = 0;
			err = pause(arg, e);
		}
	}
	f->dumping = false;
	if (f->hole) {
		while (f->nr_segments)
			drop_oldest(f);
		f->waiting = true;
		f->hole = false;
	}
	return err;
}

struct rec_flight_state rec_flight_state(const struct rec_flight *f)
{
	struct rec_flight_state s = f->sum;

	s.size = f->size;
	s.used = f->used;
	s.segments = f->nr_segments;
	s.whole = f->nr_segments && f->segment[0].whole_at;
	for (unsigned i = 0; i < f->nr_segments; i++) {
		s.held += f->segment[i].events;
		s.rows += f->segment[i].rows;
	}
	return s;
}
