/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmtrace check: is a trace whole, and does it make sense?
 *
 * Whole: frames, CRCs, trailer, seek table and limits are the reader's to verify; what it skipped
 * is a problem here, and so is every event the recorder lost. Sense, over the events themselves:
 *
 * C1. The clock of a CPU does not go back by more than the recorder may swap (100 us); rows of
 *     snapshots, and changes found in them, are read by the recorder and are no CPU's. Events
 *     that the recorder itself counted as late (a virtual CPU slept while it wrote) are noted.
 * C2. A frame is not allocated twice without a free between, nor a block of order 1 or more freed
 *     twice without an allocation. Single pages may be: the kernel's bulk allocator
 *     (alloc_pages_bulk(): kernel stacks, vmalloc, network) gives pages without an event, and only
 *     their frees are seen. They are counted in a note.
 *     Of the time in which events were lost, and then of what was before, nothing is known;
 *     compaction and the removal of memory take free frames without an allocation event, so what
 *     they isolated is unknown too.
 * C3. Every id is in its dictionary.
 * C4. A snapshot ends before the next one begins, and a VMA list has as many rows as it says.
 *
 * Where the kernel counted pages too (/proc/vmstat, in snapshots), both numbers stand in a note
 * (tally.h): a kernel may run no program while some task is current, and then counts no miss
 * either.
 *
 * C2 reads memory like a shadow: two bits a frame (shadow.h).
 */
#include "cmd/shadow.h"
#include "cmd/tally.h"
#include "cmd/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define SWAP_NS	      100000
#define ISOLATED_MOST (1u << 19) /* frames: the largest block of memory that is removed at once */

enum rule {
	CLOCK_BACK,
	ALLOC_TWICE,
	FREE_TWICE,
	FREE_UNSEEN,
	UNRESOLVED,
	SNAPSHOT_OPEN,
	VMA_COUNT,
	NR_RULES
};

static const char *const rule_text[NR_RULES] = {
	[CLOCK_BACK] = "events whose CPU's clock had gone further",
	[ALLOC_TWICE] = "frames allocated that were allocated already",
	[FREE_TWICE] = "frames freed that were free already",
	[FREE_UNSEEN] = "single pages freed that no event allocated (bulk allocation has none)",
	[UNRESOLVED] = "ids that no dictionary explains",
	[SNAPSHOT_OPEN] = "snapshots that begin inside one, or end outside",
	[VMA_COUNT] = "VMA lists with another number of rows than they say",
};

/* What is asked of every event of a kind. */
struct duty {
	bool clock; /* it is met by a CPU, not read by the recorder */
	uint8_t nr_ids;
	struct {
		uint8_t field, dict;
	} id[MMT_FIELDS_MAX];
};

struct check {
	struct cli_trace trace;
	struct duty duty[MMT_KIND_MAX + 1];
	bool quiet;
	uint64_t count[NR_RULES];
	char first[NR_RULES][160]; /* where a rule was broken first */
	struct shadow shadow;
	struct tally tally;
	size_t losses, gaps; /* known of when the frames were last forgotten */
	uint64_t blind;	     /* up to this time events were lost: frames are not judged */
	uint64_t cpu_time[MMT_CPU_MAX + 1];
	bool in_snapshot;
	uint64_t vmas_said, vmas_seen; /* of the open list */
	uint32_t vma_mm;
	unsigned problems;
};

static void broken(struct check *k, enum rule rule, const struct mmt_event *ev, uint64_t n)
{
	if (!n)
		return;
	if (!k->count[rule])
		snprintf(k->first[rule], sizeof(k->first[rule]),
			 "%s at %" PRIu64 ".%09" PRIu64 " on CPU %u",
			 mmt_event_info(ev->kind)->name, ev->time / 1000000000,
			 ev->time % 1000000000, ev->cpu);
	k->count[rule] += n;
}

static void forget_what_was_lost(struct check *k)
{
	const struct mmt_reader_state *s = mmt_reader_state(k->trace.reader);

	if (s->nr_losses == k->losses && s->nr_gaps == k->gaps)
		return;
	shadow_forget_all(&k->shadow);
	for (; k->losses < s->nr_losses; k->losses++) {
		if (s->losses[k->losses].time_last > k->blind)
			k->blind = s->losses[k->losses].time_last;
	}
	k->gaps = s->nr_gaps;
}

