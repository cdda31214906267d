// SPDX-License-Identifier: GPL-2.0-only
/* What keeps each pageblock of a zone from being wholly free. */

#include <linux/mm.h>
#include <linux/mmzone.h>

#include "../compat/compaction.h"
#include "../compat/compat.h"
#include "../compat/pageblock.h"
#include "obstacles.h"

const char *const mms_obstacle_names[MMS_NR_OBSTACLES] = {
	[MMS_OBSTACLE_PINNED] = "pinned",
	[MMS_OBSTACLE_UNMOVABLE] = "unmovable",
	[MMS_OBSTACLE_LOCKED] = "locked",
	[MMS_OBSTACLE_RESERVED] = "reserved",
	[MMS_OBSTACLE_WRITEBACK] = "writeback",
	[MMS_OBSTACLE_LARGE] = "large",
	[MMS_OBSTACLE_ISOLATED] = "isolated",
	[MMS_OBSTACLE_MOVABLE] = "movable",
	[MMS_OBSTACLE_PCP] = "pcp",
	[MMS_OBSTACLE_NONE] = NULL,
};

/* Kinds of pages that compaction takes out of the lists of reclaim. */
static bool has_lru(enum mms_frame_kind kind)
{
	return kind == MMS_FRAME_ANON || kind == MMS_FRAME_FILE ||
	       kind == MMS_FRAME_SHMEM || kind == MMS_FRAME_KSM;
}

/* @flags are those of the page, or of the head of its folio. */
static enum mms_obstacle obstacle_of(const struct mms_obstacles *obstacles,
				     const struct mms_frame *frame,
				     unsigned long flags)
{
	if (frame->kind == MMS_FRAME_PCP)
		return MMS_OBSTACLE_PCP;
	if (frame->pinned)
		return MMS_OBSTACLE_PINNED;
	if (!frame->movable)
		return flags & BIT(PG_reserved) ? MMS_OBSTACLE_RESERVED :
						  MMS_OBSTACLE_UNMOVABLE;
	if (flags & BIT(PG_locked))
		return MMS_OBSTACLE_LOCKED;
	if (flags & BIT(PG_writeback))
		return MMS_OBSTACLE_WRITEBACK;
	if (frame->order &&
	    mms_folio_moved_above(frame->order) >= (int)obstacles->order)
		return MMS_OBSTACLE_LARGE;
	if (has_lru(frame->kind) && !(flags & BIT(PG_lru)))
		return MMS_OBSTACLE_ISOLATED;
	return MMS_OBSTACLE_MOVABLE;
}

static void meet(struct mms_obstacle_block *block, enum mms_obstacle why,
		 enum mms_frame_kind kind, u64 pfn)
{
	if (why >= block->why)
		return;
	block->why = why;
	block->kind = kind;
	block->at = pfn;
}

/* @nr frames from the @i-th on that are alike, but for flags that come and go. */
static void look_at(const struct mms_obstacles *obstacles,
		    struct mms_obstacle_block *block,
		    const struct mms_scan_block *from, unsigned long i,
		    unsigned long nr, const struct mms_frame *frame)
{
	enum mms_obstacle why;
	unsigned long end = i + nr;

	if (frame->kind == MMS_FRAME_FREE) {
		block->free += nr;
		return;
	}
	if (frame->order) {
		why = obstacle_of(obstacles, frame,
				  mms_page_flags(pfn_to_page(frame->head)));
		meet(block, why, frame->kind, from->pfn + i);
		return;
	}
	for (; i < end; i++) {
		why = obstacle_of(obstacles, frame,
				  mms_page_flags(from->page + i));
		meet(block, why, frame->kind, from->pfn + i);
	}
}

static unsigned long read_block(void *ctx, const struct mms_scan_block *from)
{
	struct mms_obstacles *obstacles = ctx;
	struct mms_obstacle_block *block;
	unsigned long i, nr;

	if (page_zone(from->page) != obstacles->zone)
		return from->nr;
	if (obstacles->nr == ARRAY_SIZE(obstacles->out))
		return 0;
	block = &obstacles->out[obstacles->nr++];
	*block = (struct mms_obstacle_block){
		.pfn = from->pfn,
		.type = mms_pageblock_type(from->page, from->pfn),
		.present = from->nr,
		.why = MMS_OBSTACLE_NONE,
	};
	for (i = 0; i < from->nr; i += nr) {
		struct mms_frame frame;

		nr = mms_scan_frame(from, i, &frame);
		look_at(obstacles, block, from, i, nr, &frame);
	}
	return from->nr;
}

int mms_obstacles_init(struct mms_obstacles *obstacles, const struct zone *zone,
		       unsigned int order)
{
	obstacles->zone = zone;
	obstacles->order = order;
	obstacles->scan.block = read_block;
	obstacles->scan.ctx = obstacles;
	return mms_scan_init(&obstacles->scan,
			     round_down(zone->zone_start_pfn,
					pageblock_nr_pages),
			     round_up(zone_end_pfn(zone), pageblock_nr_pages),
			     false);
}

int mms_obstacles_batch(struct mms_obstacles *obstacles)
{
	obstacles->nr = 0;
	return mms_scan_batch(&obstacles->scan);
}

void mms_obstacles_free(struct mms_obstacles *obstacles)
{
	mms_scan_free(&obstacles->scan);
}
