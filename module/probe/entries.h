/* SPDX-License-Identifier: GPL-2.0-only */
/* Single page-table entries of a process. */
#ifndef MMS_PROBE_ENTRIES_H
#define MMS_PROBE_ENTRIES_H

#include "../mmscope_records.h"
#include "walk.h"

/**
 * struct mms_entries - a walk that lists entries
 * @walk: the walk.
 * @none: list empty entries too.
 * @finished: nothing will come any more.
 * @out: where the entries go.
 * @nr: how many the last batch gave.
 * @max: how many fit.
 * @hint: MMS_F_* that a protnone entry of the present VMA gets.
 * @mask: see @key.
 * @key: a PTE that equals it under @mask has @low.
 * @low: low bits of its record: state, level and hint.
 */
struct mms_entries {
	struct mms_walk walk;
	bool none;
	bool finished;
	struct mmscope_record *out;
	unsigned int nr;
	unsigned int max;
	u32 hint;
	u64 mask;
	u64 key;
	unsigned int low;
};

/**
 * mms_entries_init() - starts at the beginning
 * @entries: the walk.
 * @mm: address space; the caller keeps its reference.
 * @start: first address.
 * @end: first address behind.
 * @none: list empty entries too.
 */
void mms_entries_init(struct mms_entries *entries, struct mm_struct *mm,
		      u64 start, u64 end, bool none);

/**
 * mms_entries_batch() - gets more entries
 * @entries: the walk.
 * @out: where they go.
 * @max: how many fit, at least 1.
 *
 * Sets @entries->nr.  A batch may give none.  May sleep; see mms_walk_batch()
 * for locks.
 *
 * Return: 0, or an error of mms_walk_batch(), after which @finished is set.
 */
int mms_entries_batch(struct mms_entries *entries, struct mmscope_record *out,
		      unsigned int max);

/**
 * mms_entries_decode() - says what one of them means
 * @record: the entry.
 * @entry: filled.
 */
void mms_entries_decode(const struct mmscope_record *record,
			struct mms_entry *entry);

#endif /* MMS_PROBE_ENTRIES_H */
