/* SPDX-License-Identifier: GPL-2.0-only */
/* All filesystems. */
#ifndef MMS_PROBE_SUPERS_H
#define MMS_PROBE_SUPERS_H

struct super_block;

/**
 * struct mms_supers - the filesystems at one moment
 * @sb: names, not pointers to follow: what mms_super_lock() does not find any
 *	more has gone.
 * @nr: number of @sb.
 */
struct mms_supers {
	struct super_block **sb;
	unsigned int nr;
};

/**
 * mms_supers_missing() - can filesystems be found?
 *
 * May sleep.
 *
 * Return: NULL, or why not.
 */
const char *mms_supers_missing(void);

/**
 * mms_supers_list() - lists all filesystems
 * @supers: filled; mms_supers_free() when done, also on error.
 *
 * Not if mms_supers_missing().  May sleep.
 *
 * Return: 0, -ENOMEM, -EOVERFLOW if there are %MMS_SUPERS_MAX or more.
 */
int mms_supers_list(struct mms_supers *supers);

/**
 * mms_supers_free() - frees the list
 * @supers: the list, or all zero.
 */
void mms_supers_free(struct mms_supers *supers);

/**
 * enum mms_super_state - what has become of a filesystem
 * @MMS_SUPER_GONE: it is unmounted, or not yet mounted.
 * @MMS_SUPER_BUSY: it is just being remounted or frozen, or the like.
 * @MMS_SUPER_LOCKED: it is there, and stays until up_read(&sb->s_umount).
 */
enum mms_super_state {
	MMS_SUPER_GONE,
	MMS_SUPER_BUSY,
	MMS_SUPER_LOCKED
};

/**
 * mms_super_lock() - keeps a filesystem from being unmounted
 * @sb: one of the list; or NULL, which has gone.
 *
 * Does not sleep.  Who holds it lets go of it when somebody waits for it, and
 * before returning to user space.
 *
 * Return: &enum mms_super_state.
 */
enum mms_super_state mms_super_lock(const struct super_block *sb);

#endif /* MMS_PROBE_SUPERS_H */
