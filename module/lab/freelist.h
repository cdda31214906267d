/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free blocks to be had without taking a pageblock from another migratetype.
 *
 * An allocation whose own free lists are empty takes from those of another
 * migratetype, and often the whole pageblock with them, which then stays so;
 * since 5.0 that also raises the zone's watermarks, for kswapd to reclaim as if
 * memory were short (boost_watermark()).  So the free lists are looked at first.
 * That takes no lock: a block may be gone when it is asked for, and what is said
 * here is right for all but a few.
 */
#ifndef MMS_LAB_FREELIST_H
#define MMS_LAB_FREELIST_H

#include <linux/types.h>

struct zone;

/* Migratetypes that have free lists for everybody. */
#define MMS_FREELIST_TYPES	3

/**
 * mms_freelist_has() - is there a free block of a migratetype?
 * @zone: the zone.
 * @first: its order, at least.
 * @last: its order, at most.
 * @i: which migratetype: 0 is movable, then reclaimable, then unmovable.
 * @gfp: to the flags, those are added that ask for it.
 *
 * Return: true if there is one.  Never of one that @gfp cannot ask for: all
 * memory of ZONE_MOVABLE is movable.
 */
bool mms_freelist_has(const struct zone *zone, unsigned int first,
		      unsigned int last, unsigned int i, gfp_t *gfp);

/**
 * mms_freelist_find() - is there a free block of any of them?
 * @zone: the zone.
 * @first: its order, at least.
 * @cma: it may be of memory kept for contiguous allocations.
 * @gfp: to the flags, those are added that ask for it.
 *
 * Return: true if there is one; a movable one before the others.
 */
bool mms_freelist_find(const struct zone *zone, unsigned int first, bool cma,
		       gfp_t *gfp);

#endif /* MMS_LAB_FREELIST_H */
