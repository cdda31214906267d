/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stopped process as the kernel's own files show it (/proc/PID/maps, smaps,
 * pagemap and /proc/kpageflags, kpagecount), and as mmscope does, page by page.
 */
#ifndef MMSCOPE_SELFTESTS_PAGE_SNAPSHOT_H
#define MMSCOPE_SELFTESTS_PAGE_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Base pages, the unit of pagemap.  The page tables of x86-64 are assumed. */
#define PAGE_SHIFT	12
#define PAGE		(1UL << PAGE_SHIFT)
#define HUGE		(PAGE << 9)

/* Bits of /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
#define PM_FRAME	((1ULL << 55) - 1)
#define PM_SOFT_DIRTY	(1ULL << 55)
#define PM_EXCLUSIVE	(1ULL << 56)
#define PM_UFFD_WP	(1ULL << 57)
#define PM_GUARD	(1ULL << 58)
#define PM_FILE		(1ULL << 61)
#define PM_SWAP		(1ULL << 62)
#define PM_PRESENT	(1ULL << 63)
#define PM_SWAP_TYPES	32

/* Words of the views; the order is this program's own. */
enum level { PTE, PMD, PUD, P4D, PGD, NO_LEVEL };
enum state {
	NONE, PRESENT, SWAP, MIGRATION, DEVICE, HWPOISON, MARKER, PROTNONE,
	NO_STATE
};
enum kind {
	NO_KIND, ANON, FILE_KIND, SHMEM, KSM, HUGETLB, ZERO, PFNMAP, OTHER,
	BAD_KIND
};

#define F_WRITE		(1U << 0)
#define F_USER		(1U << 1)
#define F_ACCESSED	(1U << 2)
#define F_DIRTY		(1U << 3)
#define F_NX		(1U << 4)
#define F_GLOBAL	(1U << 5)
#define F_SOFT_DIRTY	(1U << 6)
#define F_UFFD_WP	(1U << 7)
#define F_HUGE		(1U << 8)
#define F_GUARD		(1U << 9)
#define F_POISON	(1U << 10)
#define F_SPECIAL	(1U << 11)
#define F_NUMA_HINT	(1U << 12)
/* All other words, and bits 16 up count the protection key. */
#define F_REST		(1U << 13)
#define F_UNKNOWN	(1U << 14)

/**
 * struct page - one base page inside a VMA, as mmscope shows it
 * @raw: the entry that stands for it.
 * @where: address of the row that said so.
 * @pfn: frame of this very page, or NO_FRAME.
 * @swap_type: with @swap_offset.
 * @swap_offset: slot, or NO_FRAME.
 * @flags: F_*.
 * @level: enum level.
 * @state: enum state.
 * @kind: enum kind, from ranges detail=folio.
 * @order: of the folio.
 * @shared: mapped more than once.
 */
struct page {
	uint64_t raw;
	uint64_t where;
	uint64_t pfn;
	uint64_t swap_offset;
	uint32_t swap_type;
	uint32_t flags;
	uint8_t level;
	uint8_t state;
	uint8_t kind;
	uint8_t order;
	uint8_t shared;
};

#define NO_FRAME	(~0ULL)

/* The numbers of smaps that are compared, in kB there, in bytes here. */
enum smaps_number {
	SM_RSS, SM_ANONYMOUS, SM_SWAP, SM_SHARED_CLEAN, SM_SHARED_DIRTY,
	SM_PRIVATE_CLEAN, SM_PRIVATE_DIRTY, SM_ANON_HUGE, SM_SHMEM_PMD,
	SM_FILE_PMD, SM_SHARED_HUGETLB, SM_PRIVATE_HUGETLB, SM_KSM, SM_NUMBERS
};

/**
 * struct vma - one line of maps and its part of smaps
 * @start: first address.
 * @end: first address behind.
 * @perms: as in maps.
 * @inode: as in maps.
 * @name: as in maps.
 * @soft_dirty: pagemap calls all of it soft-dirty, whatever the entries say.
 * @hugetlb: hugetlb memory.
 * @pfnmap: the kernel's files do not look into it.
 * @has_ksm: smaps has the number SM_KSM.
 * @smaps: enum smaps_number.
 * @pagemap: words of pagemap.
 * @pages: what mmscope says.
 */
struct vma {
	uint64_t start;
	uint64_t end;
	char perms[8];
	uint64_t inode;
	char name[256];
	bool soft_dirty;
	bool hugetlb;
	bool pfnmap;
	bool has_ksm;
	uint64_t smaps[SM_NUMBERS];
	uint64_t *pagemap;
	struct page *pages;
};

/**
 * struct snapshot - a process
 * @pid: its number.
 * @levels: paging levels, from the address space's size.
 * @nr: number of VMAs.
 * @vma: the VMAs, in order.
 */
struct snapshot {
	pid_t pid;
	unsigned int levels;
	unsigned int nr;
	struct vma *vma;
};

/* Takes down what the kernel's files say.  Dies if they cannot be read. */
void snapshot_take(struct snapshot *snapshot, pid_t pid);
void snapshot_free(struct snapshot *snapshot);

/* Whether two snapshots have the same VMAs and words of pagemap. */
bool snapshot_same(const struct snapshot *a, const struct snapshot *b);

/* The VMA that an address is in, or NULL. */
struct vma *snapshot_vma(const struct snapshot *snapshot, uint64_t addr);

static inline uint64_t vma_pages(const struct vma *vma)
{
	return (vma->end - vma->start) >> PAGE_SHIFT;
}

/* Bytes that an entry of a level maps, with this many paging levels. */
uint64_t level_bytes(const struct snapshot *snapshot, enum level level);

/* Whether the kernel has pages that pagemap calls a guard region. */
bool pagemap_has_guard(void);

/**
 * struct frames - what kpageflags and kpagecount say, read as needed
 *
 * One for each comparison: frames change hands.
 */
struct frames;

struct frames *frames_open(void);
void frames_close(struct frames *frames);
uint64_t frame_flags(struct frames *frames, uint64_t pfn);
uint64_t frame_count(struct frames *frames, uint64_t pfn);

/*
 * Whether kpageflags tells KSM's pages from other anonymous ones.  That of 6.12
 * does not: it tests for either of the two bits that KSM's pages have both.
 */
bool frames_know_ksm(struct frames *frames);

/* Order of the compound page that a frame is in, by its heads and tails. */
unsigned int frame_order(struct frames *frames, uint64_t pfn);

/*
 * Each compares one thing; return: the number of mismatches.  The first fills
 * in @pages of the snapshot, the others go by it.
 */
uint64_t compare_entries(struct snapshot *snapshot);
uint64_t compare_entries_raw(struct snapshot *snapshot);
uint64_t compare_ranges(struct snapshot *snapshot, const char *ignore);
uint64_t compare_folios(struct snapshot *snapshot);
uint64_t compare_smaps(struct snapshot *snapshot);
uint64_t compare_tables(struct snapshot *snapshot);
uint64_t compare_translate(struct snapshot *snapshot, uint64_t addr);

/* Words of the views to this program's numbers. */
enum level parse_level(const char *word);
enum state parse_state(const char *word);
enum kind parse_kind(const char *word);
uint32_t parse_flags(const char *words);

#endif /* MMSCOPE_SELFTESTS_PAGE_SNAPSHOT_H */
