// SPDX-License-Identifier: GPL-2.0-only
/*
 * The swap devices.
 *
 * swapon_mutex is held while one is read, as /proc/swaps does: while it is, the
 * file and the clusters of a device in use stay.  It is a mutex that nobody
 * else takes but swapon and swapoff, which may wait for as long as it takes to
 * look at all clusters of one device: a millisecond for some hundred GB.
 */

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/clock.h>
#include <linux/vmstat.h>

#include "../compat/ksym.h"
#include "../compat/swap.h"
#include "layout.h"
#include "swaps.h"

const char *const mms_swap_flag_names[MMS_NR_SWAP_FLAGS] = {
	[MMS_SWAP_WRITEOK] = "writeok",
	[MMS_SWAP_DISCARDABLE] = "discardable",
	[MMS_SWAP_DISCARDING] = "discarding",
	[MMS_SWAP_SOLIDSTATE] = "solidstate",
	[MMS_SWAP_BLKDEV] = "blkdev",
	[MMS_SWAP_ACTIVATED] = "activated",
	[MMS_SWAP_AREA_DISCARD] = "area_discard",
	[MMS_SWAP_PAGE_DISCARD] = "page_discard",
	[MMS_SWAP_STABLE_WRITES] = "stable_writes",
	[MMS_SWAP_SYNCHRONOUS_IO] = "synchronous_io",
};

u64 mms_swap_usable_taken(const struct mms_swaps *swaps)
{
	const struct mms_swap_clusters *clusters = &swaps->clusters;
	u64 never = clusters->slots - swaps->pages;

	return clusters->taken > never ? clusters->taken - never : 0;
}

#ifdef CONFIG_SWAP

static const unsigned long flags[MMS_NR_SWAP_FLAGS] = {
	[MMS_SWAP_WRITEOK] = SWP_WRITEOK,
	[MMS_SWAP_DISCARDABLE] = SWP_DISCARDABLE,
	[MMS_SWAP_DISCARDING] = SWP_DISCARDING,
	[MMS_SWAP_SOLIDSTATE] = SWP_SOLIDSTATE,
	[MMS_SWAP_BLKDEV] = SWP_BLKDEV,
	[MMS_SWAP_ACTIVATED] = SWP_ACTIVATED,
	[MMS_SWAP_AREA_DISCARD] = SWP_AREA_DISCARD,
	[MMS_SWAP_PAGE_DISCARD] = SWP_PAGE_DISCARD,
	[MMS_SWAP_STABLE_WRITES] = SWP_STABLE_WRITES,
	[MMS_SWAP_SYNCHRONOUS_IO] = SWP_SYNCHRONOUS_IO,
};

/* swap_info[] and swapon_mutex of mm/swapfile.c. */
static struct swap_info_struct **devices;
static struct mutex *devices_lock;
static DEFINE_MUTEX(symbols_lock);

const char *mms_swaps_missing(void)
{
	const char *why = mms_layout_missing();

	if (why)
		return why;
	mutex_lock(&symbols_lock);
	if (!devices || !devices_lock) {
		/* Without, clusters are not known. */
		mms_swap_clusters_find();
		devices = mms_ksym_lookup("swap_info");
		devices_lock = mms_ksym_lookup("swapon_mutex");
	}
	why = devices && devices_lock ? NULL : "no-symbol";
	mutex_unlock(&symbols_lock);
	return why;
}

static void read_flags(const struct swap_info_struct *si,
		       struct mms_swaps *swaps)
{
	unsigned long now = READ_ONCE(si->flags);
	int i;

	swaps->flags = 0;
	for (i = 0; i < MMS_NR_SWAP_FLAGS; i++)
		if (now & flags[i])
			swaps->flags |= BIT_ULL(i);
}

static int read_device(const struct swap_info_struct *si,
		       struct mms_swaps *swaps)
{
	char *path;

	path = d_path(&si->swap_file->f_path, swaps->room,
		      sizeof(swaps->room));
	swaps->path = IS_ERR(path) ? NULL : path;
	swaps->partition = S_ISBLK(file_inode(si->swap_file)->i_mode);
	swaps->pages = si->pages;
	swaps->used = mms_swap_used(si);
	swaps->prio = si->prio;
	read_flags(si, swaps);
	return mms_swap_clusters_count(si, &swaps->clusters);
}

int mms_swaps_next(struct mms_swaps *swaps)
{
	const struct swap_info_struct *si;
	u64 since;
	int ret = 0;

	if (mutex_lock_killable(devices_lock))
		return -EINTR;
	since = local_clock();
	while (!ret && swaps->next < MAX_SWAPFILES) {
		/* Never freed, and there is none behind the first that is not. */
		si = READ_ONCE(devices[swaps->next]);
		if (!si)
			break;
		swaps->next++;
		if (!mms_swap_shown(si))
			continue;
		ret = read_device(si, swaps) ?: 1;
		swaps->stats.scanned += swaps->clusters.all;
	}
	/* It may have gone to another CPU, whose clock is not quite the same. */
	swaps->mutex_max_ns = max_t(s64, swaps->mutex_max_ns,
				    local_clock() - since);
	mutex_unlock(devices_lock);
	return ret;
}

u64 mms_swap_cached(void)
{
	return global_node_page_state(NR_SWAPCACHE);
}

#ifdef CONFIG_ZSWAP
u64 mms_swap_compressed(void)
{
	const typeof(zswap_stored_pages) *counter =
		MMS_KSYM(zswap_stored_pages);

	return counter ? mms_zswap_pages(counter) : MMS_SWAP_UNKNOWN;
}
#else
u64 mms_swap_compressed(void)
{
	return MMS_SWAP_UNKNOWN;
}
#endif

#else /* !CONFIG_SWAP */

const char *mms_swaps_missing(void)
{
	return "no-swap";
}

int mms_swaps_next(struct mms_swaps *swaps)
{
	return 0;
}

u64 mms_swap_cached(void)
{
	return 0;
}

u64 mms_swap_compressed(void)
{
	return MMS_SWAP_UNKNOWN;
}

#endif
