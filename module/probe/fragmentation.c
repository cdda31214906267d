// SPDX-License-Identifier: GPL-2.0-only
/* What the free memory of a zone is good for. */

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched/signal.h>
#include <linux/vmstat.h>

#include "../compat/compaction.h"
#include "../compat/ksym.h"
#include "../compat/pageblock.h"
#include "../compat/zone.h"
#include "fragmentation.h"
#include "lists.h"
#include "scan.h"

static_assert(MMS_NR_ORDERS <= MMS_FRAGMENTATION_ORDERS);

/*
 * vm.extfrag_threshold.  Its default, if the kernel does not say where it is
 * (it is static, and a kernel without kprobes does not tell).
 */
static int extfrag_threshold(void)
{
	static int *address;

	/* Readers may race to look it up: each finds the same. */
	if (!READ_ONCE(address))
		WRITE_ONCE(address,
			   mms_ksym_lookup("sysctl_extfrag_threshold"));
	return READ_ONCE(address) ? READ_ONCE(*address) : 500;
}

/* Which of the lists of an order may each kind of allocation take from? */
static void read_order(struct mms_zone_free *out, const struct zone *zone,
		       unsigned int order)
{
	const struct free_area *area = &zone->free_area[order];
	unsigned int type;

	out->nr_free[order] = area->nr_free;
	out->gap_pages[order] = compact_gap(order);
	for (type = 0; type < MIGRATE_PCPTYPES; type++)
		if (!list_empty(&area->free_list[type])) {
			out->usable[MMS_ALLOC_MOVABLE] |= BIT_ULL(order);
			out->usable[MMS_ALLOC_UNMOVABLE] |= BIT_ULL(order);
		}
#ifdef CONFIG_CMA
	if (!list_empty(&area->free_list[MIGRATE_CMA]))
		out->usable[MMS_ALLOC_MOVABLE] |= BIT_ULL(order);
#endif
}

/*
 * Under zone->lock.  Watermarks may change at any time even so; they do when
 * memory is plugged in or the administrator says so.
 */
static void read_free(struct mms_zone_free *out, struct zone *zone)
{
	unsigned int order;

	for (order = 0; order < MMS_NR_ORDERS; order++)
		read_order(out, zone, order);
	out->free_pages = zone_page_state(zone, NR_FREE_PAGES);
	out->highatomic_pages = mms_zone_highatomic_held(zone);
#ifdef CONFIG_CMA
	out->cma_pages = zone_page_state(zone, NR_FREE_CMA_PAGES);
#endif
	out->min_pages = min_wmark_pages(zone);
	out->low_pages = low_wmark_pages(zone);
	out->reserve_pages[MMS_ALLOC_MOVABLE] =
		zone->lowmem_reserve[gfp_zone(GFP_HIGHUSER_MOVABLE)];
	out->reserve_pages[MMS_ALLOC_UNMOVABLE] =
		zone->lowmem_reserve[gfp_zone(GFP_KERNEL)];
}

/**
 * struct search - for places where compaction could make blocks
 * @zone: the zone.
 * @places: the search.
 */
struct search {
	const struct zone *zone;
	struct mms_places places;
};

/* Compaction moves these frames out of the way of blocks of an order above: */
static int moved_above(const struct mms_frame *frame)
{
	if (frame->kind == MMS_FRAME_FREE || frame->kind == MMS_FRAME_PCP)
		return -1;
	if (!frame->movable || frame->pinned ||
	    frame->kind == MMS_FRAME_HUGETLB)
		return MMS_NR_ORDERS;
	return frame->order ? mms_folio_moved_above(frame->order) : -1;
}

static unsigned long search_block(void *ctx, const struct mms_scan_block *block)
{
	struct search *search = ctx;
	unsigned long i, nr;

	if (!search->places.wanted)
		return 0;
	if (page_zone(block->page) != search->zone) {
		mms_places_add(&search->places, block->pfn, block->nr,
			       MMS_NR_ORDERS);
		return block->nr;
	}
	for (i = 0; i < block->nr; i += nr) {
		struct mms_frame frame;

		nr = mms_scan_frame(block, i, &frame);
		mms_places_add(&search->places, block->pfn + i, nr,
			       moved_above(&frame));
	}
	return i;
}

/*
 * Looks for a place for each of the orders @wanted.  Returns those for which
 * there is none, or an errno.
 */
static s64 search_zone(struct zone *zone, u64 wanted,
		       struct mms_walk_stats *stats)
{
	struct search search = { .zone = zone };
	struct mms_scan scan = { .block = search_block, .ctx = &search };
	int ret = 1;

	mms_places_init(&search.places, wanted, MMS_NR_ORDERS);
	mms_scan_range(&scan, zone->zone_start_pfn, zone_end_pfn(zone));
	while (ret > 0 && search.places.wanted) {
		if (signal_pending(current))
			return -EINTR;
		ret = mms_scan_batch(&scan);
		cond_resched();
	}
	stats->scanned += scan.stats.scanned;
	stats->retries += scan.stats.retries;
	return ret < 0 ? ret : (s64)search.places.wanted;
}

/* Orders that only compaction can serve. */
static u64 wanted_orders(const struct mms_zone_free *free)
{
	u64 wanted = 0;
	unsigned int order, alloc;

	for (order = 1; order < free->nr_orders; order++)
		for (alloc = 0; alloc < MMS_NR_ALLOCS; alloc++) {
			enum mms_reason reason;

			if (mms_verdict(free, order, alloc, true, &reason) ==
			    MMS_VERDICT_COMPACTION)
				wanted |= BIT_ULL(order);
		}
	return wanted;
}

int mms_fragmentation_read(struct mms_fragmentation *out, struct zone *zone,
			   struct mms_walk_stats *stats)
{
	struct mms_zone_free *free = &out->free;
	struct mms_lock hold;
	s64 impossible = 0;
	u64 wanted;

	*free = (struct mms_zone_free){
		.nr_orders = MMS_NR_ORDERS,
		.costly_order = PAGE_ALLOC_COSTLY_ORDER,
		.threshold = extfrag_threshold(),
		.compaction = IS_ENABLED(CONFIG_COMPACTION),
		.allowed = {
			[MMS_ALLOC_MOVABLE] = zone_idx(zone) <=
					      gfp_zone(GFP_HIGHUSER_MOVABLE),
			[MMS_ALLOC_UNMOVABLE] = zone_idx(zone) <=
						gfp_zone(GFP_KERNEL),
		},
	};
	mms_lock_begin(&hold, &zone->lock, MMS_LOCK_ZONE);
	read_free(free, zone);
	mms_lock_end(&hold, stats);

	wanted = wanted_orders(free);
	if (wanted)
		impossible = search_zone(zone, wanted, stats);
	if (impossible < 0)
		return impossible;
	out->possible = ~(u64)impossible;
	return 0;
}
