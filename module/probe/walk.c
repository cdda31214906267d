// SPDX-License-Identifier: GPL-2.0-only
/* Walking the page tables of a process, a bounded batch at a time. */

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/rcupdate.h>
#include <linux/sched/clock.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "../compat/compat.h"
#include "../compat/pgtable.h"
#include "../limits.h"
#include "held.h"
#include "layout.h"
#include "walk.h"

/* PTEs are handed on as words. */
static_assert(sizeof(pte_t) == sizeof(u64));

const char *mms_walk_missing(void)
{
	return mms_layout_missing() ?: mms_pgtable_missing();
}

void mms_walk_init(struct mms_walk *walk, struct mm_struct *mm, u64 start,
		   u64 end, const struct mms_walk_ops *ops, void *ctx)
{
	walk->mm = mm;
	walk->addr = round_down(start, PAGE_SIZE);
	walk->end = end > ULLONG_MAX - PAGE_SIZE ? round_down(end, PAGE_SIZE) :
						   round_up(end, PAGE_SIZE);
	walk->ops = ops;
	walk->ctx = ctx;
	walk->stats = (struct mms_walk_stats){};
}

int mms_hold_begin(struct mms_hold *hold, struct mm_struct *mm)
{
	/* The lock is killable only while it is waited for. */
	if (fatal_signal_pending(current))
		return -EINTR;
	if (!mmget_not_zero(mm))
		return -ESRCH;
	if (mmap_read_lock_killable(mm)) {
		mmput(mm);
		return -EINTR;
	}
	*hold = (struct mms_hold){
		.mm = mm,
		.since = ktime_get_ns(),
		.clock = local_clock(),
	};
	return 0;
}

/*
 * local_clock() may be off by a tick when the task has moved to another CPU
 * and the TSC is not stable; the number of steps is the bound that always holds.
 */
bool mms_hold_over(struct mms_hold *hold, unsigned int steps)
{
	hold->steps += steps;
	if (hold->steps < MMS_STEPS_PER_CLOCK)
		return false;
	hold->all_steps += hold->steps;
	hold->steps = 0;
	return (s64)(local_clock() - hold->clock) > MMS_LOCK_BUDGET_NS ||
	       hold->all_steps >= MMS_STEPS_MAX || need_resched() ||
	       mmap_lock_is_contended(hold->mm);
}

void mms_hold_end(struct mms_hold *hold, struct mms_walk_stats *stats)
{
	u64 held = ktime_get_ns() - hold->since;

	mmap_read_unlock(hold->mm);
	mms_held(stats, MMS_LOCK_MMAP, held);
	mmput(hold->mm);
}

static void reach(struct mms_spot *spot, enum mms_level level,
		  const void *entry, u64 raw)
{
	spot->level = level;
	spot->raw = raw;
	spot->at[level] = entry;
	spot->value[level] = raw;
}

/* No lower than to the entry of a level. */
static __always_inline void descend(struct mm_struct *mm, unsigned long addr,
				    enum mms_level lowest,
				    struct mms_spot *spot)
{
	pgd_t *pgdp = pgd_offset(mm, addr);
	pgd_t pgd = READ_ONCE(*pgdp);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t pmd;

	spot->table = false;
	spot->at[MMS_P4D] = NULL;
	reach(spot, MMS_PGD, pgdp, pgd_val(pgd));
	if (lowest >= MMS_PGD || pgd_none(pgd) || pgd_bad(pgd))
		return;

	/* With four levels this gives the same entry again, as a P4D. */
	p4dp = p4d_offset_lockless(pgdp, pgd, addr);
	p4d = READ_ONCE(*p4dp);
	if (!mm_p4d_folded(mm))
		reach(spot, MMS_P4D, p4dp, p4d_val(p4d));
	if (lowest >= MMS_P4D || p4d_none(p4d) || p4d_bad(p4d))
		return;

	pudp = pud_offset_lockless(p4dp, p4d, addr);
	pud = READ_ONCE(*pudp);
	reach(spot, MMS_PUD, pudp, pud_val(pud));
	if (lowest >= MMS_PUD || pud_none(pud) || !pud_present(pud) ||
	    pud_leaf(pud) || pud_bad(pud))
		return;

	spot->pmdp = pmd_offset_lockless(pudp, pud, addr);
	pmd = mms_pmdp_get(spot->pmdp);
	reach(spot, MMS_PMD, spot->pmdp, pmd_val(pmd));
	spot->table = lowest < MMS_PMD && !pmd_none(pmd) && pmd_present(pmd) &&
		      !pmd_leaf(pmd) && !pmd_bad(pmd);
}

