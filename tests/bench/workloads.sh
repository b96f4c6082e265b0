#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What recording costs real work: a compile, what stress-ng does to memory, a database. CPU time of
# the work (its children's too) untraced, under mmtrace and under trace-cmd on the same events, in
# turn; of each the lower quartile, and what it is of the untraced. Then the recorders' own CPU time,
# what they wrote and what they lost. Nothing is judged here: work of a second differs by some
# percent from run to run, so read the ratios with the spread that stands beside them.
#
#	tests/bench/workloads.sh [ROUNDS]
#
# Needs root, BPF and tracefs (tools.bash). A program that is missing is named and left out.
# BENCH_WORK="compile redis" narrows it, BENCH_TOOLS as in record.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/bench/tools.bash
trap 'rm -rf "$work"' EXIT
rounds=${1:-5}

compile() {
	local f
	for f in lib/base/*.c lib/mm/*.c; do
		"${CC:-cc}" -std=c11 -D_GNU_SOURCE -I. -O2 -w -c -o "$work/o" "$f" || return 1
	done
}

stress() {
	stress-ng -q --temp-path "$work" --"$1" 1 --"$1"-ops "$2" "${@:3}"
}
vm() { stress vm 12000 --vm-bytes 64M --vm-method flip; }
mmap() { stress mmap 12 --mmap-bytes 32M; }
fork() { stress fork 4000; }

# a server of its own, behind a socket in $work: no port, no file kept
redis() {
	redis-server --port 0 --unixsocket "$work/redis" --save '' --appendonly no --dir "$work" \
		>/dev/null &
	until redis-cli -s "$work/redis" ping >/dev/null 2>&1; do sleep 0.01; done
	redis-benchmark -s "$work/redis" -q -n 60000 -r 20000 -d 512 -t set,get,lpush >/dev/null
	redis-cli -s "$work/redis" shutdown nosave 2>/dev/null
	wait
}

# One round, on CPU 0; its CPU seconds to $work/said.
if [ -n "${BENCH_ROUND:-}" ]; then
	trap - EXIT
	rm -rf "$work"
	work=$BENCH_FOLDER
	taskset -cp 0 $$ >/dev/null
	TIMEFORMAT='%U %S'
	{ time "$BENCH_ROUND" >/dev/null 2>&1; } 2>"$work/time" || exit 1
	awk '{ print $1 + $2 }' "$work/time" >"$work/said"
	exit
fi

# lost_by TOOL: what the last recording lost
lost_by() {
	case $1 in
	mmtrace) "$mmtrace" info --format=json "$work/t.mmt" | jq .lost ;;
	tracecmd) awk '/overrun:|dropped events:/ { n += $NF } END { print n + 0 }' "$work/tracecmd.out" ;;
	esac
}

file_of() {
	case $1 in
	mmtrace) echo "$work/t.mmt" ;;
	tracecmd) echo "$work/t.dat" ;;
	esac
}

# one TOOL WORK: a round; its figures to $work/TOOL.WORK
one() {
	local before
	rm -f "$work/said"
	TIMEFORMAT='%U %S'
	{ time BENCH_ROUND=$2 BENCH_FOLDER=$work run_"$1" "$0"; } 2>"$work/whole"
	[ -s "$work/said" ] || { echo "$2 under $1 did not run: $(tail -n 1 "$work/$1.err" 2>/dev/null)"; return 1; }
	before=$(cat "$work/said")
	echo "$before $(tail -n 1 "$work/whole" | awk -v w="$before" '{ print $1 + $2 - w }')" >>"$work/$1.$2"
}

column() { awk -v c="$1" '{ print $c }' "$2"; }

# summary TOOL WORK BASE
summary() {
	local at lost
	at=$(column 1 "$work/$1.$2" | quartile)
	lost=$(lost_by "$1")
	awk -v tool="$1" -v at="$at" -v base="$3" -v own="$(column 2 "$work/$1.$2" | quartile)" \
		-v size="$(stat -c %s "$(file_of "$1")")" -v lost="$lost" 'BEGIN {
		printf "  %-9s %.3f s, %.3f of untraced; itself %.2f s; %.1f MB, %s lost\n",
			tool, at, at / base, own, size / 1e6, lost }'
	[ "$1" != mmtrace ] || "$mmtrace" info --format=json "$work/t.mmt" |
		jq -r '"            \(.kept) events, \(.bytes_per_event * 100 | round / 100) bytes an event without snapshots"'
}

tools=${BENCH_TOOLS:-mmtrace tracecmd}
for each in ${BENCH_WORK:-compile vm mmap fork redis}; do
	case $each in
	vm | mmap | fork) program=stress-ng ;;
	redis) program=redis-server ;;
	*) program=${CC:-cc} ;;
	esac
	command -v "$program" >/dev/null || { echo "$each: no $program"; continue; }
	for _ in $(seq "$rounds"); do
		for tool in $tools; do
			one none "$each" || break 2
			one "$tool" "$each" || tools=${tools/$tool/}
		done
	done
	[ -s "$work/none.$each" ] || continue
	base=$(column 1 "$work/none.$each" | quartile)
	echo "$each: untraced $base s of CPU (to $(column 1 "$work/none.$each" | sort -g | tail -n 1))"
	for tool in $tools; do
		summary "$tool" "$each" "$base"
	done
done
