// SPDX-License-Identifier: GPL-2.0-only
/* What all experiments share. */

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../probe/access.h"
#include "lab.h"

/* As the format promises: malformed, out of range, too long, no permission. */
static int parse(const struct mms_key *keys, unsigned int nr,
		 const char __user *ubuf, size_t count, struct mms_query *query)
{
	char *text;
	int err;

	if (count > MMS_QUERY_COPY_MAX)
		return -E2BIG;
	text = memdup_user(ubuf, count);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = mms_query_parse(keys, nr, ~0ULL, text, count, query);
	kfree(text);
	return err ?: mms_access();
}

const char *mms_lab_missing(const struct mms_lab *lab)
{
	return lab->type->missing ? lab->type->missing() : NULL;
}

static int check_open(const struct mms_lab *lab)
{
	if (mms_lab_missing(lab))
		return -EOPNOTSUPP;
	return mms_access();
}

void mms_lab_head(struct mms_lab_run *run)
{
	const struct mms_lab_type *type = run->lab->type;
	char words[MMS_QUERY_LINE_MAX], name[64];
	int len;

	snprintf(name, sizeof(name), "lab/%s", type->name);
	mms_table_head(&run->text->table, name, type->format);
	len = mms_query_format(type->keys, type->nr_keys, ~0ULL, &run->query,
			       words, sizeof(words));
	if (len <= 0)
		return;
	words[len - 1] = '\0';	/* the newline */
	mms_table_words(&run->text->table, words);
}

/* Makes the lab this file's.  Return: 0, or -EBUSY. */
static int take_lab(struct mms_lab_run *run)
{
	struct mms_lab *lab = run->lab;
	int err = 0;

	mutex_lock(&lab->lock);
	if (lab->owner) {
		err = -EBUSY;
	} else {
		lab->owner = run;
		run->limits = lab->limits;
	}
	mutex_unlock(&lab->lock);
	return err;
}

static void leave_lab(struct mms_lab_run *run)
{
	struct mms_lab *lab = run->lab;

	mutex_lock(&lab->lock);
	lab->owner = NULL;
	mutex_unlock(&lab->lock);
}

/* Gives back what the file holds. */
static void give_back(struct mms_lab_run *run)
{
	u64 held_pages = run->held_pages;

	if (!run->holds)
		return;
	run->lab->type->give_back(run);
	run->holds = false;
	trace_lab_give_back(run->number, run->lab->type->name, held_pages);
	leave_lab(run);
}

/* What others see of the run: why it failed, or its answer. */
static void publish(struct mms_lab_run *run, int err)
{
	struct mms_lab *lab = run->lab;
	struct mms_text *old = NULL;

	mutex_lock(&lab->lock);
	lab->refused = err < 0 ? run->refused : NULL;
	if (err >= 0) {
		old = lab->result;
		lab->result = mms_text_get(run->text);
	}
	mutex_unlock(&lab->lock);
	mms_text_put(old);
}

static void forget_answer(struct mms_lab_run *run)
{
	mms_text_put(run->text);
	run->text = NULL;
}

static atomic64_t runs;

/* Only while it is traced. */
static void tell_begin(struct mms_lab_run *run)
{
	const struct mms_lab_type *type = run->lab->type;
	char query[MMS_QUERY_LINE_MAX];
	int len;

	len = mms_query_format(type->keys, type->nr_keys, ~0ULL, &run->query,
			       query, sizeof(query));
	/* Without the newline. */
	query[len > 0 ? len - 1 : 0] = '\0';
	run->number = atomic64_inc_return(&runs);
	trace_lab_begin(run->number, type->name, query);
}

