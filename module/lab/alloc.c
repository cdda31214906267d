// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/alloc: what allocations cost, and where they come from.
 *
 * The free lists are read before the first allocation, when all are done, and
 * when all have been given back: so splitting and merging can be read off order
 * by order.  Where each single block came from is told from the kernel's
 * numbers of free blocks just before and after, without a lock: what others do
 * in that moment makes it unknown, not wrong.
 */

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "../compat/pageblock.h"
#include "../core/source.h"
#include "../probe/layout.h"
#include "../probe/zone.h"
#include "alloc.h"
#include "pages.h"
#include "shots.h"
#include "zones.h"

#define COUNT_MAX	65536

enum { KEY_ORDER, KEY_COUNT, KEY_GFP, KEY_NODE, KEY_HOLD, NR_KEYS };
enum { LIMIT_PAGES, NR_LIMITS };
enum { BEFORE, DURING, AFTER };

static_assert(AFTER < MMS_SHOTS);

static const char *const gfp_words[] = {
	"kernel", "user", "movable", "nowait", "dma", "dma32",
};

static const gfp_t gfp_flags[] = {
	GFP_KERNEL, GFP_USER, GFP_HIGHUSER_MOVABLE, GFP_NOWAIT,
	GFP_KERNEL | __GFP_DMA, GFP_KERNEL | __GFP_DMA32,
};

static_assert(ARRAY_SIZE(gfp_words) == ARRAY_SIZE(gfp_flags));

static const struct mms_key keys[NR_KEYS] = {
	[KEY_ORDER] = {
		"order", MMS_KEY_UINT, .max = MMS_NR_ORDERS - 1,
	},
	[KEY_COUNT] = {
		"count", MMS_KEY_UINT, .min = 1, .max = COUNT_MAX, .def = 1,
	},
	[KEY_GFP] = {
		"gfp", MMS_KEY_WORD, .words = gfp_words,
		.nr_words = ARRAY_SIZE(gfp_words),
	},
	[KEY_NODE] = MMS_LAB_KEY_NODE,
	[KEY_HOLD] = { "hold", MMS_KEY_BOOL },
};

static const struct mms_key limits[NR_LIMITS] = {
	[LIMIT_PAGES] = { "max_pages", MMS_KEY_UINT, .max = U64_MAX },
};

/**
 * struct got - a block that was allocated
 * @pfn: its first frame.
 * @ns: what that took.
 * @zone: its zone.
 * @type: migratetype of its pageblock.
 * @source: where it came from.
 * @from: order of the block that it was part of.
 */
struct got {
	unsigned long pfn;
	u64 ns;
	struct zone *zone;
	u8 type;
	u8 source;
	u8 from;
};

/**
 * struct alloc_state - a run
 * @held: the blocks.
 * @shots: the free lists.
 * @got: what was got.
 * @nr: number of @got.
 * @why: why no more.
 * @before: free blocks of each zone of @shots by order, before an allocation.
 */
struct alloc_state {
	struct mms_pages_held held;
	struct mms_shots shots;
	struct got *got;
	unsigned int nr;
	enum mms_pages_why why;
	u64 (*before)[MMS_NR_ORDERS];
};

static void read_zone(const struct zone *zone, u64 *blocks)
{
	unsigned int order;

	for (order = 0; order < MMS_NR_ORDERS; order++)
		blocks[order] = READ_ONCE(zone->free_area[order].nr_free);
}

static void find_source(const struct alloc_state *state, struct got *got,
			unsigned int order)
{
	u64 after[MMS_NR_ORDERS];
	unsigned int i, from;

	for (i = 0; i < state->shots.nr; i++) {
		if (state->shots.zones[i].zone != got->zone)
			continue;
		read_zone(got->zone, after);
		got->source = mms_source(state->before[i], after,
					 MMS_NR_ORDERS, order, &from);
		got->from = from;
	}
}

