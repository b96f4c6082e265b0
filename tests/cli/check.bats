#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace check: whole traces pass, every kind of damage and nonsense is named.

setup_file() {
	load common
	build_mktrace
}

setup() {
	load common
	common_setup
}

# finds TEXT NAME: check exits 4 with TEXT as a problem of trace NAME.
finds() {
	trace "$2"
	run -4 "$MMTRACE" check "$2.mmt"
	[[ "$output" == *"$2.mmt: problem: $1"* ]] || {
		echo "$output"
		return 1
	}
	run -4 "$MMTRACE" check -q "$2.mmt"
	[ -z "$output" ]
}

@test "whole traces are ok" {
	for name in plain evil empty; do
		trace $name
		run -0 "$MMTRACE" check $name.mmt
		[[ "$output" == "$name.mmt: ok in "* ]]
	done
}

@test "lost events are a problem" {
	finds 'events lost while recording: 7' lossy
}

@test "a missing trailer is a problem" {
	finds 'no trailer' unsealed
}

@test "a frame allocated twice, a block freed twice (C2)" {
	finds 'frames allocated that were allocated already: 1, first mm_page_alloc at 0.000000004' twice
	[ -z "$output" ]
	run -4 "$MMTRACE" check twice.mmt
	[[ "$output" == *'frames freed that were free already: 4, first mm_page_free at 0.000000008'* ]]
	# single pages come from the bulk allocator without an event: told, no problem
	[[ "$output" == *'note: single pages freed that no event allocated (bulk allocation has none): 1'* ]]
}

@test "ids without a dictionary entry (C3)" {
	finds 'ids that no dictionary explains: 3, first page_fault_user' orphan
}

@test "a CPU's clock that goes back (C1): by a second is a problem, by 50 us is not" {
	finds "events whose CPU's clock had gone further: 1, first mm_page_free at 4.000000000 on CPU 0" clock
}

@test "snapshots inside one another, VMA lists one short (C4)" {
	finds 'snapshots that begin inside one, or end outside: 1' open
	run -4 "$MMTRACE" check open.mmt
	[[ "$output" == *'VMA lists with another number of rows than they say: 1'* ]]
}

@test "pages that the kernel counted stand beside those of events, where every task was recorded" {
	for name in counted recounted; do
		trace $name
		run -4 "$MMTRACE" check $name.mmt # an event was lost
		echo "$output"
		[[ "$output" == *'note: pages allocated between the first and the last snapshot: 4 by /proc/vmstat, 4 by events and 0 events lost: the same'* ]]
		[[ "$output" == *'note: pages freed between the first and the last snapshot: 50 by /proc/vmstat, 24 by events and 1 events lost: 500.0 permille less'* ]]
	done
	for name in filtered plain; do
		trace $name
		run "$MMTRACE" check $name.mmt
		[[ "$output" != */proc/vmstat* ]]
	done
}

@test "every single-bit flip of a trace is found (R7)" {
	trace plain
	size=$(stat -c %s plain.mmt)
	for i in $(seq 0 131 $((size - 1))); do
		cp plain.mmt flipped
		byte=$(od -An -tu1 -j "$i" -N 1 plain.mmt)
		printf "\\$(printf %o $((byte ^ 1 << i % 8)))" | dd of=flipped bs=1 seek="$i" conv=notrunc status=none
		status=0
		"$MMTRACE" check -q flipped 2>err || status=$?
		[ "$status" = 4 ] || {
			echo "bit $((i % 8)) of byte $i of $size: status $status"
			return 1
		}
	done
}

@test "several traces: each is told, the worst decides, unreadable is worst" {
	trace plain
	trace lossy
	run -4 "$MMTRACE" check plain.mmt lossy.mmt plain.mmt
	[ "$(grep -c 'plain.mmt: ok' <<<"$output")" = 2 ]
	run -2 "$MMTRACE" check plain.mmt nowhere lossy.mmt
	[[ "$output" == *'lossy.mmt: 1 problem'* ]]
}

@test "a trace over a pipe" {
	trace plain
	cat plain.mmt | "$MMTRACE" check -
}
