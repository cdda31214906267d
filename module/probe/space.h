/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory descriptor of a process. */
#ifndef MMS_PROBE_SPACE_H
#define MMS_PROBE_SPACE_H

#include <linux/types.h>

struct mm_struct;

/**
 * struct mms_space - what struct mm_struct says
 * @levels: paging levels in use.
 * @pgd_phys: physical address of the root table.
 * @task_size: end of the user part of the address space.
 * @mmap_base: where mmap() begins to look for room.
 * @start_code: first byte of the program's code.
 * @end_code: first byte behind it.
 * @start_data: first byte of the program's initialised data.
 * @end_data: first byte behind it.
 * @start_brk: start of the heap.
 * @brk: its end.
 * @start_stack: where the stack began, growing down.
 * @arg_start: first byte of the arguments.
 * @arg_end: first byte behind them.
 * @env_start: first byte of the environment.
 * @env_end: first byte behind it.
 * @map_count: number of VMAs.
 * @total_pages: pages in all VMAs.
 * @locked_pages: pages in VMAs locked by mlock().
 * @pinned_pages: pages pinned for good, as by RDMA.
 * @data_pages: pages in private writable VMAs, less the stack.
 * @exec_pages: pages in executable, not writable VMAs.
 * @stack_pages: pages in stack VMAs.
 * @anon_pages: anonymous pages mapped.
 * @file_pages: file pages mapped.
 * @shmem_pages: shmem pages mapped.
 * @swap_pages: pages in swap.
 * @hiwater_rss_pages: most pages mapped so far, as last noted.
 * @hiwater_vm_pages: largest @total_pages so far, as last noted.
 * @pgtable_bytes: PTE, PMD and PUD tables (VmPTE).
 * @users: threads and others using the address space.
 * @def_flags: flags for new VMAs, as mlockall() sets them.
 */
struct mms_space {
	unsigned int levels;
	u64 pgd_phys;
	u64 task_size;
	u64 mmap_base;
	u64 start_code;
	u64 end_code;
	u64 start_data;
	u64 end_data;
	u64 start_brk;
	u64 brk;
	u64 start_stack;
	u64 arg_start;
	u64 arg_end;
	u64 env_start;
	u64 env_end;
	u64 map_count;
	u64 total_pages;
	u64 locked_pages;
	u64 pinned_pages;
	u64 data_pages;
	u64 exec_pages;
	u64 stack_pages;
	u64 anon_pages;
	u64 file_pages;
	u64 shmem_pages;
	u64 swap_pages;
	u64 hiwater_rss_pages;
	u64 hiwater_vm_pages;
	u64 pgtable_bytes;
	u64 users;
	u64 def_flags;
};

/**
 * mms_space_limit() - end of the largest user address space of this machine
 *
 * Return: the first address behind it.
 */
u64 mms_space_limit(void);

/**
 * mms_space_read() - reads a memory descriptor
 * @mm: address space, held with mmgrab().
 * @space: filled; each value is read once, without a lock, so values that
 *	change together may be of two moments.
 */
void mms_space_read(struct mm_struct *mm, struct mms_space *space);

/**
 * struct mms_rss - pages that the caller has mapped, as the kernel counts them
 * @anon: anonymous pages.
 * @file: file pages.
 * @shmem: shmem pages.
 * @swap: pages in swap.
 * @slack: by how much each may be off.
 */
struct mms_rss {
	u64 anon;
	u64 file;
	u64 shmem;
	u64 swap;
	u64 slack;
};

/**
 * mms_rss_read_own() - reads the caller's own counters
 * @mm: the caller's address space.
 * @rss: filled; exact if no other thread uses @mm.
 */
void mms_rss_read_own(struct mm_struct *mm, struct mms_rss *rss);

#endif /* MMS_PROBE_SPACE_H */
