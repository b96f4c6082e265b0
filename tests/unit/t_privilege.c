/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the kernel refused, by what is known of this process and of the kernel.
 *
 *	CAP_BPF  CAP_PERFMON | namespace  lockdown  filter | the message names
 *	   -          -      |                             | both
 *	   -          x      |                             | CAP_BPF
 *	   x          -      |                             | CAP_PERFMON
 *	   x          x      |     x                       | the user namespace
 *	   x          x      |                x            | the lockdown
 *	   x          x      |                         x   | the filter
 *	   x          x      |                             | a security module
 */
#include "lib/record/privilege.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <linux/capability.h>

#define BIT(n) (UINT64_C(1) << (n))
#define BPF    BIT(CAP_BPF)
#define TRACE  BIT(CAP_PERFMON)

TEST_NAMED(R27_each_reason_has_its_message, "R27 each reason of a refusal has its own message")
{
	static const struct {
		struct rec_privilege p;
		int err, code;
		const char *names, *not ;
	} cases[] = {
		{ { .effective = 0 }, -EPERM, EPERM, "CAP_BPF and CAP_PERFMON are missing", NULL },
		{ { .effective = TRACE }, -EPERM, EPERM, "CAP_BPF is missing", "PERFMON is m" },
		{ { .effective = BPF }, -EACCES, EPERM, "CAP_PERFMON is missing", "CAP_BPF is m" },
		{ { .effective = BPF | TRACE, .user_namespace = true },
		  -EPERM,
		  EPERM,
		  "user namespace",
		  "missing" },
		{ { .effective = BPF | TRACE, .lockdown = true }, -EPERM, EPERM, "locked", NULL },
		{ { .effective = BPF | TRACE, .seccomp = true }, -EPERM, EPERM, "filter", NULL },
		{ { .effective = BIT(CAP_SYS_ADMIN) }, -EPERM, EPERM, "security module", NULL },
		{ { .effective = BPF | TRACE }, -ENOMEM, ENOMEM, "--buffer", NULL },
		{ { .effective = BPF | TRACE }, -EINVAL, EINVAL, "Invalid argument", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct mmt_err e = { 0 };
		int got = rec_privilege_refused(&cases[i].p, cases[i].err, &e);

		printf("# %s\n", e.text);
		CHECK(got == -cases[i].code && e.code == cases[i].code);
		CHECK(strstr(e.text, cases[i].names) != NULL);
		CHECK(!cases[i].not || !strstr(e.text, cases[i].not ));
	}
}

TEST(CAP_SYS_ADMIN_stands_for_both)
{
	struct rec_privilege p = { .effective = BIT(CAP_SYS_ADMIN) };

	CHECK(rec_privilege_has(&p, CAP_BPF) && rec_privilege_has(&p, CAP_PERFMON));
	CHECK(!rec_privilege_has(&p, CAP_SYS_PTRACE));
}

TEST(what_is_refused_here_is_told_once)
{
	struct mmt_io io = MMT_IO_INIT;
	const struct rec_lack *lack[REC_LACKS_MAX];
	unsigned n = rec_privilege_lacks(&io, lack);

	CHECK(n <= REC_LACKS_MAX);
	for (unsigned i = 0; i < n; i++) {
		CHECK(*lack[i]->source == '/' && *lack[i]->lost &&
		      !strncmp(lack[i]->needs, "CAP_", 4));
		for (unsigned j = 0; j < i; j++)
			CHECK(strcmp(lack[i]->source, lack[j]->source));
	}
}

TEST_MAIN
