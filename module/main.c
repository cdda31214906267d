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

static void create_labs(void)
{
	struct dentry *dir = debugfs_create_dir("lab", root);
	unsigned int i;

	for (i = 0; i < mms_nr_labs; i++)
		mms_lab_create(mms_labs[i], dir);
}

static int __init mmscope_init(void)
{
	unsigned int i;
	int err;

	mms_entry_format_init();
	mms_process_dir_init();
	mms_oom_dir_init();
	mms_top_set_labs(lab_cap);

	root = debugfs_create_dir("mmscope", NULL);
	if (IS_ERR(root)) {
		mms_oom_dir_exit();
		return PTR_ERR(root);
	}
	for (i = 0; i < mms_nr_dirs; i++) {
		err = mms_dir_create(mms_dirs[i], root);
		if (err)
			goto err_dirs;
	}
	create_labs();
	return 0;

err_dirs:
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
