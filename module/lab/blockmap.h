/* SPDX-License-Identifier: GPL-2.0-only */
/* The pageblocks of a zone before and after something. */
#ifndef MMS_LAB_BLOCKMAP_H
#define MMS_LAB_BLOCKMAP_H

#include <linux/types.h>

#include "../probe/obstacles.h"

struct mms_lab_run;
struct zone;

/**
 * struct mms_blockmap_block - a pageblock
 * @before: free pages before.
 * @after: free pages after.
 * @present: frames that there are; 0 if it is none of the zone's.
 * @at: the first page that is in the way, as an offset.
 * @type: migratetype after.
 * @why: &enum mms_obstacle, after.
 * @kind: &enum mms_frame_kind of the page at @at.
 */
struct mms_blockmap_block {
	u16 before;
	u16 after;
	u16 present;
	u16 at;
	u8 type;
	u8 why;
	u8 kind;
};

/**
 * struct mms_blockmap - the pageblocks of a zone
 * @run: the run, whose @done is kept.
 * @zone: the zone.
 * @order: order of the blocks that are wanted.
 * @first: first frame of the first pageblock.
 * @nr: number of @blocks.
 * @blocks: they.
 * @obstacles: a scan.
 */
struct mms_blockmap {
	struct mms_lab_run *run;
	struct zone *zone;
	unsigned int order;
	u64 first;
	u64 nr;
	struct mms_blockmap_block *blocks;
	struct mms_obstacles obstacles;
};

/**
 * mms_blockmap_init() - makes room
 * @map: all zero; mms_blockmap_free() when done, also on error.
 * @run: the run.
 * @zone: the zone; memory that is plugged in from now on is left out.
 * @order: order of the blocks that are wanted.
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_blockmap_init(struct mms_blockmap *map, struct mms_lab_run *run,
		      struct zone *zone, unsigned int order);

/**
 * mms_blockmap_read() - looks at all pageblocks
 * @map: from mms_blockmap_init().
 * @after: it is the second time.
 *
 * Takes no lock: pages change hands meanwhile.  May sleep.
 *
 * Return: 0, -ENOMEM, or -EINTR if a signal came.
 */
int mms_blockmap_read(struct mms_blockmap *map, bool after);

/**
 * mms_blockmap_free() - gives the room back
 * @map: the map, or all zero.
 */
void mms_blockmap_free(struct mms_blockmap *map);

#endif /* MMS_LAB_BLOCKMAP_H */
