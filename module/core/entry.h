/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a page-table entry says: one raw word in, one &struct mms_entry out.
 *
 * The words for states and flags are the same on every architecture.  Which
 * bits they stand for differs by architecture (entry_<arch>.c) and, within
 * one architecture, by kernel release and configuration (&struct
 * mms_entry_format, filled once when the module loads).
 */
#ifndef MMS_CORE_ENTRY_H
#define MMS_CORE_ENTRY_H

#include "env.h"

/**
 * enum mms_level - level of a page table, lowest first
 * @MMS_PTE: maps pages.
 * @MMS_PMD: points to PTE tables, or maps a huge page.
 * @MMS_PUD: points to PMD tables, or maps a gigantic page.
 * @MMS_P4D: exists with five paging levels only.
 * @MMS_PGD: the top, whatever the number of levels.
 * @MMS_NR_LEVELS: number of names, not of levels in use.
 */
enum mms_level {
	MMS_PTE,
	MMS_PMD,
	MMS_PUD,
	MMS_P4D,
	MMS_PGD,
	MMS_NR_LEVELS
};

/**
 * enum mms_state - what kind of entry it is
 * @MMS_NONE: empty.
 * @MMS_PRESENT: maps memory, or points to the next table (%MMS_F_TABLE).
 * @MMS_SWAP: the page is in swap; type and offset say where.
 * @MMS_MIGRATION: the page is being moved; the PFN is the old place.
 * @MMS_DEVICE: the page is in device memory, or lent to a device.
 * @MMS_HWPOISON: the page had a memory error.
 * @MMS_MARKER: no page, but a note: uffd-wp, poison or guard.
 * @MMS_PROTNONE: maps memory that no access is allowed to: PROT_NONE, or a
 *	hinting fault is wanted (%MMS_F_NUMA_HINT, %MMS_F_UFFD_RWP).
 * @MMS_UNKNOWN: none of these; a kernel newer than this module, or a bad
 *	entry.  Nothing below it is looked at.
 * @MMS_NR_STATES: number of states.
 */
enum mms_state {
	MMS_NONE,
	MMS_PRESENT,
	MMS_SWAP,
	MMS_MIGRATION,
	MMS_DEVICE,
	MMS_HWPOISON,
	MMS_MARKER,
	MMS_PROTNONE,
	MMS_UNKNOWN,
	MMS_NR_STATES
};

/* Flags of an entry; mms_flag_names[] has the words. */
#define MMS_F_WRITE		BIT(0)
#define MMS_F_USER		BIT(1)
#define MMS_F_ACCESSED		BIT(2)
#define MMS_F_DIRTY		BIT(3)
#define MMS_F_NX		BIT(4)
#define MMS_F_GLOBAL		BIT(5)
#define MMS_F_SOFT_DIRTY	BIT(6)
#define MMS_F_UFFD_WP		BIT(7)
#define MMS_F_SPECIAL		BIT(8)
#define MMS_F_DEVMAP		BIT(9)
#define MMS_F_PWT		BIT(10)
#define MMS_F_PCD		BIT(11)
#define MMS_F_PAT		BIT(12)
#define MMS_F_HUGE		BIT(13)	/* a leaf above the PTE level */
#define MMS_F_TABLE		BIT(14)	/* points to the next table */
#define MMS_F_EXCLUSIVE		BIT(15)	/* anonymous page, one owner */
#define MMS_F_POISON		BIT(16)	/* marker: access gives SIGBUS */
#define MMS_F_GUARD		BIT(17)	/* marker: access gives SIGSEGV */
#define MMS_F_NUMA_HINT		BIT(18)	/* protnone in an accessible VMA */
#define MMS_F_UFFD_RWP		BIT(19)	/* protnone for userfaultfd */
#define MMS_NR_FLAGS		20

/* "No page frame", "no swap slot": printed as `-`. */
#define MMS_NO_PFN		(~0ULL)
#define MMS_NO_SWAP		(~0ULL)

/* A swap type that this kernel does not have. */
#define MMS_NO_TYPE		0xff

/**
 * struct mms_swap_types - which swap types are no swap files
 * @nr_files: types below this are swap files.
 * @migration_read: migration entry, read-only.
 * @migration_read_exclusive: the same, of an exclusive anonymous page.
 * @migration_write: migration entry, writable.
 * @device_read: device private memory, read-only.
 * @device_write: device private memory, writable.
 * @device_exclusive: lent to a device for exclusive access.
 * @device_exclusive_write: the same, writable (gone in 6.15, which made the
 *	two one).
 * @hwpoison: poisoned page.
 * @marker: PTE marker; the offset is a set of marker bits.
 * @swapin_error: what a failed swap-in left behind (until 6.4, when it became
 *	the poison marker).
 *
 * Mirrors the SWP_* constants of <linux/swap.h>; %MMS_NO_TYPE stands for one
 * that the kernel does not have.
 */
