// SPDX-License-Identifier: GPL-2.0-only
/* The directory hugepages/. */

#include <linux/kernel.h>

#include "hugepages.h"

static const struct mms_view *const views[] = {
	&mms_view_sizes,
};

struct mms_dir mms_hugepages_dir = {
	.name = "hugepages",
	.pid_key = -1,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};
