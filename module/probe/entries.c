// SPDX-License-Identifier: GPL-2.0-only
/* Single page-table entries of a process. */

#include <linux/mm.h>

#include "../compat/pgtable.h"
#include "entries.h"
#include "translate.h"

static_assert((int)MMSCOPE_LEVEL_PTE == MMS_PTE);
static_assert((int)MMSCOPE_LEVEL_PGD == MMS_PGD);
static_assert((int)MMSCOPE_STATE_NONE == MMS_NONE);
static_assert((int)MMSCOPE_STATE_UNKNOWN == MMS_UNKNOWN);
static_assert(MMS_NR_STATES <= MMSCOPE_RECORD_HEAD);
static_assert(PAGE_SHIFT >= 12);

/* No entry equals 1 under a mask of 0: the next one is decoded. */
static void forget_key(struct mms_entries *entries)
{
	entries->mask = 0;
	entries->key = 1;
}

static void enter_vma(void *ctx, struct vm_area_struct *vma)
{
	struct mms_entries *entries = ctx;
	u32 hint = mms_protnone_hint(vma);

	if (entries->hint != hint)
		forget_key(entries);
	entries->hint = hint;
}

/* All of a record that is not the address. */
static unsigned int low_bits(const struct mms_entries *entries,
			     const struct mms_entry *entry)
{
	unsigned int low = entry->state | entry->level << 4;

	if (entry->state == MMS_PROTNONE) {
		if (entries->hint & MMS_F_NUMA_HINT)
			low |= BIT(7);
		if (entries->hint & MMS_F_UFFD_RWP)
			low |= BIT(8);
	}
	return low;
}

static u64 add_entry(void *ctx, enum mms_level level, u64 raw, u64 start,
		     u64 end)
{
	struct mms_entries *entries = ctx;
	struct mms_entry entry;

	mms_entry_decode(&mms_entry_format, level, raw, &entry);
	if (entry.state == MMS_NONE && !entries->none)
		return end;
	if (entries->nr == entries->max)
		return start;
	entries->out[entries->nr++] = (struct mmscope_record){
		.where = start | low_bits(entries, &entry),
		.entry = raw,
	};
	return end;
}

/* Not inlined, so that the loop below keeps its values in registers. */
static noinline unsigned int new_low_bits(struct mms_entries *entries, u64 raw)
{
	struct mms_entry entry;

	mms_entry_decode(&mms_entry_format, MMS_PTE, raw, &entry);
	entries->mask = mms_entry_same_mask(&mms_entry_format, raw, 0);
	entries->key = raw & entries->mask;
	entries->low = low_bits(entries, &entry);
	return entries->low;
}

static unsigned int add_ptes(void *ctx, const u64 *raw, unsigned int nr,
			     u64 start)
{
	struct mms_entries *entries = ctx;
	struct mmscope_record *out = entries->out + entries->nr;
	/* No more entries than there is room for, even if all are listed. */
	const u64 *at = raw, *end = raw + min(nr, entries->max - entries->nr);
	unsigned int low = entries->low;
	const bool none = entries->none;
	u64 mask = entries->mask;
	u64 key = entries->key;

	for (; at < end; at++, start += PAGE_SIZE) {
		u64 entry = READ_ONCE(*at);

		/* Neighbours mostly have the same state, as with ranges. */
		if ((entry & mask) != key) {
			low = new_low_bits(entries, entry);
			mask = entries->mask;
			key = entries->key;
		}
		if (low == MMS_NONE && !none)
			continue;
		out->where = start | low;
		out->entry = entry;
		out++;
	}
	entries->nr = out - entries->out;
	return at - raw;
}

static const struct mms_walk_ops ops = {
	.vma = enter_vma,
	.entry = add_entry,
	.ptes = add_ptes,
};

void mms_entries_init(struct mms_entries *entries, struct mm_struct *mm,
		      u64 start, u64 end, bool none)
{
	mms_walk_init(&entries->walk, mm, start, end, &ops, entries);
	entries->none = none;
	entries->finished = false;
	entries->hint = 0;
	forget_key(entries);
}

int mms_entries_batch(struct mms_entries *entries, struct mmscope_record *out,
		      unsigned int max)
{
	int ret;

	entries->out = out;
	entries->max = max;
	entries->nr = 0;
	ret = mms_walk_batch(&entries->walk);
	if (ret > 0)
		return 0;
	entries->finished = true;
	return ret;
}

void mms_entries_decode(const struct mmscope_record *record,
			struct mms_entry *entry)
{
	mms_entry_decode(&mms_entry_format,
			 MMSCOPE_RECORD_LEVEL(record->where), record->entry,
			 entry);
	if (MMSCOPE_RECORD_NUMA_HINT(record->where))
		entry->flags |= MMS_F_NUMA_HINT;
	if (MMSCOPE_RECORD_UFFD_RWP(record->where))
		entry->flags |= MMS_F_UFFD_RWP;
}
