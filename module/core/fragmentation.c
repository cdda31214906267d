// SPDX-License-Identifier: GPL-2.0-only
/* What the free blocks of a zone are good for. */

#include "fragmentation.h"

const char *const mms_verdict_names[MMS_NR_VERDICTS] = {
	[MMS_VERDICT_NOW] = "now",
	[MMS_VERDICT_COMPACTION] = "after_compaction",
	[MMS_VERDICT_NO] = "no",
};

const char *const mms_reason_names[MMS_NR_REASONS] = {
	[MMS_REASON_NONE] = "-",
	[MMS_REASON_FRAGMENTED] = "fragmented",
	[MMS_REASON_WATERMARK] = "watermark",
	[MMS_REASON_MEMORY] = "little_memory",
	[MMS_REASON_UNMOVABLE] = "unmovable_pages",
	[MMS_REASON_ZONE] = "zone",
	[MMS_REASON_COMPACTION] = "no_compaction",
};

struct mms_contig mms_contig(const struct mms_zone_free *zone,
			     unsigned int order)
{
	struct mms_contig contig = {};
	unsigned int i;

	for (i = 0; i < zone->nr_orders; i++) {
		contig.free_pages += zone->nr_free[i] << i;
		contig.blocks += zone->nr_free[i];
		if (i >= order)
			contig.suitable += zone->nr_free[i] << (i - order);
	}
	return contig;
}

/*
 * The kernel divides by 32 bits here and in the next.  That differs from what
 * follows for zones with 16 TiB free, and there it is wrong.
 */
int mms_unusable_index(const struct mms_contig *contig, unsigned int order)
{
	u64 used = contig->suitable << order;

	if (!contig->free_pages)
		return 1000;
	return div64_u64((contig->free_pages - used) * 1000,
			 contig->free_pages);
}

int mms_extfrag_index(const struct mms_contig *contig, unsigned int order)
{
	if (!contig->blocks)
		return 0;
	if (contig->suitable)
		return -1000;
	return 1000 - (int)div64_u64(1000 + (contig->free_pages * 1000 >> order),
				     contig->blocks);
}

bool mms_watermark_ok(const struct mms_zone_free *zone, unsigned int order,
		      enum mms_alloc alloc, s64 mark)
{
	s64 pages = zone->free_pages - ((1LL << order) - 1) -
		    zone->highatomic_pages;

	if (alloc != MMS_ALLOC_MOVABLE)
		pages -= zone->cma_pages;
	if (pages <= mark + zone->reserve_pages[alloc])
		return false;
	return !order || zone->usable[alloc] >> order;
}

bool mms_compaction_suitable(const struct mms_zone_free *zone,
			     unsigned int order, enum mms_alloc alloc)
{
	bool costly = order > zone->costly_order;
	s64 mark = (costly ? zone->low_pages : zone->min_pages) +
		   zone->gap_pages[order];
	struct mms_contig contig;
	int index;

	/* For places to move pages to, CMA will do; the reserves are as here. */
	if (zone->free_pages - zone->highatomic_pages <=
	    mark + zone->reserve_pages[alloc])
		return false;
	if (!costly)
		return true;
	contig = mms_contig(zone, order);
	index = mms_extfrag_index(&contig, order);
	return index < 0 || index > zone->threshold;
}

enum mms_verdict mms_verdict(const struct mms_zone_free *zone,
			     unsigned int order, enum mms_alloc alloc,
			     bool possible, enum mms_reason *reason)
{
	*reason = MMS_REASON_NONE;
	if (!zone->allowed[alloc])
		*reason = MMS_REASON_ZONE;
	else if (mms_watermark_ok(zone, order, alloc, zone->min_pages))
		return MMS_VERDICT_NOW;
	else if (!mms_watermark_ok(zone, 0, alloc, zone->min_pages))
		*reason = MMS_REASON_WATERMARK;
	else if (!zone->compaction)
		*reason = MMS_REASON_COMPACTION;
	else if (!mms_compaction_suitable(zone, order, alloc) ||
		 zone->free_pages < 1LL << order)
		*reason = MMS_REASON_MEMORY;
	else if (!possible)
		*reason = MMS_REASON_UNMOVABLE;
	else
		*reason = MMS_REASON_FRAGMENTED;
	return *reason == MMS_REASON_FRAGMENTED ? MMS_VERDICT_COMPACTION :
						  MMS_VERDICT_NO;
}

void mms_places_init(struct mms_places *places, u64 wanted,
		     unsigned int nr_orders)
{
	*places = (struct mms_places){
		.wanted = wanted,
		.nr_orders = nr_orders,
	};
}

void mms_places_add(struct mms_places *places, u64 first, u64 nr, int below)
{
	u64 end = first + nr;
	unsigned int order;

	for (order = 0; order < places->nr_orders; order++) {
		u64 size = 1ULL << order, start;

		if (!(places->wanted & BIT_ULL(order)))
			continue;
		if ((int)order <= below) {
			places->start[order] = end;
			continue;
		}
		if (first != places->next)
			places->start[order] = first;
		start = (places->start[order] + size - 1) & ~(size - 1);
		if (start + size <= end)
			places->wanted &= ~BIT_ULL(order);
	}
	places->next = end;
}
