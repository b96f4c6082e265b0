/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system calls a trace knows.
 *
 * Theory. A system call is seen once, at its return, when the registers still hold its arguments.
 * A descriptor becomes the file it names, looked up by the program; a pointer to a node mask
 * becomes the mask's first word, in the place of the fifth argument, which no row wants.
 * What a path names (swapon, swapoff) or a process descriptor refers to is not looked up: 0.
 */
#include "lib/record/syscall.h"

#include <sys/syscall.h>

#ifndef __NR_mseal
#define __NR_mseal 462
#endif
#ifndef __NR_process_mrelease
#define __NR_process_mrelease 448
#endif
#ifndef __NR_set_mempolicy_home_node
#define __NR_set_mempolicy_home_node 450
#endif

#define RET   REC_ARG_RET
#define FILE_ REC_ARG_FILE
#define NODES REC_ARG_NODES
#define CALL(call, fd, mask, ...) \
	{ #call, __NR_##call, MMT_EV_sys_##call, fd, mask, { __VA_ARGS__ } },

const struct rec_syscall rec_syscalls[] = {
	CALL(mmap, 5, 0, 1, 2, 3, 4, FILE_, 6, RET) CALL(munmap, 0, 0, 1, 2, RET) CALL(
		mprotect, 0, 0, 1, 2, 3, RET) CALL(pkey_mprotect, 0, 0, 1, 2, 3, 4, RET)
		CALL(mremap, 0, 0, 1, 2, 3, 4, 5, RET) CALL(brk, 0, 0, 1, RET) CALL(
			madvise, 0, 0, 1, 2, 3, RET) CALL(process_madvise, 0, 0, 0, 3, 4, RET)
			CALL(process_mrelease, 0, 0, 0, RET) CALL(mlock, 0, 0, 1, 2, RET) CALL(
				mlock2, 0, 0, 1, 2, 3, RET) CALL(munlock, 0, 0, 1, 2, RET)
				CALL(mlockall, 0, 0, 1, RET) CALL(munlockall, 0, 0, RET) CALL(
					msync, 0, 0,
					1, 2, 3,
					RET) CALL(mbind, 0, 4, 1, 2, 3, NODES, 6,
						  RET) CALL(set_mempolicy, 0, 2, 1, NODES, RET)
					CALL(set_mempolicy_home_node, 0, 0, 1, 2, 3,
					     RET) CALL(migrate_pages, 0, 4, 0, 0, NODES,
						       RET) CALL(move_pages, 0, 0, 0, 2, 6, RET)
						CALL(remap_file_pages, 0, 0, 1, 2, 4, 5, RET) CALL(
							mseal, 0, 0, 1, 2,
							RET) CALL(shmat, 0, 0, 1, 2, 3,
								  RET) CALL(shmdt, 0, 0, 1, RET)
							CALL(memfd_create, 0, 0, 2, RET) CALL(
								userfaultfd,
								0, 0, 1,
								RET) CALL(prctl, 0, 0, 1, 2,
									  RET) CALL(fadvise64, 1, 0,
										    FILE_, 2, 3, 4,
										    RET)
								CALL(readahead, 1, 0, FILE_, 2, 3,
								     RET) CALL(fallocate, 1, 0,
									       FILE_, 2, 3, 4, RET)
									CALL(ftruncate, 1, 0, FILE_,
									     2, RET) CALL(swapon, 0,
											  0, 0, 2,
											  RET)
										CALL(swapoff, 0, 0,
										     0, RET)
};

const unsigned rec_nr_syscalls = sizeof(rec_syscalls) / sizeof(rec_syscalls[0]);

const struct rec_syscall *rec_syscall_of(unsigned kind)
{
	for (unsigned i = 0; i < rec_nr_syscalls; i++) {
		if (rec_syscalls[i].kind == kind)
			return &rec_syscalls[i];
	}
	return 0;
}
