/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose page table is this frame?  Nothing in a struct page says so; the entry
 * that points to the table does.
 */
#ifndef MMS_PROBE_TABLEFIND_H
#define MMS_PROBE_TABLEFIND_H

#include "../core/entry.h"
#include "processes.h"
#include "walk.h"

/**
 * struct mms_table_found - the page table that a frame is
 * @found: it is one; else nothing below means anything.
 * @deposited: a PTE table that nothing points to yet: it lies in store for the
 *	day an anonymous huge page below the PMD table is split.
 * @level: &enum mms_level of the table: %MMS_PTE for one that maps pages.
 * @pid: its process, in the reader's PID namespace, 0 if it has none there.
 *	Of several (hugetlb shares PMD tables, vfork() everything), the first.
 * @va: first address that it maps; if @deposited, that the PMD table maps.
 */
struct mms_table_found {
	bool found;
	bool deposited;
	u8 level;
	pid_t pid;
	u64 va;
};

/**
 * struct mms_tablefind - a search under way
 * @processes: the process at hand.
 * @first: first frame that is asked about.
 * @nr: how many.
 * @missing: how many of them have not been found.
 * @out: the answers, one per frame.
 * @walking: in the middle of a process.
 * @finished: all have been found, or all processes been walked.
 * @addr: where the walk of the process stands.
 * @pmds: the PMD table whose store was looked at last.
 * @stats: what it has cost.
 */
struct mms_tablefind {
	struct mms_processes processes;
	u64 first;
	unsigned int nr;
	unsigned int missing;
	struct mms_table_found *out;
	bool walking;
	bool finished;
	u64 addr;
	u64 pmds;
	struct mms_walk_stats stats;
};

/**
 * mms_tablefind_init() - begins a search
 * @find: the search.
 * @first: first frame.
 * @nr: how many; a few hundred at most, and all of interest: the search ends
 *	early when each has been found.
 * @out: room for @nr answers, set to "not found".
 */
void mms_tablefind_init(struct mms_tablefind *find, u64 first, unsigned int nr,
			struct mms_table_found *out);

/**
 * mms_tablefind_forget() - a frame is not of interest
 * @find: the search, before its first batch.
 * @pfn: the frame, one of those asked about.
 */
void mms_tablefind_forget(struct mms_tablefind *find, u64 pfn);

/**
 * mms_tablefind_batch() - searches on for a while
 * @find: the search.
 *
 * May sleep.  To be called until ->finished.
 *
 * Return: 0, or -EINTR if a fatal signal came; then the search is over.
 */
int mms_tablefind_batch(struct mms_tablefind *find);

/**
 * mms_tablefind_end() - gives back what the search holds
 * @find: the search; may be all zero.
 */
void mms_tablefind_end(struct mms_tablefind *find);

#endif /* MMS_PROBE_TABLEFIND_H */
