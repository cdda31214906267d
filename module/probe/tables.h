/* SPDX-License-Identifier: GPL-2.0-only */
/* The page-table bill of a process. */
#ifndef MMS_PROBE_TABLES_H
#define MMS_PROBE_TABLES_H

#include "../core/bill.h"
#include "walk.h"

/**
 * struct mms_tables - a walk that counts tables
 * @walk: the walk.
 * @bill: what it has counted.
 * @accounted_bytes: what the kernel itself says (VmPTE), when the walk ended.
 * @finished: the bill is complete.
 * @deposits: huge pages of the VMA being walked have a PTE table set aside.
 */
struct mms_tables {
	struct mms_walk walk;
	struct mms_bill bill;
	u64 accounted_bytes;
	bool finished;
	bool deposits;
};

/**
 * mms_tables_init() - starts at the beginning
 * @tables: the walk.
 * @mm: address space; the caller keeps its reference.
 * @start: first address.
 * @end: first address behind.
 * @top: how many VMAs to rank.
 */
void mms_tables_init(struct mms_tables *tables, struct mm_struct *mm,
		     u64 start, u64 end, unsigned int top);

/**
 * mms_tables_batch() - counts on for a while
 * @tables: the walk.
 *
 * May sleep; see mms_walk_batch() for locks.
 *
 * Return: 0, or an error of mms_walk_batch(), after which the bill has what
 * was counted until then and @finished is set.
 */
int mms_tables_batch(struct mms_tables *tables);

/**
 * mms_tables_counted_bytes() - what VmPTE should be
 * @tables: a walk that has finished.
 *
 * The kernel counts PTE tables, deposited ones too, PMD and PUD tables
 * (mm_inc_nr_ptes() and kin).
 *
 * Return: their size in bytes, as the walk found them.
 */
u64 mms_tables_counted_bytes(const struct mms_tables *tables);

#endif /* MMS_PROBE_TABLES_H */
