/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways for the kernel to allocate more than a page for itself. */
#ifndef MMS_LAB_WAYS_H
#define MMS_LAB_WAYS_H

#include <linux/vmstat.h>

#include "lab.h"
#include "pages.h"

/**
 * enum mms_way - a way to allocate
 * @MMS_WAY_KMALLOC: kmalloc(): one block.
 * @MMS_WAY_VMALLOC: vmalloc(): any pages.
 * @MMS_WAY_VMALLOC_HUGE: vmalloc_huge(): huge pages, if there are any.
 * @MMS_WAY_KVMALLOC: kvmalloc(): the first, or else the third.
 * @MMS_NR_WAYS: number of ways.
 */
enum mms_way {
	MMS_WAY_KMALLOC,
	MMS_WAY_VMALLOC,
	MMS_WAY_VMALLOC_HUGE,
	MMS_WAY_KVMALLOC,
	MMS_NR_WAYS
};

extern const char *const mms_way_words[MMS_NR_WAYS];

/**
 * struct mms_ways - what is allocated again and again
 * @run: the run.
 * @size: bytes.
 * @order: order of a block of so many.
 * @retry: the kernel may try hard.
 * @limit: pages that the run may hold.
 * @events: room for the kernel's counters.
 */
struct mms_ways {
	struct mms_lab_run *run;
	unsigned long size;
	unsigned int order;
	bool retry;
	u64 limit;
	unsigned long events[NR_VM_EVENT_ITEMS];
};

/**
 * struct mms_way_try - an allocation
 * @way: how.
 * @addr: where it is, or NULL.
 * @why: why there is none.
 * @too_large: nothing was tried: the way cannot do so much.
 * @fit: free blocks before that a contiguous one could be of.
 * @alloc_ns: what it took.
 * @compact: allocations that compacted memory meanwhile, by whomever.
 * @reclaim: allocations that reclaimed memory meanwhile, by whomever.
 */
struct mms_way_try {
	enum mms_way way;
	void *addr;
	enum mms_pages_why why;
	bool too_large;
	u64 fit;
	u64 alloc_ns;
	u64 compact;
	u64 reclaim;
};

/**
 * mms_way_pages() - pages that an allocation takes at most
 * @ways: what is allocated.
 * @way: how.
 *
 * Return: the pages.
 */
u64 mms_way_pages(const struct mms_ways *ways, enum mms_way way);

/**
 * mms_way_try() - allocates
 * @ways: what.
 * @try: ->way says how; the rest, all zero, is filled.
 *
 * Nothing is tried that the limit does not allow, or that there is not enough
 * for above the high watermarks; what leaves a zone below its own is freed at
 * once.  Neither calls the OOM killer.  May sleep.
 */
void mms_way_try(struct mms_ways *ways, struct mms_way_try *try);

/**
 * mms_way_free() - frees what was allocated
 * @addr: where it is.
 *
 * May sleep.
 *
 * Return: what that took, in ns.
 */
u64 mms_way_free(void *addr);

#endif /* MMS_LAB_WAYS_H */
