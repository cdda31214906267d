// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own page tables: which frames back a kernel address. */

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "../compat/compat.h"
#include "../compat/ksym.h"
#include "../limits.h"
#include "ktables.h"
#include "layout.h"

static struct mm_struct *kernel_mm;
static DEFINE_MUTEX(check_lock);

/* From @addr to the end of what an entry maps that maps @size bytes. */
static unsigned long rest_of(unsigned long addr, unsigned long size)
{
	return size - (addr & (size - 1));
}

static void nothing(unsigned long addr, unsigned long size,
		    struct mms_ktables_piece *piece)
{
	piece->bytes = rest_of(addr, size);
	piece->pfn = MMS_NO_FRAME;
	piece->huge = false;
	piece->nr = 0;
}

static void leaf(unsigned long addr, unsigned long size, unsigned long pfn,
		 struct mms_ktables_piece *piece)
{
	piece->bytes = rest_of(addr, size);
	piece->pfn = pfn + ((addr & (size - 1)) >> PAGE_SHIFT);
	piece->huge = true;
	piece->nr = 0;
}

/* Tables that were freed meanwhile may be anything now, also not mapped. */
static bool get_pmd(const pmd_t *pmdp, pmd_t *pmd)
{
	return !copy_from_kernel_nofault(pmd, pmdp, sizeof(*pmd));
}

/* Copies entries of a table; false if the table was freed meanwhile. */
static bool read_ptes(const pmd_t *pmdp, pmd_t pmd, unsigned long addr,
		      unsigned int nr, struct mms_ktables_piece *piece)
{
	pmd_t again;

	if (copy_from_kernel_nofault(piece->pte, pte_offset_kernel(&pmd, addr),
				     nr * sizeof(*piece->pte)))
		return false;
	smp_rmb();	/* the entry above after those below */
	if (!get_pmd(pmdp, &again) || pmd_val(again) != pmd_val(pmd))
		return false;
	piece->nr = nr;
	piece->huge = false;
	piece->bytes = nr * PAGE_SIZE;
	piece->pfn = pte_present(piece->pte[0]) ? pte_pfn(piece->pte[0]) :
						  MMS_NO_FRAME;
	return true;
}

/* False if something has been freed meanwhile. */
static bool read_pmd(const pmd_t *pmdp, unsigned long addr, unsigned long end,
		     struct mms_ktables_piece *piece)
{
	unsigned long nr = DIV_ROUND_UP(min(rest_of(addr, PMD_SIZE),
					    end - addr), PAGE_SIZE);
	pmd_t pmd;

	if (!get_pmd(pmdp, &pmd))
		return false;
	nr = min_t(unsigned long, nr, MMS_KTABLES_PTES);
	if (pmd_leaf(pmd))
		leaf(addr, PMD_SIZE, pmd_pfn(pmd), piece);
	else if (pmd_none(pmd) || !pmd_present(pmd) || pmd_bad(pmd))
		nothing(addr, PMD_SIZE, piece);
	else
		return read_ptes(pmdp, pmd, addr, nr, piece);
	return true;
}

static bool read_pud(pud_t *pudp, unsigned long addr, unsigned long end,
		     struct mms_ktables_piece *piece)
{
	pud_t pud = READ_ONCE(*pudp);

	if (pud_leaf(pud)) {
		leaf(addr, PUD_SIZE, pud_pfn(pud), piece);
		return true;
	}
	if (pud_none(pud) || !pud_present(pud) || pud_bad(pud)) {
		nothing(addr, PUD_SIZE, piece);
		return true;
	}
	if (!read_pmd(pmd_offset(&pud, addr), addr, end, piece))
		return false;
	smp_rmb();	/* the entry above after those below */
	return pud_val(READ_ONCE(*pudp)) == pud_val(pud);
}

void mms_ktables_read(unsigned long addr, unsigned long end,
		      struct mms_ktables_piece *piece)
{
	pgd_t *pgd = pgd_offset_pgd(kernel_mm->pgd, addr);
	unsigned int tries;
	p4d_t *p4d;

	/* The tables below these two levels are never freed. */
	if (pgd_none(*pgd) || pgd_bad(*pgd)) {
		nothing(addr, PGDIR_SIZE, piece);
		return;
	}
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d) || p4d_bad(*p4d)) {
		nothing(addr, P4D_SIZE, piece);
		return;
	}
	for (tries = 0; tries < MMS_TABLE_RETRIES; tries++)
		if (read_pud(pud_offset(p4d, addr), addr, end, piece))
			return;
	nothing(addr, PAGE_SIZE, piece);
}

unsigned long mms_ktables_frame(unsigned long addr, unsigned long *span)
{
	struct mms_ktables_piece piece;

	mms_ktables_read(addr, addr + PAGE_SIZE, &piece);
	*span = piece.nr ? rest_of(addr, PAGE_SIZE) : piece.bytes;
	return piece.pfn;
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
