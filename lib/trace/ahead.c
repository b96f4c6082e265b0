/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that decodes one frame ahead.
 *
 * Theory. CRC, zstd and columns of the next frame need its bytes only, and these stand in the
 * reader's window already, as a rule. So while the caller works on one frame, a thread does the
 * next; two payloads change hands:
 *
 *	caller   frame 1 ......... | take | frame 2 ......... | take | frame 3
 *	worker   idle    frame 2 . |      | frame 3 .. idle   |      | frame 4
 *
 * The worker only helps. Whatever is not a whole, sound frame of events it leaves alone, and the
 * reader goes its own way, as without it: damage, gaps, ends and errors are found in one place.
 *
 * Invariants: (1) the reader's results are the same with it and without; (2) between start and
 * finish the worker alone touches its payload, its allocator and the frame, and the reader does not
 * move its window; at other times it sleeps; (3) the caller's allocator, whose failures tests
 * count, is never used by the worker; (4) it takes no signal.
 *
 * Cost: a second payload and its columns, about 3 MiB; two wake-ups a frame, of 65536 events.
 */
#include "lib/trace/ahead.h"

#include <pthread.h>
#include <signal.h>

#define STACK ((size_t)1 << 20)

enum state { IDLE, BUSY, DONE, LEAVE };

struct mmt_ahead {
	struct mmt_alloc *owner; /* of this struct */
	struct mmt_alloc alloc;	 /* of the payloads */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	enum state state;
	const uint8_t *p; /* the frame */
	uint64_t offset;
	struct mmt_frame frame;
	struct mmt_payload *payload;
	bool sound;
};

static bool decode(struct mmt_ahead *h)
{
	return mmt_frame_check(&h->frame, h->p, NULL) == 0 &&
	       mmt_payload_take(h->payload, &h->frame, h->p, NULL) == 0;
}

static void *work(void *ctx)
{
	struct mmt_ahead *h = ctx;

	pthread_mutex_lock(&h->lock);
	while (h->state != LEAVE) {
		if (h->state != BUSY) {
			pthread_cond_wait(&h->turn, &h->lock);
			continue;
		}
		pthread_mutex_unlock(&h->lock);
		h->sound = decode(h);
		pthread_mutex_lock(&h->lock);
		if (h->state == BUSY)
			h->state = DONE;
		pthread_cond_broadcast(&h->turn);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

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

struct mmt_ahead *mmt_ahead_new(struct mmt_alloc *a)
{
	struct mmt_ahead *h = mmt_calloc(a, 1, sizeof(*h));

	if (!h)
		return NULL;
	h->owner = a;
	h->payload = mmt_payload_new(&h->alloc);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->turn, NULL);
	if (h->payload && start_thread(h) == 0)
		return h;
	mmt_payload_free(h->payload);
	pthread_cond_destroy(&h->turn);
	pthread_mutex_destroy(&h->lock);
	mmt_free(a, h);
	return NULL;
}

void mmt_ahead_free(struct mmt_ahead *h, struct mmt_payload *payload)
{
	pthread_mutex_lock(&h->lock);
	h->state = LEAVE;
	pthread_cond_broadcast(&h->turn);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	pthread_cond_destroy(&h->turn);
	pthread_mutex_destroy(&h->lock);
	mmt_payload_free(payload);
	mmt_payload_free(h->payload);
	mmt_free(h->owner, h);
}

struct mmt_payload *mmt_ahead_payload(struct mmt_ahead *h)
{
	return mmt_payload_new(&h->alloc);
}

void mmt_ahead_start(struct mmt_ahead *h, const uint8_t *p, size_t left, uint64_t offset,
		     uint64_t file_id)
{
	struct mmt_frame *f = &h->frame;

	if (mmt_frame_peek(f, p, left, NULL) != 0 || f->file_id != file_id ||
	    f->major != MMT_FRAME_MAJOR || f->type != MMT_FRAME_EVENT || left < mmt_frame_len(f))
		return;
	h->p = p;
	h->offset = offset;
	pthread_mutex_lock(&h->lock);
	h->state = BUSY;
	pthread_cond_broadcast(&h->turn);
	pthread_mutex_unlock(&h->lock);
}

bool mmt_ahead_finish(struct mmt_ahead *h, uint64_t offset, struct mmt_frame *f)
{
	bool done;

	pthread_mutex_lock(&h->lock);
	while (h->state == BUSY)
		pthread_cond_wait(&h->turn, &h->lock);
	done = h->state == DONE && h->sound && h->offset == offset;
	h->state = IDLE;
	pthread_mutex_unlock(&h->lock);
	if (done)
		*f = h->frame;
	return done;
}

struct mmt_payload *mmt_ahead_exchange(struct mmt_ahead *h, struct mmt_payload *payload)
{
	struct mmt_payload *ready = h->payload;

	h->payload = payload;
	return ready;
}
