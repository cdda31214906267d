// SPDX-License-Identifier: GPL-2.0-only
/* Bringing the index of fragmentation of a zone to where it is wanted. */

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched/signal.h>

#include "../compat/pageblock.h"
#include "freelist.h"
#include "room.h"
#include "steps.h"
#include "zones.h"

/* As close as it is tried; far less than what is asked for by anybody. */
#define CLOSE		2
/* Corrections; each most often leaves a tenth of what was amiss. */
#define ROUNDS		16

const char *const mms_action_names[MMS_NR_ACTIONS] = {
	[MMS_ACTION_MEASURE] = "measure",
	[MMS_ACTION_ROOM] = "room",
	[MMS_ACTION_BREAK] = "break",
	[MMS_ACTION_GIVE_BACK] = "give_back",
	[MMS_ACTION_ABSORB] = "absorb",
};

/* As the kernel's own reading: nothing but counters, which change meanwhile. */
static void read_zone(const struct mms_steps *steps, struct mms_reading *out)
{
	struct mms_zone_free free = { .nr_orders = MMS_NR_ORDERS };
	unsigned int order;

	for (order = 0; order < MMS_NR_ORDERS; order++)
		free.nr_free[order] =
			READ_ONCE(steps->zone->free_area[order].nr_free);
	out->contig = mms_contig(&free, steps->order);
	out->index = steps->index == MMS_INDEX_UNUSABLE ?
		     mms_unusable_index(&out->contig, steps->order) :
		     mms_extfrag_index(&out->contig, steps->order);
}

static void tell_step(const struct mms_steps *steps, unsigned int nr)
{
	const struct mms_step *step = &steps->step[nr];
	const struct mms_contig *contig = &step->after.contig;

	mms_lab_step(steps->run, mms_action_names[step->action], step->order,
		     step->blocks);
	trace_fragment_index(steps->run->number, nr, steps->order,
			     step->after.index, steps->target,
			     contig->free_pages, contig->blocks,
			     contig->suitable);
}

static void add_step(struct mms_steps *steps, enum mms_action action,
		     unsigned int order, u64 blocks)
{
	/* The last one is what counts. */
	unsigned int i = min_t(unsigned int, steps->nr, MMS_STEPS_MAX - 1);
	struct mms_step *step = &steps->step[i];

	mms_drain(&steps->drain);
	step->action = action;
	step->order = order;
	step->blocks = blocks;
	step->held_pages = steps->run->held_pages;
	read_zone(steps, &step->after);
	steps->nr = i + 1;
	tell_step(steps, i);
}

static const struct mms_reading *last(const struct mms_steps *steps)
{
	return &steps->step[steps->nr - 1].after;
}

/* Pages of small free blocks that keep unusable_index above the target. */
static u64 unusable_excess(const struct mms_steps *steps)
{
	const struct mms_contig *contig = &last(steps)->contig;
	s64 unusable = contig->free_pages - (contig->suitable << steps->order);
	s64 over = 1000 * unusable - steps->target * (s64)contig->free_pages;

	if (over <= 0 || steps->target == 1000)
		return 0;
	return div64_s64(over, 1000 - steps->target);
}

/* Pages above the high watermark for so many to be held. */
static u64 room_for(const struct mms_steps *steps, u64 pages, u64 limit)
{
	u64 may = mms_pages_limit(limit), high = mms_zone_high(steps->zone);
	u64 free = last(steps)->contig.free_pages;

	if (limit || pages <= may)
		return pages;
	/* The limit is a part of what is free. */
	free += (pages - may) * MMS_PAGES_FREE_PART;
	return max(pages, free - min(free, high));
}

int mms_steps_begin(struct mms_steps *steps, u64 pages, u64 limit)
{
	int err;

	add_step(steps, MMS_ACTION_MEASURE, steps->order, 0);
	if (steps->index == MMS_INDEX_UNUSABLE)
		pages += unusable_excess(steps);
	pages = room_for(steps, pages, limit);
	if (!mms_room_is_short(steps->zone, pages))
		return 0;
	err = mms_room_make(steps->zone, pages, limit);
	add_step(steps, MMS_ACTION_ROOM, 0, 0);
	return err;
}

