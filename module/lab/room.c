// SPDX-License-Identifier: GPL-2.0-only
/* Room for an experiment where the page cache has taken all memory. */

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>

#include "../probe/zone.h"
#include "pages.h"
#include "room.h"
#include "zones.h"

static void free_list(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		__free_page(page);
		cond_resched();
	}
}

/* More than a part of the zone, in pages, is not asked of the page cache. */
#define PART		32
#define MOST		(SZ_64M / PAGE_SIZE)

static unsigned long wanted(struct zone *zone, u64 pages)
{
	return mms_zone_high(zone) +
	       min3(pages, (u64)zone_managed_pages(zone) / PART, (u64)MOST);
}

bool mms_room_is_short(struct zone *zone, u64 pages)
{
	return zone_page_state(zone, NR_FREE_PAGES) < wanted(zone, pages);
}

int mms_room_make(struct zone *zone, u64 pages, u64 limit)
{
	gfp_t gfp = mms_lab_zone_gfp(zone) | __GFP_MOVABLE | __GFP_RECLAIM |
		    __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC;
	unsigned long held = 0;
	LIST_HEAD(taken);
	int err = 0;
	u64 nr;

	/* Each page brings at least one to what is held or free, or is one. */
	limit = min_t(u64, limit ?: U64_MAX, 2 * wanted(zone, pages));
	for (nr = 0; nr < limit; nr++) {
		struct page *page;

		if (zone_page_state(zone, NR_FREE_PAGES) + held >=
		    wanted(zone, pages))
			break;
		page = alloc_pages_node(mms_zone_node(zone), gfp, 0);
		if (!page)
			break;
		list_add(&page->lru, &taken);
		held += page_zone(page) == zone;
		if (signal_pending(current)) {
			err = -EINTR;
			break;
		}
		cond_resched();
	}
	free_list(&taken);
	return err;
}
