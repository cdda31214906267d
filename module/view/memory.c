// SPDX-License-Identifier: GPL-2.0-only
/* The directory memory/: its keys, and what its views share. */

#include <linux/mm.h>

#include "memory.h"

/* No machine has a frame behind this one. */
#define PFN_MAX		(PHYS_ADDR_MAX >> PAGE_SHIFT)

static const struct mms_key keys[MMS_NR_MEMORY_KEYS] = {
	[MMS_MEMORY_PFN] = {
		.name = "pfn", .type = MMS_KEY_RANGE, .max = PFN_MAX,
	},
};

static const struct mms_view *const views[] = {
	&mms_view_zones,
	&mms_view_page,
	&mms_view_mappers,
	&mms_view_pageblocks,
	&mms_view_census,
};

struct mms_dir mms_memory_dir = {
	.name = "memory",
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.pid_key = -1,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};

u64 mms_memory_range(const struct mms_reader *reader, u64 *end)
{
	const struct mms_query *query = &reader->selection.query;

	*end = query->last[MMS_MEMORY_PFN] + 1;
	return query->value[MMS_MEMORY_PFN];
}
