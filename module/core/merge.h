/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Merging neighbouring page-table entries that say the same into ranges.
 */
#ifndef MMS_CORE_MERGE_H
#define MMS_CORE_MERGE_H

#include "entry.h"

/**
 * enum mms_kind - what a mapped page is
 * @MMS_KIND_NONE: not asked, or nothing is mapped.
 * @MMS_KIND_ANON: anonymous.
 * @MMS_KIND_FILE: page cache of a file.
 * @MMS_KIND_SHMEM: page cache of shmem or tmpfs.
 * @MMS_KIND_KSM: merged by KSM.
 * @MMS_KIND_HUGETLB: of a hugetlb pool.
 * @MMS_KIND_ZERO: the shared page of zeroes, small or huge.
 * @MMS_KIND_PFNMAP: no page that MM counts (vm_normal_page() says NULL).
 * @MMS_KIND_OTHER: a page of a driver or of the kernel, as the vDSO's.
 * @MMS_NR_KINDS: number of kinds.
 */
enum mms_kind {
	MMS_KIND_NONE,
	MMS_KIND_ANON,
	MMS_KIND_FILE,
	MMS_KIND_SHMEM,
	MMS_KIND_KSM,
	MMS_KIND_HUGETLB,
	MMS_KIND_ZERO,
	MMS_KIND_PFNMAP,
	MMS_KIND_OTHER,
	MMS_NR_KINDS
};

extern const char *const mms_kind_names[MMS_NR_KINDS];

/*
 * What the folio behind an entry adds, packed in one word so that two pages
 * are compared with one instruction.  0: nothing known.
 */
#define MMS_DETAIL(kind, order, shared) \
	((u32)(kind) | (u32)(order) << 8 | (u32)!!(shared) << 16)
#define MMS_DETAIL_KIND(detail)		((detail) & 0xff)
#define MMS_DETAIL_ORDER(detail)	((detail) >> 8 & 0xff)
#define MMS_DETAIL_SHARED(detail)	((detail) >> 16 & 1)

/**
 * struct mms_range - a run of entries that say the same
 * @start: first address.
 * @end: first address behind.
 * @flags: MMS_F_* of each entry, less the ignored ones.
 * @detail: MMS_DETAIL() of each page, or 0.
 * @level: &enum mms_level.
 * @state: &enum mms_state.
 * @pkey: protection key.
 */
struct mms_range {
	u64 start;
	u64 end;
	u32 flags;
	u32 detail;
	u8 level;
	u8 state;
	u8 pkey;
};

/**
 * struct mms_merge - a merge under way
 * @fmt: this kernel's entry format.
 * @ignore: MMS_F_* that neither split nor show.
 * @hint: MMS_F_* that a protnone entry of the present VMA gets:
 *	%MMS_F_NUMA_HINT, %MMS_F_UFFD_RWP or none.
 * @out: where finished ranges go.
 * @nr: number of ranges in @out; the caller empties it.
 * @max: size of @out.
 * @open: @cur holds a run that may still grow.
 * @cur: the run.
 * @mask: bits in which the next PTE must equal @key to belong to @cur
 *	without being decoded.
 * @key: see @mask.
 *
 * Initialise with mms_merge_init(), finish with mms_merge_flush().
 */
struct mms_merge {
	const struct mms_entry_format *fmt;
	u32 ignore;
	u32 hint;
	struct mms_range *out;
	unsigned int nr;
	unsigned int max;
	bool open;
	struct mms_range cur;
	u64 mask;
	u64 key;
};

/**
 * mms_merge_init() - starts a merge
 * @merge: the merge.
 * @fmt: this kernel's entry format.
 * @ignore: MMS_F_* that neither split nor show.
 * @out: room for finished ranges.
 * @max: number of ranges that fit, at least 2.
 */
void mms_merge_init(struct mms_merge *merge, const struct mms_entry_format *fmt,
		    u32 ignore, struct mms_range *out, unsigned int max);

/**
 * mms_merge_forget() - has the next entry looked at for itself
 * @merge: the merge.
 *
 * It still continues the run if it is the same.
 */
void mms_merge_forget(struct mms_merge *merge);

/**
 * mms_merge_hint() - tells what a protnone entry means from here on
 * @merge: the merge.
 * @hint: %MMS_F_NUMA_HINT, %MMS_F_UFFD_RWP or 0.
 */
void mms_merge_hint(struct mms_merge *merge, u32 hint);

/**
 * mms_merge_entry() - adds one entry of any level
 * @merge: the merge; the caller has seen to it that @merge->nr < @merge->max.
 * @level: level of the entry.
 * @raw: the entry.
 * @start: first address that it stands for.
 * @end: first address behind; may cover less than the entry maps.
 * @detail: MMS_DETAIL() of its pages, or 0.
 */
void mms_merge_entry(struct mms_merge *merge, enum mms_level level, u64 raw,
		     u64 start, u64 end, u32 detail);

/**
 * struct mms_merge_pages - how to look at the pages behind PTEs
 * @detail: MMS_DETAIL() of the page that @raw maps, 0 if it maps none; what
 *	it finds is what @same compares with.
 * @same: index of the first entry from @i on, below @nr, that differs: from
 *	@key under @mask, or in its page from the one that @detail saw last.
 *	May stop earlier.
 *
 * Two functions, so that the many pages of a run are compared with what is
 * expected instead of being looked up one by one.
 */
struct mms_merge_pages {
	u32 (*detail)(void *ctx, u64 raw);
	unsigned int (*same)(void *ctx, const u64 *raw, unsigned int i,
			     unsigned int nr, u64 mask, u64 key);
};

/**
 * mms_merge_ptes() - adds consecutive entries of a PTE table
 * @merge: the merge.
 * @raw: the entries; read once each, so they may be live.
 * @nr: number of entries.
 * @start: address of the first.
 * @pages: how to look at their pages, or NULL.
 * @ctx: for @pages.
 *
 * Stops early when @merge->out is full.
 *
 * Return: how many entries were taken.
 */
unsigned int mms_merge_ptes(struct mms_merge *merge, const u64 *raw,
			    unsigned int nr, u64 start,
			    const struct mms_merge_pages *pages, void *ctx);

/**
 * mms_merge_flush() - ends the current run
 * @merge: the merge; the caller has seen to it that @merge->nr < @merge->max.
 */
void mms_merge_flush(struct mms_merge *merge);

#endif /* MMS_CORE_MERGE_H */
