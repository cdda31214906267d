// SPDX-License-Identifier: GPL-2.0-only
/* The debugfs side that all views share. */

#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../limits.h"
#include "../probe/access.h"
#include "../probe/process.h"
#include "../probe/walk.h"
#include "file.h"

static_assert(MMS_VIEW_BUFFER >= 2 * MMS_TABLE_ROW_MAX);

static void selection_copy(struct mms_selection *to,
			   const struct mms_selection *from)
{
	to->query = from->query;
	to->pid = mms_pid_get(from->pid);
}

static void selection_put(struct mms_selection *selection)
{
	mms_pid_put(selection->pid);
	selection->pid = NULL;
}

/*
 * Parses what a writer has written.  The errors come in the order that the
 * format promises: malformed, out of range, too long, no such process, no
 * permission.  @selection is filled on success only.
 */
static int selection_parse(const struct mms_dir *dir, u64 allowed,
			   const char __user *ubuf, size_t count,
			   struct mms_selection *selection)
{
	struct mms_selection new = {};
	char *text;
	int err;

	if (count > MMS_QUERY_COPY_MAX)
		return -E2BIG;
	text = memdup_user(ubuf, count);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = mms_query_parse(dir->keys, dir->nr_keys, allowed, text, count,
			      &new.query);
	kfree(text);
	if (err)
		return err;
	if (dir->pid_key >= 0 && new.query.value[dir->pid_key]) {
		new.pid = mms_pid_find(new.query.value[dir->pid_key]);
		if (!new.pid)
			return -ESRCH;
	}
	err = mms_access();
	if (err)
		selection_put(&new);
	else
		*selection = new;
	return err;
}

static void reader_stop(struct mms_reader *reader)
{
	if (reader->running)
		mms_answer_end(reader);
	if (reader->running && reader->view->stop)
		reader->view->stop(reader);
	reader->running = false;
	reader->ended = false;
	reader->sent = 0;
	reader->pos = 0;
	reader->table.len = 0;
}

