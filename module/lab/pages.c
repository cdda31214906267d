// SPDX-License-Identifier: GPL-2.0-only
/* Memory that an experiment holds. */

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched.h>
#include <linux/vmstat.h>

#include "../probe/zone.h"
#include "pages.h"

const char *mms_pages_why_word(enum mms_pages_why why)
{
	switch (why) {
	case MMS_PAGES_LIMIT:
		return "limit";
	case MMS_PAGES_WATERMARK:
		return "watermark";
	case MMS_PAGES_NONE:
		return "no_memory";
	case MMS_PAGES_BLOCKS:
		return "too_many_blocks";
	case MMS_PAGES_CHARGE:
		return "no_charge";
	default:
		return NULL;
	}
}

u64 mms_pages_limit(u64 limit)
{
	struct zone *zone;
	u64 nr = 0;

	if (limit)
		return limit;
	for (zone = mms_zone_next(NULL); zone; zone = mms_zone_next(zone))
		nr += zone_page_state(zone, NR_FREE_PAGES);
	return nr / MMS_PAGES_FREE_PART;
}

void mms_pages_held_init(struct mms_pages_held *held, struct mms_lab_run *run,
			 u64 limit)
{
	held->run = run;
	INIT_LIST_HEAD(&held->blocks);
	held->limit = mms_pages_limit(limit);
}

static void count(struct mms_pages_held *held, s64 pages)
{
	struct mms_lab_run *run = held->run;

	WRITE_ONCE(run->held_pages, run->held_pages + pages);
}

unsigned long mms_zone_high(const struct zone *zone)
{
	return READ_ONCE(zone->_watermark[WMARK_HIGH]);
}

bool mms_zone_below_high(struct zone *zone)
{
	return zone_page_state(zone, NR_FREE_PAGES) < mms_zone_high(zone);
}

bool mms_zone_is_short(struct zone *zone, u64 pages)
{
	return zone_page_state_snapshot(zone, NR_FREE_PAGES) <
	       mms_zone_high(zone) + pages;
}

static struct page *take(struct mms_pages_held *held, gfp_t gfp,
			 unsigned int order, int node, enum mms_pages_why *why)
{
	u64 nr = 1ULL << order;
	struct page *page;

	if (held->run->held_pages + nr > held->limit) {
		*why = MMS_PAGES_LIMIT;
		return NULL;
	}
	gfp |= __GFP_NOWARN | __GFP_NOMEMALLOC;
	if (node != NUMA_NO_NODE)
		gfp |= __GFP_THISNODE;
	page = alloc_pages_node(node, gfp, order);
	if (!page) {
		*why = MMS_PAGES_NONE;
		return NULL;
	}
	if (mms_zone_below_high(page_zone(page))) {
		__free_pages(page, order);
		*why = MMS_PAGES_WATERMARK;
		return NULL;
	}
	*why = MMS_PAGES_OK;
	set_page_private(page, order);
	list_add_tail(&page->lru, &held->blocks);
	count(held, nr);
	return page;
}

struct page *mms_pages_take(struct mms_pages_held *held, gfp_t gfp,
			    unsigned int order, int node,
			    enum mms_pages_why *why)
{
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		gfp |= __GFP_NORETRY;
	return take(held, gfp, order, node, why);
}

struct page *mms_pages_take_retry(struct mms_pages_held *held, gfp_t gfp,
				  unsigned int order, int node,
				  enum mms_pages_why *why)
{
	return take(held, gfp, order, node, why);
}

void mms_pages_put(struct mms_pages_held *held, struct page *page)
{
	unsigned int order = page_private(page);

	list_del(&page->lru);
	set_page_private(page, 0);
	__free_pages(page, order);
	count(held, -(s64)(1ULL << order));
}

void mms_pages_free(struct mms_pages_held *held)
{
	struct page *page, *next;

	if (!held->run)
		return;
	list_for_each_entry_safe(page, next, &held->blocks, lru) {
		mms_pages_put(held, page);
		cond_resched();
	}
}
