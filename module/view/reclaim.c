// SPDX-License-Identifier: GPL-2.0-only
/* The directory reclaim/: its keys. */

#include <linux/kernel.h>

#include "reclaim.h"

static const struct mms_key keys[MMS_NR_RECLAIM_KEYS] = {
	[MMS_RECLAIM_MEMCG] = { .name = "memcg", .type = MMS_KEY_TEXT },
};

static const struct mms_view *const views[] = {
	&mms_view_lru,
	&mms_view_generations,
	&mms_view_swap,
};

struct mms_dir mms_reclaim_dir = {
	.name = "reclaim",
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.pid_key = -1,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};
