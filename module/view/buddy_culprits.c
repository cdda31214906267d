// SPDX-License-Identifier: GPL-2.0-only
/* buddy/culprits. */

#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/culprits.h"
#include "../probe/layout.h"
#include "../probe/page.h"
#include "../probe/zone.h"
#include "buddy.h"

/**
 * struct culprits_state - an answer under way
 * @culprits: the search for pageblocks.
 * @searched: it is over.
 * @err: 0 or an errno.
 * @block: which of the blocks found is written, one less than its number.
 * @pages: its frames.
 * @next: which of the last batch of frames is written next.
 */
struct culprits_state {
	struct mms_culprits culprits;
	bool searched;
	int err;
	unsigned int block;
	struct mms_pages pages;
	unsigned int next;
};

static int culprits_start(struct mms_reader *reader)
{
	struct culprits_state *state = reader->state;

	mms_reader_head(reader);
	mms_table_key_u64(&reader->table, "pages_per_block",
			  pageblock_nr_pages);
	mms_reader_asked(reader);
	mms_table_columns(&reader->table,
			  "rank node zone block type immovable_pages "
			  "movable_pages free_pages pfn pages kind owner "
			  "pinned");
	mms_pages_init(&state->pages, 0, 0);
	return mms_culprits_init(&state->culprits,
				 mms_reader_value(reader, MMS_BUDDY_MAX),
				 mms_reader_value(reader, MMS_BUDDY_TOP));
}

/* Frames of the page that are in the block, which it may not end in. */
static u64 pages_in_block(const struct mms_page *page,
			  const struct mms_block *block)
{
	u64 end = min(page->frame.head + BIT_ULL(page->frame.order),
		      block->pfn + pageblock_nr_pages);

	return end - page->pfn;
}

static bool is_immovable(const struct mms_page *page)
{
	switch (page->frame.kind) {
	case MMS_FRAME_FREE:
	case MMS_FRAME_PCP:
		return false;
	default:
		return !page->frame.movable || page->frame.pinned;
	}
}

/* One line for a folio or compound page, where it begins in the block. */
static bool is_first(const struct mms_page *page, const struct mms_block *block)
{
	return page->pfn == page->frame.head || page->pfn == block->pfn;
}

static void put_page_row(struct mms_reader *reader, unsigned int rank,
			 const struct mms_block *block,
			 const struct mms_page *page)
{
	struct culprits_state *state = reader->state;
	struct mms_table *table = &reader->table;

	mms_table_u64(table, rank);
	mms_table_u64(table, block->node);
	mms_table_word(table, block->zone);
	mms_table_u64(table, block->pfn);
	mms_table_word(table, mms_migratetype_names[block->type]);
	mms_table_u64(table, mms_block_immovable(block));
	mms_table_u64(table, block->movable - block->pinned);
	mms_table_u64(table, block->free + block->pcp);
	mms_table_u64(table, page->pfn);
	mms_table_u64(table, pages_in_block(page, block));
	mms_table_word(table, mms_frame_kind_names[page->frame.kind]);
	mms_table_text(table, mms_pages_name(&state->pages, page));
	mms_table_u64(table, page->frame.pinned);
	mms_table_row(table);
}

/* The next batch of frames, of the next block if need be. */
static bool next_frames(struct culprits_state *state)
{
	const struct mms_culprits *culprits = &state->culprits;
	const struct mms_block *block;

	state->next = 0;
	if (state->pages.finished && !state->err) {
		if (state->block == culprits->nr)
			return false;
		block = &culprits->best[state->block++];
		mms_pages_move(&state->pages, block->pfn,
			       block->pfn + pageblock_nr_pages);
	}
	if (!state->err)
		state->err = mms_pages_batch(&state->pages);
	return !state->err;
}

static void search(struct culprits_state *state)
{
	int ret = mms_culprits_batch(&state->culprits);

	state->err = min(ret, 0);
	if (ret > 0)
		return;
	/* One map for both: its own memory would be among what has changed. */
	mms_pages_owners(&state->pages, &state->culprits.blocks.scan);
	state->searched = true;
	state->pages.finished = true;
}

static int end_answer(struct mms_reader *reader)
{
	struct culprits_state *state = reader->state;

	if (state->err && state->err != -EINTR)
		return state->err;
	mms_reader_end_keys(reader, state->err ? "killed" : NULL,
			    &state->culprits.blocks.scan.stats);
	mms_table_key_u64(&reader->table, "blocks", state->culprits.found);
	mms_table_end_line(&reader->table);
	return 0;
}

static int put_rows(struct mms_reader *reader)
{
	struct culprits_state *state = reader->state;

	while (mms_table_room(&reader->table)) {
		const struct mms_block *block;
		const struct mms_page *page;

		if (signal_pending(current))
			break;
		if (!state->searched) {
			search(state);
			continue;
		}
		if (state->next >= state->pages.nr) {
			if (!next_frames(state))
				return end_answer(reader);
			continue;
		}
		block = &state->culprits.best[state->block - 1];
		page = &state->pages.out[state->next++];
		if (is_immovable(page) && is_first(page, block))
			put_page_row(reader, state->block, block, page);
	}
	return 1;
}

static int culprits_fill(struct mms_reader *reader)
{
	struct culprits_state *state = reader->state;
	int ret = put_rows(reader);

	mms_pages_rewind(&state->pages, state->next);
	state->next = 0;
	return ret;
}

static void culprits_stop(struct mms_reader *reader)
{
	struct culprits_state *state = reader->state;

	mms_pages_end(&state->pages);
	mms_culprits_free(&state->culprits);
}

const struct mms_view mms_view_culprits = {
	.name = "culprits",
	.format = 1,
	.keys = BIT(MMS_BUDDY_MAX) | BIT(MMS_BUDDY_TOP),
	.state_size = sizeof(struct culprits_state),
	.missing = mms_layout_missing,
	.start = culprits_start,
	.fill = culprits_fill,
	.stop = culprits_stop,
};
