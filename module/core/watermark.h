/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the free pages of a zone stand to its watermarks, and what reclaim would
 * do about it.
 */
#ifndef MMS_CORE_WATERMARK_H
#define MMS_CORE_WATERMARK_H

#include "env.h"

/* Most zones that a node has. */
#define MMS_ZONES_MAX	8

/**
 * enum mms_water - where the free pages of a zone are
 * @MMS_WATER_EMPTY: the zone has no pages that can be allocated.
 * @MMS_WATER_HIGH: above the high watermark.
 * @MMS_WATER_LOW: above the low one, not above the high one.
 * @MMS_WATER_MIN: above the min one, not above the low one.
 * @MMS_WATER_OUT: not above the min one.
 * @MMS_NR_WATERS: number of these.
 */
enum mms_water {
	MMS_WATER_EMPTY,
	MMS_WATER_HIGH,
	MMS_WATER_LOW,
	MMS_WATER_MIN,
	MMS_WATER_OUT,
	MMS_NR_WATERS
};

/**
 * enum mms_reclaim - what reclaim would do
 * @MMS_RECLAIM_NONE: nothing.
 * @MMS_RECLAIM_UNTIL_HIGH: kswapd is at work, until the high watermark.
 * @MMS_RECLAIM_WAKES: the next allocation wakes kswapd.
 * @MMS_RECLAIM_BOOSTED: the watermarks are raised for a while, since blocks
 *	were mixed; kswapd is woken to free that much.
 * @MMS_RECLAIM_HOPELESS: kswapd would be woken, but has given up.
 * @MMS_RECLAIM_DIRECT: the next allocation reclaims by itself.
 * @MMS_NR_RECLAIMS: number of these.
 */
enum mms_reclaim {
	MMS_RECLAIM_NONE,
	MMS_RECLAIM_UNTIL_HIGH,
	MMS_RECLAIM_WAKES,
	MMS_RECLAIM_BOOSTED,
	MMS_RECLAIM_HOPELESS,
	MMS_RECLAIM_DIRECT,
	MMS_NR_RECLAIMS
};

extern const char *const mms_water_names[MMS_NR_WATERS];
extern const char *const mms_reclaim_names[MMS_NR_RECLAIMS];

/**
 * struct mms_marks - what decides about a zone
 * @managed: pages that the buddy allocator manages.
 * @usable: free pages without those that an ordinary allocation may not have.
 * @min: min watermark, the boost included; so are the next three.
 * @low: low watermark.
 * @high: high watermark.
 * @target: the watermark up to which kswapd works: high, or promo where memory
 *	is tiered.
 * @boost: by how much the watermarks are raised now.
 * @reserve: pages that must stay free for allocations which could have been
 *	made in zone i or below (lowmem_reserve).
 */
struct mms_marks {
	u64 managed;
	s64 usable;
	s64 min;
	s64 low;
	s64 high;
	s64 target;
	u64 boost;
	s64 reserve[MMS_ZONES_MAX];
};

/**
 * mms_water() - where the free pages of a zone are
 * @zone: the zone.
 * @highest: the highest zone that the allocation may have, by which
 *	->reserve goes.
 *
 * Mirrors zone_watermark_ok() for one page and no rights to reserves.
 *
 * Return: &enum mms_water.
 */
enum mms_water mms_water(const struct mms_marks *zone, unsigned int highest);

/**
 * mms_reclaim() - what an allocation would make reclaim do
 * @zones: the zones of the node, lowest first.
 * @highest: the highest zone that the allocation may have: it goes on to lower
 *	ones, but not to other nodes.
 * @running: kswapd of the node is at work.
 * @hopeless: kswapd of the node has given up (kswapd_failures).
 *
 * Mirrors the allocator's way to a page (get_page_from_freelist() down to the
 * low watermark, then wakeup_kswapd(), then down to min) and pgdat_balanced().
 *
 * Return: &enum mms_reclaim.
 */
enum mms_reclaim mms_reclaim(const struct mms_marks *zones,
			     unsigned int highest, bool running, bool hopeless);

#endif /* MMS_CORE_WATERMARK_H */
