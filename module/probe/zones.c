// SPDX-License-Identifier: GPL-2.0-only
/* What the zones are made of and how full they are. */

#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/sched/sysctl.h>
#include <linux/vmstat.h>
#include <linux/wait.h>

#include "../compat/hotplug.h"
#include "../compat/ksym.h"
#include "../compat/zone.h"
#include "held.h"
#include "zones.h"

/* How many sections are looked at while unplugging is kept away. */
#define SECTIONS_AT_ONCE	1024

/* Works kswapd up to the promo watermark?  As pgdat_balanced() asks. */
static bool tiered(void)
{
#ifdef CONFIG_NUMA_BALANCING
	static const int *mode;
	static bool known;

	/*
	 * Readers may race to look it up: each finds the same.  Pairs with the
	 * release below.
	 */
	if (!smp_load_acquire(&known)) {
		WRITE_ONCE(mode, MMS_KSYM(sysctl_numa_balancing_mode));
		/* Pairs with the acquire above: the address comes first. */
		smp_store_release(&known, true);
	}
	return mode && READ_ONCE(*mode) & NUMA_BALANCING_MEMORY_TIERING;
#else
	return false;
#endif
}

/*
 * Free pages that an ordinary allocation may have.  Mirrors the part of
 * pgdat_balanced() that counts them: exactly if they are so few that what the
 * CPUs have not passed on yet matters.
 */
static s64 usable_pages(struct zone *zone, const struct mms_zone_info *info)
{
	unsigned long nr = info->free;
	unsigned long drift = READ_ONCE(zone->percpu_drift_mark);

	if (drift && nr < drift)
		nr = zone_page_state_snapshot(zone, NR_FREE_PAGES);
	return (s64)nr - mms_zone_highatomic_held(zone) - info->free_cma;
}

/* The zone's lock is held. */
static void copy_marks(struct zone *zone, struct mms_zone_info *info,
		       bool promo_is_target)
{
	struct mms_marks *marks = &info->marks;
	int i;

	marks->managed = info->managed;
	marks->usable = usable_pages(zone, info);
	marks->boost = zone->watermark_boost;
	marks->min = min_wmark_pages(zone);
	marks->low = low_wmark_pages(zone);
	marks->high = high_wmark_pages(zone);
	info->promo = wmark_pages(zone, WMARK_PROMO);
	marks->target = promo_is_target ? info->promo : marks->high;
	for (i = 0; i < MAX_NR_ZONES; i++)
		marks->reserve[i] = READ_ONCE(zone->lowmem_reserve[i]);
}

static void copy_zone(struct zone *zone, struct mms_zone_info *info,
		      bool promo_is_target)
{
	unsigned long flags;

	info->name = zone->name;
	info->free_highatomic = MMS_ZONES_UNKNOWN;
	info->isolated_blocks = MMS_ZONES_UNKNOWN;
	info->memmap_bytes = 0;

	spin_lock_irqsave(&zone->lock, flags);
	info->start_pfn = zone->zone_start_pfn;
	info->spanned = zone->spanned_pages;
	info->present = zone->present_pages;
	info->managed = zone_managed_pages(zone);
	info->cma = zone_cma_pages(zone);
	info->free = zone_page_state(zone, NR_FREE_PAGES);
	info->free_cma = zone_page_state(zone, NR_FREE_CMA_PAGES);
	info->reserved_highatomic = zone->nr_reserved_highatomic;
	if (MMS_COUNTS_FREE_HIGHATOMIC)
		info->free_highatomic = mms_zone_highatomic_held(zone);
#ifdef CONFIG_MEMORY_ISOLATION
	info->isolated_blocks = zone->nr_isolate_pageblock;
#endif
	copy_marks(zone, info, promo_is_target);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/*
 * What CPUs keep back of a zone's free pages is freed when all of its memory is
 * unplugged (zone_pcp_reset()), without its lock.
 */
static int copy_zones(pg_data_t *pgdat, struct mms_zones *zones)
{
	bool promo_is_target = tiered();
	unsigned int i;
	int err;

	err = mms_hotplug_begin();
	if (err)
		return err;
	for (i = 0; i < MAX_NR_ZONES; i++) {
		u64 before = local_clock(), held;

		copy_zone(&pgdat->node_zones[i], &zones->zone[i],
			  promo_is_target);
		held = max_t(s64, local_clock() - before, 0);
		mms_held(&zones->stats, MMS_LOCK_ZONE, held);
		zones->stats.scanned++;
		zones->marks[i] = zones->zone[i].marks;
	}
	mms_hotplug_end();
	return 0;
}

static u64 next_section(u64 pfn)
{
	return round_down(pfn, PAGES_PER_SECTION) + PAGES_PER_SECTION;
}

/*
 * Adds up the struct pages of a zone, section by section: memory of which there
 * is no section has none.  Where zones lie within each other, a section's first
 * page says whose it is.
 */
static int count_memmap(struct zone *zone, struct mms_zone_info *info)
{
	u64 pfn = info->start_pfn, end = pfn + info->spanned;
	unsigned int sections = 0;
	int err = 0;

	if (zone_is_zone_device(zone)) {
		info->memmap_bytes = MMS_ZONES_UNKNOWN;
		return 0;
	}
	while (pfn < end) {
		err = mms_hotplug_begin();
		if (err)
			return err;
		do {
			u64 next = min(next_section(pfn), end);
			struct page *page = pfn_to_online_page(pfn);

			if (page && page_to_nid(page) == zone_to_nid(zone) &&
			    page_zonenum(page) == zone_idx(zone))
				info->memmap_bytes += (next - pfn) *
						      sizeof(struct page);
			pfn = next;
		} while (pfn < end && ++sections % SECTIONS_AT_ONCE);
		mms_hotplug_end();
		cond_resched();
	}
	return 0;
}

static void read_kswapd(pg_data_t *pgdat, struct mms_zones *zones)
{
	zones->kswapd = READ_ONCE(pgdat->kswapd);
	/* It waits there when it has nothing to do. */
	zones->running = zones->kswapd && !waitqueue_active(&pgdat->kswapd_wait);
	zones->failures = mms_kswapd_failures(pgdat);
	zones->hopeless = zones->failures >= MMS_MAX_RECLAIM_RETRIES;
}

int mms_zones_next(struct mms_zones *zones)
{
	int nid = zones->next ? next_online_node(zones->next - 1) :
				first_online_node;
	pg_data_t *pgdat;
	unsigned int i;
	int err;

	might_sleep();
	if (nid >= MAX_NUMNODES)
		return 0;
	/* Structures of nodes are never freed. */
	pgdat = NODE_DATA(nid);
	zones->node = nid;
	zones->next = nid + 1;
	zones->nr = MAX_NR_ZONES;
	err = copy_zones(pgdat, zones);
	if (err)
		return err;
	read_kswapd(pgdat, zones);
	for (i = 0; i < MAX_NR_ZONES && !zones->no_memmap; i++) {
		err = count_memmap(&pgdat->node_zones[i], &zones->zone[i]);
		if (err)
			return err;
	}
	return 1;
}
