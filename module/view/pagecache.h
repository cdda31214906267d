/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory pagecache/: its keys and views. */
#ifndef MMS_VIEW_PAGECACHE_H
#define MMS_VIEW_PAGECACHE_H

#include "file.h"

extern struct mms_dir mms_pagecache_dir;

/* The keys of pagecache/query. */
enum mms_pagecache_key {
	MMS_PAGECACHE_TOP,
	MMS_PAGECACHE_PATH,
	MMS_NR_PAGECACHE_KEYS
};

/* The views, each in the file pagecache_*.c of its name. */
extern const struct mms_view mms_view_pagecache_files;
extern const struct mms_view mms_view_pagecache_file;

#endif /* MMS_VIEW_PAGECACHE_H */
