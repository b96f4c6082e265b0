/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that decode frames ahead.
 *
 * Theory. CRC, zstd and columns of a frame need its bytes only, and those of the next frames stand
 * in the reader's window already, as a rule. So while the caller works on one frame, threads do
 * the next ones, in two steps, each of which any of them, and the caller, may do:
 *
 *	            inflate            expand
 *	  OFFERED --------> INFLATED --------> DECODED		SPOILT: something is wrong with it
 *	         CRC, zstd           columns, prepare
 *
 *	frame   7         8         9         10        11
 *	        in hand   DECODED   INFLATED  OFFERED   OFFERED
 *	        caller              worker    worker
 *
 * A worker inflates what it can first, and expands the last of those; the caller wants the first.
 * A caller that has much to do finds its frames decoded. One that has nothing to do finds them
 * inflated at least, expands them itself, and inflates a later one where it had to wait: then all
 * CPUs share all the work.
 *
 * There is one worker less than CPUs that the process may use, so that the caller has one too; with
 * one CPU, or where no thread can be had, there is none, and the reader does all.
 *
 * The workers only help. Whatever is not a whole, sound frame they leave alone, and the reader goes
 * its own way, as without them: damage, gaps, ends and errors are found in one place.
 *
 * Invariants: (1) the reader's results are the same with them and without; (2) who sets a slot BUSY
 * alone touches its bytes and its payload until it sets another state, and all states are read and
 * written under the lock; (3) the caller's allocator, whose failures tests count, is never used by a
 * worker: a slot has its own; (4) a slot has a copy of its frame, so the reader's window may move at
 * any time; (5) a worker takes no signal.
 *
 * Cost: a slot holds the frame, its payload (1 MiB), its columns and what is made of them: 3 to 5
 * MiB as traces are. There are three slots more than workers, of which there are MMT_AHEAD_WORKERS
 * at most.
 */
#include "lib/trace/ahead.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define STACK ((size_t)1 << 20)
#define MORE  3 /* slots than workers: one in hand, the others so that nobody waits */

enum state { OFFERED, BUSY, INFLATED, DECODED, SPOILT };

struct slot {
	enum state state;
	uint8_t *bytes; /* the frame */
	size_t cap;
	uint64_t offset;
	struct mmt_frame frame;
	struct mmt_alloc alloc; /* of the payload and the bytes */
	struct mmt_payload *payload;
};

struct mmt_ahead {
	struct mmt_alloc *owner; /* of this struct */
	pthread_t thread[MMT_AHEAD_WORKERS];
	unsigned nr_threads;
	pthread_mutex_t lock;
	pthread_cond_t work; /* there is some for a worker */
	pthread_cond_t done; /* a worker did some */
	bool leave;
	struct slot slot[MMT_AHEAD_WORKERS + MORE];
	unsigned nr_slots;
	unsigned first, nr; /* queued: slots from first on, round and round */
	bool in_hand;	    /* the slot before the first is the caller's */
	uint64_t next;	    /* offset after the last frame queued */
};

static struct slot *queued(struct mmt_ahead *h, unsigned i)
{
	return &h->slot[(h->first + i) % h->nr_slots];
}

/* --- the work --- */

/* Do what is next for @s, which is OFFERED or INFLATED; the lock is held, but not meanwhile. */
static void work_on(struct mmt_ahead *h, struct slot *s)
{
	enum state then = s->state == OFFERED ? INFLATED : DECODED;
	bool sound;

	s->state = BUSY;
	pthread_mutex_unlock(&h->lock);
	if (then == INFLATED)
		sound = mmt_frame_check(&s->frame, s->bytes, NULL) == 0 &&
			mmt_payload_unpack(s->payload, &s->frame, s->bytes, NULL) == 0;
	else
		sound = mmt_payload_expand(s->payload, &s->frame, NULL) == 0;
	pthread_mutex_lock(&h->lock);
	s->state = sound ? then : SPOILT;
}

/* The first frame to be inflated. */
static struct slot *to_inflate(struct mmt_ahead *h)
{
	for (unsigned i = 0; i < h->nr; i++)
		if (queued(h, i)->state == OFFERED)
			return queued(h, i);
	return NULL;
}

/* What a worker does next: nobody waits for the last frame for long. */
static struct slot *choose(struct mmt_ahead *h)
{
	struct slot *s = to_inflate(h);

	for (unsigned i = h->nr; !s && i-- > 0;)
		if (queued(h, i)->state == INFLATED)
			s = queued(h, i);
	return s;
}

static void *work(void *ctx)
{
	struct mmt_ahead *h = ctx;

	pthread_mutex_lock(&h->lock);
	while (!h->leave) {
		struct slot *s = choose(h);

		if (s) {
			work_on(h, s);
			pthread_cond_signal(&h->done);
		} else {
			pthread_cond_wait(&h->work, &h->lock);
		}
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* --- begin and end --- */

unsigned mmt_ahead_workers(void)
{
	cpu_set_t set;
	long cpus = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set)
								 : sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus > MMT_AHEAD_WORKERS)
		return MMT_AHEAD_WORKERS;
	return cpus > 1 ? (unsigned)cpus - 1 : 0;
}

static int start_thread(struct mmt_ahead *h, pthread_t *thread)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (err)
		return err;
	err = pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!err)
		err = pthread_create(thread, &attr, work, h);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return err;
}