static int reader_start(struct mms_reader *reader)
{
	size_t size = reader->view->buffer_size ?: MMS_VIEW_BUFFER;
	char *buf = reader->table.buf;
	int err;

	if (!buf)
		buf = kvmalloc(size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	mms_table_init(&reader->table, buf, size);
	if (!reader->state && reader->view->state_size)
		reader->state = kvmalloc(reader->view->state_size, GFP_KERNEL);
	if (!reader->state && reader->view->state_size)
		return -ENOMEM;
	if (reader->state)
		memset(reader->state, 0, reader->view->state_size);

	reader->running = true;
	mms_answer_begin(reader);
	err = reader->view->start(reader);
	reader->answer.err = err;
	if (err)
		reader_stop(reader);
	return err;
}

void mms_reader_name(const struct mms_reader *reader, char *name, size_t size)
{
	if (reader->dir->name)
		snprintf(name, size, "%s/%s", reader->dir->name,
			 reader->view->name);
	else
		strscpy(name, reader->view->name, size);
}

void mms_reader_head(struct mms_reader *reader)
{
	char name[64];

	mms_reader_name(reader, name, sizeof(name));
	mms_table_head(&reader->table, name, reader->view->format);
}

void mms_reader_asked(struct mms_reader *reader)
{
	const struct mms_dir *dir = reader->dir;
	u64 which = reader->view->keys;
	char words[MMS_QUERY_LINE_MAX];
	int len;

	/* The process is named by the number and name that it has now. */
	if (dir->pid_key >= 0)
		which &= ~BIT_ULL(dir->pid_key);
	if (!which)
		return;
	len = mms_query_format(dir->keys, dir->nr_keys, which,
			       &reader->selection.query, words, sizeof(words));
	if (len <= 0)
		return;
	words[len - 1] = '\0';	/* the newline */
	mms_table_words(&reader->table, words);
}

void mms_reader_end_keys(struct mms_reader *reader, const char *stopped,
			 const struct mms_walk_stats *stats)
{
	struct mms_table *table = &reader->table;

	mms_answer_note(reader, stopped, stats);
	mms_table_end(table, !stopped);
	if (stats) {
		mms_table_key_u64(table, "scanned", stats->scanned);
		mms_table_key_u64(table, "lock_max_ns", stats->lock_max_ns);
		mms_table_key_u64(table, "lock_total_ns",
				  stats->lock_total_ns);
		mms_table_key_u64(table, "retries", stats->retries);
	}
	if (stopped)
		mms_table_key_word(table, "stopped", stopped);
}

void mms_reader_end(struct mms_reader *reader, const char *stopped,
		    const struct mms_walk_stats *stats)
{
	mms_reader_end_keys(reader, stopped, stats);
	mms_table_end_line(&reader->table);
}

/* Makes more of the stream.  Return: 1, 0 at its end, or an errno. */
static int reader_refill(struct mms_reader *reader)
{
	int ret;

	if (reader->ended)
		return 0;
	/* What has failed may have lost a row, so it does not go on. */
	if (reader->answer.err && reader->answer.err != -EINTR)
		return reader->answer.err;
	reader->table.len = 0;
	reader->sent = 0;
	ret = reader->view->fill(reader);
	reader->answer.err = min(ret, 0);
	if (ret < 0)
		return ret;
	reader->ended = !ret;
	if (reader->ended)
		mms_answer_end(reader);
	return 1;
}

/*
 * copy_to_user() word by word.  On CPUs that copy with `rep movsb` it counts
 * one instruction per byte, and a record of entries_raw would cost more to
 * hand over than to make.
 */
static bool copy_words(char __user *to, const char *from, size_t n)
{
	size_t i = 0;

	if (!user_write_access_begin(to, n))
		return false;
	for (; i + 32 <= n; i += 32) {
		const u64 *w = (const u64 *)(from + i);
		u64 __user *u = (u64 __user *)(to + i);

		unsafe_put_user(w[0], u, fault);
		unsafe_put_user(w[1], u + 1, fault);
		unsafe_put_user(w[2], u + 2, fault);
		unsafe_put_user(w[3], u + 3, fault);
	}
	for (; i < n; i++)
		unsafe_put_user(from[i], to + i, fault);
	user_write_access_end();
	return true;
fault:
	user_write_access_end();
	return false;
}

static ssize_t reader_copy(struct mms_reader *reader, char __user *ubuf,
			   size_t count)
{
	size_t n = min(count, reader->table.len - reader->sent);

	if (!copy_words(ubuf, reader->table.buf + reader->sent, n))
		return -EFAULT;
	reader->sent += n;
	reader->pos += n;
	return n;
}

static ssize_t reader_read(struct mms_reader *reader, char __user *ubuf,
			   size_t count)
{
	size_t done = 0;
	ssize_t ret = 0;

	if (!reader->running)
		ret = reader_start(reader);
	while (!ret && done < count) {
		ssize_t n = reader_copy(reader, ubuf + done, count - done);

		if (n < 0) {
			ret = n;
			break;
		}
		done += n;
		if (done == count)
			break;
		if (signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		cond_resched();
		ret = reader_refill(reader);
		if (ret <= 0)
			break;
		ret = 0;
	}
	return done ? done : ret;
}

static ssize_t view_read(struct file *file, char __user *ubuf, size_t count,
			 loff_t *ppos)
{
	struct mms_reader *reader = file->private_data;
	ssize_t ret;

	if (mutex_lock_interruptible(&reader->lock))
		return -EINTR;
	/* From the start again: a new answer. */
	if (!*ppos)
		reader_stop(reader);
	if (*ppos == reader->pos)
		ret = reader_read(reader, ubuf, count);
	else
		ret = -ESPIPE;
	if (ret > 0)
		*ppos = reader->pos;
	mutex_unlock(&reader->lock);
	return ret;
}

static ssize_t view_write(struct file *file, const char __user *ubuf,
			  size_t count, loff_t *ppos)
{
	struct mms_reader *reader = file->private_data;
	struct mms_selection new;
	int err;

	if (mutex_lock_interruptible(&reader->lock))
		return -EINTR;
	err = selection_parse(reader->dir, reader->view->keys, ubuf, count,
			      &new);
	if (!err) {
		reader_stop(reader);
		selection_put(&reader->selection);
		reader->selection = new;
		*ppos = 0;
	}
	mutex_unlock(&reader->lock);
	return err ? err : count;
}

/* A stream can be taken from its start again, nothing else. */
static loff_t view_llseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_CUR && !offset)
		return file->f_pos;
	if (whence != SEEK_SET || offset)
		return -ESPIPE;
	file->f_pos = 0;
	return 0;
}

