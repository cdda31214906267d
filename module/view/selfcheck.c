// SPDX-License-Identifier: GPL-2.0-only
/*
 * selfcheck: mmscope's answers against the kernel's own, on the address space
 * of the reader, which does not change while the reader waits for the answer
 * (unless it has other threads), and on the machine.
 */

#include <linux/mm.h>

#include "../probe/layout.h"
#include "../probe/lruvecs.h"
#include "../probe/process.h"
#include "../probe/ranges.h"
#include "../probe/space.h"
#include "../probe/swaps.h"
#include "../probe/tables.h"
#include "selfcheck.h"

/**
 * struct selfcheck_state - a check under way
 * @process: the reader.
 * @space: what the kernel says.
 * @rss: what it says of the reader's pages.
 * @pages: what a walk counted, by kind of page.
 * @swap: entries in swap.
 * @vma_pages: pages in all VMAs.
 * @ranges: the walk.
 * @tables: a walk that counts tables.
 * @swaps: the swap devices.
 * @machine: checks of the machine.
 */
struct selfcheck_state {
	struct mms_process process;
	struct mms_space space;
	struct mms_rss rss;
	u64 pages[MMS_NR_KINDS];
	u64 swap;
	u64 vma_pages;
	struct mms_ranges ranges;
	struct mms_tables tables;
	struct mms_swaps swaps;
	struct mms_machine_check machine;
};

static void count_range(struct selfcheck_state *state,
			const struct mms_range *range)
{
	u64 pages = (range->end - range->start) >> PAGE_SHIFT;

	state->vma_pages += pages;
	state->pages[MMS_DETAIL_KIND(range->detail)] += pages;
	if (range->state == MMS_SWAP)
		state->swap += pages;
}

static int count_pages(struct selfcheck_state *state)
{
	struct mms_ranges *ranges = &state->ranges;
	unsigned int i;
	int err = 0;

	mms_ranges_init(ranges, state->process.mm, 0, mms_space_limit(), 0,
			true);
	while (!ranges->finished && !err) {
		err = mms_ranges_batch(ranges);
		for (i = 0; i < ranges->merge.nr; i++)
			count_range(state, &ranges->out[i]);
	}
	return err;
}

static int count_tables(struct selfcheck_state *state)
{
	int err = 0;

	mms_tables_init(&state->tables, state->process.mm, 0, mms_space_limit(),
			0);
	while (!state->tables.finished && !err)
		err = mms_tables_batch(&state->tables);
	return err;
}

void mms_selfcheck_row(struct mms_table *table, const char *name, u64 mmscope,
		       u64 kernel, u64 slack)
{
	u64 difference = mmscope > kernel ? mmscope - kernel : kernel - mmscope;

	mms_table_word(table, name);
	mms_table_u64(table, mmscope);
	mms_table_u64(table, kernel);
	mms_table_u64(table, slack);
	mms_table_word(table, difference <= slack ? "ok" : "differs");
	mms_table_row(table);
}

static void put_layout(struct mms_table *table)
{
	const struct mms_layout *layout = mms_layout_get();

	mms_selfcheck_row(table, "layout_members", layout->compared - layout->different,
			  layout->compared, 0);
}

static void put_pages(struct mms_table *table,
		      const struct selfcheck_state *state)
{
	const struct mms_rss *rss = &state->rss;
	const u64 *pages = state->pages;

	mms_selfcheck_row(table, "vma_pages", state->vma_pages,
			  state->space.total_pages, 0);
	mms_selfcheck_row(table, "rss_anon_pages",
			  pages[MMS_KIND_ANON] + pages[MMS_KIND_KSM], rss->anon,
			  rss->slack);
	mms_selfcheck_row(table, "rss_file_pages",
			  pages[MMS_KIND_FILE] + pages[MMS_KIND_OTHER], rss->file,
			  rss->slack);
	mms_selfcheck_row(table, "rss_shmem_pages", pages[MMS_KIND_SHMEM], rss->shmem,
			  rss->slack);
	mms_selfcheck_row(table, "swap_pages", state->swap, rss->swap, rss->slack);
}

static void put_tables(struct mms_table *table,
		       const struct selfcheck_state *state)
{
	mms_selfcheck_row(table, "pgtable_bytes",
			  mms_tables_counted_bytes(&state->tables),
			  state->tables.accounted_bytes, 0);
}

/*
 * The kernel's count may be behind by what each CPU keeps back, 125 pages of
 * each list for each node at most; and pages move while they are counted.
 */
static int check_lists(struct mms_table *table)
{
	u64 kept = 125ULL * num_online_cpus() * num_online_nodes();
	u64 cgroups, nodes;
	int err = mms_lruvecs_sum(&cgroups, &nodes);

	if (!err)
		mms_selfcheck_row(table, "lru_pages", cgroups, nodes,
				  NR_LRU_LISTS * kept + nodes / 100);
	return err == -EOPNOTSUPP ? 0 : err;
}

/* Slots are taken and freed, up to 64 at a time, while they are counted. */
static int check_swap(struct mms_swaps *swaps, struct mms_table *table)
{
	u64 taken = 0, used = 0;
	int ret;

	if (mms_swaps_missing())
		return 0;
	while ((ret = mms_swaps_next(swaps)) > 0) {
		if (!swaps->clusters.known)
			continue;
		taken += mms_swap_usable_taken(swaps);
		used += swaps->used;
	}
	if (!ret)
		mms_selfcheck_row(table, "swap_slots", taken, used,
				  used / 100 + 64 * num_online_cpus());
	return ret;
}

static int selfcheck_start(struct mms_reader *reader)
{
	struct selfcheck_state *state = reader->state;
	struct mms_table *table = &reader->table;
	int err;

	mms_reader_head(reader);
	mms_table_columns(table, "check mmscope kernel slack result");
	put_layout(table);
	err = mms_process_get(NULL, &state->process);
	if (!err && state->process.mm && !mms_walk_missing()) {
		err = count_pages(state);
		if (!err)
			err = count_tables(state);
		if (err)
			return err;
		mms_space_read(state->process.mm, &state->space);
		mms_rss_read_own(state->process.mm, &state->rss);
		put_pages(table, state);
		put_tables(table, state);
	}
	if (!err && !mms_layout_missing()) {
		err = mms_selfcheck_machine(&state->machine, table) ?:
		      check_lists(table) ?:
		      check_swap(&state->swaps, table);
		if (err)
			return err;
	}
	mms_reader_end(reader, NULL, &state->ranges.walk.stats);
	return 0;
}

static int selfcheck_fill(struct mms_reader *reader)
{
	return 0;
}

static void selfcheck_stop(struct mms_reader *reader)
{
	struct selfcheck_state *state = reader->state;

	mms_process_put(&state->process);
}

const struct mms_view mms_view_selfcheck = {
	.name = "selfcheck",
	.format = 1,
	.state_size = sizeof(struct selfcheck_state),
	.start = selfcheck_start,
	.fill = selfcheck_fill,
	.stop = selfcheck_stop,
};
