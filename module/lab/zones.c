// SPDX-License-Identifier: GPL-2.0-only
/* The keys `node` and `zone` of an experiment. */

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/string.h>
#include <linux/vmstat.h>

#include "../probe/zone.h"
#include "zones.h"

const char *const mms_lab_any[1] = { "any" };

const char *const mms_lab_zone_words[5] = {
	"any", "dma", "dma32", "normal", "movable",
};

/* Modifiers by word. */
static const gfp_t zone_gfp[ARRAY_SIZE(mms_lab_zone_words)] = {
	0, __GFP_DMA, __GFP_DMA32, 0, __GFP_HIGHMEM | __GFP_MOVABLE,
};

/* Index of the word, 0 for a zone that has none: of devices. */
static unsigned int word_of(const struct zone *zone)
{
	const char *name = mms_zone_name(zone);
	unsigned int i;

	for (i = ARRAY_SIZE(mms_lab_zone_words) - 1; i; i--)
		if (!strcasecmp(name, mms_lab_zone_words[i]))
			break;
	return i;
}

struct zone *mms_lab_zone(const struct mms_lab_run *run, unsigned int node_key,
			  unsigned int zone_key)
{
	unsigned long free, most = 0;
	struct zone *zone, *found = NULL;
	int node = mms_lab_node(run, node_key);
	u64 word = mms_lab_value(run, zone_key);

	for (zone = mms_zone_next(NULL); zone; zone = mms_zone_next(zone)) {
		if (node != NUMA_NO_NODE && mms_zone_node(zone) != node)
			continue;
		if (!word_of(zone) || (word && word_of(zone) != word))
			continue;
		free = zone_page_state(zone, NR_FREE_PAGES);
		if (found && free <= most)
			continue;
		found = zone;
		most = free;
	}
	return found;
}

gfp_t mms_lab_zone_gfp(const struct zone *zone)
{
	return zone_gfp[word_of(zone)] | __GFP_THISNODE;
}
