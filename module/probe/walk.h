/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking the page tables of a process, a bounded batch at a time.
 *
 * What protects the walk:
 *
 * - mmget_not_zero() during a batch: exit_mmap() has not begun.
 * - mmap_lock, for reading: VMAs stay.  Only addresses inside VMAs are walked,
 *   since munmap() frees the tables of what it has already taken out of the
 *   VMA tree under the same read lock (mmap_write_downgrade()).
 * - A PTE table can vanish even so: collapse into a huge page (under the page
 *   table lock alone for files, from 6.6 on) and reclaim of empty tables
 *   (CONFIG_PT_RECLAIM, 6.14 on) free it after an RCU grace period.  So
 *   it is read under rcu_read_lock(), and the PMD entry read again afterwards;
 *   if that has changed, what was read is dropped and read anew.
 * - A PMD table of hugetlb may be shared with other processes, which can make
 *   this one let go of it (huge_pmd_unshare()) and free it without mmap_lock.
 *   They wait for interrupts to have been on everywhere, as for GUP-fast: so
 *   hugetlb entries are read with interrupts off, one at a time.
 *
 * Entries themselves change at any time.  Each is read once, whole.
 */
#ifndef MMS_PROBE_WALK_H
#define MMS_PROBE_WALK_H

#include <linux/pgtable.h>

#include "../core/entry.h"

struct mm_struct;
struct vm_area_struct;

/**
 * struct mms_walk_stats - what the walk has cost so far
 * @scanned: entries read, of whatever level.
 * @lock_max_ns: longest time that mmap_lock was held at a stretch.
 * @lock_total_ns: time that mmap_lock was held in all.
 * @retries: PTE tables read again because they changed meanwhile.
 */
struct mms_walk_stats {
	u64 scanned;
	u64 lock_max_ns;
	u64 lock_total_ns;
	u64 retries;
};

/**
 * struct mms_walk_ops - who gets the entries
 * @vma: the next entries are of this VMA.  Called at least once for each VMA
 *	in the range, and again for the same one in a later batch.
 * @entry: one entry above the PTE level that is no table, for the addresses
 *	from @start to @end (which may be less than it maps).  Returns the
 *	first address that was not taken.
 * @wanted: whether @ptes wants to see any of @nr neighbouring entries of a PTE
 *	table; else they count as taken.  NULL: it does.  Looks at the table
 *	itself, under RCU, which may change at any time; spares the copy.
 * @ptes: @nr neighbouring entries of a PTE table.  Returns how many were taken.
 * @skip_none: @entry need not see empty entries.
 * @lock_pages: the callbacks look at the pages behind the entries: hold the
 *	page-table lock around @ptes, and around @entry for a huge page, so
 *	that what is mapped stays mapped.  (Not for hugetlb; interrupts are
 *	off there instead.)
 *
 * All are called with mmap_lock held for reading and must not sleep.  One that
 * takes less than it is given ends the batch; the rest comes again in the next.
 */
struct mms_walk_ops {
	void (*vma)(void *ctx, struct vm_area_struct *vma);
	u64 (*entry)(void *ctx, enum mms_level level, u64 raw, u64 start,
		     u64 end);
	bool (*wanted)(void *ctx, const u64 *raw, unsigned int nr);
	unsigned int (*ptes)(void *ctx, const u64 *raw, unsigned int nr,
			     u64 start);
	bool skip_none;
	bool lock_pages;
};

/**
 * struct mms_walk - a walk under way
 * @mm: address space, held by its owner with mmgrab().
 * @addr: where the walk stands.
 * @end: where it ends.
 * @ops: who gets the entries.
 * @ctx: passed to @ops.
 * @stats: what it has cost.
 * @raw: copy of one PTE table.
 */
struct mms_walk {
	struct mm_struct *mm;
	u64 addr;
	u64 end;
	const struct mms_walk_ops *ops;
	void *ctx;
	struct mms_walk_stats stats;
	u64 raw[PTRS_PER_PTE];
};

/**
 * mms_walk_missing() - why no page tables of processes can be walked
 *
 * May sleep.
 *
 * Return: the reason, as mms_layout_missing() or mms_pgtable_missing() has it,
 * or NULL.
 */
const char *mms_walk_missing(void);