/* Breaks blocks of an order until there are none, or @max of them. */
static int break_blocks(struct mms_steps *steps, unsigned int order, u64 max)
{
	struct mms_lab_run *run = steps->run;
	u32 first = steps->broken.nr;
	u64 nr = 0, drained = U64_MAX;

	while (nr < max) {
		steps->why = mms_broken_add(&steps->broken, order);
		/*
		 * CPUs have pieces, and whole blocks, in their lists: thousands
		 * of pages.
		 */
		if ((steps->why == MMS_PAGES_WATERMARK ||
		     steps->why == MMS_PAGES_NONE) && nr != drained) {
			mms_drain(&steps->drain);
			drained = nr;
			continue;
		}
		if (steps->why != MMS_PAGES_OK)
			break;
		nr++;
		WRITE_ONCE(run->done, run->done + 1);
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	/*
	 * That there are no more is what it is about; but not that there are,
	 * and the allocator keeps them.
	 */
	if (steps->why == MMS_PAGES_NONE && (nr || max == U64_MAX))
		steps->why = MMS_PAGES_OK;
	mms_broken_sort(&steps->broken, first);
	add_step(steps, MMS_ACTION_BREAK, order, nr);
	return 0;
}

/* The largest order below @order that has a free block; 0 if there is none. */
static unsigned int next_level(const struct mms_steps *steps,
			       unsigned int order)
{
	while (--order > 1)
		if (READ_ONCE(steps->zone->free_area[order].nr_free))
			return order;
	return 0;
}

/*
 * Blocks in pieces to be given back for the target; if negative, to be broken.
 * Each that is given back makes 2^order pages usable, of which all but one had
 * been free.
 */
static s64 unusable_surplus(const struct mms_steps *steps)
{
	const struct mms_contig *contig = &last(steps)->contig;
	s64 block = 1LL << steps->order;
	s64 unusable = contig->free_pages - contig->suitable * block;
	s64 over = 1000 * unusable - steps->target * (s64)contig->free_pages;
	s64 each = 1000 * (block - 1) + steps->target;

	return div64_s64(over + (over < 0 ? -each : each) / 2, each);
}

/* Free blocks more than the target has, of whatever order. */
static s64 extfrag_surplus(const struct mms_steps *steps)
{
	const struct mms_contig *contig = &last(steps)->contig;
	u64 requests = div64_u64(contig->free_pages * 1000,
				 1ULL << steps->order);
	u64 wanted = div64_u64(1000 + requests, max(1, 1000 - steps->target));

	return contig->blocks - wanted;
}

/*
 * What may be held as a whole: it is of the zone, is not where only what can be
 * moved may be, and made no block smaller.
 */
static bool may_absorb(const struct mms_steps *steps, struct page *page)
{
	struct mms_reading now;

	read_zone(steps, &now);
	return page_zone(page) == steps->zone &&
	       !mms_pageblock_is_cma(page, page_to_pfn(page)) &&
	       now.contig.suitable >= last(steps)->contig.suitable;
}

/*
 * A free block of a migratetype, or part of one, that is below the order.  Blocks
 * count for extfrag_index, and a part would leave another.
 */
static struct page *small_block(struct mms_steps *steps, unsigned int type,
				unsigned int order)
{
	unsigned int largest = steps->index == MMS_INDEX_EXTFRAG ?
			       order : steps->order - 1;
	gfp_t gfp = mms_lab_zone_gfp(steps->zone);

	steps->why = MMS_PAGES_NONE;
	if (!mms_freelist_has(steps->zone, order, largest, type, &gfp))
		return NULL;
	return mms_pages_take(&steps->absorbed, gfp, order,
			      zone_to_nid(steps->zone), &steps->why);
}

/*
 * A CPU may keep many pages of a block that has been broken for one.  What is
 * spared would keep the lists from being emptied.
 */
static void drain_all(struct mms_steps *steps, struct mms_pages_held *spared)
{
	mms_pages_free(spared);
	mms_drain(&steps->drain);
}

/*
 * Blocks of an order and a migratetype are held until @pages are, or there are
 * none.  What must stay free is held, too, for now: it would be got again.
 */
static u64 absorb_order(struct mms_steps *steps, struct mms_pages_held *spared,
			unsigned int type, unsigned int order, u64 pages)
{
	u64 got = 0, nr = 1ULL << order;
	bool drained = false;

	while (pages - got >= nr && !signal_pending(current)) {
		struct page *page = small_block(steps, type, order);

		/* What is in the CPUs' lists is free, but not counted so. */
		if (!page && steps->why == MMS_PAGES_WATERMARK && !drained) {
			drain_all(steps, spared);
			drained = true;
			continue;
		}
		if (!page)
			break;
		if (mms_drain_has(&steps->drain, page_to_pfn(page))) {
			list_move(&page->lru, &spared->blocks);
		} else if (may_absorb(steps, page)) {
			got += nr;
		} else {
			mms_pages_put(&steps->absorbed, page);
			drain_all(steps, spared);
			break;
		}
		cond_resched();
	}
	return got;
}

/*
 * Small blocks: the largest first where pages count, so that those fit that are
 * left, and the smallest first where blocks do.
 */
static u64 absorb_blocks(struct mms_steps *steps, struct mms_pages_held *spared,
			 u64 pages)
{
	unsigned int type, i, order;
	u64 got = 0;

	/* There, nothing may be held that cannot be moved. */
	if (zone_idx(steps->zone) == ZONE_MOVABLE)
		return 0;
	for (type = 0; type < MMS_FREELIST_TYPES; type++) {
		for (i = 0; i < steps->order; i++) {
			order = steps->index == MMS_INDEX_EXTFRAG ?
				i : steps->order - 1 - i;
			got += absorb_order(steps, spared, type, order,
					    pages - got);
			if (steps->why != MMS_PAGES_OK &&
			    steps->why != MMS_PAGES_NONE)
				return got;
		}
	}
	return got;
}

static int absorb(struct mms_steps *steps, u64 pages)
{
	struct mms_pages_held spared;
	u64 got;

	mms_pages_held_init(&spared, steps->run, steps->absorbed.limit);
	got = absorb_blocks(steps, &spared, pages);
	mms_pages_free(&spared);
	if (steps->why == MMS_PAGES_OK || steps->why == MMS_PAGES_NONE)
		steps->why = got ? MMS_PAGES_OK : MMS_PAGES_NONE;
	add_step(steps, MMS_ACTION_ABSORB, 0, got);
	return signal_pending(current) ? -EINTR : 0;
}

static int give_back(struct mms_steps *steps, unsigned int level, u32 nr)
{
	mms_broken_drop(&steps->broken, nr);
	add_step(steps, MMS_ACTION_GIVE_BACK, level, nr);
	return signal_pending(current) ? -EINTR : 0;
}

/* One correction.  Return: 1 if there was none to make, 0, or -EINTR. */
static int correct_unusable(struct mms_steps *steps)
{
	s64 nr = unusable_surplus(steps);
	u64 over = unusable_excess(steps);

	if (nr < 0)
		return break_blocks(steps, steps->order, -nr);
	if (nr && steps->broken.nr)
		return give_back(steps, steps->order,
				 min_t(s64, nr, steps->broken.nr));
	return nr && over ? absorb(steps, over) : 1;
}

static int correct_extfrag(struct mms_steps *steps, unsigned int level,
			   u32 first)
{
	s64 nr = extfrag_surplus(steps);
	s64 each = level - 1;

	if (last(steps)->index == -1000)
		return break_blocks(steps, steps->order, U64_MAX);
	if (level < steps->order && nr <= -each)
		return break_blocks(steps, level, div64_s64(-nr, each));
	if (level < steps->order && nr >= each && steps->broken.nr > first)
		return give_back(steps, level,
				 min_t(s64, div64_s64(nr, each),
				       steps->broken.nr - first));
	return nr > 0 ? absorb(steps, nr) : 1;
}

static bool is_close(const struct mms_steps *steps)
{
	return abs(last(steps)->index - steps->target) <= CLOSE;
}

static int correct(struct mms_steps *steps, unsigned int level, u32 first)
{
	unsigned int round;
	int ret = 0;

	for (round = 0; !ret && round < ROUNDS && !is_close(steps) &&
	     steps->why == MMS_PAGES_OK; round++)
		ret = steps->index == MMS_INDEX_UNUSABLE ?
		      correct_unusable(steps) :
		      correct_extfrag(steps, level, first);
	return ret < 0 ? ret : 0;
}

int mms_steps_reach(struct mms_steps *steps)
{
	unsigned int level = steps->order;
	u32 first = 0;
	int err;

	/*
	 * All of them, so that which ones stay is not the allocator's choice
	 * but the seed's.
	 */
	err = break_blocks(steps, level, U64_MAX);
	while (!err && steps->index == MMS_INDEX_EXTFRAG &&
	       steps->why == MMS_PAGES_OK &&
	       last(steps)->index < steps->target && next_level(steps, level)) {
		level = next_level(steps, level);
		first = steps->broken.nr;
		err = break_blocks(steps, level, U64_MAX);
	}
	/* What stopped that may be mended by giving back. */
	if (last(steps)->index > steps->target)
		steps->why = MMS_PAGES_OK;
	return err ?: correct(steps, level, first);
}
