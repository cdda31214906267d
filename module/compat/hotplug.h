/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeping memory from being unplugged while it is looked at. */
#ifndef MMS_COMPAT_HOTPLUG_H
#define MMS_COMPAT_HOTPLUG_H

#include <linux/types.h>

/**
 * mms_hotplug_begin() - memory that is online stays so
 *
 * As get_online_mems(), which is not exported: takes mem_hotplug_lock for
 * reading.  Offlining holds it for writing for as long as it migrates pages,
 * which may be seconds; so this waits in a way that a fatal signal ends.  For
 * one batch at a time; may sleep, also while it is held.
 *
 * Where the kernel has no such variable this does nothing, and what reads
 * frames is as safe as /proc/kpageflags, which takes no lock at all:
 * mms_hotplug_known() tells.
 *
 * Return: 0, or -EINTR if a fatal signal came.
 */
int mms_hotplug_begin(void);

/**
 * mms_hotplug_try() - mms_hotplug_begin() without waiting
 *
 * For whoever holds frames that cannot be moved: memory that is being unplugged
 * may be waiting for these, with the lock held.
 *
 * Return: false if memory is being plugged or unplugged.
 */
bool mms_hotplug_try(void);

/**
 * mms_hotplug_end() - ends what mms_hotplug_begin() or _try() has begun
 */
void mms_hotplug_end(void);

/**
 * mms_hotplug_known() - can unplugging be kept away?
 *
 * May sleep.
 *
 * Return: true if it can, or if this kernel never unplugs memory.
 */
bool mms_hotplug_known(void);

#endif /* MMS_COMPAT_HOTPLUG_H */
