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
 * @limit: pages that the run may hold, here and elsewhere.
 */
struct mms_pages_held {
	struct mms_lab_run *run;
	struct list_head blocks;
	u64 limit;
};

/* A default limit is that part of what is free. */
#define MMS_PAGES_FREE_PART	4

/**
 * mms_pages_limit() - pages that an experiment may hold
 * @limit: what was set; 0 if nothing was.
 *
 * Return: @limit, or a quarter of what is free now.
 */
u64 mms_pages_limit(u64 limit);

/**
 * mms_zone_high() - what experiments leave a zone
 * @zone: the zone.
 *
 * Not high_wmark_pages(): that has a boost on top while kswapd is to free
 * pageblocks after one was used for another migratetype, which breaking blocks
 * may itself bring about (boost_watermark(), 5.0).  It may be more than the
 * watermark itself, and is no reserve.
 *
 * Return: its high watermark without the boost, in pages.
 */
unsigned long mms_zone_high(const struct zone *zone);

/**
 * mms_zone_below_high() - has the zone less than experiments leave it?
 * @zone: the zone.
 *
 * Return: true if less than its high watermark is free.
 */
bool mms_zone_below_high(struct zone *zone);

/**
 * mms_zone_is_short() - has the zone less than so much beyond that?
 * @zone: the zone; the last of its memory is not unplugged meanwhile.
 * @pages: so much.
 *
 * Also counts what CPUs have not yet passed on, which may be more than a small
 * block.
 *
 * Return: true if less than its high watermark and @pages are free.
 */
bool mms_zone_is_short(struct zone *zone, u64 pages);

/**
 * mms_pages_held_init() - begins without any
 * @held: the pages.
 * @run: the run.
 * @limit: what was set, as mms_pages_limit() has it.
 */
void mms_pages_held_init(struct mms_pages_held *held, struct mms_lab_run *run,
			 u64 limit);

/**
 * enum mms_pages_why - why there is no block
 * @MMS_PAGES_OK: there is.
 * @MMS_PAGES_LIMIT: it would be more than the limit.
 * @MMS_PAGES_WATERMARK: it would leave a zone below its high watermark.
 * @MMS_PAGES_NONE: the kernel has none.
 * @MMS_PAGES_BLOCKS: more than can be kept account of.
 * @MMS_PAGES_CHARGE: there is, but the caller's memory cgroup is full, or there
 *	is no memory for the tree of the file that it was to be in.
 */
enum mms_pages_why {
	MMS_PAGES_OK,
	MMS_PAGES_LIMIT,
	MMS_PAGES_WATERMARK,
	MMS_PAGES_NONE,
	MMS_PAGES_BLOCKS,
	MMS_PAGES_CHARGE,
};

/**
 * mms_pages_why_word() - why an experiment stopped, in a word
 * @why: why.
 *
 * Return: the word, or NULL if nothing has stopped it.
 */
const char *mms_pages_why_word(enum mms_pages_why why);

/**
 * mms_pages_take() - allocates a block, and holds it
 * @held: where to.
 * @gfp: how; not retried without %__GFP_RETRY_MAYFAIL, and no complaint made.
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
 * mms_pages_take_retry() - the same, but the kernel may try hard
 * @held: where to.
 * @gfp: how; no complaint made.
 * @order: its order.
 * @node: the node it must be of: so that the machine's OOM killer stays out.
 * @why: set to why there is none.
 *
 * May sleep, and call the OOM killer of the caller's memory cgroup if @gfp is
 * charged to it.
 *
 * Return: the block, or NULL.
 */
struct page *mms_pages_take_retry(struct mms_pages_held *held, gfp_t gfp,
				  unsigned int order, int node,
				  enum mms_pages_why *why);

/**
 * mms_pages_put() - gives one block back
 * @held: the pages.
 * @page: its first page.  May sleep.
 */
void mms_pages_put(struct mms_pages_held *held, struct page *page);

/**
 * mms_pages_free() - gives all back
 * @held: the pages; all zero is fine.  May sleep.
 */
void mms_pages_free(struct mms_pages_held *held);

#endif /* MMS_LAB_PAGES_H */
