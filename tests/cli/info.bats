#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace info: what a trace holds, what was lost, what is missing.

setup_file() {
	load common
	build_mktrace
}

setup() {
	load common
	common_setup
}

@test "a whole trace: golden text" {
	trace plain
	"$MMTRACE" info plain.mmt | sed -E 's/^(size .*)/size/' | golden info.txt
}

@test "events are counted by name: kept and lost" {
	trace lossy
	"$MMTRACE" info --format json lossy.mmt >out
	jq -e '.events.mm_page_alloc == {kept: 20, lost: 0}' out
	jq -e '.events.mm_page_free == {kept: 18, lost: 5}' out
	jq -e '.events.page_fault_user == {kept: 0, lost: 2}' out
	jq -e '.kept == 38 and .lost == 7 and .rows == 5' out
	jq -e '[.losses[] | .cause] == ["ring", "nested"]' out
	jq -e '[.losses[] | .cpu] == [1, 1]' out
	jq -e '.sealed and .complete and .why_incomplete == "" and .gaps == []' out
	jq -e '.snapshots == {full: 1, light: 0, end: 0}' out
	jq -e '.overhead.cpu_ns == 12345678 and .host.kernel.release == "6.12.0-test"' out
	jq -e '.last_time - .first_time == 2000017000' out
}

@test "rows of snapshots are left out of the bytes per event" {
	trace plain
	# 38 events and 5 rows share one frame: each event costs the same share of its bytes
	"$MMTRACE" info --format json plain.mmt >out
	jq -e '.bytes_per_event > 2 and .bytes_per_event * 43 < .bytes' out
	trace empty
	"$MMTRACE" info --format json empty.mmt | jq -e '.bytes_per_event == 0 and .kept == 0'
}

@test "a trace never sealed is told, shown, and exits 4" {
	trace unsealed
	run -4 --separate-stderr "$MMTRACE" info unsealed.mmt
	[[ "$output" == *"38 kept, 0 lost"* ]]
	[[ "$output" == *"complete    NO: no trailer"* ]]
	[[ "$stderr" == *"unsealed.mmt: incomplete: no trailer"* ]]
	run -4 --separate-stderr "$MMTRACE" info --format json unsealed.mmt
	jq -e '.kept == 38 and (.sealed or .complete | not) and .overhead == null' <<<"$output"
}

@test "a trace cut anywhere exits 4 and never says it is complete" {
	trace plain
	size=$(stat -c %s plain.mmt)
	for at in $(seq 1 97 $((size - 1))) $((size - 1)); do
		head -c "$at" plain.mmt >part
		status=0
		"$MMTRACE" info part >out 2>err || status=$?
		[ "$status" = 4 ]
		if grep -q 'complete    yes' out; then return 1; fi
		[ -s err ]
	done
}

@test "a flipped bit is told as a gap or a seal that does not agree, and exits 4" {
	trace plain
	# a byte of the events' frame, which ends where the unsealed file does: its events go
	trace unsealed
	cp plain.mmt flipped
	at=$(($(stat -c %s unsealed.mmt) - 100))
	printf '\377\0' | dd of=flipped bs=1 seek=$at conv=notrunc status=none
	if cmp -s plain.mmt flipped; then return 1; fi
	run -4 --separate-stderr "$MMTRACE" info flipped
	[[ "$output" == *"complete    NO"* ]]
	[[ "$output" == *"events      0 kept"* ]]
	[[ "$output" == *"gap         "* ]]
}

@test "standard input is as good as a file, and no seek is needed" {
	trace plain
	"$MMTRACE" info --format json plain.mmt >file
	cat plain.mmt | "$MMTRACE" info --format json - >pipe
	cmp file pipe
}

@test "what is no trace exits 4 and says so" {
	head -c 4096 /dev/zero >zeros
	fails 4 'zeros: at offset 0x0: not a trace' "$MMTRACE" info zeros
	: >nothing
	fails 4 'nothing: at offset 0x0: empty' "$MMTRACE" info nothing
}

@test "an unknown format exits 2 and names those there are" {
	fails 2 "unknown format 'xml'; there are text, json" "$MMTRACE" info --format xml x
}

@test "the same trace gives the same bytes twice" {
	trace lossy
	for format in text json; do
		"$MMTRACE" info --format $format lossy.mmt >a
		"$MMTRACE" info --format $format lossy.mmt >b
		cmp a b
	done
}
