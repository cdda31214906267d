/* SPDX-License-Identifier: GPL-2.0-only */
/* Going through the frames of the machine, a pageblock at a time. */
#ifndef MMS_PROBE_SCAN_H
#define MMS_PROBE_SCAN_H

#include "frame.h"
#include "walk.h"

struct mms_owners;
struct mms_owners_chunk;

/**
 * struct mms_scan_block - frames of one pageblock
 * @page: struct page of the first.
 * @pfn: its number.
 * @nr: how many; fewer than a pageblock has at the ends of the range.
 * @chunk: the piece of struct mms_owners that they are in, or NULL.
 */
struct mms_scan_block {
	const struct page *page;
	unsigned long pfn;
	unsigned long nr;
	const struct mms_owners_chunk *chunk;
};

/**
 * struct mms_scan - a scan under way
 * @pfn: where it stands.
 * @end: where it ends.
 * @owners: frames whose struct page does not say what they are.
 * @block: gets the frames.  Returns how many it has taken; less than all ends
 *	the batch.  Must not sleep for long: memory cannot be unplugged.
 * @ctx: passed to @block.
 * @stats: what it has cost; the lock is mem_hotplug_lock.
 */
struct mms_scan {
	unsigned long pfn;
	unsigned long end;
	struct mms_owners *owners;
	unsigned long (*block)(void *ctx, const struct mms_scan_block *block);
	void *ctx;
	struct mms_walk_stats stats;
};

/**
 * mms_scan_range() - sets a scan to its start
 * @scan: the scan; @block, @ctx and, if wanted, @owners are set by the caller.
 * @first: first frame.
 * @end: first frame behind.
 */
void mms_scan_range(struct mms_scan *scan, u64 first, u64 end);

/**
 * mms_scan_init() - sets a scan to its start, and makes the map of owners
 * @scan: the scan; @block and @ctx are set by the caller.
 * @first: first frame.
 * @end: first frame behind.
 * @names: the map is to have names, too.
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int mms_scan_init(struct mms_scan *scan, u64 first, u64 end, bool names);

/**
 * mms_scan_free() - gives back what the scan holds
 * @scan: the scan, begun or all zero.
 */
void mms_scan_free(struct mms_scan *scan);

/**
 * mms_scan_batch() - scans on for a while
 * @scan: the scan.
 *
 * Frames that have no struct page, or are offline, are left out.  Memory stays
 * plugged for the time of a batch, %MMS_BATCH_FRAMES.  May sleep.
 *
 * Return: 1 if there is more, 0 if the end has been reached, -EINTR if a fatal
 * signal came.
 */
int mms_scan_batch(struct mms_scan *scan);

/**
 * mms_scan_frame() - looks at frames of a block that are alike
 * @block: the block.
 * @i: index of the first.
 * @frame: filled; see mms_frame_run().
 *
 * Return: how many of them are alike.
 */
static inline unsigned long mms_scan_frame(const struct mms_scan_block *block,
					   unsigned long i,
					   struct mms_frame *frame)
{
	return mms_frame_run(block->page + i, block->pfn + i, block->nr - i,
			     block->chunk, frame);
}

#endif /* MMS_PROBE_SCAN_H */
