// SPDX-License-Identifier: GPL-2.0-only
/* The answer of lab/compact. */

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched.h>

#include "../probe/zone.h"
#include "compact_answer.h"
#include "movable.h"

/*
 * Rows for pageblocks; with those for pages they are some 20 MiB of text, which
 * MMS_TEXT_MAX has room for.  As many pageblocks are 256 GiB.
 */
#define BLOCK_ROWS_MAX	131072

/**
 * struct event - a counter that tells of compaction
 * @name: as in /proc/vmstat.
 * @item: its index.
 */
struct event {
	const char *name;
	unsigned int item;
};

static const struct event events[] = {
#ifdef CONFIG_COMPACTION
	{ "compact_migrate_scanned", COMPACTMIGRATE_SCANNED },
	{ "compact_free_scanned", COMPACTFREE_SCANNED },
	{ "compact_isolated", COMPACTISOLATED },
	{ "compact_stall", COMPACTSTALL },
	{ "compact_fail", COMPACTFAIL },
	{ "compact_success", COMPACTSUCCESS },
#endif
#ifdef CONFIG_MIGRATION
	{ "pgmigrate_success", PGMIGRATE_SUCCESS },
	{ "pgmigrate_fail", PGMIGRATE_FAIL },
#endif
};

/**
 * struct sums - what the end line says
 * @blocks: pageblocks that have come free, wholly.
 * @why: the others, by what is in the way.
 * @stopped: why the answer is not complete, or NULL.
 */
struct sums {
	u64 blocks;
	u64 why[MMS_NR_OBSTACLES];
	const char *stopped;
};

static void put_order(struct mms_table *table,
		      const struct mms_compact *compact, unsigned int order)
{
	mms_table_word(table, "free");
	mms_table_none(table);
	mms_table_u64(table, order);
	mms_table_nones(table, 2);
	mms_table_u64(table, compact->free[MMS_COMPACT_BEFORE][order]);
	mms_table_u64(table, compact->free[MMS_COMPACT_AFTER][order]);
	mms_table_nones(table, 5);
	mms_table_row(table);
}

static void put_event(struct mms_table *table,
		      const struct mms_compact *compact,
		      const struct event *event)
{
	mms_table_word(table, "event");
	mms_table_word(table, event->name);
	mms_table_nones(table, 3);
	mms_table_u64(table,
		      compact->events[MMS_COMPACT_BEFORE][event->item]);
	mms_table_u64(table, compact->events[MMS_COMPACT_AFTER][event->item]);
	mms_table_nones(table, 5);
	mms_table_row(table);
}

static int put_counters(struct mms_lab_run *run,
			const struct mms_compact *compact)
{
	struct mms_table *table = &run->text->table;
	unsigned int i;
	int err = 0;

	for (i = 0; i < MMS_NR_ORDERS && !err; i++) {
		err = mms_text_room(run->text);
		if (!err)
			put_order(table, compact, i);
	}
	for (i = 0; i < ARRAY_SIZE(events) && !err; i++) {
		err = mms_text_room(run->text);
		if (!err)
			put_event(table, compact, &events[i]);
	}
	return err;
}

static void put_block(struct mms_table *table, u64 pfn,
		      const struct mms_blockmap_block *block)
{
	mms_table_word(table, "block");
	mms_table_nones(table, 2);
	mms_table_u64(table, pfn);
	mms_table_word(table, mms_migratetype_names[block->type]);
	mms_table_u64(table, block->before);
	mms_table_u64(table, block->after);
	if (block->why == MMS_OBSTACLE_NONE) {
		mms_table_nones(table, 3);
	} else {
		mms_table_word(table, mms_obstacle_names[block->why]);
		mms_table_word(table, mms_frame_kind_names[block->kind]);
		mms_table_u64(table, pfn + block->at);
	}
	mms_table_nones(table, 2);
	mms_table_row(table);
}

static int put_blocks(struct mms_lab_run *run, const struct mms_blockmap *map,
		      struct sums *sums)
{
	u64 i, nr = 0;
	int err;

