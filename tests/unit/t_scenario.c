// SPDX-License-Identifier: GPL-2.0-only
/* lib/trace/scenario_*.c and lib/replay/scenario*.c: text, events, text; errors; memory. */
#include "lib/base/number.h"
#include "lib/base/rng.h"
#include "lib/trace/gfp_names.h"
#include "lib/trace/scenario/syntax.h"
#include "tests/unit/test.h"

#include <errno.h>

#include "tests/unit/scenario_text.h"

#define HEAD "#mmtrace-scenario 1\n"

static struct scenario_text parsed, again;

static void clear(struct scenario_text *t)
{
	mmt_dict_free(t->dict);
	t->dict = NULL;
	t->nr = 0;
}

TEST(a_syntax_has_the_fields_of_its_kind)
{
	for (const struct scenario_verb *v = scenario_verbs; v->name; v++) {
		const struct mmt_event_info *info = mmt_event_info(v->kind);
		struct scenario_arg args[SCENARIO_ARGS_MAX];
		unsigned nr = scenario_args(v, args), fields = 0;

		CHECK(info && info->group == MMT_G_SCENARIO);
		for (unsigned i = 0; i < nr; i++) {
			CHECK_EQ(args[i].field, fields);
			fields += scenario_width(args[i].type);
		}
		/* FILE=VALUE and KEY=VALUE are pairs of strings, taken by hand */
		if (v->kind == MMT_EV_scenario_cgroup || v->kind == MMT_EV_scenario_set)
			fields = info->nr_fields - 2;
		CHECK_EQ(fields + 2, info->nr_fields);
		CHECK_STR(info->fields[fields].name, "how");
		CHECK_STR(info->fields[fields + 1].name, "line");
	}
}

static const char every_verb[] = HEAD
	"machine mem=512M nodes=2 cpus=2 swap=256M swap_type=zram swap_ratio=0.33 profile=6.12\n"
	"zone 0 Movable start=1048576 spanned=1024 present=1024 managed=1000 free=10\n"
	"distance 0 1 20\n"
	"hw zen4\n"
	"set vm.lowmem_reserve_ratio=256 256 32 0 0\n"
	"@1500ms\n"
	"task 1 parent=2 cg=/a adj=-5 cpu=1 policy=bind:0,1\n"
	"@1510ms thread 1 2\n"
	"fork 1 3\nexec 1\nexit 1\ncpu 1 0\nmove 1 /a\nadj 1 -1000\n"
	"policy 1 weighted:0,1\n"
	"cgroup /a memory.max=64M\ncgroup /a\nrmcgroup /a\n"
	"mmap 1 0x0 90M rw as heap file=f off=1 hugetlb=2M shared populate locked growsdown "
	"noreserve\n"
	"mmap 1 0x10000000 16 -\n"
	"munmap 1 heap+0x1000 1\nmprotect 1 heap 4 rx\nmremap 1 heap 4 8 0x5000\n"
	"mremap 1 heap 4 8\nbrk 1 0x1000\nmadvise 1 heap 4 populate_write\n"
	"mlock 1 heap 4 onfault\nmunlock 1 heap 4\nmbind 1 heap 4 preferred:1\n"
	"r 1 heap\nw 1 0x10000000 90M stride=8192\nrw 1 heap 4\nx 1 heap 4\n"
	"zero 1 heap 4\ncontent 1 heap 4 77\npin 1 heap 4 write longterm\nunpin 1 heap 4\n"
	"file f 4G\nread 1 f 0 16\nwrite 1 f 1M 1\nfsync f\ntruncate f 0\n"
	"alloc A order=3 gfp=GFP_KERNEL|__GFP_NORETRY|0x4000000 cpu=1 node=0 cg=/a pid=1 n=10 "
	"vma=local ilx=5\n"
	"free A cpu=1 first=1 stride=2 n=3\n"
	"cache c1 96 align=8 flags=SLAB_PANIC ctor\ncalloc o c1 cpu=1\ncfree o cpu=1\n"
	"kmalloc k 100 gfp=GFP_ATOMIC cpu=0 cg=/a\nkfree k\n"
	"vmalloc v 1M\nvfree v\nvmap_ram r1 16\nvunmap_ram r1\n"
	"drain_all\ndrop_caches 3\ncompact_memory\nsync\n"
	"swapon s 64M prio=-2 type=hdd\nswapoff s\ncollapse_scan\nksm_scan\n"
	"settle 1250us\n"
	"expect free.0.DMA ~1.5 11621\nexpect pageblock.0 == Movable\n"
	"expect pte.1.heap == 0x8000000012345067\nexpect cg./x.slice/y.events.max != -5\n"
	"print pgfault\nprint cg./a.usage\nprint task.1.rss\n"
	"fails(ENOMEM) mmap 1 0x0 4 rw\nfails(SIGSEGV) r 1 0x1000\nfails w 1 0x1000\n"
	"@2s\n";

