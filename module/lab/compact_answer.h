/* SPDX-License-Identifier: GPL-2.0-only */
/* What lab/compact has seen, and its answer. */
#ifndef MMS_LAB_COMPACT_ANSWER_H
#define MMS_LAB_COMPACT_ANSWER_H

#include <linux/vmstat.h>

#include "../compat/pageblock.h"
#include "../probe/process.h"
#include "blockmap.h"
#include "follow.h"
#include "pages.h"

/* The two moments that are looked at. */
enum { MMS_COMPACT_BEFORE, MMS_COMPACT_AFTER, MMS_COMPACT_MOMENTS };

/**
 * struct mms_compact - a run
 * @zone: the zone.
 * @order: order of the blocks that are wanted.
 * @held: blocks that have been allocated.
 * @allocated: how many there were.
 * @elsewhere: of these, in another zone.
 * @why: why no more.
 * @map: the pageblocks.
 * @own: the movable pages of experiments.
 * @process: the process whose pages are followed; without ->mm, none.
 * @pages: its pages.
 * @free: free blocks of the zone by moment and order.
 * @events: the kernel's counters of events by moment.
 */
struct mms_compact {
	struct zone *zone;
	unsigned int order;
	struct mms_pages_held held;
	u64 allocated;
	u64 elsewhere;
	enum mms_pages_why why;
	struct mms_blockmap map;
	struct mms_follow own;
	struct mms_process process;
	struct mms_follow pages;
	u64 free[MMS_COMPACT_MOMENTS][MMS_NR_ORDERS];
	unsigned long events[MMS_COMPACT_MOMENTS][NR_VM_EVENT_ITEMS];
};

/**
 * mms_compact_answer() - writes the answer
 * @run: the run.
 * @compact: what was seen.
 *
 * May sleep.
 *
 * Return: 0, or an errno.
 */
int mms_compact_answer(struct mms_lab_run *run,
		       const struct mms_compact *compact);

#endif /* MMS_LAB_COMPACT_ANSWER_H */
