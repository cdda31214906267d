// SPDX-License-Identifier: GPL-2.0-only
/* Free blocks to be had without taking a pageblock from another migratetype. */

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mmzone.h>

#include "../compat/pageblock.h"
#include "freelist.h"

static const struct {
	unsigned int type;
	gfp_t gfp;
} types[MMS_FREELIST_TYPES] = {
	{ MIGRATE_MOVABLE, __GFP_MOVABLE },
	{ MIGRATE_RECLAIMABLE, __GFP_RECLAIMABLE },
	{ MIGRATE_UNMOVABLE, 0 },
};

static bool has_free(const struct zone *zone, unsigned int first,
		     unsigned int last, unsigned int type)
{
	unsigned int order;

	for (order = first; order <= last; order++)
		if (!list_empty(&zone->free_area[order].free_list[type]))
			return true;
	return false;
}

bool mms_freelist_has(const struct zone *zone, unsigned int first,
		      unsigned int last, unsigned int i, gfp_t *gfp)
{
	if (i && zone_idx(zone) == ZONE_MOVABLE)
		return false;
	if (!has_free(zone, first, last, types[i].type))
		return false;
	*gfp |= types[i].gfp;
	return true;
}

bool mms_freelist_find(const struct zone *zone, unsigned int first, bool cma,
		       gfp_t *gfp)
{
	unsigned int i;

#ifdef CONFIG_CMA
	/* Movable memory may be there, for as long as nobody needs it. */
	if (cma && has_free(zone, first, MMS_NR_ORDERS - 1, MIGRATE_CMA)) {
		*gfp |= __GFP_MOVABLE;
		return true;
	}
#endif
	for (i = 0; i < MMS_FREELIST_TYPES; i++)
		if (mms_freelist_has(zone, first, MMS_NR_ORDERS - 1, i, gfp))
			return true;
	return false;
}
