// SPDX-License-Identifier: GPL-2.0-only
/* The directory pagecache/: its keys. */

#include <linux/kernel.h>

#include "pagecache.h"

static const struct mms_key keys[MMS_NR_PAGECACHE_KEYS] = {
	[MMS_PAGECACHE_TOP] = {
		.name = "top", .type = MMS_KEY_UINT,
		.min = 1, .max = 65536, .def = 50,
	},
	[MMS_PAGECACHE_PATH] = {
		.name = "path", .type = MMS_KEY_TEXT,
	},
};

static const struct mms_view *const views[] = {
	&mms_view_pagecache_files,
	&mms_view_pagecache_file,
};

struct mms_dir mms_pagecache_dir = {
	.name = "pagecache",
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.pid_key = -1,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};
