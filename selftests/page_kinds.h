/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes memory of one kind in the calling process. */
#ifndef MMSCOPE_SELFTESTS_PAGE_KINDS_H
#define MMSCOPE_SELFTESTS_PAGE_KINDS_H

#include <stdint.h>
#include <sys/types.h>

#include "page_snapshot.h"

#define REGIONS_MAX	4
#define POISONED	16

/**
 * struct made - what a maker has made; shared with the process it runs in
 * @skip: why this kernel or machine cannot make it, or empty.
 * @nr: number of regions.
 * @region: where it is.
 * @other: a second process that the kind needs, stopped; or 0.
 * @nr_poisoned: number of frames declared broken.
 * @poisoned: those frames.
 */
struct made {
	char skip[128];
	unsigned int nr;
	struct {
		uint64_t start;
		uint64_t end;
	} region[REGIONS_MAX];
	pid_t other;
	unsigned int nr_poisoned;
	uint64_t poisoned[POISONED];
};

/**
 * struct kind_of_memory - one kind
 * @name: for the messages.
 * @make: makes it; returns 0, or an errno with @skip filled.
 * @state: what its pages must be; all that fit are counted.
 * @level: of their entries; NO_LEVEL: any.
 * @kind: of their folios, or NO_KIND.
 * @shared: of their folios.
 * @set: flags that their entries have.
 * @clear: flags that they have not.
 * @pages: at least so many must be so.
 */
struct kind_of_memory {
	const char *name;
	int (*make)(struct made *made);
	enum state state;
	enum level level;
	enum kind kind;
	unsigned int shared;
	uint32_t set;
	uint32_t clear;
	uint64_t pages;
};

/* What the test demands of most kinds. */
#define MANY_PAGES	100000

/*
 * Changes to the machine that the kinds need, and back: no writeback behind
 * our back, huge pages reserved, no khugepaged.
 */
void machine_prepare(void);
void machine_restore(void);

/*
 * Declares the frames of make_hwpoison() whole again, once its process is
 * gone; returns how many it could not. A block of memory that has broken
 * frames cannot be brought online (since 6.2).
 */
unsigned int unpoison(const struct made *made);

int make_anon(struct made *made);
int make_anon_idle(struct made *made);
int make_thp(struct made *made);
int make_thp_holes(struct made *made);
int make_thp_pieces(struct made *made);
int make_thp_double(struct made *made);
int make_thp_double_ptes(struct made *made);
int make_hugetlb_2m(struct made *made);
int make_hugetlb_1g(struct made *made);
int make_file_clean(struct made *made);
int make_file_dirty(struct made *made);
int make_file_private(struct made *made);
int make_shmem(struct made *made);
int make_shmem_shared(struct made *made);
int make_shmem_mixed(struct made *made);
int make_shmem_thp(struct made *made);
int make_shmem_thp_double(struct made *made);
int make_zero(struct made *made);
int make_huge_zero(struct made *made);
int make_swapped(struct made *made);
int make_fork_shared(struct made *made);
int make_fork_copied(struct made *made);
int make_protnone(struct made *made);
int make_protnone_thp(struct made *made);
int make_soft_dirty(struct made *made);
int make_uffd_wp(struct made *made);
int make_uffd_wp_shmem(struct made *made);
int make_uffd_wp_marker(struct made *made);
int make_uffd_wp_hugetlb(struct made *made);
int make_ksm(struct made *made);
int make_hwpoison(struct made *made);
int make_guard(struct made *made);
int make_high(struct made *made);

#endif /* MMSCOPE_SELFTESTS_PAGE_KINDS_H */
