#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Known answers that a scenario can state: one test for each file of tests/scenario, and proof that
# each of their assertions can fail.

setup() {
	load common
	common_setup
}

# known NAME: the scenario holds, and has something to hold.
known() {
	"$MMTRACE" replay "$ROOT/tests/scenario/$1.mms" >out 2>err || {
		cat err
		return 1
	}
	grep -Eq '; [1-9][0-9]* assertions, 0 failed$' err
}

@test "KAT 1.1a 2 GiB have no zone Normal" {
	known 1.1a-no-normal
}

@test "KAT 1.1a zones of equal nodes" {
	known 1.1a-nodes
}

@test "KAT 1.1a zone boundaries by frame number" {
	known 1.1a-zones
}

@test "KAT 1.1a movablecore= cuts zone Movable off the highest zone type" {
	known 1.1a-movablecore
}

@test "KAT 1.1a kernelcore= is spread over the nodes" {
	known 1.1a-kernelcore
}

@test "KAT 1.1a the highest zone is Movable as a whole where the kernel's part ends before it" {
	known 1.1a-kernelcore-all
}

@test "KAT 1.1b 3.1a the zone that the low four flags ask for" {
	known 1.1b-gfp-zone
}

@test "KAT 1.2a managed = free + per-CPU + in use, whatever happens" {
	known 1.2a-conservation
}

@test "KAT 1.2b a GFP_KERNEL request never gets DMA pages on R1" {
	known 1.2b-dma-is-kept
}

@test "KAT 1.2b what lower zones withhold" {
	known 1.2b-lowmem-reserve
}

@test "KAT 1.2c 19.1 the zone lock: one hold for a refill, none for a list that has pages" {
	known 1.2c-zone-lock
}

@test "KAT 1.2d the sum of all reserves" {
	known 1.2d-totalreserve
}

@test "KAT 1.3a automatic vm.min_free_kbytes" {
	known 1.3a-min-free
}

@test "KAT 1.3b below 512 MiB THP is off, and the raise is at most 5 percent" {
	known 1.3b-small-machine
}

@test "KAT 1.3a 1.3b khugepaged raises vm.min_free_kbytes to its own figure" {
	known 1.3b-thp-kept
}

@test "KAT 1.3b khugepaged raises vm.min_free_kbytes" {
	known 1.3b-thp-raise
}

@test "KAT 1.3c a zone Movable has small marks of its own" {
	known 1.3c-movable
}

@test "KAT 1.3c watermarks of R1 with and without THP" {
	known 1.3c-watermarks
}

@test "KAT 1.3d each claim of a pageblock through a smaller block boosts the watermarks" {
	known 1.3d-boost
}

@test "KAT 1.3c 1.3d whatever sets the watermarks ends the boosts" {
	known 1.3d-boost-written
}

@test "KAT 1.3e the watermarks are read with the boost" {
	known 1.3e-boosted-marks
}

@test "KAT 1.3f Normal at its low watermark: kswapd is woken, and the min watermark passes" {
	known 1.3f-low-fails
}

@test "KAT 1.3f Normal at its low watermark plus one: the fast path serves" {
	known 1.3f-low-passes
}

@test "KAT 15.2c fragmentation figures of a zone in pieces" {
	known 15.2c-fragscore
}

@test "KAT 2.1 orders 0 to 10, blocks aligned to their size" {
	known 2.1-orders
}

@test "KAT 2.2a free blocks of an order, and free pages" {
	known 2.2a-free-area
}

@test "KAT 2.2b the migratetype that the flags ask for" {
	known 2.2b-migratetypes
}

@test "KAT 2.2b types by name in any case" {
	known 2.2b-print
}

@test "KAT 2.2c an unmovable request falls back to reclaimable before movable" {
	known 2.2c-fallback-order
}

@test "KAT 2.2c CMA serves movable requests only, first once it has half of what is free" {
	known 2.2c-cma
}

@test "KAT 2.2d 200 free and 62 alike are half a pageblock: it is claimed" {
	known 2.2d-claim
}

@test "KAT 2.2d 200 free and 12 alike are less: a block is stolen, the type stays" {
	known 2.2d-no-claim
}

@test "KAT 2.2d a movable request steals below order 4" {
	known 2.2d-small-blocks
}

