/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's page tables, walked by way of /proc/kcore (x86-64). */
#ifndef MMSCOPE_SELFTESTS_KCORE_UTIL_H
#define MMSCOPE_SELFTESTS_KCORE_UTIL_H

#include <stdint.h>

/**
 * struct kcore_span - where the pages behind kernel addresses are
 * @pfn: the first frame.
 * @pages: pages.
 * @huge: of these, pages that an entry maps together with others.
 * @tables: lowest tables that map the rest.
 * @runs: pieces that are contiguous in physical memory.
 * @largest: pages of the largest.
 */
struct kcore_span {
	uint64_t pfn;
	uint64_t pages;
	uint64_t huge;
	uint64_t tables;
	uint64_t runs;
	uint64_t largest;
};

/*
 * Walks the page tables from @addr on, up to what is not mapped or to @bytes.
 * Dies on error.
 */
void kcore_walk(struct kcore_span *span, uint64_t addr, uint64_t bytes);

#endif /* MMSCOPE_SELFTESTS_KCORE_UTIL_H */
