// SPDX-License-Identifier: GPL-2.0-only
/* The directory slab/: its keys, and what its views share. */

#include <linux/mm.h>

#include "../probe/cacheinfo.h"
#include "../probe/cachelist.h"
#include "../probe/kmalloc.h"
#include "../probe/layout.h"
#include "../probe/slabs.h"
#include "slab.h"

/* No machine has a frame behind this one. */
#define PFN_MAX		(PHYS_ADDR_MAX >> PAGE_SHIFT)

static const struct mms_key keys[MMS_NR_SLAB_KEYS] = {
	[MMS_SLAB_PFN] = {
		.name = "pfn", .type = MMS_KEY_RANGE, .max = PFN_MAX,
	},
	[MMS_SLAB_SIZE] = {
		.name = "size", .type = MMS_KEY_UINT, .max = MMS_KMALLOC_MAX,
	},
	[MMS_SLAB_CACHE] = {
		.name = "cache", .type = MMS_KEY_TEXT,
	},
};

static const struct mms_view *const views[] = {
	&mms_view_caches,
	&mms_view_occupancy,
	&mms_view_object,
	&mms_view_kmalloc,
};

struct mms_dir mms_slab_dir = {
	.name = "slab",
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.pid_key = -1,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};

const char *mms_slab_missing(void)
{
	return mms_layout_missing() ?: mms_slabs_missing();
}

const char *mms_slab_wanted(const struct mms_reader *reader)
{
	const char *name = mms_query_text(&reader->selection.query,
					  MMS_SLAB_CACHE);

	return *name ? name : NULL;
}

void mms_slab_number(struct mms_table *table, u64 number)
{
	if (number == MMS_CACHE_UNKNOWN)
		mms_table_none(table);
	else
		mms_table_u64(table, number);
}

void mms_slab_end(struct mms_reader *reader, const struct mms_cachelist *list,
		  int err)
{
	struct mms_table *table = &reader->table;

	mms_reader_end_keys(reader, err ? "killed" : NULL, &list->stats);
	mms_table_key_u64(table, "mutex_max_ns", list->mutex_max_ns);
	mms_table_key_u64(table, "gone", list->gone);
	mms_table_end_line(table);
}
