/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The debugfs side that all views share: directories with a default query,
 * files with a query of their own, reading in pieces.
 *
 * A read is a stream: the view is asked for rows while the buffer has room,
 * the buffer is handed to the reader, and so on to the end line.  No lock of
 * the kernel is held while anything is formatted or copied out, and an answer
 * may be of any length.  (seq_file formats inside its start/stop window, so
 * that a lock taken there is held during formatting.)
 */
#ifndef MMS_VIEW_FILE_H
#define MMS_VIEW_FILE_H

#include <linux/fs.h>
#include <linux/mutex.h>

#include "../core/query.h"
#include "../core/table.h"
#include "answer.h"

struct dentry;
struct mms_dir;
struct mms_reader;
struct mms_view_file;
struct pid;

/**
 * struct mms_selection - what a query selects
 * @query: the values.
 * @pid: the process that the PID key names, referenced; NULL for the reader.
 */
struct mms_selection {
	struct mms_query query;
	struct pid *pid;
};

/**
 * struct mms_view - one file
 * @name: name of the file.
 * @format: number of the format.
 * @keys: bit i is set if the file uses key i of its directory.
 * @state_size: bytes of state that an open file needs.
 * @buffer_size: bytes of text buffer, if the rows are so short that it pays to
 *	have a smaller one (fresh memory is cleared); 0 is %MMS_VIEW_BUFFER.
 *	Such a view asks mms_table_room_for(), not mms_table_room().
 * @binary: the content is records, not text.
 * @missing: why the file is switched off, or NULL if it is not; may be NULL.
 *	May sleep.
 * @start: begins an answer: resolves what the query names, writes the first
 *	lines.  Return: 0 or an errno for the reader.
 * @fill: adds rows while there is room, for a bounded time.  Return: 1 if
 *	there may be more, 0 if that was all (the view then has called
 *	mms_reader_end(), unless it is binary), or an errno for the reader.
 * @stop: gives back what @start took; may be NULL.  Called once per @start,
 *	also if that failed.
 */
struct mms_view {
	const char *name;
	unsigned int format;
	u64 keys;
	size_t state_size;
	size_t buffer_size;
	bool binary;
	const char *(*missing)(void);
	int (*start)(struct mms_reader *reader);
	int (*fill)(struct mms_reader *reader);
	void (*stop)(struct mms_reader *reader);
};

/**
 * struct mms_dir - a directory of views
 * @name: its name; NULL for the top.
 * @keys: the keys of its queries.
 * @nr_keys: number of @keys.
 * @pid_key: index of the key that names a process, or -1.
 * @views: its files.
 * @nr_views: number of @views.
 * @lock: protects @selection.
 * @selection: the default query, which each open copies.
 * @files: what the files' inodes point to.
 */
struct mms_dir {
	const char *name;
	const struct mms_key *keys;
	unsigned int nr_keys;
	int pid_key;
	const struct mms_view *const *views;
	unsigned int nr_views;
	struct mutex lock;
	struct mms_selection selection;
	struct mms_view_file *files;
};

/**
 * struct mms_reader - an open file
 * @dir: its directory.
 * @view: its view.
 * @lock: protects all below; one read or write at a time.
 * @selection: what this open selects.
 * @table: the buffer.
 * @sent: bytes of the buffer that the reader has.
 * @pos: position in the stream.
 * @running: between @view->start and @view->stop.
 * @ended: the last line is in the buffer.
 * @state: @view->state_size bytes, zero at each start.
 * @answer: what is told of the answer under way to who traces.
 */
struct mms_reader {
	struct mms_dir *dir;
	const struct mms_view *view;
	struct mutex lock;
	struct mms_selection selection;
	struct mms_table table;
	size_t sent;
	loff_t pos;
	bool running;
	bool ended;
	void *state;
	struct mms_answer answer;
};

/**
 * mms_reader_value() - value of a key
 * @reader: the reader.
 * @key: index of the key.
 *
 * Return: its value.
 */
static inline u64 mms_reader_value(const struct mms_reader *reader,
				   unsigned int key)
{
	return reader->selection.query.value[key];
}

/**
 * mms_reader_name() - name of the view
 * @reader: the reader.
 * @name: where it goes: dir/name, or just name at the top.
 * @size: size of @name.
 */
void mms_reader_name(const struct mms_reader *reader, char *name, size_t size);

/**
 * mms_reader_head() - begins the first line
 * @reader: the reader.
 *
 * mms_table_key_*() may follow, then mms_table_columns().
 */
void mms_reader_head(struct mms_reader *reader);

/**
 * mms_reader_asked() - says in the first line what was asked
 * @reader: the reader.
 *
 * Adds the keys that the view uses, with their values, so that an answer that
 * was saved says what it is an answer to.
 */
void mms_reader_asked(struct mms_reader *reader);

/**
 * mms_reader_end() - writes the last line
 * @reader: the reader.
 * @stopped: why the answer is not complete, one word; NULL if it is.
 * @stats: what it has cost, or NULL if nothing was walked.
 */
void mms_reader_end(struct mms_reader *reader, const char *stopped,
		    const struct mms_walk_stats *stats);

/**
 * mms_reader_end_keys() - begins the last line
 * @reader: the reader.
 * @stopped: as in mms_reader_end().
 * @stats: as in mms_reader_end().
 *
 * mms_table_key_*() may follow, then mms_table_end_line().
 */
void mms_reader_end_keys(struct mms_reader *reader, const char *stopped,
			 const struct mms_walk_stats *stats);

/**
 * mms_dir_create() - makes a directory and its files
 * @dir: the directory; lives until mms_dir_release().
 * @parent: mmscope's own directory.
 *
 * A directory without a name puts its files into @parent itself.  A directory
 * with keys gets a file `query`.
 *
 * Return: 0 or -ENOMEM.
 */
int mms_dir_create(struct mms_dir *dir, struct dentry *parent);

/**
 * mms_dir_release() - gives back what the default query holds
 * @dir: the directory; its files have been removed.  May never have been made.
 */
void mms_dir_release(struct mms_dir *dir);

#endif /* MMS_VIEW_FILE_H */
