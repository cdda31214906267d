/* SPDX-License-Identifier: GPL-2.0-only */
/* Pageblocks that few immovable pages keep from being free. */
#ifndef MMS_PROBE_CULPRITS_H
#define MMS_PROBE_CULPRITS_H

#include "blocks.h"

/**
 * struct mms_culprits - a search under way
 * @blocks: the scan of all pageblocks.
 * @max: most immovable pages that a block may have.
 * @room: how many blocks to keep.
 * @found: how many there are.
 * @nr: how many are kept.
 * @best: they: fewest immovable pages first, then fewest to move.
 */
struct mms_culprits {
	struct mms_blocks blocks;
	u32 max;
	unsigned int room;
	u64 found;
	unsigned int nr;
	struct mms_block *best;
};

/**
 * mms_culprits_init() - begins a search
 * @culprits: the search, all zero; mms_culprits_free() when done, also on
 *	error.
 * @max: most immovable pages that a block may have, at least 1.
 * @room: how many blocks to keep, at least 1.
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM or -EINTR.
 */
int mms_culprits_init(struct mms_culprits *culprits, u32 max,
		      unsigned int room);

/**
 * mms_culprits_batch() - searches on for a while
 * @culprits: the search.
 *
 * May sleep; see mms_scan_batch().
 *
 * Return: 1 if there is more, 0 if not, -EINTR if a fatal signal came.
 */
int mms_culprits_batch(struct mms_culprits *culprits);

/**
 * mms_culprits_free() - gives back what the search holds
 * @culprits: the search.
 */
void mms_culprits_free(struct mms_culprits *culprits);

/**
 * mms_block_immovable() - pages of a block that nothing can move now
 * @block: the pageblock.
 *
 * Return: its unmovable, its reserved and its pinned pages.
 */
u32 mms_block_immovable(const struct mms_block *block);

#endif /* MMS_PROBE_CULPRITS_H */