/* Each verb, with each of its arguments, in the spelling that is printed. */
TEST(every_verb_comes_back_as_it_was_written)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct mmt_wr w = { .alloc = &a };
	struct mmt_err e = { 0 };
	unsigned seen = 0;

	parsed.alloc = &a;
	CHECK_EQ(scenario_text_parse(&parsed, every_verb, strlen(every_verb), &e), 0);
	CHECK_EQ(scenario_text_print(&parsed, &w, &e), 0);
	mmt_wr_u8(&w, 0);
	CHECK_STR((const char *)w.buf, every_verb);
	for (const struct scenario_verb *v = scenario_verbs; v->name; v++) {
		unsigned before = seen;

		for (unsigned i = 0; i < parsed.nr && seen == before; i++)
			seen += parsed.ev[i].kind == v->kind;
		if (seen == before)
			printf("# not written: %s\n", v->name);
		CHECK(seen == before + 1);
	}
	clear(&parsed);
	mmt_wr_free(&w);
	CHECK_EQ(a.used, 0);
}

/* What people write in other ways has one spelling, and means the same. */
TEST(spellings_that_are_not_printed)
{
	static const struct {
		const char *text, *printed;
	} lines[] = {
		{ "machine\n", "machine\n" },
		{ "", "machine\n" },
		{ "  alloc   A\torder=0x2 # two\r\n", "machine\nalloc A order=2\n" },
		{ "alloc A n=2 order=1\n", "machine\nalloc A order=1 n=2\n" },
		{ "alloc A order=0 gfp=0xcc0\n", "machine\nalloc A order=0 gfp=GFP_KERNEL\n" },
		{ "vmalloc v 1536K\n", "machine\nvmalloc v 384\n" },
		{ "vmalloc v 1.5M\n", "machine\nvmalloc v 384\n" },
		{ "vmalloc v 4K\n", "machine\nvmalloc v 1\n" },
		{ "print skipped nr_free_pages\n",
		  "machine\nprint skipped\nprint nr_free_pages\n" },
		{ "cgroup /a memory.min=0 memory.max=max\n",
		  "machine\ncgroup /a memory.min=0\ncgroup /a memory.max=max\n" },
		{ "fails cgroup /a memory.min=0\tmemory.max=1 \n",
		  "machine\nfails cgroup /a memory.min=0 memory.max=1\n" },
		{ "@0.5s\n@+500ms drain_all\nsettle 1s\n@+1ns\n",
		  "machine\n@500ms\n@1s drain_all\nsettle 1s\n@2000000001ns\n" },
		{ "task 1 policy=interleave:3,1\n", "machine\ntask 1 policy=interleave:1,3\n" },
		{ "kmalloc k 8K\ncache c 1.5K align=1K\nr 1 0x0 1 stride=2M\n",
		  "machine\nkmalloc k 8192\ncache c 1536 align=1024\n"
		  "r 1 0x0 1 stride=2097152\n" },
		{ "cgroup /user@1000.service\n", "machine\ncgroup /user@1000.service\n" },
		{ "expect skipped < 9223372036854775808\nexpect skipped > -1\n",
		  "machine\nexpect skipped < 0x8000000000000000\nexpect skipped > -1\n" },
		{ "expect skipped > -9223372036854775808\n",
		  "machine\nexpect skipped > -9223372036854775808\n" },
		{ "expect skipped < 18446744073709551615\n",
		  "machine\nexpect skipped < 0xffffffffffffffff\n" },
		{ "fails set vm.watermark_scale_factor=0\n",
		  "fails set vm.watermark_scale_factor=0\nmachine\n" },
		{ "brk 1 4096\n", "machine\nbrk 1 0x1000\n" },
		{ "zone 0 DMA start=1 spanned=1M present=1M managed=0\n",
		  "zone 0 DMA start=1 spanned=256 present=256 managed=0\nmachine\n" },
	};
	struct mmt_alloc a = MMT_ALLOC_INIT;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct mmt_wr w = { .alloc = &a }, want = { .alloc = &a };
		struct mmt_err e = { 0 };
		char text[512];

		snprintf(text, sizeof(text), "%s%s", HEAD, lines[i].text);
		parsed.alloc = &a;
		CHECK_EQ(scenario_text_parse(&parsed, text, strlen(text), &e), 0);
		CHECK_EQ(scenario_text_print(&parsed, &w, &e), 0);
		mmt_wr_u8(&w, 0);
		mmt_wr_bytes(&want, HEAD, strlen(HEAD));
		mmt_wr_bytes(&want, lines[i].printed, strlen(lines[i].printed) + 1);
		CHECK_STR((const char *)w.buf, (const char *)want.buf);
		clear(&parsed);
		mmt_wr_free(&w);
		mmt_wr_free(&want);
	}
	CHECK_EQ(a.used, 0);
}

