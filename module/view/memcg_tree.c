// SPDX-License-Identifier: GPL-2.0-only
/* memcg/tree. */

#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/memcgs.h"
#include "memcg.h"

/**
 * struct tree_state - an answer under way
 * @memcgs: the cgroups.
 * @collected: they are all there.
 * @chunk: where the cgroup is that is written next, and
 * @next: its index there.
 */
struct tree_state {
	struct mms_memcgs memcgs;
	bool collected;
	struct mms_memcg_chunk *chunk;
	unsigned int next;
};

static int tree_start(struct mms_reader *reader)
{
	struct tree_state *state = reader->state;
	const char *path = mms_query_text(&reader->selection.query,
					  MMS_MEMCG_MEMCG);

	mms_reader_head(reader);
	mms_reader_asked(reader);
	mms_table_columns(&reader->table,
			  "path ino state refs current_bytes min_bytes "
			  "low_bytes high_bytes max_bytes swap_current_bytes "
			  "swap_max_bytes anon_bytes file_bytes shmem_bytes "
			  "kernel_bytes slab_reclaimable_bytes "
			  "slab_unreclaimable_bytes kernel_stack_bytes "
			  "pagetables_bytes percpu_bytes sock_bytes "
			  "low_events high_events max_events oom_events "
			  "oom_kill_events oom_group_kill_events");
	return mms_memcgs_init(&state->memcgs, path);
}

static void put_pages(struct mms_table *table, u64 pages)
{
	if (pages == MMS_MEMCG_NO_LIMIT)
		mms_table_word(table, "max");
	else
		mms_table_u64(table, pages << PAGE_SHIFT);
}

/* The root has none of these, and what its counters say is not its use. */
static void put_counters(struct mms_table *table, const struct mms_memcg *memcg)
{
	const u64 pages[] = {
		memcg->current_pages, memcg->min_pages, memcg->low_pages,
		memcg->high_pages, memcg->max_pages, memcg->swap_pages,
		memcg->swap_max_pages,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		if (memcg->root)
			mms_table_none(table);
		else
			put_pages(table, pages[i]);
	}
}

static void put_memcg(struct mms_table *table, const struct mms_memcg *memcg)
{
	int i;

	mms_table_text(table, memcg->path);
	mms_table_u64(table, memcg->ino);
	mms_table_word(table, mms_memcg_state_names[memcg->state]);
	if (memcg->refs < 0)
		mms_table_none(table);
	else
		mms_table_u64(table, memcg->refs);
	put_counters(table, memcg);
	for (i = 0; i < MMS_NR_MEMCG_KINDS; i++)
		mms_table_u64(table, memcg->bytes[i]);
	for (i = 0; i < MMS_NR_MEMCG_EVENTS; i++) {
		if (memcg->root)
			mms_table_none(table);
		else
			mms_table_u64(table, memcg->events[i]);
	}
	mms_table_row(table);
}

/* NULL behind the last. */
static const struct mms_memcg *next_memcg(struct tree_state *state)
{
	while (!list_entry_is_head(state->chunk, &state->memcgs.chunks, node)) {
		if (state->next < state->chunk->nr)
			return &state->chunk->memcg[state->next++];
		state->chunk = list_next_entry(state->chunk, node);
		state->next = 0;
	}
	return NULL;
}

static int tree_fill(struct mms_reader *reader)
{
	struct tree_state *state = reader->state;
	const struct mms_memcg *memcg;

	while (!state->collected) {
		int ret = mms_memcgs_batch(&state->memcgs);

		if (ret < 0)
			return ret;
		state->collected = !ret;
		state->chunk = list_first_entry(&state->memcgs.chunks,
						struct mms_memcg_chunk, node);
		if (signal_pending(current))
			return 1;
	}
	while (mms_table_room(&reader->table)) {
		memcg = next_memcg(state);
		if (!memcg) {
			mms_reader_end(reader, NULL, &state->memcgs.stats);
			return 0;
		}
		put_memcg(&reader->table, memcg);
	}
	return 1;
}

static void tree_stop(struct mms_reader *reader)
{
	struct tree_state *state = reader->state;

	mms_memcgs_free(&state->memcgs);
}

const struct mms_view mms_view_tree = {
	.name = "tree",
	.format = 1,
	.keys = BIT(MMS_MEMCG_MEMCG),
	.state_size = sizeof(struct tree_state),
	.missing = mms_memcgs_missing,
	.start = tree_start,
	.fill = tree_fill,
	.stop = tree_stop,
};
