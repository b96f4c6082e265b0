#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace merge: parts of one host in time order, and what cannot be one trace.

setup_file() {
	load common
	build_mktrace
}

setup() {
	load common
	common_setup
}

# part 1: task 1 = tid 100 in mm 1; part 2: another id for it, task 1 = tid 101, new mm after an exec
@test "tasks, strings and address spaces are the same ones in all parts, in time order" {
	trace part1
	trace part2
	"$MMTRACE" merge -q part2.mmt part1.mmt -o whole.mmt
	"$MMTRACE" check -q whole.mmt
	"$MMTRACE" dump whole.mmt >out
	cat out
	"$MMTRACE" dump part1.mmt | cut -d' ' -f1-5 >want
	"$MMTRACE" dump part2.mmt | cut -d' ' -f1-5 >>want
	cut -d' ' -f1-5 out | cmp - want
	"$MMTRACE" dump --format jsonl whole.mmt >json
	# tid 100 has one id throughout, and keeps its mm until it runs a new program
	jq -es '[.[] | select(.task.tid == 100) | .task.id] | unique | length == 1' json
	jq -es '[.[] | select(.task.tid == 101) | .task.id] | unique | length == 1' json
	jq -es '[.[] | select(.event == "exit_mmap") | .fields.mm] == [1, 1, 3, 2]' json
	"$MMTRACE" info --format json whole.mmt | jq -e '.host.parts == 2 and .overhead.cpu_ns == 24691356'
}

@test "parts that overlap: the earlier one tells, and it is said" {
	trace part1
	trace part2
	trace between
	run -0 "$MMTRACE" merge part1.mmt part2.mmt between.mmt -o whole.mmt
	[[ "$output" == *'part2.mmt: 2 events left out: the part before tells of their time'* ]]
	"$MMTRACE" check -q whole.mmt
}

@test "other hosts, boots and parts given twice are refused by name" {
	trace part1
	trace otherboot
	fails 3 'otherboot.mmt: another boot than that of the first part: 3600 s apart' "$MMTRACE" merge part1.mmt otherboot.mmt -o x
	fails 3 'another kernel release than that of the first part: 6.12.117+deb12-amd64, not 6.12.0-test' \
		"$MMTRACE" merge part1.mmt "$ROOT/traces/debian-6.12-256m.mmt" -o x
	cp part1.mmt copy.mmt
	fails 2 'copy.mmt: is the same trace as part1.mmt' "$MMTRACE" merge part1.mmt copy.mmt -o x
	fails 2 'two or more' "$MMTRACE" merge part1.mmt -o x
	fails 2 'name files' "$MMTRACE" merge part1.mmt - -o x
	fails 2 'name the output' "$MMTRACE" merge part1.mmt otherboot.mmt
	[ ! -e x ]
}

@test "a part without its end leaves a gap in the middle, one at the end no trailer" {
	trace part1
	trace part2
	size=$(stat -c %s part1.mmt)
	head -c $((size - 300)) part1.mmt >cut1.mmt
	run -4 "$MMTRACE" merge cut1.mmt part2.mmt -o whole.mmt
	run -4 "$MMTRACE" check whole.mmt
	[[ "$output" == *'frames are missing'* && "$output" != *'no trailer'* ]]
	head -c $(($(stat -c %s part2.mmt) - 300)) part2.mmt >cut2.mmt
	run -4 "$MMTRACE" merge part1.mmt cut2.mmt -f -o whole.mmt
	run -4 "$MMTRACE" check whole.mmt
	[[ "$output" == *'no trailer'* ]]
}