/* A text, where it is wrong, and what is said. */
TEST(errors_have_line_column_and_reason)
{
	static const struct {
		const char *text;
		unsigned line, column;
		const char *reason;
	} wrong[] = {
		{ "", 1, 1, "first line" },
		{ "#mmtrace-scenarios 1\n", 1, 1, "first line" },
		{ "#mmtrace-scenario 2\n", 1, 19, "version '2'" },
		{ "#mmtrace-scenario 1 x\n", 1, 21, "unexpected 'x'" },
		{ HEAD "frea A\n", 2, 1, "nearest are free" },
		{ HEAD "\n  alloc A\n", 3, 10, "no order" },
		{ HEAD "alloc A order=x\n", 2, 15, "no number" },
		{ HEAD "alloc A order=19\n", 2, 15, "order 19 is beyond" },
		{ HEAD "alloc A order=1 order=2\n", 2, 23, "given twice" },
		{ HEAD "alloc A order=1 B\n", 2, 17, "unexpected 'B'" },
		{ HEAD "alloc A order=1 nod=1\n", 2, 17, "did you mean node" },
		{ HEAD "alloc A order=1 gfp=GFP_KERNAL\n", 2, 21, "nearest are GFP_KERNEL" },
		{ HEAD "alloc 1 order=1\n", 2, 7, "no name" },
		{ HEAD "alloc A order=\n", 2, 15, "order has no value" },
		{ HEAD "zone 0 DMB start=1\n", 2, 8, "no zone; the nearest are DMA" },
		{ HEAD "drain_all\nmachine\n", 3, 1, "before all else" },
		{ HEAD "machine\nmachine\n", 3, 1, "one machine line" },
		{ HEAD "machine mem=4097M5\n", 2, 13, "neither pages nor bytes" },
		{ HEAD "machine mem=0.3K\n", 2, 13, "no number of whole bytes" },
		{ HEAD "machine mem=1K\n", 2, 13, "no multiple of 4096" },
		{ HEAD "machine mem=99999999999T\n", 2, 13, "mem: '99999999999T' is too large" },
		{ HEAD "machine mem=99999999999999999999\n", 2, 13, "is too large" },
		{ HEAD "machine mem=-1G\n", 2, 13, "is negative" },
		{ HEAD "machine cpus=x\n", 2, 14, "cpus: 'x' is no number" },
		{ HEAD "machine mem = 512M\n", 2, 9,
		  "mem wants a value, without blanks: mem=SIZE" },
		{ HEAD "alloc A order=0 n=-1\n", 2, 19, "n: '-1' is negative" },
		{ HEAD "alloc A order=20\n", 2, 15, "order 20 is beyond 18" },
		{ HEAD "alloc A order=63\n", 2, 15, "order 63 is beyond 18" },
		{ HEAD "alloc A order=0 gfp=GFP_KERNEL|\n", 2, 32, "nothing after |" },
		{ HEAD "alloc A order=0 gfp=|GFP_KERNEL\n", 2, 21, "nothing before |" },
		{ HEAD "alloc A order=0 gfp=0x100000000\n", 2, 21, "more than the 32 bits" },
		{ HEAD "ALLOC A order=0\n", 2, 1, "nearest are alloc" },
		{ HEAD "drain\n", 2, 1, "nearest are drain_all" },
		{ HEAD "madvise 1 0 1 MADV_DONTNEED\n", 2, 15, "nearest are dontneed" },
		{ HEAD "expect PGFAULT == 1\n", 2, 8, "nearest are pgfault" },
		{ HEAD "expect buddy.0.DMA32 == 1\n", 2, 8, "nearest are buddy.N.ZONE.ORDER" },
		{ HEAD "set profile=6.1\n", 2, 5, "nearest are model.profile" },
		{ HEAD "expect nr_free_pages == 1023K\n", 2, 25, "no multiple of 4096" },
		{ HEAD "expect vm.min_free_kbytes == 44M\n", 2, 30, "counts no pages" },
		{ HEAD "expect skipped == 99999999999999999999\n", 2, 19, "is too large" },
		{ HEAD "expect skipped == -9223372036854775809\n", 2, 19, "is too small" },
		{ HEAD "cgroup /a memory.mx=1\n", 2, 11,
		  "'memory.mx' is no file of a control group; the nearest are memory.max" },
		{ HEAD "fails cgroup /a memory.min=0 bogus=1\n", 2, 30, "'bogus' is no file" },
		{ HEAD "fails cgroup /a memory.min=0 memory.max=\n", 2, 30, "not FILE=VALUE" },
		{ HEAD "cgroup /a/\n", 2, 8, "no path" },
		{ HEAD "cgroup /a//b\n", 2, 8, "no path" },
		{ HEAD "cgroup //\n", 2, 8, "no path" },
		{ HEAD "rmcgroup /a/..\n", 2, 10, "no path" },
		{ HEAD "task 1 cg=/./a\n", 2, 11, "no path" },
		{ HEAD "fails (ENOMEM) sync\n", 2, 7, "no blank after fails" },
		{ HEAD "fails @1s sync\n", 2, 7, "the time stands before fails" },
		{ HEAD "fails fails sync\n", 2, 7, "fails stands there already" },
		{ HEAD "fails(EPERM) fails(ENOMEM) sync\n", 2, 14, "fails stands there" },
		{ HEAD "fails(enomem) sync\n", 2, 7, "nearest are ENOMEM" },
		{ HEAD "fails set vm.swapiness=1\n", 2, 11, "vm.swappiness" },
		{ HEAD "settle 99999999999s\n", 2, 8, "too late" },
		{ "\xef\xbb\xbf" HEAD "sync\n", 1, 1, "byte-order mark" },
		{ HEAD "machine swap_type=ssb\n", 2, 19, "none of ssd|hdd|zram" },
		{ HEAD "machine swap_ratio=1.5\n", 2, 20, "between 0 and 1" },
		{ HEAD "@5\n", 2, 1, "no time" },
		{ HEAD "@2s\n@1s\n", 3, 1, "has passed" },
		{ HEAD "@0.5ns\n", 2, 1, "no time" },
		{ HEAD "@99999999999s\n", 2, 1, "too late" },
		{ HEAD "@99999999999999999999s\n", 2, 1, "too late" },
		{ HEAD "brk 1 0x1001\n", 2, 7, "not page aligned" },
		{ HEAD "brk 1 0x100000000000000000\n", 2, 7, "no address" },
		{ HEAD "mprotect 1 0 1 rq\n", 2, 16, "no protection" },
		{ HEAD "madvise 1 0 1 wontneed\n", 2, 15, "nearest are dontneed" },
		{ HEAD "policy 1 bind\n", 2, 10, "wants nodes" },
		{ HEAD "policy 1 local:1\n", 2, 10, "has no nodes" },
		{ HEAD "policy 1 bind:64\n", 2, 10, "no node" },
		{ HEAD "policy 1 preferred:1,2\n", 2, 10, "has one node" },
		{ HEAD "policy 1 prefered:1\n", 2, 10, "nearest are preferred" },
		{ HEAD "move 1 a\n", 2, 8, "no path" },
		{ HEAD "cgroup /a memory.max\n", 2, 11, "not FILE=VALUE" },
		{ HEAD "set x\n", 2, 5, "KEY=VALUE" },
		{ HEAD "set hugepages-1 x=1\n", 2, 5, "KEY=VALUE" },
		{ HEAD "set vm.swapiness=1\n", 2, 5, "vm.swappiness" },
		{ HEAD "task 1\nset mem=1G\n", 3, 5, "cannot change" },
		{ HEAD "expect pgfualt == 1\n", 2, 8, "nearest are pgfault" },
		{ HEAD "expect free.0.Norml == 1\n", 2, 8, "unknown key" },
		{ HEAD "expect skipped = 1\n", 2, 16, "no operator" },
		{ HEAD "expect skipped ~x 1\n", 2, 16, "percentage" },
		{ HEAD "print\n", 2, 6, "no key" },
		{ HEAD "print skipped skiped\n", 2, 15, "unknown key" },
		{ HEAD "fails\n", 2, 6, "wants a verb" },
		{ HEAD "fails(ENOMEN) sync\n", 2, 7, "nearest are ENOMEM" },
		{ HEAD "fails expect skipped == 0\n", 2, 7, "cannot fail" },
		{ HEAD "sync\001\n", 2, 5, "control character 0x01" },
		{ HEAD "exit 4194305\n", 2, 6, "beyond 4194304" },
	};
	struct mmt_alloc a = MMT_ALLOC_INIT;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct mmt_err e = { 0 };

		parsed.alloc = &a;
		if (scenario_text_parse(&parsed, wrong[i].text, strlen(wrong[i].text), &e) !=
			    -EINVAL ||
		    e.line != wrong[i].line || e.column != wrong[i].column ||
		    !strstr(e.text, wrong[i].reason))
			printf("# %s: %u:%u: %s\n", wrong[i].text, e.line, e.column, e.text);
		CHECK_EQ(e.line, wrong[i].line);
		CHECK_EQ(e.column, wrong[i].column);
		CHECK(strstr(e.text, wrong[i].reason));
		clear(&parsed);
	}
	CHECK_EQ(a.used, 0);
}

