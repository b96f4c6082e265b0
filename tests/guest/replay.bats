#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Loads recorded in guests and replayed: what the kernel did at each snapshot beside what the model
# did. Asked for, for each zone:
#
#	free + per-CPU pages	the same within 64 pages, which the kernel's per-CPU counters hold back
#	free pages		within 0.5 % and QUANTUM pages: what a refill or drain of a CPU's lists
#				moves at once (6.12: 992 a time), and when it does depends on which
#				pages were in the lists at the start, which no snapshot shows
#	blocks by order		once memory is fragmented, where there are 100 or more: within 5 %, and
#				QUANTUM single pages, or QUANTUM spread over blocks of orders 0 to 2
#
# The first two in the last snapshot and in four of five of the others: an emulated CPU that the
# host keeps waiting in the middle of an event tells it after the snapshot that it comes before.

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

# replay QUANTUM: what the header says, of $OUT/trace.mmt
replay() {
	local status=0
	quantum=$1
	"$MMTRACE" replay --max-lost 50 -q -f -o "$OUT/result.json" "$OUT/trace.mmt" || status=$?
	[ "$status" -eq 0 ]
	jq -e '.divergence | (.refused_success // 0) == 0 and (.double_alloc // 0) == 0' \
		"$OUT/result.json"
	cat >"$OUT/zones.jq" <<-'END'
		def abs: if . < 0 then -. else . end;
		.series as $s | ($s.time_ns | length) as $n |
		$s.zones[] | select(.zone != "DMA") | . as $z | range($n) as $i |
		{ zone: "\(.node) \(.zone)", at: ($s.time_ns[$i] / 1e9), last: ($i == $n - 1),
		  free: .recorded_free[$i], off: (.free[$i] - .recorded_free[$i] | abs),
		  whole: (.free[$i] + .pcp[$i] - .recorded_free[$i] - .recorded_pcp[$i] | abs) }
	END
	jq -c "$(cat "$OUT/zones.jq")" "$OUT/result.json" >"$OUT/zones"
	jq -c "select(.whole > 64 or .off > .free * 0.005 + $quantum)" "$OUT/zones" >"$OUT/bad"
	echo "$(wc -l <"$OUT/bad") of $(wc -l <"$OUT/zones") differ:"
	cat "$OUT/bad"
	[ "$(wc -l <"$OUT/zones")" -ge 5 ]
	[ $((5 * $(wc -l <"$OUT/bad"))) -le "$(wc -l <"$OUT/zones")" ]
	if grep '"last":true' "$OUT/bad"; then return 1; fi
}

# blocks: of the snapshot with most small blocks, orders with 100 or more
blocks() {
	cat >"$OUT/blocks.jq" <<-'END'
		def abs: if . < 0 then -. else . end;
		.series as $s | $s.zones[] | select(.zone != "DMA") | . as $z |
		(range($s.time_ns | length) | [($z.recorded_blocks[.][:3] | add), .]) as $n |
		[$n] | .[] | { zone: "\($z.node) \($z.zone)", small: .[0], at: .[1] } |
		. as $r | range(11) |
		{ zone: $r.zone, small: $r.small, order: ., recorded: $z.recorded_blocks[$r.at][.],
		  model: $z.blocks[$r.at][.] } |
		. + { off: (.model - .recorded | abs) }
	END
	jq -c "$(cat "$OUT/blocks.jq")" "$OUT/result.json" |
		jq -s -c 'group_by(.zone)[] | (map(.small) | max) as $most |
			map(select(.small == $most and .recorded >= 100))[]' >"$OUT/blocks"
	cat "$OUT/blocks"
	[ "$(wc -l <"$OUT/blocks")" -ge 3 ]
	jq -s -e "all(.off <= .recorded * 0.05 + $quantum / (if .order == 0 then 1 else 7 end))" \
		"$OUT/blocks"
}

@test "6.12, one node: fragmented memory" {
	record 6.12 'load frag 160 8'
	replay 1100
	blocks
}

@test "6.12, two nodes: fragmented memory, one node runs low" {
	record 6.12 'load frag 160 8' -n 2
	# frees pile up in the lists of both CPUs
	replay 2500
	blocks
}

@test "6.12: mappings come and go" {
	record 6.12 'load churn 3000' -m 1G
	replay 1100
}

@test "6.1: fragmented memory" {
	record 6.1 'load frag 160 8'
	replay 600
	blocks
}
