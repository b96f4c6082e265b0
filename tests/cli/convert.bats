#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mmtrace convert: whole copies, slices, and what is missing stays missing.

setup_file() {
	load common
	build_mktrace
}

setup() {
	load common
	common_setup
}

# events FILE: what dump says of it.
events() {
	"$MMTRACE" dump "$1" || [ $? = 4 ]
}

@test "a whole copy holds the same events, at any level, and replays to the same bytes" {
	sample=$ROOT/traces/debian-6.12-256m.mmt
	"$MMTRACE" convert -q "$sample" -o whole.mmt
	"$MMTRACE" convert -q --level 19 "$sample" -o small.mmt
	[ "$(stat -c %s small.mmt)" -lt "$(stat -c %s whole.mmt)" ]
	events "$sample" | sha256sum >want
	events whole.mmt | sha256sum | cmp - want
	events small.mmt | sha256sum | cmp - want
	"$MMTRACE" check -q small.mmt
	zstd -tq small.mmt
	"$MMTRACE" replay -q "$sample" -o base.json
	"$MMTRACE" replay -q small.mmt -o small.json
	cmp base.json small.json
	# all but the sizes, and the version they are written in
	local less='del(.bytes, .raw_bytes, .bytes_per_event, .host.version_minor)'
	"$MMTRACE" info --format json "$sample" | jq -S "$less" >a
	"$MMTRACE" info --format json whole.mmt | jq -S "$less" >b
	cmp a b
}

@test "streams: stdin and stdout, no word but on stderr" {
	trace plain
	"$MMTRACE" convert -o - - <plain.mmt >piped.mmt 2>err
	grep -q '43 of 43 events' err
	events piped.mmt | cmp - <(events plain.mmt)
	"$MMTRACE" convert -q -o quiet.mmt plain.mmt 2>err
	[ ! -s err ]
	[ "$(stat -c %a quiet.mmt)" = 600 ]
}

@test "wrong usage exits 2 and writes nothing" {
	trace plain
	fails 2 'name the output' "$MMTRACE" convert plain.mmt
	fails 2 'name one trace' "$MMTRACE" convert -o x plain.mmt plain.mmt
	fails 2 "--from needs a time, not '5x'" "$MMTRACE" convert --from 5x -o x plain.mmt
	fails 2 "--level needs a number from 1 to 19, not '0'" "$MMTRACE" convert --level 0 -o x plain.mmt
	fails 2 "--pid needs a number" "$MMTRACE" convert --pid bash -o x plain.mmt
	fails 2 "--cgroup needs a path" "$MMTRACE" convert --cgroup a -o x plain.mmt
	fails 2 'did you mean alloc?' "$MMTRACE" convert -e aloc -o x plain.mmt
	fails 2 'nowhere: cannot open' "$MMTRACE" convert nowhere -o x
	[ ! -e x ]
	touch x
	fails 2 'exists already' "$MMTRACE" convert plain.mmt -o x
	ln -s x y
	fails 2 'is a symbolic link' "$MMTRACE" convert plain.mmt -f -o y
	"$MMTRACE" convert -q plain.mmt -f -o x
	"$MMTRACE" convert -q x -f -o x
	events x | cmp - <(events plain.mmt)
}

# plain: snapshot at 1 s, 20 allocations from 2 s, 18 frees from 3 s; time 0 is the snapshot's.
@test "a window of time keeps its events and the first full snapshot, and says so" {
	trace plain
	"$MMTRACE" convert -q --from 1.000005s --to 1.000014999s plain.mmt -o part.mmt
	[ "$(events part.mmt | grep -c mm_page_alloc)" = 10 ]
	[ "$(events part.mmt | grep -c 'snap')" = 5 ]
	[ "$(events part.mmt | wc -l)" = 15 ]
	"$MMTRACE" convert -q --from @2.000005 --to @2.000014999 plain.mmt -o same.mmt
	events same.mmt | cmp - <(events part.mmt)
	"$MMTRACE" info part.mmt | grep -q 'slice.from.ns 1000005000'
	"$MMTRACE" convert -q -e mm_page_alloc part.mmt -o again.mmt
	"$MMTRACE" info --format json again.mmt |
		jq -e '.host.slice | .events == "mm_page_alloc" and .of.to.ns == 1000014999'
	"$MMTRACE" convert -q --from 1h plain.mmt -o none.mmt
	[ "$(events none.mmt | wc -l)" = 5 ]
	"$MMTRACE" check -q none.mmt
}

# rows FILE: of meminfo, by snapshot, and whether it tells changes alone
rows() {
	"$MMTRACE" dump --format=jsonl "$1" | jq -r 'if .event == "snapshot_begin" then
			"\(.fields.seq) \(.fields.changes)"
		elif .event == "snap_meminfo" then "\(.fields.name)=\(.fields.value)" else empty end' |
		paste -sd' '
}

