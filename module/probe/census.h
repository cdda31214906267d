/* SPDX-License-Identifier: GPL-2.0-only */
/* All memory by what it is used for, by order and by node. */
#ifndef MMS_PROBE_CENSUS_H
#define MMS_PROBE_CENSUS_H

#include "scan.h"

/**
 * struct mms_census_cell - memory that is alike
 * @folios: folios, compound pages, free blocks, or single pages of that order,
 *	counted where they begin.
 * @pages: pages of those.
 */
struct mms_census_cell {
	u64 folios;
	u64 pages;
};

/**
 * struct mms_census_node - memory of a node
 * @cell: by kind and order.
 */
struct mms_census_node {
	struct mms_census_cell cell[MMS_NR_FRAME_KINDS][MMS_FRAME_NR_ORDERS];
};

/**
 * struct mms_census - a count under way
 * @scan: the scan.
 * @nodes: what has been counted, by node; NULL for a node without memory.
 * @nr_nodes: number of @nodes.
 * @err: -ENOMEM if a node could not be counted.
 */
struct mms_census {
	struct mms_scan scan;
	struct mms_census_node **nodes;
	unsigned int nr_nodes;
	int err;
};

/**
 * mms_census_init() - begins to count
 * @census: the census, all zero; mms_census_free() when done, also on error.
 * @first: first frame.
 * @end: first frame behind.
 * @owners: also tell apart what does not show in struct page: stacks, per-CPU
 *	memory and such.
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int mms_census_init(struct mms_census *census, u64 first, u64 end,
		    bool owners);

/**
 * mms_census_batch() - counts on for a while
 * @census: the census.
 *
 * May sleep; see mms_scan_batch().
 *
 * Return: 1 if there is more, 0 if all has been counted, -EINTR if a fatal
 * signal came, -ENOMEM.
 */
int mms_census_batch(struct mms_census *census);

/**
 * mms_census_free() - gives back what the census holds
 * @census: the census.
 */
void mms_census_free(struct mms_census *census);

#endif /* MMS_PROBE_CENSUS_H */
