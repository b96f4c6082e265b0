#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Whole commands on a recorded sample while the host runs out of memory: allocation N fails, alone
# and with all after it, in our code, jansson, zstd or libc. Each run either gives what an
# undisturbed one gives, byte for byte, or exits 2 with a message; it never crashes or hangs.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	sample=$(find traces -name '*.mmt' -size -4096k | sort | head -n 1)
	[ "$sample" ] || skip "no sample in traces/"
	work=$BATS_TEST_TMPDIR
	MMTRACE=$PWD/build/mmtrace
	: "${MMT_TEST_LONG:=}"
}

# points TOTAL: all of them in the long run, else the first fifty and fifty over the rest.
points() {
	if [ "$MMT_TEST_LONG" ] || [ "$1" -le 100 ]; then
		seq "$1"
	else
		seq 50
		seq 51 $((($1 - 50) / 50 + 1)) "$1"
	fi
}

# once LABEL COMMAND...: stdout, stderr, the file "result" if COMMAND writes it, and the status.
once() {
	local to=$work/$1
	shift
	rm -rf "$work/result" "$to"
	mkdir "$to"
	status=0
	timeout 20 env LD_PRELOAD="$PWD/build/nomem.so" "$MMTRACE" "$@" >"$to/out" 2>"$to/err" || status=$?
	[ ! -e "$work/result" ] || mv "$work/result" "$to/result"
}

survives() {
	local want total
	NOMEM_COUNT=$work/count once whole "$@"
	want=$status
	[ "$want" = 0 ] || [ "$want" = 4 ]
	total=$(cat "$work/count")
	[ "$total" -gt 5 ]
	for after in '' yes; do
		for at in $(points "$total"); do
			NOMEM_AT=$at NOMEM_AFTER=$after once failed "$@"
			if [ "$status" = "$want" ]; then
				cmp "$work/whole/out" "$work/failed/out"
				[ ! -e "$work/whole/result" ] || cmp "$work/whole/result" "$work/failed/result"
			elif [ "$status" != 2 ] || ! grep -q '^mmtrace: ' "$work/failed/err"; then
				echo "allocation $at of $total fails${after:+, and all after it}: status $status"
				cat "$work/failed/err"
				return 1
			fi
		done
	done
}

@test "info out of memory" {
	survives info --format=json "$sample"
}

@test "check out of memory" {
	survives check "$sample"
}

@test "dump out of memory" {
	survives dump -n 200 "$sample"
}

@test "replay out of memory" {
	survives replay "$sample" -o "$work/result"
}

@test "report out of memory" {
	"$MMTRACE" replay -q "$sample" -o "$work/base" || [ $? = 4 ]
	survives report "$work/base"
}

@test "diff out of memory" {
	"$MMTRACE" replay -q "$sample" -o "$work/base" || [ $? = 4 ]
	survives diff "$work/base" "$work/base"
}
