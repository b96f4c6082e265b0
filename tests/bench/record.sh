#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What recording costs the recorded, against trace-cmd and perf on the same events: CPU time added
# per touched and freed page, per page copied after fork, per system call that nobody records, and
# per one that is recorded; bytes an event; losses. One process, pinned to one CPU, does the work of
# all rounds; the tools, on the other CPUs, come and go around it, an untraced round between every
# two. What a tool adds is told by each of its rounds against the untraced ones before and after it,
# since hosts change their speed within minutes: the median of these differences, and their
# quartiles. The ratios of medians come last, and beside them those of lower quartiles over all
# rounds, which hold where the untraced rounds keep their speed.
#
#	tests/bench/record.sh [ROUNDS]
#
# Times are medians of short samples while the host ran fast (page_cost.c).
#
# Needs root, BPF and tracefs (tools.bash). A tool that is missing or does not start is named and
# left out. BENCH_TOOLS="mmtrace tracecmd" narrows it; "base" is the mmtrace in $MMTRACE_BASE,
# "command" a recording that does not want the work, "group" one of the work's control group.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/bench/tools.bash

rounds=${1:-12}
worker=
group=
leave() {
	[ -z "$worker" ] || { kill "$worker" && wait "$worker"; } 2>/dev/null
	[ -z "$group" ] || rmdir "$group"
	rm -rf "$work"
}
trap leave EXIT
"${CC:-cc}" -O2 -o build/bench/page_cost tests/bench/page_cost.c || exit 1
mkfifo "$work/go" "$work/done" || exit 1
taskset -c 0 build/bench/page_cost "${BENCH_SAMPLES:-100}" "$work" &
worker=$!
if [[ ${BENCH_TOOLS:-} == *group* ]]; then
	group=/sys/fs/cgroup/memory/mmtrace-bench-$$
	[ -d /sys/fs/cgroup/memory ] || group=/sys/fs/cgroup/mmtrace-bench-$$
	mkdir "$group" && echo "$worker" >"$group/cgroup.procs" || exit 1
fi
# what the tools run: has the worker do one round, and writes down what it says
cat >"$work/ask" <<ASK
#!/bin/sh
echo go >$work/go
cat $work/done >$work/said
ASK
chmod +x "$work/ask"
"$work/ask" # the first round warms it up

# The tracepoints of system calls are let go of by a process that outlives the recorder by a second;
# until then calls cost what they do while recording.
settled() {
	for _ in $(seq 50); do
		pgrep -x mmtrace-holder >/dev/null || return 0
		sleep 0.1
	done
}

tools=${BENCH_TOOLS:-mmtrace tracecmd perf}
for _ in $(seq "$rounds"); do
	for tool in $tools; do
		for each in none "$tool"; do
			rm -f "$work/said"
			run_"$each" "$work/ask"
			settled
			if [ "$(cat "$work/said" 2>/dev/null)" = slow ]; then
				echo "$each: the host was slow, not counted"
				continue
			fi
			if ! grep -qE '^[0-9.]+( [0-9.]+){3}$' "$work/said" 2>/dev/null; then
				echo "$each did not run: $(tail -n 1 "$work/$each.err" 2>/dev/null)"
				tools=${tools/$each/}
				continue
			fi
			echo "$each $(cat "$work/said")" | tee -a "$work/figures"
		done
	done
done
echo end >"$work/go"
wait "$worker"
worker=

if [ -e "$work/t.mmt" ]; then
	"$mmtrace" info --format=json "$work/t.mmt" |
		jq -r '"mmtrace: \(.kept) events, \(.bytes_per_event) bytes an event, \(.lost) lost"'
fi
awk -v tools="$tools" '
	function sorted(table, tool, column,    n, i, j, t) {
		n = count[tool]
		for (i = 1; i <= n; i++) v[i] = table[tool, column, i]
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && v[j] < v[j - 1]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
		return n
	}
	# what a tool added: beyond the mean of the untraced rounds before and after it
	function settle(after,    c) {
		for (c = 1; c <= 4 && last != ""; c++)
			value[last, c, count[last]] = took[c] - (after ? before[c] + $(c + 1) : 2 * before[c]) / 2
		last = ""
	}
	{
		settle($1 == "none")
		n = ++count[$1]
		if ($1 != "none") last = $1
		for (c = 1; c <= 4; c++) {
			raw[$1, c, n] = took[c] = $(c + 1)
			if ($1 == "none") value[$1, c, n] = before[c] = $(c + 1)
		}
	}
	function lower(tool, column,    n) {
		n = sorted(raw, tool, column)
		return v[int((n + 3) / 4)]
	}
	function nonzero(x) { return x ? x : 1 }
	END {
		settle(0)
		split("page,page copied after fork,call not recorded,call recorded", what, ",")
		nt = split(tools, tool, " ")
		for (c = 1; c <= 4; c++) {
			n = sorted(value, "none", c)
			printf "%s: untraced %.0f ns, %.0f to %.0f", what[c], v[int((n + 1) / 2)], v[1], v[n]
			for (i = 1; i <= nt; i++) {
				n = sorted(value, tool[i], c)
				added[tool[i], c] = (v[int((n + 1) / 2)] + v[int(n / 2) + 1]) / 2
				printf ", %s %+.0f (%+.0f..%+.0f)", tool[i], added[tool[i], c],
					v[int((n + 3) / 4)], v[n + 1 - int((n + 3) / 4)]
			}
			print ""
		}
		for (i = 1; i <= nt; i++) {
			t = tool[i]
			if (t == "mmtrace") continue
			for (c = 1; c <= 4; c++)
				if (added[t, c] > 0)
					printf "ratio mmtrace/%s added ns per %s: %.2f (of lower quartiles %.2f)\n",
						t, what[c], added["mmtrace", c] / added[t, c],
						(lower("mmtrace", c) - lower("none", c)) / nonzero(lower(t, c) - lower("none", c))
		}
	}' "$work/figures"
