#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Every group of events: what a known load makes the kernel say, and that it is told as it was.

load common

setup_file() {
	CC=${CC:-cc}
	export FIRE=$BATS_FILE_TMPDIR/fire TOUCH=$BATS_FILE_TMPDIR/touch
	"$CC" -O2 -o "$FIRE" "$BATS_TEST_DIRNAME/fire.c"
	"$CC" -O2 -o "$TOUCH" "$BATS_TEST_DIRNAME/touch.c"
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export ROOT MMTRACE=${MMTRACE:-$ROOT/build/mmtrace}
}

setup() {
	can_record
	cd "$BATS_TEST_TMPDIR" || return 1
	GROUP=/sys/fs/cgroup/memory/mmtrace-test-$$
	[ -d /sys/fs/cgroup/memory ] || GROUP=/sys/fs/cgroup/mmtrace-test-$$
}

teardown() {
	[ ! -s "$BATS_TEST_TMPDIR/pids" ] || xargs kill <"$BATS_TEST_TMPDIR/pids" 2>/dev/null || true
	for group in "$GROUP/below" "$GROUP"; do
		[ ! -d "$group" ] || rmdir "$group"
	done
}

record() {
	"$MMTRACE" record -q -f -o t.mmt "$@"
	"$MMTRACE" info --format=json t.mmt >info.json
}

kept() {
	jq ".events.$1.kept // 0" info.json
}

dump() {
	"$MMTRACE" dump --format=jsonl -e "$1" t.mmt
}

# has EVENT: skip if this kernel cannot say it
has() {
	"$MMTRACE" doctor --format=json |
		jq -e --arg e "$1" 'any(.abilities[]; .name | startswith("tracepoints.")) and
			all(.abilities[]; .found | test(" \($e)( |$)") | not)' >/dev/null ||
		skip "this kernel has no tracepoint $1"
}

@test "what is recorded by default leaves frequent events out, and -e default adds to it" {
	record -- true
	for event in kmalloc kmem_cache_alloc sched_switch tlb_flush mm_lru_insertion rss_stat; do
		[ "$(kept $event)" -eq 0 ]
	done
	[ "$(kept mm_page_alloc)" -gt 0 ]
	jq -e '.host.record.events | has("kmalloc") | not' info.json
	record -e default,tlb -- true
	[ "$(kept mm_page_alloc)" -gt 0 ]
	[ "$(kept sys_mmap)" -gt 0 ]
	[ "$(kept kmalloc)" -eq 0 ]
	jq -e '.host.record.events.tlb_flush == "yes"' info.json
}

@test "slab: objects by number, caches by name, and each free is that of an object" {
	record -e slab -- "$FIRE" open /dev/null 2003
	dump slab >all
	# a file is an object of a cache of its own, made by open and freed at some time after close
	filp=$(jq -c 'select(.event == "kmem_cache_alloc" and .fields.cache == "filp")' all | wc -l)
	echo "$filp files of $(wc -l <all) events"
	[ "$filp" -ge 2003 ]
	[ "$filp" -le 2103 ]
	# an allocation has a number of its own; a free one that was given and not freed since
	jq -s -e 'map(select(.event == "kmalloc" or .event == "kmem_cache_alloc") | .fields.object)
		| length == (unique | length) and max - min < 2 * length' all
	jq -s -e 'map(select(.event == "kfree" or .event == "kmem_cache_free") | .fields.object)
		| length > 2003 and length == (unique | length)' all
	run jq -s -c '(map(select(.event == "kmalloc" or .event == "kmem_cache_alloc") |
		.fields.object) | INDEX(.)) as $made |
		map(select((.event | test("free")) and ($made[.fields.object | tostring] | not)))[]' all
	[ -z "$output" ]
	jq -s -e 'map(select(.event == "kmem_cache_alloc")) | all(.fields.cache | length > 0)' all
}

@test "sched and tlb: who runs, and what is flushed" {
	record -e sched,tlb -- taskset -c 0 "$FIRE" switch 503
	[ "$(kept sched_switch)" -ge 1006 ] # each byte goes to the other task and back
	[ "$(kept tlb_flush)" -gt 0 ]
	dump sched_switch | jq -s -e 'map(select(.fields.prev.comm == "fire" and
		.fields.next.comm == "fire" and .fields.prev.tid != .fields.next.tid)) | length > 900'
	dump tlb_flush | jq -s -e 'all(.fields.pages >= -1 and .fields.reason < 8)'
}

@test "vmalloc: ranges of kernel addresses, by number" {
	has alloc_vmap_area
	record -a -- "$TOUCH" 0 0 211
	dump vmalloc >all
	jq -s -e 'map(select(.event == "alloc_vmap_area" and .fields.failed == 0)) |
		length > 0 and all(.fields.size >= 4096 and .fields.size % 4096 == 0)' all
	jq -s -e 'map(.fields.addr // 0) | max < 100000' all
}