/* The lab is this file's. */
static int do_run(struct mms_lab_run *run)
{
	const struct mms_lab_type *type = run->lab->type;
	int ret;

	run->text = mms_text_new();
	if (!run->state)
		run->state = kvzalloc(type->state_size, GFP_KERNEL);
	if (!run->text || !run->state)
		return -ENOMEM;
	memset(run->state, 0, type->state_size);
	run->pid = task_tgid_vnr(current);
	WRITE_ONCE(run->done, 0);
	WRITE_ONCE(run->wanted, 0);
	ret = type->run(run);
	if (ret > 0)
		run->holds = true;
	else
		type->give_back(run);
	return ret;
}

static int start_run(struct mms_lab_run *run, const struct mms_query *query)
{
	int ret;

	give_back(run);
	forget_answer(run);
	ret = take_lab(run);
	if (ret)
		return ret;
	run->query = *query;
	run->refused = NULL;
	run->number = 0;
	if (trace_lab_begin_enabled())
		tell_begin(run);
	ret = do_run(run);
	trace_lab_end(run->number, run->lab->type->name, min(ret, 0),
		      ret < 0 ? run->refused : NULL, run->holds,
		      run->held_pages);
	publish(run, ret);
	if (ret < 0)
		forget_answer(run);
	if (!run->holds)
		leave_lab(run);
	return ret < 0 ? ret : 0;
}

static int run_open(struct inode *inode, struct file *file)
{
	struct mms_lab *lab = inode->i_private;
	struct mms_lab_run *run;
	int err = check_open(lab);

	if (err)
		return err;
	run = kzalloc(sizeof(*run), GFP_KERNEL);
	if (!run)
		return -ENOMEM;
	run->lab = lab;
	mutex_init(&run->lock);
	file->private_data = run;
	return 0;
}

static ssize_t run_write(struct file *file, const char __user *ubuf,
			 size_t count, loff_t *ppos)
{
	struct mms_lab_run *run = file->private_data;
	const struct mms_lab_type *type = run->lab->type;
	struct mms_query query;
	int err;

	if (mutex_lock_interruptible(&run->lock))
		return -EINTR;
	err = parse(type->keys, type->nr_keys, ubuf, count, &query);
	if (!err)
		err = start_run(run, &query);
	if (!err)
		*ppos = 0;
	mutex_unlock(&run->lock);
	return err ? err : count;
}

/* Lines of a lab at work, for who has not written to the file. */
static void put_status(struct mms_lab *lab, struct mms_table *table)
{
	const struct mms_lab_run *run;
	char name[64];

	snprintf(name, sizeof(name), "lab/%s", lab->type->name);
	mms_table_head(table, name, lab->type->format);
	mms_table_columns(table, NULL);
	mutex_lock(&lab->lock);
	run = lab->owner;
	mms_table_value_text(table, "state", !run ? "idle" :
			     READ_ONCE(run->holds) ? "holding" : "running");
	mms_table_value_u64(table, "pid", run ? run->pid : 0);
	mms_table_value_u64(table, "done", run ? READ_ONCE(run->done) : 0);
	mms_table_value_u64(table, "wanted", run ? READ_ONCE(run->wanted) : 0);
	mms_table_value_u64(table, "held_pages",
			    run ? READ_ONCE(run->held_pages) : 0);
	mms_table_value_text(table, "refused", lab->refused);
	mutex_unlock(&lab->lock);
	mms_table_end(table, true);
	mms_table_end_line(table);
}

static ssize_t read_status(struct mms_lab *lab, char __user *ubuf,
			   size_t count, loff_t *ppos)
{
	struct mms_text *text = mms_text_new();
	ssize_t ret;

	if (!text)
		return -ENOMEM;
	put_status(lab, &text->table);
	ret = simple_read_from_buffer(ubuf, count, ppos, text->table.buf,
				      text->table.len);
	mms_text_put(text);
	return ret;
}

static ssize_t run_read(struct file *file, char __user *ubuf, size_t count,
			loff_t *ppos)
{
	struct mms_lab_run *run = file->private_data;
	ssize_t ret;

	if (mutex_lock_interruptible(&run->lock))
		return -EINTR;
	if (run->text)
		ret = simple_read_from_buffer(ubuf, count, ppos,
					      run->text->table.buf,
					      run->text->table.len);
	else
		ret = read_status(run->lab, ubuf, count, ppos);
	mutex_unlock(&run->lock);
	return ret;
}

