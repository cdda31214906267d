// SPDX-License-Identifier: GPL-2.0-only
/* The directory vmalloc/. */

#include <linux/kernel.h>

#include "vmalloc.h"

static const struct mms_view *const views[] = {
	&mms_view_areas,
};

struct mms_dir mms_vmalloc_dir = {
	.name = "vmalloc",
	.pid_key = -1,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};