@test "writeback and readahead: a file goes to disk and comes back" {
	has page_cache_ra_order
	record -e writeback,readahead,filemap -- sh -c "'$FIRE' write file 1009; '$FIRE' read file"
	ino=$(stat -c %i file)
	dump writeback,readahead,filemap | jq -c "select(.fields.file.ino == $ino)" >all
	dirty=$(jq -s 'map(select(.event == "writeback_dirty_folio")) | length' all)
	echo "$dirty folios dirtied"
	[ "$dirty" -gt 0 ]
	jq -s -e 'any(.event == "writeback_single_inode")' all
	# where the test's folder is on a disk, reading it again is read ahead
	if [ "$(stat -f -c %T .)" != tmpfs ]; then
		jq -s -e 'map(select(.event | startswith("page_cache_"))) | length > 0 and
			all(.fields.index <= 2048)' all
	fi
}

@test "thp: small pages are collapsed into a huge one" {
	has mm_collapse_huge_page
	run "$FIRE" collapse
	[ "$status" -ne 77 ] || skip "this kernel does not collapse on demand"
	record -- "$FIRE" collapse
	dump thp >all
	cat all
	jq -s -e 'any(.event == "mm_collapse_huge_page" and .fields.mm > 0 and .fields.isolated == 1)' all
}

@test "ksm: an address space is offered and taken back" {
	has ksm_enter
	run "$FIRE" merge 101
	[ "$status" -ne 77 ] || skip "this kernel does not merge pages"
	record -- "$FIRE" merge 101
	dump ksm >all
	cat all
	jq -s -e 'map(select(.event == "ksm_enter")) | length == 1 and .[0].fields.mm > 0' all
	jq -s -e 'any(.event == "ksm_exit")' all
}

@test "oom: a score is adjusted" {
	record -- sh -c 'echo 321 >/proc/self/oom_score_adj'
	dump oom_score_adj_update | jq -s -e 'any(.fields.adj == 321 and .fields.task.tid > 0)'
}

