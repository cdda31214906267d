/* SPDX-License-Identifier: GPL-2.0-only */
/* The way from one virtual address to memory, level by level. */
#ifndef MMS_PROBE_TRANSLATE_H
#define MMS_PROBE_TRANSLATE_H

#include "../core/entry.h"
#include "walk.h"

/**
 * struct mms_translation_step - one table on the way
 * @index: which of its entries the address selects.
 * @table_phys: physical address of the table.
 * @raw: the entry.
 * @entry: what it says.
 */
struct mms_translation_step {
	unsigned int index;
	u64 table_phys;
	u64 raw;
	struct mms_entry entry;
};

/**
 * struct mms_translation - the whole way
 * @nr: number of steps.
 * @step: the steps, from the top.
 * @vma_start: first address of the VMA, or 0.
 * @vma_end: first address behind the VMA; 0 if the address is in none.
 * @phys_known: memory is mapped there, at @phys.
 * @phys: physical address that the address stands for.
 * @stats: what it has cost.
 */
struct mms_translation {
	unsigned int nr;
	struct mms_translation_step step[MMS_NR_LEVELS];
	u64 vma_start;
	u64 vma_end;
	bool phys_known;
	u64 phys;
	struct mms_walk_stats stats;
};

/**
 * mms_translate() - follows an address through the page tables
 * @mm: address space, held with mmgrab().
 * @addr: the address; also one outside all VMAs.
 * @translation: filled, except on error.
 *
 * Takes mmap_lock for reading, and reads the entries with interrupts off, for
 * hugetlb (see walk.h).  Outside VMAs as mms_descend_outside() does, so the last
 * entry may point to a table that is just being freed.  May sleep.
 *
 * Return: 0; -EINTR; -ESRCH if the address space is gone.
 */
int mms_translate(struct mm_struct *mm, u64 addr,
		  struct mms_translation *translation);

/**
 * mms_protnone_hint() - what a protnone entry means in this VMA
 * @vma: the VMA; mmap_lock is held.
 *
 * The entry is the same for PROT_NONE and for a hinting fault; the VMA tells.
 * Mirrors the use of vma_is_accessible() in handle_pte_fault().
 *
 * Return: %MMS_F_NUMA_HINT, %MMS_F_UFFD_RWP, or 0 for PROT_NONE.
 */
u32 mms_protnone_hint(const struct vm_area_struct *vma);

#endif /* MMS_PROBE_TRANSLATE_H */