TEST(a_line_is_bounded)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	static char text[8192];

	for (unsigned n = MMT_SCENARIO_LINE_MAX - 1; n <= MMT_SCENARIO_LINE_MAX + 1; n++) {
		struct mmt_err e = { 0 };

		memcpy(text, HEAD, strlen(HEAD));
		memset(text + strlen(HEAD), '#', n);
		parsed.alloc = &a;
		CHECK_EQ(scenario_text_parse(&parsed, text, strlen(HEAD) + n, &e) == 0,
			 n <= MMT_SCENARIO_LINE_MAX);
		CHECK_EQ(e.line, n <= MMT_SCENARIO_LINE_MAX ? 0 : 2);
		clear(&parsed);
	}
}

/* A string of a stranger's trace cannot add a line. */
TEST(what_no_line_can_hold_is_not_printed)
{
	static const char *const evil[] = { "A\nfree B", "A B", "A#", "A\033", "" };
	struct mmt_alloc a = MMT_ALLOC_INIT;

	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		struct mmt_dict *dict = mmt_dict_new(&a);
		struct mmt_wr w = { .alloc = &a };
		struct mmt_event ev = { .kind = MMT_EV_scenario_free };
		struct mmt_err e = { 0 };
		uint64_t now = 0;
		bool fresh;

		ev.v[MMT_F(scenario_free, name)] = mmt_dict_intern(dict, evil[i], &fresh);
		ev.v[MMT_F(scenario_free, how)] = MMT_HOW_GIVEN(0);
		CHECK_EQ(mmt_scenario_print(&w, &ev, dict, &now, &e), -EBADMSG);
		mmt_dict_free(dict);
		mmt_wr_free(&w);
	}
	CHECK_EQ(a.used, 0);
}

