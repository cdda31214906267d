// SPDX-License-Identifier: GPL-2.0-only
/* Frames whose struct page does not say what they are used for. */

#include <linux/err.h>
#include <linux/slab.h>

#include "owners.h"

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
