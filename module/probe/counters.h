/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own counters of the whole machine, exactly. */
#ifndef MMS_PROBE_COUNTERS_H
#define MMS_PROBE_COUNTERS_H

#include <linux/types.h>

/**
 * enum mms_counter - what the kernel counts in pages
 * @MMS_COUNTER_TOTAL: pages that the buddy allocator manages.
 * @MMS_COUNTER_FREE: free pages.
 * @MMS_COUNTER_ANON: anonymous pages that are mapped.
 * @MMS_COUNTER_SHMEM: page cache of shmem and tmpfs.
 * @MMS_COUNTER_CACHE: all page cache but the swap cache.
 * @MMS_COUNTER_SLAB_RECLAIMABLE: of slab caches that can be shrunk.
 * @MMS_COUNTER_SLAB: of all slab caches, and large kmalloc().
 * @MMS_COUNTER_VMALLOC: of vmalloc(), stacks of threads included.
 * @MMS_COUNTER_HUGETLB: in the pools of hugetlb.
 * @MMS_NR_COUNTERS: number of these.
 */
enum mms_counter {
	MMS_COUNTER_TOTAL,
	MMS_COUNTER_FREE,
	MMS_COUNTER_ANON,
	MMS_COUNTER_SHMEM,
	MMS_COUNTER_CACHE,
	MMS_COUNTER_SLAB_RECLAIMABLE,
	MMS_COUNTER_SLAB,
	MMS_COUNTER_VMALLOC,
	MMS_COUNTER_HUGETLB,
	MMS_NR_COUNTERS
};

/**
 * mms_counter_read() - reads a counter
 * @counter: which.
 *
 * With what the CPUs have counted and not yet passed on.  It is read piece by
 * piece: exact if nothing changes meanwhile, and near if little does.  May
 * sleep.
 *
 * Return: its value, never negative.
 */
u64 mms_counter_read(enum mms_counter counter);

/**
 * mms_counter_vmalloc_missing() - why %MMS_COUNTER_VMALLOC cannot be read
 *
 * May sleep.  Must have been called once before it is read.
 *
 * Return: one word, or NULL if it can.
 */
const char *mms_counter_vmalloc_missing(void);

#endif /* MMS_PROBE_COUNTERS_H */
