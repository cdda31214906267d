/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory buddy/: what its views share. */
#ifndef MMS_VIEW_BUDDY_H
#define MMS_VIEW_BUDDY_H

#include "file.h"

extern struct mms_dir mms_buddy_dir;

/* The keys of buddy/query. */
enum mms_buddy_key {
	MMS_BUDDY_MAX,
	MMS_BUDDY_TOP,
	MMS_NR_BUDDY_KEYS
};

/* The views, each in the file buddy_*.c of its name. */
extern const struct mms_view mms_view_freelists;
extern const struct mms_view mms_view_pcp;
extern const struct mms_view mms_view_fragmentation;
extern const struct mms_view mms_view_culprits;

#endif /* MMS_VIEW_BUDDY_H */
