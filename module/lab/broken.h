/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free blocks that are kept in pieces: of each one page is held, the first, and
 * the others are free.
 *
 * A block that was allocated without __GFP_COMP, and of whose first page
 * somebody else holds a reference, is freed by __free_pages() in halves, all
 * but that page: as if it had been split by the buddy allocator, and without
 * passing the pages one by one through the per-CPU lists.
 */
#ifndef MMS_LAB_BROKEN_H
#define MMS_LAB_BROKEN_H

#include <linux/gfp.h>
#include <linux/types.h>

#include "drain.h"
#include "movable.h"
#include "pages.h"

struct zone;

/**
 * enum mms_mobility - what the pages are held as
 * @MMS_UNMOVABLE: pages of the kernel's own.
 * @MMS_MOVABLE: pages of a file (struct mms_movable).
 * @MMS_MIXED: by turns.
 */
enum mms_mobility {
	MMS_UNMOVABLE,
	MMS_MOVABLE,
	MMS_MIXED,
};

/**
 * struct mms_broken_block - a block
 * @pfn: its first frame, which was held at first; a movable page may have been
 *	moved since.
 * @key: place in the order in which blocks are given back: the largest first.
 * @index: of a movable page: where in the file it is.
 * @movable: it is one.
 */
struct mms_broken_block {
	unsigned long pfn;
	u32 key;
	u32 index : 31;
	u32 movable : 1;
};

/**
 * struct mms_broken - the blocks of a zone that are kept in pieces
 * @run: the run, whose @held_pages and @done are kept.
 * @drain: in its pageblock pages are always held as movable.
 * @zone: the zone.
 * @gfp: how its memory is asked for.
 * @mobility: what pages are held as.
 * @seed: what @key is made from, with the frame.
 * @limit: pages that @run may hold.
 * @blocks: the blocks.
 * @nr: number of @blocks.
 * @size: room in @blocks.
 * @next_index: the next place in the file.
 * @movable: the file.
 */
struct mms_broken {
	struct mms_lab_run *run;
	const struct mms_drain *drain;
	struct zone *zone;
	gfp_t gfp;
	enum mms_mobility mobility;
	u32 seed;
	u64 limit;
	struct mms_broken_block *blocks;
	u32 nr;
	u32 size;
	u32 next_index;
	struct mms_movable movable;
};

/**
 * mms_broken_init() - begins without any
 * @broken: the blocks, all zero; mms_broken_free() when done, also on error.
 * @run: the run.
 * @drain: what empties the per-CPU lists of the zone; as long as the blocks.
 * @mobility: what pages are to be held as.
 * @seed: what makes the order of giving back.
 * @limit: pages that the run may hold, here and elsewhere.
 * @size: blocks at most.
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_broken_init(struct mms_broken *broken, struct mms_lab_run *run,
		    const struct mms_drain *drain, enum mms_mobility mobility,
		    u32 seed, u64 limit, u32 size);

/**
 * mms_broken_add() - breaks one more free block
 * @broken: the blocks.
 * @order: order of the block, at least 1.
 *
 * Takes what is free and reclaims nothing.  May sleep.
 *
 * Return: why there is none, or MMS_PAGES_OK.
 */
enum mms_pages_why mms_broken_add(struct mms_broken *broken,
				  unsigned int order);

/**
 * mms_broken_sort() - brings blocks into the order of their keys
 * @broken: the blocks.
 * @first: those from this one on.
 *
 * May sleep.
 */
void mms_broken_sort(struct mms_broken *broken, u32 first);

/**
 * mms_broken_drop() - gives blocks back
 * @broken: the blocks.
 * @nr: how many, from the end.  May sleep.
 */
void mms_broken_drop(struct mms_broken *broken, u32 nr);

/**
 * mms_broken_pfn() - the page of a block that is held
 * @broken: the blocks.
 * @i: index of the block.
 *
 * Return: its frame, or 0 if it is gone (from a movable page, by memory
 * failure or the like).
 */
unsigned long mms_broken_pfn(struct mms_broken *broken, u32 i);

/**
 * mms_broken_free() - gives all back
 * @broken: the blocks; all zero is fine.  May sleep.
 */
void mms_broken_free(struct mms_broken *broken);

#endif /* MMS_LAB_BROKEN_H */