/* Until it is given back it keeps memory from being unplugged, or a CMA user. */
static bool may_be_held(struct page *page)
{
	return page_zonenum(page) != ZONE_MOVABLE &&
	       !mms_pageblock_is_cma(page, page_to_pfn(page));
}

/* Return: 1, 0 if there is no block, or an errno. */
static int take_one(struct mms_lab_run *run, struct alloc_state *state)
{
	unsigned int i, order = mms_lab_value(run, KEY_ORDER);
	int node = mms_lab_node(run, KEY_NODE);
	struct got *got = &state->got[state->nr];
	struct page *page;
	u64 began;

	for (i = 0; i < state->shots.nr; i++)
		read_zone(state->shots.zones[i].zone, state->before[i]);
	began = ktime_get_ns();
	page = mms_pages_take(&state->held, gfp_flags[mms_lab_value(run, KEY_GFP)],
			      order, node, &state->why);
	if (!page)
		return 0;
	got->ns = ktime_get_ns() - began;
	if (mms_lab_value(run, KEY_HOLD) && !may_be_held(page))
		return mms_lab_refuse(run, "zone-is-movable", -ENXIO);
	got->pfn = page_to_pfn(page);
	got->zone = page_zone(page);
	got->type = mms_pageblock_type(page, got->pfn);
	find_source(state, got, order);
	state->nr++;
	return 1;
}