TEST_NAMED(gfp_names, "KAT 3.2 20.29 GFP flags to text and back")
{
	static const struct {
		const char *name;
		uint64_t bits;
	} known[] = { { "GFP_ATOMIC", 0x820 },
		      { "GFP_KERNEL", 0xcc0 },
		      { "GFP_NOWAIT", 0x2800 },
		      { "GFP_NOIO", 0xc00 },
		      { "GFP_NOFS", 0xc40 },
		      { "GFP_USER", 0x100cc0 },
		      { "GFP_HIGHUSER", 0x100cc2 },
		      { "GFP_HIGHUSER_MOVABLE", 0x100cca },
		      { "GFP_KERNEL_ACCOUNT", 0x400cc0 },
		      { "GFP_KERNEL|__GFP_ZERO", 0xdc0 },
		      { "GFP_TRANSHUGE_LIGHT", 0x1c20ca },
		      { "GFP_KERNEL|__GFP_ZEROTAGS|__GFP_NO_OBJ_EXT", 0x1800cc0 },
		      { "GFP_TRANSHUGE", 0x1c24ca } };
	struct mmt_rng rng = { 5 };
	const char *bad;
	char text[512];
	uint64_t v;
	size_t n;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		CHECK(mmt_gfp_parse(known[i].name, strlen(known[i].name), &v, &bad, &n));
		CHECK_EQ(v, known[i].bits);
		CHECK_STR(mmt_gfp_text(known[i].bits, text, sizeof(text)), known[i].name);
	}
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t bits = i < 32 ? UINT64_C(1) << i : mmt_rng_next(&rng) & UINT32_MAX;

		mmt_gfp_text(bits, text, sizeof(text));
		CHECK(mmt_gfp_parse(text, strlen(text), &v, &bad, &n));
		CHECK_EQ(v, bits);
	}
	CHECK(!mmt_gfp_parse("GFP_KERNEL|", 11, &v, &bad, &n));
	CHECK(!mmt_gfp_parse("0x100000000", 11, &v, &bad, &n));
	CHECK(!mmt_gfp_parse("GFP_KERNEL|x", 12, &v, &bad, &n));
	CHECK_EQ(n, 1);
}

