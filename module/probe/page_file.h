/* SPDX-License-Identifier: GPL-2.0-only */
/* The file that a page is of. */
#ifndef MMS_PROBE_PAGE_FILE_H
#define MMS_PROBE_PAGE_FILE_H

#include "page.h"

struct mms_kpage;

/**
 * mms_page_may_have_file() - can a page of this kind be of a file?
 * @kind: the kind.
 *
 * Return: true if it can.
 */
static inline bool mms_page_may_have_file(enum mms_frame_kind kind)
{
	return kind == MMS_FRAME_FILE || kind == MMS_FRAME_SHMEM ||
	       kind == MMS_FRAME_HUGETLB;
}

/**
 * mms_page_file_get() - finds the file of a page
 * @kpage: the page; the caller has a reference to its head.
 * @kind: what it is used for.
 * @file: filled; has no inode if there is none, or if it is just going away.
 *
 * Does not sleep.
 */
void mms_page_file_get(const struct mms_kpage *kpage, enum mms_frame_kind kind,
		       struct mms_page_file *file);

/**
 * mms_page_file_put() - lets go of a file
 * @file: from mms_page_file_get().
 *
 * May sleep: if nobody else has the file any more, it is torn down here.
 */
void mms_page_file_put(struct mms_page_file *file);

/**
 * mms_page_file_path() - path of a file inside its filesystem
 * @inode: the file, held.
 * @buf: room for the path.
 *
 * As /proc/PID/maps shows it for a filesystem that is mounted at the root;
 * so a file that was deleted has `` (deleted)`` behind its path, and one that
 * never had a directory entry has a name all the same.  Of several paths, any.
 * May sleep.
 *
 * Return: the path, somewhere in @buf, or NULL if there is none.
 */
const char *mms_page_file_path(struct inode *inode, char buf[PATH_MAX]);

#endif /* MMS_PROBE_PAGE_FILE_H */
