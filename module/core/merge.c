// SPDX-License-Identifier: GPL-2.0-only
/* Merging neighbouring page-table entries that say the same into ranges. */

#include "merge.h"

const char *const mms_kind_names[MMS_NR_KINDS] = {
	[MMS_KIND_NONE] = "-",
	[MMS_KIND_ANON] = "anon",
	[MMS_KIND_FILE] = "file",
	[MMS_KIND_SHMEM] = "shmem",
	[MMS_KIND_KSM] = "ksm",
	[MMS_KIND_HUGETLB] = "hugetlb",
	[MMS_KIND_ZERO] = "zero",
	[MMS_KIND_PFNMAP] = "pfnmap",
	[MMS_KIND_OTHER] = "other",
};

/* No entry equals 1 under a mask of 0: the next one is decoded. */
void mms_merge_forget(struct mms_merge *merge)
{
	merge->mask = 0;
	merge->key = 1;
}

void mms_merge_init(struct mms_merge *merge, const struct mms_entry_format *fmt,
		    u32 ignore, struct mms_range *out, unsigned int max)
{
	*merge = (struct mms_merge){
		.fmt = fmt,
		.ignore = ignore,
		.out = out,
		.max = max,
	};
	mms_merge_forget(merge);
}

void mms_merge_hint(struct mms_merge *merge, u32 hint)
{
	if (merge->hint == hint)
		return;
	merge->hint = hint;
	mms_merge_forget(merge);
}

void mms_merge_flush(struct mms_merge *merge)
{
	if (merge->open)
		merge->out[merge->nr++] = merge->cur;
	merge->open = false;
	mms_merge_forget(merge);
}

static bool continues(const struct mms_range *run, const struct mms_range *next)
{
	return run->end == next->start && run->flags == next->flags &&
	       run->detail == next->detail && run->level == next->level &&
	       run->state == next->state && run->pkey == next->pkey;
}

void mms_merge_entry(struct mms_merge *merge, enum mms_level level, u64 raw,
		     u64 start, u64 end, u32 detail)
{
	struct mms_range next;
	struct mms_entry entry;

	mms_entry_decode(merge->fmt, level, raw, &entry);
	if (entry.state == MMS_PROTNONE)
		entry.flags |= merge->hint;
	next = (struct mms_range){
		.start = start,
		.end = end,
		.flags = entry.flags & ~merge->ignore,
		.detail = detail,
		.level = level,
		.state = entry.state,
		.pkey = entry.pkey,
	};

	if (merge->open && continues(&merge->cur, &next)) {
		merge->cur.end = end;
	} else {
		mms_merge_flush(merge);
		merge->cur = next;
		merge->open = true;
	}

	if (level == MMS_PTE) {
		merge->mask = mms_entry_same_mask(merge->fmt, raw,
						  merge->ignore);
		merge->key = raw & merge->mask;
	} else {
		mms_merge_forget(merge);
	}
}

/*
 * The price of a page: everything else is paid once per run or per table.
 * Four at a time, because the branches cost more than the comparing.
 */
static unsigned int same_entries(const u64 *raw, unsigned int i,
				 unsigned int nr, u64 mask, u64 key)
{
	const u64 *at = raw + i, *end = raw + nr;

	/* mms_merge_forget(): no entry is the same. */
	if (key & ~mask)
		return i;
	for (; end - at >= 4; at += 4) {
		if (((READ_ONCE(at[0]) ^ key) | (READ_ONCE(at[1]) ^ key) |
		     (READ_ONCE(at[2]) ^ key) | (READ_ONCE(at[3]) ^ key)) &
		    mask)
			break;
	}
	while (at < end && (READ_ONCE(*at) & mask) == key)
		at++;
	return at - raw;
}

unsigned int mms_merge_ptes(struct mms_merge *merge, const u64 *raw,
			    unsigned int nr, u64 start,
			    const struct mms_merge_pages *pages, void *ctx)
{
	unsigned int shift = merge->fmt->page_shift;
	unsigned int i = 0;

	while (i < nr) {
		u64 at = start + ((u64)i << shift);
		unsigned int from = i;
		u64 entry;

		/* The key knows nothing of addresses: a gap ends the run. */
		if (merge->open && merge->cur.end == at) {
			if (pages)
				i = pages->same(ctx, raw, i, nr, merge->mask,
						merge->key);
			else
				i = same_entries(raw, i, nr, merge->mask,
						 merge->key);
			at += (u64)(i - from) << shift;
			merge->cur.end = at;
		}
		if (i == nr || merge->nr == merge->max)
			break;
		entry = READ_ONCE(raw[i]);
		mms_merge_entry(merge, MMS_PTE, entry, at, at + (1ULL << shift),
				pages ? pages->detail(ctx, entry) : 0);
		i++;
	}
	return i;
}
