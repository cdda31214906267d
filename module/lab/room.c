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

/*
 * Pages to go below the low watermark: CPUs keep back up to 125 each of what
 * they have counted, but far less than what is between this mark and the next.
 */
#define PAST_LOW	256

static void free_list(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		__free_page(page);
		cond_resched();
	}
}

static bool below_low(struct zone *zone)
{
	return zone_page_state(zone, NR_FREE_PAGES) < low_wmark_pages(zone);
}

/* Allocates until less than the low watermark is free, where kswapd wakes. */
static int wake_kswapd(struct zone *zone, struct list_head *pages, u64 max)
{
	gfp_t gfp = mms_lab_zone_gfp(zone) | __GFP_MOVABLE |
		    __GFP_KSWAPD_RECLAIM | __GFP_NOWARN | __GFP_NOMEMALLOC;
	unsigned int past = 0;
	u64 nr;

	for (nr = 0; nr < max && past < PAST_LOW; nr++) {
		struct page *page = alloc_pages_node(mms_zone_node(zone), gfp,
						     0);

		if (!page)
			return 0;
		list_add(&page->lru, pages);
		past += below_low(zone);
		/* The allocator has gone on to another zone. */
		if (page_zone(page) != zone)
			return 0;
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

int mms_room_make(struct zone *zone, u64 limit)
{
	unsigned long end = jiffies + WAIT;
	LIST_HEAD(pages);
	int err;

	err = wake_kswapd(zone, &pages,
			  min_t(u64, limit, high_wmark_pages(zone)));
	while (!err && mms_zone_below_high(zone) && time_before(jiffies, end)) {
		schedule_timeout_interruptible(1);
		if (signal_pending(current))
			err = -EINTR;
	}
	free_list(&pages);
	return err;
}