/**
 * mms_walk_init() - sets a walk to its start
 * @walk: the walk.
 * @mm: address space; the caller keeps its reference until the walk is over.
 * @start: first address; rounded down to a page.
 * @end: first address behind; rounded up.
 * @ops: who gets the entries.
 * @ctx: passed to @ops.
 */
void mms_walk_init(struct mms_walk *walk, struct mm_struct *mm, u64 start,
		   u64 end, const struct mms_walk_ops *ops, void *ctx);

/**
 * mms_walk_batch() - walks on for a while
 * @walk: the walk.
 *
 * Takes mmap_lock for reading, killably, for about %MMS_LOCK_BUDGET_NS, less
 * if somebody waits for it.  May sleep.
 *
 * Return: 1 if there is more, 0 if the end has been reached, -EINTR if a fatal
 * signal came, -ESRCH if the address space is gone.
 */
int mms_walk_batch(struct mms_walk *walk);

/**
 * struct mms_spot - where the descent to an address ended
 * @level: level of the lowest entry that was reached, PMD or above.
 * @table: that is a PMD entry that points to a PTE table.
 * @raw: that entry.
 * @pmdp: where the PMD entry stands, if the descent came so far.
 * @at: where each entry from the top to @level stands; the P4D's is NULL if
 *	there is no such level.
 * @value: those entries.
 */
struct mms_spot {
	enum mms_level level;
	bool table;
	u64 raw;
	pmd_t *pmdp;
	const void *at[MMS_NR_LEVELS];
	u64 value[MMS_NR_LEVELS];
};

/**
 * mms_descend() - follows an address down to the PMD entry
 * @mm: address space.
 * @addr: the address.
 * @spot: filled.
 *
 * Reads each level once and goes down by the value that was read, as GUP-fast
 * does: an entry that changes meanwhile is either the old or the new.  The
 * caller keeps the tables from being freed: mmap_lock inside VMAs, for hugetlb's
 * with interrupts off.
 */
void mms_descend(struct mm_struct *mm, unsigned long addr,
		 struct mms_spot *spot);

/**
 * mms_descend_outside() - follows an address that is in no VMA
 * @mm: address space; mmap_lock is held for reading, and interrupts are off.
 * @addr: the address.
 * @spot: filled.
 *
 * munmap() frees tables under mmap_lock for reading, and waits for those CPUs
 * only that run the process, unless tables are freed after a grace period
 * (MMU_GATHER_RCU_TABLE_FREE in effect: on 7.3 always, on 6.1 and 6.12 in some
 * guests).  But free_pgd_range() frees no table in whose range a VMA is, so only
 * such tables are entered.
 */
void mms_descend_outside(struct mm_struct *mm, unsigned long addr,
			 struct mms_spot *spot);

/**
 * struct mms_hold - one hold of mmap_lock
 * @mm: the address space.
 * @since: when it began, on a clock that is right.
 * @clock: when it began, on a clock that is cheap.
 * @steps: steps since the clock was looked at.
 * @all_steps: steps in all.
 */
struct mms_hold {
	struct mm_struct *mm;
	u64 since;
	u64 clock;
	unsigned int steps;
	unsigned int all_steps;
};

/**
 * mms_hold_begin() - begins to look at an address space
 * @hold: filled on success.
 * @mm: address space, held with mmgrab().
 *
 * May sleep.
 *
 * Return: 0 with mmap_lock held for reading and the address space kept from
 * being torn down; -EINTR if a fatal signal came; -ESRCH if it is gone.
 */
int mms_hold_begin(struct mms_hold *hold, struct mm_struct *mm);

/**
 * mms_hold_over() - has the lock been held long enough?
 * @hold: from mms_hold_begin().
 * @steps: how much was done since the last call: 1 for a VMA or an upper
 *	entry, %MMS_STEPS_PER_CLOCK for a PTE table.
 *
 * Return: true if the batch should end.
 */
bool mms_hold_over(struct mms_hold *hold, unsigned int steps);

/**
 * mms_hold_end() - ends what mms_hold_begin() began
 * @hold: from mms_hold_begin().
 * @stats: the time is added here.
 *
 * May sleep: the reference may be the last, if the process died meanwhile.
 */
void mms_hold_end(struct mms_hold *hold, struct mms_walk_stats *stats);

#endif /* MMS_PROBE_WALK_H */
