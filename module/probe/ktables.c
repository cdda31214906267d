// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own page tables: which frames back a kernel address. */

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/vmalloc.h>

#include "../compat/compat.h"
#include "../compat/ksym.h"
#include "ktables.h"
#include "layout.h"

static struct mm_struct *kernel_mm;
static DEFINE_MUTEX(check_lock);

/* From @addr to the end of what an entry maps that maps @size bytes. */
static unsigned long rest_of(unsigned long addr, unsigned long size)
{
	return size - (addr & (size - 1));
}

static unsigned long nothing(unsigned long addr, unsigned long size,
			     unsigned long *span)
{
	*span = rest_of(addr, size);
	return MMS_NO_FRAME;
}

static unsigned long leaf(unsigned long addr, unsigned long size,
			  unsigned long pfn, unsigned long *span)
{
	*span = rest_of(addr, size);
	return pfn + ((addr & (size - 1)) >> PAGE_SHIFT);
}

static unsigned long pmd_frame(pmd_t pmd, unsigned long addr,
			       unsigned long *span)
{
	pte_t pte;

	if (pmd_none(pmd) || !pmd_present(pmd))
		return nothing(addr, PMD_SIZE, span);
	if (pmd_leaf(pmd))
		return leaf(addr, PMD_SIZE, pmd_pfn(pmd), span);
	if (pmd_bad(pmd))
		return nothing(addr, PMD_SIZE, span);
	pte = READ_ONCE(*pte_offset_kernel(&pmd, addr));
	if (!pte_present(pte))
		return nothing(addr, PAGE_SIZE, span);
	return leaf(addr, PAGE_SIZE, pte_pfn(pte), span);
}

unsigned long mms_ktables_frame(unsigned long addr, unsigned long *span)
{
	pgd_t *pgd = pgd_offset_pgd(kernel_mm->pgd, addr);
	p4d_t *p4d;
	pud_t *pud;

	/* Upper tables are never freed while what they lead to is in use. */
	if (pgd_none(*pgd) || pgd_bad(*pgd))
		return nothing(addr, PGDIR_SIZE, span);
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d) || p4d_bad(*p4d))
		return nothing(addr, P4D_SIZE, span);
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud) || !pud_present(*pud))
		return nothing(addr, PUD_SIZE, span);
	if (pud_leaf(*pud))
		return leaf(addr, PUD_SIZE, pud_pfn(*pud), span);
	if (pud_bad(*pud))
		return nothing(addr, PUD_SIZE, span);
	return pmd_frame(mms_pmdp_get(pmd_offset(pud, addr)), addr, span);
}

/* This variable is in a module, which is always in vmalloc space. */
static bool finds_module(void)
{
	unsigned long addr = (unsigned long)&check_lock;
	unsigned long span;

	return mms_ktables_frame(addr, &span) ==
	       page_to_pfn(vmalloc_to_page((void *)addr));
}

static const char *check(void)
{
	if (mms_layout_missing())
		return mms_layout_missing();
	kernel_mm = MMS_KSYM(init_mm);
	if (!kernel_mm)
		return "no-init-mm";
	return finds_module() ? NULL : "implausible";
}

const char *mms_ktables_missing(void)
{
	static const char *why;
	static bool checked;

	might_sleep();
	mutex_lock(&check_lock);
	if (!checked)
		why = check();
	checked = true;
	mutex_unlock(&check_lock);
	return why;
}
