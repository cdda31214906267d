// SPDX-License-Identifier: GPL-2.0-only
/* Pageblocks that few immovable pages keep from being free. */

#include <linux/mm.h>
#include <linux/slab.h>

#include "culprits.h"

u32 mms_block_immovable(const struct mms_block *block)
{
	return block->unmovable + block->reserved + block->pinned;
}

static bool better(const struct mms_block *a, const struct mms_block *b)
{
	u32 immovable_a = mms_block_immovable(a);
	u32 immovable_b = mms_block_immovable(b);

	if (immovable_a != immovable_b)
		return immovable_a < immovable_b;
	return a->movable < b->movable;
}

/* Keeps the blocks sorted; blocks that are equal stay in order of frames. */
static void keep(struct mms_culprits *culprits, const struct mms_block *block)
{
	unsigned int at = culprits->nr;

	while (at && better(block, &culprits->best[at - 1]))
		at--;
	if (at == culprits->room)
		return;
	if (culprits->nr < culprits->room)
		culprits->nr++;
	memmove(&culprits->best[at + 1], &culprits->best[at],
		(culprits->nr - at - 1) * sizeof(*block));
	culprits->best[at] = *block;
}

static bool is_culprit(const struct mms_culprits *culprits,
		       const struct mms_block *block)
{
	u32 immovable = mms_block_immovable(block);

	/* With a hole in it, a block is never free as a whole. */
	return immovable && immovable <= culprits->max && !block->hole;
}

int mms_culprits_init(struct mms_culprits *culprits, u32 max, unsigned int room)
{
	culprits->max = max;
	culprits->room = room;
	culprits->best = kvcalloc(room, sizeof(*culprits->best), GFP_KERNEL);
	if (!culprits->best)
		return -ENOMEM;
	return mms_blocks_init(&culprits->blocks, 0,
			       U64_MAX - pageblock_nr_pages, true);
}

int mms_culprits_batch(struct mms_culprits *culprits)
{
	int ret = mms_blocks_batch(&culprits->blocks);
	unsigned int i;

	for (i = 0; i < culprits->blocks.nr; i++) {
		const struct mms_block *block = &culprits->blocks.out[i];

		if (!is_culprit(culprits, block))
			continue;
		culprits->found++;
		keep(culprits, block);
	}
	return ret;
}

void mms_culprits_free(struct mms_culprits *culprits)
{
	mms_blocks_free(&culprits->blocks);
	kvfree(culprits->best);
	culprits->best = NULL;
}
