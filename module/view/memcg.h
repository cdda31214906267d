/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory memcg/. */
#ifndef MMS_VIEW_MEMCG_H
#define MMS_VIEW_MEMCG_H

#include "file.h"

extern struct mms_dir mms_memcg_dir;

/* The keys of memcg/query. */
enum mms_memcg_key {
	MMS_MEMCG_MEMCG,
	MMS_NR_MEMCG_KEYS
};

/* The view, in the file memcg_tree.c. */
extern const struct mms_view mms_view_tree;

#endif /* MMS_VIEW_MEMCG_H */