@test "cgroup: groups come, take tasks and go; pages are charged where their task is" {
	mkdir "$GROUP" 2>/dev/null || skip "no control group with the memory controller"
	: >moved
	# 2003 pages in the group below, and after the move as many in the one above
	record -a -- sh -c "mkdir $GROUP/below; echo \$\$ >$GROUP/below/cgroup.procs
		'$FIRE' touch 2003 moved & sleep 0.5; echo \$! >$GROUP/cgroup.procs; rm moved
		wait; echo \$\$ >$GROUP/cgroup.procs; rmdir $GROUP/below"
	dump cgroup >all
	below=$(stat -c %i "$GROUP")
	jq -s -e "any(.event == \"cgroup_mkdir\" and .fields.parent.ino == $below and
		(.fields.cgroup.path | endswith(\"/below\")))" all
	jq -s -e 'any(.event == "cgroup_rmdir" and (.fields.cgroup.path | endswith("/below")))' all
	jq -s -e 'map(select(.event == "cgroup_attach_task")) | length == 3' all
	dump mm_page_alloc | jq -c 'select(.task.comm == "fire" and .fields.cause == "anon")
		| .fields.cgroup.path' | sort | uniq -c >where
	cat where
	for group in "${GROUP##*/}\"" "below\""; do
		n=$(awk -v end="$group" 'index($2, end) { print $1 }' where)
		[ "$n" -ge 2003 ]
		[ "$n" -lt 2303 ]
	done
	[ "$(wc -l <where)" -eq 2 ]
}

@test "--cgroup: the tasks of a group and of those below it, made before or meanwhile" {
	mkdir "$GROUP" 2>/dev/null || skip "no control group with the memory controller"
	mkdir "$GROUP/old"
	sh -c "while :; do '$TOUCH' 1009 0 0; done" 3>&- & # another's
	echo $! >pids
	record --cgroup "$GROUP" -- sh -c "sh -c 'echo \$\$ >$GROUP/old/cgroup.procs; \"$TOUCH\" 2003 0 3'
		mkdir $GROUP/below; sh -c 'echo \$\$ >$GROUP/below/cgroup.procs; \"$TOUCH\" 4001 0 3'
		\"$TOUCH\" 8009 0 0; rmdir $GROUP/below"
	kill "$(cat pids)"
	: >pids
	rmdir "$GROUP/old"
	[ "$(jq -r .host.record.filter info.json)" = cgroup ]
	faults=$(kept page_fault_user)
	echo "$faults faults"
	[ "$faults" -ge 6004 ]
	[ "$faults" -lt 8009 ]
	# by memory's own group; the tasks' frees are there with their allocations
	dump mm_page_alloc | jq -r 'select(.fields.cause == "anon") | .fields.cgroup.path' | sort | uniq -c >where
	cat where
	[ "$(wc -l <where)" -eq 2 ]
	grep -q '/old$' where
	grep -q '/below$' where
	[ "$(kept mm_page_free)" -ge 6004 ]
	run -2 "$MMTRACE" record -f -o t.mmt --cgroup /no/such/group -d 1
	[[ $output == *"no control group"* ]]
	run -2 "$MMTRACE" record -f -o t.mmt --cgroup "$GROUP" -a
}

@test "--cgroup: a task that leaves is recorded until then, and not a tick of the clock longer" {
	mkdir "$GROUP" 2>/dev/null || skip "no control group with the memory controller"
	mkdir "$GROUP/below"
	"$TOUCH" 100000000 0 0 >/dev/null 3>&- &
	echo $! >pids
	record --cgroup "$GROUP/below" -e page_fault_user,cgroup_attach_task -- sh -c "
		for i in \$(seq 30); do
			echo $! >$GROUP/below/cgroup.procs
			sleep 0.05
			echo $! >$GROUP/cgroup.procs
			sleep 0.05
		done"
	kill "$(cat pids)"
	: >pids
	"$MMTRACE" dump --format=jsonl -e page_fault_user,cgroup_attach_task t.mmt |
		jq -rs --argjson pid $! 'reduce .[] as $e ({ stays: 0, late: 0, left: null };
			if $e.event == "cgroup_attach_task" then
				.left = if $e.fields.cgroup.path | endswith("/below") then null else $e.time end
			elif $e.task.tid == $pid then
				if .left == null then .stays += 1
				elif ($e.time - .left) / 1e6 | . > 0.5 and . < 20 then .late += 1
				else . end
			else . end) | "\(.stays) \(.late)"' >figures
	cat figures
	[ "$(cut -d' ' -f1 <figures)" -gt 10000 ]
	[ "$(cut -d' ' -f2 <figures)" -eq 0 ]
}

@test "--stacks: who asked for a page, by names of functions" {
	record --stacks 1 -- "$TOUCH" 2003 0 11
	[ "$(kept alloc_stack)" -ge 2003 ]
	dump alloc_stack >all
	[ "$(jq -r .fields.stack all | grep -c 'do_anonymous_page;.*handle_mm_fault')" -ge 2003 ]
	# a child's tables come from fork; and each sample is of a page that was allocated
	jq -r .fields.stack all | grep -q 'copy_page_range;dup_mmap'
	run grep -c 0xffff all
	[ "$output" -eq 0 ]
	dump mm_page_alloc,alloc_stack | jq -s -e '(map(select(.event == "mm_page_alloc") |
		.fields.pfn | tostring) | INDEX(.)) as $pages |
		map(select(.event == "alloc_stack")) | all($pages[.fields.pfn | tostring])'
	# one of ten, give or take
	record --stacks=1/10 -- "$TOUCH" 20011 0 0
	echo "$(kept alloc_stack) of $(kept mm_page_alloc)"
	[ "$(kept alloc_stack)" -gt 1500 ]
	[ "$(kept alloc_stack)" -lt 2600 ]
	run -2 "$MMTRACE" record -f -o t.mmt --stacks 0 -d 1
}

@test "damon: passive samples, where somebody has set it to work" {
	has damon_aggregated
	grep -qx on /sys/kernel/mm/damon/admin/kdamonds/*/state 2>/dev/null || skip "no kdamond is at work"
	record --access=damon -d 6
	jq -e '.host.record.events.damon_aggregated == "yes"' info.json
	[ "$(kept damon_aggregated)" -gt 0 ]
	dump damon_aggregated | jq -s -e 'all(.fields.start < .fields.end)'
	[ "$(kept mm_page_alloc)" -gt 0 ]
}

@test "R30 no event of any kind holds an address of the kernel" {
	[ -n "${MMT_BUILT:-}" ] || (
		unset MAKEFLAGS MAKELEVEL MFLAGS
		cd "$ROOT" && make -s --no-print-directory build/tests/live/upper
	)
	all=$("$MMTRACE" list --format=json events |
		jq -r '[.[] | select(.class != "snapshot" and .group != "meta") | .name] | join(",")')
	n=5003
	[ -z "$MMT_TEST_LONG" ] || n=1000003
	record -m 64M -e "$all" -- sh -c "'$TOUCH' $n 101 101; '$FIRE' write file 101;
		'$FIRE' read file; '$FIRE' collapse; '$FIRE' merge 11; '$FIRE' switch 101; true"
	run -0 "$ROOT/build/tests/live/upper" t.mmt
	echo "$output, of $(jq '.events | length' info.json) kinds"
	[ "${output% events}" -gt $((n * 3)) ]
}
