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

int mms_steps_begin(struct mms_steps *steps, u64 pages, u64 limit)
{
	int err;

	add_step(steps, MMS_ACTION_MEASURE, steps->order, 0);
	if (steps->index == MMS_INDEX_UNUSABLE)
		pages += unusable_excess(steps);
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
		/* CPUs have the pieces in their lists: thousands of pages. */
		if (steps->why == MMS_PAGES_WATERMARK && nr != drained) {
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
	       zone_idx(steps->zone) != ZONE_MOVABLE &&
	       !mms_pageblock_is_cma(page, page_to_pfn(page)) &&
	       now.contig.suitable >= last(steps)->contig.suitable;
}

/*
 * Small blocks are held until @pages are, or none is left below the order.
 * What must stay free is held, too, until then: it would be got again.
 */
static u64 absorb_blocks(struct mms_steps *steps, struct mms_pages_held *spared,
			 u64 pages)
{
	unsigned int order = 0;
	u64 got = 0;

	while (got < pages && order < steps->order && !signal_pending(current)) {
		gfp_t gfp = mms_lab_zone_gfp(steps->zone);
		struct page *page;

		if (!mms_freelist_gfp(steps->zone, order, order, &gfp)) {
			order++;
			continue;
		}
		page = mms_pages_take(&steps->absorbed, gfp, order,
				      zone_to_nid(steps->zone), &steps->why);
		if (!page)
			break;
		if (mms_drain_has(&steps->drain, page_to_pfn(page))) {
			list_move(&page->lru, &spared->blocks);
		} else if (may_absorb(steps, page)) {
			got += 1ULL << order;
		} else {
			mms_pages_put(&steps->absorbed, page);
			order++;
		}
		cond_resched();
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
