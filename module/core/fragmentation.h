/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the free blocks of a zone are good for: the kernel's indices of
 * fragmentation, and what would become of an allocation.
 */
#ifndef MMS_CORE_FRAGMENTATION_H
#define MMS_CORE_FRAGMENTATION_H

#include "env.h"

/* Room for any kernel's orders. */
#define MMS_FRAGMENTATION_ORDERS	16

/**
 * enum mms_alloc - two kinds of allocation
 * @MMS_ALLOC_MOVABLE: for user memory (GFP_HIGHUSER_MOVABLE).
 * @MMS_ALLOC_UNMOVABLE: for the kernel itself (GFP_KERNEL).
 * @MMS_NR_ALLOCS: number of kinds.
 */
enum mms_alloc {
	MMS_ALLOC_MOVABLE,
	MMS_ALLOC_UNMOVABLE,
	MMS_NR_ALLOCS
};

/**
 * struct mms_zone_free - the free memory of a zone, at one instant
 * @nr_orders: number of orders.
 * @nr_free: free blocks of each order.
 * @usable: bit i is set if there is a free block of order i of a migratetype
 *	that the allocation may take; by &enum mms_alloc.
 * @free_pages: free pages, as the kernel's own counter has them.
 * @highatomic_pages: of these, kept for high-order atomic allocations.
 * @cma_pages: of these, in CMA areas; only movable allocations may take them.
 * @min_pages: the min watermark, with boost.
 * @low_pages: the low watermark, with boost.
 * @reserve_pages: kept from allocations that could use higher zones, too; by
 *	&enum mms_alloc.
 * @allowed: allocations of this kind may use the zone.
 * @gap_pages: pages that compaction wants free beyond the watermark, by order.
 * @costly_order: allocations above this order may fail rather than reclaim.
 * @threshold: vm.extfrag_threshold.
 * @compaction: the kernel has compaction.
 */
struct mms_zone_free {
	unsigned int nr_orders;
	u64 nr_free[MMS_FRAGMENTATION_ORDERS];
	u64 usable[MMS_NR_ALLOCS];
	s64 free_pages;
	s64 highatomic_pages;
	s64 cma_pages;
	s64 min_pages;
	s64 low_pages;
	s64 reserve_pages[MMS_NR_ALLOCS];
	bool allowed[MMS_NR_ALLOCS];
	u64 gap_pages[MMS_FRAGMENTATION_ORDERS];
	unsigned int costly_order;
	int threshold;
	bool compaction;
};

/**
 * struct mms_contig - free blocks, seen from one order
 * @free_pages: pages in free blocks.
 * @blocks: free blocks of whatever order.
 * @suitable: blocks of the order that the free blocks could be split into.
 */
struct mms_contig {
	u64 free_pages;
	u64 blocks;
	u64 suitable;
};

/**
 * mms_contig() - free blocks of a zone, seen from an order
 * @zone: the zone.
 * @order: the order.
 *
 * Mirrors fill_contig_page_info().
 *
 * Return: the sums.
 */
struct mms_contig mms_contig(const struct mms_zone_free *zone,
			     unsigned int order);

/**
 * mms_unusable_index() - how much of the free memory an order cannot use
 * @contig: the sums of the order.
 * @order: the order.
 *
 * Mirrors unusable_free_index().
 *
 * Return: thousandths, 0 to 1000; 1000 if nothing is free.
 */
int mms_unusable_index(const struct mms_contig *contig, unsigned int order);

/**
 * mms_extfrag_index() - what an allocation would fail of
 * @contig: the sums of the order.
 * @order: the order.
 *
 * Mirrors __fragmentation_index().
 *
 * Return: thousandths; towards 0 for lack of memory, towards 1000 for
 * fragmentation (a single free block may give less than 0), 0 if nothing is
 * free, and -1000 if there is a block and nothing would fail.
 */
int mms_extfrag_index(const struct mms_contig *contig, unsigned int order);

/**
 * enum mms_verdict - what would become of an allocation
 * @MMS_VERDICT_NOW: it would be served from the free lists.
 * @MMS_VERDICT_COMPACTION: the kernel would compact, and there is a place
 *	where that can make such a block.
 * @MMS_VERDICT_NO: neither; memory would have to be reclaimed first, if that
 *	helps at all.
 * @MMS_NR_VERDICTS: number of verdicts.
 */
