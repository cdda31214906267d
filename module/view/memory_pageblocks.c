// SPDX-License-Identifier: GPL-2.0-only
/* memory/pageblocks. */

#include <linux/sched/signal.h>

#include "../probe/blocks.h"
#include "../probe/layout.h"
#include "../probe/zone.h"
#include "memory.h"

/**
 * struct pageblocks_state - a scan under way
 * @blocks: the scan.
 * @next: which of its last batch is written next.
 * @finished: there is no further batch.
 * @err: 0 or an errno.
 */
struct pageblocks_state {
	struct mms_blocks blocks;
	unsigned int next;
	bool finished;
	int err;
};

static int pageblocks_start(struct mms_reader *reader)
{
	struct pageblocks_state *state = reader->state;
	u64 first, end;

	first = mms_memory_range(reader, &end);
	mms_reader_head(reader);
	mms_table_key_u64(&reader->table, "pages_per_block",
			  pageblock_nr_pages);
	mms_reader_asked(reader);
	mms_table_columns(&reader->table,
			  "node zone pfn type free_pages movable_pages "
			  "unmovable_pages pcp_pages reserved_pages hole_pages "
			  "pinned_pages longest_free_pages mixed");
	return mms_blocks_init(&state->blocks, first, end, false);
}

static void put_block(struct mms_table *table, const struct mms_block *block)
{
	mms_table_u64(table, block->node);
	mms_table_word(table, block->zone);
	mms_table_u64(table, block->pfn);
	mms_table_word(table, mms_migratetype_names[block->type]);
	mms_table_u64(table, block->free);
	mms_table_u64(table, block->movable);
	mms_table_u64(table, block->unmovable);
	mms_table_u64(table, block->pcp);
	mms_table_u64(table, block->reserved);
	mms_table_u64(table, block->hole);
	mms_table_u64(table, block->pinned);
	mms_table_u64(table, block->longest_free);
	mms_table_u64(table, mms_block_mixed(block));
	mms_table_row(table);
}

static int pageblocks_fill(struct mms_reader *reader)
{
	struct pageblocks_state *state = reader->state;
	struct mms_blocks *blocks = &state->blocks;
	int ret;

	while (mms_table_room(&reader->table)) {
		if (state->next < blocks->nr) {
			put_block(&reader->table, &blocks->out[state->next++]);
			continue;
		}
		if (state->finished) {
			mms_reader_end(reader, state->err ? "killed" : NULL,
				       &blocks->scan.stats);
			return 0;
		}
		state->next = 0;
		ret = mms_blocks_batch(blocks);
		state->finished = ret <= 0;
		state->err = min(ret, 0);
		if (signal_pending(current))
			break;
	}
	return 1;
}

static void pageblocks_stop(struct mms_reader *reader)
{
	struct pageblocks_state *state = reader->state;

	mms_blocks_free(&state->blocks);
}

const struct mms_view mms_view_pageblocks = {
	.name = "pageblocks",
	.format = 1,
	.keys = BIT(MMS_MEMORY_PFN),
	.state_size = sizeof(struct pageblocks_state),
	.missing = mms_layout_missing,
	.start = pageblocks_start,
	.fill = pageblocks_fill,
	.stop = pageblocks_stop,
};
