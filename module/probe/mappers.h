/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who maps a page: a walk through the page tables of all processes.
 *
 * Not by reverse mapping, which knows neither zero pages nor frames of devices
 * nor anything else without a struct page of its own, and whose locks are held
 * for as long as there are mappers.  A page table names any frame.
 */
#ifndef MMS_PROBE_MAPPERS_H
#define MMS_PROBE_MAPPERS_H

#include "../core/match.h"
#include "../limits.h"
#include "processes.h"
#include "walk.h"

/**
 * struct mms_mapping - one page-table entry that names a frame
 * @pfn: the frame.
 * @va: the address at which it is mapped.
 * @raw: the entry; of a huge page, the one that maps all of it.
 * @hint: MMS_F_* that the VMA adds if the entry is protnone.
 * @level: &enum mms_level of the entry.
 */
struct mms_mapping {
	u64 pfn;
	u64 va;
	u64 raw;
	u32 hint;
	u32 level;
};

/**
 * struct mms_mappers - a search under way
 * @processes: the process at hand, whom all of @out belongs to.
 * @match: the frames that are looked for.
 * @walking: @walk is in the middle of a process.
 * @finished: all processes have been walked, or a fatal signal came.
 * @hint: of the VMA at hand.
 * @walked: processes walked so far, the one at hand included.
 * @exited: how many of these ended before their walk did.
 * @nr: number of @out.
 * @out: what the last batch has found.
 * @walk: the walk; its statistics are of all processes.
 */
struct mms_mappers {
	struct mms_processes processes;
	struct mms_match match;
	bool walking;
	bool finished;
	u32 hint;
	u64 walked;
	u64 exited;
	unsigned int nr;
	struct mms_mapping out[MMS_BATCH_RANGES];
	struct mms_walk walk;
};

/**
 * mms_mappers_init() - begins a search
 * @mappers: the search.
 * @first: first frame.
 * @last: last frame.
 */
void mms_mappers_init(struct mms_mappers *mappers, u64 first, u64 last);

/**
 * mms_mappers_batch() - searches on for a while
 * @mappers: the search.
 *
 * Fills ->out with mappings of one process, in order of their addresses, which
 * may be none.  May sleep.
 *
 * Return: 0, or -EINTR if a fatal signal came; then the search is over.
 */
int mms_mappers_batch(struct mms_mappers *mappers);

/**
 * mms_mappers_decode() - says what a mapping's entry means
 * @mapping: from mms_mappers_batch().
 * @entry: filled completely; ->pfn is that of the whole huge page.
 */
void mms_mappers_decode(const struct mms_mapping *mapping,
			struct mms_entry *entry);

/**
 * mms_mappers_end() - gives back what the search holds
 * @mappers: the search; may be all zero.
 */
void mms_mappers_end(struct mms_mappers *mappers);

#endif /* MMS_PROBE_MAPPERS_H */
