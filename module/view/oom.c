// SPDX-License-Identifier: GPL-2.0-only
/* The directory oom/: its keys, and when notes of kills are taken. */

#include "../probe/victims.h"
#include "oom.h"

static const struct mms_key keys[MMS_NR_OOM_KEYS] = {
	[MMS_OOM_MEMCG] = { .name = "memcg", .type = MMS_KEY_TEXT },
};

static const struct mms_view *const views[] = {
	&mms_view_badness,
	&mms_view_victims,
};

struct mms_dir mms_oom_dir = {
	.name = "oom",
	.keys = keys,
	.nr_keys = ARRAY_SIZE(keys),
	.pid_key = -1,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};

int mms_oom_dir_init(void)
{
	return mms_victims_init();
}

void mms_oom_dir_exit(void)
{
	mms_victims_exit();
}
