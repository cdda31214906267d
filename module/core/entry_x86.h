/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits of an x86-64 page-table entry that have not moved in any supported
 * release.  compat/pgtable.c asserts that each equals the kernel's own.
 */
#ifndef MMS_CORE_ENTRY_X86_H
#define MMS_CORE_ENTRY_X86_H

#include "env.h"

#define MMS_X86_PRESENT		BIT_ULL(0)
#define MMS_X86_RW		BIT_ULL(1)
#define MMS_X86_USER		BIT_ULL(2)
#define MMS_X86_PWT		BIT_ULL(3)
#define MMS_X86_PCD		BIT_ULL(4)
#define MMS_X86_ACCESSED	BIT_ULL(5)
#define MMS_X86_PSE		BIT_ULL(7)	/* above the PTE level */
#define MMS_X86_PAT		BIT_ULL(7)	/* at the PTE level */
#define MMS_X86_GLOBAL		BIT_ULL(8)	/* not present: PROT_NONE */
#define MMS_X86_SPECIAL		BIT_ULL(9)
#define MMS_X86_PAT_LARGE	BIT_ULL(12)	/* above the PTE level */
#define MMS_X86_NX		BIT_ULL(63)

/* Where a swap entry keeps type and (inverted) offset. */
#define MMS_X86_SWP_TYPE_BITS		5
#define MMS_X86_SWP_OFFSET_FIRST_BIT	9

#endif /* MMS_CORE_ENTRY_X86_H */
