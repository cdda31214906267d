/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of equal page-table entries of a process. */
#ifndef MMS_PROBE_RANGES_H
#define MMS_PROBE_RANGES_H

#include "../core/merge.h"
#include "../limits.h"
#include "folio.h"
#include "walk.h"

/**
 * struct mms_ranges - a walk that merges entries
 * @walk: the walk.
 * @merge: the merge; @merge.nr ranges in @out are ready.
 * @pages: looks at the pages too.
 * @detail: the pages are looked at.
 * @finished: nothing will come any more.
 * @out: the ranges that the last batch gave.
 */
struct mms_ranges {
	struct mms_walk walk;
	struct mms_merge merge;
	struct mms_folio_view pages;
	bool detail;
	bool finished;
	struct mms_range out[MMS_BATCH_RANGES];
};

/**
 * mms_ranges_init() - starts at the beginning
 * @ranges: the walk.
 * @mm: address space; the caller keeps its reference.
 * @start: first address.
 * @end: first address behind.
 * @ignore: MMS_F_* that neither split nor show.
 * @detail: look at the folios, and split by what they are.
 *
 * May sleep.
 */
void mms_ranges_init(struct mms_ranges *ranges, struct mm_struct *mm,
		     u64 start, u64 end, u32 ignore, bool detail);

/**
 * mms_ranges_batch() - fills @out anew
 * @ranges: the walk.
 *
 * A run goes on over batches, so a batch may give none.  The ranges cover
 * every address of every VMA once, empty entries too.  May sleep; see
 * mms_walk_batch() for locks.
 *
 * Return: 0, or an error of mms_walk_batch(), after which @out has what came
 * before and @finished is set.
 */
int mms_ranges_batch(struct mms_ranges *ranges);

#endif /* MMS_PROBE_RANGES_H */
