// SPDX-License-Identifier: GPL-2.0-only
/* How the free pages of a zone stand to its watermarks. */

#include "watermark.h"

const char *const mms_water_names[MMS_NR_WATERS] = {
	[MMS_WATER_EMPTY] = "empty",
	[MMS_WATER_HIGH] = "above_high",
	[MMS_WATER_LOW] = "between_low_and_high",
	[MMS_WATER_MIN] = "below_low",
	[MMS_WATER_OUT] = "below_min",
};

const char *const mms_reclaim_names[MMS_NR_RECLAIMS] = {
	[MMS_RECLAIM_NONE] = "none",
	[MMS_RECLAIM_UNTIL_HIGH] = "kswapd_until_high",
	[MMS_RECLAIM_WAKES] = "kswapd_wakes",
	[MMS_RECLAIM_BOOSTED] = "boosted",
	[MMS_RECLAIM_HOPELESS] = "hopeless",
	[MMS_RECLAIM_DIRECT] = "direct_reclaim",
};

enum mms_water mms_water(const struct mms_marks *zone, unsigned int highest)
{
	s64 reserve = zone->reserve[highest];

	if (!zone->managed)
		return MMS_WATER_EMPTY;
	if (zone->usable > zone->high + reserve)
		return MMS_WATER_HIGH;
	if (zone->usable > zone->low + reserve)
		return MMS_WATER_LOW;
	if (zone->usable > zone->min + reserve)
		return MMS_WATER_MIN;
	return MMS_WATER_OUT;
}

enum mms_reclaim mms_reclaim(const struct mms_marks *zones,
			     unsigned int highest, bool running, bool hopeless)
{
	bool min_ok = false, low_ok = false, balanced = false, boosted = false;
	unsigned int i;

	if (!zones[highest].managed)
		return MMS_RECLAIM_NONE;
	for (i = 0; i <= highest; i++) {
		const struct mms_marks *zone = &zones[i];
		s64 usable = zone->usable - zone->reserve[highest];

		if (!zone->managed)
			continue;
		min_ok |= usable > zone->min;
		low_ok |= usable > zone->low;
		balanced |= usable > zone->target;
		boosted |= zone->boost;
	}
	if (!min_ok)
		return MMS_RECLAIM_DIRECT;
	if (running && !balanced)
		return MMS_RECLAIM_UNTIL_HIGH;
	if (low_ok && !boosted)
		return MMS_RECLAIM_NONE;
	if (hopeless)
		return MMS_RECLAIM_HOPELESS;
	return low_ok ? MMS_RECLAIM_BOOSTED : MMS_RECLAIM_WAKES;
}
