// SPDX-License-Identifier: GPL-2.0-only
/* pagecache/file: what the page cache holds of one file. */

#include <linux/kernel.h>
#include <linux/sched/signal.h>

#include "../probe/filecache.h"
#include "../probe/layout.h"
#include "../probe/walk.h"
#include "pagecache.h"

/**
 * struct file_state - an answer under way
 * @dev_major: which file it is about, with the next three.
 * @dev_minor: the same.
 * @number: the same.
 * @generation: the same.
 * @next: run of the last batch that is written next.
 * @pages: pages by state.
 * @runs: the file being read.
 */
struct file_state {
	unsigned int dev_major;
	unsigned int dev_minor;
	u64 number;
	u32 generation;
	unsigned int next;
	u64 pages[MMS_NR_CACHED_STATES];
	struct mms_cached_runs runs;
};

static void remember(struct file_state *state,
		     const struct mms_cached_file *file)
{
	state->dev_major = file->dev_major;
	state->dev_minor = file->dev_minor;
	state->number = file->number;
	state->generation = file->generation;
}

static bool is_same(const struct file_state *state,
		    const struct mms_cached_file *file)
{
	return state->dev_major == file->dev_major &&
	       state->dev_minor == file->dev_minor &&
	       state->number == file->number &&
	       state->generation == file->generation;
}

static const char *asked_path(const struct mms_reader *reader)
{
	return mms_query_text(&reader->selection.query, MMS_PAGECACHE_PATH);
}

static int file_start(struct mms_reader *reader)
{
	struct file_state *state = reader->state;
	struct mms_table *table = &reader->table;
	struct mms_cached_file file;
	char dev[32];
	int err;

	if (!*asked_path(reader))
		return -EINVAL;
	err = mms_cached_open(asked_path(reader), &file);
	if (err)
		return err;
	remember(state, &file);
	mms_reader_head(reader);
	mms_reader_asked(reader);
	snprintf(dev, sizeof(dev), "%u:%u", file.dev_major, file.dev_minor);
	mms_table_key_word(table, "dev", dev);
	mms_table_key_u64(table, "inode", file.number);
	mms_table_key_text(table, "fstype", file.fstype);
	mms_table_key_u64(table, "size_bytes", file.size);
	mms_table_columns(table, "index pages order state flags pfn folios "
			  "mapped_pages");
	mms_cached_close(&file);
	return 0;
}

static void put_run(struct mms_table *table, const struct mms_cached_run *run)
{
	mms_table_u64(table, run->index);
	mms_table_u64(table, run->pages);
	mms_table_u64(table, run->order);
	mms_table_word(table, mms_cached_state_names[run->state]);
	mms_table_set(table, run->flags, mms_cached_flag_names);
	if (run->state == MMS_CACHED)
		mms_table_u64(table, run->pfn);
	else
		mms_table_none(table);
	mms_table_u64(table, run->folios);
	mms_table_u64(table, run->mapped);
	mms_table_row(table);
}

static void put_end(struct mms_reader *reader, const char *stopped)
{
	struct file_state *state = reader->state;
	const struct mms_walk_stats stats = {
		.scanned = state->runs.scanned,
		.retries = state->runs.retries,
	};
	struct mms_table *table = &reader->table;

	mms_reader_end_keys(reader, stopped, &stats);
	mms_table_key_u64(table, "cached_pages", state->pages[MMS_CACHED]);
	mms_table_key_u64(table, "evicted_pages",
			  state->pages[MMS_CACHED_EVICTED]);
	mms_table_key_u64(table, "swapped_pages",
			  state->pages[MMS_CACHED_SWAPPED]);
	mms_table_end_line(table);
}

/* Return: 1 if there is more, 0 if all has been written. */
static int put_runs(struct mms_reader *reader,
		    const struct mms_cached_file *file)
{
	struct file_state *state = reader->state;
	struct mms_cached_runs *runs = &state->runs;

	while (mms_table_room(&reader->table)) {
		if (state->next < runs->nr) {
			const struct mms_cached_run *run;

			run = &runs->out[state->next++];
			state->pages[run->state] += run->pages;
			put_run(&reader->table, run);
			continue;
		}
		if (runs->finished)
			return 0;
		state->next = 0;
		mms_cached_runs_batch(file->inode, runs);
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return 1;
}

/*
 * The file is held only while its runs are read, and looked up again for the
 * next: a reader that waits does not keep a filesystem mounted.
 */
static int file_fill(struct mms_reader *reader)
{
	struct file_state *state = reader->state;
	struct mms_cached_file file;
	int ret;

	if (mms_cached_open(asked_path(reader), &file)) {
		put_end(reader, "gone");
		return 0;
	}
	if (is_same(state, &file)) {
		ret = put_runs(reader, &file);
		if (!ret)
			put_end(reader, NULL);
	} else {
		put_end(reader, "replaced");
		ret = 0;
	}
	mms_cached_close(&file);
	return ret;
}

const struct mms_view mms_view_pagecache_file = {
	.name = "file",
	.format = 1,
	.keys = BIT(MMS_PAGECACHE_PATH),
	.state_size = sizeof(struct file_state),
	.missing = mms_layout_missing,
	.start = file_start,
	.fill = file_fill,
};