	for (i = 0; i < map->nr; i++) {
		const struct mms_blockmap_block *block = &map->blocks[i];

		cond_resched();
		if (!block->present || (block->before == block->after &&
					block->why == MMS_OBSTACLE_NONE))
			continue;
		if (block->why == MMS_OBSTACLE_NONE)
			sums->blocks++;
		else
			sums->why[block->why]++;
		if (nr++ >= BLOCK_ROWS_MAX)
			continue;
		err = mms_text_room(run->text);
		if (err)
			return err;
		put_block(&run->text->table,
			  map->first + (i << pageblock_order), block);
	}
	if (nr > BLOCK_ROWS_MAX)
		sums->stopped = "too_many_blocks";
	return 0;
}

static void put_page_row(struct mms_table *table, bool own,
			 const struct mms_followed *page)
{
	mms_table_word(table, "page");
	mms_table_word(table, own ? "lab" : "pid");
	mms_table_none(table);
	mms_table_u64(table, page->before);
	mms_table_nones(table, 6);
	if (page->after)
		mms_table_u64(table, page->after);
	else
		mms_table_none(table);
	if (own)
		mms_table_u64(table, MMS_MOVABLE_INDEX(page->where));
	else
		mms_table_hex(table, page->where);
	mms_table_row(table);
}

/* Those that have moved, or are there no more. */
static int put_pages(struct mms_lab_run *run, const struct mms_follow *follow,
		     struct sums *sums)
{
	int err;
	u32 i;

	for (i = 0; i < follow->nr; i++) {
		cond_resched();
		if (follow->pages[i].before == follow->pages[i].after)
			continue;
		err = mms_text_room(run->text);
		if (err)
			return err;
		put_page_row(&run->text->table, !follow->mm,
			     &follow->pages[i]);
	}
	if (follow->more)
		sums->stopped = "too_many_pages";
	return 0;
}

/* Blocks of the order that the free ones have room for. */
static u64 suitable(const struct mms_compact *compact, unsigned int moment)
{
	unsigned int order;
	u64 nr = 0;

	for (order = compact->order; order < MMS_NR_ORDERS; order++)
		nr += compact->free[moment][order] << (order - compact->order);
	return nr;
}

static void put_head(struct mms_lab_run *run, const struct mms_compact *compact)
{
	struct mms_table *table = &run->text->table;

	mms_lab_head(run);
	mms_table_key_u64(table, "in_node", mms_zone_node(compact->zone));
	mms_table_key_word(table, "in_zone", mms_zone_name(compact->zone));
	mms_table_key_u64(table, "limit_pages", compact->held.limit);
	mms_table_key_u64(table, "pages_per_block", pageblock_nr_pages);
	mms_table_columns(table, "what name order pfn type before after why "
			  "kind at_pfn to_pfn place");
}

static void put_end(struct mms_table *table, const struct mms_compact *compact,
		    const struct sums *sums)
{
	const char *stopped = sums->stopped;
	unsigned int why;

	if (!stopped)
		stopped = mms_pages_why_word(compact->why);
	mms_table_end(table, !stopped);
	mms_table_key_s64(table, "gained",
			  suitable(compact, MMS_COMPACT_AFTER) -
			  suitable(compact, MMS_COMPACT_BEFORE));
	mms_table_key_u64(table, "allocated", compact->allocated);
	mms_table_key_u64(table, "in_other_zones", compact->elsewhere);
	mms_table_key_u64(table, "came_free", sums->blocks);
	for (why = 0; why < MMS_OBSTACLE_NONE; why++)
		mms_table_key_u64(table, mms_obstacle_names[why],
				  sums->why[why]);
	mms_table_key_u64(table, "lab_pages", compact->own.nr);
	mms_table_key_u64(table, "pid_pages", compact->pages.nr);
	if (stopped)
		mms_table_key_word(table, "stopped", stopped);
	mms_table_end_line(table);
}

int mms_compact_answer(struct mms_lab_run *run,
		       const struct mms_compact *compact)
{
	struct sums sums = {};
	int err;

	put_head(run, compact);
	err = put_counters(run, compact) ?:
	      put_blocks(run, &compact->map, &sums) ?:
	      put_pages(run, &compact->own, &sums) ?:
	      put_pages(run, &compact->pages, &sums) ?:
	      mms_text_room(run->text);
	if (!err)
		put_end(&run->text->table, compact, &sums);
	return err;
}
