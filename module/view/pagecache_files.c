// SPDX-License-Identifier: GPL-2.0-only
/* pagecache/files: what fills the page cache. */

#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/sched/signal.h>

#include "../probe/files.h"
#include "../probe/layout.h"
#include "pagecache.h"

/**
 * struct files_state - an answer under way
 * @files: the files.
 * @shown: how many have been written.
 * @shown_pages: pages of those.
 * @dev_major: of the file written last, and
 * @dev_minor: the same, as
 * @dev: a field.
 */
struct files_state {
	struct mms_files files;
	unsigned int shown;
	u64 shown_pages;
	unsigned int dev_major;
	unsigned int dev_minor;
	struct mms_cell dev;
};

static const char *files_missing(void)
{
	return mms_layout_missing() ?: mms_supers_missing();
}

static int files_start(struct mms_reader *reader)
{
	struct files_state *state = reader->state;

	mms_reader_head(reader);
	mms_reader_asked(reader);
	mms_table_columns(&reader->table, "dev inode fstype cached_pages "
			  "dirty_pages writeback_pages mapped_pages "
			  "evicted_pages orders files path");
	return mms_files_init(&state->files,
			      mms_reader_value(reader, MMS_PAGECACHE_TOP));
}

/* Folios by order, as `order=folios,...`. */
static void put_orders(struct mms_table *table, const struct mms_cached *cached)
{
	static const char *const names[] = {
		"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11",
		"12", "13",
	};
	unsigned long left = cached->orders;
	bool empty = true;

	static_assert(ARRAY_SIZE(names) == MMS_CACHED_ORDERS);
	mms_table_none(table);
	for (; left; left &= left - 1) {
		unsigned int i = __ffs(left);

		mms_table_set_key(table, names[i], cached->folios[i], empty);
		empty = false;
	}
}

/* The device, which most often is that of the row before. */
static void put_dev(struct mms_table *table, struct files_state *state,
		    const struct mms_file *file)
{
	struct mms_table text;
	char dev[32];

	if (!state->dev.len || state->dev_major != file->dev_major ||
	    state->dev_minor != file->dev_minor) {
		snprintf(dev, sizeof(dev), "%u:%u", file->dev_major,
			 file->dev_minor);
		mms_cell_begin(&state->dev, &text);
		mms_table_word(&text, dev);
		mms_cell_end(&state->dev, &text);
		state->dev_major = file->dev_major;
		state->dev_minor = file->dev_minor;
	}
	mms_table_cell(table, &state->dev);
}

static void put_path(struct mms_table *table, const struct mms_file *file)
{
	char device[32];

	if (!file->block) {
		mms_table_text(table, file->path);
		return;
	}
	snprintf(device, sizeof(device), "block:%u:%u", file->dev_major,
		 file->dev_minor);
	mms_table_word(table, device);
}

static void put_file(struct mms_table *table, struct files_state *state,
		     const struct mms_file *file)
{
	const struct mms_cached *cached = &file->cached;

	put_dev(table, state, file);
	mms_table_u64(table, file->number);
	mms_table_word(table, file->fstype);
	mms_table_u64(table, cached->pages);
	mms_table_u64(table, cached->dirty);
	mms_table_u64(table, cached->writeback);
	mms_table_u64(table, cached->mapped);
	mms_table_u64(table, cached->evicted);
	put_orders(table, cached);
	mms_table_u64(table, 1);
	put_path(table, file);
	mms_table_row(table);
}

/* All that are not listed, so that the column of pages has a sum. */
static void put_rest(struct mms_table *table, const struct files_state *state)
{
	const struct mms_files *files = &state->files;
	unsigned int i;

	for (i = 0; i < 3; i++)
		mms_table_none(table);
	mms_table_u64(table, files->sum.pages - state->shown_pages);
	for (i = 0; i < 5; i++)
		mms_table_none(table);
	mms_table_u64(table, files->sum.files - files->list.nr);
	mms_table_none(table);
	mms_table_row(table);
}

static void put_end(struct mms_reader *reader, const struct mms_files *files)
{
	struct mms_table *table = &reader->table;

	mms_reader_end_keys(reader, files->left ? "busy" : NULL, &files->stats);
	mms_table_key_u64(table, "files", files->sum.files);
	mms_table_key_u64(table, "cached_pages", files->sum.pages);
	mms_table_key_u64(table, "kernel_pages", mms_files_counted());
	if (files->left)
		mms_table_key_u64(table, "busy_filesystems", files->left);
	mms_table_end_line(table);
}

static int files_fill(struct mms_reader *reader)
{
	struct files_state *state = reader->state;
	struct mms_files *files = &state->files;
	int err;

	if (!files->finished) {
		err = mms_files_collect(files);
		if (err)
			return err == -EINTR ? 1 : err;
	}
	while (state->shown < files->list.nr) {
		const struct mms_file *file = files->list.file[state->shown];

		if (!mms_table_room(&reader->table))
			return 1;
		put_file(&reader->table, state, file);
		state->shown++;
		state->shown_pages += file->cached.pages;
	}
	if (!mms_table_room(&reader->table))
		return 1;
	if (files->sum.files > files->list.nr)
		put_rest(&reader->table, state);
	put_end(reader, files);
	return 0;
}

static void files_stop(struct mms_reader *reader)
{
	struct files_state *state = reader->state;

	mms_files_free(&state->files);
}

const struct mms_view mms_view_pagecache_files = {
	.name = "files",
	.format = 1,
	.keys = BIT(MMS_PAGECACHE_TOP),
	.state_size = sizeof(struct files_state),
	.missing = files_missing,
	.start = files_start,
	.fill = files_fill,
	.stop = files_stop,
};
