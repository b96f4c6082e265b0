# SPDX-License-Identifier: GPL-2.0-only
# What the tests of the commands share. After `load common`: $MMTRACE is the program, $WORK a
# folder for the test; trace NAME makes $WORK/NAME.mmt (tests/cli/mktrace.c).

bats_require_minimum_version 1.5.0

common_setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	MMTRACE=${MMTRACE:-$ROOT/build/mmtrace}
	WORK=$BATS_TEST_TMPDIR
	unset COLUMNS NO_COLOR LC_ALL LC_CTYPE
	export LANG=C.UTF-8 TERM=xterm
	cd "$WORK" || return 1
}

# For setup_file: the maker of traces.
build_mktrace() {
	[ -z "${MMT_BUILT:-}" ] || return 0
	(
		unset MAKEFLAGS MAKELEVEL MFLAGS
		cd "$BATS_TEST_DIRNAME/../.." && make -s --no-print-directory build/tests/cli/mktrace
	)
}

trace() {
	"$ROOT/build/tests/cli/mktrace" "$@" >"$WORK/$1.mmt"
}

# fails STATUS TEXT COMMAND...: it exits so, prints TEXT on stderr, and its stdout stays empty.
fails() {
	local want=$1 text=$2 status=0
	shift 2
	"$@" >"$WORK/out" 2>"$WORK/err" || status=$?
	if [ "$status" -ne "$want" ] || ! grep -qF -e "$text" "$WORK/err" || [ -s "$WORK/out" ]; then
		echo "$* -> $status, not $want; stderr:"
		cat "$WORK/err"
		echo "stdout:"
		head -n 5 "$WORK/out"
		return 1
	fi
}

# golden NAME: stdin equals tests/golden/cli/NAME; MMT_GOLDEN=1 writes it anew.
golden() {
	if [ "${MMT_GOLDEN:-}" ]; then
		cat >"$ROOT/tests/golden/cli/$1"
	else
		diff -u "$ROOT/tests/golden/cli/$1" -
	fi
}
