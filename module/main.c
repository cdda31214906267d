// SPDX-License-Identifier: GPL-2.0-only
/* mmscope: shows what Linux memory management is doing, through debugfs. */

#include <linux/debugfs.h>
#include <linux/module.h>

#include "compat/pgtable.h"
#include "version.h"
#include "view/process.h"
#include "view/top.h"

static struct dentry *root;

static int __init mmscope_init(void)
{
	int err;

	mms_entry_format_init();
	mms_process_dir_init();

	root = debugfs_create_dir("mmscope", NULL);
	if (IS_ERR(root))
		return PTR_ERR(root);
	err = mms_dir_create(&mms_top_dir, root);
	if (err)
		goto err_root;
	err = mms_dir_create(&mms_process_dir, root);
	if (err)
		goto err_top;
	return 0;

err_top:
	debugfs_remove(root);
	mms_dir_release(&mms_top_dir);
	return err;
err_root:
	debugfs_remove(root);
	return err;
}

/*
 * An open file holds a reference on the module, so none is open here;
 * debugfs_remove() waits for those that are just being opened.
 */
static void __exit mmscope_exit(void)
{
	debugfs_remove(root);
	mms_dir_release(&mms_process_dir);
	mms_dir_release(&mms_top_dir);
}

module_init(mmscope_init);
module_exit(mmscope_exit);

MODULE_DESCRIPTION("Shows what Linux memory management is doing");
MODULE_AUTHOR("mmscope developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(MMS_VERSION);
