// SPDX-License-Identifier: GPL-2.0-only
/* Room for an experiment where the page cache has taken all memory. */

#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched/signal.h>
#include <linux/vmstat.h>

#include "../probe/zone.h"
#include "pages.h"
#include "room.h"
#include "zones.h"

/* How long kswapd is waited for. */
#define WAIT	(5 * HZ)

static void free_list(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		__free_page(page);
		cond_resched();
	}
}

/* Allocates until less than the low watermark is free, where kswapd wakes. */
static int wake_kswapd(struct zone *zone, struct list_head *pages)
{
	gfp_t gfp = mms_lab_zone_gfp(zone) | __GFP_MOVABLE |
		    __GFP_KSWAPD_RECLAIM | __GFP_NOWARN | __GFP_NOMEMALLOC;
	unsigned long max = high_wmark_pages(zone), nr;

	for (nr = 0; nr < max; nr++) {
		struct page *page = alloc_pages_node(mms_zone_node(zone), gfp,
						     0);

		if (!page)
			return 0;
		list_add(&page->lru, pages);
		/* The allocator has gone on to another zone. */
		if (page_zone(page) != zone)
			return 0;
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

int mms_room_make(struct zone *zone)
{
	unsigned long end = jiffies + WAIT;
	LIST_HEAD(pages);
	int err;

	err = wake_kswapd(zone, &pages);
	while (!err && mms_zone_below_high(zone) && time_before(jiffies, end)) {
		schedule_timeout_interruptible(1);
		if (signal_pending(current))
			err = -EINTR;
	}
	free_list(&pages);
	return err;
}
