/* SPDX-License-Identifier: GPL-2.0-only */
/* What keeps each pageblock of a zone from being wholly free. */
#ifndef MMS_PROBE_OBSTACLES_H
#define MMS_PROBE_OBSTACLES_H

#include "../limits.h"
#include "scan.h"

struct zone;

/**
 * enum mms_obstacle - why a page in use is not moved out of its pageblock
 * @MMS_OBSTACLE_PINNED: pinned for DMA.
 * @MMS_OBSTACLE_UNMOVABLE: nothing can move pages of that kind.
 * @MMS_OBSTACLE_LOCKED: somebody has it locked.
 * @MMS_OBSTACLE_RESERVED: never given to the buddy allocator.
 * @MMS_OBSTACLE_WRITEBACK: under writeback.
 * @MMS_OBSTACLE_LARGE: of a folio that compaction leaves as it is, so large.
 * @MMS_OBSTACLE_ISOLATED: in no list of reclaim: somebody has taken it out, or
 *	it waits in a CPU's batch to be put in.
 * @MMS_OBSTACLE_MOVABLE: nothing; it could be moved.
 * @MMS_OBSTACLE_PCP: it is free, but in a per-CPU list.
 * @MMS_OBSTACLE_NONE: all is free.
 * @MMS_NR_OBSTACLES: number of them.
 *
 * What is harder to get rid of comes first.
 */
enum mms_obstacle {
	MMS_OBSTACLE_PINNED,
	MMS_OBSTACLE_UNMOVABLE,
	MMS_OBSTACLE_LOCKED,
	MMS_OBSTACLE_RESERVED,
	MMS_OBSTACLE_WRITEBACK,
	MMS_OBSTACLE_LARGE,
	MMS_OBSTACLE_ISOLATED,
	MMS_OBSTACLE_MOVABLE,
	MMS_OBSTACLE_PCP,
	MMS_OBSTACLE_NONE,
	MMS_NR_OBSTACLES
};

extern const char *const mms_obstacle_names[MMS_NR_OBSTACLES];

/**
 * struct mms_obstacle_block - one pageblock
 * @pfn: its first frame.
 * @type: &enum migratetype.
 * @present: its frames that there are.
 * @free: of these, in free lists.
 * @why: the first of the obstacles that its other pages are.
 * @kind: kind of the first such page.
 * @at: its frame.
 */
struct mms_obstacle_block {
	u64 pfn;
	unsigned int type;
	u32 present;
	u32 free;
	enum mms_obstacle why;
	enum mms_frame_kind kind;
	u64 at;
};

/**
 * struct mms_obstacles - a scan of a zone under way
 * @scan: the scan.
 * @zone: the zone.
 * @order: order of the blocks that are wanted.
 * @nr: pageblocks of the last batch.
 * @out: they.
 */
struct mms_obstacles {
	struct mms_scan scan;
	const struct zone *zone;
	unsigned int order;
	unsigned int nr;
	struct mms_obstacle_block out[MMS_BATCH_BLOCKS];
};

/**
 * mms_obstacles_init() - begins a scan
 * @obstacles: the scan, all zero; mms_obstacles_free() when done, also on
 *	error.
 * @zone: the zone; a pageblock is of the zone that its first page is of.
 * @order: order of the blocks that are wanted; compaction for larger ones moves
 *	larger folios.
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int mms_obstacles_init(struct mms_obstacles *obstacles, const struct zone *zone,
		       unsigned int order);

/**
 * mms_obstacles_batch() - scans on for a while
 * @obstacles: the scan.
 *
 * May sleep; see mms_scan_batch().
 *
 * Return: 1 if there is more, 0 if not, -EINTR if a fatal signal came.
 */
int mms_obstacles_batch(struct mms_obstacles *obstacles);

/**
 * mms_obstacles_free() - gives back what the scan holds
 * @obstacles: the scan, begun or all zero.
 */
void mms_obstacles_free(struct mms_obstacles *obstacles);

#endif /* MMS_PROBE_OBSTACLES_H */
