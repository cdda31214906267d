/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that an experiment holds: so much and no more, and never so much that
 * the kernel would have to reclaim for it.
 */
#ifndef MMS_LAB_PAGES_H
#define MMS_LAB_PAGES_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/types.h>

#include "lab.h"

struct page;
struct zone;

/**
 * struct mms_pages_held - blocks held by an experiment
 * @run: the run, whose @held_pages is kept.
 * @blocks: the blocks, linked by page->lru.
 * @limit: pages that may be held.
 * @nr: pages held.
 */
struct mms_pages_held {
	struct mms_lab_run *run;
	struct list_head blocks;
	u64 limit;
	u64 nr;
};

/**
 * mms_pages_held_init() - begins without any
 * @held: the pages.
 * @run: the run.
 * @limit: pages that may be held; 0 is a quarter of what is free now.
 */
void mms_pages_held_init(struct mms_pages_held *held, struct mms_lab_run *run,
			 u64 limit);

/**
 * enum mms_pages_why - why there is no block
 * @MMS_PAGES_OK: there is.
 * @MMS_PAGES_LIMIT: it would be more than the limit.
 * @MMS_PAGES_WATERMARK: it would leave a zone below its high watermark.
 * @MMS_PAGES_NONE: the kernel has none.
 */
enum mms_pages_why {
	MMS_PAGES_OK,
	MMS_PAGES_LIMIT,
	MMS_PAGES_WATERMARK,
	MMS_PAGES_NONE,
};

/**
 * mms_pages_take() - allocates a block, and holds it
 * @held: where to.
 * @gfp: how; never retried, and no complaint made.
 * @order: its order.
 * @node: the node it must be of, or NUMA_NO_NODE.
 * @why: set to why there is none.
 *
 * A block of a zone that it leaves below its high watermark is given back at
 * once.  May sleep as @gfp allows.
 *
 * Return: the block, or NULL.
 */
struct page *mms_pages_take(struct mms_pages_held *held, gfp_t gfp,
			    unsigned int order, int node,
			    enum mms_pages_why *why);

/**
 * mms_pages_free() - gives all back
 * @held: the pages; all zero is fine.  May sleep.
 */
void mms_pages_free(struct mms_pages_held *held);

#endif /* MMS_LAB_PAGES_H */
