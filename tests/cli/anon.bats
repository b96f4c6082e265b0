#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace anon: nothing that names, and the same replay.

setup_file() {
	load common
	build_mktrace
}

setup() {
	load common
	common_setup
}

# replays_alike TRACE: its anonymous copy gives the same bytes of result.
replays_alike() {
	"$MMTRACE" anon -q "$1" -f -o copy.mmt || [ $? = 4 ]
	for t in "$1" copy.mmt; do
		"$MMTRACE" replay -q "$t" -f -o "$(basename "$t" .mmt).json" || [ $? = 4 ]
	done
	cmp "$(basename "$1" .mmt).json" copy.json
}

@test "R31 every sample replays to the same bytes when it is anonymous" {
	for sample in "$ROOT"/traces/*.mmt; do
		replays_alike "$sample"
	done
	[ "$(find "$ROOT/traces" -name '*.mmt' | wc -l)" -ge 5 ]
}

@test "R31 a trace with losses, one with a gap, one without trailer" {
	sample=$ROOT/traces/debian-6.12-256m.mmt
	size=$(stat -c %s "$sample")
	cp "$sample" damaged.mmt
	printf 'xxxx' | dd of=damaged.mmt bs=1 seek=$((size / 2)) conv=notrunc status=none
	head -c $((size * 3 / 4)) "$sample" >cut.mmt
	# why a frame is missing is told by its bytes, and these are others
	replays_alike damaged.mmt || true
	for name in damaged copy; do
		jq -e '.flags.partial and .input.gaps == 1' $name.json
		jq 'del(.flags.reasons)' $name.json >$name.told
	done
	cmp damaged.told copy.told
	run -4 "$MMTRACE" anon cut.mmt -o cut-copy.mmt
	[[ "$output" == *'incomplete'* ]]
	run -4 "$MMTRACE" check cut-copy.mmt
	[[ "$output" == *'no trailer'* ]]
	trace lossy
	"$MMTRACE" anon -q lossy.mmt -o lossy-copy.mmt
	"$MMTRACE" info --format json lossy.mmt | jq .losses >want
	"$MMTRACE" info --format json lossy-copy.mmt | jq .losses | cmp - want
}

@test "names are pseudonyms, the same wherever they were; pids and addresses are others" {
	trace plain
	"$MMTRACE" anon -q --seed 5 plain.mmt -o copy.mmt
	"$MMTRACE" dump copy.mmt >out
	[ "$(wc -l <out)" = 43 ]
	grep -q ' p1-[0-9]* mm_page_alloc' out
	grep -q ' p2-[0-9]* mm_page_alloc' out
	run ! grep -qE 'bash|cc1|-10[01] ' out
	zstd -dcq copy.mmt >raw
	run ! grep -qaE 'bash|cc1|6\.12\.0-test' raw
	trace evil
	"$MMTRACE" anon -q --seed 5 evil.mmt -o evil-copy.mmt
	"$MMTRACE" dump evil-copy.mmt | grep -q 'p1-[0-9]* page_fault_user: address=0x[1-9a-f][0-9a-f]*000 '
	"$MMTRACE" dump evil-copy.mmt >out
	run ! grep -q 'address=0x1000 ' out
}

@test "by lot each time, the same by a seed" {
	trace evil
	"$MMTRACE" anon -q --seed 5 evil.mmt -o a.mmt
	"$MMTRACE" anon -q --seed 5 - <evil.mmt >b.mmt -o -
	cmp a.mmt b.mmt
	"$MMTRACE" anon -q evil.mmt -o c.mmt
	"$MMTRACE" anon -q evil.mmt -o d.mmt
	run ! cmp -s c.mmt d.mmt
}

@test "wrong usage and what cannot be exit as they should" {
	trace plain
	fails 2 'name the output' "$MMTRACE" anon plain.mmt
	fails 2 'name one trace' "$MMTRACE" anon -o x
	fails 2 '--seed needs a number' "$MMTRACE" anon --seed x -o x plain.mmt
	fails 2 'nowhere: cannot open' "$MMTRACE" anon nowhere -o x
	fails 4 'not a trace of mmtrace' "$MMTRACE" anon "$ROOT/README.md" -o x
	[ ! -e x ]
	printf '#mmtrace-scenario 1\nmachine mem=64M\n' >s.mms
	"$MMTRACE" import s.mms -o s.mmt
	fails 3 "a scenario is its author's text" "$MMTRACE" anon s.mmt -o x
	[ ! -e x ]
}
