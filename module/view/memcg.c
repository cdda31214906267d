// SPDX-License-Identifier: GPL-2.0-only
/* The directory memcg/: its keys. */

#include <linux/bits.h>

#include "memcg.h"

static const struct mms_key keys[MMS_NR_MEMCG_KEYS] = {
	[MMS_MEMCG_MEMCG] = { .name = "memcg", .type = MMS_KEY_TEXT },
};

static const struct mms_view *const views[] = {
	&mms_view_tree,
};

struct mms_dir mms_memcg_dir = {
	.name = "memcg",
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.pid_key = -1,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};
