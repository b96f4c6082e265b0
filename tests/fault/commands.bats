#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Whole commands while the host runs out of memory (R14: allocation N fails, alone and with all
# after it, in our code, jansson, zstd or libc) and while its files fail (R15: the Nth call that
# reaches a file gives EIO or ENOSPC, is interrupted, or moves a single byte). Each run either gives
# what an undisturbed one gives, byte for byte, or exits 2 with a message; it never crashes or
# hangs, and what it leaves behind is never taken for whole.

setup_file() {
	load ../cli/common
	build_mktrace
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	make -s --no-print-directory build/tests/cli/mkhost build/tests/fault/every build/nomem.so build/noio.so
	tools=$PWD/build
	cd "$BATS_FILE_TMPDIR" || return 1
	mkdir in
	"$tools/tests/cli/mkhost" frames >in/trace.mmt
	"$tools/tests/cli/mktrace" part1 >in/part1.mmt
	"$tools/tests/cli/mktrace" part2 >in/part2.mmt
	"$tools/mmtrace" export -o in/scenario.mms in/trace.mmt
	"$tools/mmtrace" replay -q -o in/base.json in/trace.mmt
	"$tools/mmtrace" replay -q -s vm.watermark_scale_factor=300 -o in/other.json in/trace.mmt
}

setup() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	MMTRACE=$ROOT/build/mmtrace
	work=$BATS_TEST_TMPDIR
	mkdir "$work/whole" "$work/failed"
	cd "$BATS_FILE_TMPDIR" || return 1
	quiet='' least=1 most=16
	program=$MMTRACE nomem=(LD_PRELOAD="$ROOT/build/nomem.so")
	: "${MMT_TEST_LONG:=}"
}

# points TOTAL: all of them in the long run, else half of $most at the start and half over the rest.
points() {
	local half=$((most / 2))
	if { [ "$MMT_TEST_LONG" ] && [ "$most" = 16 ]; } || [ "$1" -le "$most" ]; then
		seq "$1"
	else
		seq $half
		seq $((half + 1)) $((($1 - half) / half + 1)) "$1"
	fi
}

# once LABEL COMMAND...: stdout, stderr, the file "result" if COMMAND writes it, and the status.
once() {
	local to=$work/$1
	shift
	[ ! -e "$to/result" ] || rm "$to/result"
	status=0
	(
		export "${faults[@]}"
		exec "$program" "$@" >"$to/out" 2>"$to/err"
	) || status=$?
	[ ! -e "$work/result" ] || mv "$work/result" "$to/result"
}

# each RULES COMMAND...: once for each line of stdin, which says what fails (every.c).
each() {
	local rules=$1
	shift
	"$ROOT/build/tests/fault/every" "$work" "$want" "$MMTRACE" "$rules" "$program" "$@"
}

# survives COMMAND...: failing allocations.
survives() {
	local total
	rm -f "$work/count"
	faults=("${nomem[@]}" NOMEM_COUNT="$work/count")
	once whole "$@"
	want=$status
	[ "$want" -lt 2 ] || [ "$want" = 4 ] || return 1 # errors do not end it: its caller asks
	total=$(cat "$work/count")
	# our own and jansson's may be none, libc's never are
	if [ "$total" = 0 ]; then
		[ "$program" != "$MMTRACE" ]
		return
	fi
	echo "$total allocations"
	for after in '' yes; do
		for at in $(points "$total"); do
			printf '%s\t' "${nomem[@]}" NOMEM_AT="$at"
			echo NOMEM_AFTER="$after"
		done
	done >"$work/lines"
	each "${quiet:+q}-" "$@" <"$work/lines"
}

# bears COMMAND...: failing calls that reach files.
bears() {
	local total
	rm -f "$work/count"
	faults=(LD_PRELOAD="$ROOT/build/noio.so" NOIO_COUNT="$work/count")
	once whole "$@"
	want=$status
	[ "$want" -lt 2 ] || [ "$want" = 4 ] || return 1 # errors do not end it: its caller asks
	total=$(cat "$work/count")
	[ "$total" -ge "$least" ] || return 1
	echo "$total calls"
	for errno in 5 28 4 0; do # EIO, ENOSPC, EINTR, a single byte
		for after in '' yes; do
			# interrupted for ever would never end
			[ "$errno$after" != 4yes ] || continue
			[ "$MMT_TEST_LONG" ] || [[ "$errno$after" != @(5yes|28|28yes|0yes) ]] || continue
			for at in $(points "$total"); do
				printf '%s\tNOIO_AT=%s\tNOIO_ERRNO=%s\tNOIO_AFTER=%s\n' \
					LD_PRELOAD="$ROOT/build/noio.so" "$at" "$errno" "$after"
			done >"$work/lines"
			rules=-
			[ "$errno" != 4 ] && [ "$errno" != 0 ] || rules=m
			each $rules "$@" <"$work/lines" || return 1
		done
	done
}

