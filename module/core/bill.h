/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-table bill: how many tables a process has at each level, how full
 * they are, and which VMAs they are for.
 *
 * Fed with the entries of a walk in ascending order of address.  A table is
 * known by the addresses it covers; so two VMAs that share one count it once,
 * and it is charged to the first.
 */
#ifndef MMS_CORE_BILL_H
#define MMS_CORE_BILL_H

#include "entry.h"

/* Upper limits of the histogram's columns, in used entries. */
#define MMS_BILL_BUCKETS	7
extern const u16 mms_bill_limits[MMS_BILL_BUCKETS];

/**
 * struct mms_bill_level - the tables of one level
 * @tables: tables seen, the open one included.
 * @used: entries in use in all of them.
 * @histogram: tables by how many entries are in use; the open one is missing
 *	until mms_bill_finish().
 * @table: address bits above the open table's reach, or ~0.
 * @entry: address bits above the last entry that was counted as used.
 * @open_used: entries in use in the open table.
 */
struct mms_bill_level {
	u64 tables;
	u64 used;
	u64 histogram[MMS_BILL_BUCKETS];
	u64 table;
	u64 entry;
	u32 open_used;
};

/**
 * struct mms_bill_vma - one VMA's share
 * @start: first address.
 * @end: first address behind.
 * @tables: tables charged to it, preallocated ones included.
 * @used: entries in use.
 * @pages: pages mapped, or noted as swapped or otherwise.
 */
struct mms_bill_vma {
	u64 start;
	u64 end;
	u64 tables;
	u64 used;
	u64 pages;
};

/* Most VMAs that can be ranked. */
#define MMS_BILL_TOP_MAX	100

/**
 * struct mms_bill - a bill being made out
 * @fmt: this kernel's entry format.
 * @top_level: level of the root table.
 * @level: what was counted, by level.
 * @deposited: PTE tables set aside for splitting huge pages, which no entry
 *	points to.
 * @vma: the VMA being walked.
 * @vma_open: @vma is in use.
 * @nr_top: entries in @top.
 * @max_top: how many VMAs to rank.
 * @top: the VMAs that cost most, dearest first.
 */
struct mms_bill {
	const struct mms_entry_format *fmt;
	enum mms_level top_level;
	struct mms_bill_level level[MMS_NR_LEVELS];
	u64 deposited;
	struct mms_bill_vma vma;
	bool vma_open;
	unsigned int nr_top;
	unsigned int max_top;
	struct mms_bill_vma top[MMS_BILL_TOP_MAX];
};

/**
 * mms_bill_init() - starts an empty bill
 * @bill: the bill.
 * @fmt: this kernel's entry format.
 * @top_level: level of the root table: %MMS_PGD always has a table.
 * @max_top: how many VMAs to rank, at most %MMS_BILL_TOP_MAX.
 */
void mms_bill_init(struct mms_bill *bill, const struct mms_entry_format *fmt,
		   enum mms_level top_level, unsigned int max_top);

/**
 * mms_bill_vma() - tells which VMA the next entries belong to
 * @bill: the bill.
 * @start: its first address; the same as before continues it.
 * @end: first address behind.
 */
void mms_bill_vma(struct mms_bill *bill, u64 start, u64 end);

/**
 * mms_bill_entries() - adds entries of one table
 * @bill: the bill.
 * @level: level of the table.
 * @raw: the entries, empty ones too.
 * @nr: number of entries.
 * @start: address of the first; not below any address given before.
 */
void mms_bill_entries(struct mms_bill *bill, enum mms_level level,
		      const u64 *raw, unsigned int nr, u64 start);

/**
 * mms_bill_deposit() - adds a PTE table that a huge page keeps for its split
 * @bill: the bill.
 */
void mms_bill_deposit(struct mms_bill *bill);

/**
 * mms_bill_finish() - closes the last tables and the last VMA
 * @bill: the bill.
 */
void mms_bill_finish(struct mms_bill *bill);

#endif /* MMS_CORE_BILL_H */