void mms_descend(struct mm_struct *mm, unsigned long addr,
		 struct mms_spot *spot)
{
	descend(mm, addr, MMS_PTE, spot);
}

/*
 * Whether a VMA is in what one entry of a level maps, or would map: then the
 * table below it stays, as free_pgd_range() frees only those without any.
 */
static bool has_vma(struct mm_struct *mm, unsigned long addr,
		    enum mms_level level)
{
	unsigned long size = 1UL << mms_entry_format.level_shift[level];
	unsigned long start = round_down(addr, size);
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < start + size;
}

void mms_descend_outside(struct mm_struct *mm, unsigned long addr,
			 struct mms_spot *spot)
{
	enum mms_level lowest = MMS_PGD;

	while (lowest > MMS_PTE && has_vma(mm, addr, lowest))
		lowest--;
	descend(mm, addr, lowest, spot);
}

/* memcpy() promises no whole words. */
static void copy_ptes(u64 *to, const pte_t *from, unsigned int nr)
{
	const u64 *raw = (const u64 *)from;
	const u64 *end = raw + nr;

	for (; end - raw >= 4; raw += 4, to += 4) {
		to[0] = READ_ONCE(raw[0]);
		to[1] = READ_ONCE(raw[1]);
		to[2] = READ_ONCE(raw[2]);
		to[3] = READ_ONCE(raw[3]);
	}
	while (raw < end)
		*to++ = READ_ONCE(*raw++);
}

/*
 * Copies entries of the PTE table that @spot points to, if they are wanted.
 * False if the table was replaced meanwhile, so that they may be of a table
 * given up.
 */
static bool read_ptes(struct mms_walk *walk, const struct mms_spot *spot,
		      unsigned long addr, unsigned int nr, bool *wanted)
{
	const struct mms_walk_ops *ops = walk->ops;
	pmd_t pmd = __pmd(spot->raw);
	bool same;

	rcu_read_lock();
	same = pmd_val(mms_pmdp_get(spot->pmdp)) == spot->raw;
	if (same) {
		const pte_t *ptes = pte_offset_kernel(&pmd, addr);

		*wanted = !ops->wanted ||
			  ops->wanted(walk->ctx, (const u64 *)ptes, nr);
		if (*wanted)
			copy_ptes(walk->raw, ptes, nr);
		/* Pairs with the barriers of pmdp_collapse_flush(). */
		smp_rmb();
		same = pmd_val(mms_pmdp_get(spot->pmdp)) == spot->raw;
	}
	rcu_read_unlock();
	return same;
}

/*
 * Hands on entries under the table's lock; nothing replaces the table then.
 * Mirrors pte_offset_map_lock(), which is not exported.
 */
static bool visit_ptes_locked(struct mms_walk *walk, const struct mms_spot *spot,
			      unsigned long addr, unsigned int nr,
			      unsigned int *taken)
{
	pmd_t pmd = __pmd(spot->raw);
	spinlock_t *ptl;
	bool same;

	rcu_read_lock();
	/*
	 * Since the descent the table may have been freed, and its lock with it:
	 * only what the entry names now stays until the end of this section.
	 */
	same = pmd_val(mms_pmdp_get(spot->pmdp)) == spot->raw;
	if (same) {
		ptl = pte_lockptr(walk->mm, &pmd);
		spin_lock(ptl);
		same = pmd_val(mms_pmdp_get(spot->pmdp)) == spot->raw;
		if (same)
			*taken = walk->ops->ptes(walk->ctx, (u64 *)
						 pte_offset_kernel(&pmd, addr),
						 nr, addr);
		spin_unlock(ptl);
	}
	rcu_read_unlock();
	return same;
}

static u64 visit_table(struct mms_walk *walk, const struct mms_spot *spot, u64 addr,
		       u64 end, unsigned int *retries)
{
	u64 next = min_t(u64, end, round_down(addr, PMD_SIZE) + PMD_SIZE);
	unsigned int nr = (next - addr) >> PAGE_SHIFT;
	unsigned int taken = 0;
	bool ok, wanted;

	if (walk->ops->lock_pages || *retries >= MMS_TABLE_RETRIES) {
		ok = visit_ptes_locked(walk, spot, addr, nr, &taken);
	} else {
		ok = read_ptes(walk, spot, addr, nr, &wanted);
		if (ok)
			taken = wanted ? walk->ops->ptes(walk->ctx, walk->raw,
							 nr, addr) : nr;
	}
	if (!ok) {
		walk->stats.retries++;
		(*retries)++;
		return addr;
	}
	*retries = 0;
	walk->stats.scanned += taken;
	return addr + ((u64)taken << PAGE_SHIFT);
}