@test "KAT 2.2e pages freed after a claim go to the claimer's list" {
	known 2.2e-freed-after-claim
}

@test "KAT 2.2f pageblocks set aside for atomic requests: at most a hundredth, 65 of R1" {
	known 2.2f-highatomic-cap
}

@test "KAT 2.2f a zone of 3840 pages sets nothing aside" {
	known 2.2f-highatomic-small
}

@test "KAT 2.3 a block is freed once" {
	known 2.3-double-free
}

@test "KAT 2.5a splitting leaves the upper halves, and gives the lowest block" {
	known 2.5a-expand
}

@test "KAT 2.5b the smallest block that fits is cut" {
	known 2.5b-smallest-fit
}

@test "KAT 2.4 2.6a freed buddies merge as far as they can" {
	known 2.6a-merge
}

@test "KAT 2.6b any other block goes to the head" {
	known 2.6b-head
}

@test "KAT 2.6b a block whose buddy's neighbours are free waits at the tail" {
	known 2.6b-tail
}

@test "KAT 2.7a the batch of per-CPU lists" {
	known 2.7a-batch
}

@test "KAT 2.7a the batch of a zone of 50000 pages" {
	known 2.7a-batch-small
}

@test "KAT 2.7b how much per-CPU lists may hold" {
	known 2.7b-high
}

@test "KAT 2.7c 6.2a per-CPU lists have orders 0 to 3 and 9" {
	known 2.7c-lists
}

@test "KAT 2.7d refills double while nothing is freed" {
	known 2.7d-refill
}

@test "KAT 2.7e a full list gives back the oldest, as many as were freed in a row" {
	known 2.7e-drain
}

@test "KAT 2.7f per-CPU lists grow by each refill and shrink with time" {
	known 2.7f-tuning
}

@test "KAT 2.7g drain_all gives all per-CPU pages back" {
	known 2.7g-drain-all
}

@test "KAT 2.8a Normal below its low watermark: DMA32 helps out" {
	known 2.8a-keep-unmixed
}

@test "KAT 2.8b order 0 at a mark of 1000 with 1000 free: refused" {
	known 2.8b-order0-1000
}

@test "KAT 2.8b order 0 at a mark of 1000 with 1001 free: served" {
	known 2.8b-order0-1001
}

@test "KAT 2.8b order 3 at a mark of 1000 with 1007 free: refused" {
	known 2.8b-order3-1007
}

@test "KAT 2.8b order 3 at a mark of 1000 with 1008 free: served" {
	known 2.8b-order3-1008
}

@test "KAT 2.8b free CMA pages count for requests that may use them only" {
	known 2.8b-cma
}

@test "KAT 2.8f who may call the OOM killer" {
	known 2.8f-oom-gate
}

@test "KAT 3.1b 3.3d __GFP_MEMALLOC has no watermark, __GFP_NOMEMALLOC beats it" {
	known 3.1b-memalloc
}

@test "KAT 3.1c GFP_NOWAIT wakes kswapd and reclaims nothing itself" {
	known 3.1c-nowait
}

@test "KAT 3.1d __GFP_ACCOUNT charges the control group" {
	known 3.1d-account
}

@test "KAT 3.2 flags by name and by number are the same requests" {
	known 3.2-names
}

@test "KAT 3.3a 3.3b GFP_ATOMIC at a min watermark of 1000 with 375 free: refused" {
	known 3.3b-atomic-375
}

@test "KAT 3.3a 3.3b GFP_ATOMIC at a min watermark of 1000 with 376 free: served" {
	known 3.3b-atomic-376
}

@test "KAT 3.3a 3.3b GFP_KERNEL|__GFP_HIGH at a min watermark of 1000 with 500 free: refused" {
	known 3.3b-high-500
}

@test "KAT 3.3a 3.3b GFP_KERNEL|__GFP_HIGH at a min watermark of 1000 with 501 free: served" {
	known 3.3b-high-501
}

@test "KAT 3.3a 3.3b GFP_NOWAIT at a min watermark of 1000 with 1000 free: refused" {
	known 3.3b-nowait-1000
}

@test "KAT 3.3a 3.3b GFP_NOWAIT at a min watermark of 1000 with 1001 free: served" {
	known 3.3b-nowait-1001
}

