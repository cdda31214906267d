// SPDX-License-Identifier: GPL-2.0-only
/* Free blocks to be had without taking a pageblock from another migratetype. */

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mmzone.h>

#include "../compat/pageblock.h"
#include "freelist.h"

static bool has_free(const struct zone *zone, unsigned int first,
		     unsigned int last, unsigned int type)
{
	unsigned int order;

	for (order = first; order <= last; order++)
		if (!list_empty(&zone->free_area[order].free_list[type]))
			return true;
	return false;
}

static bool has_movable(const struct zone *zone, unsigned int first,
			unsigned int last)
{
#ifdef CONFIG_CMA
	/* Movable memory may be there, for as long as nobody needs it. */
	if (has_free(zone, first, last, MIGRATE_CMA))
		return true;
#endif
	return has_free(zone, first, last, MIGRATE_MOVABLE);
}

bool mms_freelist_gfp(const struct zone *zone, unsigned int first,
		      unsigned int last, gfp_t *gfp)
{
	if (has_movable(zone, first, last)) {
		*gfp |= __GFP_MOVABLE;
		return true;
	}
	/* All memory of ZONE_MOVABLE is; it cannot be had with other flags. */
	if (zone_idx(zone) == ZONE_MOVABLE)
		return false;
	if (has_free(zone, first, last, MIGRATE_RECLAIMABLE)) {
		*gfp |= __GFP_RECLAIMABLE;
		return true;
	}
	return has_free(zone, first, last, MIGRATE_UNMOVABLE);
}
