/* SPDX-License-Identifier: GPL-2.0-only */
/* The running kernel's format of page-table entries. */
#ifndef MMS_COMPAT_PGTABLE_H
#define MMS_COMPAT_PGTABLE_H

#include <asm/pgalloc.h>

#include "../core/entry.h"

/* Filled by mms_entry_format_init(), constant from then on. */
extern struct mms_entry_format mms_entry_format;

/**
 * mms_entry_format_init() - fills mms_entry_format
 *
 * Called once, when the module loads.
 */
void mms_entry_format_init(void);

/**
 * mms_pgtable_missing() - why words of page tables must not be read
 *
 * As a paravirtual guest of Xen the kernel has machine frames in its tables;
 * only pte_val() and the like say what they are here, and it takes a call each.
 *
 * Return: the reason as `caps` has it, or NULL.
 */
static inline const char *mms_pgtable_missing(void)
{
	return boot_cpu_has(X86_FEATURE_XENPV) ? "xen-pv" : NULL;
}

/**
 * mms_pgd_order() - size of a process's top page table
 *
 * x86 with page-table isolation has two, one behind the other.  Until 6.14
 * they are allocated even if it is switched off, by a macro of the same name.
 *
 * Return: log2 of the number of pages.
 */
static inline unsigned int mms_pgd_order(void)
{
#if defined(MMS_HAVE_PGD_ALLOCATION_ORDER)
	return pgd_allocation_order();
#elif defined(PGD_ALLOCATION_ORDER)
	return PGD_ALLOCATION_ORDER;
#else
	return 0;
#endif
}

#endif /* MMS_COMPAT_PGTABLE_H */
