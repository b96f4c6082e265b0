# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For the tests that run in guests: load it in setup() of a .bats file.

cd "$BATS_TEST_DIRNAME/../.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
OUT=$BATS_TEST_TMPDIR/out
MMTRACE=${MMTRACE:-$PWD/build/mmtrace}

# Skip the test if no guest with a kernel of SERIES can run here.
need_guest() {
	local tool
	for tool in qemu-system-x86_64 busybox cpio modprobe mkswap mke2fs xz; do
		command -v "$tool" >/dev/null || skip "no $tool"
	done
	tests/guest/get-kernel "$1" >/dev/null 2>"$BATS_TEST_TMPDIR/why" ||
		skip "$(cat "$BATS_TEST_TMPDIR/why")"
}

# compile NAME [MORE...]: tests/guest/NAME.c to $BATS_FILE_TMPDIR/NAME.
compile() {
	local name=$1
	shift
	"${CC:-gcc}" -std=c11 -D_GNU_SOURCE -I. -O2 -Wall -Wextra -Werror \
		-o "$BATS_FILE_TMPDIR/$name" "tests/guest/$name.c" "$@"
}

# guest SERIES [OPTION...]: run the script on stdin there; /out there is $OUT here.
guest() {
	local series=$1
	shift
	cat >"$BATS_TEST_TMPDIR/script"
	tests/guest/run -k "$series" -o "$OUT" "$@" "$BATS_TEST_TMPDIR/script"
}
