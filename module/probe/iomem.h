/* SPDX-License-Identifier: GPL-2.0-only */
/* What the firmware and the kernel's image have of physical memory. */
#ifndef MMS_PROBE_IOMEM_H
#define MMS_PROBE_IOMEM_H

#include <linux/types.h>

/* Regions that are remembered. */
#define MMS_IOMEM_MAX	512

/* Longest name of a region that is kept, with the NUL. */
#define MMS_IOMEM_NAME	32

/**
 * struct mms_iomem_region - one region
 * @first: its first frame; a frame that it has only a part of is its own too.
 * @last: its last frame.
 * @name: its name, as in /proc/iomem.
 */
struct mms_iomem_region {
	u64 first;
	u64 last;
	char name[MMS_IOMEM_NAME];
};

/**
 * struct mms_iomem - the regions
 * @nr: number of @region.
 * @region: the regions; one inside of another comes behind it.
 */
struct mms_iomem {
	unsigned int nr;
	struct mms_iomem_region region[MMS_IOMEM_MAX];
};

/**
 * mms_iomem_read() - copies the regions of RAM and of firmware
 * @iomem: filled; empty if the kernel's lock of them is not known.
 *
 * Takes resource_lock for reading.  May sleep.
 */
void mms_iomem_read(struct mms_iomem *iomem);

/**
 * mms_iomem_name() - what a frame is reserved for
 * @iomem: the regions.
 * @pfn: the frame.
 *
 * Return: name of the innermost region that it is in, NULL if that is plain
 * RAM or none.
 */
const char *mms_iomem_name(const struct mms_iomem *iomem, u64 pfn);

#endif /* MMS_PROBE_IOMEM_H */