@test "KAT 3.3c a boost does not bar __GFP_HIGH from its reserve" {
	known 3.3c-boost-reserve
}

@test "KAT 4.1 4.2a Normal, then DMA32, then DMA" {
	known 4.2a-zonelist
}

@test "KAT 4.2b near nodes come first" {
	known 4.2b-distance
}

@test "KAT 4.2b R2: from node 0, with one node full, to node 1" {
	known 4.2b-node0-to-1
}

@test "KAT 4.2b R2: from node 0, with two nodes full, to node 2" {
	known 4.2b-node0-to-2
}

@test "KAT 4.2b R2: from node 1, with two nodes full, to node 0" {
	known 4.2b-node1-to-0
}

@test "KAT 4.2b R2: from node 1, with one node full, to node 2" {
	known 4.2b-node1-to-2
}

@test "KAT 4.2b R2: from node 2, with one node full, to node 0" {
	known 4.2b-node2-to-0
}

@test "KAT 4.2b R2: from node 2, with two nodes full, to node 1" {
	known 4.2b-node2-to-1
}

@test "KAT 4.2c 4.4c node 0 full: a miss on node 1, foreign on node 0" {
	known 4.2c-miss
}

@test "KAT 4.2c __GFP_THISNODE never leaves the node" {
	known 4.2c-thisnode
}

@test "KAT 4.3a the policy of a VMA beats that of the task" {
	known 4.3a-vma-beats-task
}

@test "KAT 4.3b BIND never leaves its nodes" {
	known 4.3b-bind
}

@test "KAT 4.3c PREFERRED and LOCAL fall back" {
	known 4.3c-preferred
}

@test "KAT 4.3d PREFERRED_MANY tries its nodes, then all" {
	known 4.3d-preferred-many
}

@test "KAT 4.3e INTERLEAVE takes turns, or goes by the page of the VMA" {
	known 4.3e-interleave
}

@test "KAT 4.3e 4.3g pages of a VMA take turns in their own size" {
	known 4.3e-index
}

@test "KAT 4.3e Linux 6.1 interleaves by the low 32 bits of the index" {
	known 4.3e-index-6.1
}

@test "KAT 4.3f WEIGHTED_INTERLEAVE gives each node as many pages as it weighs" {
	known 4.3f-weights
}

@test "KAT 4.3g a huge page comes from its node or, without direct reclaim, not at all" {
	known 4.3g-huge
}

@test "KAT 4.1 a node without memory is served by its neighbours" {
	known 4.4-memoryless
}

@test "KAT 4.4c Linux 6.18 counts hits of weighted interleaving" {
	known 4.4c-weighted
}

@test "KAT 4.4c 1.2c statistics are kept by request and by node" {
	known 4.4c-stats
}

@test "a task forks, moves, ends; refusals are named" {
	known tasks
}

@test "time passes by @ and settle, and lists decay by it" {
	known time
}

@test "every scenario of the folder has its test" {
	for file in "$ROOT"/tests/scenario/*.mms; do
		name=${file##*/}
		grep -q "^	known ${name%.mms}\$" "$BATS_TEST_FILENAME" || {
			echo "no test: $name"
			return 1
		}
	done
	[ "$(grep -c '^	known ' "$BATS_TEST_FILENAME")" = "$(ls "$ROOT"/tests/scenario | wc -l)" ]
}

@test "every assertion can fail: turned round, all of them do" {
	for file in "$ROOT"/tests/scenario/*.mms; do
		awk '$1 == "expect" {
				not["=="] = "!="; not["!="] = "=="; not["<"] = ">="; not[">="] = "<"
				not[">"] = "<="; not["<="] = ">"; not["~"] = "~"
				$3 = not[$3]
			}
			/^fails/ { sub(/^fails(\([A-Z]*\))?/, "fails(EIO)") }
			{ print }' "$file" >turned.mms
		asserted=$(grep -cE '^(expect|fails)' turned.mms)
		status=0
		"$MMTRACE" replay -q turned.mms >out 2>err || status=$?
		[ "$status" -eq 1 ] && [ "$(grep -c '^mmtrace: turned.mms:' err)" = "$asserted" ] || {
			echo "$file: exit $status, of $asserted assertions these fail:"
			cat err
			return 1
		}
	done
}
