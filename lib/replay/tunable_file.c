// SPDX-License-Identifier: GPL-2.0-only
/*
 * Theory: a file as systemd-sysctl and sysctl(8) read it, so that the one of a host can be tried:
 *
 *	# or ; begins a line without a setting
 *	vm.min_free_kbytes = 65536
 *	vm/watermark_scale_factor=200	the first of '.' and '/' separates words, the other is
 *					part of one
 *	-vm.swappiness = 10		what cannot be set is left out, and told
 *	net.core.somaxconn = 4096	another part of the kernel: left out
 *
 * Reference: sysctl.d(5) of systemd 252; sysctl.conf(5) of procps-ng 4.0, which knows no '/' and no
 * pattern. Values are those of --set, with @TIME too.
 *
 * Differs from Linux: a pattern ("vm.*_ratio") is refused, and its exception ("-vm.dirty_ratio"
 * without a value) is no setting: which keys a pattern stands for depends on the kernel that runs.
 */
#include "lib/replay/tunable_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SETTING_MAX 256

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A part of a line. */
struct part {
	const char *p;
	size_t n;
};

static struct part trimmed(const char *p, size_t n)
{
	while (n && is_blank(*p))
		p++, n--;
	while (n && is_blank(p[n - 1]))
		n--;
	return (struct part){ p, n };
}

/* Copy a key with '.' between its words. */
static void copy_key(char *to, struct part key)
{
	const char *slash = memchr(key.p, '/', key.n), *dot = memchr(key.p, '.', key.n);
	bool swap = slash && (!dot || slash < dot);

	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i];

		if (swap && c == '/')
			c = '.';
		else if (swap && c == '.')
			c = '/';
		to[i] = c;
	}
}

/* Whether the key belongs to a part of /proc/sys that has nothing to do with memory. */
static bool of_others(struct part key)
{
	static const char *const others[] = { "abi",	"crypto", "debug",  "dev", "fs",
					      "kernel", "net",	  "sunrpc", "user" };

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		size_t n = strlen(others[i]);

		if (key.n > n && memcmp(key.p, others[i], n) == 0 &&
		    (key.p[n] == '.' || key.p[n] == '/'))
			return true;
	}
	return false;
}

/* Is there a tunable of exactly this key? */
static bool is_ours(struct part key)
{
	char name[SETTING_MAX];

	if (key.n >= sizeof(name))
		return false;
	copy_key(name, key);
	return tunable_find(name, key.n);
}

/* "KEY=VALUE" of a line, for tunable_parse(). */
static int setting(char *to, struct part key, struct part value, struct mmt_err *e)
{
	if (!key.n)
		return mmt_fail(e, EINVAL, "no key; a line is KEY = VALUE");
	if (key.n + value.n + 2 > SETTING_MAX)
		return mmt_fail(e, EINVAL, "a setting has %d characters at most", SETTING_MAX - 2);
	if (memchr(key.p, '\0', key.n) || memchr(value.p, '\0', value.n))
		return mmt_fail(e, EINVAL, "a byte 0 in a setting");
	copy_key(to, key);
	to[key.n] = '\0';
	if (strpbrk(to, "*?["))
		return mmt_fail(e, EINVAL, "'%s': patterns of keys are not understood", to);
	to[key.n] = '=';
	memcpy(to + key.n + 1, value.p, value.n);
	to[key.n + 1 + value.n] = '\0';
	return 0;
}

/* A line that is neither empty nor a comment. */
static int take(struct part line, unsigned number, const struct tunable_sink *sink,
		struct mmt_err *e)
{
	bool optional = *line.p == '-';
	const char *equals = memchr(line.p, '=', line.n);
	size_t n = equals ? (size_t)(equals - line.p) : line.n;
	struct part key = trimmed(line.p + optional, n - optional), value = { "", 0 };
	struct tunable_change c;
	char text[SETTING_MAX];
	struct mmt_err why = { 0 };
	int ret;

	if (optional && !equals)
		return 0; /* the exception of a pattern */
	if (of_others(key) && !is_ours(key)) {
		sink->left_out(sink->ctx, number, NULL);
		return 0;
	}
	if (equals)
		value = trimmed(equals + 1, line.n - n - 1);
	ret = setting(text, key, value, &why);
	if (!ret && !equals)
		ret = mmt_fail(&why, EINVAL, "'%.*s' has no value; a line is KEY = VALUE",
			       (int)key.n, key.p);
	if (!ret)
		ret = tunable_parse(text, &c, &why);
	if (!ret)
		return sink->change(sink->ctx, &c, e);
	if (optional) {
		sink->left_out(sink->ctx, number, why.text);
		return 0;
	}
	return mmt_fail(e, why.code, "%s", why.text);
}

int tunable_file_parse(const char *text, size_t n, const struct tunable_sink *sink,
		       struct mmt_err *e)
{
	unsigned number = 0;

	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t len = end ? (size_t)(end - text) : n, whole = len + (end != NULL);
		struct part line = trimmed(text, len);
		int ret = 0;

		number++;
		if (line.n && *line.p != '#' && *line.p != ';')
			ret = take(line, number, sink, e);
		if (ret) {
			mmt_err_line(e, number, 0);
			return ret;
		}
		text += whole;
		n -= whole;
	}
	return 0;
}
