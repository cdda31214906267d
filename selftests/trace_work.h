/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes that do known numbers of things while they are traced.
 *
 * Each is a child that gets everything ready, stops itself, does it when it is
 * let go on, notes what the kernel has counted for it, and stops itself again.
 */
#ifndef MMSCOPE_SELFTESTS_TRACE_WORK_H
#define MMSCOPE_SELFTESTS_TRACE_WORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How many pages each kind of fault is made with. */
#define WORK_ANON	64
#define WORK_ZERO	32
#define WORK_COW	48
#define WORK_COW_ZERO	16
#define WORK_REUSE	8
#define WORK_SHMEM	24
#define WORK_FILE	20
#define WORK_COW_FILE	12
#define WORK_SWAP	40	/* Twice. */
#define WORK_UNMAPS	30
#define WORK_HUGE	3
#define WORK_SHOOTDOWNS	200

/**
 * struct work - what a process has done
 * @minor: its minor faults meanwhile, as the kernel counts them.
 * @major: its major faults.
 * @swapped: pages that it had in swap the first time.
 * @swapped_again: and the second time.
 * @calls: how often it has called what it is about.
 * @before: a counter of the machine before.
 * @after: and after.
 */
struct work {
	uint64_t minor;
	uint64_t major;
	uint64_t swapped;
	uint64_t swapped_again;
	uint64_t calls;
	uint64_t before[4];
	uint64_t after[4];
};

/* What a child does; its memory is shared. */
typedef int (*work_fn)(void *work);

/* Page faults of all kinds above: the process is called t_pages. */
int work_pages(void *work);

/*
 * Huge pages: WORK_HUGE faulted in, split, collapsed.  t_huge; the counters are
 * thp_fault_alloc, thp_split_page, thp_collapse_alloc, thp_split_pmd.
 */
int work_huge(void *work);

/* mprotect() with a thread at work on another CPU: t_tlb.  TLB interrupts. */
int work_tlb(void *work);

/* Memory for the answer. */
struct work *work_new(void);

/* Starts a child; it has everything ready then. */
pid_t work_start(work_fn fn, struct work *work);

/* Has it do its work, and waits until it has.  Return: whether it has. */
bool work_do(pid_t pid);

/* Interrupts that CPUs got to flush their TLBs. */
uint64_t tlb_interrupts(void);

#endif /* MMSCOPE_SELFTESTS_TRACE_WORK_H */
