// SPDX-License-Identifier: GPL-2.0-only
/* Frames whose struct page does not say what they are used for. */

#include <linux/err.h>
#include <linux/slab.h>

#include "owners.h"

const char *const mms_owners_part_names[MMS_NR_OWNERS_PARTS] = {
	[MMS_OWNERS_KSTACK] = "kstack",
	[MMS_OWNERS_VMALLOC] = "vmalloc",
	[MMS_OWNERS_PERCPU] = "percpu",
	[MMS_OWNERS_MEMMAP] = "memmap",
	[MMS_OWNERS_PCP] = "pcp",
};

const char *mms_owners_missing(enum mms_owners_part part)
{
	return "not-built";
}

struct mms_owners *mms_owners_new(bool names)
{
	struct mms_owners *owners = kzalloc(sizeof(*owners), GFP_KERNEL);

	if (!owners)
		return ERR_PTR(-ENOMEM);
	xa_init(&owners->chunks);
	return owners;
}

void mms_owners_free(struct mms_owners *owners)
{
	if (!owners)
		return;
	xa_destroy(&owners->chunks);
	kfree(owners);
}

bool mms_owners_name(const struct mms_owners *owners, unsigned long pfn,
		     char name[MMS_OWNER_NAME])
{
	return false;
}
