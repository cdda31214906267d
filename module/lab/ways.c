// SPDX-License-Identifier: GPL-2.0-only
/* Ways for the kernel to allocate more than a page for itself. */

#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../compat/pageblock.h"
#include "../probe/zone.h"
#include "ways.h"

/* Page tables beside the pages, generously; what else is allocated for them. */
#define TABLES_PART	128
#define BESIDES		64

const char *const mms_way_words[MMS_NR_WAYS] = {
	[MMS_WAY_KMALLOC] = "kmalloc",
	[MMS_WAY_VMALLOC] = "vmalloc",
	[MMS_WAY_VMALLOC_HUGE] = "vmalloc_huge",
	[MMS_WAY_KVMALLOC] = "kvmalloc",
};

/* Zones that the kernel takes memory for itself from. */
static struct zone *next_kernel_zone(struct zone *zone)
{
	do {
		zone = mms_zone_next(zone);
	} while (zone && zone_idx(zone) >= ZONE_MOVABLE);
	return zone;
}

/* Lower zones keep a reserve, as if none of it were there. */
static bool has_for_kernel(struct zone *zone)
{
	return zone_page_state(zone, NR_FREE_PAGES) > low_wmark_pages(zone) +
	       READ_ONCE(zone->lowmem_reserve[gfp_zone(GFP_KERNEL)]);
}

/* Free blocks that one of the order could be, or be split from. */
static u64 fitting_blocks(unsigned int order)
{
	struct zone *zone = NULL;
	unsigned int i;
	u64 nr = 0;

	while ((zone = next_kernel_zone(zone)))
		for (i = order; i < MMS_NR_ORDERS && has_for_kernel(zone); i++)
			nr += READ_ONCE(zone->free_area[i].nr_free);
	return nr;
}

static u64 above_high(void)
{
	struct zone *zone = NULL;
	u64 nr = 0, free;

	while ((zone = next_kernel_zone(zone))) {
		free = zone_page_state(zone, NR_FREE_PAGES);
		nr += free - min_t(u64, free, mms_zone_high(zone));
	}
	return nr;
}

/* What tells that the kernel has to work for memory. */
static void read_events(struct mms_ways *ways, u64 *compact, u64 *reclaim)
{
	unsigned int i;

	*compact = 0;
	*reclaim = 0;
	all_vm_events(ways->events);
#ifdef CONFIG_COMPACTION
	*compact = ways->events[COMPACTSTALL];
#endif
	/* One for each kind of zone, in their order. */
	for (i = 0; i < MAX_NR_ZONES; i++)
		*reclaim += ways->events[ALLOCSTALL_NORMAL - ZONE_NORMAL + i];
}

u64 mms_way_pages(const struct mms_ways *ways, enum mms_way way)
{
	u64 pages = DIV_ROUND_UP(ways->size, PAGE_SIZE);

	if (way == MMS_WAY_KVMALLOC)
		way = ways->size <= KMALLOC_MAX_SIZE ? MMS_WAY_KMALLOC :
						       MMS_WAY_VMALLOC_HUGE;
	if (way == MMS_WAY_KMALLOC)
		return 1ULL << ways->order;
	if (way == MMS_WAY_VMALLOC_HUGE && ways->size >= PMD_SIZE)
		return ALIGN(ways->size, PMD_SIZE) >> PAGE_SHIFT;
	return pages;
}

/*
 * vmalloc() knows nothing of __GFP_NOMEMALLOC, and allocates the page tables as
 * it likes: so there must be enough of all that beforehand.
 */
static enum mms_pages_why check_room(const struct mms_ways *ways,
				     enum mms_way way)
{
	u64 pages = mms_way_pages(ways, way);

	if (ways->run->held_pages + pages > ways->limit)
		return MMS_PAGES_LIMIT;
	if (above_high() < pages + pages / TABLES_PART + BESIDES)
		return MMS_PAGES_WATERMARK;
	return MMS_PAGES_OK;
}

static void *allocate(const struct mms_ways *ways, enum mms_way way)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;

	/* Neither calls the OOM killer. */
	gfp |= ways->retry ? __GFP_RETRY_MAYFAIL : __GFP_NORETRY;
	switch (way) {
	case MMS_WAY_KMALLOC:
		return kmalloc(ways->size, gfp | __GFP_NOMEMALLOC);
	case MMS_WAY_VMALLOC:
		return __vmalloc(ways->size, gfp);
	case MMS_WAY_VMALLOC_HUGE:
		return vmalloc_huge(ways->size, gfp);
	default:
		return kvmalloc(ways->size, gfp);
	}
}

static struct page *page_of(const void *addr)
{
	return is_vmalloc_addr(addr) ? vmalloc_to_page(addr) :
				       virt_to_page(addr);
}

/* Whether a zone that pages are of has too little left. */
static bool leaves_too_little(const struct mms_ways *ways, const void *addr)
{
	struct zone *zone, *last = NULL;
	unsigned long offset;

	for (offset = 0; offset < ways->size; offset += PAGE_SIZE) {
		zone = page_zone(page_of(addr + offset));
		if (zone != last && mms_zone_is_short(zone, 0))
			return true;
		last = zone;
		cond_resched();
	}
	return false;
}

u64 mms_way_free(void *addr)
{
	u64 began = ktime_get_ns();

	kvfree(addr);
	return ktime_get_ns() - began;
}

void mms_way_try(struct mms_ways *ways, struct mms_way_try *try)
{
	u64 began, compact, reclaim;

	try->fit = fitting_blocks(ways->order);
	try->too_large = try->way == MMS_WAY_KMALLOC &&
			 ways->size > KMALLOC_MAX_SIZE;
	try->why = check_room(ways, try->way);
	if (try->too_large || try->why != MMS_PAGES_OK)
		return;
	read_events(ways, &compact, &reclaim);
	began = ktime_get_ns();
	try->addr = allocate(ways, try->way);
	try->alloc_ns = ktime_get_ns() - began;
	read_events(ways, &try->compact, &try->reclaim);
	try->compact -= compact;
	try->reclaim -= reclaim;
	if (!try->addr) {
		try->why = MMS_PAGES_NONE;
	} else if (leaves_too_little(ways, try->addr)) {
		try->why = MMS_PAGES_WATERMARK;
		mms_way_free(try->addr);
		try->addr = NULL;
	}
}
