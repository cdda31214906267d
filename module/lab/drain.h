/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that are freed one by one go to the per-CPU lists first, which may keep
 * thousands of them: where they came from cannot be merged meanwhile, so an
 * experiment that has given all back would still leave memory in pieces.
 */
#ifndef MMS_LAB_DRAIN_H
#define MMS_LAB_DRAIN_H

#include <linux/types.h>

struct zone;

/**
 * struct mms_drain - what empties the per-CPU lists of a zone again and again
 * @zone: the zone; NULL if there is nothing to end.
 * @pfn: a frame that is held for it, 0 if there is none.
 *
 * drain_all_pages() is not exported; alloc_contig_range() is, and calls it, for
 * a frame of a pageblock in which all pages are free or movable.  An experiment
 * may hold a page in each pageblock that has free ones, so one frame is kept,
 * and its pageblock free of pages that cannot be moved.  Were it not kept, it
 * would wait in a per-CPU list itself after each time.
 */
struct mms_drain {
	struct zone *zone;
	unsigned long pfn;
};

/**
 * mms_drain_init() - looks for a frame
 * @drain: what is initialised.
 * @zone: the zone.
 *
 * May sleep.  Empties the lists, too.
 */
void mms_drain_init(struct mms_drain *drain, struct zone *zone);

/**
 * mms_drain_has() - whether a page may not be held there that cannot be moved
 * @drain: what would not work any more.
 * @pfn: the page.
 *
 * Return: true if it is in the same pageblock.
 */
bool mms_drain_has(const struct mms_drain *drain, unsigned long pfn);

/**
 * mms_drain() - empties the per-CPU lists of the zone
 * @drain: how.
 *
 * May sleep.
 *
 * Return: false if that was not possible: the kernel cannot allocate chosen
 * frames, or others have taken what was kept, and no free page was to be had in
 * another such pageblock.
 */
bool mms_drain(struct mms_drain *drain);

/**
 * mms_drain_end() - gives the frame back
 * @drain: what holds it; all zero is fine.
 */
void mms_drain_end(struct mms_drain *drain);

#endif /* MMS_LAB_DRAIN_H */
