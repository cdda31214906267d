// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the firmware and the kernel's image have of physical memory: the tree
 * of /proc/iomem.  Its root is exported, the lock that keeps it is not.
 */

#include <linux/ioport.h>
#include <linux/pfn.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "../compat/ksym.h"
#include "iomem.h"

/* Looked at under the lock, at most; a machine has some hundred. */
#define REGIONS_MAX	4096

/* The region that comes next in the order of /proc/iomem. */
static struct resource *next_region(struct resource *at)
{
	if (at->child)
		return at->child;
	while (!at->sibling && at->parent)
		at = at->parent;
	return at->sibling;
}

static void copy_region(struct mms_iomem *iomem, const struct resource *at)
{
	struct mms_iomem_region *region = &iomem->region[iomem->nr];

	if (!at->name || iomem->nr == MMS_IOMEM_MAX)
		return;
	region->first = PHYS_PFN(at->start);
	region->last = PHYS_PFN(at->end);
	strscpy(region->name, at->name, sizeof(region->name));
	iomem->nr++;
}

void mms_iomem_read(struct mms_iomem *iomem)
{
	rwlock_t *lock = mms_ksym_lookup("resource_lock");
	struct resource *at;
	int n = 0;

	iomem->nr = 0;
	if (!lock)
		return;
	read_lock(lock);
	for (at = iomem_resource.child; at && n < REGIONS_MAX; n++) {
		copy_region(iomem, at);
		at = next_region(at);
	}
	read_unlock(lock);
}

const char *mms_iomem_name(const struct mms_iomem *iomem, u64 pfn)
{
	unsigned int i = iomem->nr;

	while (i--) {
		const struct mms_iomem_region *region = &iomem->region[i];

		if (pfn < region->first || pfn > region->last)
			continue;
		return strcmp(region->name, "System RAM") ? region->name : NULL;
	}
	return NULL;
}
