/* SPDX-License-Identifier: GPL-2.0-only */
/* The map of pageblocks: what is in each. */
#ifndef MMS_PROBE_BLOCKS_H
#define MMS_PROBE_BLOCKS_H

#include "../limits.h"
#include "scan.h"

/**
 * struct mms_block - one pageblock
 * @pfn: its first frame.
 * @node: its node.
 * @zone: name of its zone; constant.
 * @type: &enum migratetype.
 * @free: pages in free lists.
 * @pcp: pages in per-CPU lists.
 * @movable: pages that compaction or migration may move.
 * @unmovable: pages in use that nothing can move.
 * @reserved: pages that the buddy allocator never had (PG_reserved).
 * @hole: frames without memory or outside of what was asked for.
 * @pinned: those of @movable that are pinned for DMA.
 * @longest_free: length of the longest run of free pages.
 */
struct mms_block {
	u64 pfn;
	int node;
	const char *zone;
	unsigned int type;
	u32 free;
	u32 pcp;
	u32 movable;
	u32 unmovable;
	u32 reserved;
	u32 hole;
	u32 pinned;
	u32 longest_free;
};

/**
 * struct mms_blocks - a scan of pageblocks under way
 * @scan: the scan.
 * @nr: pageblocks of the last batch.
 * @out: they.
 */
struct mms_blocks {
	struct mms_scan scan;
	unsigned int nr;
	struct mms_block out[MMS_BATCH_BLOCKS];
};

/**
 * mms_blocks_init() - begins a scan
 * @blocks: the scan, all zero; mms_blocks_free() when done, also on error.
 * @first: a frame of the first pageblock.
 * @end: first frame behind.
 * @names: the map of owners is to have names, too.
 *
 * Pageblocks are looked at as a whole, also those that @first and @end cut.
 * May sleep.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int mms_blocks_init(struct mms_blocks *blocks, u64 first, u64 end, bool names);

/**
 * mms_blocks_batch() - scans on for a while
 * @blocks: the scan.
 *
 * May sleep; see mms_scan_batch().
 *
 * Return: 1 if there is more, 0 if not, -EINTR if a fatal signal came.
 */
int mms_blocks_batch(struct mms_blocks *blocks);

/**
 * mms_blocks_free() - gives back what the scan holds
 * @blocks: the scan.
 */
void mms_blocks_free(struct mms_blocks *blocks);

/**
 * mms_block_mixed() - is there something that should be elsewhere?
 * @block: the pageblock.
 *
 * Return: true if a block of type movable (or CMA) has unmovable pages, or one
 * of another type has movable pages.
 */
bool mms_block_mixed(const struct mms_block *block);

#endif /* MMS_PROBE_BLOCKS_H */
