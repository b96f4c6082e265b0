#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# R41: the thread that reads and unpacks ahead shares nothing with the one that decodes but what a
# lock holds: whole commands under the sanitizer of threads.

setup() {
	[ "${MMT_TEST_LONG:-}" ] || skip "make check-long"
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	make -s --no-print-directory CC=clang-14 WITHOUT_BPF=1 SANITIZE=thread all build/tsan/tests/cli/damage
	export TSAN_OPTIONS=exitcode=66
	work=$BATS_TEST_TMPDIR
}

@test "R41 no data race while a recorded trace is read, whole or damaged" {
	for sample in traces/*.mmt; do
		build/tsan/mmtrace check -q "$sample"
		build/tsan/mmtrace dump "$sample" >"$work/out"
		build/tsan/tests/cli/damage payload "$sample" >"$work/damaged.mmt" 2>"$work/told" ||
			continue # too few frames
		run -4 build/tsan/mmtrace dump "$work/damaged.mmt"
		# left in the middle
		build/tsan/mmtrace dump -n 1000 "$sample" >"$work/out"
	done
}

@test "R41 no data race while a recorded trace is replayed" {
	for sample in traces/guest-6.1-frag.mmt traces/host-6.18-churn.mmt; do
		build/tsan/mmtrace replay -q -f -o "$work/result.json" "$sample"
	done
}