/**
 * struct mms_view_file - what a file's inode points to
 * @dir: its directory.
 * @view: its view.
 */
struct mms_view_file {
	struct mms_dir *dir;
	const struct mms_view *view;
};

static int view_open(struct inode *inode, struct file *file)
{
	const struct mms_view_file *which = inode->i_private;
	struct mms_reader *reader;
	int err;

	if (which->view->missing && which->view->missing())
		return -EOPNOTSUPP;
	err = mms_access();
	if (err)
		return err;
	reader = kzalloc(sizeof(*reader), GFP_KERNEL);
	if (!reader)
		return -ENOMEM;
	reader->dir = which->dir;
	reader->view = which->view;
	mutex_init(&reader->lock);
	mutex_lock(&which->dir->lock);
	selection_copy(&reader->selection, &which->dir->selection);
	mutex_unlock(&which->dir->lock);
	file->private_data = reader;
	return 0;
}

static int view_release(struct inode *inode, struct file *file)
{
	struct mms_reader *reader = file->private_data;

	reader_stop(reader);
	selection_put(&reader->selection);
	kvfree(reader->state);
	kvfree(reader->table.buf);
	kfree(reader);
	return 0;
}

static const struct file_operations view_fops = {
	.owner = THIS_MODULE,
	.open = view_open,
	.read = view_read,
	.write = view_write,
	.llseek = view_llseek,
	.release = view_release,
};

static int query_open(struct inode *inode, struct file *file)
{
	int err = mms_access();

	if (!err)
		file->private_data = inode->i_private;
	return err;
}

static ssize_t query_read(struct file *file, char __user *ubuf, size_t count,
			  loff_t *ppos)
{
	struct mms_dir *dir = file->private_data;
	char line[MMS_QUERY_LINE_MAX];
	int len;

	mutex_lock(&dir->lock);
	len = mms_query_format(dir->keys, dir->nr_keys, ~0ULL,
			       &dir->selection.query, line, sizeof(line));
	mutex_unlock(&dir->lock);
	if (len < 0)
		return len;
	return simple_read_from_buffer(ubuf, count, ppos, line, len);
}

static ssize_t query_write(struct file *file, const char __user *ubuf,
			   size_t count, loff_t *ppos)
{
	struct mms_dir *dir = file->private_data;
	struct mms_selection new, old;
	int err;

	err = selection_parse(dir, ~0ULL, ubuf, count, &new);
	if (err)
		return err;
	mutex_lock(&dir->lock);
	old = dir->selection;
	dir->selection = new;
	mutex_unlock(&dir->lock);
	selection_put(&old);
	return count;
}

static const struct file_operations query_fops = {
	.owner = THIS_MODULE,
	.open = query_open,
	.read = query_read,
	.write = query_write,
	.llseek = default_llseek,
};

/*
 * Usually nobody needs to look at what debugfs returns.  But a view without its
 * file would be one that this mmscope does not have: so it is all or none.
 */
int mms_dir_create(struct mms_dir *dir, struct dentry *parent)
{
	struct dentry *made = NULL;
	unsigned int i;

	mutex_init(&dir->lock);
	mms_query_init(dir->keys, dir->nr_keys, &dir->selection.query);
	dir->files = kcalloc(dir->nr_views, sizeof(*dir->files), GFP_KERNEL);
	if (!dir->files)
		return -ENOMEM;

	if (dir->name)
		parent = debugfs_create_dir(dir->name, parent);
	if (dir->nr_keys)
		made = debugfs_create_file("query", 0600, parent, dir,
					   &query_fops);
	for (i = 0; i < dir->nr_views && !IS_ERR(made); i++) {
		const struct mms_view *view = dir->views[i];

		dir->files[i].dir = dir;
		dir->files[i].view = view;
		made = debugfs_create_file(view->name,
					   view->keys ? 0600 : 0400, parent,
					   &dir->files[i], &view_fops);
	}
	return PTR_ERR_OR_ZERO(made);
}

void mms_dir_release(struct mms_dir *dir)
{
	selection_put(&dir->selection);
	kfree(dir->files);
	dir->files = NULL;
}
