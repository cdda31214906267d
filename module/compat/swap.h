/* SPDX-License-Identifier: GPL-2.0-only */
/* Members of swap devices that differ between kernel releases. */
#ifndef MMS_COMPAT_SWAP_H
#define MMS_COMPAT_SWAP_H

#include <linux/mm.h>
#include <linux/swap.h>

/* In 6.1 it is swap.h that says what zswap counts. */
#ifdef MMS_HAVE_ZSWAP_H
#include <linux/zswap.h>
#endif

/* Slots of a cluster: SWAPFILE_CLUSTER, the same in all supported releases. */
#ifdef CONFIG_THP_SWAP
#define MMS_SWAP_CLUSTER	HPAGE_PMD_NR
#else
#define MMS_SWAP_CLUSTER	256
#endif

/**
 * mms_swap_shown() - is this a device in use?
 * @si: the device; swapon_mutex is held.
 *
 * As /proc/swaps asks.  There is no map any more in 7.3, which sets the file
 * when all the rest is ready.
 * Drop the first when the oldest kernel supported has no swap_map.
 *
 * Return: true if it is.  Its file and its clusters stay until the mutex is
 * let go.
 */
static inline bool mms_swap_shown(const struct swap_info_struct *si)
{
#ifdef MMS_HAVE_SWAP_MAP
	return si->flags & SWP_USED && si->swap_map;
#else
	return si->swap_file;
#endif
}

/**
 * mms_swap_map() - uses of each slot
 * @si: a device in use; swapon_mutex is held.
 *
 * Return: a byte for each slot, or NULL if the kernel has no such map.
 */
static inline const u8 *mms_swap_map(const struct swap_info_struct *si)
{
#ifdef MMS_HAVE_SWAP_MAP
	return si->swap_map;
#else
	return NULL;
#endif
}

/**
 * mms_swap_used() - slots of a device that are taken
 * @si: the device.
 *
 * In 7.3 the counter also has a mark (SWAP_USAGE_OFFLIST_BIT).
 * Drop the second when the oldest kernel supported has an atomic one.
 *
 * Return: the number.
 */
static inline u64 mms_swap_used(const struct swap_info_struct *si)
{
#ifdef MMS_HAVE_SWAP_USED_ATOMIC
	return atomic_long_read(&si->inuse_pages) & ~BIT(BITS_PER_LONG - 2);
#else
	return READ_ONCE(si->inuse_pages);
#endif
}

#ifdef CONFIG_ZSWAP
/**
 * mms_zswap_pages() - pages that zswap holds compressed
 * @counter: address of zswap_stored_pages, an atomic_t in 6.12, an
 *	atomic_long_t in 7.3.
 *
 * Return: the number.
 */
static inline u64 mms_zswap_pages(const typeof(zswap_stored_pages) *counter)
{
#ifdef MMS_HAVE_ZSWAP_LONG
	return atomic_long_read(counter);
#else
	return atomic_read(counter);
#endif
}
#endif

#endif /* MMS_COMPAT_SWAP_H */
