#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# R9: the memory of commands that read a trace, and their time where it is a bomb, against what
# mmtrace-security(7) says of it: 64 MiB, 4 times the names of tasks and files, and 40 bytes for each
# frame of the machine; for check a quarter of a byte for each frame of the 16 MiB around a named one.

setup_file() {
	load common
	build_mktrace
	[ -n "${MMT_BUILT:-}" ] || (
		unset MAKEFLAGS MAKELEVEL MFLAGS
		cd "$BATS_TEST_DIRNAME/../.." &&
			make -s --no-print-directory build/tests/cli/{mkbomb,peak}
	)
}

setup() {
	load common
	common_setup
}

# cost KIB COMMAND...: sets status and ms; it needed no more memory than that.
cost() {
	local most=$1 kib
	shift
	"$ROOT/build/tests/cli/peak" "$WORK/cost" "$MMTRACE" "$@" >out 2>err || true
	read -r status kib ms <cost
	echo "$*: status $status, $kib of $most KiB, $ms ms"
	[ "$kib" -le "$most" ]
}

# within NAMES FRAMES FILE STATUS...: every command that reads it, with KiB of names, exits so.
within() {
	local most=$((65536 + 4 * $1 + $2 * 40 / 1024)) file=$3 more
	shift 3
	for command in 'info --format=json' check 'dump -n 1000' 'convert -q -f -o out.mmt' \
		'anon -q -f --seed=1 -o out.mmt' 'export -f -o out.mms' 'replay -q -f -o out.json'; do
		read -ra words <<<"$command"
		more=0
		[ "$command" != check ] || more=${check:-0}
		cost $((most + more)) "${words[@]}" "$file"
		[[ " $* " == *" $status "* ]]
	done
}

# frames FILE: of the zones that its start snapshot tells.
frames() {
	"$MMTRACE" dump --format=jsonl -e snap_zone "$1" |
		jq -s '[.[] | .fields | {key: "\(.node) \(.zone)", value: .spanned}] | from_entries | add // 0'
}

@test "R9 recorded samples are read within the memory that the manual states" {
	for sample in "$ROOT"/traces/*.mmt; do
		within 1024 "$(frames "$sample")" "$sample" 0
	done
}

@test "R9 frames that lie are refused within 100 ms and 64 MiB: 1 GiB in 33 KB, a window of 2 GiB" {
	for bomb in ratio stream window count; do
		"$ROOT/build/tests/cli/mkbomb" $bomb >bomb.mmt
		for command in 'info --format=json' check 'replay -q -f -o out.json'; do
			read -ra words <<<"$command"
			cost 65536 "${words[@]}" bomb.mmt
			[ "$status" = 4 ] || [ "$status" = 3 ]
			[ "$ms" -lt 100 ]
		done
		"$MMTRACE" info --format=json bomb.mmt >told 2>err || true
		jq -e '.gaps | length == 1' told
		jq -r '.gaps[].why' told
	done
}

@test "R9 R10 a hundred years between two events cost nothing" {
	"$ROOT/build/tests/cli/mkbomb" jump >bomb.mmt
	within 0 16384 bomb.mmt 0
	cost 66176 replay -q -f -o out.json bomb.mmt
	[ "$ms" -lt 100 ]
}

@test "R9 a million tasks, 80 MB of names: four times what they are, and no more" {
	"$ROOT/build/tests/cli/mkbomb" forks >bomb.mmt
	within 102400 16384 bomb.mmt 0
	"$ROOT/build/tests/cli/mkbomb" names >bomb.mmt
	within 82000 16384 bomb.mmt 0
}

@test "R9 frames named all over 4.9 TB end a replay: the machine they are said to be of is small" {
	"$ROOT/build/tests/cli/mkbomb" far >bomb.mmt
	check=300000 # 1 KiB for each 16 MiB named
	within 0 16384 bomb.mmt 0 3
	fails 3 'frames are named far beyond the zones of the host' "$MMTRACE" replay -f -o x.json bomb.mmt
	fails 3 'frames are named far beyond the zones of the host' "$MMTRACE" export -f -o x.mms bomb.mmt
}

@test "R9 each frame of a machine allocated, and of one of 16 TiB that is not" {
	"$ROOT/build/tests/cli/mkbomb" full >bomb.mmt
	within 0 262144 bomb.mmt 0
	"$ROOT/build/tests/cli/mkbomb" vast >bomb.mmt
	within 0 16384 bomb.mmt 0 3 4
	[ "$ms" -lt 100 ]
}
