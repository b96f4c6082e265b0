#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The guests are the machines they were asked to be.

setup() {
	load common.bash
}

ask() { # SERIES: two nodes, three CPUs, swap, a disk, a sysctl, and what the guest says of them
	need_guest "$1"
	run guest "$1" -m 768M -n 2 -c 3 -s 32M -d 32M -S vm.swappiness=33 -S vm.page-cluster=1 <<-'END'
		uname -r
		nproc
		ls -d /sys/devices/system/node/node[0-9]* | wc -l
		sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo
		tail -n 1 /proc/swaps | tr -s '\t ' ' '
		grep -c ' /data ext4 ' /proc/mounts
		cat /proc/sys/vm/swappiness /proc/sys/vm/page-cluster
		ls /sys/kernel/btf/vmlinux
		group a/b cat /proc/self/cgroup
		exit 7
	END
	echo "$output"
	[ "$status" -eq 7 ]
	cat "$OUT/log"
	mapfile -t said <"$OUT/log"
	[[ ${said[0]} == "$1".* ]]
	[ "${said[1]}" = 3 ]
	[ "${said[2]}" = 2 ]
	[ "${said[3]}" -gt $((600 << 10)) ]
	[ "${said[3]}" -lt $((768 << 10)) ]
	[[ ${said[4]} == "/dev/vda partition 32764 "* ]]
	[ "${said[5]}" = 1 ]
	[ "${said[6]} ${said[7]}" = "33 1" ]
	[ "${said[8]}" = /sys/kernel/btf/vmlinux ]
	[ "${said[9]}" = 0::/a/b ]
}

@test "6.12: RAM, nodes, CPUs, swap, disk, sysctls, BTF, control groups; the script's status" {
	ask 6.12
}

@test "6.1: the same" {
	ask 6.1
}

@test "a guest that dies is told from a script that fails" {
	need_guest 6.12
	run guest 6.12 <<-'END'
		echo c >/proc/sysrq-trigger
	END
	echo "$output"
	[ "$status" -eq 125 ]
	[[ $output == *"6.12 guest ended early"* ]]
	run guest 6.12 -t 2 <<-'END'
		exit 0
	END
	echo "$output"
	[ "$status" -eq 124 ]
	[[ $output == *"took more than 2 s"* ]]
}

@test "the loads fault as often as their arguments say, each time" {
	need_guest 6.12
	compile load
	run guest 6.12 -d 32M -b "$BATS_FILE_TMPDIR/load" <<-'END'
		load anon 4 2
		load anon 8 2
		load churn 101
		load churn 101
		load churn 101 7
		load frag 8 8
		load frag 16 8
		load files /data 5 40 && ls /data
	END
	echo "$output"
	cat "$OUT/log"
	[ "$status" -eq 0 ]
	mapfile -t said <"$OUT/log"
	# what a program costs by itself does not change: 4 MB more are 1024 faults more
	[ $((${said[1]#*faults=} - ${said[0]#*faults=})) = 1024 ]
	[ "${said[2]}" = "${said[3]}" ]
	[ "${said[2]}" != "${said[4]}" ]
	[[ ${said[5]} == "frag pages=2048 pipes=128 "* ]]
	[ $((${said[6]#*faults=} - ${said[5]#*faults=})) = 2048 ]
	[ "${said[*]:8}" = "1 3 lost+found" ]
}