TEST(numbers_are_whole_or_none)
{
	uint64_t v;

	CHECK(mmt_number("18446744073709551615", 20, &v) && v == UINT64_MAX);
	CHECK(!mmt_number("18446744073709551616", 20, &v));
	CHECK(mmt_number("0xffffffffffffffff", 18, &v) && v == UINT64_MAX);
	CHECK(!mmt_number("0x", 2, &v) && !mmt_number("", 0, &v) && !mmt_number("1a", 2, &v));
	CHECK(mmt_fraction("1.5", 3, 1000, false, &v) && v == 1500);
	CHECK(!mmt_fraction("1.5555", 6, 1000, false, &v));
	CHECK(mmt_fraction("1.5555", 6, 1000, true, &v) && v == 1555);
	CHECK(!mmt_fraction("1.", 2, 1000, false, &v) && !mmt_fraction(".5", 2, 1000, false, &v));
	CHECK(!mmt_fraction("0x1.5", 5, 1000, false, &v));
	CHECK(!mmt_fraction("1.0000000000", 12, 1000, false, &v));
	CHECK(!mmt_fraction("99999999999999999999", 20, 1, false, &v));
}

TEST(every_counter_and_every_pattern_is_a_key)
{
	static const struct {
		const char *from, *to;
	} words[] = { { "ZONE", "Normal" }, { "CLASS", "Movable" }, { "TYPE", "cma" },
		      { "ORDER", "10" },    { "ADDR", "0x1000" },   { "N", "1" },
		      { "*", "a.b/c" } };
	struct scenario_key key;
	struct mmt_err e;

	for (unsigned i = 0; i < mm_nr_counters(); i++) {
		const char *name = mm_counter_name(i);
		/* what moves them is not there yet */
		bool still = strncmp(name, "compact_", 8) == 0 ||
			     strncmp(name, "zone_reclaim_", 13) == 0;

		CHECK_EQ(scenario_key_parse(name, &key, &e), still ? -ENOTSUP : 0);
	}
	for (unsigned i = 0; i < scenario_key_count(); i++) {
		const struct scenario_key_info *info = scenario_key_at(i);
		char text[256] = "";

		for (const char *p = info->pattern; *p; p += strcspn(p, "."), p += *p == '.') {
			size_t n = strcspn(p, "."), w = 0;

			while (w < 7 && (strlen(words[w].from) != n || memcmp(words[w].from, p, n)))
				w++;
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s",
				 *text ? "." : "", w < 7 ? 99 : (int)n, w < 7 ? words[w].to : p);
		}
		if (scenario_key_parse(text, &key, &e) != (info->modelled ? 0 : -ENOTSUP))
			printf("# %s: %s: %s\n", info->pattern, text, e.text);
		CHECK_EQ(scenario_key_parse(text, &key, &e), info->modelled ? 0 : -ENOTSUP);
		CHECK_EQ(scenario_key_check(text, false, &e), 0);
	}
	CHECK_EQ(scenario_key_parse("cg./x.usage.peak", &key, &e), 0);
	CHECK(key.id == KEY_CG_PEAK);
	CHECK_STR(key.name, "/x.usage");
	CHECK_EQ(scenario_key_parse("alloc..pfn", &key, &e), -EINVAL);
	CHECK_EQ(scenario_key_parse("", &key, &e), -EINVAL);
	CHECK_EQ(scenario_key_check("free.0.DMA", true, &e), 0);
	CHECK_EQ(scenario_key_check("pgalloc_normal", true, &e), 0);
	CHECK_EQ(scenario_key_check("alloc_slowpath", true, &e), -EINVAL);
	CHECK_EQ(scenario_key_check("task.1.rss", true, &e), 0);
}

