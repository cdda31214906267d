/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may look. */
#ifndef MMS_PROBE_ACCESS_H
#define MMS_PROBE_ACCESS_H

#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/security.h>

/**
 * mms_access() - whether the caller may look
 *
 * On top of the files' modes.  A kernel that is locked down has debugfs closed,
 * but for files that nobody may write (debugfs_locked_down()): of those, ours
 * say more than such a kernel tells root.
 *
 * Context: any context that has a current process. Does not sleep.
 * Return: 0 or -EPERM.
 */
static inline int mms_access(void)
{
	if (!capable(CAP_SYS_ADMIN) ||
	    security_locked_down(LOCKDOWN_DEBUGFS))
		return -EPERM;
	return 0;
}

#endif /* MMS_PROBE_ACCESS_H */
