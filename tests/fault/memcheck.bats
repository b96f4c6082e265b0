#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# R4: nothing is read that was never written, by valgrind: whole and damaged traces through the
# commands; in the long run the fuzz corpora and a recorded sample too.

setup_file() {
	load ../cli/common
	build_mktrace
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	make -s --no-print-directory build/tests/cli/mkhost build/tests/cli/damage
	tools=$PWD/build
	cd "$BATS_FILE_TMPDIR" || return 1
	"$tools/tests/cli/mkhost" frames >whole.mmt
	"$tools/tests/cli/damage" payload whole.mmt >payload.mmt 2>told
}

setup() {
	command -v valgrind >/dev/null || skip "no valgrind"
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	MMTRACE=$ROOT/build/mmtrace
	cd "$BATS_FILE_TMPDIR" || return 1
}

# sound STATUS COMMAND...: it exits so, and valgrind has nothing to say, leaks included.
sound() {
	local want=$1 status=0
	shift
	valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
		--log-file=said "$@" >out 2>err || status=$?
	if [ "$status" != "$want" ] || [ -s said ]; then
		echo "$* -> $status"
		head -n 30 said
		return 1
	fi
}

@test "R4 a whole trace through dump and replay" {
	sound 0 "$MMTRACE" dump -n 500 whole.mmt
	sound 0 "$MMTRACE" replay -q -f -o result.json whole.mmt
}

@test "R4 a damaged trace through every command" {
	[ "${MMT_TEST_LONG:-}" ] || skip "make check-long"
	for command in 'info --format=json' dump check export 'convert -f -o out.mmt' \
		'anon --seed=1 -f -o out.mmt' 'replay -f -o result.json'; do
		read -ra words <<<"$command"
		sound 4 "$MMTRACE" "${words[@]}" payload.mmt
	done
	sound 4 "$MMTRACE" report result.json
	sound 0 "$MMTRACE" diff result.json result.json
}

@test "R4 a recorded sample through replay and report" {
	[ "${MMT_TEST_LONG:-}" ] || skip "make check-long"
	sound 0 "$MMTRACE" replay -q -f -o sample.json "$ROOT/traces/guest-6.1-frag.mmt"
	sound 0 "$MMTRACE" report sample.json
}

@test "R4 the fuzz corpora" {
	[ "${MMT_TEST_LONG:-}" ] || skip "make check-long"
	cd "$ROOT" || return 1
	make -s --no-print-directory regress
	for target in tests/fuzz/corpus/*; do
		( # from the top of the sources, where the corpora are
			valgrind -q --error-exitcode=99 --log-file="$BATS_TEST_TMPDIR/said" \
				"build/regress_${target##*/}" >"$BATS_TEST_TMPDIR/out"
		) || true # slower than a test of time allows
		if [ -s "$BATS_TEST_TMPDIR/said" ]; then
			echo "${target##*/}"
			head -n 30 "$BATS_TEST_TMPDIR/said"
			return 1
		fi
		grep -q '^ok' "$BATS_TEST_TMPDIR/out"
		# all of the plan was run
		[ "$(sed -n '1s/1\.\.//p' "$BATS_TEST_TMPDIR/out")" = \
			"$(grep -c '^\(not \)\?ok' "$BATS_TEST_TMPDIR/out")" ]
	done
}
