#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # bodies of programs
# tests/run counts what happened, whatever way a test program ends.

setup() {
	RUN=$BATS_TEST_DIRNAME/../run
	unset MMT_COUNTS MMT_TEST_LONG
	cd "$BATS_TEST_TMPDIR" || return 1
}

# counts BODY LAST: a program with this body makes the last line LAST, and the status follow it.
counts() {
	printf '#!/bin/sh\n%s\n' "$1" >program
	chmod +x program
	run "$RUN" "$PWD/program"
	echo "$output"
	[ "${lines[-1]}" = "$2" ]
	case $2 in
	*' 0 failed'*) [ "$status" -eq 0 ] ;;
	*) [ "$status" -eq 1 ] ;;
	esac
}

@test "passed, failed and skipped are counted; the reason and the trouble are shown" {
	counts 'echo 1..3; echo ok 1 - a; echo "ok 2 - b # SKIP no swap"; echo "ok 3 - c"' \
		'2 passed, 0 failed, 1 skipped'
	[[ $output == *"skip "*"b # SKIP no swap"* ]]
	counts 'echo 1..2; echo "# x.c:1: saw 2"; echo not ok 1 - a; echo ok 2 - b; exit 1' \
		'1 passed, 1 failed, 0 skipped'
	[[ $output == *"FAIL "*a*"# x.c:1: saw 2"* ]]
}

@test "a program that dies, or ends early, has failed once more" {
	counts 'echo 1..3; echo ok 1; kill -SEGV $$' '1 passed, 1 failed, 0 skipped'
	counts 'echo 1..3; echo ok 1' '1 passed, 1 failed, 0 skipped'
	counts 'echo 1..1; echo ok 1; echo ok 2' '2 passed, 1 failed, 0 skipped'
}

@test "no plan, an empty plan, and a bad status without a failed test are failures" {
	counts 'echo ok 1' '1 passed, 1 failed, 0 skipped'
	counts ':' '0 passed, 1 failed, 0 skipped'
	counts 'echo 1..0' '0 passed, 1 failed, 0 skipped'
	counts 'echo 1..1; echo ok 1; exit 3' '1 passed, 1 failed, 0 skipped'
}

@test "a program that hangs is ended and has failed" {
	MMT_TEST_TIMEOUT=1 counts 'echo 1..1; exec sleep 60' '0 passed, 1 failed, 0 skipped'
	[[ $output == *"status 124"* ]]
}

@test "a program that cannot be started has failed" {
	run "$RUN" /nowhere/at/all
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = "0 passed, 1 failed, 0 skipped" ]
}

@test "bats files: a failure, a skip, a pass" {
	printf '@test "a" { true; }\n@test "b" { false; }\n@test "c" { skip "no reason"; }\n' >x.bats
	run "$RUN" "$PWD/x.bats"
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = "1 passed, 1 failed, 1 skipped" ]
}

@test "several programs at once are all counted" {
	printf '#!/bin/sh\necho 1..1; echo ok 1\n' >p
	chmod +x p
	run "$RUN" -j 3 "$PWD/p" "$PWD/p" "$PWD/p" "$PWD/p" "$PWD/p"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "5 passed, 0 failed, 0 skipped" ]
}
