/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory reclaim/. */
#ifndef MMS_VIEW_RECLAIM_H
#define MMS_VIEW_RECLAIM_H

#include "file.h"

extern struct mms_dir mms_reclaim_dir;

/* The keys of reclaim/query. */
enum mms_reclaim_key {
	MMS_RECLAIM_MEMCG,
	MMS_NR_RECLAIM_KEYS
};

/* The views, each in a file reclaim_*.c. */
extern const struct mms_view mms_view_lru;
extern const struct mms_view mms_view_generations;
extern const struct mms_view mms_view_swap;

#endif /* MMS_VIEW_RECLAIM_H */