struct mms_swap_types {
	u8 nr_files;
	u8 migration_read;
	u8 migration_read_exclusive;
	u8 migration_write;
	u8 device_read;
	u8 device_write;
	u8 device_exclusive;
	u8 device_exclusive_write;
	u8 hwpoison;
	u8 marker;
	u8 swapin_error;
};

/**
 * struct mms_entry_format - what differs between kernels of one architecture
 * @page_shift: log2 of the page size.
 * @level_shift: log2 of what one entry maps, by level.
 * @pfn_mask: bits of a present entry that hold the physical address.
 * @none_mask: bits that must be 0 in an empty entry; CPU errata may set others.
 * @dirty: bits of which any means dirty.
 * @soft_dirty: soft-dirty bit of a present entry, or 0.
 * @uffd: userfaultfd bit of a present entry, or 0.
 * @devmap: ZONE_DEVICE bit of a present entry, or 0.
 * @pkey_mask: bits of the protection key, or 0.
 * @swp_soft_dirty: soft-dirty bit of a swap entry, or 0.
 * @swp_uffd: userfaultfd bit of a swap entry, or 0.
 * @swp_exclusive: anonymous-exclusive bit of a swap entry, or 0.
 * @swp_pfn_mask: bits of a swap offset that hold a PFN, for types that have one.
 * @swp_young: offset bit: the migrated page was accessed.
 * @swp_dirty: offset bit: the migrated page was dirty.
 * @marker_uffd_wp: marker bit.
 * @marker_poison: marker bit, or 0.
 * @marker_guard: marker bit, or 0.
 * @types: swap types.
 *
 * Constant after the module has loaded.
 */
struct mms_entry_format {
	u8 page_shift;
	u8 level_shift[MMS_NR_LEVELS];
	u64 pfn_mask;
	u64 none_mask;
	u64 dirty;
	u64 soft_dirty;
	u64 uffd;
	u64 devmap;
	u64 pkey_mask;
	u64 swp_soft_dirty;
	u64 swp_uffd;
	u64 swp_exclusive;
	u64 swp_pfn_mask;
	u64 swp_young;
	u64 swp_dirty;
	u64 marker_uffd_wp;
	u64 marker_poison;
	u64 marker_guard;
	struct mms_swap_types types;
};

/**
 * struct mms_entry - one decoded entry
 * @state: &enum mms_state.
 * @level: &enum mms_level.
 * @pkey: protection key, 0 if none.
 * @flags: MMS_F_*.
 * @pfn: frame of the page or table that the entry names, or %MMS_NO_PFN.
 * @swap_type: number of the swap file; valid if @swap_offset is.
 * @swap_offset: slot in the swap file, or %MMS_NO_SWAP.
 */
struct mms_entry {
	u8 state;
	u8 level;
	u8 pkey;
	u8 swap_type;
	u32 flags;
	u64 pfn;
	u64 swap_offset;
};

extern const char *const mms_level_names[MMS_NR_LEVELS];
extern const char *const mms_state_names[MMS_NR_STATES];
extern const char *const mms_flag_names[MMS_NR_FLAGS];

/**
 * mms_entry_decode() - says what a raw entry means
 * @fmt: this kernel's format.
 * @level: level of the table that the entry stands in.
 * @raw: the entry.
 * @entry: filled completely.
 *
 * Defined in entry_<arch>.c.  Works on the word alone: nothing is followed,
 * any value is accepted.
 */
void mms_entry_decode(const struct mms_entry_format *fmt, enum mms_level level,
		      u64 raw, struct mms_entry *entry);

/**
 * mms_entry_same_mask() - which bits tell two entries of one run apart
 * @fmt: this kernel's format.
 * @raw: a PTE-level entry, the first of a run.
 * @ignore: MMS_F_* that do not count (accessed, dirty and soft-dirty only).
 *
 * Any PTE-level entry that equals @raw under the returned mask decodes to the
 * same state and flags, @ignore apart.  The reverse need not hold.
 *
 * Defined in entry_<arch>.c.
 *
 * Return: the mask.
 */
u64 mms_entry_same_mask(const struct mms_entry_format *fmt, u64 raw,
			u32 ignore);

/**
 * mms_entry_is_none() - is the entry empty?
 * @fmt: this kernel's format.
 * @raw: the entry.
 *
 * Mirrors pte_none() and its upper-level kin.
 *
 * Return: true if it is.
 */
static inline bool mms_entry_is_none(const struct mms_entry_format *fmt,
				     u64 raw)
{
	return !(raw & fmt->none_mask);
}

/**
 * mms_entry_decode_swap() - classifies a swap-type entry
 * @fmt: this kernel's format.
 * @type: swap type, as swp_type() gives it.
 * @offset: swap offset, as swp_offset() gives it.
 * @entry: state, flags, PFN, type and offset are set; flags are added to.
 *
 * The part that all architectures share; mirrors <linux/swapops.h> and, from
 * 6.19 on, softleaf_type().
 */
void mms_entry_decode_swap(const struct mms_entry_format *fmt,
			   unsigned int type, u64 offset,
			   struct mms_entry *entry);

#endif /* MMS_CORE_ENTRY_H */