static void free_parts(struct mmt_ahead *h)
{
	for (unsigned i = 0; i < h->nr_slots; i++) {
		mmt_payload_free(h->slot[i].payload);
		mmt_free(&h->slot[i].alloc, h->slot[i].bytes);
	}
	pthread_cond_destroy(&h->work);
	pthread_cond_destroy(&h->done);
	pthread_mutex_destroy(&h->lock);
	mmt_free(h->owner, h);
}

struct mmt_ahead *mmt_ahead_new(struct mmt_alloc *a, const struct mmt_prepare *prepare,
				unsigned workers)
{
	struct mmt_ahead *h = workers ? mmt_calloc(a, 1, sizeof(*h)) : NULL;
	bool complete = h != NULL;

	if (!h)
		return NULL;
	if (workers > MMT_AHEAD_WORKERS)
		workers = MMT_AHEAD_WORKERS;
	h->owner = a;
	h->nr_slots = workers + MORE;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->work, NULL);
	pthread_cond_init(&h->done, NULL);
	for (unsigned i = 0; i < h->nr_slots; i++) {
		h->slot[i].payload = mmt_payload_new(&h->slot[i].alloc, prepare);
		complete = complete && h->slot[i].payload;
	}
	while (complete && h->nr_threads < workers &&
	       start_thread(h, &h->thread[h->nr_threads]) == 0)
		h->nr_threads++;
	if (h->nr_threads)
		return h;
	free_parts(h);
	return NULL;
}

void mmt_ahead_free(struct mmt_ahead *h)
{
	pthread_mutex_lock(&h->lock);
	h->leave = true;
	pthread_cond_broadcast(&h->work);
	pthread_mutex_unlock(&h->lock);
	for (unsigned i = 0; i < h->nr_threads; i++)
		pthread_join(h->thread[i], NULL);
	free_parts(h);
}

/* --- the caller's side --- */

/* Put the frame at @p, of @left bytes at most, into @s, which is not queued. False: it is not whole,
 * not of the kind, or there is no memory. */
static bool fill(struct slot *s, const uint8_t *p, size_t left, uint64_t file_id)
{
	struct mmt_frame *f = &s->frame;
	uint8_t *bytes;

	if (mmt_frame_peek(f, p, left, NULL) != 0 || f->file_id != file_id ||
	    f->major != MMT_FRAME_MAJOR || left < mmt_frame_len(f) ||
	    (f->type != MMT_FRAME_EVENT && f->type != MMT_FRAME_DICT))
		return false;
	bytes = mmt_grow(&s->alloc, s->bytes, &s->cap, mmt_frame_len(f), 1);
	if (!bytes)
		return false;
	s->bytes = memcpy(bytes, p, mmt_frame_len(f));
	return true;
}

void mmt_ahead_offer(struct mmt_ahead *h, const uint8_t *p, size_t left, uint64_t offset,
		     uint64_t file_id)
{
	if (!h->nr)
		h->next = offset;
	while (h->nr + h->in_hand < h->nr_slots && h->next - offset < left) {
		struct slot *s = queued(h, h->nr);
		size_t at = (size_t)(h->next - offset);

		if (!fill(s, p + at, left - at, file_id))
			break;
		s->offset = h->next;
		h->next += mmt_frame_len(&s->frame);
		pthread_mutex_lock(&h->lock);
		s->state = OFFERED;
		h->nr++;
		pthread_cond_signal(&h->work);
		pthread_mutex_unlock(&h->lock);
	}
}

unsigned mmt_ahead_queued(const struct mmt_ahead *h)
{
	return h->nr; /* which the caller alone changes */
}

/* A slot whose turn has passed is SPOILT, so that a worker, which may begin another while this
 * waits for one, never has one of them in hand when it is offered anew. */
static void forget_all(struct mmt_ahead *h)
{
	for (unsigned i = 0; i < h->nr; i++)
		if (queued(h, i)->state != BUSY)
			queued(h, i)->state = SPOILT;
	for (unsigned i = 0; i < h->nr; i++) {
		while (queued(h, i)->state == BUSY)
			pthread_cond_wait(&h->done, &h->lock);
		queued(h, i)->state = SPOILT;
	}
	h->nr = 0;
}

/* Until the first frame queued is DECODED: help with it, or with another. False: it is not to be
 * had. */
static bool reach_first(struct mmt_ahead *h, uint64_t offset)
{
	struct slot *s = queued(h, 0), *other;

	if (!h->nr || s->offset != offset)
		return false;
	while (s->state != DECODED && s->state != SPOILT) {
		other = s->state == BUSY ? to_inflate(h) : s;
		if (other)
			work_on(h, other);
		else
			pthread_cond_wait(&h->done, &h->lock);
	}
	return s->state == DECODED;
}

struct mmt_payload *mmt_ahead_take(struct mmt_ahead *h, uint64_t offset, struct mmt_frame *f)
{
	struct mmt_payload *p = NULL;
	struct slot *s;

	pthread_mutex_lock(&h->lock);
	h->in_hand = reach_first(h, offset);
	if (h->in_hand) {
		s = queued(h, 0);
		*f = s->frame;
		p = s->payload;
		h->first = (h->first + 1) % h->nr_slots;
		h->nr--;
	} else {
		forget_all(h);
	}
	pthread_mutex_unlock(&h->lock);
	return p;
}
