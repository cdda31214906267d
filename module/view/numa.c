// SPDX-License-Identifier: GPL-2.0-only
/* The directory numa/, which takes no query. */

#include <linux/kernel.h>

#include "numa.h"

static const struct mms_view *const views[] = {
	&mms_view_nodes,
};

struct mms_dir mms_numa_dir = {
	.name = "numa",
	.pid_key = -1,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};
