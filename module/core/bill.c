// SPDX-License-Identifier: GPL-2.0-only
/* The page-table bill: counting tables from the entries of a walk. */

#include "bill.h"

const u16 mms_bill_limits[MMS_BILL_BUCKETS] = {
	0, 1, 8, 64, 256, 511, U16_MAX
};

void mms_bill_init(struct mms_bill *bill, const struct mms_entry_format *fmt,
		   enum mms_level top_level, unsigned int max_top)
{
	int l;

	memset(bill, 0, sizeof(*bill));
	bill->fmt = fmt;
	bill->top_level = top_level;
	bill->max_top = min_t(unsigned int, max_top, MMS_BILL_TOP_MAX);
	for (l = 0; l < MMS_NR_LEVELS; l++) {
		bill->level[l].table = ~0ULL;
		bill->level[l].entry = ~0ULL;
	}
	/* The root exists even if nothing is mapped. */
	bill->level[top_level].table = 0;
	bill->level[top_level].tables = 1;
}

static void close_table(struct mms_bill_level *level)
{
	unsigned int b = 0;

	if (level->table == ~0ULL)
		return;
	while (level->open_used > mms_bill_limits[b])
		b++;
	level->histogram[b]++;
	level->open_used = 0;
	level->table = ~0ULL;
}

/*
 * Dearest first.  By insertion: the list is short, and most VMAs do not even
 * beat its last place.
 */
static void rank_vma(struct mms_bill *bill)
{
	const struct mms_bill_vma *vma = &bill->vma;
	unsigned int i;

	if (!bill->max_top || !vma->tables)
		return;
	i = bill->nr_top;
	if (i == bill->max_top) {
		if (vma->tables <= bill->top[i - 1].tables)
			return;
		i--;
	} else {
		bill->nr_top++;
	}
	for (; i && bill->top[i - 1].tables < vma->tables; i--)
		bill->top[i] = bill->top[i - 1];
	bill->top[i] = *vma;
}

void mms_bill_vma(struct mms_bill *bill, u64 start, u64 end)
{
	if (bill->vma_open && bill->vma.start == start) {
		bill->vma.end = end;
		return;
	}
	if (bill->vma_open)
		rank_vma(bill);
	bill->vma = (struct mms_bill_vma){ .start = start, .end = end };
	bill->vma_open = true;
}

/* The table of @level that covers @start; opens it if it is new. */
static struct mms_bill_level *open_table(struct mms_bill *bill,
					 enum mms_level level, u64 start)
{
	struct mms_bill_level *l = &bill->level[level];
	u64 table = 0;

	/* Without a P4D level its entries map what the PGD's do. */
	if (level != bill->top_level)
		table = start >> bill->fmt->level_shift[level + 1];
	if (l->table == table)
		return l;
	close_table(l);
	l->table = table;
	l->tables++;
	bill->vma.tables++;
	return l;
}

static void count_used(struct mms_bill *bill, enum mms_level level,
		       unsigned int used, u64 last)
{
	struct mms_bill_level *l = &bill->level[level];

	l->entry = last >> bill->fmt->level_shift[level];
	l->used += used;
	l->open_used += used;
	bill->vma.used += used;
}

void mms_bill_entries(struct mms_bill *bill, enum mms_level level,
		      const u64 *raw, unsigned int nr, u64 start)
{
	unsigned int shift = bill->fmt->level_shift[level];
	unsigned int used = 0, i;
	struct mms_bill_level *l;
	enum mms_level up;

	if (!nr)
		return;
	/* Each table on the way down, and the entry in it that leads here. */
	for (up = bill->top_level; up > level; up--) {
		if (up == MMS_P4D && bill->fmt->level_shift[MMS_P4D] ==
		    bill->fmt->level_shift[MMS_PGD])
			continue;
		l = open_table(bill, up, start);
		if (l->entry != start >> bill->fmt->level_shift[up])
			count_used(bill, up, 1, start);
	}

	l = open_table(bill, level, start);
	/* A VMA may end inside what a huge or swapped entry covers. */
	i = l->entry == start >> shift ? 1 : 0;
	for (; i < nr; i++)
		used += !mms_entry_is_none(bill->fmt, raw[i]);
	if (used)
		count_used(bill, level, used, start + ((u64)(nr - 1) << shift));
	bill->vma.pages += (u64)used << (shift - bill->fmt->page_shift);
}

void mms_bill_deposit(struct mms_bill *bill)
{
	bill->deposited++;
	bill->vma.tables++;
}

void mms_bill_finish(struct mms_bill *bill)
{
	int l;

	for (l = 0; l < MMS_NR_LEVELS; l++)
		close_table(&bill->level[l]);
	if (bill->vma_open)
		rank_vma(bill);
	bill->vma_open = false;
}
