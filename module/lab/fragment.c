// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/fragment: free memory in pieces, to a set degree.
 *
 * Breaks all free blocks of the order, holding one page of each, and then gives
 * blocks back until the index that the kernel itself computes is where it was
 * asked to be.  What that costs is a page of each block that stays broken.
 */

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/vmstat.h>

#include "../compat/pageblock.h"
#include "../probe/layout.h"
#include "../probe/zone.h"
#include "drain.h"
#include "fragment.h"
#include "steps.h"
#include "zones.h"

/* Blocks at most: sorting them may not take seconds. */
#define BLOCKS_MAX	(4U << 20)
/* Blocks that may become free in between. */
#define BLOCKS_MORE	64

enum {
	KEY_ORDER, KEY_NODE, KEY_ZONE, KEY_INDEX, KEY_TARGET, KEY_MOBILITY,
	KEY_SEED, KEY_PAGES, NR_KEYS
};

enum { LIMIT_PAGES, NR_LIMITS };

static const char *const index_words[] = {
	[MMS_INDEX_UNUSABLE] = "unusable_index",
	[MMS_INDEX_EXTFRAG] = "extfrag_index",
};

static const char *const mobility_words[] = {
	[MMS_UNMOVABLE] = "unmovable",
	[MMS_MOVABLE] = "movable",
	[MMS_MIXED] = "mixed",
};

static const struct mms_key keys[NR_KEYS] = {
	[KEY_ORDER] = {
		"order", MMS_KEY_UINT, .min = 1, .max = MMS_NR_ORDERS - 1,
		.def = 9,
	},
	[KEY_NODE] = MMS_LAB_KEY_NODE,
	[KEY_ZONE] = MMS_LAB_KEY_ZONE,
	[KEY_INDEX] = {
		"index", MMS_KEY_WORD, .words = index_words,
		.nr_words = ARRAY_SIZE(index_words),
	},
	[KEY_TARGET] = { "target", MMS_KEY_UINT, .max = 1000, .def = 500 },
	[KEY_MOBILITY] = {
		"mobility", MMS_KEY_WORD, .words = mobility_words,
		.nr_words = ARRAY_SIZE(mobility_words),
	},
	[KEY_SEED] = { "seed", MMS_KEY_UINT, .max = U32_MAX, .def = 1 },
	[KEY_PAGES] = { "pages", MMS_KEY_BOOL },
};

static const struct mms_key limits[NR_LIMITS] = {
	[LIMIT_PAGES] = { "max_pages", MMS_KEY_UINT, .max = U64_MAX },
};

static const struct mms_reading *last(const struct mms_steps *steps)
{
	return &steps->step[steps->nr - 1].after;
}

static void put_step(struct mms_table *table, const struct mms_step *step,
		     unsigned int nr)
{
	const struct mms_contig *contig = &step->after.contig;

	mms_table_word(table, "step");
	mms_table_u64(table, nr);
	mms_table_word(table, mms_action_names[step->action]);
	mms_table_u64(table, step->order);
	mms_table_u64(table, step->blocks);
	mms_table_s64(table, step->after.index);
	mms_table_u64(table, contig->free_pages);
	mms_table_u64(table, contig->blocks);
	mms_table_u64(table, contig->suitable);
	mms_table_u64(table, step->held_pages);
	mms_table_nones(table, 2);
	mms_table_row(table);
}

static void put_page_row(struct mms_table *table, unsigned long pfn,
			 bool movable)
{
	mms_table_word(table, "page");
	mms_table_nones(table, 9);
	if (pfn)
		mms_table_u64(table, pfn);
	else
		mms_table_none(table);
	mms_table_word(table, movable ? "movable" : "unmovable");
	mms_table_row(table);
}

static int put_pages(struct mms_lab_run *run, struct mms_steps *steps)
{
	struct mms_broken *broken = &steps->broken;
	int err = 0;
	u32 i;

	if (!mms_lab_value(run, KEY_PAGES))
		return 0;
	for (i = 0; i < broken->nr && !err; i++) {
		err = mms_text_room(run->text);
		if (!err)
			put_page_row(&run->text->table,
				     mms_broken_pfn(broken, i),
				     broken->blocks[i].movable);
		cond_resched();
	}
	return err;
}

