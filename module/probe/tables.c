// SPDX-License-Identifier: GPL-2.0-only
/* The page-table bill of a process. */

#include <linux/hugetlb.h>
#include <linux/mm.h>

#include "../compat/pgtable.h"
#include "tables.h"

static void enter_vma(void *ctx, struct vm_area_struct *vma)
{
	struct mms_tables *tables = ctx;

	mms_bill_vma(&tables->bill, vma->vm_start, vma->vm_end);
	/*
	 * An anonymous huge page keeps a PTE table in store for the day it is
	 * split (pgtable_trans_huge_deposit()); so does the huge zero page.
	 * Huge pages of files do so only where an architecture needs it
	 * (arch_needs_pgtable_deposit(): powerpc).
	 */
	tables->deposits = vma_is_anonymous(vma);
}

static u64 add_entry(void *ctx, enum mms_level level, u64 raw, u64 start,
		     u64 end)
{
	struct mms_tables *tables = ctx;

	mms_bill_entries(&tables->bill, level, &raw, 1, start);
	if (level == MMS_PMD && tables->deposits &&
	    !mms_entry_is_none(&mms_entry_format, raw))
		mms_bill_deposit(&tables->bill);
	return end;
}

static unsigned int add_ptes(void *ctx, const u64 *raw, unsigned int nr,
			     u64 start)
{
	struct mms_tables *tables = ctx;

	mms_bill_entries(&tables->bill, MMS_PTE, raw, nr, start);
	return nr;
}

static const struct mms_walk_ops ops = {
	.vma = enter_vma,
	.entry = add_entry,
	.ptes = add_ptes,
};

void mms_tables_init(struct mms_tables *tables, struct mm_struct *mm,
		     u64 start, u64 end, unsigned int top)
{
	mms_walk_init(&tables->walk, mm, start, end, &ops, tables);
	mms_bill_init(&tables->bill, &mms_entry_format, MMS_PGD, top);
	tables->accounted_bytes = 0;
	tables->finished = false;
}

int mms_tables_batch(struct mms_tables *tables)
{
	int ret = mms_walk_batch(&tables->walk);

	if (ret > 0)
		return 0;
	tables->accounted_bytes = mm_pgtables_bytes(tables->walk.mm);
	mms_bill_finish(&tables->bill);
	tables->finished = true;
	return ret;
}

u64 mms_tables_counted_bytes(const struct mms_tables *tables)
{
	const struct mms_bill *bill = &tables->bill;

	return (bill->deposited + bill->level[MMS_PTE].tables +
		bill->level[MMS_PMD].tables + bill->level[MMS_PUD].tables)
	       << PAGE_SHIFT;
}