static const char small[] =
	HEAD "machine mem=16M cpus=2\nset vm.min_free_kbytes=400\ncgroup /a\ntask 1 cg=/a cpu=1\n"
	     "fork 1 2\nalloc A order=0 n=100 pid=2 gfp=GFP_KERNEL_ACCOUNT\nfree A stride=3\n"
	     "fails free B\nexpect cg./a.usage == 1\nalloc C order=9 n=99\nsettle 2s\nfree A\n"
	     "free C\nexit 1\nprint nr_free_pages\nexpect pageblock.1 == 7\n";

/* Every allocation fails once: an error is told, nothing is lost, nothing breaks. */
TEST(memory_may_run_out_anywhere)
{
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct replay_options o = { .check = 3 };
	bool done = false;

	for (uint64_t n = 1; !done; n++) {
		struct mmt_err e = { 0 };
		struct replay r = { 0 };
		int ret;

		a = (struct mmt_alloc){ .fail_at = n };
		again.alloc = &a;
		ret = scenario_text_parse(&again, small, strlen(small), &e);
		if (!ret) {
			ret = scenario_text_replay(&again, &r, &o, &e);
			if (!ret)
				CHECK_EQ(r.scenario->failed, 2);
			replay_free(&r);
		}
		done = a.calls < n;
		CHECK(done ? ret == 0 : ret == -ENOMEM);
		CHECK(done || e.text[0]);
		clear(&again);
		CHECK_EQ(a.used, 0);
		CHECK(n < 10000);
	}
}

/* The budget of events counts blocks. */
TEST(a_budget_stops_a_large_alloc)
{
	static const char text[] = HEAD "alloc A order=0 n=1000\nalloc B order=0 n=1000\n";
	struct mmt_alloc a = MMT_ALLOC_INIT;
	struct replay_options o = { .max_events = 1500 };
	struct replay r = { 0 };
	struct mmt_err e = { 0 };

	parsed.alloc = &a;
	CHECK_EQ(scenario_text_parse(&parsed, text, strlen(text), &e), 0);
	CHECK_EQ(scenario_text_replay(&parsed, &r, &o, &e), -EDQUOT);
	CHECK(strstr(e.text, "budget of 1500"));
	CHECK_EQ(e.line, 3);
	replay_free(&r);
	clear(&parsed);
	CHECK_EQ(a.used, 0);
}

TEST(every_kind_of_a_scenario_but_time_has_a_verb_of_its_own)
{
	unsigned verbs = 0;

	for (unsigned k = 1; k <= MMT_KIND_MAX; k++) {
		const struct mmt_event_info *info = mmt_event_info(k);
		const char *verb = mmt_scenario_verb(k);
		char name[64];

		if (!info || info->group != MMT_G_SCENARIO || k == MMT_EV_scenario_time) {
			CHECK(!verb);
			continue;
		}
		CHECK(verb);
		snprintf(name, sizeof(name), "scenario_%s", verb);
		CHECK_STR(name, info->name);
		CHECK(mmt_scenario_syntax(k));
		for (unsigned other = 1; other < k; other++)
			CHECK(!mmt_scenario_verb(other) ||
			      strcmp(mmt_scenario_verb(other), verb) != 0);
		verbs++;
	}
	CHECK(verbs > 30);
	CHECK_STR(mmt_scenario_syntax(MMT_EV_scenario_settle), "TIME");
	CHECK_STR(mmt_scenario_syntax(MMT_EV_scenario_ksm_scan), "");
}

TEST_MAIN
