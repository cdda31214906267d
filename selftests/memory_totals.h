/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel has allocated for itself, before something and after it. */
#ifndef MMSCOPE_SELFTESTS_MEMORY_TOTALS_H
#define MMSCOPE_SELFTESTS_MEMORY_TOTALS_H

#include <stdint.h>

/* Readings until nobody else has changed what is read. */
#define READINGS	20

/**
 * struct totals - the memory of the machine, in pages
 * @other: frames in use that are neither somebody's memory, nor cache, nor
 *	slab, nor page table: pages that the kernel has allocated for itself.
 * @slab: slabs.
 * @vmalloc: mapped by vmalloc.
 */
struct totals {
	int64_t other;
	int64_t slab;
	int64_t vmalloc;
};

/* Drops the caches, shrinks the slabs and empties the per-CPU lists first. */
void totals_read(struct totals *totals);

/* The largest growth: what somebody gives back meanwhile is no loss. */
int64_t totals_growth(const struct totals *before, const struct totals *after);

#endif /* MMSCOPE_SELFTESTS_MEMORY_TOTALS_H */
