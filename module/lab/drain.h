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
 * mms_drain() - empties the per-CPU lists of a zone
 * @zone: the zone.
 *
 * drain_all_pages() is not exported; alloc_contig_range() is, and calls it.
 * May sleep.
 *
 * Return: false if that was not possible: the kernel cannot allocate chosen
 * frames, or no free page was to be had in a pageblock that has only pages which
 * are free or movable.
 */
bool mms_drain(struct zone *zone);

#endif /* MMS_LAB_DRAIN_H */
