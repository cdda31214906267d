// SPDX-License-Identifier: GPL-2.0-only
/* The pageblocks of a zone before and after something. */

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched/signal.h>
#include <linux/vmalloc.h>

#include "blockmap.h"
#include "lab.h"

static_assert(pageblock_nr_pages <= U16_MAX);

int mms_blockmap_init(struct mms_blockmap *map, struct mms_lab_run *run,
		      struct zone *zone, unsigned int order)
{
	u64 end = round_up(zone_end_pfn(zone), pageblock_nr_pages);

	map->run = run;
	map->zone = zone;
	map->order = order;
	map->first = round_down(zone->zone_start_pfn, pageblock_nr_pages);
	map->nr = (end - map->first) >> pageblock_order;
	/* Out of single pages: nothing is compacted for it, nor split. */
	map->blocks = vcalloc(map->nr, sizeof(*map->blocks));
	return map->blocks ? 0 : -ENOMEM;
}

static void take_block(struct mms_blockmap *map, bool after,
		       const struct mms_obstacle_block *from)
{
	u64 i = (from->pfn - map->first) >> pageblock_order;
	struct mms_blockmap_block *block;

	/* The zone has grown. */
	if (from->pfn < map->first || i >= map->nr)
		return;
	block = &map->blocks[i];
	if (!after) {
		block->before = from->free;
		return;
	}
	block->after = from->free;
	block->present = from->present;
	block->type = from->type;
	block->why = from->why;
	block->kind = from->kind;
	block->at = from->at - from->pfn;
}

int mms_blockmap_read(struct mms_blockmap *map, bool after)
{
	struct mms_obstacles *obstacles = &map->obstacles;
	struct mms_lab_run *run = map->run;
	unsigned int i;
	int ret;

	memset(obstacles, 0, sizeof(*obstacles));
	ret = mms_obstacles_init(obstacles, map->zone, map->order);
	if (!ret)
		ret = 1;
	while (ret > 0) {
		ret = mms_obstacles_batch(obstacles);
		for (i = 0; i < obstacles->nr; i++)
			take_block(map, after, &obstacles->out[i]);
		WRITE_ONCE(run->done, run->done + obstacles->nr);
		if (signal_pending(current))
			ret = -EINTR;
	}
	mms_obstacles_free(obstacles);
	return ret;
}

void mms_blockmap_free(struct mms_blockmap *map)
{
	vfree(map->blocks);
	map->blocks = NULL;
}
