/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting the entries of lists under a spinlock that is held with interrupts
 * off, for a bounded time: no more than 50 000 instructions.
 */
#ifndef MMS_PROBE_LISTS_H
#define MMS_PROBE_LISTS_H

#include <linux/bitops.h>
#include <linux/list.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

#include "../trace_words.h"

struct mms_walk_stats;

/* Lists that can be walked side by side. */
#define MMS_LISTS_MAX	16

/**
 * struct mms_lock - a spinlock held
 * @lock: the lock.
 * @kind: what kind of lock that is.
 * @flags: of the interrupts.
 * @since: local_clock() when it was taken; the CPU stays the same.
 * @left: list entries that may still be walked.
 * @unlooked: entries since the last look at the clock.
 * @late: it has been held for too long.
 */
struct mms_lock {
	spinlock_t *lock;
	enum mms_lock_kind kind;
	unsigned long flags;
	u64 since;
	unsigned int left;
	unsigned int unlooked;
	bool late;
};

/**
 * mms_lock_begin() - takes a lock
 * @hold: to be filled in.
 * @lock: the lock; interrupts are off while it is held.
 * @kind: what kind of lock that is.
 */
void mms_lock_begin(struct mms_lock *hold, spinlock_t *lock,
		    enum mms_lock_kind kind)
	__acquires(lock);

/**
 * mms_lock_end() - gives it back
 * @hold: what mms_lock_begin() has filled in.
 * @stats: what it has cost is added here; scanned are list entries.
 */
void mms_lock_end(struct mms_lock *hold, struct mms_walk_stats *stats)
	__releases(hold->lock);

/**
 * struct mms_lists - neighbouring lists being counted
 * @heads: their heads.
 * @nr: number of lists, at most %MMS_LISTS_MAX.
 * @open: bit i is set if list i has not ended at @at.
 * @at: the next entry of each list.
 * @counted: entries of each list so far.
 */
struct mms_lists {
	const struct list_head *heads;
	unsigned int nr;
	unsigned long open;
	const struct list_head *at[MMS_LISTS_MAX];
	unsigned long counted[MMS_LISTS_MAX];
};

/**
 * mms_lists_begin() - goes to the first entry of each list
 * @lists: to be filled in.
 * @heads: heads of the lists.
 * @nr: number of lists.
 */
void mms_lists_begin(struct mms_lists *lists, const struct list_head *heads,
		     unsigned int nr);

/**
 * mms_lists_walk() - goes on along the lists, side by side
 * @hold: the lock that protects the lists.
 * @lists: the lists.
 * @leave: stop when no more lists than this have not ended.
 *
 * Also stops when the lock has been held for long enough.
 */
void mms_lists_walk(struct mms_lock *hold, struct mms_lists *lists,
		    unsigned int leave);

/**
 * mms_lists_open() - how many lists have not ended?
 * @lists: the lists.
 *
 * Return: their number.
 */
static inline unsigned int mms_lists_open(const struct mms_lists *lists)
{
	return hweight_long(lists->open);
}

#endif /* MMS_PROBE_LISTS_H */
