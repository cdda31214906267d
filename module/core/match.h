/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking for entries that name certain frames: the inner loop of a search
 * through all page tables, of which nearly every entry names another frame.
 */
#ifndef MMS_CORE_MATCH_H
#define MMS_CORE_MATCH_H

#include "entry.h"

/**
 * struct mms_match - the frames that are looked for
 * @fmt: this kernel's format.
 * @first: the first frame.
 * @nr: how many; 0 if no entry can name any of them.
 * @base: physical address of @first.
 * @size: size of all of them in bytes.
 * @fixed: bits of a physical address that are the same in all of them.
 */
struct mms_match {
	const struct mms_entry_format *fmt;
	u64 first;
	u64 nr;
	u64 base;
	u64 size;
	u64 fixed;
};

/**
 * mms_match_init() - prepares a search
 * @match: filled.
 * @fmt: this kernel's format; used as long as @match is.
 * @first: the first frame.
 * @last: the last frame, not below @first.
 *
 * Frames that no entry has room for are left out.
 */
void mms_match_init(struct mms_match *match, const struct mms_entry_format *fmt,
		    u64 first, u64 last);

/**
 * mms_match_has() - is a frame among them?
 * @match: what is looked for.
 * @pfn: the frame, or %MMS_NO_PFN.
 *
 * Return: true if it is.
 */
static inline bool mms_match_has(const struct mms_match *match, u64 pfn)
{
	return pfn - match->first < match->nr;
}

/**
 * mms_match_ptes() - finds the next entry of a PTE table that names one
 * @match: what is looked for.
 * @raw: the entries; each is read once, so the table may be one in use.
 * @from: where to begin.
 * @nr: number of @raw.
 *
 * An entry names a frame if mms_entry_decode() gives that frame for it,
 * whatever the entry's state.
 *
 * Defined in match_<arch>.c.
 *
 * Return: the index of the entry, or @nr if there is none.
 */
unsigned int mms_match_ptes(const struct mms_match *match, const u64 *raw,
			    unsigned int from, unsigned int nr);

#endif /* MMS_CORE_MATCH_H */