static int put_answer(struct mms_lab_run *run, struct mms_steps *steps)
{
	const char *stopped = mms_pages_why_word(steps->why);
	struct mms_table *table = &run->text->table;
	unsigned int i;
	int err;

	mms_lab_head(run);
	mms_table_key_u64(table, "in_node", mms_zone_node(steps->zone));
	mms_table_key_word(table, "in_zone", mms_zone_name(steps->zone));
	mms_table_key_u64(table, "limit_pages", steps->absorbed.limit);
	mms_table_key_s64(table, "before", steps->step[0].after.index);
	mms_table_key_s64(table, "reached", last(steps)->index);
	mms_table_columns(table, "what step action order blocks index "
			  "free_pages free_blocks suitable_blocks held_pages "
			  "pfn mobility");
	for (i = 0; i < steps->nr; i++) {
		err = mms_text_room(run->text);
		if (err)
			return err;
		put_step(table, &steps->step[i], i);
	}
	err = put_pages(run, steps) ?: mms_text_room(run->text);
	if (err)
		return err;
	mms_table_end(table, !stopped);
	mms_table_key_u64(table, "held_pages", run->held_pages);
	if (stopped)
		mms_table_key_word(table, "stopped", stopped);
	mms_table_end_line(table);
	return 0;
}

/* Blocks that are broken at once, at most. */
static u64 blocks_wanted(const struct mms_lab_run *run, struct zone *zone)
{
	u64 free = zone_page_state(zone, NR_FREE_PAGES);

	/* To raise extfrag_index, smaller ones are broken, too. */
	if (mms_lab_value(run, KEY_INDEX) == MMS_INDEX_EXTFRAG)
		return free / 2;
	return (free >> mms_lab_value(run, KEY_ORDER)) + BLOCKS_MORE;
}

static int choose_zone(struct mms_lab_run *run, struct mms_steps *steps)
{
	steps->zone = mms_lab_zone(run, KEY_NODE, KEY_ZONE);
	if (!steps->zone)
		return mms_lab_refuse(run, "no-such-zone", -ENXIO);
	/* That it may only have what can be moved is what this zone is for. */
	if (zone_idx(steps->zone) == ZONE_MOVABLE &&
	    mms_lab_value(run, KEY_MOBILITY) != MMS_MOVABLE)
		return mms_lab_refuse(run, "zone-is-movable", -ENXIO);
	return 0;
}

static int prepare(struct mms_lab_run *run, struct mms_steps *steps)
{
	u64 limit = run->limits.value[LIMIT_PAGES], blocks;
	int err;

	steps->run = run;
	steps->order = mms_lab_value(run, KEY_ORDER);
	steps->index = mms_lab_value(run, KEY_INDEX);
	steps->target = mms_lab_value(run, KEY_TARGET);
	mms_drain_init(&steps->drain, steps->zone);
	err = mms_steps_begin(steps, blocks_wanted(run, steps->zone), limit);
	if (err)
		return err;
	/* By what is free now. */
	blocks = blocks_wanted(run, steps->zone);
	WRITE_ONCE(run->wanted, blocks);
	mms_pages_held_init(&steps->absorbed, run, limit);
	limit = steps->absorbed.limit;
	return mms_broken_init(&steps->broken, run, &steps->drain,
			       mms_lab_value(run, KEY_MOBILITY),
			       mms_lab_value(run, KEY_SEED), limit,
			       min3(blocks, limit, (u64)BLOCKS_MAX));
}

static int fragment_run(struct mms_lab_run *run)
{
	struct mms_steps *steps = run->state;
	int err;

	err = choose_zone(run, steps) ?: prepare(run, steps) ?:
	      mms_steps_reach(steps) ?: put_answer(run, steps);
	return err ?: 1;
}

static void fragment_give_back(struct mms_lab_run *run)
{
	struct mms_steps *steps = run->state;

	if (!steps->drain.zone)
		return;
	mms_pages_free(&steps->absorbed);
	mms_broken_free(&steps->broken);
	mms_drain(&steps->drain);
	mms_drain_end(&steps->drain);
}

static const struct mms_lab_type fragment_type = {
	.name = "fragment",
	.format = 1,
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.limits = limits,
	.nr_limits = ARRAY_SIZE(limits),
	.state_size = sizeof(struct mms_steps),
	.missing = mms_layout_missing,
	.run = fragment_run,
	.give_back = fragment_give_back,
};

struct mms_lab mms_lab_fragment = {
	.type = &fragment_type,
};
