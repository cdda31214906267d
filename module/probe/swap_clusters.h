/* SPDX-License-Identifier: GPL-2.0-only */
/* How full the clusters of a swap device are. */
#ifndef MMS_PROBE_SWAP_CLUSTERS_H
#define MMS_PROBE_SWAP_CLUSTERS_H

#include <linux/types.h>

struct swap_info_struct;

/**
 * struct mms_swap_clusters - the clusters of a device, by how full they are
 * @known: the rest is filled in.
 * @all: number of clusters.
 * @slots: slots in these, also behind the end of the device.
 * @free: nothing is in these, and they may be taken.
 * @partial: something is.
 * @full: no slot is left.
 * @pending: nothing is in these, but they are not free: they wait to be
 *	discarded, or a CPU has just taken them.
 * @taken: slots taken in all of them, also those that can never be used.
 */
struct mms_swap_clusters {
	bool known;
	u64 all;
	u64 slots;
	u64 free;
	u64 partial;
	u64 full;
	u64 pending;
	u64 taken;
};

/**
 * mms_swap_clusters_find() - finds out what a cluster looks like
 *
 * To be called by one at a time, before the others.  May sleep.
 *
 * Return: false if that cannot be known.
 */
bool mms_swap_clusters_find(void);

/**
 * mms_swap_clusters_count() - looks at all clusters of a device
 * @si: the device, in use; swapon_mutex is held.
 * @out: where to.
 *
 * ->known becomes false if the device has none.  May sleep.
 *
 * Return: 0, or -EINTR if a fatal signal came.
 */
int mms_swap_clusters_count(const struct swap_info_struct *si,
			    struct mms_swap_clusters *out);

#endif /* MMS_PROBE_SWAP_CLUSTERS_H */
