// SPDX-License-Identifier: GPL-2.0-only
/* Runs of equal page-table entries of a process. */

#include <linux/mm.h>

#include "../compat/pgtable.h"
#include "ranges.h"
#include "translate.h"

static void enter_vma(void *ctx, struct vm_area_struct *vma)
{
	struct mms_ranges *ranges = ctx;

	ranges->pages.vma = vma;
	mms_merge_hint(&ranges->merge, mms_protnone_hint(vma));
	/* In one VMA pages of the cache and of a driver are not mixed. */
	if (!ranges->detail)
		return;
	mms_merge_forget(&ranges->merge);
	ranges->pages.huge_zero_pfn = mms_folio_huge_zero_pfn();
}

static u64 merge_entry(void *ctx, enum mms_level level, u64 raw, u64 start,
		     u64 end)
{
	struct mms_ranges *ranges = ctx;

	if (ranges->merge.nr == ranges->merge.max)
		return start;
	mms_merge_entry(&ranges->merge, level, raw, start, end, 0);
	return end;
}

static u64 merge_huge_page(void *ctx, enum mms_level level, u64 raw, u64 start,
			 u64 end)
{
	struct mms_ranges *ranges = ctx;
	u64 size = 1ULL << mms_entry_format.level_shift[level];

	while (start < end && ranges->merge.nr < ranges->merge.max) {
		unsigned long nr = (end - start) >> PAGE_SHIFT;
		unsigned long index = (start & (size - 1)) >> PAGE_SHIFT;
		u32 detail = mms_folio_huge_detail(&ranges->pages, level, raw,
						   index, &nr);
		u64 next = start + ((u64)nr << PAGE_SHIFT);

		mms_merge_entry(&ranges->merge, level, raw, start, next,
				detail);
		start = next;
	}
	return start;
}

static unsigned int merge_ptes(void *ctx, const u64 *raw, unsigned int nr,
			     u64 start)
{
	struct mms_ranges *ranges = ctx;

	return mms_merge_ptes(&ranges->merge, raw, nr, start, NULL, NULL);
}

static unsigned int merge_pages(void *ctx, const u64 *raw, unsigned int nr,
			      u64 start)
{
	struct mms_ranges *ranges = ctx;

	return mms_merge_ptes(&ranges->merge, raw, nr, start, &mms_folio_pages,
			      &ranges->pages);
}

static const struct mms_walk_ops entry_ops = {
	.vma = enter_vma,
	.entry = merge_entry,
	.ptes = merge_ptes,
};

static const struct mms_walk_ops folio_ops = {
	.vma = enter_vma,
	.entry = merge_huge_page,
	.ptes = merge_pages,
	.lock_pages = true,
};

void mms_ranges_init(struct mms_ranges *ranges, struct mm_struct *mm,
		     u64 start, u64 end, u32 ignore, bool detail)
{
	if (detail)
		mms_folio_huge_zero_find();
	mms_walk_init(&ranges->walk, mm, start, end,
		      detail ? &folio_ops : &entry_ops, ranges);
	mms_merge_init(&ranges->merge, &mms_entry_format, ignore, ranges->out,
		       ARRAY_SIZE(ranges->out));
	ranges->pages = (struct mms_folio_view){};
	ranges->detail = detail;
	ranges->finished = false;
}

int mms_ranges_batch(struct mms_ranges *ranges)
{
	int ret;

	ranges->merge.nr = 0;
	ret = mms_walk_batch(&ranges->walk);
	if (ret > 0)
		return 0;
	/* There may be no room for the last run; then once more. */
	if (!ret && ranges->merge.nr == ranges->merge.max)
		return 0;
	mms_merge_flush(&ranges->merge);
	ranges->finished = true;
	return ret;
}