# of THIS: a command and its operands; the output is "result".
table() {
	printf '%s\n' \
		'info --format=json in/trace.mmt' \
		'info in/trace.mmt' \
		'dump -n 200 in/trace.mmt' \
		'dump --format=jsonl -n 50 in/trace.mmt' \
		'check in/trace.mmt' \
		'convert -q in/trace.mmt -o result' \
		'merge -q in/part1.mmt in/part2.mmt -o result' \
		'anon -q --seed 1 in/trace.mmt -o result' \
		'export in/trace.mmt -o result' \
		'import in/scenario.mms -o result' \
		'replay in/trace.mmt -o result' \
		'replay -q in/scenario.mms -o result' \
		'report in/base.json' \
		'report --format=json in/base.json' \
		'diff in/base.json in/other.json' \
		'diff --format=json in/base.json in/other.json' \
		'list metrics' \
		'list --format=json tunables' \
		'list gfp 0x140dca' \
		'completion bash' \
		'version'
}

# over COMMANDS CHECK: each line of the table that begins with one of them.
over() {
	local line words
	while read -r line; do
		read -ra words <<<"$line"
		[[ " $1 " == *" ${words[0]} "* ]] || continue
		"$2" "${words[@]/#result/$work/result}" || {
			echo "in: $line"
			return 1
		}
	done < <(table)
}

@test "R14 info, dump and check out of memory" {
	over 'info dump check' survives
}

@test "R14 convert, merge and anon out of memory" {
	over 'convert merge anon' survives
}

@test "R14 import and export out of memory" {
	over 'import export' survives
}

@test "R14 replay out of memory" {
	over replay survives
}

@test "R14 report and diff out of memory" {
	over 'report diff' survives
}

@test "R14 list, completion and version out of memory" {
	over 'list completion version' survives
}

@test "R14 doctor out of memory" {
	[ -z "${WITHOUT_BPF:-}" ] || skip "built without BPF"
	[ "$(id -u)" = 0 ] || skip "needs root"
	# what it does not find is its answer; that is on stdout
	quiet=yes
	survives doctor
	[ "$(head -n 1 "$work/whole/out")" = "$(head -n 1 "$work/failed/out")" ]
	NOMEM_AT=20 LD_PRELOAD=$ROOT/build/nomem.so run -2 "$MMTRACE" doctor
	[[ "$output" == *'cannot load /sys/kernel/btf/vmlinux: no memory for it'* ]]
}

@test "R14 recorded samples out of memory, every allocation" {
	[ "$MMT_TEST_LONG" ] || skip "only in the long run"
	for sample in "$ROOT"/traces/guest-6.1-frag.mmt "$ROOT"/traces/host-6.18-churn.mmt; do
		survives info --format=json "$sample"
		survives dump -n 200 "$sample"
	done
}

# What leaks on the way makes the exit status 99.
@test "R14 no command leaks when memory runs out" {
	[ "$MMT_TEST_LONG" ] || skip "only in the long run"
	make -s --no-print-directory -C "$ROOT" WITHOUT_BPF=1 SANITIZE=fault all
	program=$ROOT/build/fault/mmtrace most=40
	nomem=(ASAN_OPTIONS=exitcode=99:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1)
	over 'info dump check convert merge anon import export replay report diff list completion version' \
		survives
}

@test "R15 info, dump and check while files fail" {
	over 'info dump check' bears
}

@test "R15 convert, merge and anon while files fail" {
	least=5
	over 'convert merge anon' bears
}

@test "R15 import and export while files fail" {
	least=3
	over 'import export' bears
}

@test "R15 replay while files fail" {
	least=5
	over replay bears
}

@test "R15 report and diff while files fail" {
	over 'report diff' bears
}

@test "R15 a full device is told by every command that prints" {
	while read -r line; do
		read -ra words <<<"$line"
		status=0
		"$MMTRACE" "${words[@]/#result/$work/result}" >/dev/full 2>"$work/err" || status=$?
		# a command whose output is a file has nothing to say there
		[[ "$line" == *result* && "$status" -lt 2 ]] || {
			echo "$line: $status"
			[ "$status" = 2 ]
			grep -q '^mmtrace: .*cannot write' "$work/err"
		}
		rm -f "$work/result"
	done < <(table)
}
