# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The recorders that are compared, on the same events: source it. Needs root, BPF and tracefs, which
# is mounted here, in a namespace of its own. Sets $work, a folder that goes at the end, $mmtrace
# and $others, which keeps a tool off CPU 0, where the recorded work runs.

[ "$(id -u)" = 0 ] || { echo "needs root" >&2; exit 2; }
if [ "${BENCH_IN_NAMESPACE:-}" != 1 ]; then
	BENCH_IN_NAMESPACE=1 exec unshare -m "$0" "$@"
fi
mmtrace=${MMTRACE:-$PWD/build/mmtrace}
work=$(mktemp -d) || exit 1
mkdir -p build/bench
"${CC:-cc}" -O2 -shared -fPIC -o build/bench/noftrace.so tests/bench/noftrace.c -ldl || exit 1
others="taskset -c 1-$(($(nproc) - 1))"
[ "$(nproc)" -gt 1 ] || others=
[ -e /sys/kernel/tracing/events ] || mount -t tracefs none /sys/kernel/tracing 2>/dev/null

events=(kmem:mm_page_alloc kmem:mm_page_free kmem:mm_page_alloc_zone_locked
	kmem:mm_page_pcpu_drain kmem:mm_page_alloc_extfrag exceptions:page_fault_user
	exceptions:page_fault_kernel filemap:mm_filemap_add_to_page_cache
	filemap:mm_filemap_delete_from_page_cache filemap:mm_filemap_get_pages
	filemap:mm_filemap_map_pages filemap:mm_filemap_fault writeback:writeback_dirty_folio
	'vmscan:*' 'compaction:*' migrate:mm_migrate_pages mmap:exit_mmap oom:mark_victim
	oom:oom_score_adj_update sched:sched_process_fork sched:sched_process_exec
	sched:sched_process_exit sched:sched_process_free task:task_rename)
for call in mmap munmap mprotect mremap brk madvise mlock munlock msync mbind fallocate fadvise64 \
	ftruncate readahead prctl shmat shmdt; do
	events+=("syscalls:sys_exit_$call")
done
flags=()
for event in "${events[@]}"; do
	flags+=(-e "$event")
done

# run_TOOL PROGRAM: record the host while PROGRAM runs; what it says goes to $work/TOOL.err
run_none() { "$1"; }
run_mmtrace() {
	$others "$mmtrace" record -q -f -a -o "$work/t.mmt" -- "$1" 2>"$work/mmtrace.err"
}
# another build, to compare two in one run: $MMTRACE_BASE
run_base() {
	$others "${MMTRACE_BASE:?}" record -q -f -a -o "$work/base.mmt" -- "$1" 2>"$work/base.err"
}
# with a filter: of a command alone, which the work is no part of; of the control group $group
run_command() {
	$others "$mmtrace" record -q -f -o "$work/command.mmt" -- "$1" 2>"$work/command.err"
}
run_group() {
	$others "$mmtrace" record -q -f -o "$work/group.mmt" --cgroup "$group" -- "$1" 2>"$work/group.err"
}
run_tracecmd() {
	LD_PRELOAD=$PWD/build/bench/noftrace.so $others trace-cmd record -B mmbench -b 16384 \
		-o "$work/t.dat" "${flags[@]}" env -u LD_PRELOAD "$1" \
		>"$work/tracecmd.out" 2>"$work/tracecmd.err"
}
run_perf() {
	$others perf record -q -a -m 16M -o "$work/t.perf" "${flags[@]}" -- "$1" 2>"$work/perf.err"
}

# quartile NUMBERS: the lower one of those on stdin
quartile() {
	sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 3) / 4)] }'
}
