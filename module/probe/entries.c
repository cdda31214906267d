// SPDX-License-Identifier: GPL-2.0-only
/* Single page-table entries of a process. */

#include <linux/mm.h>

#include "../compat/pgtable.h"
#include "entries.h"

static_assert((int)MMSCOPE_LEVEL_PTE == MMS_PTE);
static_assert((int)MMSCOPE_LEVEL_PGD == MMS_PGD);
static_assert((int)MMSCOPE_STATE_NONE == MMS_NONE);
static_assert((int)MMSCOPE_STATE_UNKNOWN == MMS_UNKNOWN);
static_assert(MMS_NR_STATES <= MMSCOPE_RECORD_HEAD);
static_assert(PAGE_SHIFT >= 12);

static void enter_vma(void *ctx, struct vm_area_struct *vma)
{
}

static u64 record_where(u64 addr, enum mms_level level, unsigned int state)
{
	return addr | (u64)level << 4 | state;
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
		.where = record_where(start, level, entry.state),
		.entry = raw,
	};
	return end;
}

/* Not inlined, so that the loop below keeps its values in registers. */
static noinline unsigned int new_state(struct mms_entries *entries, u64 raw)
{
	struct mms_entry entry;

	mms_entry_decode(&mms_entry_format, MMS_PTE, raw, &entry);
	entries->mask = mms_entry_same_mask(&mms_entry_format, raw, 0);
	entries->key = raw & entries->mask;
	entries->state = entry.state;
	return entry.state;
}

static unsigned int add_ptes(void *ctx, const u64 *raw, unsigned int nr,
			     u64 start)
{
	struct mms_entries *entries = ctx;
	struct mmscope_record *out = entries->out + entries->nr;
	/* No more entries than there is room for, even if all are listed. */
	const u64 *at = raw, *end = raw + min(nr, entries->max - entries->nr);
	unsigned int state = entries->state;
	const bool none = entries->none;
	u64 mask = entries->mask;
	u64 key = entries->key;

	for (; at < end; at++, start += PAGE_SIZE) {
		u64 entry = READ_ONCE(*at);

		/* Neighbours mostly have the same state, as with ranges. */
		if ((entry & mask) != key) {
			state = new_state(entries, entry);
			mask = entries->mask;
			key = entries->key;
		}
		if (state == MMS_NONE && !none)
			continue;
		out->where = record_where(start, MMS_PTE, state);
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
	/* Nothing equals 1 under a mask of 0. */
	entries->mask = 0;
	entries->key = 1;
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
}
