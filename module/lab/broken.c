// SPDX-License-Identifier: GPL-2.0-only
/* Free blocks that are kept in pieces. */

#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched.h>
#include <linux/sort.h>

#include "../compat/pageblock.h"
#include "../probe/zone.h"
#include "broken.h"
#include "freelist.h"
#include "zones.h"

int mms_broken_init(struct mms_broken *broken, struct mms_lab_run *run,
		    const struct mms_drain *drain, enum mms_mobility mobility,
		    u32 seed, u64 limit, u32 size)
{
	struct zone *zone = drain->zone;

	broken->run = run;
	broken->drain = drain;
	broken->zone = zone;
	/* Out of what is free: nobody is woken, nothing reclaimed. */
	broken->gfp = mms_lab_zone_gfp(zone) | __GFP_NOWARN | __GFP_NORETRY |
		      __GFP_NOMEMALLOC;
	broken->mobility = mobility;
	broken->seed = seed;
	broken->limit = limit;
	broken->size = size;
	broken->blocks = kvcalloc(size, sizeof(*broken->blocks), GFP_KERNEL);
	if (!broken->blocks)
		return -ENOMEM;
	return mms_movable_init(&broken->movable);
}

static void count(struct mms_broken *broken, u32 nr)
{
	struct mms_lab_run *run = broken->run;

	WRITE_ONCE(run->held_pages, run->held_pages - broken->nr + nr);
	broken->nr = nr;
}

/*
 * The first page of a block; the others are free.  Also for pages that are not
 * movable then, memory is asked for as it is free: otherwise the allocator would
 * turn one movable pageblock after the other into an unmovable one, which it
 * would stay.  Only CMA areas have to be spared.
 */
static struct page *first_page(struct mms_broken *broken, unsigned int order,
			       bool movable)
{
	gfp_t gfp = broken->gfp;
	struct page *page;

	if (!mms_freelist_find(broken->zone, order, movable, &gfp))
		return NULL;
	page = alloc_pages_node(mms_zone_node(broken->zone), gfp, order);
	if (!page)
		return NULL;
	if (page_zone(page) != broken->zone ||
	    (!movable && mms_pageblock_is_cma(page, page_to_pfn(page)))) {
		__free_pages(page, order);
		return NULL;
	}
	get_page(page);
	__free_pages(page, order);
	return page;
}

static void give_back(struct mms_broken *broken,
		      const struct mms_broken_block *block)
{
	if (block->movable)
		mms_movable_remove(&broken->movable, block->index);
	else
		__free_page(pfn_to_page(block->pfn));
}

enum mms_pages_why mms_broken_add(struct mms_broken *broken, unsigned int order)
{
	struct mms_broken_block *block = &broken->blocks[broken->nr];
	bool movable = broken->mobility == MMS_MOVABLE ||
		       (broken->mobility == MMS_MIXED && broken->nr & 1);
	struct page *page;

	if (broken->run->held_pages >= broken->limit)
		return MMS_PAGES_LIMIT;
	if (broken->nr == broken->size)
		return MMS_PAGES_BLOCKS;
	page = first_page(broken, order, movable);
	if (!page)
		return MMS_PAGES_NONE;
	if (mms_zone_below_high(broken->zone)) {
		__free_page(page);
		return MMS_PAGES_WATERMARK;
	}
	block->pfn = page_to_pfn(page);
	movable |= mms_drain_has(broken->drain, block->pfn);
	block->key = jhash_3words(lower_32_bits(block->pfn),
				  upper_32_bits(block->pfn), broken->seed, 0);
	block->index = broken->next_index;
	block->movable = movable;
	if (movable) {
		if (mms_movable_add(&broken->movable, page, block->index)) {
			__free_page(page);
			return MMS_PAGES_CHARGE;
		}
		if (mms_drain_has(broken->drain, block->pfn))
			mms_movable_settle(&broken->movable, block->index);
		broken->next_index++;
	}
	count(broken, broken->nr + 1);
	return MMS_PAGES_OK;
}

static int compare(const void *a, const void *b)
{
	const struct mms_broken_block *x = a, *y = b;

	/* There may be millions, and sort() does not do it. */
	cond_resched();
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

void mms_broken_sort(struct mms_broken *broken, u32 first)
{
	sort(broken->blocks + first, broken->nr - first,
	     sizeof(*broken->blocks), compare, NULL);
}

void mms_broken_drop(struct mms_broken *broken, u32 nr)
{
	while (nr-- && broken->nr) {
		give_back(broken, &broken->blocks[broken->nr - 1]);
		count(broken, broken->nr - 1);
		cond_resched();
	}
}

unsigned long mms_broken_pfn(struct mms_broken *broken, u32 i)
{
	const struct mms_broken_block *block = &broken->blocks[i];

	return block->movable ? mms_movable_pfn(&broken->movable, block->index) :
				block->pfn;
}

void mms_broken_free(struct mms_broken *broken)
{
	if (broken->blocks)
		mms_broken_drop(broken, broken->nr);
	mms_movable_free(&broken->movable);
	kvfree(broken->blocks);
	broken->blocks = NULL;
}
