/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF programs write and lib/record reads: rings of 64-bit words in memory both map.
 *
 *	struct rec_ring            words[0]                        words[size - 1]  slack
 *	+-----------------------+--------+--------+--------+-----+--------+-------+-------+
 *	| head tail lost[] ...  | record | record | record |     | record that may cross | .. |
 *	+-----------------------+--------+--------+--------+-----+--------+-------+-------+
 *
 * Invariants
 *   I1  One writer (the CPU, at one nesting level), one reader. head and tail are word indexes
 *       below size; the writer alone changes head, the reader alone tail.
 *   I2  A record begins below size and may end in the slack; the next one then begins at 0.
 *   I3  Words are written before head is (plain stores: x86 keeps their order; another
 *       architecture needs a release store there).
 *   I4  A record that does not fit is counted in lost[kind], and changes nothing else.
 *
 * A record is a head word and what follows it:
 *
 *	63            32 31        16 15       10 9        0
 *	+---------------+------------+-----------+----------+
 *	| ns since last |    aux     | words     |   kind   |
 *	+---------------+------------+-----------+----------+
 *
 * A clock reading is the dearest part of a record. Two kinds go without: a run of one kind under
 *one lock (refill and drain of a per-CPU list, at most REC_BURST) shares the time of its first, and
 *a user page's allocation right behind the fault that asked for it (same task, same tick, nothing
 * between) has the fault's. Order within the ring is never touched.
 *
 * `kind` is the event's number in the trace (lib/trace/event.h), `words` counts the head too. Kind
 * 0 is control, told apart by aux: the state of the stream that later records build on, written
 * only when it changes.
 */
#ifndef MMT_BPF_RECORD_H
#define MMT_BPF_RECORD_H

#define REC_KINDS	 1024 /* kinds are below */
#define REC_SLACK	 64   /* words behind the ring; a record with its control records fits */
#define REC_RESERVE	 48   /* words that must be free before one is written */
#define REC_SYSCALLS	 512  /* system call numbers looked at */
#define REC_NESTED_WORDS 4096 /* the ring of records that interrupt another: words */

enum rec_control {
	REC_TIME, /* absolute time: 1 word */
	REC_TASK, /* current task: tid | tgid << 32, mm, memory cgroup's inode, flags, comm (2) */
	REC_FILE, /* file that records below speak of: device, inode, mode | magic << 32, size */
};

#define REC_HEAD(kind, words, aux, delta)                                 \
	((unsigned long long)(kind) | (unsigned long long)(words) << 10 | \
	 (unsigned long long)(aux) << 16 | (unsigned long long)(delta) << 32)
#define REC_KIND(head)	((head)&0x3ff)
#define REC_WORDS(head) ((head) >> 10 & 0x3f)
#define REC_AUX(head)	((head) >> 16 & 0xffff)
#define REC_DELTA(head) ((head) >> 32)

/* mm_page_alloc, mm_page_free: aux; then one word: page >> 6 (low 32 bits), gfp << 32 */
#define REC_PAGE_AUX(order, type, none) ((order) | (type) << 8 | (none) << 15)

#define REC_BURST			16 /* records that may share one clock reading */

struct rec_ring {
	unsigned long long head; /* next word to write */
	unsigned long long time; /* of the last record */
	unsigned long long ino;	 /* file last told */
	unsigned long long sb;
	unsigned int tid;   /* task last told; 0: none */
	unsigned int level; /* programs at work on this CPU: 0, or 1 while one is interrupted */
	unsigned int kind;  /* of the last record */
	unsigned int burst; /* records since the clock was read */
	unsigned long long tick; /* jiffy of the last page_fault_user */
	unsigned long long pad0[1];
	unsigned long long tail; /* next word to read */
	unsigned long long pad1[7];
	unsigned long long lost[REC_KINDS];   /* the ring was full */
	unsigned long long nested[REC_KINDS]; /* interrupted twice (outer ring only) */
	unsigned long long words[];
};

#endif
