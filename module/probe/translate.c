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
	struct mms_step *step = &translation->step[translation->nr++];
	unsigned long at = (unsigned long)entry_at;

	step->index = (at & ~PAGE_MASK) / sizeof(u64);
	step->table_phys = __pa(at & PAGE_MASK);
	step->raw = raw;
	mms_entry_decode(&mms_entry_format, level, raw, &step->entry);
}

/*
 * Interrupts are off.  Each value is read once, and the way down goes by that
 * value; the pointers are into the tables, so that their addresses are right.
 */
static void descend(struct mm_struct *mm, unsigned long addr,
		    struct mms_translation *translation)
{
	pgd_t *pgdp = pgd_offset(mm, addr), pgd = READ_ONCE(*pgdp);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t *pmdp, pmd;
	pte_t *ptep;

	add_step(translation, MMS_PGD, pgdp, pgd_val(pgd));
	if (pgd_none(pgd) || pgd_bad(pgd))
		return;
	if (mm_p4d_folded(mm)) {
		/* The entry just read is the P4D's. */
		p4d = __p4d(pgd_val(pgd));
	} else {
		p4dp = p4d_offset(&pgd, addr);
		p4d = READ_ONCE(*p4dp);
		add_step(translation, MMS_P4D, p4dp, p4d_val(p4d));
	}
	if (p4d_none(p4d) || p4d_bad(p4d))
		return;
	pudp = pud_offset(&p4d, addr);
	pud = READ_ONCE(*pudp);
	add_step(translation, MMS_PUD, pudp, pud_val(pud));
	if (pud_none(pud) || !pud_present(pud) || pud_leaf(pud) || pud_bad(pud))
		return;
	pmdp = pmd_offset(&pud, addr);
	pmd = mms_pmdp_get(pmdp);
	add_step(translation, MMS_PMD, pmdp, pmd_val(pmd));
	if (pmd_none(pmd) || !pmd_present(pmd) || pmd_leaf(pmd) || pmd_bad(pmd))
		return;
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
	descend(mm, addr, translation);
	local_irq_restore(irqs);
	translation->stats.scanned = translation->nr;
	mms_hold_end(&hold, &translation->stats);
	finish(translation, addr, hint);
	return 0;
}
