// SPDX-License-Identifier: GPL-2.0-only
/* The directory buddy/: its keys. */

#include <linux/mm.h>

#include "buddy.h"

static const struct mms_key keys[MMS_NR_BUDDY_KEYS] = {
	[MMS_BUDDY_MAX] = {
		.name = "max", .type = MMS_KEY_UINT,
		.min = 1, .max = pageblock_nr_pages, .def = 16,
	},
	[MMS_BUDDY_TOP] = {
		.name = "top", .type = MMS_KEY_UINT,
		.min = 1, .max = 1000, .def = 20,
	},
};

static const struct mms_view *const views[] = {
	&mms_view_freelists,
	&mms_view_pcp,
	&mms_view_fragmentation,
	&mms_view_culprits,
};

struct mms_dir mms_buddy_dir = {
	.name = "buddy",
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.pid_key = -1,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};