/* First address that one entry of @level at @addr does not map, up to @end. */
static u64 entry_end(enum mms_level level, u64 addr, u64 end)
{
	u64 size = 1ULL << mms_entry_format.level_shift[level];
	u64 next = round_down(addr, size) + size;

	/* At the top of the address space it wraps to 0. */
	return next > addr && next < end ? next : end;
}

/*
 * Hands on an entry of a PMD table under the table's lock, read again there.
 * Takes nothing if it has changed.
 */
static u64 visit_pmd_locked(struct mms_walk *walk, const struct mms_spot *spot,
			    u64 addr, u64 next)
{
	spinlock_t *ptl = pmd_lock(walk->mm, spot->pmdp);
	u64 taken = addr;

	if (pmd_val(mms_pmdp_get(spot->pmdp)) == spot->raw)
		taken = walk->ops->entry(walk->ctx, spot->level, spot->raw,
					 addr, next);
	else
		walk->stats.retries++;
	spin_unlock(ptl);
	return taken;
}

/* Hands on one entry above the PTE level. */
static u64 visit_entry(struct mms_walk *walk, const struct mms_spot *spot,
		       bool hugetlb, u64 addr, u64 end)
{
	u64 next = entry_end(spot->level, addr, end);
	u64 taken;

	if (walk->ops->lock_pages && spot->level == MMS_PMD && !hugetlb)
		taken = visit_pmd_locked(walk, spot, addr, next);
	else
		taken = walk->ops->entry(walk->ctx, spot->level, spot->raw,
					 addr, next);
	walk->stats.scanned += taken > addr;
	return taken;
}

/*
 * Goes on to the next entry of a PMD table that is not empty, or behind the
 * table, without coming down from the top each time.
 */
static u64 skip_none(struct mms_walk *walk, const struct mms_spot *spot,
		     u64 addr, u64 end)
{
	u64 stop = entry_end(MMS_PUD, addr, end);
	pmd_t *pmdp = spot->pmdp;

	do {
		addr = entry_end(MMS_PMD, addr, stop);
		walk->stats.scanned++;
		pmdp++;
	} while (addr < stop && pmd_none(mms_pmdp_get(pmdp)));
	return addr;
}

/* Walks up to @end in one VMA.  True if the batch is over. */
static bool walk_vma(struct mms_walk *walk, struct vm_area_struct *vma,
		     u64 end, struct mms_hold *hold)
{
	bool hugetlb = is_vm_hugetlb_page(vma);
	unsigned int retries = 0;
	unsigned long irqs;
	struct mms_spot spot;

	while (walk->addr < end) {
		u64 addr = walk->addr;
		unsigned int before = retries;

		if (hugetlb)
			local_irq_save(irqs);
		mms_descend(walk->mm, addr, &spot);
		if (spot.table && !hugetlb)
			walk->addr = visit_table(walk, &spot, addr, end,
						 &retries);
		else if (walk->ops->skip_none && !hugetlb &&
			 spot.level == MMS_PMD && pmd_none(__pmd(spot.raw)))
			walk->addr = skip_none(walk, &spot, addr, end);
		else
			walk->addr = visit_entry(walk, &spot, hugetlb, addr,
						 end);
		if (hugetlb)
			local_irq_restore(irqs);

		/* Nothing taken and nothing to try again: no room is left. */
		if (walk->addr == addr && retries == before)
			return true;
		if (mms_hold_over(hold, spot.table ? MMS_STEPS_PER_CLOCK : 1))
			return true;
	}
	return false;
}

static int walk_vmas(struct mms_walk *walk, struct mms_hold *hold)
{
	VMA_ITERATOR(vmi, walk->mm, walk->addr);
	struct vm_area_struct *vma;

	for_each_vma(vmi, vma) {
		if (vma->vm_start >= walk->end)
			break;
		walk->addr = max_t(u64, walk->addr, vma->vm_start);
		walk->ops->vma(walk->ctx, vma);
		if (walk_vma(walk, vma, min_t(u64, walk->end, vma->vm_end),
			     hold))
			return 1;
	}
	walk->addr = walk->end;
	return 0;
}

int mms_walk_batch(struct mms_walk *walk)
{
	struct mms_hold hold;
	int ret;

	might_sleep();
	ret = mms_hold_begin(&hold, walk->mm);
	if (ret)
		return ret;
	ret = walk_vmas(walk, &hold);
	mms_hold_end(&hold, &walk->stats);
	cond_resched();
	return ret;
}
