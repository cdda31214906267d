// SPDX-License-Identifier: GPL-2.0-only
/* What a page frame is used for, as far as its struct page says. */

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/page-flags.h>

#include "../compat/compat.h"
#include "../compat/hotplug.h"
#include "../compat/pageblock.h"
#include "folio.h"
#include "frame.h"
#include "owners.h"

const char *const mms_frame_kind_names[MMS_NR_FRAME_KINDS] = {
	[MMS_FRAME_OTHER] = "other",
	[MMS_FRAME_FREE] = "free",
	[MMS_FRAME_PCP] = "pcp",
	[MMS_FRAME_SLAB] = "slab",
	[MMS_FRAME_ANON] = "anon",
	[MMS_FRAME_FILE] = "file",
	[MMS_FRAME_SHMEM] = "shmem",
	[MMS_FRAME_KSM] = "ksm",
	[MMS_FRAME_HUGETLB] = "hugetlb",
	[MMS_FRAME_ZERO] = "zero",
	[MMS_FRAME_PGTABLE] = "pgtable",
	[MMS_FRAME_KSTACK] = "kstack",
	[MMS_FRAME_VMALLOC] = "vmalloc",
	[MMS_FRAME_PERCPU] = "percpu",
	[MMS_FRAME_MEMMAP] = "memmap",
	[MMS_FRAME_RESERVED] = "reserved",
	[MMS_FRAME_OFFLINE] = "offline",
};

void mms_frame_read(const struct page *page, unsigned long pfn,
		    const struct mms_owners *owners, struct mms_frame *frame)
{
	frame->kind = MMS_FRAME_OTHER;
	frame->order = 0;
	frame->head = pfn;
	frame->movable = false;
	frame->pinned = false;
}

bool mms_frame_hotplug_known(void)
{
	return mms_hotplug_known();
}
