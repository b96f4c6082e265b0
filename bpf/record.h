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
 * `kind` is the event's number in the trace (lib/trace/event.h), `words` counts the head too. Kind
 * 0 is control, told apart by aux: the state of the stream that later records build on, written
 * only when it changes.
 *
 * A clock reading is the dearest part of a record (it waits for all before it), and memory that
 * another CPU will read, or that the page just cleared has displaced, the next. So the records of
 * pages (faults, allocations, frees, refill and drain of per-CPU lists) share both, as long as no
 * other record is between them:
 *
 *	clock       clock                                       clock
 *	fault alloc fault alloc fault alloc fault alloc .. alloc fault alloc
 *	            |---- up to 8 faults, 64 records, a tick ---|
 *
 * They have the time of the first of them if they are of one task, and within one tick of the
 * kernel's clock. Faults, and allocations that no fault asked for, count as 8 records, and share
 * only behind one whose time was read less than REC_CLOSE_NS after the one before: what happens now
 * and then has its own time. Such a record is a single word, with half of what it names
 * where others have the time:
 *
 *	63            32 31        16 15       10 9        0
 *	+---------------+------------+-----------+----------+
 *	|     half      |    aux     |     1     |   kind   |
 *	+---------------+------------+-----------+----------+
 *
 * which is page >> 6 of a frame, and the low half of a fault's address.
 *
 *   I5  Every record is published when its program ends: nothing is gathered that a stop, another
 *       task or a pause could leave behind. Order within a ring is never touched.
 *   I6  A record happened at its time or later, by less than a tick.
 *   I7  What follows a record that interrupted another does not share a time read before it.
 *   I8  A ring has no fewer free words than its credit: a record that may bring any (at most 48
 *       words with its control records) is written only where REC_SHARE more are free, and a
 *       single word costs at least 1. So those look for no room, nor at the reader's cache line.
 */
#ifndef MMT_BPF_RECORD_H
#define MMT_BPF_RECORD_H

#define REC_KINDS	 1024 /* kinds are below */
#define REC_SLACK	 64   /* words behind the ring; a record with its control records fits */
#define REC_RESERVE	 112  /* words that must be free before one is written, see I8 */
#define REC_SYSCALLS	 512  /* system call numbers looked at */
#define REC_STACKS	 4096 /* different stacks that can be told */
#define REC_FRAMES	 24   /* functions told of one, the innermost */
#define REC_SYMBOL	 42   /* bytes of a function's name */
#define REC_STACK	 (REC_FRAMES * REC_SYMBOL) /* bytes of one: names, each from its own place */
#define REC_NAME	 4			   /* words of a name (STRING) */
#define REC_PATH	 24			   /* words of a control group's path */
#define REC_LISTS_NODES	 64			   /* whose lists' limits are told */
#define REC_LISTS_ZONES	 4			   /* of each, but for DEVICE */
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

/*
 * The kinds that name a frame: aux; then one word: page >> 6 (low 32 bits), and for an allocation
 * gfp << 32. In a single word the gfp is that of the last allocation told in two, and the high half
 * of a fault's address that of the last fault told in two. The flag: of an allocation, that it
 * failed; of mm_page_alloc_zone_locked, that it fills a per-CPU list.
 */
#define REC_PAGE_AUX(order, type, flag) ((order) | (type) << 8 | (flag) << 15)
#define REC_ORDER(aux)			((aux)&0x3f)
#define REC_TYPE(aux)			((aux) >> 8 & 0xf)
#define REC_FLAG(aux)			((aux) >> 15)

#define REC_SHARE			64    /* records that may have one time */
#define REC_FAULTS			8     /* faults among them */
#define REC_CLOSE_NS			65536 /* between records that follow each other closely */

struct rec_ring {
	/* all that most records of pages touch: one cache line */
	unsigned long long head; /* next word to write */
	unsigned long long time; /* of the last record */
	unsigned long long task; /* the kernel's address of the one last told; a number */
	unsigned int on;	 /* 1 while records of pages are wanted; of the outer ring */
	unsigned int level;  /* programs at work on this CPU: 0, or 1 while one is interrupted */
	unsigned int tick;   /* when the clock was read, in jiffies */
	unsigned int run;    /* what the last record was, for the next to share (ring.bpf.h) */
	unsigned int credit; /* what may still be shared; 0 behind a record that shares with none */
	unsigned int price;  /* of a fault */
	unsigned int gfp;    /* of the last allocation told in two words */
	unsigned int high;   /* half of the last fault's address told in two words */
	unsigned int tid;    /* of the task last told, + 1; 0: none */
	unsigned int freed;  /* half of the page whose free was seen last (page.bpf.h) */

	unsigned long long tail; /* next word to read */
	unsigned long long ino;	 /* file last told */
	unsigned long long sb;
	/* the task last judged by the filter (outer ring): address, whether it is wanted, and what
	 * that was found by, which must be so still (filter.bpf.h) */
	unsigned long long judged;
	unsigned int judged_tick;
	unsigned int judged_moves;
	unsigned int judged_wanted;
	unsigned int told_names;    /* how many tasks had changed when `tid` was told */
	unsigned long long rescued; /* frees that a second program saw alone (outer ring) */
	unsigned int cut; /* a record went to the nested ring: the next one has its own time */
	unsigned int pad1[1];
	unsigned long long lost[REC_KINDS];   /* the ring was full */
	unsigned long long nested[REC_KINDS]; /* interrupted twice (outer ring only) */
	unsigned long long words[];
};

/* How long a CPU's lists of a zone may be; zone: its name, 0: not told. */
struct rec_limits {
	unsigned long long zone;
	unsigned int least, most;
};

#endif
