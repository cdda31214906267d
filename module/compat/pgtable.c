// SPDX-License-Identifier: GPL-2.0-only
/*
 * The running kernel's format of page-table entries: from its headers, where
 * it is fixed when the module is built, and from its variables, where it
 * depends on the machine.
 */

#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include "../core/entry_x86.h"
#include "pgtable.h"

#ifndef CONFIG_X86_64
#error "no description of this architecture's page-table entries yet"
#endif

static_assert(MMS_X86_PRESENT == _PAGE_PRESENT);
static_assert(MMS_X86_RW == _PAGE_RW);
static_assert(MMS_X86_USER == _PAGE_USER);
static_assert(MMS_X86_PWT == _PAGE_PWT);
static_assert(MMS_X86_PCD == _PAGE_PCD);
static_assert(MMS_X86_ACCESSED == _PAGE_ACCESSED);
static_assert(MMS_X86_PSE == _PAGE_PSE);
static_assert(MMS_X86_PAT == _PAGE_PAT);
static_assert(MMS_X86_GLOBAL == _PAGE_GLOBAL);
static_assert(MMS_X86_GLOBAL == _PAGE_PROTNONE);
static_assert(MMS_X86_SPECIAL == _PAGE_SPECIAL);
static_assert(MMS_X86_PAT_LARGE == _PAGE_PAT_LARGE);
static_assert(MMS_X86_NX == _PAGE_NX);
static_assert(MMS_X86_SWP_TYPE_BITS == SWP_TYPE_BITS);
static_assert(MMS_X86_SWP_OFFSET_FIRST_BIT == SWP_OFFSET_FIRST_BIT);
static_assert(MAX_SWAPFILES < MMS_NO_TYPE);

/*
 * What a kernel or a configuration lacks.  7.3 renamed the userfaultfd bit,
 * which since then also tracks accesses (RWP).
 */
#ifdef _PAGE_SAVED_DIRTY		/* 6.6, with shadow stacks */
#define DIRTY_BITS	_PAGE_DIRTY_BITS
#else
#define DIRTY_BITS	_PAGE_DIRTY
#endif
#ifdef _PAGE_BIT_DEVMAP			/* gone in 7.3 */
#define DEVMAP_BIT	_PAGE_DEVMAP
#else
#define DEVMAP_BIT	0
#endif
#ifdef _PAGE_UFFD
#define UFFD_BIT	_PAGE_UFFD
#define SWP_UFFD_BIT	_PAGE_SWP_UFFD
#else
#define UFFD_BIT	_PAGE_UFFD_WP
#define SWP_UFFD_BIT	_PAGE_SWP_UFFD_WP
#endif
#ifdef PTE_MARKER_POISONED		/* not in 6.1 */
#define MARKER_POISON	PTE_MARKER_POISONED
#else
#define MARKER_POISON	0
#endif
#ifdef PTE_MARKER_GUARD			/* not in 6.12 */
#define MARKER_GUARD	PTE_MARKER_GUARD
#else
#define MARKER_GUARD	0
#endif

static const struct mms_swap_types swap_types = {
	.nr_files = MAX_SWAPFILES,
#ifdef CONFIG_MIGRATION
	.migration_read = SWP_MIGRATION_READ,
	.migration_read_exclusive = SWP_MIGRATION_READ_EXCLUSIVE,
	.migration_write = SWP_MIGRATION_WRITE,
#else
	.migration_read = MMS_NO_TYPE,
	.migration_read_exclusive = MMS_NO_TYPE,
	.migration_write = MMS_NO_TYPE,
#endif
#ifdef CONFIG_DEVICE_PRIVATE
	.device_read = SWP_DEVICE_READ,
	.device_write = SWP_DEVICE_WRITE,
#ifdef SWP_DEVICE_EXCLUSIVE
	.device_exclusive = SWP_DEVICE_EXCLUSIVE,
	.device_exclusive_write = MMS_NO_TYPE,
#else
	.device_exclusive = SWP_DEVICE_EXCLUSIVE_READ,
	.device_exclusive_write = SWP_DEVICE_EXCLUSIVE_WRITE,
#endif
#else
	.device_read = MMS_NO_TYPE,
	.device_write = MMS_NO_TYPE,
	.device_exclusive = MMS_NO_TYPE,
	.device_exclusive_write = MMS_NO_TYPE,
#endif
#ifdef CONFIG_MEMORY_FAILURE
	.hwpoison = SWP_HWPOISON,
#else
	.hwpoison = MMS_NO_TYPE,
#endif
#ifdef SWP_PTE_MARKER
	.marker = SWP_PTE_MARKER,
#else
	.marker = MMS_NO_TYPE,
#endif
#ifdef SWP_SWAPIN_ERROR
	.swapin_error = SWP_SWAPIN_ERROR,
#else
	.swapin_error = MMS_NO_TYPE,
#endif
};

struct mms_entry_format mms_entry_format __ro_after_init;

void __init mms_entry_format_init(void)
{
	mms_entry_format = (struct mms_entry_format){
		.page_shift = PAGE_SHIFT,
		/*
		 * With four levels, PGDIR_SHIFT (a variable) equals P4D_SHIFT,
		 * by which core/ sees that there is no P4D level.
		 */
		.level_shift = {
			[MMS_PTE] = PAGE_SHIFT,
			[MMS_PMD] = PMD_SHIFT,
			[MMS_PUD] = PUD_SHIFT,
			[MMS_P4D] = P4D_SHIFT,
			[MMS_PGD] = PGDIR_SHIFT,
		},
		/* The bit of memory encryption is not part of the address. */
		.pfn_mask = PTE_PFN_MASK,
		.none_mask = ~(u64)_PAGE_KNL_ERRATUM_MASK,
		.dirty = DIRTY_BITS,
		.soft_dirty = _PAGE_SOFT_DIRTY,
		.uffd = UFFD_BIT,
		.devmap = DEVMAP_BIT,
		.pkey_mask = _PAGE_PKEY_MASK,
		.swp_soft_dirty = _PAGE_SWP_SOFT_DIRTY,
		.swp_uffd = SWP_UFFD_BIT,
		.swp_exclusive = _PAGE_SWP_EXCLUSIVE,
		.swp_pfn_mask = SWP_PFN_MASK,
		.swp_young = SWP_MIG_YOUNG,
		.swp_dirty = SWP_MIG_DIRTY,
		.marker_uffd_wp = PTE_MARKER_UFFD_WP,
		.marker_poison = MARKER_POISON,
		.marker_guard = MARKER_GUARD,
		.types = swap_types,
	};
}
