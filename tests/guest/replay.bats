#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Loads recorded in guests and replayed: what the kernel did at each snapshot beside what the model
# did. A snapshot is read while the guest works; the model's figure is the nearest of those it had
# in that time. Asked for, for each zone but DMA, in every snapshot (KAT 2.7d, 2.7e, 2.7f):
#
#	free pages		within 0.5 %
#	free + per-CPU pages	within 0.5 %: what an emulated CPU had in its hands when the host
#				held it up is in neither (munmap() frees up to 512 at a time)
#
# and once memory is fragmented: of each order with 100 or more blocks, 5 % more or less.

setup_file() {
	load common.bash
	compile load
}

setup() {
	load common.bash
	[ -x "$MMTRACE" ] || skip "no $MMTRACE"
	command -v jq >/dev/null || skip "no jq"
}

# record SERIES COMMAND [OPTION...]: COMMAND recorded in a guest, sealed and nearly without loss
# (an interrupt within a program loses its event), to $OUT/trace.mmt
record() {
	local series=$1 command=$2
	need_guest "$series"
	shift 2
	run guest "$series" -r "$@" -b "$MMTRACE" -b "$BATS_FILE_TMPDIR/load" <<-END
		HOLD=3 mmtrace record -a -o /out/trace.mmt -- $command
	END
	echo "$output"
	cat "$OUT/log"
	[ "$status" -eq 0 ]
	run "$MMTRACE" check "$OUT/trace.mmt"
	echo "$output"
	[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
	"$MMTRACE" info --format=json "$OUT/trace.mmt" >"$OUT/info.json" || [ $? -eq 4 ]
	jq -e '[.events[] | .lost] | add < 50' "$OUT/info.json"
}

# replay: what the header says of free pages, of $OUT/trace.mmt
replay() {
	local status=0
	"$MMTRACE" replay --max-lost 50 -q -f -o "$OUT/result.json" "$OUT/trace.mmt" || status=$?
	[ "$status" -eq 0 ]
	jq -e '.divergence | (.refused_success // 0) == 0 and (.free_unknown // 0) == 0 and
		(.compaction_short // 0) == 0' "$OUT/result.json"
	cat >"$OUT/zones.jq" <<-'END'
		def abs: if . < 0 then -. else . end;
		# how far [least, most] is from what was recorded
		def off($recorded): [.[] - $recorded] | if min <= 0 and max >= 0 then 0
			else map(abs) | min end;
		.series as $s | ($s.time_ns | length) as $n |
		$s.zones[] | select(.zone != "DMA") | . as $z | range($n) as $i |
		{ zone: "\(.node) \(.zone)", at: ($s.time_ns[$i] / 1e9), free: .recorded_free[$i],
		  pcp: .recorded_pcp[$i],
		  off: ([.free_least[$i], .free_most[$i]] | off($z.recorded_free[$i])),
		  whole: ([.free_least[$i] + .pcp_least[$i], .free_most[$i] + .pcp_most[$i]] |
			  off($z.recorded_free[$i] + $z.recorded_pcp[$i])) }
	END
	jq -c "$(cat "$OUT/zones.jq")" "$OUT/result.json" >"$OUT/zones"
	jq -s -c 'group_by(.zone)[] | max_by(.off / ([.free, 1] | max))' "$OUT/zones"
	[ "$(wc -l <"$OUT/zones")" -ge 5 ]
	jq -s -e 'all(.off <= .free * 0.005 and .whole <= (.free + .pcp) * 0.005)' "$OUT/zones"
}

# blocks: of the snapshot with most small blocks, orders with 100 or more
blocks() {
	cat >"$OUT/blocks.jq" <<-'END'
		.series as $s | $s.zones[] | select(.zone != "DMA") | . as $z |
		(range($s.time_ns | length) | [($z.recorded_blocks[.][:3] | add), .]) as $n |
		[$n] | .[] | { zone: "\($z.node) \($z.zone)", small: .[0], at: .[1] } |
		. as $r | range(11) |
		{ zone: $r.zone, small: $r.small, order: ., recorded: $z.recorded_blocks[$r.at][.],
		  model: ([$z.blocks_begin[$r.at][.], $z.blocks[$r.at][.]]) }
	END
	jq -c "$(cat "$OUT/blocks.jq")" "$OUT/result.json" |
		jq -s -c 'group_by(.zone)[] | (map(.small) | max) as $most |
			map(select(.small == $most and .recorded >= 100))[]' >"$OUT/blocks"
	cat "$OUT/blocks"
	[ "$(wc -l <"$OUT/blocks")" -ge 3 ]
	jq -s -e 'all((.model | min) <= .recorded * 1.05 and (.model | max) >= .recorded * 0.95)' \
		"$OUT/blocks"
}

# undisturbed: reserves are in all snapshots as in the first. The kernel computes them anew when their
# ratio is read, by what zones manage then: here they have got an initrd's pages since boot.
undisturbed() {
	"$MMTRACE" dump "$OUT/trace.mmt" >"$OUT/dump" || [ $? -eq 4 ]
	[ "$(grep -c ' snap_protection: .*zone=DMA .*pages=[1-9]' "$OUT/dump")" -ge 2 ]
	sed -n 's/.* snap_protection: //p' "$OUT/dump" | sort -u >"$OUT/reserves"
	cat "$OUT/reserves"
	[ "$(wc -l <"$OUT/reserves")" -eq "$(sed 's/ pages=.*//' "$OUT/reserves" | sort -u | wc -l)" ]
}

@test "6.12, one node: free pages and blocks of fragmented memory" {
	record 6.12 'load frag 160 8'
	undisturbed
	replay
	blocks
}

@test "6.12, two nodes: free pages and blocks of fragmented memory, one node runs low" {
	record 6.12 'load frag 160 8' -n 2
	replay
	blocks
}

# compacted: the trace has pages that compaction moved, which left the free lists without an event
compacted() {
	"$MMTRACE" dump "$OUT/trace.mmt" >"$OUT/dump" || [ $? -eq 4 ]
	[ "$(grep -c ' remove_migration_pte: ' "$OUT/dump")" -ge 500 ]
}

# accounted: pages of zones, in free lists or of a CPU. Which of both they are in follows from when
# lists were drained; that they are all there, from what compaction took and gave back.
accounted() {
	replay || [ "$(wc -l <"$OUT/zones")" -ge 5 ]
	jq -s -c 'group_by(.zone)[] | max_by(.whole / ([.free, 1] | max))' "$OUT/zones"
	jq -s -e 'all(.whole <= .free * 0.005)' "$OUT/zones"
	jq -e '.divergence | .free_unknown == 0 and .compaction_short == 0' "$OUT/result.json"
}

@test "6.12, one node: no page is lost when memory is compacted" {
	record 6.12 'load compact 160 8'
	compacted
	accounted
}

@test "6.12, two nodes: no page is lost when memory is compacted" {
	record 6.12 'load compact 128 8' -n 2 -m 1G
	compacted
	accounted
}

@test "6.1: free pages of memory that is compacted" {
	record 6.1 'load compact 160 8'
	compacted
	replay
}

@test "6.12, one node: free pages while mappings come and go" {
	record 6.12 'load churn 3000' -m 1G
	replay
}

@test "6.12, two nodes: free pages while mappings come and go" {
	record 6.12 'load churn 3000' -n 2 -m 1G
	replay
}

@test "6.1: free pages and blocks of fragmented memory" {
	record 6.1 'load frag 160 8'
	replay
	blocks
}
