/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing the index of fragmentation of a zone to where it is wanted, step by
 * step, each as large as the free lists say after the one before.
 */
#ifndef MMS_LAB_STEPS_H
#define MMS_LAB_STEPS_H

#include "../core/fragmentation.h"
#include "broken.h"

/* No run has more. */
#define MMS_STEPS_MAX	64

/**
 * enum mms_index - what is measured
 * @MMS_INDEX_UNUSABLE: unusable_index of the kernel's debugfs extfrag.
 * @MMS_INDEX_EXTFRAG: its extfrag_index.
 */
enum mms_index {
	MMS_INDEX_UNUSABLE,
	MMS_INDEX_EXTFRAG,
};

/**
 * enum mms_action - what a step does
 * @MMS_ACTION_MEASURE: nothing.
 * @MMS_ACTION_ROOM: gets the page cache reclaimed for room above the high
 *	watermark.
 * @MMS_ACTION_BREAK: breaks free blocks.
 * @MMS_ACTION_GIVE_BACK: gives broken blocks back.
 * @MMS_ACTION_ABSORB: holds small free blocks as a whole.
 * @MMS_NR_ACTIONS: number of actions.
 */
enum mms_action {
	MMS_ACTION_MEASURE,
	MMS_ACTION_ROOM,
	MMS_ACTION_BREAK,
	MMS_ACTION_GIVE_BACK,
	MMS_ACTION_ABSORB,
	MMS_NR_ACTIONS
};

extern const char *const mms_action_names[MMS_NR_ACTIONS];

/**
 * struct mms_reading - the free memory of the zone
 * @contig: seen from the order.
 * @index: the index; -1000 to 1000.
 */
struct mms_reading {
	struct mms_contig contig;
	int index;
};

/**
 * struct mms_step - a step
 * @action: what was done.
 * @order: to blocks of this order.
 * @blocks: to how many.
 * @held_pages: pages held after it.
 * @after: the free memory after it.
 */
struct mms_step {
	enum mms_action action;
	unsigned int order;
	u64 blocks;
	u64 held_pages;
	struct mms_reading after;
};

/**
 * struct mms_steps - a run
 * @run: the run.
 * @zone: the zone.
 * @drain: what empties its per-CPU lists.
 * @index: what is measured.
 * @order: at this order.
 * @target: what it shall be.
 * @broken: the blocks in pieces.
 * @absorbed: blocks held as a whole.
 * @step: the steps.
 * @nr: number of @step.
 * @why: why no more could be done.
 */
struct mms_steps {
	struct mms_lab_run *run;
	struct zone *zone;
	struct mms_drain drain;
	enum mms_index index;
	unsigned int order;
	int target;
	struct mms_broken broken;
	struct mms_pages_held absorbed;
	struct mms_step step[MMS_STEPS_MAX];
	unsigned int nr;
	enum mms_pages_why why;
};

/**
 * mms_steps_begin() - reads the free lists, and makes room in the zone
 * @steps: the run; one or two steps are added.
 * @pages: pages to be held out of large blocks; for these, and small blocks to be
 *	held as a whole, there is to be room.
 * @limit: pages that may be allocated to make room; 0: as many as it takes.
 *
 * May sleep.
 *
 * Return: 0 or -EINTR.
 */
int mms_steps_begin(struct mms_steps *steps, u64 pages, u64 limit);

/**
 * mms_steps_reach() - does what it takes
 * @steps: the run, begun.
 *
 * May sleep.
 *
 * Return: 0, whether the target was reached or not, or -EINTR.
 */
int mms_steps_reach(struct mms_steps *steps);

#endif /* MMS_LAB_STEPS_H */