enum mms_verdict {
	MMS_VERDICT_NOW,
	MMS_VERDICT_COMPACTION,
	MMS_VERDICT_NO,
	MMS_NR_VERDICTS
};

/**
 * enum mms_reason - why
 * @MMS_REASON_NONE: no reason needed.
 * @MMS_REASON_FRAGMENTED: there is enough free memory, in smaller blocks.
 * @MMS_REASON_WATERMARK: not even a single page may be taken: the free pages,
 *	less those kept back, do not exceed the min watermark.
 * @MMS_REASON_MEMORY: too little is free for the kernel to try compaction.
 * @MMS_REASON_UNMOVABLE: no block of this order is without pages that
 *	compaction does not move.
 * @MMS_REASON_ZONE: such allocations may not use this zone.
 * @MMS_REASON_COMPACTION: the kernel has no compaction.
 * @MMS_NR_REASONS: number of reasons.
 */
enum mms_reason {
	MMS_REASON_NONE,
	MMS_REASON_FRAGMENTED,
	MMS_REASON_WATERMARK,
	MMS_REASON_MEMORY,
	MMS_REASON_UNMOVABLE,
	MMS_REASON_ZONE,
	MMS_REASON_COMPACTION,
	MMS_NR_REASONS
};

extern const char *const mms_verdict_names[MMS_NR_VERDICTS];
extern const char *const mms_reason_names[MMS_NR_REASONS];

/**
 * mms_watermark_ok() - may an allocation take memory of this zone?
 * @zone: the zone.
 * @order: its order.
 * @alloc: its kind.
 * @mark: the watermark.
 *
 * Mirrors __zone_watermark_ok() for allocations that may not use reserves.
 *
 * Return: true if it may, and there is a block.
 */
bool mms_watermark_ok(const struct mms_zone_free *zone, unsigned int order,
		      enum mms_alloc alloc, s64 mark);

/**
 * mms_compaction_suitable() - would the kernel try compaction?
 * @zone: the zone.
 * @order: order of the allocation that has failed.
 * @alloc: its kind.
 *
 * Mirrors compaction_suitable().
 *
 * Return: true if it would.
 */
bool mms_compaction_suitable(const struct mms_zone_free *zone,
			     unsigned int order, enum mms_alloc alloc);

/**
 * mms_verdict() - what would become of an allocation that has only this zone
 * @zone: the zone.
 * @order: its order.
 * @alloc: its kind.
 * @possible: somewhere in the zone a block of this order has only pages that
 *	are free or that compaction moves.
 * @reason: set to why.
 *
 * Return: the verdict.
 */
enum mms_verdict mms_verdict(const struct mms_zone_free *zone,
			     unsigned int order, enum mms_alloc alloc,
			     bool possible, enum mms_reason *reason);

/**
 * struct mms_places - a search for places where blocks could be made
 * @nr_orders: number of orders.
 * @next: the frame behind the last ones.
 * @start: where the run of frames began that a block of this order may have.
 * @wanted: bit i is set if no place for order i has been found yet.
 */
struct mms_places {
	unsigned int nr_orders;
	u64 next;
	u64 start[MMS_FRAGMENTATION_ORDERS];
	u64 wanted;
};

/**
 * mms_places_init() - begins a search
 * @places: the search.
 * @wanted: bit i is set to look for a place for a block of order i.
 * @nr_orders: number of orders.
 */
void mms_places_init(struct mms_places *places, u64 wanted,
		     unsigned int nr_orders);

/**
 * mms_places_add() - the next frames, in ascending order
 * @places: the search.
 * @first: the first of them.
 * @nr: how many.
 * @below: a block must be of a higher order than this for compaction to move
 *	these frames out of its way; -1 if they are free or always moved.
 *
 * @below is @places->nr_orders for frames that stay where they are.  Frames
 * that are left out do, too.
 */
void mms_places_add(struct mms_places *places, u64 first, u64 nr, int below);

#endif /* MMS_CORE_FRAGMENTATION_H */
