// SPDX-License-Identifier: GPL-2.0-only
/* Emptying the per-CPU lists. */

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "../compat/contig.h"
#include "../compat/hotplug.h"
#include "../compat/pageblock.h"
#include "../probe/zone.h"
#include "drain.h"
#include "zones.h"

/*
 * The first frame of a block, of a movable pageblock of the zone, that was free
 * just now; 0 if none could be had.
 */
static unsigned long free_frame(struct zone *zone, unsigned int order)
{
	gfp_t gfp = mms_lab_zone_gfp(zone) | __GFP_MOVABLE | __GFP_NOWARN |
		    __GFP_NORETRY | __GFP_NOMEMALLOC;
	struct page *page = alloc_pages_node(mms_zone_node(zone), gfp, order);
	unsigned long pfn;

	if (!page)
		return 0;
	pfn = page_to_pfn(page);
	if (page_zone(page) != zone ||
	    mms_pageblock_type(page, pfn) != MIGRATE_MOVABLE)
		pfn = 0;
	__free_pages(page, order);
	return pfn;
}

/*
 * It fails before it has emptied the lists if the pageblock has a page that
 * cannot be moved; and somebody may have got the frame meanwhile.
 */
static bool try_frame(struct mms_drain *drain, unsigned int order)
{
	unsigned long pfn = free_frame(drain->zone, order);

	if (!pfn || mms_contig_take(pfn))
		return false;
	drain->pfn = pfn;
	return true;
}

/* The one that is kept. */
static bool try_kept(struct mms_drain *drain)
{
	if (!drain->pfn)
		return false;
	__free_page(pfn_to_page(drain->pfn));
	if (!mms_contig_take(drain->pfn))
		return true;
	drain->pfn = 0;
	return false;
}

static void put_kept(struct mms_drain *drain)
{
	if (drain->pfn)
		__free_page(pfn_to_page(drain->pfn));
	drain->pfn = 0;
}

bool mms_drain(struct mms_drain *drain)
{
	unsigned int order;
	bool done;

	/* Unplugging empties the lists by itself, and may wait for our frames. */
	if (!mms_hotplug_try())
		return false;
	/*
	 * A frame that is in no large block is best.  But the larger the block,
	 * the more likely it is that nothing else is in its pageblock.
	 */
	done = try_kept(drain) || try_frame(drain, 0);
	for (order = pageblock_order; order && !done; order--)
		done = try_frame(drain, order);
	/* There it would keep memory from being unplugged, and others do as well. */
	if (zone_idx(drain->zone) == ZONE_MOVABLE)
		put_kept(drain);
	mms_hotplug_end();
	return done;
}

void mms_drain_init(struct mms_drain *drain, struct zone *zone)
{
	drain->zone = zone;
	drain->pfn = 0;
	mms_drain(drain);
}

bool mms_drain_has(const struct mms_drain *drain, unsigned long pfn)
{
	return drain->pfn && (drain->pfn ^ pfn) >> pageblock_order == 0;
}

void mms_drain_end(struct mms_drain *drain)
{
	put_kept(drain);
	drain->zone = NULL;
}
