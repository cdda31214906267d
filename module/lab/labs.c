// SPDX-License-Identifier: GPL-2.0-only
/* All labs. */

#include <linux/kernel.h>

#include "alloc.h"
#include "compact.h"
#include "fragment.h"
#include "oom.h"
#include "slab.h"
#include "vmalloc.h"

struct mms_lab *const mms_labs[] = {
	&mms_lab_alloc,
	&mms_lab_compact,
	&mms_lab_fragment,
	&mms_lab_oom,
	&mms_lab_slab,
	&mms_lab_vmalloc,
};

const unsigned int mms_nr_labs = ARRAY_SIZE(mms_labs);
