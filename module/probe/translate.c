// SPDX-License-Identifier: GPL-2.0-only
/* The way from one virtual address to memory, level by level. */

#include <linux/mm.h>
#include <linux/pgtable.h>

#include "../compat/compat.h"
#include "../compat/pgtable.h"
#include "translate.h"

u32 mms_protnone_hint(const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_ACCESS_FLAGS))
		return 0;
	return vma->vm_flags & MMS_VM_UFFD_RWP ? MMS_F_UFFD_RWP :
						 MMS_F_NUMA_HINT;
}

/* @entry_at points into the table itself, in the direct map. */
static void add_step(struct mms_translation *translation, enum mms_level level,
		     const void *entry_at, u64 raw)
{
	struct mms_translation_step *step = &translation->step[translation->nr++];
	unsigned long at = (unsigned long)entry_at;

	step->index = (at & ~PAGE_MASK) / sizeof(u64);
	step->table_phys = __pa(at & PAGE_MASK);
	step->raw = raw;
	mms_entry_decode(&mms_entry_format, level, raw, &step->entry);
}

/* Interrupts are off, and mmap_lock is held. */
static void follow(struct mm_struct *mm, unsigned long addr, bool inside,
		   struct mms_translation *translation)
{
	struct mms_spot spot;
	const pte_t *ptep;
	pmd_t pmd;
	int level;

	if (inside)
		mms_descend(mm, addr, &spot);
	else
		mms_descend_outside(mm, addr, &spot);
	for (level = MMS_PGD; level >= (int)spot.level; level--)
		if (spot.at[level])
			add_step(translation, level, spot.at[level],
				 spot.value[level]);
	if (!spot.table)
		return;
	pmd = __pmd(spot.raw);
	ptep = pte_offset_kernel(&pmd, addr);
	add_step(translation, MMS_PTE, ptep, pte_val(READ_ONCE(*ptep)));
}

static void finish(struct mms_translation *translation, u64 addr, u32 hint)
{
	struct mms_entry *leaf;
	u64 offset_mask;

	leaf = &translation->step[translation->nr - 1].entry;
	if (leaf->state == MMS_PROTNONE)
		leaf->flags |= hint;
	if ((leaf->state != MMS_PRESENT && leaf->state != MMS_PROTNONE) ||
	    leaf->flags & MMS_F_TABLE)
		return;
	offset_mask = (1ULL << mms_entry_format.level_shift[leaf->level]) - 1;
	translation->phys = (leaf->pfn << PAGE_SHIFT) + (addr & offset_mask);
	translation->phys_known = true;
}

int mms_translate(struct mm_struct *mm, u64 addr,
		  struct mms_translation *translation)
{
	struct vm_area_struct *vma;
	struct mms_hold hold;
	unsigned long irqs;
	u32 hint = 0;
	int ret;

	might_sleep();
	memset(translation, 0, sizeof(*translation));
	ret = mms_hold_begin(&hold, mm);
	if (ret)
		return ret;
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr) {
		translation->vma_start = vma->vm_start;
		translation->vma_end = vma->vm_end;
		hint = mms_protnone_hint(vma);
	}
	local_irq_save(irqs);
	follow(mm, addr, translation->vma_end, translation);
	local_irq_restore(irqs);
	translation->stats.scanned = translation->nr;
	mms_hold_end(&hold, &translation->stats);
	finish(translation, addr, hint);
	return 0;
}