static void check_frames(struct check *k, const struct mmt_event *ev)
{
	uint64_t pfn, end;

	forget_what_was_lost(k);
	if (ev->time <= k->blind)
		return;
	switch (ev->kind) {
	case MMT_EV_mm_page_alloc:
		pfn = ev->v[MMT_F(mm_page_alloc, pfn)];
		if (pfn != MMT_PFN_NONE && ev->v[MMT_F(mm_page_alloc, order)] <= MMT_ORDER_MAX)
			broken(k, ALLOC_TWICE, ev,
			       shadow_alloc(&k->shadow, pfn,
					    1ull << ev->v[MMT_F(mm_page_alloc, order)]));
		break;
	case MMT_EV_mm_page_free:
		pfn = ev->v[MMT_F(mm_page_free, pfn)];
		if (pfn != MMT_PFN_NONE && ev->v[MMT_F(mm_page_free, order)] <= MMT_ORDER_MAX)
			broken(k, ev->v[MMT_F(mm_page_free, order)] ? FREE_TWICE : FREE_UNSEEN, ev,
			       shadow_free(&k->shadow, pfn,
					   1ull << ev->v[MMT_F(mm_page_free, order)]));
		break;
	case MMT_EV_test_pages_isolated:
		pfn = ev->v[MMT_F(test_pages_isolated, start_pfn)];
		end = ev->v[MMT_F(test_pages_isolated, end_pfn)];
		if (end > pfn && end - pfn <= ISOLATED_MOST)
			shadow_forget(&k->shadow, pfn, end - pfn);
		break;
	case MMT_EV_mm_compaction_isolate_freepages:
	case MMT_EV_mm_compaction_fast_isolate_freepages:
		pfn = ev->v[MMT_F(mm_compaction_isolate_freepages, start_pfn)];
		end = ev->v[MMT_F(mm_compaction_isolate_freepages, end_pfn)];
		if (end > pfn && end - pfn <= 1u << MMT_ORDER_MAX)
			shadow_forget(&k->shadow, pfn, end - pfn);
		break;
	default:
		break;
	}
}

static void find_ids(struct duty *d, const struct mmt_event_info *info)
{
	static const struct {
		enum mmt_unit unit;
		enum mmt_dict_kind kind;
	} ids[] = { { MMT_U_TASK, MMT_DICT_TASK },
		    { MMT_U_FILE, MMT_DICT_FILE },
		    { MMT_U_CGROUP, MMT_DICT_CGROUP },
		    { MMT_U_STRING, MMT_DICT_STRING } };

	for (unsigned f = 0; f < info->nr_fields; f++) {
		for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
			if (info->fields[f].unit != ids[i].unit)
				continue;
			d->id[d->nr_ids].field = (uint8_t)f;
			d->id[d->nr_ids++].dict = (uint8_t)ids[i].kind;
		}
	}
}

static void find_duties(struct check *k)
{
	for (unsigned kind = 1; kind <= MMT_KIND_MAX; kind++) {
		const struct mmt_event_info *info = mmt_event_info(kind);

		if (!info)
			continue;
		k->duty[kind].clock = info->class != MMT_SNAPSHOT && info->group != MMT_G_META;
		find_ids(&k->duty[kind], info);
	}
}

static void check_clock(struct check *k, const struct mmt_event *ev)
{
	uint64_t *last = &k->cpu_time[ev->cpu];

	if (!k->duty[ev->kind].clock)
		return;
	broken(k, CLOCK_BACK, ev, ev->time + SWAP_NS < *last);
	if (ev->time > *last)
		*last = ev->time;
}

static void check_ids(struct check *k, const struct mmt_event *ev, const struct mmt_dict *dict)
{
	const struct duty *d = &k->duty[ev->kind];

	broken(k, UNRESOLVED, ev, ev->task && !mmt_dict_get(dict, MMT_DICT_TASK, ev->task));
	for (unsigned i = 0; i < d->nr_ids; i++) {
		uint64_t id = ev->v[d->id[i].field];

		broken(k, UNRESOLVED, ev,
		       id && !mmt_dict_get(dict, (enum mmt_dict_kind)d->id[i].dict, (uint32_t)id));
	}
}

static void close_vma_list(struct check *k, const struct mmt_event *ev)
{
	broken(k, VMA_COUNT, ev, k->vmas_said != k->vmas_seen);
	k->vmas_said = 0;
	k->vmas_seen = 0;
}

static void check_snapshot(struct check *k, const struct mmt_event *ev)
{
	switch (ev->kind) {
	case MMT_EV_snapshot_begin:
		broken(k, SNAPSHOT_OPEN, ev, k->in_snapshot);
		k->in_snapshot = true;
		break;
	case MMT_EV_snapshot_end:
		broken(k, SNAPSHOT_OPEN, ev, !k->in_snapshot);
		k->in_snapshot = false;
		close_vma_list(k, ev);
		break;
	case MMT_EV_vma_list:
		close_vma_list(k, ev);
		k->vma_mm = (uint32_t)ev->v[MMT_F(vma_list, mm)];
		k->vmas_said = ev->v[MMT_F(vma_list, count)];
		break;
	case MMT_EV_vma:
		k->vmas_seen += ev->v[MMT_F(vma, mm)] == k->vma_mm;
		break;
	default:
		break;
	}
}

/* --- what was found --- */

static void say(const struct check *k, const char *what, const char *text)
{
	cli_put_escaped(k->trace.path);
	printf(": %s: ", what);
	cli_put_escaped(text);
	putchar('\n');
}

