/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory oom/. */
#ifndef MMS_VIEW_OOM_H
#define MMS_VIEW_OOM_H

#include "file.h"

extern struct mms_dir mms_oom_dir;

/* The keys of oom/query. */
enum mms_oom_key {
	MMS_OOM_MEMCG,
	MMS_NR_OOM_KEYS
};

/**
 * mms_oom_dir_init() - begins to take note of kills
 *
 * Return: 0, or an errno.
 */
int mms_oom_dir_init(void);

/**
 * mms_oom_dir_exit() - takes no more notes; the files have been removed
 */
void mms_oom_dir_exit(void);

/* The views, each in the file oom_*.c of its name. */
extern const struct mms_view mms_view_badness;
extern const struct mms_view mms_view_victims;

#endif /* MMS_VIEW_OOM_H */
