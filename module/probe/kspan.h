/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the pages are that a stretch of kernel addresses is mapped to. */
#ifndef MMS_PROBE_KSPAN_H
#define MMS_PROBE_KSPAN_H

#include <linux/types.h>

/**
 * struct mms_kspan - what is mapped there
 * @pfn: the first frame.
 * @pages: pages.
 * @huge: of these, pages that an entry maps together with others.
 * @tables: tables of entries for single pages.
 * @runs: pieces that are contiguous in physical memory, too.
 * @largest: pages of the largest.
 * @node: pages by node.
 * @nr_nodes: number of @node.
 * @next: the frame that would make the last piece longer.
 * @run: pages of the last piece.
 */
struct mms_kspan {
	unsigned long pfn;
	u64 pages;
	u64 huge;
	u64 tables;
	u64 runs;
	u64 largest;
	u64 *node;
	unsigned int nr_nodes;
	unsigned long next;
	u64 run;
};

/**
 * mms_kspan_init() - makes room
 * @span: all zero; mms_kspan_free() when done, also on error.
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_kspan_init(struct mms_kspan *span);

/**
 * mms_kspan_read() - looks through the kernel's page tables
 * @span: filled anew.
 * @addr: the first address, which a page begins at.
 * @pages: how far at most; ends where nothing is mapped.
 *
 * Only where mms_ktables_missing() is NULL, and only of memory that the caller
 * owns, so that it stays mapped.  May sleep.
 *
 * Return: 0, or -EINTR if a signal came.
 */
int mms_kspan_read(struct mms_kspan *span, const void *addr, u64 pages);

/**
 * mms_kspan_free() - gives the room back
 * @span: the span, or all zero.
 */
void mms_kspan_free(struct mms_kspan *span);

#endif /* MMS_PROBE_KSPAN_H */
