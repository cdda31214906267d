// SPDX-License-Identifier: GPL-2.0-only
/* The map of pageblocks: what is in each. */

#include <linux/mm.h>

#include "../compat/compat.h"
#include "../compat/pageblock.h"
#include "blocks.h"
#include "zone.h"

static u32 *count_of(struct mms_block *block, const struct page *page,
		     const struct mms_frame *frame)
{
	switch (frame->kind) {
	case MMS_FRAME_FREE:
		return &block->free;
	case MMS_FRAME_PCP:
		return &block->pcp;
	default:
		if (frame->movable)
			return &block->movable;
		return mms_page_flags(page) & BIT(PG_reserved) ?
		       &block->reserved : &block->unmovable;
	}
}

static void begin_block(struct mms_block *block, const struct page *page,
			unsigned long pfn)
{
	const struct zone *zone = page_zone(page);

	*block = (struct mms_block){
		.pfn = pfn,
		.node = page_to_nid(page),
		.zone = mms_zone_name(zone),
		.type = mms_pageblock_type(page, pfn),
	};
}

static unsigned long read_block(void *ctx, const struct mms_scan_block *from)
{
	struct mms_blocks *blocks = ctx;
	struct mms_block *block;
	unsigned long i, nr, free_run = 0;

	if (blocks->nr == ARRAY_SIZE(blocks->out))
		return 0;
	block = &blocks->out[blocks->nr++];
	begin_block(block, from->page, from->pfn);
	for (i = 0; i < from->nr; i += nr) {
		struct mms_frame frame;

		nr = mms_scan_frame(from, i, &frame);
		*count_of(block, from->page + i, &frame) += nr;
		if (frame.pinned)
			block->pinned += nr;
		free_run = frame.kind == MMS_FRAME_FREE ? free_run + nr : 0;
		block->longest_free = max_t(u32, block->longest_free, free_run);
	}
	block->hole = pageblock_nr_pages - from->nr;
	return i;
}

int mms_blocks_init(struct mms_blocks *blocks, u64 first, u64 end, bool names)
{
	blocks->scan.block = read_block;
	blocks->scan.ctx = blocks;
	return mms_scan_init(&blocks->scan,
			     round_down(first, pageblock_nr_pages),
			     round_up(end, pageblock_nr_pages), names);
}

int mms_blocks_batch(struct mms_blocks *blocks)
{
	blocks->nr = 0;
	return mms_scan_batch(&blocks->scan);
}

void mms_blocks_free(struct mms_blocks *blocks)
{
	mms_scan_free(&blocks->scan);
}

bool mms_block_mixed(const struct mms_block *block)
{
	switch (block->type) {
	case MIGRATE_MOVABLE:
#ifdef CONFIG_CMA
	case MIGRATE_CMA:
#endif
		return block->unmovable;
	default:
		return block->movable;
	}
}
