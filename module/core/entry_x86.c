// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoding of x86-64 page-table entries.
 *
 * The bits below are fixed by the hardware or have not moved in any supported
 * release; compat/pgtable.c asserts that they equal the kernel's.  Those that
 * did move come in &struct mms_entry_format.
 */

#include "entry.h"
#include "entry_x86.h"

static const struct {
	u64 bit;
	u32 flag;
} fixed_flags[] = {
	{ MMS_X86_RW, MMS_F_WRITE },
	{ MMS_X86_USER, MMS_F_USER },
	{ MMS_X86_PWT, MMS_F_PWT },
	{ MMS_X86_PCD, MMS_F_PCD },
	{ MMS_X86_ACCESSED, MMS_F_ACCESSED },
	{ MMS_X86_NX, MMS_F_NX },
};

/*
 * An entry without the present bit keeps its address inverted, so that a CPU
 * which speculates past the missing bit finds no memory there (L1TF; mirrors
 * protnone_mask() in <asm/pgtable-invert.h>).
 */
static u64 address_bits(const struct mms_entry_format *fmt, u64 raw)
{
	if (!(raw & MMS_X86_PRESENT))
		raw = ~raw;
	return raw & fmt->pfn_mask;
}

static unsigned int protection_key(const struct mms_entry_format *fmt, u64 raw)
{
	if (!fmt->pkey_mask)
		return 0;
	return (raw & fmt->pkey_mask) / (fmt->pkey_mask & -fmt->pkey_mask);
}

static u32 common_flags(u64 raw)
{
	u32 flags = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fixed_flags); i++)
		if (raw & fixed_flags[i].bit)
			flags |= fixed_flags[i].flag;
	return flags;
}

static void decode_table(const struct mms_entry_format *fmt, u64 raw,
			 struct mms_entry *entry)
{
	entry->state = MMS_PRESENT;
	entry->flags = common_flags(raw) | MMS_F_TABLE;
	entry->pfn = (raw & fmt->pfn_mask) >> fmt->page_shift;
}

static void decode_leaf(const struct mms_entry_format *fmt, u64 raw,
			struct mms_entry *entry)
{
	unsigned int order = fmt->level_shift[entry->level] - fmt->page_shift;
	u32 flags = common_flags(raw);

	if (raw & fmt->dirty)
		flags |= MMS_F_DIRTY;
	if (raw & fmt->soft_dirty)
		flags |= MMS_F_SOFT_DIRTY;
	if (raw & fmt->uffd)
		flags |= MMS_F_UFFD_WP;
	if (raw & fmt->devmap)
		flags |= MMS_F_DEVMAP;
	if (raw & MMS_X86_SPECIAL)
		flags |= MMS_F_SPECIAL;
	if (entry->level == MMS_PTE) {
		if (raw & MMS_X86_PAT)
			flags |= MMS_F_PAT;
	} else {
		flags |= MMS_F_HUGE;
		if (raw & MMS_X86_PAT_LARGE)
			flags |= MMS_F_PAT;
	}

	/* Without the present bit, the global bit means PROT_NONE. */
	if (raw & MMS_X86_PRESENT || !(raw & MMS_X86_GLOBAL)) {
		entry->state = MMS_PRESENT;
		if (raw & MMS_X86_GLOBAL)
			flags |= MMS_F_GLOBAL;
	} else {
		entry->state = MMS_PROTNONE;
	}
	entry->flags = flags;
	entry->pkey = protection_key(fmt, raw);
	entry->pfn = address_bits(fmt, raw) >> fmt->page_shift;
	entry->pfn &= ~((1ULL << order) - 1);
}

static void decode_nonpresent(const struct mms_entry_format *fmt, u64 raw,
			      struct mms_entry *entry)
{
	unsigned int type = raw >> (64 - MMS_X86_SWP_TYPE_BITS);
	u64 offset = ~raw << MMS_X86_SWP_TYPE_BITS >>
		     (MMS_X86_SWP_OFFSET_FIRST_BIT + MMS_X86_SWP_TYPE_BITS);

	mms_entry_decode_swap(fmt, type, offset, entry);
	/* A marker has its own bits; the ones below would be noise there. */
	if (entry->state == MMS_MARKER || entry->state == MMS_UNKNOWN)
		return;
	if (raw & fmt->swp_soft_dirty)
		entry->flags |= MMS_F_SOFT_DIRTY;
	if (raw & fmt->swp_uffd)
		entry->flags |= MMS_F_UFFD_WP;
	if (entry->state == MMS_SWAP && raw & fmt->swp_exclusive)
		entry->flags |= MMS_F_EXCLUSIVE;
}

void mms_entry_decode(const struct mms_entry_format *fmt, enum mms_level level,
		      u64 raw, struct mms_entry *entry)
{
	bool leaf = level == MMS_PTE ||
		    (raw & MMS_X86_PSE && level <= MMS_PUD);

	*entry = (struct mms_entry){
		.level = level,
		.pfn = MMS_NO_PFN,
		.swap_offset = MMS_NO_SWAP,
	};
	if (mms_entry_is_none(fmt, raw))
		entry->state = MMS_NONE;
	else if (!leaf && raw & MMS_X86_PRESENT)
		decode_table(fmt, raw, entry);
	/*
	 * A huge page that is being split or migrated has only the size bit
	 * left for a moment; to the kernel it is present (pmd_present()).
	 */
	else if (leaf && (level != MMS_PTE ||
			  raw & (MMS_X86_PRESENT | MMS_X86_GLOBAL)))
		decode_leaf(fmt, raw, entry);
	/* Only a leaf can be PROT_NONE. */
	else if (level <= MMS_PUD && !(raw & MMS_X86_GLOBAL))
		decode_nonpresent(fmt, raw, entry);
	else
		entry->state = MMS_UNKNOWN;
}

u64 mms_entry_same_mask(const struct mms_entry_format *fmt, u64 raw, u32 ignore)
{
	u64 mask = ~fmt->pfn_mask;

	if (mms_entry_is_none(fmt, raw))
		return fmt->none_mask;
	/* Type and offset of a swap entry may lie anywhere. */
	if (!(raw & (MMS_X86_PRESENT | MMS_X86_GLOBAL)))
		return ~0ULL;
	if (ignore & MMS_F_ACCESSED)
		mask &= ~MMS_X86_ACCESSED;
	if (ignore & MMS_F_DIRTY)
		mask &= ~fmt->dirty;
	if (ignore & MMS_F_SOFT_DIRTY)
		mask &= ~fmt->soft_dirty;
	return mask;
}
