/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/base/err.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char buf[1024];

TEST_NAMED(full, "path, offset, frame and event stand before the text")
{
	struct mmt_err e = { 0 };

	mmt_err_path(&e, "a.mmt");
	mmt_err_offset(&e, 0x1f40);
	mmt_err_frame(&e, 12);
	CHECK_EQ(mmt_fail(&e, EBADMSG, "order %d exceeds 10", 63), -EBADMSG);
	mmt_err_event(&e, 3);
	CHECK_EQ(e.code, EBADMSG);
	CHECK_STR(mmt_err_format(&e, buf, sizeof(buf)),
		  "a.mmt: at offset 0x1f40, frame 12, event 3: order 63 exceeds 10");
}

TEST_NAMED(parts, "each part may be missing")
{
	struct mmt_err e = { 0 };

	mmt_fail(&e, EINVAL, "no");
	CHECK_STR(mmt_err_format(&e, buf, sizeof(buf)), "no");
	mmt_err_event(&e, 0);
	CHECK_STR(mmt_err_format(&e, buf, sizeof(buf)), "at event 0: no");
	mmt_err_path(&e, "p");
	CHECK_STR(mmt_err_format(&e, buf, sizeof(buf)), "p: at event 0: no");
	e = (struct mmt_err){ 0 };
	mmt_err_path(&e, "p");
	mmt_fail(&e, EINVAL, "no");
	CHECK_STR(mmt_err_format(&e, buf, sizeof(buf)), "p: no");
}

TEST_NAMED(errno_text, "the system's words follow a colon")
{
	struct mmt_err e = { 0 };

	CHECK_EQ(mmt_fail_errno(&e, ENOENT, "cannot open %s", "x"), -ENOENT);
	CHECK_STR(e.text, "cannot open x: No such file or directory");
}

TEST_NAMED(nobody, "without an object only the number comes back")
{
	CHECK_EQ(mmt_fail(NULL, EIO, "x"), -EIO);
	CHECK_EQ(mmt_fail_errno(NULL, EIO, "x"), -EIO);
	mmt_err_path(NULL, "p");
	mmt_err_offset(NULL, 1);
	mmt_err_frame(NULL, 1);
	mmt_err_event(NULL, 1);
}

TEST_NAMED(long_text, "text and path too long are cut, and every buffer size is respected")
{
	struct mmt_err e = { 0 };
	char big[2000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	mmt_err_path(&e, big);
	mmt_err_offset(&e, UINT64_MAX);
	CHECK_EQ(mmt_fail_errno(&e, EIO, "%s", big), -EIO);
	CHECK_EQ(strlen(e.path), sizeof(e.path) - 1);
	CHECK_EQ(strlen(e.text), sizeof(e.text) - 1);
	for (size_t size = 1; size < 600; size++) {
		memset(buf, '!', sizeof(buf));
		mmt_err_format(&e, buf, size);
		CHECK(strlen(buf) < size);
		for (size_t i = size; i < sizeof(buf); i++)
			CHECK_EQ(buf[i], '!');
	}
	buf[0] = '!';
	mmt_err_format(&e, buf, 0);
	CHECK_EQ(buf[0], '!');
}

TEST_NAMED(bug, "MMT_BUG says where and aborts; a false one does nothing")
{
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	MMT_BUG(1 > 2);
	CHECK(pipe(fd) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 2);
		MMT_BUG(1 < 2);
		_exit(0);
	}
	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	n = read(fd[0], buf, sizeof(buf) - 1);
	CHECK(n > 0);
	buf[n] = '\0';
	CHECK(strstr(buf, "t_err.c:") && strstr(buf, "1 < 2"));
	close(fd[0]);
	close(fd[1]);
}

TEST_MAIN