static int run_release(struct inode *inode, struct file *file)
{
	struct mms_lab_run *run = file->private_data;

	give_back(run);
	forget_answer(run);
	kvfree(run->state);
	kfree(run);
	return 0;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = run_open,
	.read = run_read,
	.write = run_write,
	.llseek = default_llseek,
	.release = run_release,
};

/* Which answer is the last is settled when the file is opened. */
static int result_open(struct inode *inode, struct file *file)
{
	struct mms_lab *lab = inode->i_private;
	int err = check_open(lab);

	if (err)
		return err;
	mutex_lock(&lab->lock);
	file->private_data = mms_text_get(lab->result);
	mutex_unlock(&lab->lock);
	return 0;
}

static ssize_t result_read(struct file *file, char __user *ubuf, size_t count,
			   loff_t *ppos)
{
	const struct mms_text *text = file->private_data;

	if (!text)
		return 0;
	return simple_read_from_buffer(ubuf, count, ppos, text->table.buf,
				       text->table.len);
}

static int result_release(struct inode *inode, struct file *file)
{
	mms_text_put(file->private_data);
	return 0;
}

static const struct file_operations result_fops = {
	.owner = THIS_MODULE,
	.open = result_open,
	.read = result_read,
	.llseek = default_llseek,
	.release = result_release,
};

static int limits_open(struct inode *inode, struct file *file)
{
	struct mms_lab *lab = inode->i_private;

	file->private_data = lab;
	return check_open(lab);
}

static ssize_t limits_read(struct file *file, char __user *ubuf, size_t count,
			   loff_t *ppos)
{
	struct mms_lab *lab = file->private_data;
	char line[MMS_QUERY_LINE_MAX];
	int len;

	mutex_lock(&lab->lock);
	len = mms_query_format(lab->type->limits, lab->type->nr_limits, ~0ULL,
			       &lab->limits, line, sizeof(line));
	mutex_unlock(&lab->lock);
	if (len < 0)
		return len;
	return simple_read_from_buffer(ubuf, count, ppos, line, len);
}

/* Limits that are not named get their default, as the keys of a query do. */
static ssize_t limits_write(struct file *file, const char __user *ubuf,
			    size_t count, loff_t *ppos)
{
	struct mms_lab *lab = file->private_data;
	struct mms_query query;
	int err;

	err = parse(lab->type->limits, lab->type->nr_limits, ubuf, count,
		    &query);
	if (err)
		return err;
	mutex_lock(&lab->lock);
	lab->limits = query;
	mutex_unlock(&lab->lock);
	return count;
}

static const struct file_operations limits_fops = {
	.owner = THIS_MODULE,
	.open = limits_open,
	.read = limits_read,
	.write = limits_write,
	.llseek = default_llseek,
};

int mms_lab_create(struct mms_lab *lab, struct dentry *parent)
{
	const struct mms_lab_type *type = lab->type;
	struct dentry *run, *result, *limits;

	mutex_init(&lab->lock);
	mms_query_init(type->limits, type->nr_limits, &lab->limits);
	/* An error of it is that of the files in it. */
	parent = debugfs_create_dir(type->name, parent);
	run = debugfs_create_file("run", 0600, parent, lab, &run_fops);
	result = debugfs_create_file("result", 0400, parent, lab,
				     &result_fops);
	limits = debugfs_create_file("limits", 0600, parent, lab,
				     &limits_fops);
	return PTR_ERR_OR_ZERO(run) ?: PTR_ERR_OR_ZERO(result) ?:
	       PTR_ERR_OR_ZERO(limits);
}

void mms_lab_release(struct mms_lab *lab)
{
	mms_text_put(lab->result);
	lab->result = NULL;
}
