// SPDX-License-Identifier: GPL-2.0-only
/* oom/badness. */

#include <linux/bits.h>
#include <linux/sched/signal.h>

#include "../probe/badness.h"
#include "oom.h"

/**
 * struct badness_state - an answer under way
 * @badness: the judgement.
 * @judged: it is complete.
 * @next: the process that is written next.
 */
struct badness_state {
	struct mms_badness badness;
	bool judged;
	unsigned int next;
};

static int badness_start(struct mms_reader *reader)
{
	struct badness_state *state = reader->state;

	return mms_badness_init(&state->badness,
				mms_query_text(&reader->selection.query,
					       MMS_OOM_MEMCG));
}

/* A process by its index, or none. */
static void put_pid_key(struct mms_table *table, const char *key,
			const struct mms_badness *badness, int which)
{
	if (which >= 0 && badness->tasks[which].pid)
		mms_table_key_u64(table, key, badness->tasks[which].pid);
	else
		mms_table_key_word(table, key, "-");
}

/* What the first line says is known only now. */
static void put_head(struct mms_reader *reader)
{
	const struct badness_state *state = reader->state;
	const struct mms_badness *badness = &state->badness;
	struct mms_table *table = &reader->table;

	mms_reader_head(reader);
	mms_reader_asked(reader);
	mms_table_key_u64(table, "total_pages", badness->total_pages);
	put_pid_key(table, "victim", badness, badness->victim);
	put_pid_key(table, "waits_for", badness, badness->waits_for);
	if (badness->group_ino)
		mms_table_key_u64(table, "group", badness->group_ino);
	else
		mms_table_key_word(table, "group", "-");
	mms_table_columns(table, "pid comm rss_pages swap_pages pgtable_bytes "
			  "adj score rank adj_pages kill why memcg_ino");
}

static void put_or_none(struct mms_table *table, bool known, u64 value)
{
	if (known)
		mms_table_u64(table, value);
	else
		mms_table_none(table);
}

static void put_task(struct mms_table *table, const struct mms_oom_task *task)
{
	put_or_none(table, task->pid, task->pid);
	mms_table_text(table, task->comm);
	put_or_none(table, task->has_mm, task->rss);
	put_or_none(table, task->has_mm, task->swap);
	put_or_none(table, task->has_mm, task->pgtable_bytes);
	mms_table_s64(table, task->adj);
	if (task->rank)
		mms_table_s64(table, task->score);
	else
		mms_table_none(table);
	put_or_none(table, task->rank, task->rank);
	mms_table_s64(table, task->adj_pages);
	mms_table_word(table, mms_oom_kill_names[task->kill]);
	mms_table_word(table, mms_oom_why_names[task->why]);
	put_or_none(table, task->memcg_ino, task->memcg_ino);
	mms_table_row(table);
}

static int badness_fill(struct mms_reader *reader)
{
	struct badness_state *state = reader->state;
	struct mms_badness *badness = &state->badness;

	while (!state->judged) {
		int ret = mms_badness_batch(badness);

		if (ret < 0)
			return ret;
		state->judged = !ret;
		if (state->judged)
			put_head(reader);
		if (signal_pending(current))
			return 1;
	}
	while (mms_table_room(&reader->table)) {
		if (state->next == badness->nr) {
			mms_reader_end(reader, badness->list.gave_up ?
				       "moving" : NULL, &badness->list.stats);
			return 0;
		}
		put_task(&reader->table, &badness->tasks[state->next++]);
	}
	return 1;
}

static void badness_stop(struct mms_reader *reader)
{
	struct badness_state *state = reader->state;

	mms_badness_free(&state->badness);
}

const struct mms_view mms_view_badness = {
	.name = "badness",
	.format = 1,
	.keys = BIT(MMS_OOM_MEMCG),
	.state_size = sizeof(struct badness_state),
	.missing = mms_badness_missing,
	.start = badness_start,
	.fill = badness_fill,
	.stop = badness_stop,
};