static int take_all(struct mms_lab_run *run, struct alloc_state *state)
{
	int ret;

	WRITE_ONCE(run->wanted, mms_lab_value(run, KEY_COUNT));
	while (state->nr < run->wanted) {
		ret = take_one(run, state);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		WRITE_ONCE(run->done, state->nr);
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	mms_lab_step(run, "take", mms_lab_value(run, KEY_ORDER), state->nr);
	return 0;
}

static void put_zone(struct mms_table *table, const struct zone *zone)
{
	mms_table_u64(table, mms_zone_node(zone));
	mms_table_word(table, mms_zone_name(zone));
}

static void put_source(struct mms_table *table, const struct got *got)
{
	switch (got->source) {
	case MMS_SOURCE_PCP:
		mms_table_word(table, "pcp");
		break;
	case MMS_SOURCE_REFILL:
		mms_table_word(table, "refill");
		break;
	case MMS_SOURCE_LIST:
	case MMS_SOURCE_SPLIT:
		mms_table_word(table, "list");
		break;
	default:
		mms_table_none(table);
	}
	if (got->source == MMS_SOURCE_LIST || got->source == MMS_SOURCE_SPLIT)
		mms_table_u64(table, got->from);
	else
		mms_table_none(table);
}

static void put_block(struct mms_table *table, const struct got *got,
		      unsigned int order)
{
	mms_table_word(table, "block");
	put_zone(table, got->zone);
	mms_table_u64(table, order);
	mms_table_word(table, mms_migratetype_names[got->type]);
	mms_table_u64(table, got->pfn);
	mms_table_u64(table, got->ns);
	put_source(table, got);
	mms_table_nones(table, MMS_SHOTS);
	mms_table_row(table);
}

static void put_list(struct mms_table *table, const struct mms_shots_zone *zone,
		     unsigned int order, unsigned int type, unsigned int shots)
{
	unsigned int i;

	mms_table_word(table, "list");
	put_zone(table, zone->zone);
	mms_table_u64(table, order);
	mms_table_word(table, mms_migratetype_names[type]);
	mms_table_nones(table, 4);
	for (i = 0; i < MMS_SHOTS; i++) {
		if (i < shots && zone->verified[i])
			mms_table_u64(table, zone->blocks[i][order][type]);
		else
			mms_table_none(table);
	}
	mms_table_row(table);
}

static int put_lists(struct mms_lab_run *run, const struct mms_shots *shots,
		     unsigned int nr_shots)
{
	unsigned int i, order, type;
	int err = 0;

	for (i = 0; i < shots->nr; i++)
		for (order = 0; order < MMS_NR_ORDERS; order++)
			for (type = 0; type < mms_nr_migratetypes; type++) {
				err = err ?: mms_text_room(run->text);
				if (!err)
					put_list(&run->text->table,
						 &shots->zones[i], order, type,
						 nr_shots);
			}
	return err;
}

static int put_answer(struct mms_lab_run *run, const struct alloc_state *state,
		      unsigned int nr_shots)
{
	const char *stopped = mms_pages_why_word(state->why);
	struct mms_table *table = &run->text->table;
	unsigned int i;
	int err;

	mms_lab_head(run);
	mms_table_key_u64(table, "limit_pages", state->held.limit);
	mms_table_columns(table, "what node zone order type pfn alloc_ns source "
			  "from_order before_blocks during_blocks "
			  "after_blocks");
	for (i = 0; i < state->nr; i++) {
		err = mms_text_room(run->text);
		if (err)
			return err;
		put_block(table, &state->got[i], mms_lab_value(run, KEY_ORDER));
	}
	err = put_lists(run, &state->shots, nr_shots) ?:
	      mms_text_room(run->text);
	if (err)
		return err;
	mms_table_end(table, !stopped);
	mms_table_key_u64(table, "allocated", state->nr);
	if (stopped)
		mms_table_key_word(table, "stopped", stopped);
	mms_table_end_line(table);
	return 0;
}

static int prepare(struct mms_lab_run *run, struct alloc_state *state)
{
	int node = mms_lab_node(run, KEY_NODE), err;

	if (node != NUMA_NO_NODE && !node_state(node, N_MEMORY))
		return mms_lab_refuse(run, "no-such-node", -ENXIO);
	mms_pages_held_init(&state->held, run,
			    run->limits.value[LIMIT_PAGES]);
	err = mms_shots_init(&state->shots);
	if (err)
		return err;
	state->got = kvcalloc(mms_lab_value(run, KEY_COUNT),
			      sizeof(*state->got), GFP_KERNEL);
	state->before = kvcalloc(state->shots.nr, sizeof(*state->before),
				 GFP_KERNEL);
	if (!state->got || !state->before)
		return -ENOMEM;
	if (mms_lab_value(run, KEY_COUNT) << mms_lab_value(run, KEY_ORDER) >
	    state->held.limit)
		return mms_lab_refuse(run, "over-limit", -ENOSPC);
	return 0;
}

static int alloc_run(struct mms_lab_run *run)
{
	struct alloc_state *state = run->state;
	unsigned int order = mms_lab_value(run, KEY_ORDER);
	bool hold = mms_lab_value(run, KEY_HOLD);
	int err;

	err = prepare(run, state) ?:
	      mms_shots_take(&state->shots, BEFORE) ?:
	      take_all(run, state) ?:
	      mms_shots_take(&state->shots, DURING);
	if (err)
		return err;
	if (!hold) {
		mms_pages_free(&state->held);
		mms_lab_step(run, "give_back", order, state->nr);
		err = mms_shots_take(&state->shots, AFTER);
	}
	err = err ?: put_answer(run, state, hold ? AFTER : AFTER + 1);
	return err ?: hold;
}

static void alloc_give_back(struct mms_lab_run *run)
{
	struct alloc_state *state = run->state;

	mms_pages_free(&state->held);
	mms_shots_free(&state->shots);
	kvfree(state->got);
	kvfree(state->before);
}

static const struct mms_lab_type alloc_type = {
	.name = "alloc",
	.format = 1,
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.limits = limits,
	.nr_limits = ARRAY_SIZE(limits),
	.state_size = sizeof(struct alloc_state),
	.missing = mms_layout_missing,
	.run = alloc_run,
	.give_back = alloc_give_back,
};

struct mms_lab mms_lab_alloc = {
	.type = &alloc_type,
};
