// SPDX-License-Identifier: GPL-2.0-only
/* Who maps a page: a walk through the page tables of all processes. */

#include <linux/mm.h>

#include "../compat/pgtable.h"
#include "mappers.h"
#include "translate.h"

static void enter_vma(void *ctx, struct vm_area_struct *vma)
{
	struct mms_mappers *mappers = ctx;

	mappers->hint = mms_protnone_hint(vma);
}

static void add(struct mms_mappers *mappers, enum mms_level level, u64 pfn,
		u64 va, u64 raw)
{
	mappers->out[mappers->nr++] = (struct mms_mapping){
		.pfn = pfn,
		.va = va,
		.raw = raw,
		.hint = mappers->hint,
		.level = level,
	};
}

/* A huge page is many frames, of which some may be looked for. */
static u64 add_huge(void *ctx, enum mms_level level, u64 raw, u64 start,
		    u64 end)
{
	struct mms_mappers *mappers = ctx;
	const struct mms_match *match = &mappers->match;
	u64 size = 1ULL << mms_entry_format.level_shift[level];
	struct mms_entry entry;
	u64 pfn;

	if (mms_entry_is_none(&mms_entry_format, raw))
		return end;
	mms_entry_decode(&mms_entry_format, level, raw, &entry);
	if (entry.pfn == MMS_NO_PFN || entry.flags & MMS_F_TABLE)
		return end;
	pfn = entry.pfn + ((start & (size - 1)) >> PAGE_SHIFT);
	/* Straight to the first that may be one. */
	if (pfn < match->first) {
		u64 skip = match->first - pfn;

		if (skip >= (end - start) >> PAGE_SHIFT)
			return end;
		pfn += skip;
		start += skip << PAGE_SHIFT;
	}
	for (; start < end && mms_match_has(match, pfn);
	     pfn++, start += PAGE_SIZE) {
		if (mappers->nr == ARRAY_SIZE(mappers->out))
			return start;
		add(mappers, level, pfn, start, raw);
	}
	return end;
}

/* Asked of a table in place: most name none of the frames. */
static bool names_any(void *ctx, const u64 *raw, unsigned int nr)
{
	struct mms_mappers *mappers = ctx;

	return mms_match_ptes(&mappers->match, raw, 0, nr) < nr;
}

static unsigned int add_ptes(void *ctx, const u64 *raw, unsigned int nr,
			     u64 start)
{
	struct mms_mappers *mappers = ctx;
	unsigned int i = 0;

	while ((i = mms_match_ptes(&mappers->match, raw, i, nr)) < nr) {
		u64 pte = READ_ONCE(raw[i]);
		struct mms_entry entry;

		if (mappers->nr == ARRAY_SIZE(mappers->out))
			return i;
		mms_entry_decode(&mms_entry_format, MMS_PTE, pte, &entry);
		/* A table in use may have changed since the line above. */
		if (mms_match_has(&mappers->match, entry.pfn))
			add(mappers, MMS_PTE, entry.pfn,
			    start + ((u64)i << PAGE_SHIFT), pte);
		i++;
	}
	return nr;
}

static const struct mms_walk_ops ops = {
	.vma = enter_vma,
	.entry = add_huge,
	.wanted = names_any,
	.ptes = add_ptes,
	.skip_none = true,
};

/* Walks the address space at hand from its start; the statistics go on. */
static void begin_walk(struct mms_mappers *mappers)
{
	struct mms_walk_stats stats = mappers->walk.stats;

	mms_walk_init(&mappers->walk, mappers->processes.mm, 0, TASK_SIZE_MAX,
		      &ops, mappers);
	mappers->walk.stats = stats;
	mappers->walking = true;
}

void mms_mappers_init(struct mms_mappers *mappers, u64 first, u64 last)
{
	memset(mappers, 0, sizeof(*mappers));
	mms_match_init(&mappers->match, &mms_entry_format, first, last);
}

int mms_mappers_batch(struct mms_mappers *mappers)
{
	int ret;

	mappers->nr = 0;
	if (!mappers->walking) {
		if (!mms_processes_next(&mappers->processes)) {
			mappers->finished = true;
			return 0;
		}
		mappers->walked++;
		begin_walk(mappers);
	}
	ret = mms_walk_batch(&mappers->walk);
	if (ret > 0)
		return 0;
	mappers->walking = false;
	if (ret == -EINTR) {
		mappers->finished = true;
		return ret;
	}
	if (mms_processes_again(&mappers->processes))
		begin_walk(mappers);
	else if (ret == -ESRCH)
		mappers->exited++;
	return 0;
}

void mms_mappers_decode(const struct mms_mapping *mapping,
			struct mms_entry *entry)
{
	mms_entry_decode(&mms_entry_format, mapping->level, mapping->raw,
			 entry);
	if (entry->state == MMS_PROTNONE)
		entry->flags |= mapping->hint;
}

void mms_mappers_end(struct mms_mappers *mappers)
{
	mms_processes_end(&mappers->processes);
}
