/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocating chosen frames, whose parameters have changed. */
#ifndef MMS_COMPAT_CONTIG_H
#define MMS_COMPAT_CONTIG_H

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

/**
 * mms_contig_take() - allocates one chosen frame of a movable pageblock
 * @pfn: the frame; its section stays online.
 *
 * alloc_contig_range(): isolates the pageblock, empties the per-CPU lists of the
 * zone on all CPUs, and takes the frame; a page that uses it is migrated.  A
 * page in the pageblock that cannot be moved makes it fail before it has emptied
 * anything.  May sleep.  Before 6.17 the pageblock is movable afterwards,
 * whatever it was.
 *
 * Return: 0, then the page has one reference; or an errno.
 */
static inline int mms_contig_take(unsigned long pfn)
{
#ifndef CONFIG_CONTIG_ALLOC
	return -EOPNOTSUPP;
#elif defined(ACR_FLAGS_NONE)
	/* Since 6.17. */
	return alloc_contig_range(pfn, pfn + 1, ACR_FLAGS_NONE,
				  GFP_KERNEL | __GFP_NOWARN);
#else
	return alloc_contig_range(pfn, pfn + 1, MIGRATE_MOVABLE,
				  GFP_KERNEL | __GFP_NOWARN);
#endif
}

#endif /* MMS_COMPAT_CONTIG_H */
