// SPDX-License-Identifier: GPL-2.0-only
/* The free lists of all zones at several moments of an experiment. */

#include <linux/mm.h>
#include <linux/slab.h>

#include "../probe/walk.h"
#include "../probe/zone.h"
#include "shots.h"

int mms_shots_init(struct mms_shots *shots)
{
	struct zone *zone;
	unsigned int nr = 0;

	for (zone = mms_zone_next(NULL); zone; zone = mms_zone_next(zone))
		nr++;
	shots->zones = kvcalloc(nr, sizeof(*shots->zones), GFP_KERNEL);
	if (!shots->zones)
		return -ENOMEM;
	/* Memory that comes from now on is left out. */
	for (zone = mms_zone_next(NULL); zone && shots->nr < nr;
	     zone = mms_zone_next(zone))
		shots->zones[shots->nr++].zone = zone;
	return 0;
}

int mms_shots_take(struct mms_shots *shots, unsigned int moment)
{
	struct mms_walk_stats stats = {};
	unsigned int i;
	int err;

	for (i = 0; i < shots->nr; i++) {
		struct mms_shots_zone *at = &shots->zones[i];

		/* Not waiting: what is held may be what unplugging waits for. */
		err = mms_freelists_read(&shots->lists, at->zone, false, &stats);
		if (err == -EAGAIN)
			continue;
		if (err)
			return err;
		memcpy(at->blocks[moment], shots->lists.blocks,
		       sizeof(at->blocks[moment]));
		at->verified[moment] = shots->lists.verified;
	}
	return 0;
}

void mms_shots_free(struct mms_shots *shots)
{
	kvfree(shots->zones);
	shots->zones = NULL;
	shots->nr = 0;
}