@test "the first snapshot of a window tells all that those before it told" {
	trace changes
	[ "$(rows changes.mmt)" = "0 0 Free=10 Dirty=1 1 1 Free=9 2 1 3 1 Dirty=2 4 1" ]
	"$MMTRACE" convert -q --from 2s changes.mmt -o part.mmt # since the start, at 1 s
	[ "$(rows part.mmt)" = "0 0 Free=10 Dirty=1 2 0 Free=9 Dirty=1 3 1 Dirty=2 4 1" ]
	"$MMTRACE" convert -q --from 4s part.mmt -o again.mmt
	[ "$(rows again.mmt)" = "0 0 Free=10 Dirty=1 4 0 Free=9 Dirty=2" ]
	"$MMTRACE" convert -q --from 1s changes.mmt -o next.mmt
	[ "$(rows next.mmt)" = "$(rows changes.mmt)" ]
	"$MMTRACE" convert -q --from 3s -e snapshot_begin,snapshot_end changes.mmt -o none.mmt
	[ "$(rows none.mmt)" = "0 0 3 0 4 1" ]
}

@test "a part of a recording can be replayed, and is another input than the whole" {
	sample=$ROOT/traces/debian-6.12-256m.mmt
	"$MMTRACE" convert -q --from 4s --to 9s "$sample" -o part.mmt
	"$MMTRACE" replay -q part.mmt -o part.json
	"$MMTRACE" replay -q "$sample" -o base.json
	[ "$(jq .input.digest part.json)" != "$(jq .input.digest base.json)" ]
	[ "$(jq .metrics.replayed_alloc.value part.json)" -gt 100 ]
	[ "$(jq .metrics.replayed_alloc.value part.json)" -lt "$(jq .metrics.replayed_alloc.value base.json)" ]
	run -3 "$MMTRACE" diff base.json part.json
}

@test "groups, classes and names of events" {
	trace plain
	for list in alloc mm_page_alloc,mm_page_free demand; do
		"$MMTRACE" convert -q -e $list plain.mmt -f -o part.mmt
		[ "$(events part.mmt | wc -l)" = 38 ]
	done
	"$MMTRACE" convert -q -e snapshot plain.mmt -o rows.mmt
	[ "$(events rows.mmt | wc -l)" = 5 ]
}

# task 2 (pid 101) allocates what has odd places, and task 1 frees it: frees follow frames
@test "a process: what its tasks did, and the frees of its frames by others" {
	trace plain
	"$MMTRACE" convert -q --pid 101 plain.mmt -o part.mmt
	[ "$(events part.mmt | grep -c 'cc1-101 mm_page_alloc')" = 10 ]
	[ "$(events part.mmt | grep -c 'bash-100 mm_page_free')" = 9 ]
	[ "$(events part.mmt | grep -c 'cc1-101 mm_page_free')" = 9 ]
	[ "$(events part.mmt | grep -c 'snap')" = 5 ]
	[ "$(events part.mmt | wc -l)" = 33 ]
	"$MMTRACE" convert -q --pid 4000 plain.mmt -o none.mmt
	[ "$(events none.mmt | wc -l)" = 5 ]
}

# group: tasks 1 and 2; 1 is in /a/b, 2 moves there, forks 3 and leaves; 9 events of faults
@test "a control group: tasks that are in it at that moment, and below it" {
	trace group
	"$MMTRACE" convert -q --cgroup /a -e fault group.mmt -o part.mmt
	events part.mmt
	[ "$(events part.mmt | grep -o 'address=0x[0-9]*' | tr '\n' ' ')" = \
		'address=0x1000 address=0x4000 address=0x5000 address=0x7000 ' ]
	"$MMTRACE" convert -q --cgroup / -e fault group.mmt -o all.mmt
	[ "$(events all.mmt | wc -l)" = 7 ]
	"$MMTRACE" convert -q --cgroup /a/b/c -e fault group.mmt -o none.mmt
	[ "$(events none.mmt | wc -l)" = 0 ]
}

@test "losses go over, those of a window and of kinds alone into a part" {
	trace lossy
	"$MMTRACE" convert -q lossy.mmt -o whole.mmt
	"$MMTRACE" info --format json lossy.mmt | jq .losses >want
	"$MMTRACE" info --format json whole.mmt | jq .losses | cmp - want
	"$MMTRACE" convert -q -e mm_page_free lossy.mmt -o frees.mmt
	[ "$("$MMTRACE" info --format json frees.mmt | jq .lost)" = 5 ]
	"$MMTRACE" convert -q --from 1h -e alloc lossy.mmt -o late.mmt
	[ "$("$MMTRACE" info --format json late.mmt | jq .lost)" = 0 ]
}
