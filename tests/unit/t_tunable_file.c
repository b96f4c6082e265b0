/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/replay/tunable_file.h"
#include "tests/unit/test.h"

#include <errno.h>

/* All that was said of a file, a line each. */
static char said[1000];

static void say(const char *a, const char *b)
{
	size_t at = strlen(said);

	snprintf(said + at, sizeof(said) - at, "%s %s\n", a, b);
}

static int change(void *ctx, const struct tunable_change *c, struct mmt_err *e)
{
	(void)ctx;
	(void)e;
	say(c->key, c->text);
	return 0;
}

static void left_out(void *ctx, unsigned line, const char *why)
{
	char number[12];

	(void)ctx;
	snprintf(number, sizeof(number), "%u", line);
	say(number, why ? why : "others");
}

static const struct tunable_sink sink = { .change = change, .left_out = left_out };

static void sets(const char *text, const char *want)
{
	struct mmt_err e = { 0 };

	said[0] = '\0';
	CHECK_EQ(tunable_file_parse(text, strlen(text), &sink, &e), 0);
	CHECK_STR(said, want);
}

static void refuses(const char *text, size_t n, int code, const char *want)
{
	struct mmt_err e = { 0 };
	char told[600];

	CHECK_EQ(tunable_file_parse(text, n, &sink, &e), -code);
	CHECK_STR(mmt_err_format(&e, told, sizeof(told)), want);
}

#define REFUSES(text, code, want) refuses(text, sizeof(text) - 1, code, want)

TEST_NAMED(syntax, "comments, blanks, both separators, the last line without an end")
{
	sets("", "");
	sets("\n \t\n# vm.min_free_kbytes = 1\n  ; x\n", "");
	sets("vm.min_free_kbytes=5", "vm.min_free_kbytes 5\n");
	sets(" \tvm/min_free_kbytes \t=  5 \r\n", "vm.min_free_kbytes 5\n");
	sets("vm.lowmem_reserve_ratio = 256\t256 32 0 0\n",
	     "vm.lowmem_reserve_ratio 256\t256 32 0 0\n");
	sets("vm.min_free_kbytes = 5@2s\nmem = 16G\nvm.min_free_kbytes = 6\n",
	     "vm.min_free_kbytes 5\nmem 16G\nvm.min_free_kbytes 6\n");
}

TEST_NAMED(others, "settings of other parts of the kernel are left out, known ones are not theirs")
{
	sets("net.ipv4.conf.*.rp_filter = 2\nkernel/pid_max = 9\nfs.file-max\n",
	     "1 others\n2 others\n3 others\n");
	REFUSES("kernel.numa_balancing = 1\n", ENOTSUP,
		"line 1: kernel.numa_balancing is not modelled yet");
	REFUSES("fsx.a = 1", EINVAL,
		"line 1: unknown tunable 'fsx.a'; the nearest are ksm.*, cma, bdi.*");
}

TEST_NAMED(optional, "after a '-' what cannot be set is left out, with the reason")
{
	sets("-vm.min_free_kbytes = 5\n", "vm.min_free_kbytes 5\n");
	sets("\n- vm.swappiness = 10\n", "2 vm.swappiness is not modelled yet\n");
	sets("-vm.watermark_scale_factor = 9999\n",
	     "1 vm.watermark_scale_factor: '9999' is out of range (1..3000)\n");
	sets("-net.ipv4.conf.all.rp_filter\n-vm.dirty_ratio\n", "");
}

TEST_NAMED(refused, "what is wrong is told with its line")
{
	REFUSES("\n\nvm.swapiness = 1\n", EINVAL,
		"line 3: unknown tunable 'vm.swapiness'; the nearest are vm.swappiness, "
		"vm.stat_interval, vm.stat_refresh");
	REFUSES("vm.min_free_kbytes\n", EINVAL,
		"line 1: 'vm.min_free_kbytes' has no value; a line is KEY = VALUE");
	REFUSES("vm.min_free_kbytes =\n", EINVAL,
		"line 1: vm.min_free_kbytes: '' is not understood (0.., in kB)");
	REFUSES("= 3\n", EINVAL, "line 1: no key; a line is KEY = VALUE");
	REFUSES("vm.dirty_* = 3\n", EINVAL,
		"line 1: 'vm.dirty_*': patterns of keys are not understood");
	REFUSES("vm.min_free\0_kbytes = 3\n", EINVAL, "line 1: a byte 0 in a setting");
	REFUSES("mem = 1G@3s\n", EINVAL, "line 1: mem cannot change during a replay");
}

TEST_NAMED(lengths, "the longest setting, and one character more")
{
	char text[300], want[300];

	memset(text, ' ', sizeof(text));
	memcpy(text, "vm.min_free_kbytes=", 19);
	memset(text + 19, '9', 254 - 18);
	refuses(text, sizeof(text), EINVAL, "line 1: vm.min_free_kbytes: the value is too long");
	text[19 + 254 - 18] = '9';
	snprintf(want, sizeof(want), "line 1: a setting has 254 characters at most");
	refuses(text, sizeof(text), EINVAL, want);
}

static int full(void *ctx, const struct tunable_change *c, struct mmt_err *e)
{
	(void)ctx;
	return mmt_fail(e, ENOMEM, "no room for %s", c->key);
}

TEST_NAMED(ended, "who takes the settings may end it")
{
	const struct tunable_sink no_room = { .change = full, .left_out = left_out };
	static const char text[] = "mem = 1G\nnodes = x\n";
	struct mmt_err e = { 0 };

	CHECK_EQ(tunable_file_parse(text, sizeof(text) - 1, &no_room, &e), -ENOMEM);
	CHECK_STR(e.text, "no room for mem");
	CHECK_EQ(e.line, 1);
}

TEST_MAIN
