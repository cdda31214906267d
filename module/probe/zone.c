// SPDX-License-Identifier: GPL-2.0-only
/* Going through the zones, and the names of what they are made of. */

#include <linux/mmzone.h>
#include <linux/nodemask.h>

#include "zone.h"

/* The words of /proc/pagetypeinfo, in lower case. */
const char *const mms_migratetype_names[] = {
	[MIGRATE_UNMOVABLE] = "unmovable",
	[MIGRATE_MOVABLE] = "movable",
	[MIGRATE_RECLAIMABLE] = "reclaimable",
	[MIGRATE_HIGHATOMIC] = "highatomic",
#ifdef CONFIG_CMA
	[MIGRATE_CMA] = "cma",
#endif
#ifdef CONFIG_MEMORY_ISOLATION
	[MIGRATE_ISOLATE] = "isolate",
#endif
};

const unsigned int mms_nr_migratetypes = MIGRATE_TYPES;

static_assert(ARRAY_SIZE(mms_migratetype_names) == MIGRATE_TYPES);

struct zone *mms_zone_next(struct zone *zone)
{
	int nid = zone ? zone_to_nid(zone) : first_online_node;
	int index = zone ? zone_idx(zone) + 1 : 0;

	for (; nid < MAX_NUMNODES; nid = next_online_node(nid), index = 0) {
		pg_data_t *pgdat = NODE_DATA(nid);

		for (; index < MAX_NR_ZONES; index++)
			if (populated_zone(&pgdat->node_zones[index]))
				return &pgdat->node_zones[index];
	}
	return NULL;
}

int mms_zone_node(const struct zone *zone)
{
	return zone->zone_pgdat->node_id;
}

const char *mms_zone_name(const struct zone *zone)
{
	return zone->name;
}
