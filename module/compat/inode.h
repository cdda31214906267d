/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between releases in superblocks and inodes. */
#ifndef MMS_COMPAT_INODE_H
#define MMS_COMPAT_INODE_H

#include <linux/fs.h>

/*
 * Flags of the state of an inode, read at any time.  Behind an accessor in 7.3
 * (since 6.19), a plain word in 6.12.
 * Drop when the oldest kernel supported has inode_state_read_once().
 */
static inline unsigned long mms_inode_state(struct inode *inode)
{
#ifdef MMS_HAVE_INODE_STATE
	return inode_state_read_once(inode);
#else
	return READ_ONCE(inode->i_state);
#endif
}

/*
 * Has this superblock been set up, and not yet been torn down?  Holds for as
 * long as s_umount is held for reading.  SB_DYING says the second since 6.6;
 * the root has gone with it in every release.
 * Drop the #ifdef when the oldest kernel supported is 6.12.
 */
static inline bool mms_super_alive(const struct super_block *sb)
{
	/* Pairs with the release of SB_BORN in vfs_get_tree(). */
	unsigned long flags = smp_load_acquire(&sb->s_flags);

#ifdef SB_DYING
	if (flags & SB_DYING)
		return false;
#endif
	return (flags & SB_BORN) && READ_ONCE(sb->s_root);
}

#endif /* MMS_COMPAT_INODE_H */