static void problem(struct check *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void problem(struct check *k, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	k->problems++;
	if (k->quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(k, "problem", text);
}

/* Is it in the nature of recording? */
static bool is_note(const struct check *k, enum rule rule)
{
	const json_t *cost = json_object_get(mmt_reader_trailer(k->trace.reader), "overhead");
	json_int_t late = json_integer_value(json_object_get(cost, "late_events"));

	return rule == FREE_UNSEEN ||
	       (rule == CLOCK_BACK && late > 0 && k->count[rule] <= (uint64_t)late);
}

static void tell_rule(struct check *k, enum rule rule)
{
	char text[512];

	snprintf(text, sizeof(text), "%s: %" PRIu64 ", first %s", rule_text[rule], k->count[rule],
		 k->first[rule]);
	if (!is_note(k, rule))
		problem(k, "%s", text);
	else if (!k->quiet)
		say(k, "note", text);
}

/* What the kernel counted beside what events tell; a lost event is one page at least. */
static void tell_tally(const struct check *k, const struct tally_sum *sum, unsigned kind,
		       const char *verb)
{
	const struct mmt_reader *r = k->trace.reader;
	uint64_t counted, told, lost = tally_lost(mmt_reader_state(r), kind), all, off;
	char text[256];
	size_t n;

	if (!tally_is_whole(r, mmt_event_info(kind)->name) ||
	    !tally_between(sum, &counted, &told) || !counted)
		return;
	all = told + lost;
	off = all > counted ? all - counted : counted - all;
	snprintf(text, sizeof(text),
		 "pages %s between the first and the last snapshot: %" PRIu64
		 " by /proc/vmstat, %" PRIu64 " by events and %" PRIu64 " events lost: ",
		 verb, counted, told, lost);
	n = strlen(text);
	if (off)
		snprintf(text + n, sizeof(text) - n, "%.1f permille %s",
			 (double)off * 1000.0 / (double)counted, all > counted ? "more" : "less");
	else
		snprintf(text + n, sizeof(text) - n, "the same");
	say(k, "note", text);
}

static void tell(struct check *k)
{
	const struct mmt_reader_state *s = mmt_reader_state(k->trace.reader);

	for (size_t i = 0; i < s->nr_gaps; i++)
		problem(k,
			"at offset 0x%" PRIx64 ", frame %" PRIu64 ": %" PRIu64
			" bytes unreadable: %s",
			s->gaps[i].offset, s->gaps[i].first_frame, s->gaps[i].bytes,
			s->gaps[i].why);
	if (!s->complete)
		problem(k, "%s", s->why_incomplete);
	if (s->lost)
		problem(k, "events lost while recording: %" PRIu64, s->lost);
	for (int r = 0; r < NR_RULES; r++)
		if (k->count[r])
			tell_rule(k, r);
	if (k->quiet)
		return;
	tell_tally(k, &k->tally.alloc, MMT_EV_mm_page_alloc, "allocated");
	tell_tally(k, &k->tally.free, MMT_EV_mm_page_free, "freed");
	cli_put_escaped(k->trace.path);
	if (k->problems)
		printf(": %u problem%s", k->problems, k->problems > 1 ? "s" : "");
	else
		printf(": ok");
	printf(" in %" PRIu64 " frames, %" PRIu64 " events", s->frames, s->events);
	if (s->unknown)
		printf(" (%" PRIu64 " of unknown kinds skipped)", s->unknown);
	putchar('\n');
}

static int check_events(struct check *k)
{
	const struct mmt_dict *dict = mmt_reader_dict(k->trace.reader);
	const struct mmt_event *ev;
	int status = EXIT_OK;

	while (cli_trace_next(&k->trace, &ev, &status) > 0) {
		check_clock(k, ev);
		check_frames(k, ev);
		check_ids(k, ev, dict);
		check_snapshot(k, ev);
		tally_event(&k->tally, ev, dict);
		if (k->shadow.no_memory)
			return cli_fail("%s: out of memory", k->trace.path);
	}
	return status;
}

static int check_file(struct cli *c, struct check *k, const char *path)
{
	int status = cli_trace_open(c, path, &k->trace);

	if (status)
		return status;
	find_duties(k);
	if (shadow_init(&k->shadow, &c->alloc))
		status = check_events(k);
	else
		status = cli_fail("%s: out of memory", path);
	if (!status) {
		tell(k);
		status = k->problems ? EXIT_INCOMPLETE : EXIT_OK;
	}
	shadow_destroy(&k->shadow);
	cli_trace_close(&k->trace);
	return status;
}

int cmd_check(struct cli *c)
{
	const char *arg;
	bool quiet = false;
	int option, worst = EXIT_OK;

	while ((option = cli_option(c, &arg)) > 0)
		quiet = true;
	if (option < 0)
		return cli_usage_status(c);
	if (c->operand == c->argc)
		return cli_usage(c, "name a trace");
	for (int i = c->operand; i < c->argc; i++) {
		struct check *k = mmt_calloc(&c->alloc, 1, sizeof(*k));
		int status;

		if (!k)
			return cli_fail("out of memory");
		k->quiet = quiet;
		status = check_file(c, k, c->argv[i]);
		mmt_free(&c->alloc, k);
		/* trouble (2) means that a file was not checked: that is worst */
		if (worst != EXIT_TROUBLE && (status == EXIT_TROUBLE || status > worst))
			worst = status;
	}
	return worst;
}
