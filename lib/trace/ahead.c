/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that decodes frames ahead.
 *
 * Theory. CRC, zstd and columns of a frame need its bytes only, and those of the next frames stand
 * in the reader's window already, as a rule. So while the caller works on one frame, a thread does
 * the next ones, in two steps, each of which either side may do:
 *
 *	            inflate            expand
 *	  OFFERED --------> INFLATED --------> DECODED		SPOILT: something is wrong with it
 *	         CRC, zstd           columns, prepare
 *
 *	frame   7         8         9         10
 *	        in hand   DECODED   INFLATED  OFFERED
 *	        caller                        worker
 *
 * The worker inflates what it can first, and expands the last of those; the caller wants the first.
 * A caller that has much to do finds its frames decoded. One that has nothing to do finds them
 * inflated at least, expands them itself, and inflates a later one where it had to wait: then two
 * CPUs share all the work.
 *
 * The worker only helps. Whatever is not a whole, sound frame it leaves alone, and the reader goes
 * its own way, as without it: damage, gaps, ends and errors are found in one place.
 *
 * Invariants: (1) the reader's results are the same with it and without; (2) who sets a slot BUSY
 * alone touches its payload until it sets another state, and all states are read and written under
 * the lock; (3) the caller's allocator, whose failures tests count, is never used by the worker: a
 * slot has its own; (4) the reader moves its window only while no frame is queued; (5) the worker
 * takes no signal.
 *
 * Cost: SLOTS payloads and their columns, about 3 MiB each.
 */
#include "lib/trace/ahead.h"

#include <pthread.h>
#include <signal.h>

#define STACK ((size_t)1 << 20)
#define SLOTS 4 /* one in hand, the others queued */

enum state { OFFERED, BUSY, INFLATED, DECODED, SPOILT };

struct slot {
	enum state state;
	const uint8_t *p; /* the frame */
	uint64_t offset;
	struct mmt_frame frame;
	struct mmt_alloc alloc; /* of the payload */
	struct mmt_payload *payload;
};

struct mmt_ahead {
	struct mmt_alloc *owner; /* of this struct */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work; /* there is some for the worker */
	pthread_cond_t done; /* the worker did some */
	bool leave;
	struct slot slot[SLOTS];
	unsigned first, nr; /* queued: slots from first on, round and round */
	bool in_hand;	    /* the slot before the first is the caller's */
	uint64_t next;	    /* offset after the last frame queued */
};

static struct slot *queued(struct mmt_ahead *h, unsigned i)
{
	return &h->slot[(h->first + i) % SLOTS];
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
		sound = mmt_frame_check(&s->frame, s->p, NULL) == 0 &&
			mmt_payload_unpack(s->payload, &s->frame, s->p, NULL) == 0;
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

/* What the worker does next: nobody waits for the last frame for long. */
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

static int start_thread(struct mmt_ahead *h)
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
		err = pthread_create(&h->thread, &attr, work, h);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return err;
}

static void free_parts(struct mmt_ahead *h)
{
	for (unsigned i = 0; i < SLOTS; i++)
		mmt_payload_free(h->slot[i].payload);
	pthread_cond_destroy(&h->work);
	pthread_cond_destroy(&h->done);
	pthread_mutex_destroy(&h->lock);
	mmt_free(h->owner, h);
}

struct mmt_ahead *mmt_ahead_new(struct mmt_alloc *a, const struct mmt_prepare *prepare)
{
	struct mmt_ahead *h = mmt_calloc(a, 1, sizeof(*h));
	bool complete = h != NULL;

	if (!h)
		return NULL;
	h->owner = a;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->work, NULL);
	pthread_cond_init(&h->done, NULL);
	for (unsigned i = 0; i < SLOTS; i++) {
		h->slot[i].payload = mmt_payload_new(&h->slot[i].alloc, prepare);
		complete = complete && h->slot[i].payload;
	}
	if (complete && start_thread(h) == 0)
		return h;
	free_parts(h);
	return NULL;
}

void mmt_ahead_free(struct mmt_ahead *h)
{
	pthread_mutex_lock(&h->lock);
	h->leave = true;
	pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	free_parts(h);
}

/* --- the caller's side --- */

void mmt_ahead_offer(struct mmt_ahead *h, const uint8_t *p, size_t left, uint64_t offset,
		     uint64_t file_id)
{
	pthread_mutex_lock(&h->lock);
	if (!h->nr)
		h->next = offset;
	while (h->nr + h->in_hand < SLOTS && h->next - offset < left) {
		struct slot *s = queued(h, h->nr);
		size_t at = (size_t)(h->next - offset);
		struct mmt_frame *f = &s->frame;

		if (mmt_frame_peek(f, p + at, left - at, NULL) != 0 || f->file_id != file_id ||
		    f->major != MMT_FRAME_MAJOR || left - at < mmt_frame_len(f) ||
		    (f->type != MMT_FRAME_EVENT && f->type != MMT_FRAME_DICT))
			break;
		s->p = p + at;
		s->offset = h->next;
		s->state = OFFERED;
		h->next += mmt_frame_len(f);
		h->nr++;
	}
	pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
}

unsigned mmt_ahead_queued(const struct mmt_ahead *h)
{
	return h->nr; /* which the caller alone changes */
}

/* A slot whose turn has passed is SPOILT, so that the worker, which may begin another while this
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
		h->first = (h->first + 1) % SLOTS;
		h->nr--;
	} else {
		forget_all(h);
	}
	pthread_mutex_unlock(&h->lock);
	return p;
}
