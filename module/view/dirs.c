// SPDX-License-Identifier: GPL-2.0-only
/* All directories. */

#include "buddy.h"
#include "dirs.h"
#include "memory.h"
#include "process.h"
#include "slab.h"
#include "top.h"

struct mms_dir *const mms_dirs[] = {
	&mms_top_dir,
	&mms_process_dir,
	&mms_memory_dir,
	&mms_buddy_dir,
	&mms_slab_dir,
};

const unsigned int mms_nr_dirs = ARRAY_SIZE(mms_dirs);
