// SPDX-License-Identifier: GPL-2.0-only
/* Whose page table is this frame? */

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>

#include "../compat/compat.h"
#include "../compat/pgtable.h"
#include "tablefind.h"

/* Not a frame: no PMD table has been looked at. */
#define NO_PMDS	(~0ULL)

void mms_tablefind_init(struct mms_tablefind *find, u64 first, unsigned int nr,
			struct mms_table_found *out)
{
	unsigned int i;

	memset(out, 0, nr * sizeof(*out));
	*find = (struct mms_tablefind){
		.first = first,
		.nr = nr,
		.missing = nr,
		.out = out,
		.finished = !nr,
	};
	for (i = 0; i < nr; i++)
		out[i].level = MMS_NR_LEVELS;
}

void mms_tablefind_forget(struct mms_tablefind *find, u64 pfn)
{
	struct mms_table_found *out = &find->out[pfn - find->first];

	if (out->level != MMS_NR_LEVELS)
		return;
	out->level = 0;
	find->missing--;
	find->finished = !find->missing;
}

static void found(struct mms_tablefind *find, u64 pfn, enum mms_level level,
		  u64 va, bool deposited)
{
	struct mms_table_found *out;

	if (pfn - find->first >= find->nr)
		return;
	out = &find->out[pfn - find->first];
	/* Found before, or not of interest. */
	if (out->level != MMS_NR_LEVELS)
		return;
	*out = (struct mms_table_found){
		.found = true,
		.deposited = deposited,
		.level = level,
		.pid = find->processes.number,
		.va = va,
	};
	find->missing--;
}

/* The table that an entry of @level above @addr points to. */
static void found_below(struct mms_tablefind *find, enum mms_level level,
			enum mms_level below, u64 raw, u64 addr)
{
	unsigned int shift = mms_entry_format.level_shift[level];

	found(find, (raw & mms_entry_format.pfn_mask) >> PAGE_SHIFT, below,
	      addr >> shift << shift, false);
}

/*
 * The tables that lie in store at the PMD table.  Mirrors what
 * pgtable_trans_huge_deposit() makes: a ring of pages, of which ->pmd_huge_pte
 * is one.  Of at most as many as there are entries in the table.
 */
static void look_in_store(struct mms_tablefind *find, pmd_t *pmdp, u64 addr)
{
#if defined(CONFIG_TRANSPARENT_HUGEPAGE) && !defined(__HAVE_ARCH_PGTABLE_DEPOSIT)
	struct mm_struct *mm = find->processes.mm;
	u64 pmds = __pa(pmdp) >> PAGE_SHIFT;
	struct page *page, *first;
	spinlock_t *ptl;
	int i;

	if (pmds == find->pmds)
		return;
	find->pmds = pmds;
	ptl = pmd_lock(mm, pmdp);
	first = pmd_huge_pte(mm, pmdp);
	for (page = first, i = 0; page && i < PTRS_PER_PMD; i++) {
		found(find, page_to_pfn(page), MMS_PTE,
		      round_down(addr, PUD_SIZE), true);
		page = list_next_entry(page, lru);
		if (page == first)
			break;
	}
	spin_unlock(ptl);
#endif
}

/* Looks at what leads to an address.  Return: the next one to look at. */
static u64 look_at(struct mms_tablefind *find, struct vm_area_struct *vma,
		   u64 addr)
{
	bool hugetlb = is_vm_hugetlb_page(vma);
	struct mms_spot spot;
	unsigned long irqs;
	int level, above = MMS_NR_LEVELS;
	u64 size;

	/* See walk.h: a shared PMD table may go without mmap_lock. */
	if (hugetlb)
		local_irq_save(irqs);
	mms_descend(find->processes.mm, addr, &spot);
	if (hugetlb)
		local_irq_restore(irqs);

	for (level = MMS_PGD; level >= (int)spot.level; level--) {
		if (!spot.at[level])
			continue;
		if (above != MMS_NR_LEVELS)
			found_below(find, above, level, spot.value[above],
				    addr);
		above = level;
		find->stats.scanned++;
	}
	if (spot.table)
		found_below(find, MMS_PMD, MMS_PTE, spot.raw, addr);
	if (spot.level == MMS_PMD && !spot.table && !hugetlb)
		look_in_store(find, spot.pmdp, addr);

	size = 1ULL << mms_entry_format.level_shift[spot.level];
	/* Wraps to 0 at the top of the address space, where no VMA is. */
	return round_down(addr, size) + size;
}

/* Return: 1 if there is more, 0 if not. */
static int look_at_vmas(struct mms_tablefind *find, struct mms_hold *hold)
{
	VMA_ITERATOR(vmi, find->processes.mm, find->addr);
	struct vm_area_struct *vma;

	for_each_vma(vmi, vma) {
		find->addr = max_t(u64, find->addr, vma->vm_start);
		while (find->addr < vma->vm_end) {
			find->addr = look_at(find, vma, find->addr);
			if (mms_hold_over(hold, 1) || !find->missing)
				return 1;
		}
	}
	return 0;
}

/* The top table, which nothing but the structure points to. */
static void look_at_top(struct mms_tablefind *find)
{
	u64 pfn = __pa(find->processes.mm->pgd) >> PAGE_SHIFT;
	unsigned int i;

	for (i = 0; i < 1U << mms_pgd_order(); i++)
		found(find, pfn + i, MMS_PGD, 0, false);
}

static int walk_on(struct mms_tablefind *find)
{
	struct mms_hold hold;
	int ret = mms_hold_begin(&hold, find->processes.mm);

	if (ret)
		return ret;
	if (!find->addr)
		look_at_top(find);
	ret = look_at_vmas(find, &hold);
	mms_hold_end(&hold, &find->stats);
	cond_resched();
	return ret;
}

int mms_tablefind_batch(struct mms_tablefind *find)
{
	int ret;

	might_sleep();
	if (!find->walking) {
		if (!mms_processes_next(&find->processes)) {
			find->finished = true;
			return 0;
		}
		find->walking = true;
		find->addr = 0;
		find->pmds = NO_PMDS;
	}
	ret = walk_on(find);
	if (ret == -EINTR || !find->missing)
		find->finished = true;
	if (ret <= 0) {
		find->addr = 0;
		find->pmds = NO_PMDS;
		find->walking = mms_processes_again(&find->processes);
	}
	return ret == -EINTR ? ret : 0;
}

void mms_tablefind_end(struct mms_tablefind *find)
{
	mms_processes_end(&find->processes);
}
