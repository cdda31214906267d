// SPDX-License-Identifier: GPL-2.0-only
/* All directories. */

#include "buddy.h"
#include "dirs.h"
#include "hugepages.h"
#include "memcg.h"
#include "memory.h"
#include "numa.h"
#include "oom.h"
#include "pagecache.h"
#include "process.h"
#include "reclaim.h"
#include "slab.h"
#include "top.h"
#include "vmalloc.h"

struct mms_dir *const mms_dirs[] = {
	&mms_top_dir,
	&mms_process_dir,
	&mms_memory_dir,
	&mms_buddy_dir,
	&mms_slab_dir,
	&mms_memcg_dir,
	&mms_oom_dir,
	&mms_pagecache_dir,
	&mms_reclaim_dir,
	&mms_numa_dir,
	&mms_vmalloc_dir,
	&mms_hugepages_dir,
};

const unsigned int mms_nr_dirs = ARRAY_SIZE(mms_dirs);
