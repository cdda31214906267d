// SPDX-License-Identifier: GPL-2.0-only
/* mmscope: shows what Linux memory management is doing, through debugfs. */

#include <linux/debugfs.h>
#include <linux/module.h>

#include "compat/pgtable.h"
#include "lab/lab.h"
#include "version.h"
#include "view/dirs.h"
#include "view/oom.h"
#include "view/process.h"
#include "view/top.h"

static struct dentry *root;

static void release_dirs(void)
{
	unsigned int i;

	for (i = 0; i < mms_nr_dirs; i++)
		mms_dir_release(mms_dirs[i]);
	for (i = 0; i < mms_nr_labs; i++)
		mms_lab_release(mms_labs[i]);
}

static const char *lab_cap(unsigned int i, const char **why)
{
	if (i >= mms_nr_labs)
		return NULL;
	*why = mms_lab_missing(mms_labs[i]);
	return mms_labs[i]->type->name;
}

static int create_labs(void)
{
	struct dentry *dir = debugfs_create_dir("lab", root);
	unsigned int i;
	int err = 0;

	for (i = 0; i < mms_nr_labs && !err; i++)
		err = mms_lab_create(mms_labs[i], dir);
	return err;
}

static int create_dirs(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < mms_nr_dirs && !err; i++)
		err = mms_dir_create(mms_dirs[i], root);
	return err;
}

static int __init mmscope_init(void)
{
	int err;

	mms_entry_format_init();
	mms_process_dir_init();
	mms_top_set_labs(lab_cap);
	err = mms_oom_dir_init();
	if (err)
		return err;
	root = debugfs_create_dir("mmscope", NULL);
	err = PTR_ERR_OR_ZERO(root) ?: create_dirs() ?: create_labs();
	if (!err)
		return 0;

	/* Nothing, if there is no root. */
	debugfs_remove(root);
	release_dirs();
	mms_oom_dir_exit();
	return err;
}

/*
 * An open file holds a reference on the module, so none is open here;
 * debugfs_remove() waits for those that are just being opened.
 */
static void __exit mmscope_exit(void)
{
	debugfs_remove(root);
	release_dirs();
	mms_oom_dir_exit();
}

module_init(mmscope_init);
module_exit(mmscope_exit);

MODULE_DESCRIPTION("Shows what Linux memory management is doing");
MODULE_AUTHOR("mmscope developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(MMS_VERSION);
