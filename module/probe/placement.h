/* SPDX-License-Identifier: GPL-2.0-only */
/* On which nodes the pages are that processes map. */
#ifndef MMS_PROBE_PLACEMENT_H
#define MMS_PROBE_PLACEMENT_H

#include <linux/sched.h>

#include "folio.h"
#include "processes.h"
#include "walk.h"

/**
 * struct mms_placement - a walk through all processes
 * @only: the only address space to be walked, or NULL.
 * @processes: where it stands.
 * @walk: in the page tables of that process.
 * @view: looking at pages.
 * @walking: that process is not done.
 * @ready: that process is done, and @pages has it all.
 * @finished: nothing will come any more.
 * @walked: processes begun.
 * @exited: processes that were gone before they were done.
 * @comm: name of the process.
 * @nr_nodes: nodes that there may be.
 * @pages: pages that it maps, by node, then by &enum mms_kind.
 */
struct mms_placement {
	struct mm_struct *only;
	struct mms_processes processes;
	struct mms_walk walk;
	struct mms_folio_view view;
	bool walking;
	bool ready;
	bool finished;
	u64 walked;
	u64 exited;
	char comm[TASK_COMM_LEN];
	unsigned int nr_nodes;
	u64 *pages;
};

/**
 * mms_placement_init() - starts before the first process
 * @placement: all zero.
 * @only: the only address space to be walked, which the caller holds by
 *	mmgrab(), or NULL for those of all processes.
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_placement_init(struct mms_placement *placement,
		       struct mm_struct *only);

/**
 * mms_placement_batch() - walks on for a while
 * @placement: the walk.
 *
 * Counts what numa_maps counts, in small pages: each page as often as it is
 * mapped; not what the kernel has reserved for itself (as the vDSO), nor device
 * memory.  Sets @placement->ready if a process is done.  May sleep; see
 * mms_walk_batch() for locks.
 *
 * Return: 0, or -EINTR if a fatal signal came, which is the end.
 */
int mms_placement_batch(struct mms_placement *placement);

/**
 * mms_placement_pages() - what the process at hand has on a node
 * @placement: a walk that is ->ready.
 * @node: number of the node, below ->nr_nodes.
 *
 * Return: its pages by &enum mms_kind.
 */
static inline const u64 *
mms_placement_pages(const struct mms_placement *placement, unsigned int node)
{
	return placement->pages + node * MMS_NR_KINDS;
}

/**
 * mms_placement_end() - gives back what is held
 * @placement: the walk; may be all zero.
 */
void mms_placement_end(struct mms_placement *placement);

#endif /* MMS_PROBE_PLACEMENT_H */
