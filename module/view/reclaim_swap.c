// SPDX-License-Identifier: GPL-2.0-only
/* reclaim/swap: devices first, then zswap, then processes. */

#include <linux/kernel.h>
#include <linux/sched/signal.h>

#include "../probe/swap_users.h"
#include "../probe/swaps.h"
#include "reclaim.h"

/* What is written next. */
enum part {
	DEVICES,
	ZSWAP,
	COLLECT,
	USERS,
};

/**
 * struct swap_state - an answer under way
 * @part: what is written next.
 * @swaps: the device at hand.
 * @users: the processes.
 * @next: the one of them that is written next.
 */
struct swap_state {
	enum part part;
	struct mms_swaps swaps;
	struct mms_swap_users users;
	unsigned int next;
};

static int swap_start(struct mms_reader *reader)
{
	mms_reader_head(reader);
	mms_table_key_u64(&reader->table, "swapcached_pages",
			  mms_swap_cached());
	mms_table_columns(&reader->table, "scope name pid size_pages used_pages "
			  "priority flags clusters free_clusters "
			  "partial_clusters full_clusters pending_clusters "
			  "taken_slots");
	return 0;
}

static void put_nones(struct mms_table *table, unsigned int nr)
{
	while (nr--)
		mms_table_none(table);
}

static void put_clusters(struct mms_table *table, const struct mms_swaps *swaps)
{
	const struct mms_swap_clusters *clusters = &swaps->clusters;

	if (!clusters->known) {
		put_nones(table, 6);
		return;
	}
	mms_table_u64(table, clusters->all);
	mms_table_u64(table, clusters->free);
	mms_table_u64(table, clusters->partial);
	mms_table_u64(table, clusters->full);
	mms_table_u64(table, clusters->pending);
	mms_table_u64(table, mms_swap_usable_taken(swaps));
}

static void put_device(struct mms_table *table, const struct mms_swaps *swaps)
{
	mms_table_word(table, swaps->partition ? "partition" : "file");
	mms_table_text(table, swaps->path);
	mms_table_none(table);
	mms_table_u64(table, swaps->pages);
	mms_table_u64(table, swaps->used);
	mms_table_s64(table, swaps->prio);
	mms_table_set(table, swaps->flags, mms_swap_flag_names);
	put_clusters(table, swaps);
	mms_table_row(table);
}

static void put_zswap(struct mms_table *table)
{
	u64 pages = mms_swap_compressed();

	if (pages == MMS_SWAP_UNKNOWN)
		return;
	mms_table_word(table, "zswap");
	put_nones(table, 3);
	mms_table_u64(table, pages);
	put_nones(table, 8);
	mms_table_row(table);
}

static void put_process(struct mms_table *table, const struct mms_swap_user *user)
{
	mms_table_word(table, "process");
	mms_table_text(table, user->comm);
	if (user->pid)
		mms_table_u64(table, user->pid);
	else
		mms_table_none(table);
	mms_table_none(table);
	mms_table_u64(table, user->pages);
	put_nones(table, 8);
	mms_table_row(table);
}

static void put_end(struct mms_reader *reader)
{
	struct swap_state *state = reader->state;

	state->swaps.stats.scanned += state->users.looked;
	mms_reader_end_keys(reader, NULL, &state->swaps.stats);
	mms_table_key_u64(&reader->table, "mutex_max_ns",
			  state->swaps.mutex_max_ns);
	mms_table_end_line(&reader->table);
}

/* Does one thing.  Return: 1 if there is more to do, 0 if not, or an errno. */
static int step(struct mms_reader *reader)
{
	struct swap_state *state = reader->state;
	struct mms_table *table = &reader->table;
	int ret;

	switch (state->part) {
	case DEVICES:
		ret = mms_swaps_next(&state->swaps);
		if (ret < 0)
			return ret;
		if (ret)
			put_device(table, &state->swaps);
		else
			state->part = ZSWAP;
		return 1;
	case ZSWAP:
		put_zswap(table);
		state->part = COLLECT;
		return 1;
	case COLLECT:
		ret = mms_swap_users_batch(&state->users);
		if (ret < 0)
			return ret;
		if (!ret)
			state->part = USERS;
		return 1;
	case USERS:
		if (state->next == state->users.nr)
			return 0;
		put_process(table, &state->users.users[state->next++]);
		return 1;
	}
	return 0;
}

static int swap_fill(struct mms_reader *reader)
{
	while (mms_table_room(&reader->table)) {
		int ret = step(reader);

		if (ret < 0)
			return ret;
		if (!ret) {
			put_end(reader);
			return 0;
		}
		if (signal_pending(current))
			return 1;
	}
	return 1;
}

static void swap_stop(struct mms_reader *reader)
{
	struct swap_state *state = reader->state;

	mms_swap_users_free(&state->users);
}

const struct mms_view mms_view_swap = {
	.name = "swap",
	.format = 1,
	.state_size = sizeof(struct swap_state),
	.missing = mms_swaps_missing,
	.start = swap_start,
	.fill = swap_fill,
	.stop = swap_stop,
};
