/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going through the areas of vmalloc space.
 *
 * The kernel has them in search trees by address: one with one lock, or since
 * 6.9 one for each of up to 128 nodes, over which stretches of addresses are
 * spread.  An area may be freed as soon as the lock is dropped, its list of
 * pages with it; so what is wanted of it is copied under the lock, as much as
 * fits, and the next batch goes on by address and page.
 */
#ifndef MMS_PROBE_VMAP_H
#define MMS_PROBE_VMAP_H

#include <linux/types.h>

/* Areas and frames that one batch, that is one hold of a lock, may collect. */
#define MMS_VMAP_AREAS	32
#define MMS_VMAP_FRAMES	512

/* Look-ups in page tables that one batch may make. */
#define MMS_VMAP_LOOKUPS	128

struct mms_walk_stats;

/**
 * struct mms_vmap_area - one area, or a piece of one that is large
 * @start: its first address.  Not to be shown.
 * @size: its length in bytes, with the guard page; 0 if it has no struct
 *	vm_struct: of vm_map_ram(), or being freed.
 * @flags: its VM_* flags.
 * @caller: address in the function that made it, or 0.  Not to be shown.
 * @nr_pages: pages that it owns and lists; 0 for one that maps what belongs
 *	to others, as vmap() and ioremap() do.
 * @mapped: pages that are not listed come from the page tables.
 * @index: which of its pages the first of these frames is.
 * @first: where its frames begin in the batch.
 * @nr: how many there are.
 */
struct mms_vmap_area {
	unsigned long start;
	unsigned long size;
	unsigned long flags;
	unsigned long caller;
	unsigned long nr_pages;
	bool mapped;
	unsigned long index;
	unsigned int first;
	unsigned int nr;
};

/**
 * struct mms_vmap_batch - what was collected
 * @node: tree that is being gone through.
 * @addr: areas that end here or before have been seen.
 * @index: pages of the next area that have been seen.
 * @nr_areas: number of @areas.
 * @nr_frames: number of @frames.
 * @lookups: look-ups made.
 * @areas: the areas.
 * @frames: their frames.
 *
 * All zero is a start.
 */
struct mms_vmap_batch {
	unsigned int node;
	unsigned long addr;
	unsigned long index;
	unsigned int nr_areas;
	unsigned int nr_frames;
	unsigned int lookups;
	struct mms_vmap_area areas[MMS_VMAP_AREAS];
	unsigned long frames[MMS_VMAP_FRAMES];
};

/**
 * mms_vmap_missing() - why areas cannot be gone through
 *
 * May sleep.
 *
 * Return: one word, or NULL if they can; the same for ever.
 */
const char *mms_vmap_missing(void);

/**
 * mms_vmap_next() - collects the next areas
 * @batch: filled anew.
 * @stats: the time for which the lock was held is added here; scanned are
 *	areas.
 *
 * Areas of one tree come by ascending address.  One that exists all the while
 * is not missed, if others come and go.  Of the pages of a per-CPU area, which
 * no list has, the page tables are asked.
 *
 * Only where mms_vmap_missing() is NULL.  May sleep on PREEMPT_RT.
 *
 * Return: true if there may be more, also if this batch is empty.
 */
bool mms_vmap_next(struct mms_vmap_batch *batch, struct mms_walk_stats *stats);

#endif /* MMS_PROBE_VMAP_H */
