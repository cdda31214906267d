/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the free memory of a zone is good for, and where compaction could make
 * more of it.
 *
 * The free blocks, the watermarks and all else that decides about an allocation
 * are read in one short hold of zone->lock.  Whether compaction can make a
 * block of some order is not written down anywhere: for the orders for which it
 * matters, the zone's memory is searched, without a lock, for an aligned block
 * of frames that are free or that compaction would move.  The search ends with
 * the last order found; it takes long only where there is none.  It assumes
 * that each page can indeed be migrated (a reference held somewhere may keep
 * compaction from it), and that compaction gets to the place: it moves pages
 * from the start of a zone to free pages at its end, and stops where it meets
 * itself.  So "no" is certain, for this moment, and "after_compaction" is not.
 */
#ifndef MMS_PROBE_FRAGMENTATION_H
#define MMS_PROBE_FRAGMENTATION_H

#include "../core/fragmentation.h"
#include "walk.h"

struct zone;

/**
 * struct mms_fragmentation - a zone
 * @free: its free memory.
 * @possible: bit i is set if there is a place where compaction could make a
 *	block of order i, or if none is needed.
 */
struct mms_fragmentation {
	struct mms_zone_free free;
	u64 possible;
};

/**
 * mms_fragmentation_read() - looks at a zone
 * @out: where to.
 * @zone: a zone that has or had memory.
 * @stats: what it costs is added here; the lock is zone->lock, scanned are
 *	frames searched.
 *
 * May sleep.
 *
 * Return: 0, or -EINTR if a signal came.
 */
int mms_fragmentation_read(struct mms_fragmentation *out, struct zone *zone,
			   struct mms_walk_stats *stats);

#endif /* MMS_PROBE_FRAGMENTATION_H */
