/* SPDX-License-Identifier: GPL-2.0-only */
/* Where pages are before and after something that may move them. */
#ifndef MMS_LAB_FOLLOW_H
#define MMS_LAB_FOLLOW_H

#include <linux/types.h>

#include "../limits.h"
#include "../probe/entries.h"

struct mm_struct;

/* Pages that are followed at most, of each kind. */
#define MMS_FOLLOW_MAX	65536

/**
 * struct mms_followed - a page, or a huge page that is mapped as one
 * @where: what it is: of the movable pages of experiments, the place that
 *	mms_movable_next() has; of a process, the address.
 * @before: its frame before.
 * @after: its frame after; 0 if it is there no more.
 */
struct mms_followed {
	u64 where;
	u64 before;
	u64 after;
};

/**
 * struct mms_follow - the pages that are followed
 * @mm: the address space that they are of; NULL for those of experiments.
 * @pages: they, by @where.
 * @nr: number of @pages.
 * @more: there are more.
 * @entries: a walk through the address space.
 * @out: its last batch.
 */
struct mms_follow {
	struct mm_struct *mm;
	struct mms_followed *pages;
	u32 nr;
	bool more;
	struct mms_entries entries;
	struct mmscope_record out[MMS_BATCH_RANGES];
};

/**
 * mms_follow_init() - makes room
 * @follow: all zero; mms_follow_free() when done, also on error.
 * @mm: the address space, which the caller holds as mmgrab() does; NULL for the
 *	movable pages of experiments.
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_follow_init(struct mms_follow *follow, struct mm_struct *mm);

/**
 * mms_follow_before() - sees where they are
 * @follow: from mms_follow_init().
 *
 * May sleep.
 *
 * Return: 0, or -EINTR if a signal came.  An address space that has gone has no
 * pages.
 */
int mms_follow_before(struct mms_follow *follow);

/**
 * mms_follow_after() - sees where they are now
 * @follow: after mms_follow_before().
 *
 * May sleep.
 *
 * Return: 0, or -EINTR if a signal came.
 */
int mms_follow_after(struct mms_follow *follow);

/**
 * mms_follow_free() - gives the room back
 * @follow: the pages, or all zero.
 */
void mms_follow_free(struct mms_follow *follow);

#endif /* MMS_LAB_FOLLOW_H */
